"""Write the first contract of a source from samples of its files.

What cannot be known from a sample is guessed and said in `to_confirm`, one sentence each; a source
with such a list is refused until a person has gone through it. Reading samples is the ingest's
work.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import yaml

from pipelines.contracts import catalogue
from pipelines.contracts.guess import Guess, SampleColumn, guess
from pipelines.contracts.model import Contract, ContractError, ObjectContract, snake_case

_MOST_KEY_COLUMNS = 3
_KEY_CANDIDATES = 8
"""Columns of which pairs and triples are tried."""


@dataclass(frozen=True)
class Sample:
    """A sample file, read."""

    path: Path
    columns: tuple[SampleColumn, ...]
    n_rows: int
    format: dict[str, Any]
    """Keys of the format in which its files differ from the usual ones."""
    said: tuple[str, ...] = ()
    """What was guessed to read it, as sentences to follow the file's name."""


@dataclass(frozen=True)
class Draft:
    """A contract that was written."""

    source: str
    path: Path
    to_confirm: tuple[str, ...]


@dataclass(frozen=True)
class _Object:
    name: str
    document: dict[str, Any]
    said: list[str]


def write_draft(samples: Sequence[Sample], source: str | None = None) -> Draft:
    """Write `<source>.yml`, with one object per sample.

    Args:
        source: without it, what the names of the files begin with.

    Raises:
        ContractError: the source has a contract, no name for it can be found, or the samples do not
            give one.
    """
    name = source or _source_of([sample.path for sample in samples])
    path = catalogue.FOLDER / f"{name}.yml"
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise ContractError(
            f"'{name}' is no name of a source: use lower-case letters, digits and underscores"
        )
    if path.exists():
        raise ContractError(
            f"{path} is there already and is not overwritten. Choose another --source, or remove it"
        )
    objects = [_drafted(name, sample) for sample in samples]
    names = [each.name for each in objects]
    twice = sorted({each for each in names if names.count(each) > 1})
    if twice:
        raise ContractError(
            f"{names.count(twice[0])} samples are of '{twice[0]}', by their names. Give one of each"
        )
    _check_matches(samples, objects)
    to_confirm = ["the source belongs to team:revops", *(s for each in objects for s in each.said)]
    text = _written(name, samples, objects, to_confirm)
    Contract.model_validate({"source": name, **yaml.safe_load(text)})
    path.write_text(text, encoding="utf-8")
    return Draft(name, path, tuple(to_confirm))


def _drafted(source: str, sample: Sample) -> _Object:
    name, files = _named(source, sample.path)
    columns = {
        column: (each, guess(column, each))
        for column, each in zip(_column_names(sample), sample.columns, strict=True)
    }
    key, why = _key(name, columns)
    said = [f"{sample.path.name} {each}" for each in sample.said]
    if "*" in files:
        said.append(f"files of {name} are called {files}")
    said.append(f"{name}.{', '.join(key)} is the key: {why}")
    said.append(
        f"{name} is delivered in full, so that a record a file lacks was deleted; else write "
        "delivery: incremental"
    )
    said += [f"{name}.{column} {each}" for column, (_, g) in columns.items() for each in g.said]
    guesses = [found for _, found in columns.values()]
    if any(found.has_local_times for found in guesses):
        said.append(f"times of {name} are in UTC; else write time_zone: company in its format")
    empty = [column for column, (each, _) in columns.items() if not any(each.values)]
    if empty:
        said.append(
            f"{name}: {', '.join(empty)} {'is' if len(empty) == 1 else 'are'} taken for text, as "
            f"there is no value in {_rows(sample.n_rows)}"
        )
    required = [column for column in _filled(columns) if column not in key]
    if required:
        said.append(
            f"{name}: {', '.join(required)} {'is' if len(required) == 1 else 'are'} never empty, "
            f"as in {_rows(sample.n_rows)}; a row in which one is will be rejected"
        )
    described = [
        _column(column, each.header, found, is_required=column in (*key, *required))
        for column, (each, found) in columns.items()
    ]
    document = {
        "description": f"Drafted from {sample.path.name}.",
        "files": [files],
        "delivery": "full",
        "key": key,
        "format": _format(sample, guesses),
        "columns": described,
    }
    return _Object(name, document, said)


def _column(name: str, header: str, found: Guess, *, is_required: bool) -> dict[str, Any]:
    column: dict[str, Any] = {"name": name}
    if header != name:
        column["source"] = header
    if found.type != "text":
        column["type"] = found.type
    if is_required:
        column["required"] = True
    return column | found.rules


def _format(sample: Sample, guesses: Sequence[Guess]) -> dict[str, Any]:
    format_ = dict(sample.format)
    for place, key in enumerate(("true_tokens", "false_tokens")):
        words = dict.fromkeys(word for found in guesses for word in found.truths[place])
        if words:
            format_[key] = list(words)
    if any(found.has_comma for found in guesses):
        format_["decimal_separator"] = ","
    between = {found.thousands for found in guesses} - {"", format_.get("decimal_separator", ".")}
    if between:
        format_["thousands_separator"] = between.pop()
    return format_


def _key(name: str, columns: Mapping[str, tuple[SampleColumn, Guess]]) -> tuple[list[str], str]:
    """The columns that tell the rows apart, and why they are thought to."""
    full = _filled(columns)
    if not full:
        raise ContractError(
            f"{name}: no column is filled in every row, so that there is no key. Give a sample of "
            "whole records"
        )
    rows = {column: columns[column][0].values for column in full}
    n_rows = len(rows[full[0]])
    ranked = sorted(
        full, key=lambda column: (_rank(name, column, columns[column][1]), full.index(column))
    )
    for size in range(1, _MOST_KEY_COLUMNS + 1):
        for some in combinations(ranked[: None if size == 1 else _KEY_CANDIDATES], size):
            if len(set(zip(*(rows[column] for column in some), strict=True))) == n_rows:
                return list(some), f"unique and never empty in {_rows(n_rows)}"
    if len(set(zip(*rows.values(), strict=True))) == n_rows:
        return full, "only all columns together are unique"
    return ranked[:1], f"no columns are unique in {_rows(n_rows)}; name those that should be"


def _filled(columns: Mapping[str, tuple[SampleColumn, Guess]]) -> list[str]:
    """Columns that hold something in every row."""
    return [
        column
        for column, (each, found) in columns.items()
        if each.values and None not in each.values and "nulls" not in found.rules
    ]


def _rank(name: str, column: str, found: Guess) -> int:
    """How likely a column is the key, or a part of it, by its name and type; lower is likelier."""
    if column in ("id", f"{name}_id", f"{name}id"):
        return 0
    if re.search(r"(^|_)(id|key)$", column):
        return 1
    if re.search(r"(^|_)(code|number|no|nr)$", column):
        return 2
    return {"text": 3, "date": 4, "integer": 5, "timestamp": 6}.get(found.type, 7)


def _source_of(paths: Sequence[Path]) -> str:
    words = [_words(path) for path in paths]
    shared = []
    for each in zip(*words, strict=False):
        if len(set(each)) > 1:
            break
        shared.append(each[0])
    if not shared or not shared[0][0].isalpha():
        raise ContractError("the files' names begin with nothing in common: say --source NAME")
    # What is left of a name is the object's.
    n_words = max(1, min(len(each) for each in words) - 1)
    return shared[0] if len(paths) == 1 else "_".join(shared[:n_words])


def _words(path: Path) -> list[str]:
    stem, _ = _undated(path.name.partition(".")[0])
    return [word for word in _plain(stem).split("_") if word] or [""]


def _named(source: str, path: Path) -> tuple[str, str]:
    """The object a file is of, and what its files are called: a day in the name varies."""
    stem, dot, suffix = path.name.removesuffix(".gz").partition(".")
    named, between = _undated(stem)
    files = f"{named}{between}[0-9]*{dot}{suffix}" if named != stem else f"{stem}{dot}{suffix}"
    name = _plain(named).removeprefix(f"{source}_") or source
    return (name if name[0].isalpha() else f"object_{name}"), files


def _undated(stem: str) -> tuple[str, str]:
    """A file's name without the day it ends with, and what stands between the two."""
    dated = re.fullmatch(r"(.*?[^\W\d_])([_.\s-]*)\d{4,}[\dT_.:-]*", stem)
    return (dated[1], dated[2]) if dated else (stem, "")


def _plain(text: str) -> str:
    """A text as a name: lower-case letters, digits and underscores."""
    ascii_ = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", snake_case(ascii_)).strip("_")


def _column_names(sample: Sample) -> Iterator[str]:
    taken: set[str] = set()
    for place, column in enumerate(sample.columns, 1):
        plain = _plain(column.header) or f"column_{place}"
        name = plain if plain[0].isalpha() else f"column_{plain}"
        number = 2
        while name in taken:
            name, number = f"{plain}_{number}", number + 1
        taken.add(name)
        yield name


def _check_matches(samples: Sequence[Sample], objects: Sequence[_Object]) -> None:
    contracts = {each.name: ObjectContract.model_validate(each.document) for each in objects}
    for sample in samples:
        hits = [name for name, each in contracts.items() if each.matches(sample.path.name)]
        if len(hits) != 1:
            raise ContractError(
                f"{sample.path.name} would be a file of {' and of '.join(hits) or 'no object'}, by "
                "its name. Draft one of them by itself and name the files of the other"
            )


def _written(
    source: str, samples: Sequence[Sample], objects: Sequence[_Object], to_confirm: Sequence[str]
) -> str:
    lines = [
        f"# Drafted from {', '.join(sample.path.name for sample in samples)}.",
        "# Delete each line of `to_confirm` that is right, and correct the others below.",
        "to_confirm:",
        *(f"  - {_flow(each)}" for each in to_confirm),
        f"description: {_flow(source.replace('_', ' ').capitalize() + '.')}",
        "owner: team:revops",
        "",
        "formats:",
        "  files: {}",
        "",
        "objects:",
    ]
    for each in objects:
        lines.append(f"  {each.name}:")
        for key, value in each.document.items():
            if key == "columns":
                lines += ["    columns:", *(f"      - {_flow(column)}" for column in value)]
            elif value:
                lines.append(f"    {key}: {_flow(value)}")
        lines.append("")
    return "\n".join(lines).rstrip("\n") + "\n"


def _flow(value: Any) -> str:
    text = yaml.safe_dump(
        value, default_flow_style=True, sort_keys=False, width=10**6, allow_unicode=True
    )
    return text.removesuffix("...\n").strip()


def _rows(number: int) -> str:
    return f"{number:,} row{'' if number == 1 else 's'}"

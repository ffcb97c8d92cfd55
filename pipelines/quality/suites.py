"""Read the suites in `expectations/`: what each table promises, how severe, whose, and why.

Checks the form of the files only; whether Great Expectations understands a promise and whether
the data keeps it is found out in `gx.py`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Annotated, Any, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipelines.quality.results import ExpectedCheck, Severity
from pipelines.settings import ConfigurationError

ROWS = "unexpected_rows"
"""The one expectation that is a query of its own: it holds when the query returns no row."""
NOT_NULL = "column_values_to_not_be_null"
"""Every other promise about a column's values passes over a NULL."""

Text = Annotated[str, Field(min_length=1)]
_RESERVED = {"meta", "id", "notes", "result_format", "batch_id", "catch_exceptions", "description"}


class Expectation(BaseModel):
    """One promise about a table; every key that is not ours goes to Great Expectations."""

    model_config = ConfigDict(frozen=True, extra="allow")

    expect: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    """Great Expectations' type without `expect_`, or `unexpected_rows`."""
    severity: Severity
    why: Text
    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")] | None = None
    column: Text | None = None
    sql: Text | None = None
    owner: Text | None = None
    next_step: Text | None = None
    needs: Text | None = None
    """Entity without which there is nothing to promise."""

    @property
    def arguments(self) -> dict[str, Any]:
        """Keyword arguments for Great Expectations."""
        own: dict[str, Any] = {} if self.column is None else {"column": self.column}
        return {**own, **(self.model_extra or {})}

    @property
    def short_name(self) -> str:
        if self.name:
            return self.name
        columns = [self.column, *(str(self.arguments.get(k)) for k in ("column_A", "column_B"))]
        return "_".join([self.expect, *(c for c in columns if c and c != "None")])

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.expect.startswith("expect_"):
            raise ValueError(f"write '{self.expect.removeprefix('expect_')}' without 'expect_'")
        if (self.expect == ROWS) != (self.sql is not None):
            raise ValueError(f"'sql' belongs to '{ROWS}' and '{ROWS}' needs it")
        if self.expect == ROWS and not self.name:
            raise ValueError(f"'{ROWS}' needs a 'name', such as revenue_not_negative")
        if self.sql is not None and "{batch}" not in self.sql:
            raise ValueError("'sql' must read from {batch}, which stands for the suite's table")
        if taken := _RESERVED & set(self.arguments):
            raise ValueError(f"key '{min(taken)}' is set by the project, not by a suite")
        if self.expect == ROWS and self.arguments:
            raise ValueError(f"unknown key '{min(self.arguments)}' for '{ROWS}'")
        if mixed := _mixed_value_set(self.arguments.get("value_set")):
            raise ValueError(mixed)
        return self


class Suite(BaseModel):
    """All promises about one table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    table: Annotated[str, Field(pattern=r"^[A-Za-z_]\w*\.[A-Za-z_]\w*$")]
    owner: Text
    next_step: Text | None = None
    may_be_missing: dict[str, Text] = {}
    """Columns of which promises pass over a NULL, and what a NULL means there."""
    expectations: Annotated[tuple[Expectation, ...], Field(min_length=1)]

    @property
    def schema_name(self) -> str:
        return self.table.split(".")[0]

    @property
    def table_name(self) -> str:
        return self.table.split(".")[1]

    def check_id(self, expectation: Expectation) -> str:
        return f"{self.table}.{expectation.short_name}"

    @property
    def expected_checks(self) -> tuple[ExpectedCheck, ...]:
        return tuple(
            ExpectedCheck(check_id=self.check_id(e), severity=e.severity) for e in self.expectations
        )

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        counts = Counter(self.check_id(expectation) for expectation in self.expectations)
        twice = [name for name, n in counts.items() if n > 1]
        if twice:
            raise ValueError(f"two expectations are called '{twice[0]}': give one of them a 'name'")
        return self

    @model_validator(mode="after")
    def _missing_is_allowed_or_not(self) -> Self:
        never = {each.column for each in self.expectations if each.expect == NOT_NULL}
        if both := sorted(name for name in self.may_be_missing if name in never):
            raise ValueError(
                f"'{both[0]}' is never null and may be missing: take out one of the two"
            )
        return self


def load_suites(folder: Path, tables: Collection[str] | None = None) -> list[Suite]:
    """Read every suite in `folder`, in file order; with `tables`, only those about these.

    Raises:
        ConfigurationError: a file is not a valid suite, or is not named after its table. All
            files are checked, also those that are not asked for.
    """
    if not folder.is_dir():
        raise ConfigurationError(f"expectations folder {folder} does not exist")
    suites = [_read(file) for file in sorted(folder.glob("*.y*ml"))]
    return [suite for suite in suites if tables is None or suite.table in tables]


def applying(suites: Iterable[Suite], fed: Collection[str]) -> list[Suite]:
    """The suites, less the promises about entities that nothing feeds."""
    kept = (
        (suite, tuple(each for each in suite.expectations if not each.needs or each.needs in fed))
        for suite in suites
    )
    return [suite.model_copy(update={"expectations": some}) for suite, some in kept if some]


def _read(file: Path) -> Suite:
    try:
        suite = Suite.model_validate(
            yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        )
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigurationError(f"suite {file} cannot be read: {error}") from error
    except ValidationError as error:
        lines = [f"suite {file}:", *(f"  {_line(problem)}" for problem in error.errors())]
        raise ConfigurationError("\n".join(lines)) from error
    if file.stem != suite.table:
        raise ConfigurationError(
            f"suite {file} is about table '{suite.table}': rename it to {suite.table}.yaml"
        )
    return suite


def _line(problem: Any) -> str:
    place = ".".join(str(part) for part in problem["loc"]) or "file"
    if problem["type"] == "extra_forbidden":
        known = ", ".join(Suite.model_fields)
        return f"unknown key '{place}': known here: {known}"
    return f"{place}: {re.sub('^Value error, ', '', problem['msg'])}"


def _mixed_value_set(values: Any) -> str | None:
    """YAML reads a bare NO, ON or Y as true or false, which then silently matches nothing."""
    if not isinstance(values, list):
        return None
    kinds = {type(value).__name__ for value in values}
    if "bool" in kinds and len(kinds) > 1:
        return "value_set mixes true/false with other values: quote words such as 'NO' or 'ON'"
    return None

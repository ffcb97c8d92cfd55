"""Extracts of a company whose systems deliver late, correct themselves and date things back.

The demo company's files, in every one of which after the first day some rows are held back to the
next extract, some records that were known are corrected, with the stamp they had or a new one,
some are new but dated back, and some are gone. Values are those of other records of the same
column, so that a contract finds nothing wrong with them.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random

from pipelines.contracts import ObjectContract, load_contract
from pipelines.demo import generate

FIRST_DAY = date(2025, 7, 1)
LAST_DAY = date(2026, 6, 30)
SPAN = 80
"""Days before the last one within which extracts lie."""
SCALE = 0.05
HELD_BACK, CORRECTED, GONE, NEW = 0.06, 0.03, 0.01, 0.01
"""Shares of the rows of a file; of corrected, gone and new ones at least one with some luck."""
AT_LEAST_ONE = 0.4
STAMPED = "%Y-%m-%d %H:%M:%S"
CORRECTABLE = {
    "quota": {"quota_amount", "approved_at", "currency", "basis"},
    "seat": {"valid_to", "plan_id", "ramp_schedule_id"},
    "territory": {"territory_name", "region", "valid_to"},
}
"""Attributes of objects whose rows may not overlap: another seller or period would make them."""
KINSHIP = ("manager", "parent", "master", "merge", "above", "survivor")
"""Parts of the names of columns that would make circles if their values were exchanged."""

Row = dict[str, str]
Key = tuple[str, ...]


@dataclass(frozen=True)
class Delivered:
    """An object, as its files of all days are written."""

    name: str
    contract: ObjectContract
    encoding: str
    paths: list[tuple[date, Path]] = field(default_factory=list)

    @property
    def keys(self) -> list[str]:
        return [self._header(name) for name in self.contract.key]

    @property
    def stamps(self) -> list[str]:
        return [self._header(name) for name in self.contract.recorded_at]

    def _header(self, name: str) -> str:
        return next(column.source for column in self.contract.columns if column.name == name)

    def key(self, row: Row) -> Key:
        return tuple(row[name] for name in self.keys)

    def attributes(self, row: Row) -> list[str]:
        """Headers of what may be corrected."""
        fixed = {*self.keys, *self.stamps}
        return [
            column.source
            for column in self.contract.loaded
            if column.source in row
            and column.source not in fixed
            and column.name != self.contract.deleted
            and not any(part in column.name for part in KINSHIP)
            and column.name in CORRECTABLE.get(self.name, {column.name})
        ]

    def is_increment(self, path: Path) -> bool:
        return self.contract.is_increment(path.name)


def generate_later(out: Path, seed: int, n_days: int) -> list[date]:
    """Write the extracts to `<out>/<day>/` and return their days."""
    random = Random(seed)
    back = sorted(random.sample(range(1, SPAN), n_days - 1), reverse=True)
    days = [LAST_DAY - timedelta(days=n) for n in back] + [LAST_DAY]
    extracts = generate(
        out, seed=seed, scale=SCALE, first_day=FIRST_DAY, last_day=LAST_DAY, days=days, workers=1
    )
    objects: dict[tuple[str, str], Delivered] = {}
    for file in extracts.files:
        name = (file.source, file.object)
        if name not in objects:
            contract = load_contract(file.source)
            format_name = "weekly_export" if file.source == "salesforce" else None
            format_ = contract.format_of(file.object, format_name or next(iter(contract.formats)))
            described = contract.objects[file.object].written_in(format_)
            objects[name] = Delivered(file.object, described, format_.encoding)
        objects[name].paths.append((file.day, file.path))
    for (_, name), each in sorted(objects.items()):
        if name == "rate":
            _change_rates(each)
        else:
            _change(each, random)
    return days


def _change_rates(each: Delivered) -> None:
    """The dollar's rates before the second extract, put right by it and by all after it."""
    _, *later = sorted(each.paths)
    for _, path in later:
        rows = _read(path, each.encoding)
        for row in rows:
            if row["Date"] < later[0][0].isoformat() and row["USD"] != "N/A":
                row["USD"] = f"{float(row['USD']) * 1.01:.4f}"
        _write(path, each.encoding, rows)


def _change(each: Delivered, random: Random) -> None:
    """Rewrite the files of an object after the first."""
    state: dict[Key, Row] = {}
    waiting: list[Row] = []
    wrong: dict[Key, Row] = {}
    before: date | None = None
    for day, path in sorted(each.paths):
        rows = {each.key(row): row for row in _read(path, each.encoding)}
        if before is None:
            state, before = rows, day
            continue
        if each.is_increment(path):
            news = {each.key(row): row for row in waiting} | rows
            waiting = [news.pop(key) for key in _some(list(news), HELD_BACK, random, least=0)]
            known = state | news
        else:
            # What is corrected stays so; what is held back is as it was, or not there yet.
            late = [key for key in rows if rows[key] != state.get(key)]
            late = [key for key in late if random.random() < HELD_BACK]
            known = {
                key: state.get(key, row) if key in late else wrong.get(key, row)
                for key, row in rows.items()
                if key not in late or key in state
            }
            news = known
        corrected = {
            key: _corrected(each, known[key], list(known.values()), before, day, random)
            for key in _some(list(known), CORRECTED, random)
        }
        wrong |= corrected
        fresh = {}
        for key in _some(list(known), NEW, random):
            copy = _copied(each, known[key], random)
            if each.key(copy) not in known:
                fresh[each.key(copy)] = copy
        news = news | corrected | fresh
        for key in _some(list(state), GONE, random):
            if not each.is_increment(path):
                news.pop(key, None)
                wrong.pop(key, None)
            elif each.contract.deleted and _flag(each) in state[key]:
                is_flag = "1" if state[key][_flag(each)] in "01" else "true"
                news[key] = state[key] | {_flag(each): is_flag}
        state = state | news if each.is_increment(path) else dict(news)
        wrong |= fresh
        if news:
            _write(path, each.encoding, list(news.values()))
        before = day


def _corrected(
    each: Delivered, row: Row, others: list[Row], before: date, day: date, random: Random
) -> Row:
    changed = dict(row)
    names = each.attributes(row)
    for name in random.sample(names, min(len(names), random.choice((1, 1, 2)))):
        changed[name] = random.choice(others)[name]
        if name == "valid_to":
            ended = (day - timedelta(days=random.randrange(45))).isoformat()
            changed[name] = min(max(ended, row["valid_from"]), row[name] or ended)
    if each.stamps and random.random() < 0.5:
        since = datetime.combine(before, time()) + timedelta(days=1)
        moment = since + timedelta(hours=random.randrange(max(1, 24 * (day - before).days - 6)))
        changed |= {name: moment.strftime(STAMPED) for name in each.stamps if row.get(name)}
    return changed


def _copied(each: Delivered, row: Row, random: Random) -> Row:
    """Another record that says the same and is as old."""
    name = each.keys[0]
    value = row[name]
    column = next(column for column in each.contract.columns if column.source == name)
    if column.type == "integer":
        return row | {name: str(int(value) + 1_000_000 + random.randrange(1000))}
    if column.type != "text" or len(each.keys) > 1 or each.name in CORRECTABLE:
        return row
    # Within the first 15 characters, which are what tells Salesforce's ids apart.
    return row | {name: f"{value[:-6]}{random.randrange(100, 999)}{value[-3:]}"}


def _flag(each: Delivered) -> str:
    return next(c.source for c in each.contract.columns if c.name == each.contract.deleted)


def _some(keys: list[Key], share: float, random: Random, least: float = AT_LEAST_ONE) -> list[Key]:
    wanted = int(len(keys) * share) + (random.random() < least)
    return random.sample(keys, min(len(keys), wanted))


def _read(path: Path, encoding: str) -> list[Row]:
    with path.open(encoding=encoding, newline="") as lines:
        return list(csv.DictReader(lines))


def _write(path: Path, encoding: str, rows: list[Row]) -> None:
    quoting = csv.QUOTE_ALL if encoding != "utf-8" else csv.QUOTE_MINIMAL
    with path.open("w", encoding=encoding, newline="") as lines:
        writer = csv.DictWriter(lines, list(rows[0]), quoting=quoting, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)

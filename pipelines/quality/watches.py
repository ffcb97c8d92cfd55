"""Which records are watched from release to release: `expectations/watches/*.yaml`.

A watch names one state of a table as a query, and what of it is held against the state that readers
have: values that change, amounts that move, records that appear or go. How it is measured, and what
is unusual, is in `quality.watch`.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from pipelines.quality.lists import read_lists, refuse_twice
from pipelines.quality.results import ExpectedCheck

Text = Annotated[str, Field(min_length=1)]
Kind = Literal["changed", "renamed", "concentrated", "moved", "jumped", "new", "gone", "left"]
"""
    changed   open records whose value is another one
    renamed   records whose name is that of somebody or something else, and not another spelling
    concentrated
              open records that have the value which most of them have
    moved     what open records' amounts changed by, of all their amounts
    jumped    open records whose amount is many times what it was, or a fraction of it
    new       open records that were not there, of those that were open
    gone      open records that are not there any more
    left      open records that are there and not open any more
"""
PREFIX = "state/"
"""Of the names the company file accepts a change of open state by."""
PRESENCE: tuple[Kind, ...] = ("new", "gone", "left")


class Measure(BaseModel):
    """One thing that is measured, and from when on it is too much whatever was usual."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    column: str = ""
    floor_pct: Annotated[float, Field(ge=0, le=10)] = 0.1
    """Share below which nothing is unusual."""
    fewest: Annotated[int, Field(ge=1)] = 5
    """Records below which nothing is unusual; a small table would always be."""
    times: Annotated[float, Field(gt=1)] = 100
    """Of a jump."""

    @property
    def name(self) -> str:
        """As the company file and the report call it."""
        return self.column if self.kind in {"changed", "moved"} else self._named

    @property
    def _named(self) -> str:
        return f"{self.column}_{self.kind}" if self.column else self.kind


class Watch(BaseModel):
    """Records of one kind, and what is measured of them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    table: Annotated[str, Field(pattern=r"^[a-z_]+\.\w+$")]
    """Public table the check hangs at; the query may read others as well."""
    records: Text
    """What one calls them in a sentence."""
    owner: Text
    why: Text
    next_step: Text
    state: Text
    """Query for the records that stood in the tables of `{db}` on each day of the table `days`
    (column `day`), with the columns `day`, `is_open`, the key and what is measured."""
    key: Annotated[tuple[Text, ...], Field(min_length=1)]
    has_past: bool = True
    """Whether earlier days can be asked for; otherwise `{db}` knows only how it stands."""
    fewest_to_block: Annotated[int, Field(ge=1)] = 10
    """Open records below which a share of them only warns: one of two deals is half."""
    measures: Annotated[tuple[Measure, ...], Field(min_length=1)]

    @property
    def check_id(self) -> str:
        return f"watch.{self.name}"

    @property
    def expected(self) -> ExpectedCheck:
        return ExpectedCheck(self.check_id, "warn")

    def subject(self, measure: Measure) -> str:
        """What `accepted_changes` of the company file calls it."""
        return f"{PREFIX}{self.name}.{measure.name}"


def load_watches(folder: Path, public_tables: Collection[str]) -> tuple[Watch, ...]:
    """The watches over tables this company has.

    Raises:
        ConfigurationError: a file is not a valid list of them, or a name is taken twice.
    """
    found = read_lists(folder, Watch, "watches")
    refuse_twice((each.subject(one) for each in found for one in each.measures), "measures")
    return tuple(each for each in found if each.table in public_tables)

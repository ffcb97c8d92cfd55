"""A part of the company that is simulated apart from the others, so that size costs no memory.

Divisions share the headquarters: leaders, campaigns, catalogue and rates. Each has teams, accounts
and deals of its own, random draws of its own and record numbers of its own. A company of scale 1 is
one division.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random

from pipelines.demo.clock import stream
from pipelines.demo.journal import Journal

LARGEST = 1.5
"""Scale up to which one division is the whole company."""


@dataclass(frozen=True)
class Division:
    """What every room of a division is built from."""

    seed: int
    number: int
    """0 is the headquarters; the divisions count from 1."""
    scale: float
    """1 is about 5,000 deals and 50 sellers in two years."""

    def stream(self, room: str) -> Random:
        return stream(self.seed, room if self.number < 2 else f"{self.number}/{room}")

    def journal(self, object_name: str) -> Journal:
        return Journal(object_name, self.number)

    @property
    def suffix(self) -> str:
        """Tells names of later divisions from those of the first."""
        return f" {self.number}" if self.number > 1 else ""


def divisions(seed: int, scale: float) -> list[Division]:
    """The divisions of a company, all of one size."""
    n = max(1, math.ceil(scale / LARGEST))
    return [Division(seed, number, scale / n) for number in range(1, n + 1)]

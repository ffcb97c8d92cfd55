"""How one deal runs through the stages: which ones, for how many days, to which end.

Pure chance on a plan of hazards. Money, dates in a calendar and records come elsewhere.
"""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from pipelines.demo.clock import lognormal


class Stage(NamedTuple):
    """A stage as the CRM's administrator set it up, and how deals behave in it."""

    name: str
    probability: int
    category: str
    """Forecast category the CRM gives a deal here unless the seller says otherwise."""
    days: float
    """Median days a deal of middle size stays."""
    loss: float
    """Share of its deals that are lost out of it, for a seller of middle skill."""


STAGES = (
    Stage("Prospecting", 10, "Pipeline", 8.0, 0.185),
    Stage("Qualification", 10, "Pipeline", 8.0, 0.22),
    Stage("Needs Analysis", 20, "Pipeline", 8.5, 0.175),
    Stage("Value Proposition", 50, "Pipeline", 8.0, 0.15),
    Stage("Id. Decision Makers", 60, "Pipeline", 7.0, 0.115),
    Stage("Perception Analysis", 70, "Best Case", 7.0, 0.115),
    Stage("Proposal/Price Quote", 75, "Best Case", 8.5, 0.13),
    Stage("Negotiation/Review", 90, "Commit", 9.0, 0.24),
    Stage("Closed Won", 100, "Closed", 0.0, 0.0),
    Stage("Closed Lost", 0, "Omitted", 0.0, 0.0),
)


class Segment(NamedTuple):
    """How firms of a size buy, compared with those of middle size."""

    name: str
    below: int
    """Employees from which on a firm is of the next segment."""
    loss: float
    pace: float
    worth: float


SEGMENTS = (
    Segment("small", 200, loss=0.92, pace=0.9, worth=0.85),
    Segment("middle", 1000, loss=1.0, pace=1.0, worth=1.0),
    Segment("large", 10**9, loss=1.1, pace=1.15, worth=1.3),
)
WON, LOST = 8, 9
NEEDS_ANALYSIS, PROPOSAL, NEGOTIATION = 2, 6, 7

SKIP = 0.12
REGRESS = 0.035
STALL = 0.01
"""Chance per stage that a deal falls asleep in it."""
REOPEN = 0.015
"""Share of lost deals that come back."""


class Visit(NamedTuple):
    """Entry into a stage, in days since the deal was created."""

    day: float
    stage: int


def segment_of(employees: int) -> Segment:
    """The segment of a firm of that size."""
    return next(segment for segment in SEGMENTS if employees < segment.below)


def draw_path(rng: Random, skill: float, pace: float) -> list[Visit]:
    """The stages of a deal from creation to its end.

    `pace` stretches the days; a deal is lost the less often the higher the `skill`, which is the
    seller's divided by the segment's `loss`.
    """
    stage = rng.choices((0, 1, 2), (0.6, 0.25, 0.15))[0]
    visits = [Visit(0.0, stage)]
    day = 0.0
    while stage < WON or (stage == LOST and len(visits) < 20 and rng.random() < REOPEN):
        if stage == LOST:
            day += rng.uniform(20, 80)
            stage = NEEDS_ANALYSIS
        else:
            stall = rng.uniform(6, 12) if rng.random() < STALL else 1.0
            day += lognormal(rng, STAGES[stage].days * pace, 0.75) * stall
            stage = _next_stage(rng, stage, skill)
        visits.append(Visit(day, stage))
    return visits


def _next_stage(rng: Random, stage: int, skill: float) -> int:
    if rng.random() < STAGES[stage].loss / skill:
        return LOST
    move = rng.random()
    if move < REGRESS and stage > 0:
        return stage - 1
    return min(WON, stage + (2 if move > 1 - SKIP and stage < NEGOTIATION - 1 else 1))

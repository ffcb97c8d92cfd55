"""One deal in the calendar: every edit of its stage, amount, close date and category, dated.

Takes a path through the stages and returns the edits in order; writing them to records is left
to `opportunities`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise
from random import Random

from pipelines.demo.clock import local_day, lognormal, office_moment, quarter, quarter_end
from pipelines.demo.path import (
    LOST,
    NEEDS_ANALYSIS,
    NEGOTIATION,
    PROPOSAL,
    STAGES,
    WON,
    Segment,
    Visit,
    draw_path,
)

REVERSED = 0.03
"""Share of won deals that turn out not to be won."""
REBOOKED = 0.25
"""Share of those that are won once more after all."""
CORRECTED = 0.05
"""Share of won deals whose amount or close date finance corrects afterwards."""
REVISED = 0.65
"""Share of a seller's looks at an open deal that change what it says; the rest are activities."""
OPEN_CATEGORIES = ("Pipeline", "Pipeline", "Best Case", "Best Case", "Most Likely", "Commit")
NEVER_PRICED = 0.02
LAST_WEEKS = 14


@dataclass(frozen=True, slots=True)
class Brief:
    """What is settled about a deal when it is created."""

    created_at: datetime
    region: str
    segment: Segment
    skill: float
    amount: float
    """What it is worth, in its own currency."""
    is_priced: bool


@dataclass(slots=True)
class Edit:
    """One save of the deal: only what changed is set."""

    at: datetime
    stage: int | None = None
    amount: int | None = None
    close_on: date | None = None
    category: str | None = None
    next_step: int | None = None
    is_activity: bool = False


@dataclass(slots=True)
class _Course:
    """The deal while it runs."""

    rng: Random
    brief: Brief
    edits: list[Edit] = field(default_factory=list)
    close_on: date = date.min
    amount: int = 0

    def moment(self, day: date) -> datetime:
        """A moment on that day, or just after the last edit if that was later."""
        at = office_moment(self.rng, day, self.brief.region)
        last = self.edits[-1].at if self.edits else self.brief.created_at
        return at if at > last else last + timedelta(seconds=self.rng.randrange(60, 5400))


def run_deal(rng: Random, brief: Brief) -> list[Edit]:
    """All edits of a deal, the first being its creation."""
    pace = lognormal(rng, brief.segment.pace, 0.3) * (brief.amount / 30_000) ** 0.12
    visits = draw_path(rng, brief.skill / brief.segment.loss, pace)
    course = _Course(rng, brief)
    created_on = local_day(brief.created_at)
    course.close_on = _aim(rng, created_on, lognormal(rng, 34.0 * pace, 0.4))
    course.amount = _round_guess(brief.amount * lognormal(rng, 1.0, 0.3))
    first = Edit(brief.created_at, visits[0].stage, None, course.close_on, next_step=0)
    first.amount = course.amount if brief.is_priced else None
    first.category = STAGES[visits[0].stage].category
    course.edits.append(first)
    for before, visit in pairwise(visits):
        entered_on = _entry_day(course, created_on, visit)
        if before.stage < WON:
            _wait(course, entered_on)
        _enter(course, entered_on, visit.stage)
    if visits[-1].stage == WON:
        _afterwards(course)
    return course.edits


def _entry_day(course: _Course, created_on: date, visit: Visit) -> date:
    """The day of a stage entry; many a win is brought into the last days of its quarter."""
    day = created_on + timedelta(days=int(visit.day))
    last_day = quarter_end(day)
    if visit.stage == WON and (last_day - day).days < 45 and course.rng.random() < 0.45:
        hurried = last_day - timedelta(days=int(LAST_WEEKS * course.rng.random() ** 1.5))
        if hurried > local_day(course.edits[-1].at):
            return hurried
    return day


def _wait(course: _Course, until: date) -> None:
    """Life in a stage: activities, and the close date pushed each time it has passed."""
    rng = course.rng
    day = local_day(course.edits[-1].at)
    while True:
        activity_on = day + timedelta(days=rng.randrange(3, 14))
        push_on = course.close_on + timedelta(days=int(rng.expovariate(0.14)))
        day = min(activity_on, max(push_on, day + timedelta(days=1)))
        if day >= until:
            return
        if day < activity_on:
            course.close_on = _aim(rng, day, rng.choice((14, 21, 30, 30, 45, 60)))
            course.edits.append(Edit(course.moment(day), close_on=course.close_on))
        else:
            course.edits.append(
                _revision(course, day)
                if rng.random() < REVISED
                else Edit(course.moment(day), is_activity=True)
            )


def _revision(course: _Course, day: date) -> Edit:
    """What a seller expects changes: the worth, the end, or how sure it is."""
    rng = course.rng
    edit = Edit(course.moment(day))
    what = rng.random()
    if what < 0.35 and course.brief.is_priced:
        edit.amount = course.amount = _round_guess(course.amount * lognormal(rng, 1.0, 0.12))
    elif what < 0.5:
        course.close_on = max(
            local_day(edit.at), course.close_on - timedelta(days=rng.randrange(1, 15))
        )
        edit.close_on = course.close_on
    else:
        edit.category = rng.choice(OPEN_CATEGORIES)
    return edit


def _enter(course: _Course, day: date, stage: int) -> None:
    rng = course.rng
    edit = Edit(course.moment(day), stage, category=_category(rng, stage))
    entered_on = local_day(edit.at)
    if stage in (WON, LOST):
        course.close_on = entered_on
        edit.close_on = entered_on
    elif course.close_on <= entered_on or rng.random() < 0.12:
        course.close_on = _aim(rng, entered_on, rng.choice((14, 30, 45, 60)))
        edit.close_on = course.close_on
    if stage < WON:
        edit.next_step = stage if rng.random() < 0.8 else None
    course.edits.append(edit)
    amount = _new_amount(course, stage)
    if amount is not None and course.brief.is_priced and amount != course.amount:
        course.amount = amount
        # A price is typically entered in a second save, some minutes after the stage.
        later = edit.at + timedelta(seconds=rng.randrange(90, 2400))
        if stage == WON:
            edit.amount = amount
        else:
            course.edits.append(Edit(later, amount=amount))


def _new_amount(course: _Course, stage: int) -> int | None:
    """Scope settles in the needs analysis, changes with the proposal, and is discounted."""
    rng = course.rng
    if stage == NEEDS_ANALYSIS:
        return round(course.brief.amount)
    if stage == PROPOSAL and rng.random() < 0.7:
        return round(course.brief.amount * lognormal(rng, 1.0, 0.15))
    if stage == NEGOTIATION and rng.random() < 0.7:
        return round(course.amount * rng.uniform(0.76, 1.0))
    if stage == WON and rng.random() < 0.25:
        return round(course.amount * rng.uniform(0.9, 1.0))
    return None


def _afterwards(course: _Course) -> None:
    """What happens to a won deal: corrections by finance, and a few that were not won."""
    rng = course.rng
    won_on = course.close_on
    if rng.random() < CORRECTED:
        at = course.moment(won_on + timedelta(days=rng.randrange(3, 30)))
        # Within its quarter, so that a correction is no shift of a booking between quotas.
        earlier = max(quarter(won_on).starts_on, won_on - timedelta(days=rng.randrange(1, 6)))
        if rng.random() < 0.5:
            course.edits.append(Edit(at, close_on=earlier))
        elif course.brief.is_priced:
            course.amount = round(course.amount * rng.uniform(0.85, 1.1))
            course.edits.append(Edit(at, amount=course.amount))
    if rng.random() < REVERSED:
        at = course.moment(won_on + timedelta(days=rng.randrange(10, 60)))
        course.edits.append(Edit(at, LOST, category=STAGES[LOST].category))
        if rng.random() < REBOOKED:
            again_at = course.moment(local_day(at) + timedelta(days=rng.randrange(5, 35)))
            course.close_on = local_day(again_at)
            won_again = Edit(again_at, WON, close_on=course.close_on)
            won_again.category = STAGES[WON].category
            course.edits.append(won_again)


def _category(rng: Random, stage: int) -> str:
    """The category of the stage, or what the seller makes of it."""
    if stage in (PROPOSAL, NEGOTIATION) and rng.random() < 0.35:
        return rng.choice(("Best Case", "Most Likely", "Most Likely", "Pipeline"))
    return STAGES[stage].category


def _aim(rng: Random, day: date, distance: float) -> date:
    """A close date that far away; sellers like the last day of a quarter."""
    aimed = day + timedelta(days=max(3, round(distance)))
    return quarter_end(aimed) if rng.random() < 0.3 else aimed


def _round_guess(amount: float) -> int:
    step = 1000 if amount > 20_000 else 500
    return max(step, round(amount / step) * step)

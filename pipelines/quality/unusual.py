"""Is what changed of open records unusual, by what the tables' own past calls usual?

usual     the share that 98 of 100 windows stay below
limit     1.5 times that, six robust deviations (1.4826 MAD) above their median, or the floor of
          the measure, whichever is highest; of records, halfway from the usual share to all of
          them where that is less; without a past, 2.5 times the floor
silence   nothing at all changed, and something did in every window
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from statistics import median

from pipelines.quality.results import CheckResult
from pipelines.quality.watches import PREFIX, Measure, Watch

FEWEST_WINDOWS = 8
"""Windows below which nobody knows what is usual."""
FLOOR_WITHOUT_PAST = 2.5
"""Times the floor, where nobody knows what is usual."""
SHORTEST_SILENCE = 3
"""Windows in all of which something changed."""
SILENCE = "silence"
"""Measure of a watch under which nothing at all changed."""


@dataclass(frozen=True, slots=True)
class Share:
    """What one measure found in one window."""

    n_records: int
    """Open records it is a share of."""
    n_changed: int
    pct: float
    """Share of the records; of an amount, share of its total."""
    before_pct: float = 0.0
    """What it was at the beginning, of a measure of how things stand and not of what changed."""


@dataclass(frozen=True, slots=True)
class Window:
    """What every measure of a watch found between two days, in their order."""

    n_before: int
    """Records that were open on the first day."""
    n_changed: int
    """Changes of any kind."""
    shares: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One measure of one watch, from the release to the build."""

    watch: str
    measure: str
    n_records: int
    """Open records it is a share of."""
    n_changed: int
    changed_pct: float
    usual_pct: float | None
    """None where the tables do not know their past, or not enough of it."""
    limit_pct: float
    n_windows: int
    n_days: int
    is_unusual: bool
    example: str | None = None
    """One of the records, where it is unusual."""


def changes_of(
    watch: Watch, now: Window, past: Sequence[Window], n_days: int, *, is_later: bool
) -> list[Change]:
    """Every measure of the window from release to build, and silence where nothing changed.

    Args:
        past: earlier windows of as many days.
        is_later: whether the build is of a later day than the release.
    """
    found = []
    for number, (one, share) in enumerate(zip(watch.measures, now.shares, strict=True)):
        usual, limit = _limit([each.shares[number].pct for each in past], one)
        found.append(
            Change(
                watch=watch.name,
                measure=one.name,
                n_records=share.n_records,
                n_changed=share.n_changed,
                changed_pct=share.pct,
                usual_pct=usual,
                limit_pct=limit,
                n_windows=len(past),
                n_days=n_days,
                # What stood so in the release was told of then.
                is_unusual=now.n_before > 0
                and share.n_changed >= one.fewest
                and share.pct > limit >= share.before_pct,
            )
        )
    if watch.has_past and is_later and _is_silent(now, past):
        usual = min(each.n_changed for each in past) / max(1, now.n_before)
        found.append(
            Change(
                watch.name, SILENCE, now.n_before, 0, 0.0, usual, usual, len(past), n_days,
                is_unusual=True,
            )
        )  # fmt: skip
    return found


def _is_silent(now: Window, past: Sequence[Window]) -> bool:
    """The same files came again, or none did."""
    if now.n_changed or len(past) < SHORTEST_SILENCE:
        return False
    return all(each.n_changed for each in past)


def _limit(shares: Sequence[float], one: Measure) -> tuple[float | None, float]:
    """The usual share and the one above which it is unusual."""
    if len(shares) < FEWEST_WINDOWS:
        return None, one.floor_pct * FLOOR_WITHOUT_PAST
    ordered = sorted(shares)
    usual = ordered[min(len(ordered) - 1, int(0.98 * len(ordered)))]
    middle = median(ordered)
    deviation = 1.4826 * median(abs(each - middle) for each in ordered)
    limit = max(1.5 * usual, middle + 6 * deviation)
    if one.kind not in {"moved", "new"}:
        # These are shares of the same records, and cannot be more than all of them.
        limit = min(limit, (1 + usual) / 2)
    return usual, max(one.floor_pct, limit)


def judge(
    watch: Watch,
    changes: Sequence[Change],
    accepted: Collection[str],
    block_above: float | None,
) -> CheckResult:
    """One result per watch: it warns of what is unusual and not meant.

    Args:
        accepted: measures the company file accepts a change of.
        block_above: share of unusual change that refuses the release, of the watch's
            `fewest_to_block` records or more; None: none does.
    """
    unmeant = [each for each in changes if each.is_unusual and each.measure not in accepted]
    meant = [each for each in changes if each.is_unusual and each.measure in accepted]
    blocks = block_above is not None and any(
        each.changed_pct > block_above and each.n_records >= watch.fewest_to_block
        for each in unmeant
    )
    told = [sentence(each, watch) for each in unmeant]
    told += [f"{sentence(each, watch)}, which the company file accepts" for each in meant]
    return CheckResult(
        check_id=watch.check_id,
        kind="watch",
        asset=watch.table,
        severity="block" if blocks else "warn",
        owner=watch.owner,
        why=watch.why,
        next_step=_next_step(watch, unmeant),
        status="fail" if unmeant else "pass",
        n_failed=max((each.n_changed for each in unmeant), default=None),
        observed="; ".join(told) or None,
        example="; ".join(dict.fromkeys(each.example for each in unmeant if each.example)) or None,
    )


def _next_step(watch: Watch, unmeant: Sequence[Change]) -> str:
    step = " ".join(watch.next_step.split())
    if not unmeant:
        return step
    subjects = [f"{PREFIX}{watch.name}.{each.measure}" for each in unmeant]
    named = "Its name there:" if len(subjects) == 1 else "Their names there:"
    return f"{step} {named} {', '.join(subjects)}"


def sentence(change: Change, watch: Watch) -> str:
    """How much changed and what is usual."""
    if change.measure == SILENCE:
        return (
            f"nothing changed of {change.n_records:,} {watch.records} in {change.n_days} days; in "
            f"each of the {change.n_windows} windows before, something did"
        )
    usual = (
        f"up to {change.usual_pct:.1%} are usual"
        if change.usual_pct is not None
        else f"unusual above {change.limit_pct:.0%}"
    )
    return (
        f"{change.measure} {change.changed_pct:.1%} ({change.n_changed:,} of "
        f"{change.n_records:,} {watch.records} in {change.n_days} days; {usual})"
    )

"""From a cell of `attainment.fct_quota_attainment` to the lines of the extracts behind it.

The path is the one anybody can walk in SQL: the quota in force, the credits of its period, the
booking events they follow, the deals, and file and line of each. For people who lead others the
credits are those of everybody below, by who was above whom on the booking day, and their own where
the quota is on these as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb

from pipelines.serve.reader import QueryError

BOOKED = ("bookings", "overlay_bookings", "new_logo_bookings")
"""Measures whose achievement is credit of deals."""


@dataclass(frozen=True, slots=True)
class Event:
    """A booking event behind a credit."""

    recorded_on: date
    effective_on: date
    event: str
    reason: str
    amount: Decimal | None
    """In the company's currency."""
    source_file: str
    source_line: int


@dataclass(frozen=True, slots=True)
class CreditedDeal:
    """What one deal gave to somebody in the period."""

    opportunity_id: str
    opportunity_name: str | None
    participant_id: str
    participant_name: str | None
    credit_type: str
    credit_pct: Decimal
    booked_on: date
    credit_amount: Decimal
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class CountedDay:
    """What was counted on a day, for measures that are no credit."""

    effective_on: date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Attainment:
    """One row of `fct_quota_attainment`, as it is."""

    participant_id: str
    participant_name: str
    measure: str
    period_start_on: date
    period_end_on: date
    """First day after the period."""
    attainment_state: str
    has_own_credit: bool
    """Whether a team's quota is on the leader's own credit as well."""
    full_quota_amount: Decimal
    prorated_quota_amount: Decimal
    quota_amount: Decimal
    credit_amount: Decimal
    attainment_pct: float | None
    source_file: str
    source_line: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """A cell and what it is made of; the parts add up to its credit."""

    attainment: Attainment
    deals: tuple[CreditedDeal, ...]
    counted: tuple[CountedDay, ...]

    @property
    def total(self) -> Decimal:
        """What the parts add up to."""
        deals = sum((deal.credit_amount for deal in self.deals), Decimal(0))
        return deals + sum((day.amount for day in self.counted), Decimal(0))


def explain_attainment(
    connection: duckdb.DuckDBPyConnection, participant: str, period: str, measure: str
) -> Explanation:
    """The path behind one cell.

    Args:
        connection: a release.
        participant: id, or whole name if only one has it.
        period: a day in the period (YYYY-MM-DD), or the key of a fiscal quarter, month or year.
        measure: what the quota is on, such as `bookings` or `team_bookings`.

    Raises:
        QueryError: no such person, period or quota, and says which there are; or the release is
            of a version that had no ledger.
    """
    try:
        return _explained(connection, participant, period, measure)
    except (duckdb.CatalogException, duckdb.BinderException) as error:
        raise QueryError(
            f"this release cannot be explained, an earlier version made it: salesops run ({error})"
        ) from error


def _explained(
    connection: duckdb.DuckDBPyConnection, participant: str, period: str, measure: str
) -> Explanation:
    participant_id = _participant_id(connection, participant)
    cell = _cell(connection, participant_id, period, measure)
    own = measure.removeprefix("team_")
    if own in BOOKED or own.startswith("bookings_"):
        return Explanation(cell, _deals(connection, cell), ())
    counted = connection.execute(
        "select effective_on, sum(achieved_amount) from attainment.fct_achievement "
        "where participant_id = ? and measure = ? and effective_on >= ? and effective_on < ? "
        "group by effective_on having sum(achieved_amount) <> 0 order by effective_on",
        [participant_id, measure, cell.period_start_on, cell.period_end_on],
    ).fetchall()
    return Explanation(cell, (), tuple(CountedDay(*row) for row in counted))


def _participant_id(connection: duckdb.DuckDBPyConnection, wanted: str) -> str:
    found = connection.execute(
        "select distinct participant_id, participant_name from attainment.fct_quota_attainment "
        "where participant_id = $1 or lower(participant_name) = lower($1) order by all",
        [wanted],
    ).fetchall()
    ids = {participant_id for participant_id, _ in found}
    if len(ids) == 1:
        return str(found[0][0])
    if ids:
        raise QueryError(f"{len(ids)} people are called '{wanted}': name one of {sorted(ids)}")
    near = connection.execute(
        "select participant_name from attainment.fct_quota_attainment "
        "group by participant_name order by levenshtein(lower(participant_name), lower(?)), "
        "participant_name limit 3",
        [wanted],
    ).fetchall()
    hint = f"; did you mean {', '.join(name for (name,) in near)}?" if near else ""
    raise QueryError(f"nobody with a quota has the id or name '{wanted}'{hint}")


def _cell(
    connection: duckdb.DuckDBPyConnection, participant_id: str, period: str, measure: str
) -> Attainment:
    rows = connection.execute(
        """
        with asked as (
            select period_start_on as first_on, period_end_on as end_on
            from shared.dim_fiscal_period
            where lower(period_key) = lower($2)
            union all
            select try_cast($2 as date), try_cast($2 as date) + 1
            where try_cast($2 as date) is not null
        )

        select
            participant_id, participant_name, measure, period_start_on, period_end_on,
            attainment_state, has_own_credit, full_quota_amount, prorated_quota_amount,
            quota_amount, credit_amount, attainment_pct, source_file, source_line
        from attainment.fct_quota_attainment
        inner join asked on first_on >= period_start_on and end_on <= period_end_on
        where participant_id = $1 and measure = $3
        """,
        [participant_id, period, measure],
    ).fetchall()
    if len(rows) == 1:
        return Attainment(*rows[0])
    there = connection.execute(
        "select measure, min(period_start_on), max(period_start_on), count(*) "
        "from attainment.fct_quota_attainment where participant_id = ? group by measure "
        "order by measure",
        [participant_id],
    ).fetchall()
    known = "; ".join(
        f"{name}: {n_periods} periods that start {first} to {last}"
        for name, first, last, n_periods in there
    )
    raise QueryError(
        f"{participant_id} has no single quota on {measure} in '{period}' (a day, or a key such "
        f"as FY2026-Q1). There are {known}"
    )


def _deals(connection: duckdb.DuckDBPyConnection, cell: Attainment) -> tuple[CreditedDeal, ...]:
    own = cell.measure.removeprefix("team_")
    parameters: dict[str, Any] = {
        "participant": cell.participant_id,
        "first": cell.period_start_on,
        "end": cell.period_end_on,
        "measure": "bookings" if own == "new_logo_bookings" else own,
        "is_new_only": own == "new_logo_bookings",
        "is_team": own != cell.measure,
        "has_own_credit": cell.has_own_credit,
    }
    rows = connection.execute(
        """
        with people as (
            select ancestor_id, descendant_id, valid_from, valid_to
            from shared.bridge_org_closure
            where
                $is_team and ancestor_id = $participant
                and (distance > 0 or $has_own_credit)
            union all
            select $participant, $participant, date '1900-01-01', date '9999-12-31'
            where not $is_team
        )

        select
            credits.opportunity_key, credits.opportunity_id, credits.participant_id,
            credits.credit_type, credits.booked_on, sum(credits.credit_amount) as credit_amount,
            max_by(credits.credit_pct, credits.recorded_on) as credit_pct,
            sellers.participant_name
        from people
        inner join attainment.fct_credit as credits
            on
                people.descendant_id = credits.participant_id
                and credits.booked_on >= people.valid_from
                and credits.booked_on < people.valid_to
        left join shared.dim_participant as sellers
            on
                credits.participant_id = sellers.participant_id
                and credits.booked_on >= sellers.valid_from
                and credits.booked_on < sellers.valid_to
        where credits.measure = $measure
            and credits.booked_on >= $first and credits.booked_on < $end
            and (not $is_new_only or credits.deal_type = 'new')
        group by all
        having sum(credits.credit_amount) <> 0
        order by credit_amount desc, credits.opportunity_id, credits.participant_id
        """,
        parameters,
    ).fetchall()
    keys = sorted({row[0] for row in rows})
    names = dict(
        connection.execute(
            "select opportunity_key, opportunity_name from pipeline.fct_opportunity "
            "where list_contains(?, opportunity_key)",
            [keys],
        ).fetchall()
    )
    events: dict[str, list[Event]] = {key: [] for key in keys}
    for key, *event in connection.execute(
        "select opportunity_key, recorded_on, effective_on, event, reason, amount, source_file, "
        "source_line from attainment.fct_booking_event where list_contains(?, opportunity_key) "
        "order by recorded_at, n_bookings",
        [keys],
    ).fetchall():
        events[key].append(Event(*event))
    return tuple(
        CreditedDeal(
            opportunity_id,
            names.get(key),
            participant_id,
            participant_name,
            credit_type,
            credit_pct,
            booked_on,
            amount,
            tuple(events[key]),
        )
        for (
            key,
            opportunity_id,
            participant_id,
            credit_type,
            booked_on,
            amount,
            credit_pct,
            participant_name,
        ) in rows
    )

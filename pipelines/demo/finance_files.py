"""The rows finance plans with, on a day: UTF-8 CSV, whole each time.

What stands in them is decided in `finance`, `seats`, `territories` and `seller_totals`; orders and
invoices are in `netsuite`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from pipelines.demo.finance import Quota, approved_before
from pipelines.demo.rendering import csv_text
from pipelines.demo.seats import RAMP, RAMP_STEPS, TIERS, Seat, seats_known
from pipelines.demo.seller_totals import N_PERIODS, TOTAL_NAME, SellerTotal
from pipelines.demo.territories import Assignment, assignments_known

COLUMNS = {
    "quota": (
        "quota_id,participant_id,measure,period_start_on,period_end_on,quota_amount,currency,"
        "version,status,approved_at,node,basis"
    ),
    "seat": "participant_id,seat_state,valid_from,valid_to,plan_id,ramp_schedule_id",
    "ramp_schedule": "schedule_id,tenure_month,ramp_pct",
    "comp_tier": (
        "plan_id,measure,version,lower_pct,upper_pct,commission_pct,tier_kind,cap_amount,currency"
    ),
    "territory": "participant_id,territory_id,territory_name,region,valid_from,valid_to",
    "seller_total": "participant_id,total_name,n_periods,credited_amount",
}
FILES = {
    "quota": "quotas.csv",
    "seat": "seats.csv",
    "ramp_schedule": "ramp_schedules.csv",
    "comp_tier": "comp_tiers.csv",
    "territory": "territories.csv",
    "seller_total": "seller_totals.csv",
}


def quota_rows(day: date, quotas: list[Quota]) -> str:
    rows = (
        (
            quota.quota_id,
            quota.participant_id,
            quota.measure,
            quota.period.starts_on,
            quota.period.next_starts_on,
            f"{quota.amount}.00",
            "USD",
            quota.version,
            "approved",
            f"{quota.approved_at.isoformat()}Z",
            quota.node,
            "full" if quota.is_full else "",
        )
        for quota in approved_before(quotas, day)
    )
    return csv_text(rows)


def seat_rows(day: date, seats: list[Seat]) -> str:
    rows = (
        (
            seat.participant_id,
            "active",
            seat.valid_from,
            seat.valid_to or "",
            seat.plan_id,
            seat.ramp_schedule_id,
        )
        for seat in seats_known(seats, day)
    )
    return csv_text(rows)


def ramp_rows() -> str:
    return csv_text((RAMP, month, float(share)) for month, share in RAMP_STEPS.items())


def tier_rows() -> str:
    rows = (
        (t.plan_id, t.measure, "1", t.lower_pct, t.upper_pct, t.commission_pct, t.kind, "", "USD")
        for t in TIERS
    )
    return csv_text(rows)


def territory_rows(day: date, assignments: list[Assignment]) -> str:
    rows = (
        (
            assignment.participant_id,
            assignment.territory_id,
            assignment.team.name,
            assignment.team.region,
            assignment.valid_from,
            assignment.valid_to or "",
        )
        for assignment in assignments_known(assignments, day)
    )
    return csv_text(rows)


def seller_total_rows(totals: Iterable[SellerTotal]) -> str:
    rows = (
        (total.participant_id, TOTAL_NAME, N_PERIODS, f"{total.amount:.2f}") for total in totals
    )
    return csv_text(rows)

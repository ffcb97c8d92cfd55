"""The rows finance plans with, on a day: UTF-8 CSV, whole each time.

What stands in them is decided in `finance`, `territories` and `seller_totals`; orders and invoices
are in `netsuite`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from pipelines.demo.finance import Quota, approved_before
from pipelines.demo.rendering import csv_text
from pipelines.demo.seller_totals import N_PERIODS, TOTAL_NAME, SellerTotal
from pipelines.demo.territories import Assignment, assignments_known

COLUMNS = {
    "quota": (
        "quota_id,participant_id,measure,period_start_on,period_end_on,quota_amount,currency,"
        "version,status,approved_at"
    ),
    "territory": "participant_id,territory_id,territory_name,region,valid_from,valid_to",
    "seller_total": "participant_id,total_name,n_periods,credited_amount",
}
FILES = {
    "quota": "quotas.csv",
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
        )
        for quota in approved_before(quotas, day)
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

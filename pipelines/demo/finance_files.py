"""The rows finance delivers on a day: UTF-8 CSV, the whole books each time.

What stands in the books is decided in `finance`, `orders`, `territories` and `seller_totals`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from pipelines.demo.finance import Invoice, Quota, approved_before
from pipelines.demo.orders import OrderState
from pipelines.demo.rendering import csv_text
from pipelines.demo.seller_totals import N_PERIODS, TOTAL_NAME, SellerTotal
from pipelines.demo.territories import Assignment, assignments_known

COLUMNS = {
    "quota": (
        "quota_id,participant_id,measure,period_start_on,period_end_on,quota_amount,currency,"
        "version,status,approved_at"
    ),
    "invoice": (
        "invoice_id,account_id,opportunity_id,invoiced_on,due_on,paid_on,amount,currency,status"
    ),
    "order": (
        "order_id,opportunity_id,account_id,owner_id,ordered_on,currency,subtotal_amount,"
        "tax_amount,freight_amount,total_amount"
    ),
    "order_line": "line_id,order_id,product_id,quantity,unit_price,line_amount",
    "territory": "participant_id,territory_id,territory_name,region,valid_from,valid_to",
    "seller_total": "participant_id,total_name,n_periods,credited_amount",
}
FILES = {
    "quota": "quotas.csv",
    "invoice": "invoices.csv",
    "order": "orders.csv",
    "order_line": "order_lines.csv",
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


def invoice_rows(day: date, invoices: list[Invoice]) -> str:
    rows = (_invoice_row(invoice, day) for invoice in invoices if invoice.invoiced_on <= day)
    return csv_text(rows)


def _invoice_row(invoice: Invoice, day: date) -> tuple[object, ...]:
    """The invoice as finance saw it that evening."""
    is_paid = invoice.paid_on is not None and invoice.paid_on <= day
    is_void = invoice.voided_on is not None and invoice.voided_on <= day
    status = "paid" if is_paid else "void" if is_void else "open"
    if status == "open" and invoice.due_on < day:
        status = "overdue"
    return (
        invoice.invoice_id,
        invoice.deal.account.account_id,
        invoice.deal.opportunity_id,
        invoice.invoiced_on,
        invoice.due_on,
        invoice.paid_on if is_paid else "",
        f"{invoice.amount}.00",
        invoice.deal.currency,
        status,
    )


def order_rows(orders: Iterable[OrderState]) -> str:
    rows = (
        (
            state.order.order_id,
            state.order.deal.opportunity_id,
            state.order.deal.account.account_id,
            state.order.deal.owner.user_id,
            state.order.ordered_on,
            state.order.deal.currency,
            f"{state.subtotal:.2f}",
            f"{state.tax:.2f}",
            f"{state.order.freight}.00",
            f"{state.total:.2f}",
        )
        for state in orders
    )
    return csv_text(rows)


def order_line_rows(orders: Iterable[OrderState]) -> str:
    rows = (
        (
            f"{state.order.order_id}-{number}",
            state.order.order_id,
            line.product_id,
            line.quantity,
            f"{line.unit_price:.4f}",
            f"{line.amount:.2f}",
        )
        for state in orders
        for number, line in enumerate(state.lines, start=1)
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

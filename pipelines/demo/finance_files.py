"""Write what finance delivers on a day: UTF-8 CSV, the whole books each time.

What stands in the books is decided in `finance`, `orders`, `territories` and `seller_totals`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

from pipelines.demo.finance import Invoice, Quota, approved_before
from pipelines.demo.orders import OrderState
from pipelines.demo.rendering import write_csv
from pipelines.demo.seller_totals import N_PERIODS, TOTAL_NAME, SellerTotal
from pipelines.demo.territories import Assignment, assignments_known

QUOTA_COLUMNS = (
    "quota_id,participant_id,measure,period_start_on,period_end_on,quota_amount,currency,"
    "version,status,approved_at"
)
INVOICE_COLUMNS = (
    "invoice_id,account_id,opportunity_id,invoiced_on,due_on,paid_on,amount,currency,status"
)
ORDER_COLUMNS = (
    "order_id,opportunity_id,account_id,owner_id,ordered_on,currency,subtotal_amount,tax_amount,"
    "freight_amount,total_amount"
)
ORDER_LINE_COLUMNS = "line_id,order_id,product_id,quantity,unit_price,line_amount"
TERRITORY_COLUMNS = "participant_id,territory_id,territory_name,region,valid_from,valid_to"
SELLER_TOTAL_COLUMNS = "participant_id,total_name,n_periods,credited_amount"


def write_quotas(folder: Path, day: date, quotas: list[Quota]) -> Path:
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
    return write_csv(folder / "quotas.csv", QUOTA_COLUMNS, rows)


def write_invoices(folder: Path, day: date, invoices: list[Invoice]) -> Path:
    rows = (_invoice_row(invoice, day) for invoice in invoices if invoice.invoiced_on <= day)
    return write_csv(folder / "invoices.csv", INVOICE_COLUMNS, rows)


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


def write_orders(folder: Path, orders: Iterable[OrderState]) -> Path:
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
    return write_csv(folder / "orders.csv", ORDER_COLUMNS, rows)


def write_order_lines(folder: Path, orders: Iterable[OrderState]) -> Path:
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
    return write_csv(folder / "order_lines.csv", ORDER_LINE_COLUMNS, rows)


def write_territories(folder: Path, day: date, assignments: list[Assignment]) -> Path:
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
    return write_csv(folder / "territories.csv", TERRITORY_COLUMNS, rows)


def write_seller_totals(folder: Path, totals: Iterable[SellerTotal]) -> Path:
    rows = (
        (total.participant_id, TOTAL_NAME, N_PERIODS, f"{total.amount:.2f}") for total in totals
    )
    return write_csv(folder / "seller_totals.csv", SELLER_TOTAL_COLUMNS, rows)

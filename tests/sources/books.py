"""What NetSuite, Stripe and planning deliver: sales orders to payments, credit memos, workbooks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from openpyxl import Workbook

from tests.sources.world import Systems

T1, T2, T3 = "2026-03-02 11:00:00", "2026-03-03 11:00:00", "2026-03-04 11:00:00"


def deliver(systems: Systems, days: Sequence[date]) -> None:
    netsuite(systems, days)
    stripe(systems, days)
    planning(systems, days)
    rates = systems.folder / "outbox" / "eurofxref-hist.csv"
    rates.write_text("Date,USD,JPY,\n2026-02-02,1.2,160,\n2025-02-03,1.1,155,\n")
    systems.land(days[0], rates)


def netsuite(systems: Systems, days: Sequence[date]) -> None:
    first, second, third = days
    known = {"_fivetran_deleted": "FALSE", "_fivetran_synced": T1}
    systems.deliver(
        first,
        "netsuite",
        currency=[
            {"id": "1", "name": "US Dollar", "symbol": "USD", "isbasecurrency": "T"} | known,
            {"id": "4", "name": "Euro", "symbol": "EUR", "isbasecurrency": "F"} | known,
        ],
        customer=[
            {"id": "70", "companyname": "Alder", "email": "ap@alder.example"} | known,
            # One CRM has an account 100, both have an account 001A.
            {"id": "71", "companyname": "Birch", "externalid": "100"} | known,
            {"id": "72", "companyname": "Cedar", "externalid": "001A"} | known,
        ],
        account_type=[{"id": "Income", "longname": "Income"} | known],
        account=[
            {"id": "400", "acctnumber": "4000", "accttype": "Income", "fullname": "Sales"} | known
        ],
        accounting_period=[
            {"id": "31", "periodname": "Mar 2026", "startdate": "2026-03-01 0:00:00"}
            | {"enddate": "2026-03-31 0:00:00", "isquarter": "F", "isyear": "F", "closed": "F"}
            | known
        ],
        consolidated_exchange_rate=[
            {"id": "1", "fromcurrency": "4", "tocurrency": "1", "postingperiod": "31"}
            | {"averagerate": "1.25"}
            | known
        ],
        subsidiary=[{"id": "1", "name": "Inc", "currency": "1"} | known],
        item=[{"id": "80", "fullname": "Seat", "itemtype": "Service", "_fivetran_synced": T1}],
        transaction=[
            _transaction("500", "SalesOrd", "2026-03-01 0:00:00", "B"),
            _transaction("501", "CustInvc", "2026-03-02 0:00:00", "A")
            | {"duedate": "2026-04-01 0:00:00"},
        ],
        transaction_line=[
            _line("500", 0, "1100", mainline="T"),
            _line("500", 1, "-1000", item="80", quantity="-4", rate="250"),
            _line("500", 2, "-100", taxline="T"),
            _line("501", 0, "1100", mainline="T", createdfrom="500"),
            _line("501", 1, "-600", item="80", quantity="-2", rate="300"),
            _line("501", 2, "-400", item="80", quantity="-2", rate="200"),
            _line("501", 3, "-100", taxline="T"),
        ],
        transaction_accounting_line=[
            _posting("501", 0, debit="1100"),
            _posting("501", 1, credit="1000"),
            _posting("501", 3, credit="100"),
        ],
    )
    # The second day: a payment whose invoice becomes paid; a line turns out to have been none.
    systems.deliver(
        second,
        "netsuite",
        transaction=[
            _transaction("501", "CustInvc", "2026-03-02 0:00:00", "B")
            | {"duedate": "2026-04-01 0:00:00", "closedate": "2026-03-03 0:00:00"}
            | {"_fivetran_synced": T2},
            _transaction("502", "CustPymt", "2026-03-03 0:00:00", "C") | {"_fivetran_synced": T2},
        ],
        transaction_line=[
            _line("502", 0, "1100", mainline="T", createdfrom="501") | {"_fivetran_synced": T2},
            _line("501", 2, "-400", item="80")
            | {"_fivetran_synced": T2}
            | {"_fivetran_deleted": "TRUE"},
        ],
    )
    # The third day: a credit memo; the deleted line was real after all.
    systems.deliver(
        third,
        "netsuite",
        transaction=[
            _transaction("503", "CustCred", "2026-03-04 0:00:00", "A") | {"_fivetran_synced": T3}
        ],
        transaction_line=[
            _line("503", 0, "-50", mainline="T", createdfrom="501") | {"_fivetran_synced": T3},
            _line("501", 2, "-400", item="80", quantity="-2", rate="200")
            | {"_fivetran_synced": T3},
        ],
    )


def _transaction(number: str, kind: str, on: str, status: str) -> dict[str, str]:
    return {
        "id": number,
        "type": kind,
        "trandate": on,
        "status": status,
        "currency": "1",
        "entity": "70",
        "postingperiod": "31",
        "custbody_crm_opportunity_id": "006A",
        "_fivetran_deleted": "FALSE",
        "_fivetran_synced": T1,
    }


def _line(transaction: str, number: int, amount: str, **more: str) -> dict[str, str]:
    return {
        "id": str(number),
        "transaction": transaction,
        "foreignamount": amount,
        "mainline": "F",
        "taxline": "F",
        "_fivetran_deleted": "FALSE",
        "_fivetran_synced": T1,
        **more,
    }


def _posting(transaction: str, number: int, **side: str) -> dict[str, str]:
    return {
        "accountingbook": "1",
        "transaction": transaction,
        "transactionline": str(number),
        "account": "400",
        "posting": "T",
        "_fivetran_deleted": "FALSE",
        "_fivetran_synced": T1,
        **side,
    }


def stripe(systems: Systems, days: Sequence[date]) -> None:
    first, second, third = days
    live = {"livemode": "TRUE", "_fivetran_synced": T1}
    systems.deliver(
        first,
        "stripe",
        customer=[{"id": "cus_1", "name": "Birch", "is_deleted": "FALSE"} | live],
        product=[{"id": "prod_1", "name": "Seat", "is_deleted": "false"} | live],
        plan=[
            {"id": "plan_1", "product_id": "prod_1", "amount": "1999", "currency": "usd"}
            | {"interval": "month", "interval_count": "1", "is_deleted": "FALSE"}
            | live
        ],
        subscription=[
            {"id": "sub_1", "customer_id": "cus_1", "status": "trialing", "start_date": T1} | live
        ],
        subscription_item=[
            {"id": "si_1", "subscription_id": "sub_1", "plan_id": "plan_1", "quantity": "3"}
            | {"_fivetran_synced": T1}
        ],
        # The charge comes before its invoice.
        charge=[
            {"id": "ch_1", "customer_id": "cus_1", "invoice_id": "in_1", "amount": "5997"}
            | {"currency": "usd", "created": T1, "status": "succeeded", "paid": "TRUE"}
            | live,
            {"id": "ch_2", "customer_id": "cus_1", "amount": "5997", "currency": "jpy"}
            | {"created": T1, "status": "succeeded", "paid": "TRUE"}
            | live,
        ],
    )
    systems.deliver(
        second,
        "stripe",
        invoice=[
            {"id": "in_1", "customer_id": "cus_1", "currency": "usd", "total": "5997"}
            | {"status": "paid", "period_end": T2, "is_deleted": "FALSE", "livemode": "TRUE"}
            | {"_fivetran_synced": T2}
        ],
        invoice_line_item=[
            {"id": "il_1", "invoice_id": "in_1", "plan_id": "plan_1", "amount": "5997"}
            | {"currency": "usd", "quantity": "3", "livemode": "TRUE", "_fivetran_synced": T2}
        ],
        subscription=[
            {"id": "sub_1", "customer_id": "cus_1", "status": "active", "start_date": T1}
            | {"livemode": "TRUE", "_fivetran_synced": T2}
        ],
    )
    systems.deliver(
        third,
        "stripe",
        refund=[
            {"id": "re_1", "charge_id": "ch_1", "amount": "999", "currency": "usd"}
            | {"created": T3, "status": "succeeded", "_fivetran_synced": T3}
        ],
        # An older state that arrives late tells nothing new.
        subscription=[
            {"id": "sub_1", "customer_id": "cus_1", "status": "trialing", "start_date": T1} | live
        ],
    )


def planning(systems: Systems, days: Sequence[date]) -> None:
    """Tables of planning as people keep them: CSV here, a workbook there."""
    first, *_ = days
    systems.deliver(
        first,
        "finance",
        quota=[
            {"quota_id": "Q1", "participant_id": "005A", "measure": "bookings"}
            | {"period_start_on": "2026-02-01", "period_end_on": "2026-05-01"}
            | {"quota_amount": "9000", "currency": "USD", "version": "1", "status": "approved"}
            | {"approved_at": "2026-01-20T10:00:00Z"}
        ],
        ramp_schedule=[
            {"schedule_id": "standard", "tenure_month": month, "ramp_pct": share}
            for month, share in ((1, "0"), (2, "0.5"), (3, "1"))
        ],
        plan_rate=[
            {"currency": "EUR", "valid_from": "2026-02-01", "valid_to": "2027-02-01"}
            | {"units_per_base": "0.9", "base_currency": "USD"}
        ],
    )
    for name, header, rows in (
        (
            "plan_targets",
            ("node", "kpi", "period_start_on", "version", "target_amount", "currency"),
            [("AMER", "bookings", date(2026, 2, 1), "2", 20565.620599999998, "USD")],
        ),
        (
            "comp_tiers",
            (
                "plan_id",
                "measure",
                "version",
                "lower_pct",
                "upper_pct",
                "commission_pct",
                "tier_kind",
                "cap_amount",
                "currency",
            ),
            [
                ("AE", "bookings", "1", 0, 1, 0.08, "marginal", None, "USD"),
                ("AE", "bookings", "1", 1, None, 0.12, "marginal", 250000, "USD"),
            ],
        ),
    ):
        book = Workbook()
        sheet = book.active
        assert sheet is not None
        for row in (header, *rows):
            sheet.append(row)
        path = systems.folder / "outbox" / f"{name}.xlsx"
        book.save(path)
        systems.land(first, path)

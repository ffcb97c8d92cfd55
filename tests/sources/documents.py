"""Orders, invoices, credit memos, payments and ad costs whose right values are known by hand.

One company in US dollars. At the start of its fiscal year a euro was worth 1.25 dollars, a pound
1.5625, and 16,000 rupiah one dollar.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from tests.sources.world import Row, Systems

FIRST, TODAY = date(2026, 3, 2), date(2026, 3, 4)
AT, LATER = "2026-03-02 11:00:00", "2026-03-04 11:00:00"
CAMPAIGN = "701000000000001AAA"
MODELS = (
    "fct_order",
    "fct_invoice",
    "fct_booking_reconciliation",
    "fct_excluded_record",
    "fct_spend",
    "fct_opportunity",
    "dim_product_price",
    "core_comp_tier",
    "core_payment",
    "core_plan_target",
    "core_quota_period",
    "core_quote",
    "core_refund",
    "core_invoice_line",
    "core_subscription",
    "core_subscription_plan",
)


LOST = {"stage_name": "Closed Lost", "probability": "0", "is_won": "false"}
LINES = [
    ("REPLACED", "01tA"),
    ("REPLACED", "01tB"),
    ("VOIDED", "01tA"),
    ("VOIDED", "01tA"),
    ("CREDITED", "01tB"),
    ("CREDITED", "01tB"),
]
"""Deals and products of their lines; nobody says what 01tB is called."""


def deliver(systems: Systems) -> None:
    rates = systems.folder / "outbox" / "eurofxref-hist.csv"
    rates.parent.mkdir(exist_ok=True)
    rates.write_text("Date,USD,GBP,IDR,\n2026-01-30,1.25,0.8,20000,\n")
    systems.land(FIRST, rates)
    crm(systems)
    other_crm(systems)
    netsuite(systems)
    stripe(systems)
    finance(systems)
    advertising(systems)


def crm(systems: Systems) -> None:
    """Won deals, the orders of the CRM itself, and a price list in euros."""
    stamp = {"system_modstamp": AT}
    won = {
        "stage_name": "Closed Won",
        "probability": "100",
        "close_date": "2026-03-02",
        "is_closed": "true",
        "is_won": "true",
        "created_date": AT,
    }

    def deal(name: str, amount: str, currency: str = "USD") -> Row:
        return won | stamp | {"id": name, "amount": amount, "currency_iso_code": currency}

    def order(name: str, status: str, **more: str) -> Row:
        return (
            stamp
            | {
                "id": name,
                "effective_date": "2026-03-02",
                "total_amount": "100",
                "currency_iso_code": "GBP",
                "status": "In our own words",
                "status_code": status,
            }
            | more
        )

    usd = {"currency_iso_code": "USD"}

    systems.deliver(
        FIRST,
        "salesforce",
        opportunity=[
            deal("TAXED", "1000", "eur"),
            deal("REPLACED", "500", "Usd "),
            deal("CREDITED", "438.24"),
            deal("VOIDED", "300"),
            deal("UNAPPROVED", "700"),
            deal("TWICE", "100"),
            # Of an account that only NetSuite has.
            deal("PARTLY", "100") | {"account_id": "70"},
            deal("RETURNED", "100"),
            deal("QUOTED", "200"),
            deal("CASH", "60"),
            deal("LINES", "90"),
            # Half a percent is no difference, nor is one dollar.
            deal("NEARLY", "10000"),
            deal("SMALL", "10"),
            deal("LOST", "100") | LOST,
            deal("TAKEN-BACK", "100") | LOST,
            deal("GONE", "90"),
        ],
        opportunity_line_item=[
            stamp
            | {"id": f"00k{number}", "opportunity_id": name, "product_2_id": product}
            | {"quantity": "1", "total_price": "1", "created_date": AT}
            for number, (name, product) in enumerate(LINES)
        ],
        order=[
            order("SF-1", "Activated"),
            order("SF-2", "Draft"),
            order("SF-3", "Canceled"),
            order("SF-4", "Activated", opportunity_id="TWICE", **usd),
            order("SF-7", "Activated", opportunity_id="TWICE", **usd),
            # Of the two orders of a deal, one says nothing of its amount.
            order("SF-5", "Activated", opportunity_id="PARTLY", **usd),
            order("SF-6", "Activated", opportunity_id="PARTLY", **usd) | {"total_amount": ""},
        ],
        order_item=[
            stamp | {"id": f"802{n}", "order_id": f"SF-{n}", "quantity": "1", "unit_price": "100"}
            for n in (1, 2)
        ],
        product=[{"id": "01tA", "name": "Seat", "is_active": "true"} | stamp],
        pricebook_entry=[
            {"id": "01uA", "product_2_id": "01tA", "unit_price": "80", "is_active": "true"}
            | {"currency_iso_code": "eur"}
            | stamp,
            {"id": "01uB", "product_2_id": "01tA", "unit_price": "90", "is_active": "true"} | stamp,
            # Of a partner's price book, saved at the same moment and read later.
            {"id": "01uC", "product_2_id": "01tA", "unit_price": "60", "is_active": "true"}
            | {"currency_iso_code": "EUR", "pricebook_2_id": "01sPartner"}
            | stamp,
        ],
        quote=[{"id": "0Q0A", "opportunity_id": "TAXED", "name": "Draft"} | stamp],
    )
    # Later one order has lost its line, and a deal and an order are gone.
    gone = {"is_deleted": "true", "system_modstamp": LATER}
    systems.deliver(
        TODAY,
        "salesforce",
        opportunity=[deal("GONE", "90") | gone],
        order=[order("SF-7", "Activated") | gone],
        order_item=[{"id": "8022", "order_id": "SF-2"} | gone],
    )


def other_crm(systems: Systems) -> None:
    """HubSpot has won a deal of its own, and another one of an id that Salesforce has as well."""
    synced = {"_fivetran_synced": AT}
    won = {"stage_id": "won", "label": "won", "display_order": "1", "probability": "1.0"}
    closed = {"is_closed": "TRUE", "closed_won": "TRUE", "_fivetran_deleted": "FALSE"}
    deal = {"is_deleted": "false", "deal_pipeline_id": "default", "deal_pipeline_stage_id": "won"}
    dates = {"property_createdate": AT, "property_closedate": AT}
    systems.deliver(
        FIRST,
        "hubspot",
        deal_pipeline=[{"pipeline_id": "default", "label": "Sales"} | synced],
        deal_pipeline_stage=[{"pipeline_id": "default"} | won | closed | synced],
        deal=[
            {"deal_id": name, "property_dealname": name, "property_amount": amount}
            | deal
            | dates
            | synced
            for name, amount in (("TWICE", "70"), ("HUB", "90"), ("MERGED", "90"))
        ],
        # The second one was merged away before anybody delivered it.
        merged_deal=[
            {"deal_id": "HUB", "merged_deal_id": name} | synced for name in ("MERGED", "UNSEEN")
        ],
    )


def netsuite(systems: Systems) -> None:
    known = {"_fivetran_deleted": "FALSE", "_fivetran_synced": AT}
    headers: list[Row] = []
    lines: list[Row] = []

    def add(number: str, kind: str, status: str, deal: str, goods: str, **more: str) -> None:
        """A transaction of one line, with what it has of tax, freight and dates."""
        currency, on = more.get("currency", "1"), more.get("on", "2026-03-02")
        sign = -1 if kind in ("CustCred", "CashRfnd", "RtnAuth") else 1
        parts = {
            "goods": Decimal(goods) * sign,
            "tax": Decimal(more.get("tax", "0")) * sign,
            "freight": Decimal(more.get("freight", "0")) * sign,
        }
        headers.append(
            known
            | {
                "id": number,
                "type": kind,
                "status": status,
                "trandate": f"{on} 0:00:00",
                "duedate": f"{more['due']} 0:00:00" if "due" in more else "",
                "closedate": f"{more['closed']} 0:00:00" if "closed" in more else "",
                "currency": currency,
                "entity": "70",
                "custbody_crm_opportunity_id": deal,
            }
        )
        line = known | {"transaction": number, "createdfrom": more.get("corrects", "")}
        plain = {"mainline": "F", "taxline": "F"}
        lines.append(
            line | plain | {"id": "0", "mainline": "T", "foreignamount": f"{sum(parts.values())}"}
        )
        lines.append(
            line | plain | {"id": "1", "item": "80", "foreignamount": f"{-parts['goods']}"}
        )
        if parts["tax"]:
            # Half of it on a line that says so itself, half on one whose item says so.
            half = {"foreignamount": f"{-parts['tax'] / 2}", "itemtype": "TaxItem"}
            lines.append(line | plain | half | {"id": "2", "taxline": "T"})
            lines.append(line | plain | half | {"id": "3"})
        if parts["freight"]:
            freight = {"foreignamount": f"{-parts['freight']}", "itemtype": "ShipItem"}
            lines.append(line | plain | freight | {"id": "4"})

    add("100", "SalesOrd", "B", "TAXED", "1000", tax="190", freight="10", currency="4")
    add("101", "CustInvc", "A", "TAXED", "1000", tax="190", freight="10", currency="4")
    add("110", "SalesOrd", "C", "REPLACED", "500")
    add("111", "SalesOrd", "F", "REPLACED", "500")
    add("112", "CustInvc", "E", "REPLACED", "500", due="2026-03-03")
    add("113", "CustInvc", "A", "REPLACED", "500", due="2026-03-03")
    add("120", "SalesOrd", "G", "CREDITED", "438.24")
    add("121", "CustInvc", "B", "CREDITED", "438.24", tax="30", due="2026-03-03")
    # The memo names the invoice alone.
    add("122", "CustCred", "B", "", "438.24", tax="30", corrects="121")
    add("123", "CustInvc", "B", "CREDITED", "438.24", tax="30", closed="2026-03-03")
    add("124", "CustCred", "V", "CREDITED", "438.24", corrects="123")
    add("130", "SalesOrd", "H", "VOIDED", "300")
    add("131", "CustInvc", "V", "VOIDED", "300", on="2026-02-10", due="2026-02-20")
    add("132", "CustInvc", "A", "VOIDED", "300", on="2026-02-10", due="2026-02-20")
    add("140", "SalesOrd", "A", "UNAPPROVED", "700")
    add("141", "CustInvc", "D", "UNAPPROVED", "700", due="2026-03-03")
    add("150", "CustPymt", "C", "", "438.24", corrects="123")
    add("151", "CustPymt", "A", "", "300", corrects="132")
    # One that names no currency, and one whose currency was never delivered.
    add("155", "CustInvc", "A", "", "10", currency="")
    add("156", "CustInvc", "A", "", "10", currency="9")
    made_of_each_other(add)
    # Closed: by being void, by a credit memo, by a payment before it was credited, and by both.
    add("200", "CustInvc", "V", "", "5", due="2026-03-01", closed="2026-03-02")
    add("201", "CustInvc", "B", "", "5", due="2026-03-01", closed="2026-03-02")
    add("202", "CustCred", "B", "", "5", corrects="201")
    add("203", "CustInvc", "B", "", "5", due="2026-03-01", closed="2026-03-02")
    add("204", "CustCred", "B", "", "5", corrects="203", on="2026-03-03")
    add("205", "CustInvc", "B", "", "5", due="2026-03-01", closed="2026-03-02")
    add("206", "CustCred", "B", "", "3", corrects="205")
    add("207", "CustInvc", "B", "", "5", due="2026-03-01", closed="2026-03-02")
    add("208", "CustCred", "B", "", "5", corrects="207")
    add("209", "CustPymt", "C", "", "5", corrects="207")
    # The credit memo of a void invoice, made from its return.
    add("210", "RtnAuth", "G", "", "5", corrects="200")
    add("211", "CustCred", "B", "", "5", corrects="210")
    many_lines(add, lines, known)
    # Within what may differ, and invoices of deals that are lost.
    add("240", "SalesOrd", "G", "NEARLY", "9950")
    add("241", "CustInvc", "B", "NEARLY", "10050.01")
    add("242", "SalesOrd", "G", "SMALL", "11")
    add("243", "CustInvc", "B", "SMALL", "9")
    add("244", "CustInvc", "A", "LOST", "100")
    add("245", "CustInvc", "A", "TAKEN-BACK", "100")
    add("246", "CustCred", "A", "", "100", corrects="245")
    # What is deleted later, one of it void.
    add("230", "SalesOrd", "B", "", "9")
    add("231", "CustInvc", "A", "", "9")
    add("232", "CustInvc", "V", "", "9")
    add("233", "CustCred", "A", "", "9")
    add("234", "CustPymt", "C", "", "9")
    # The return of one that is gone, and its credit memo.
    add("235", "RtnAuth", "G", "", "9", corrects="231")
    add("236", "CustCred", "B", "", "9", corrects="235")
    # Sold for cash, a part of it taken back; one that nobody has approved, and one that is void.
    add("190", "SalesOrd", "G", "CASH", "60")
    add("191", "CashSale", "C", "", "100", tax="19", corrects="190")
    add("192", "CashRfnd", "Y", "", "40", tax="7.6", corrects="191")
    add("193", "CashSale", "A", "CASH", "500")
    add("194", "CashSale", "V", "CASH", "500")
    add("195", "CashRfnd", "V", "CASH", "500")
    # An order whose status no one has mapped.
    add("160", "SalesOrd", "Y", "", "1")
    gone = [header for header in headers if header["id"] in DELETED]
    systems.deliver(
        TODAY,
        "netsuite",
        transaction=[
            header | {"_fivetran_deleted": "TRUE", "_fivetran_synced": LATER} for header in gone
        ],
    )
    systems.deliver(
        FIRST,
        "netsuite",
        currency=[
            {"id": "1", "name": "US Dollar", "symbol": "USD", "isbasecurrency": "T"} | known,
            {"id": "4", "name": "Euro", "symbol": "EUR", "isbasecurrency": "F"} | known,
        ],
        customer=[{"id": "70", "companyname": "Alder"} | known],
        transaction=headers,
        transaction_line=lines,
    )


def made_of_each_other(add: Callable[..., None]) -> None:
    """Documents that name no deal themselves, made from others that do."""
    add("170", "SalesOrd", "G", "RETURNED", "100")
    add("171", "CustInvc", "B", "", "100", corrects="170")
    add("172", "RtnAuth", "G", "", "100", corrects="171")
    add("173", "CustCred", "B", "", "100", corrects="172")
    # The return of a return, and one of an invoice that was never delivered.
    add("174", "RtnAuth", "G", "", "100", corrects="173")
    add("175", "RtnAuth", "G", "", "100", corrects="174")
    add("176", "CustCred", "B", "", "1", corrects="175")
    add("177", "CustCred", "B", "", "2", corrects="1")
    add("180", "Estimate", "B", "QUOTED", "200")
    add("181", "SalesOrd", "G", "", "200", corrects="180")
    add("182", "CustInvc", "A", "", "200", corrects="181")
    # Two that were made from each other.
    add("183", "RtnAuth", "G", "", "1", corrects="184")
    add("184", "RtnAuth", "G", "", "1", corrects="183")
    add("185", "CustCred", "A", "", "3", corrects="184")


def many_lines(add: Callable[..., None], lines: list[Row], known: Row) -> None:
    """An order and an invoice of 100 less 10, with lines of every other kind."""
    for number, kind in (("220", "SalesOrd"), ("221", "CustInvc")):
        add(number, kind, "B", "LINES", "100", tax="20", freight="5")
        total = next(line for line in lines if line["transaction"] == number)
        lines.remove(total)
        # A discount of 10, and a deposit of 40 that was taken with the document.
        lines.append(total | {"foreignamount": "75"})
        for place, (item_type, amount) in enumerate(OTHER_LINES, start=10):
            line = {"transaction": number, "id": f"{place}", "mainline": "F", "taxline": "F"}
            more = {"iscogs": "T"} if item_type == "InvtPart" else {}
            lines.append(known | line | {"itemtype": item_type, "foreignamount": amount} | more)
    unknown = {"transaction": "221", "id": "30", "mainline": "F", "taxline": "F"}
    lines.append(known | unknown | {"itemtype": "Hologram", "foreignamount": "0"})


OTHER_LINES = [
    ("Discount", "15"),
    ("Markup", "-5"),
    ("Subtotal", "-90"),
    ("Group", "0"),
    ("EndGroup", "-90"),
    ("Description", ""),
    ("Payment", "40"),
    ("InvtPart", "-70"),
    ("InvtPart", "70"),
]
"""Item types and amounts; the last two are what the goods cost."""


def stripe(systems: Systems) -> None:
    live = {"livemode": "TRUE", "_fivetran_synced": AT}
    test = live | {"livemode": "FALSE"}
    kept = {"is_deleted": "FALSE"}

    def invoice(name: str, status: str, total: str, currency: str = "usd", **more: str) -> Row:
        return (
            {"id": name, "customer_id": "cus_1", "status": status, "total": total}
            | {"currency": currency, "created": AT, "due_date": "2026-03-03 17:00:00"}
            | live
            | kept
            | more
        )

    def charge(name: str, status: str, invoice_id: str, on: str, **more: str) -> Row:
        return (
            {"id": name, "customer_id": "cus_1", "status": status, "invoice_id": invoice_id}
            | {"amount": "100", "currency": "usd", "created": f"{on} 17:00:00", "captured": "TRUE"}
            | live
            | more
        )

    def note(name: str, status: str, invoice_id: str, total: str, subtotal: str) -> Row:
        return (
            {"id": name, "status": status, "invoice_id": invoice_id, "total": total}
            | {"subtotal": subtotal, "discount_amount": "0", "currency": "usd", "created": AT}
            | live
        )

    money = {"currency": "usd", "amount": "100"}
    systems.deliver(
        TODAY,
        "stripe",
        customer=[{"id": "cus_1"} | live | kept, {"id": "cus_t"} | test | kept],
        product=[{"id": "prod_t", "name": "Trial"} | test | kept],
        plan=[{"id": "plan_t"} | money | test | kept],
        price=[{"id": "price_t"} | test | kept],
        subscription=[{"id": "sub_t", "status": "active"} | test],
        invoice=[
            invoice("in_open", "open", "10000"),
            invoice("in_paid", "paid", "11900", tax="1900")
            | {"status_transitions_paid_at": "2026-02-27 17:00:00"},
            invoice("in_charged", "paid", "100"),
            invoice("in_draft", "draft", "100"),
            invoice("in_void", "void", "100"),
            invoice("in_written_off", "uncollectible", "100"),
            invoice("in_test", "paid", "99999900") | test,
            *(
                invoice(f"in_{currency}", "paid", total, currency)
                for currency, total in UNITS_SENT.items()
            ),
            invoice("in_endless", "paid", "9000000000000000000", "jpy"),
            invoice("in_zzz", "paid", "100", "zzz"),
            # The usual case: charged at once, so that it is never due.
            invoice("in_automatic", "paid", "2500") | {"due_date": ""},
            invoice("in_no_currency", "open", "2500", "") | {"due_date": ""},
            # Tax is within the prices of these, and on top of those of the last.
            invoice("in_within", "open", "11900", tax="1900", subtotal="11900"),
            invoice("in_within_too", "open", "11900", tax="1900", subtotal="11900"),
            invoice("in_on_top", "open", "11900", tax="1900", subtotal="10000"),
        ],
        invoice_line_item=[{"id": "il_t", "invoice_id": "in_test"} | money | test],
        charge=[
            charge("ch_1", "succeeded", "in_charged", "2026-02-28"),
            charge("ch_2", "failed", "in_charged", "2026-03-01"),
            charge("ch_3", "succeeded", "in_charged", "2026-03-02", captured="FALSE"),
            charge("ch_t", "succeeded", "in_test", "2026-03-02") | test,
        ],
        refund=[
            {"id": name, "charge_id": charge_id, "status": "succeeded", "created": AT}
            | {"_fivetran_synced": AT}
            | money
            for name, charge_id in (("re_1", "ch_1"), ("re_t", "ch_t"))
        ],
        credit_note=[
            note("cn_1", "issued", "in_paid", "1190", "1000"),
            note("cn_void", "void", "in_paid", "500", "500"),
            note("cn_t", "issued", "in_test", "500", "500") | test,
            note("cn_within", "issued", "in_within", "11900", "11900")
            | {"total_excluding_tax": "10000"},
            note("cn_by_share", "issued", "in_within_too", "11900", "11900"),
            note("cn_untaxed", "issued", "in_on_top", "500", "500"),
            note("cn_yen", "issued", "in_jpy", "500", "500") | {"currency": ""},
        ],
        credit_note_line_item=[{"id": "cnli_t", "credit_note_id": "cn_t"} | test],
    )


DELETED = ["230", "231", "232", "233", "234"]
"""NetSuite's documents that are gone on the second day."""
UNITS_SENT = {
    "jpy": "500",
    "clp": "500",
    "mga": "500",
    "kwd": "100000",
    "bhd": "5120",
    "tnd": "5120",
    "ugx": "10000000",
    "isk": "50000",
    "huf": "1045",
    "twd": "80045",
    "all": "1045",
    "rsd": "1045",
    "cop": "1045",
}
"""What Stripe sends by currency, in its smallest units."""


def finance(systems: Systems) -> None:
    def invoice(number: str, status: str, **more: str) -> Row:
        return {
            "invoice_id": number,
            "account_id": "A",
            "invoiced_on": "2026-02-10",
            "due_on": "2026-02-20",
            "amount": "119",
            "currency": "USD",
            "status": status,
        } | more

    def order(number: str, status: str, **more: str) -> Row:
        return {
            "order_id": number,
            "ordered_on": "2026-03-02",
            "currency": "EUR",
            "subtotal_amount": "100",
            "tax_amount": "19",
            "freight_amount": "1",
            "total_amount": "120",
            "status": status,
        } | more

    usd = {"currency": "USD"}

    systems.deliver(
        FIRST,
        "finance",
        quota=[
            {"quota_id": "Q-1", "participant_id": "A", "measure": "bookings", "quota_amount": "9"}
            | {"period_start_on": "2026-02-01", "period_end_on": "2026-05-01"}
            | {"status": "approved", "version": "1"}
        ],
        plan_target=[
            {"node": "company", "kpi": "bookings", "period_start_on": "2026-02-01"}
            | {"version": "1", "target_amount": "9"}
        ],
        comp_tier=[
            {"plan_id": "AE", "measure": "bookings", "version": "1", "lower_pct": "0"}
            | {"commission_pct": "0.1", "tier_kind": "marginal", "cap_amount": "9"}
        ],
        invoice=[
            invoice("F-1", "Sent", tax_amount="16", freight_amount="3", currency="usd"),
            invoice("F-2", "paid"),
            invoice("F-3", "Written off"),
            invoice("F-4", "Cancelled"),
            invoice("F-5", "open", paid_on="2026-03-01"),
            invoice("F-6", "paid", opportunity_id="HUB", amount="50"),
            invoice("F-9", "paid", opportunity_id="MERGED", amount="40"),
            invoice("F-7", "paid", opportunity_id="TWICE", amount="70"),
            invoice("F-10", "open", amount="-90"),
            {"invoice_id": "F-8", "invoiced_on": "2026-02-10", "amount": "10", "status": "sent"},
        ],
        order=[
            order("FO-1", "", currency=" eur"),
            order("FO-2", "Pending approval"),
            # A part by each of the names it had.
            order("FO-3", "", opportunity_id="HUB", subtotal_amount="50", **usd),
            order("FO-7", "", opportunity_id="MERGED", subtotal_amount="20", **usd),
            order("FO-8", "", opportunity_id="UNSEEN", subtotal_amount="20", **usd),
            order("FO-4", "", opportunity_id="TWICE", subtotal_amount="70", **usd),
            order("FO-5", "", opportunity_id="NOBODY", subtotal_amount="60", **usd),
            {"order_id": "FO-6", "ordered_on": "2026-03-02"}
            | {"subtotal_amount": "10", "total_amount": "10"},
        ],
    )


def advertising(systems: Systems) -> None:
    def account(number: str, currency: str) -> Row:
        return {"id": number, "updated_at": AT, "currency_code": currency}

    def campaign(number: str, account_id: str) -> Row:
        return {"id": number, "updated_at": AT, "customer_id": account_id, "name": "Brand"}

    def cost(name: str, number: str, account_id: str, micros: str) -> Row:
        return {
            "_fivetran_id": name,
            "id": number,
            "customer_id": account_id,
            "date": "2026-03-01",
            "cost_micros": micros,
            "_fivetran_synced": AT,
        }

    systems.deliver(
        FIRST,
        "google_ads",
        account_history=[account("1", "IDR"), account("2", "USD"), account("3", "")],
        # The account of the last one was never delivered.
        campaign_history=[campaign(f"1{account_id}", account_id) for account_id in "1234"],
        campaign_stats=[
            cost("a", "11", "1", "120000000000000"),
            *(cost(f"b{n}", "12", "2", "49") for n in range(1000)),
            cost("c", "13", "3", "1000000"),
            cost("d", "14", "4", "1000000"),
        ],
    )
    # The same campaign, day and channel as in LinkedIn.
    systems.deliver(
        FIRST,
        "marketing",
        ad_spend=[
            {"campaign_id": CAMPAIGN, "spend_on": "2026-03-01", "channel": "paid_social"}
            | {"spend_amount": "3", "currency": "usd"}
        ],
    )
    known = {"last_modified_time": AT}
    accounts = {"7": "5", "8": "5", "9": "6"}
    systems.deliver(
        FIRST,
        "linkedin_ads",
        account_history=[
            {"id": "5", "currency": "USD"} | known,
            {"id": "6", "currency": "EUR"} | known,
        ],
        campaign_history=[
            {"id": n, "name": f"Leaders [{CAMPAIGN}]", "account_id": account} | known
            for n, account in accounts.items()
        ],
        ad_analytics_by_campaign=[
            {"campaign_id": n, "day": "2026-03-01", "cost_in_local_currency": cost}
            for n, cost in (("7", "0.00005"), ("8", "0.00005"), ("9", "4"))
        ],
    )

"""What documents are worth, and which of them count, against values worked out by hand."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest

from pipelines.contracts import load_contract
from pipelines.settings import PROJECT_ROOT
from tests.sources import documents
from tests.sources.world import Systems

pytestmark = pytest.mark.xdist_group("documents")


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Systems:
    systems = Systems.of(
        tmp_path_factory.mktemp("documents"),
        "netsuite",
        "stripe",
        "finance",
        "google_ads",
        "linkedin_ads",
        "marketing",
        "ecb",
        "hubspot",
        salesforce="connector",
    )
    documents.deliver(systems)
    systems.build(*documents.MODELS)
    return systems


def amounts(*texts: str) -> tuple[Decimal, ...]:
    return tuple(Decimal(text) for text in texts)


# --- in one currency -----------------------------------------------------------------------------


def test_orders_are_in_the_company_s_currency_with_their_own_beside_it(books: Systems) -> None:
    assert books.rows(
        "select currency, subtotal_amount, tax_amount, freight_amount, total_amount, line_amount, "
        "line_difference_amount, subtotal_amount_in_currency, total_amount_in_currency, "
        "line_amount_in_currency from revenue.fct_order where order_id = '100'"
    ) == [("EUR", *amounts("1250", "237.5", "12.5", "1500", "1250", "0", "1000", "1200", "1000"))]
    assert books.rows(
        "select order_id, subtotal_amount, subtotal_amount_in_currency from revenue.fct_order "
        "where order_id in ('SF-1', 'FO-1') order by order_id"
    ) == [("FO-1", *amounts("125", "100")), ("SF-1", *amounts("156.25", "100"))]


def test_a_list_price_is_in_the_company_s_currency_with_its_own_beside_it(books: Systems) -> None:
    assert books.rows(
        "select currency, list_price, list_price_in_currency from shared.dim_product_price "
        "where currency = 'EUR' and is_standard"
    ) == [("EUR", *amounts("100", "80"))]


COMPANY_S = """
    select 'invoice', invoice_id, currency, invoice_amount_in_currency from revenue.fct_invoice
    where invoice_id in ('155', 'in_no_currency', 'F-8') union all
    select 'order', order_id, currency, subtotal_amount from revenue.fct_order
    where order_id = 'FO-6' union all
    select 'price', product_id, currency, list_price_in_currency from shared.dim_product_price
    where currency <> 'EUR' union all
    select 'quota', quota_id, currency, quota_amount_in_currency from core.core_quota_period
    union all
    select 'target', node, currency, target_amount from core.core_plan_target union all
    select 'cap', plan_id, currency, cap_amount from core.core_comp_tier union all
    select 'spend', source_system, currency, spend_amount from funnel.fct_spend
    where source_system = 'marketing' or campaign_id = '13'
    order by all
"""


def test_what_names_no_currency_is_in_the_company_s(books: Systems) -> None:
    assert books.rows(COMPANY_S) == [
        ("cap", "AE", "USD", Decimal(9)),
        ("invoice", "155", "USD", Decimal(10)),
        ("invoice", "F-8", "USD", Decimal(10)),
        ("invoice", "in_no_currency", "USD", Decimal(25)),
        ("order", "FO-6", "USD", Decimal(10)),
        ("price", "01tA", "USD", Decimal(90)),
        ("quota", "Q-1", "USD", Decimal(9)),
        ("spend", "google_ads", "USD", Decimal(1)),
        ("spend", "marketing", "USD", Decimal(3)),
        ("target", "company", "USD", Decimal(9)),
    ]


def test_a_part_that_names_no_currency_has_that_of_the_whole(books: Systems) -> None:
    assert books.rows(
        "select invoice_id, currency, invoice_amount_in_currency from revenue.fct_invoice "
        "where invoice_id = 'cn_yen'"
    ) == [("cn_yen", "JPY", Decimal(-500))]
    assert books.rows("select quote_id, currency from core.core_quote") == [("0Q0A", "EUR")]


def test_a_currency_that_was_never_delivered_is_nobody_s(books: Systems) -> None:
    """The id stands for it; checks stop on the missing amount."""
    assert books.rows(
        "select invoice_id, currency, invoice_amount from revenue.fct_invoice "
        "where invoice_id = '156'"
    ) == [("156", "9", None)]
    assert books.rows(
        "select currency, spend_amount from funnel.fct_spend where campaign_id = '14'"
    ) == [("4", None)]


def test_currencies_are_in_capitals_whatever_the_source(books: Systems) -> None:
    assert books.rows(
        "select currency, amount_in_currency, amount from pipeline.fct_opportunity "
        "where opportunity_id in ('TAXED', 'REPLACED') union all "
        "select currency, invoice_amount_in_currency, invoice_amount from revenue.fct_invoice "
        "where invoice_id = 'F-1' union all "
        "select currency, subtotal_amount_in_currency, subtotal_amount from revenue.fct_order "
        "where order_id = 'FO-1' order by all"
    ) == [
        ("EUR", *amounts("100", "125")),
        ("EUR", *amounts("1000", "1250")),
        ("USD", *amounts("119", "119")),
        ("USD", *amounts("500", "500")),
    ]


def test_an_invoice_without_a_due_day_is_never_overdue(books: Systems) -> None:
    assert books.rows(
        "select invoice_id, due_on, is_overdue from revenue.fct_invoice "
        "where invoice_id in ('in_automatic', 'in_no_currency', 'F-8', '155') order by all"
    ) == [
        ("155", None, False),
        ("F-8", None, False),
        ("in_automatic", None, False),
        ("in_no_currency", None, False),
    ]


# --- status --------------------------------------------------------------------------------------


def test_only_what_is_outstanding_past_its_day_is_overdue(books: Systems) -> None:
    assert books.rows(
        "select source_system, invoice_id from revenue.fct_invoice where is_overdue order by all"
    ) == [
        ("finance", "F-1"),
        ("netsuite", "113"),
        ("netsuite", "132"),
        ("stripe", "in_on_top"),
        ("stripe", "in_open"),
        ("stripe", "in_within"),
        ("stripe", "in_within_too"),
    ]


def test_stripe_tells_the_day_of_payment_by_transition_or_by_charge(books: Systems) -> None:
    assert books.rows(
        "select invoice_id, paid_on from revenue.fct_invoice "
        "where invoice_id in ('in_paid', 'in_charged', 'in_open', 'in_void') order by all"
    ) == [
        ("in_charged", date(2026, 2, 28)),
        ("in_open", None),
        ("in_paid", date(2026, 2, 27)),
        ("in_void", None),
    ]


@pytest.mark.parametrize(
    ("table", "number", "expected"),
    [
        ("order", "110", ("cancelled", "C", False)),
        ("order", "111", ("open", "F", True)),
        ("order", "140", ("pending_approval", "A", False)),
        ("order", "SF-1", ("open", "Activated", True)),
        ("order", "SF-2", ("draft", "Draft", False)),
        ("order", "SF-3", ("cancelled", "Canceled", False)),
        ("order", "FO-1", ("open", "open", True)),
        ("order", "FO-2", ("pending_approval", "Pending approval", False)),
        ("invoice", "112", ("rejected", "E", False)),
        ("invoice", "123", ("paid", "B", True)),
        ("invoice", "124", ("void", "V", False)),
        ("invoice", "131", ("void", "V", False)),
        ("invoice", "141", ("pending_approval", "D", False)),
        ("invoice", "in_draft", ("draft", "draft", False)),
        ("invoice", "in_written_off", ("uncollectible", "uncollectible", True)),
        ("invoice", "cn_void", ("void", "void", False)),
        ("invoice", "F-3", ("uncollectible", "Written off", True)),
        ("invoice", "F-4", ("cancelled", "Cancelled", False)),
    ],
)
def test_a_status_says_whether_a_document_counts(
    books: Systems, table: str, number: str, expected: tuple[str, str, bool]
) -> None:
    status, _, is_counted = expected
    assert books.rows(
        f"select status, source_status, is_counted, excluded_reason from revenue.fct_{table} "
        f"where {table}_id = '{number}'"
    ) == [(*expected, None if is_counted else status)]


def test_a_status_nobody_knows_is_left_for_a_check(books: Systems) -> None:
    assert books.rows(
        "select source_system, document_type, source_status, example_document_id "
        "from core.core_document_status where status is null"
    ) == [("netsuite", "order", "Y", "160")]


def test_payments_that_are_not_approved_taken_or_successful_do_not_count(books: Systems) -> None:
    assert books.rows(
        "select payment_id, status, is_counted from core.core_payment order by payment_id"
    ) == [
        ("150", "paid", True),
        ("151", "pending_approval", False),
        ("191", "paid", True),
        ("193", "pending_approval", False),
        ("194", "void", False),
        ("209", "paid", True),
        ("ch_1", "paid", True),
        ("ch_2", "failed", False),
        ("ch_3", "pending", False),
    ]


def test_what_is_void_or_closed_by_credit_memos_is_not_paid(books: Systems) -> None:
    assert books.rows(
        "select invoice_id, paid_on, days_paid_after_due from revenue.fct_invoice "
        "where invoice_id in ('200', '201', '203', '205', '207') order by all"
    ) == [
        ("200", None, None),
        ("201", None, None),
        ("203", documents.FIRST, 1),
        ("205", documents.FIRST, 1),
        ("207", documents.FIRST, 1),
    ]


def test_what_takes_back_an_invoice_that_does_not_count_does_not_count(books: Systems) -> None:
    assert books.rows(
        "select invoice_id, credited_invoice_id, status, is_counted, excluded_reason "
        "from revenue.fct_invoice where invoice_id in ('211', '236') order by all"
    ) == [
        ("211", "200", "closed", False, "credits_excluded_invoice"),
        ("236", "231", "closed", False, "credits_excluded_invoice"),
    ]
    assert books.rows("select is_counted from core.core_refund where refund_id = '211'") == [
        (False,)
    ]


def test_an_invoice_of_less_than_nothing_is_never_overdue(books: Systems) -> None:
    assert books.rows(
        "select status, is_counted, is_overdue, invoice_amount from revenue.fct_invoice "
        "where invoice_id = 'F-10'"
    ) == [("open", True, False, Decimal(-90))]


# --- net, gross, credits -------------------------------------------------------------------------


def test_invoices_have_gross_and_net(books: Systems) -> None:
    assert books.rows(
        "select invoice_id, invoice_amount, tax_amount, freight_amount, net_amount, "
        "net_amount_in_currency from revenue.fct_invoice "
        "where invoice_id in ('101', 'in_paid', 'F-1', 'F-2') order by all"
    ) == [
        ("101", *amounts("1500", "237.5", "12.5", "1250", "1000")),
        ("F-1", *amounts("119", "16", "3", "100", "100")),
        ("F-2", *amounts("119", "0", "0", "119", "119")),
        ("in_paid", *amounts("119", "19", "0", "100", "100")),
    ]


def test_lines_that_repeat_others_or_pay_are_no_goods(books: Systems) -> None:
    assert books.rows(
        "select total_amount, subtotal_amount, tax_amount, freight_amount, n_lines, line_amount, "
        "is_line_break from revenue.fct_order where order_id = '220'"
    ) == [(*amounts("115", "90", "20", "5"), 3, Decimal(90), False)]
    assert books.rows(
        "select invoice_amount, net_amount from revenue.fct_invoice where invoice_id = '221'"
    ) == [amounts("115", "90")]
    assert books.rows(
        "select sum(line_amount) from core.core_invoice_line where invoice_id = '221'"
    ) == [(Decimal(90),)]


def test_orders_of_a_source_without_lines_break_nothing(books: Systems) -> None:
    assert books.rows(
        "select source_system, is_line_break, n_lines, count(*) from revenue.fct_order "
        "where order_id like 'FO-%' or order_id in ('SF-1', 'SF-2') group by all order by all"
    ) == [
        ("finance", False, 0, 8),
        ("salesforce", False, 1, 1),
        ("salesforce", True, 0, 1),
    ]


def test_a_type_of_item_nobody_knows_is_left_for_a_check(books: Systems) -> None:
    assert books.rows(
        "select document_id, unknown_line_type from core.core_document_origin "
        "where unknown_line_type is not null"
    ) == [("221", "Hologram")]


def test_a_credit_memo_is_a_negative_row_of_the_deal_it_corrects(books: Systems) -> None:
    assert books.rows(
        "select source_system, invoice_id, credited_invoice_id, opportunity_id, "
        "invoice_amount_in_currency, net_amount_in_currency from revenue.fct_invoice "
        "where document_type = 'credit_memo' and is_counted order by all"
    ) == [
        ("netsuite", "122", "121", "CREDITED", *amounts("-468.24", "-438.24")),
        ("netsuite", "173", "171", "RETURNED", *amounts("-100", "-100")),
        ("netsuite", "176", "171", "RETURNED", *amounts("-1", "-1")),
        ("netsuite", "177", "1", None, *amounts("-2", "-2")),
        ("netsuite", "185", None, None, *amounts("-3", "-3")),
        ("netsuite", "192", "191", "CASH", *amounts("-47.6", "-40")),
        ("netsuite", "202", "201", None, *amounts("-5", "-5")),
        ("netsuite", "204", "203", None, *amounts("-5", "-5")),
        ("netsuite", "206", "205", None, *amounts("-3", "-3")),
        ("netsuite", "208", "207", None, *amounts("-5", "-5")),
        ("netsuite", "246", "245", "TAKEN-BACK", *amounts("-100", "-100")),
        ("stripe", "cn_1", "in_paid", None, *amounts("-11.9", "-10")),
        ("stripe", "cn_by_share", "in_within_too", None, *amounts("-119", "-100")),
        ("stripe", "cn_untaxed", "in_on_top", None, *amounts("-5", "-5")),
        ("stripe", "cn_within", "in_within", None, *amounts("-119", "-100")),
        ("stripe", "cn_yen", "in_jpy", None, *amounts("-500", "-500")),
    ]


def test_deals_meet_what_counts_of_their_orders_and_invoices(books: Systems) -> None:
    assert books.rows(
        "select opportunity_id, n_orders, n_invoices, order_code, invoice_code, "
        "ordered_amount_in_currency, invoiced_amount_in_currency "
        "from revenue.fct_booking_reconciliation "
        "where opportunity_id not in ('TWICE', 'HUB', 'NOBODY', 'PARTLY') order by opportunity_id"
    ) == [
        ("CASH", 1, 1, "matched", "matched", *amounts("60", "60")),
        ("CREDITED", 1, 2, "matched", "matched", *amounts("438.24", "438.24")),
        ("LINES", 1, 1, "matched", "matched", *amounts("90", "90")),
        ("LOST", 0, 1, "not_booked", "invoice_without_booking", None, Decimal(100)),
        ("NEARLY", 1, 1, "matched", "over_invoiced", *amounts("9950", "10050.01")),
        ("QUOTED", 1, 1, "matched", "matched", *amounts("200", "200")),
        ("REPLACED", 1, 1, "matched", "matched", *amounts("500", "500")),
        ("RETURNED", 1, 1, "matched", "partly_invoiced", *amounts("100", "-1")),
        ("SMALL", 1, 1, "matched", "matched", *amounts("11", "9")),
        ("TAKEN-BACK", 0, 1, "not_booked", "credited", None, Decimal(0)),
        ("TAXED", 1, 1, "matched", "matched", *amounts("1000", "1000")),
        ("UNAPPROVED", 0, 0, "not_ordered_yet", "not_invoiced_yet", None, None),
        ("VOIDED", 1, 1, "matched", "matched", *amounts("300", "300")),
    ]


def test_a_cash_sale_is_an_invoice_that_is_paid_on_its_day(books: Systems) -> None:
    assert books.rows(
        "select invoice_id, document_type, status, source_status, is_counted, paid_on, due_on, "
        "net_amount from revenue.fct_invoice where invoice_id between '191' and '195' order by all"
    ) == [
        ("191", "invoice", "paid", "CashSale:C", True, documents.FIRST, None, Decimal(100)),
        ("192", "credit_memo", "closed", "CashRfnd:Y", True, None, None, Decimal(-40)),
        ("193", "invoice", "pending_approval", "CashSale:A", False, None, None, Decimal(500)),
        ("194", "invoice", "void", "CashSale:V", False, None, None, Decimal(500)),
        ("195", "credit_memo", "void", "CashRfnd:V", False, None, None, Decimal(-500)),
    ]
    assert books.rows(
        "select invoice_id, line_amount from core.core_invoice_line where invoice_id = '191'"
    ) == [("191", Decimal(100))]


def test_a_document_that_names_no_deal_is_of_the_deal_of_what_it_was_made_from(
    books: Systems,
) -> None:
    assert books.rows(
        "select order_id, opportunity_id from revenue.fct_order where order_id in ('170', '181') "
        "union all select invoice_id, opportunity_id from revenue.fct_invoice "
        "where invoice_id in ('171', '182') order by all"
    ) == [("170", "RETURNED"), ("171", "RETURNED"), ("181", "QUOTED"), ("182", "QUOTED")]


def test_documents_that_were_made_from_each_other_are_left_for_a_check(books: Systems) -> None:
    assert books.rows(
        "select document_id from core.core_document_origin where is_unfinished order by all"
    ) == [("183",), ("184",), ("185",)]


def test_an_invoice_of_a_deal_that_is_not_won_is_a_break_until_it_is_taken_back(
    books: Systems,
) -> None:
    assert books.rows(
        "select opportunity_id, is_order_break, is_invoice_break, compared_amount "
        "from revenue.fct_booking_reconciliation where opportunity_id in ('LOST', 'TAKEN-BACK') "
        "order by all"
    ) == [("LOST", False, True, Decimal(100)), ("TAKEN-BACK", False, False, Decimal(0))]


def test_an_order_meets_the_deal_it_names_in_whichever_system_that_is(books: Systems) -> None:
    """HUB is HubSpot's alone; two systems have TWICE, and Salesforce's order means its own."""
    assert books.rows(
        "select opportunity_id, source_system, opportunity_key is not null, n_orders, n_invoices, "
        "order_code, invoice_code, compared_amount from revenue.fct_booking_reconciliation "
        "where opportunity_id in ('TWICE', 'HUB', 'NOBODY') order by all"
    ) == [
        ("HUB", "hubspot", True, 3, 2, "matched", "matched", Decimal(90)),
        ("NOBODY", None, False, 1, 0, "order_without_booking", "not_booked", Decimal(60)),
        ("TWICE", "hubspot", True, 0, 0, "not_ordered_yet", "not_invoiced_yet", Decimal(70)),
        ("TWICE", "salesforce", True, 1, 0, "matched", "not_invoiced_yet", Decimal(100)),
        ("TWICE", None, False, 1, 1, "deal_ambiguous", "deal_ambiguous", Decimal(70)),
    ]
    assert books.rows(
        "select count(*), count(distinct booking_reconciliation_key), sum(n_orders), "
        "sum(n_invoices) from revenue.fct_booking_reconciliation"
    ) == books.rows(
        "select 19, 19, (select count(*) from revenue.fct_order "
        "where is_counted and opportunity_id is not null), (select count(*) from "
        "revenue.fct_invoice where is_counted and opportunity_id is not null "
        "and document_type = 'invoice')"
    )


def test_documents_have_the_key_of_the_deal_they_name(books: Systems) -> None:
    assert books.rows(
        "select document_id, deals.source_system, deals.opportunity_id from ("
        "select order_id as document_id, opportunity_key from revenue.fct_order union all "
        "select invoice_id, opportunity_key from revenue.fct_invoice) as documents "
        "left join core.core_opportunity as deals using (opportunity_key) "
        "where document_id in ('SF-4', 'FO-1', 'FO-3', 'FO-4', 'FO-5', 'FO-7', 'FO-8', 'F-6', "
        "'F-7', 'F-9', '101') "
        "order by all"
    ) == [
        ("101", "salesforce", "TAXED"),
        ("F-6", "hubspot", "HUB"),
        ("F-7", None, None),
        ("F-9", "hubspot", "HUB"),
        ("FO-1", None, None),
        ("FO-3", "hubspot", "HUB"),
        ("FO-4", None, None),
        ("FO-5", None, None),
        ("FO-7", "hubspot", "HUB"),
        ("FO-8", "hubspot", "HUB"),
        ("SF-4", "salesforce", "TWICE"),
    ]
    for table, number in (("order", "FO-4"), ("invoice", "F-7")):
        assert books.rows(
            f"select {table}_id from core.core_{table} where is_opportunity_ambiguous"
        ) == [(number,)]


def test_orders_of_which_one_has_no_amount_match_nothing(books: Systems) -> None:
    """The other one alone is worth as much as the deal."""
    assert books.rows(
        "select n_orders, ordered_amount_in_currency, order_code, is_order_break "
        "from revenue.fct_booking_reconciliation where opportunity_id = 'PARTLY'"
    ) == [(2, None, "amount_unknown", True)]


# --- test mode -----------------------------------------------------------------------------------


def test_records_of_test_mode_are_counted_and_nowhere_else(books: Systems) -> None:
    assert books.rows(
        "select record_type, example_record_id, n_records from revenue.fct_excluded_record "
        "where excluded_reason = 'test_mode' order by record_type"
    ) == [
        ("charge", "ch_t", 1),
        ("credit_note", "cn_t", 1),
        ("credit_note_line_item", "cnli_t", 1),
        ("customer", "cus_t", 1),
        ("invoice", "in_test", 1),
        ("invoice_line_item", "il_t", 1),
        ("plan", "plan_t", 1),
        ("price", "price_t", 1),
        ("product", "prod_t", 1),
        ("refund", "re_t", 1),
        ("subscription", "sub_t", 1),
    ]
    for table, column in (
        ("core.core_account", "account_id"),
        ("core.core_payment", "payment_id"),
        ("core.core_refund", "refund_id"),
        ("core.core_invoice_line", "line_id"),
        ("core.core_subscription", "subscription_id"),
        ("core.core_subscription_plan", "plan_id"),
        ("revenue.fct_invoice", "invoice_id"),
    ):
        left = books.rows(
            f"select {column} from {table} where {column} similar to '[a-z]+_t(est)?'"
        )
        assert left == [], table


def test_documents_that_do_not_count_are_counted_by_reason(books: Systems) -> None:
    assert books.rows(
        "select source_system, record_type, excluded_reason, n_records "
        "from revenue.fct_excluded_record where source_system = 'netsuite' order by all"
    ) == [
        ("netsuite", "credit_memo", "credits_excluded_invoice", 2),
        ("netsuite", "credit_memo", "deleted", 1),
        ("netsuite", "credit_memo", "void", 2),
        ("netsuite", "invoice", "deleted", 2),
        ("netsuite", "invoice", "pending_approval", 2),
        ("netsuite", "invoice", "rejected", 1),
        ("netsuite", "invoice", "void", 3),
        ("netsuite", "order", "cancelled", 1),
        ("netsuite", "order", "deleted", 1),
        ("netsuite", "order", "pending_approval", 1),
        ("netsuite", "payment", "deleted", 1),
        ("netsuite", "payment", "pending_approval", 2),
        ("netsuite", "payment", "void", 1),
    ]


def test_deals_and_documents_that_are_gone_are_counted_too(books: Systems) -> None:
    assert books.rows(
        "select source_system, record_type, excluded_reason, example_record_id, n_records "
        "from revenue.fct_excluded_record where excluded_reason in ('deleted', 'merged') "
        "and source_system <> 'netsuite' order by all"
    ) == [
        ("hubspot", "opportunity", "merged", "MERGED", 1),
        ("salesforce", "opportunity", "deleted", "GONE", 1),
        ("salesforce", "order", "deleted", "SF-7", 1),
    ]
    # With what counts they are all that was delivered.
    [(delivered, counted, excluded)] = books.rows(
        "select (select count(distinct id) from raw.netsuite__transaction "
        "where type in ('CustInvc', 'CashSale')), (select count(*) from revenue.fct_invoice "
        "where source_system = 'netsuite' and document_type = 'invoice' and is_counted), "
        "(select sum(n_records) from revenue.fct_excluded_record "
        "where source_system = 'netsuite' and record_type = 'invoice')"
    )
    assert delivered == counted + excluded


def test_every_object_of_stripe_that_says_its_mode_must_say_it_and_is_asked() -> None:
    contract = load_contract("stripe")
    flagged = {
        name: column
        for name, described in contract.objects.items()
        for column in described.columns
        if column.name == "is_live"
    }
    assert all(column.required for column in flagged.values())
    model = PROJECT_ROOT / "dbt_project/models/staging/stripe/stg_stripe__excluded_record.sql"
    [asked] = re.findall(r"flagged = \[(.*?)\]", model.read_text(encoding="utf-8"), re.S)
    assert set(re.findall(r"'(\w+)'", asked)) == set(flagged)


# --- units ---------------------------------------------------------------------------------------


def test_stripe_s_units_follow_the_currency(books: Systems) -> None:
    units = dict(
        books.rows(
            "select lower(currency), invoice_amount_in_currency from revenue.fct_invoice "
            "where source_system = 'stripe' and currency <> 'USD' "
            "and document_type = 'invoice' and invoice_id not in ('in_endless', 'in_zzz')"
        )
    )
    assert units == {
        "jpy": Decimal(500),
        "clp": Decimal(500),
        "mga": Decimal(500),
        "kwd": Decimal(100),
        "bhd": Decimal("5.12"),
        "tnd": Decimal("5.12"),
        "ugx": Decimal(100000),
        "isk": Decimal(500),
        "huf": Decimal("10.45"),
        "twd": Decimal("800.45"),
        "all": Decimal("10.45"),
        "rsd": Decimal("10.45"),
        "cop": Decimal("10.45"),
    }


def test_an_amount_that_does_not_fit_or_has_no_unit_is_left_for_a_check(books: Systems) -> None:
    assert books.rows(
        "select invoice_id, invoice_amount_in_currency, source_line > 1 from revenue.fct_invoice "
        "where invoice_id in ('in_endless', 'in_zzz') order by all"
    ) == [("in_endless", None, True), ("in_zzz", None, True)]


def test_costs_in_millionths_fit_and_are_rounded_after_adding(books: Systems) -> None:
    assert books.rows(
        "select source_system, currency, spend_amount_in_currency, spend_amount "
        "from funnel.fct_spend where campaign_id not in ('13', '14') order by all"
    ) == [
        ("google_ads", "IDR", *amounts("120000000", "7500")),
        ("google_ads", "USD", *amounts("0.049", "0.049")),
        ("linkedin_ads", "EUR", *amounts("4", "5")),
        ("linkedin_ads", "USD", *amounts("0.0001", "0.0001")),
        ("marketing", "USD", *amounts("3", "3")),
    ]


def test_spend_says_how_many_lines_it_adds_up(books: Systems) -> None:
    assert books.rows(
        "select source_system, currency, n_source_lines, source_line from funnel.fct_spend "
        "where source_system = 'google_ads' and campaign_id not in ('13', '14') order by all"
    ) == [("google_ads", "IDR", 1, 2), ("google_ads", "USD", 1000, 3)]


def test_spend_of_a_campaign_in_two_currencies_and_systems_has_three_keys(books: Systems) -> None:
    assert books.rows(
        "select count(*), count(distinct spend_key), count(distinct source_system), "
        "count(distinct currency), count(distinct spend_on), count(distinct channel) "
        f"from funnel.fct_spend where campaign_id = '{documents.CAMPAIGN}'"
    ) == [(3, 3, 2, 2, 1, 1)]


# --- names of deals ------------------------------------------------------------------------------


def test_a_deal_of_several_products_says_so_and_names_none(books: Systems) -> None:
    assert books.rows(
        "select opportunity_id, product_id, product_name, has_several_products "
        "from pipeline.fct_opportunity "
        "where opportunity_id in ('REPLACED', 'VOIDED', 'CREDITED', 'TAXED') order by all"
    ) == [
        ("CREDITED", "01tB", None, False),
        ("REPLACED", None, None, True),
        ("TAXED", None, None, False),
        ("VOIDED", "01tA", "Seat", False),
    ]


def test_a_deal_names_its_account_in_the_only_system_that_has_it(books: Systems) -> None:
    assert books.rows(
        "select account_id, account_name from pipeline.fct_opportunity "
        "where opportunity_id = 'PARTLY'"
    ) == [("70", "Alder")]

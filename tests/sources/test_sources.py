"""Every system's files reach the core entities, with their history, in their own format."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from tests.sources.marketing import CRM_ID
from tests.sources.world import Systems

pytestmark = pytest.mark.xdist_group("sources")


def amount(text: str) -> Decimal:
    return Decimal(text)


# --- two CRMs side by side -----------------------------------------------------------------------


def test_deals_of_two_crms_meet_in_one_table(systems: Systems) -> None:
    assert systems.rows(
        "select source_system, opportunity_id, status, amount_in_currency "
        "from core.core_opportunity order by all"
    ) == [
        ("hubspot", "11", "won", amount("200.0000")),
        ("hubspot", "13", "lost", amount("50.0000")),
        ("salesforce", "006A", "open", amount("1500.0000")),
    ]


def test_a_deal_in_the_recycle_bin_is_gone_until_it_comes_back(systems: Systems) -> None:
    assert systems.rows(
        "select known_from, is_deleted, amount_in_currency from core.core_opportunity_version "
        "where opportunity_id = '006A' order by known_from"
    ) == [
        (datetime(2026, 3, 2, 10), False, amount("1000.0000")),
        (datetime(2026, 3, 3, 10), True, amount("1000.0000")),
        (datetime(2026, 3, 4, 10), False, amount("1500.0000")),
    ]


def test_a_deal_deleted_in_hubspot_may_come_back(systems: Systems) -> None:
    assert systems.rows(
        "select is_deleted, status from core.core_opportunity_version "
        "where opportunity_id = '13' order by known_from"
    ) == [(False, "open"), (True, "open"), (False, "lost")]


def test_a_merged_deal_counts_until_its_merge_is_known(systems: Systems) -> None:
    assert systems.rows(
        "select known_from, is_deleted from core.core_opportunity_version "
        "where opportunity_id = '12' order by known_from"
    ) == [(datetime(2026, 3, 2, 10), False), (datetime(2026, 3, 3, 10), True)]


def test_hubspot_property_history_becomes_states_of_the_deal(systems: Systems) -> None:
    assert systems.rows(
        "select known_from, stage, amount_in_currency, close_on from core.core_opportunity_version "
        "where opportunity_id = '11' and is_from_history order by known_from"
    ) == [
        (
            datetime(2026, 2, 20, 8, 0, 0, 500000),
            "appointment",
            amount("150.0000"),
            date(2026, 3, 29),
        ),
        (
            datetime(2026, 2, 25, 8, 0, 0, 500000),
            "appointment",
            amount("200.0000"),
            date(2026, 3, 29),
        ),
    ]


def test_stages_of_hubspot_come_from_its_pipelines(systems: Systems) -> None:
    assert systems.rows(
        "select stage, stage_ordinal, status, default_forecast_category from core.core_stage "
        "where source_system = 'hubspot' order by stage_ordinal"
    ) == [
        ("appointment", 0, "open", "Pipeline"),
        ("contract", 1, "open", "Pipeline"),
        ("closedwon", 2, "won", "Closed"),
        ("closedlost", 3, "lost", "Omitted"),
    ]


def test_owners_of_hubspot_are_sellers_in_their_team(systems: Systems) -> None:
    assert systems.rows(
        "select participant_name, team from core.core_participant_version "
        "where source_system = 'hubspot'"
    ) == [("Cara Dunn", "Inbound")]


def test_merged_records_lead_to_the_survivor(systems: Systems) -> None:
    assert systems.rows(
        "select source_system, object_name, record_id, survivor_id from core.core_merge "
        "where source_system <> 'marketo' order by all"
    ) == [
        ("hubspot", "contact", "499", "500"),
        ("hubspot", "opportunity", "12", "11"),
        ("salesforce", "account", "001B", "001A"),
    ]
    assert systems.rows(
        "select account_id from core.core_account where source_system = 'salesforce'"
    ) == [("001A",)]


def test_splits_keep_their_history_and_overlays_stand_apart(systems: Systems) -> None:
    assert systems.rows(
        "select split_id, participant_id, split_pct, is_overlay, "
        "known_to = timestamp '9999-12-31' from core.core_opportunity_split order by split_id, "
        "known_from"
    ) == [
        ("1HkA", "005A", amount("1.000000"), False, False),
        ("1HkA", "005A", amount("0.600000"), False, True),
        ("1HkB", "005B", amount("0.400000"), False, True),
        ("1HkC", "005B", amount("0.500000"), True, True),
    ]


def test_activities_of_both_crms(systems: Systems) -> None:
    assert systems.rows(
        "select source_system, activity_type, opportunity_id, person_id, occurred_on "
        "from core.core_activity order by all"
    ) == [
        ("hubspot", "call", "11", "500", date(2026, 3, 2)),
        ("salesforce", "call", "006A", "003A", date(2026, 3, 2)),
        ("salesforce", "meeting", None, None, date(2026, 3, 3)),
    ]


def test_forecast_submissions_of_owner_and_manager(systems: Systems) -> None:
    assert systems.rows(
        "select layer, participant_id, submitted_by, amount, forecast_category_value, "
        "period_start_on from core.core_forecast_submission order by layer"
    ) == [
        ("manager", "005A", "005B", amount("900.0000"), "Commit", date(2026, 2, 1)),
        ("owner", "005A", "005A", amount("1100.0000"), "Commit", date(2026, 2, 1)),
    ]


def test_quotes_and_their_approvals(systems: Systems) -> None:
    assert systems.rows(
        "select quote_id, discount_pct, total_amount, is_primary from core.core_quote"
    ) == [("0Q0A", amount("0.125000"), amount("875.0000"), True)]
    assert systems.rows(
        "select step_id, target_id, decision, assigned_at, decided_at "
        "from core.core_approval_step order by step_id"
    ) == [
        ("04hA", "0Q0A", "approved", datetime(2026, 3, 3, 8, 30), datetime(2026, 3, 3, 10)),
        ("04iA", "0Q0A", "pending", datetime(2026, 3, 2, 10), None),
    ]


def test_field_history_names_what_changed(systems: Systems) -> None:
    assert systems.rows(
        "select source_system, field, old_value, new_value "
        "from core.core_opportunity_field_change where field in ('Owner', 'dealstage') order by all"
    ) == [
        ("hubspot", "dealstage", None, "appointment"),
        ("hubspot", "dealstage", None, "closedwon"),
        ("salesforce", "Owner", "005B", "005A"),
    ]


def test_a_customer_is_the_account_that_one_crm_has_under_the_id_it_names(
    systems: Systems,
) -> None:
    assert systems.rows(
        "select account_id, crm_account_id from core.core_account "
        "where source_system = 'netsuite' order by all"
    ) == [("70", None), ("71", "100"), ("72", None)]


def test_territories_of_people_and_accounts(systems: Systems) -> None:
    assert systems.rows(
        "select participant_id, territory_name, region from core.core_territory_assignment"
    ) == [("005A", "East", "AMER")]
    assert systems.rows("select account_id, territory_name from core.core_account_territory") == [
        ("001A", "East")
    ]


def test_people_of_all_systems_are_kept_by_the_hash_of_their_address(systems: Systems) -> None:
    people = systems.rows(
        "select source_system, person_type, person_id, merged_into_id from core.core_person "
        "order by all"
    )
    assert people == [
        ("hubspot", "contact", "500", None),
        ("marketo", "lead", "10", None),
        ("marketo", "lead", "11", "10"),
        ("marketo", "lead", "12", "10"),
        ("salesforce", "contact", "003A", None),
        ("salesforce", "lead", "00QA", None),
    ]
    hashes = systems.rows(
        "select distinct email_hash from core.core_person where source_system = 'salesforce'"
    )
    assert len(hashes) == 1
    assert len(hashes[0][0]) == 64


def test_quotas_of_the_crm_and_of_planning(systems: Systems) -> None:
    assert systems.rows(
        "select source_system, participant_id, quota_amount_in_currency from core.core_quota "
        "order by all"
    ) == [
        ("finance", "005A", amount("9000.0000")),
        ("salesforce", "005A", amount("5000.0000")),
    ]


# --- orders, invoices, payments ------------------------------------------------------------------


def test_orders_of_netsuite_and_of_the_crm(systems: Systems) -> None:
    assert systems.rows(
        "select source_system, order_id, opportunity_id, subtotal_amount, tax_amount, "
        "total_amount, line_amount from core.core_order order by all"
    ) == [
        (
            "netsuite",
            "500",
            "006A",
            amount("1000.0000"),
            amount("100.0000"),
            amount("1100.0000"),
            amount("1000.000000"),
        ),
        (
            "salesforce",
            "801A",
            "006A",
            amount("1000.0000"),
            None,
            amount("1000.0000"),
            amount("1000.000000"),
        ),
    ]


def test_an_invoice_is_paid_when_its_payment_came(systems: Systems) -> None:
    assert systems.rows(
        "select source_system, invoice_id, status, due_on, paid_on, invoice_amount, currency "
        "from revenue.fct_invoice where document_type = 'invoice' order by all"
    ) == [
        ("netsuite", "501", "paid", date(2026, 4, 1), date(2026, 3, 3), amount("1100.0000"), "USD"),
        ("stripe", "in_1", "paid", None, date(2026, 3, 2), amount("59.9700"), "USD"),
    ]


def test_a_line_deleted_and_restored_in_netsuite(systems: Systems) -> None:
    assert systems.rows(
        "select _op, foreign_amount from raw.netsuite__transaction_line "
        "where transaction_id = '501' and line_id = '2' order by _recorded_at"
    ) == [
        ("upsert", amount("-400.0000")),
        ("delete", amount("-400.0000")),
        ("upsert", amount("-400.0000")),
    ]
    assert systems.rows(
        "select count(*), sum(line_amount) from core.core_invoice_line "
        "where source_system = 'netsuite'"
    ) == [(2, amount("1000.000000"))]


def test_payments_refunds_and_credit_memos(systems: Systems) -> None:
    assert systems.rows(
        "select source_system, payment_id, invoice_id, payment_amount, currency "
        "from core.core_payment order by all"
    ) == [
        ("netsuite", "502", "501", amount("1100.0000"), "USD"),
        ("stripe", "ch_1", "in_1", amount("59.9700"), "USD"),
        ("stripe", "ch_2", None, amount("5997.0000"), "JPY"),
    ]
    assert systems.rows(
        "select source_system, refund_id, invoice_id, refund_amount, refund_type "
        "from core.core_refund order by all"
    ) == [
        ("netsuite", "503", "501", amount("50.0000"), "credit_memo"),
        ("stripe", "re_1", "in_1", amount("9.9900"), "refund"),
    ]


def test_postings_balance_and_name_their_account_and_period(systems: Systems) -> None:
    assert systems.rows(
        "select entry_id, sum(amount), min(account_name), min(period_name) "
        "from core.core_ledger_entry as entries "
        "left join core.core_ledger_account as accounts using (source_system, ledger_account_id) "
        "left join core.core_accounting_period as periods "
        "using (source_system, accounting_period_id) group by entry_id"
    ) == [("501", amount("0.0000"), "Sales", "Mar 2026")]


def test_a_subscription_and_what_it_costs(systems: Systems) -> None:
    assert systems.rows(
        "select s.status, s.quantity, p.amount, p.currency, p.interval_unit "
        "from core.core_subscription as s "
        "inner join core.core_subscription_plan as p using (source_system, plan_id)"
    ) == [("active", amount("3.0000"), amount("19.9900"), "USD", "month")]


def test_an_older_state_that_comes_late_is_counted_and_changes_nothing(systems: Systems) -> None:
    assert systems.rows(
        "select n_stale, n_changed from control.batches "
        "where source = 'stripe' and object = 'subscription' order by extract_on"
    ) == [(0, 0), (0, 1), (1, 0)]


# --- planning ------------------------------------------------------------------------------------


def test_planning_from_text_and_workbooks(systems: Systems) -> None:
    assert systems.rows("select node, kpi, target_amount from core.core_plan_target") == [
        ("AMER", "bookings", amount("20565.6206"))
    ]
    assert systems.rows(
        "select tenure_month, ramp_pct from core.core_ramp_step order by tenure_month"
    ) == [(1, amount("0E-6")), (2, amount("0.500000")), (3, amount("1.000000"))]
    assert systems.rows(
        "select lower_pct, upper_pct, commission_pct, cap_amount from core.core_comp_tier "
        "order by lower_pct"
    ) == [
        (amount("0"), amount("1"), amount("0.08"), None),
        (amount("1"), None, amount("0.12"), amount("250000")),
    ]


def test_rates_of_plan_crm_and_ledger(systems: Systems) -> None:
    assert systems.rows(
        "select source_system, currency, rate_type, units_per_base, base_currency, valid_to "
        "from core.core_conversion_rate order by all"
    ) == [
        ("finance", "EUR", "plan", amount("0.9"), "USD", date(2027, 2, 1)),
        ("netsuite", "EUR", "average", amount("0.8"), "USD", date(2026, 4, 1)),
        ("salesforce", "EUR", "booking", amount("0.91"), "USD", date(2026, 4, 1)),
    ]


# --- marketing -----------------------------------------------------------------------------------


def test_spend_is_restated_and_meets_the_crm_campaign(systems: Systems) -> None:
    assert systems.rows(
        "select channel, campaign_id, campaign_name, spend_on, clicks, spend_amount_in_currency, "
        "currency from funnel.fct_spend order by channel, spend_on"
    ) == [
        ("google_ads", CRM_ID, "Spring", date(2026, 3, 1), 22, amount("40.0000"), "USD"),
        ("paid_social", "7", "Leaders", date(2026, 3, 1), 3, amount("12.3456"), "EUR"),
        ("paid_social", "7", "Leaders", date(2026, 3, 2), 1, amount("1.0000"), "EUR"),
    ]


def test_campaigns_of_two_systems_with_one_id_keep_their_names(systems: Systems) -> None:
    assert systems.rows(
        "select source_system, campaign_name from core.core_campaign where campaign_id = '7' "
        "order by all"
    ) == [("google_ads", "Search"), ("linkedin_ads", "Leaders")]


def test_touches_of_crm_and_marketing(systems: Systems) -> None:
    assert systems.rows(
        "select source_system, person_id, touch_type, campaign_id, is_response "
        "from core.core_touch order by all"
    ) == [
        ("marketo", "10", "click_email", CRM_ID, True),
        ("marketo", "10", "email_delivered", CRM_ID, False),
        ("marketo", "10", "open_email", CRM_ID, True),
        ("marketo", "10", "send_email", CRM_ID, False),
        ("marketo", "11", "send_email", CRM_ID, False),
        ("salesforce", "00QA", "Responded", CRM_ID, True),
    ]


def test_every_enabled_object_has_been_read_without_a_reject(systems: Systems) -> None:
    assert systems.rows("select count(*) from control.rejects") == [(0,)]

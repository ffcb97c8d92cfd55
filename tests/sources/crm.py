"""What Salesforce and HubSpot deliver: deals with history, splits, merges, deletes, undeletes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from tests.sources.world import Systems

T1, T2, T3 = "2026-03-02 10:00:00", "2026-03-03 10:00:00", "2026-03-04 10:00:00"
STAMP = {"system_modstamp": T1}


def deliver(systems: Systems, days: Sequence[date]) -> None:
    salesforce(systems, days)
    hubspot(systems, days)


def salesforce(systems: Systems, days: Sequence[date]) -> None:
    first, second, third = days
    deal = {
        "id": "006A",
        "account_id": "001A",
        "owner_id": "005A",
        "name": "Rollout",
        "stage_name": "Prospecting",
        "probability": "10",
        "amount": "1000",
        "close_date": "2026-04-01",
        "is_closed": "false",
        "is_won": "false",
        "created_date": T1,
        "system_modstamp": T1,
        "currency_iso_code": "USD",
    }
    systems.deliver(
        first,
        "salesforce",
        user=[
            {"id": "005A", "first_name": "Ada", "last_name": "Berg", "user_role_id": "00EA"}
            | STAMP,
            {"id": "005B", "first_name": "Ben", "last_name": "Cole", "user_role_id": "00EA"}
            | STAMP,
        ],
        user_role=[{"id": "00EA", "name": "Team North"} | STAMP],
        account=[
            {"id": "001A", "name": "Alder", "is_deleted": "false"} | STAMP,
            {"id": "001B", "name": "Alder Inc", "is_deleted": "false"} | STAMP,
        ],
        contact=[{"id": "003A", "account_id": "001A", "email": "x@alder.example"} | STAMP],
        lead=[
            {"id": "00QA", "email": "X@Alder.example ", "is_converted": "true"}
            | {"converted_contact_id": "003A", "created_date": T1}
            | STAMP
        ],
        opportunity=[deal],
        opportunity_history=[
            {"id": "008A", "opportunity_id": "006A", "stage_name": "Prospecting"}
            | {"amount": "1000", "created_date": T1, "probability": "10"}
            | STAMP
        ],
        opportunity_field_history=[
            {"id": "017A", "opportunity_id": "006A", "field": "Owner"}
            | {"old_value": "005B", "new_value": "005A", "created_date": T1}
        ],
        opportunity_line_item=[],
        opportunity_split_type=[
            {"id": "1HlR", "master_label": "Revenue", "is_total_validated": "true"} | STAMP,
            {"id": "1HlO", "master_label": "Overlay", "is_total_validated": "false"} | STAMP,
        ],
        opportunity_split=[
            {"id": "1HkA", "opportunity_id": "006A", "split_owner_id": "005A"}
            | {"split_percentage": "100", "split_type_id": "1HlR"}
            | STAMP
        ],
        product=[{"id": "01tA", "name": "Seat"} | STAMP],
        pricebook_entry=[],
        campaign=[{"id": "701000000000001AAA", "name": "Spring"} | STAMP],
        campaign_member=[
            {"id": "00vA", "campaign_id": "701000000000001AAA", "lead_id": "00QA"}
            | {"status": "Responded", "has_responded": "true", "created_date": T1}
            | STAMP
        ],
        task=[
            {"id": "00TA", "what_id": "006A", "who_id": "003A", "type": "Call"}
            | {"owner_id": "005A", "activity_date": "2026-03-02", "created_date": T1}
            | STAMP
        ],
        event=[
            {"id": "00UA", "what_id": "001A", "owner_id": "005A", "activity_date_time": T2}
            | {"activity_date": "2026-03-03", "created_date": T1}
            | STAMP
        ],
        forecasting_quota=[
            {"id": "0QA", "quota_owner_id": "005A", "start_date": "2026-02-01"}
            | {"quota_amount": "5000", "currency_iso_code": "USD", "created_date": T1}
            | STAMP
        ],
        period=[{"id": "026A", "type": "Quarter", "start_date": "2026-02-01"} | STAMP],
        forecasting_item=[
            {"id": "0FIA", "owner_id": "005A", "period_id": "026A"}
            | {"forecast_category_name": "Commit"}
            | STAMP
        ],
        forecasting_adjustment=[
            {"id": "0FAA", "forecasting_item_id": "0FIA", "adjusted_amount": "900"}
            | {"created_by_id": "005B", "created_date": T1}
            | STAMP
        ],
        forecasting_owner_adjustment=[
            {"id": "0FOA", "forecasting_item_id": "0FIA", "owner_adjusted_amount": "1100"}
            | {"created_by_id": "005A", "created_date": T1}
            | STAMP
        ],
        quote=[
            {"id": "0Q0A", "opportunity_id": "006A", "status": "Draft", "discount": "12.5"}
            | {"total_price": "875", "is_syncing": "true", "created_date": T1}
            | STAMP
        ],
        process_instance=[{"id": "04gA", "target_object_id": "0Q0A", "status": "Pending"} | STAMP],
        process_instance_step=[
            {"id": "04hA", "process_instance_id": "04gA", "step_status": "Approved"}
            | {"actor_id": "005B", "elapsed_time_in_minutes": "90", "created_date": T2}
            | {"system_modstamp": T1}
        ],
        process_instance_workitem=[
            {"id": "04iA", "process_instance_id": "04gA", "actor_id": "005B", "created_date": T1}
            | STAMP
        ],
        dated_conversion_rate=[
            {"id": "04wA", "iso_code": "EUR", "start_date": "2026-01-01"}
            | {"next_start_date": "2026-04-01", "conversion_rate": "0.91"}
            | STAMP
        ],
        territory2=[
            {"id": "0MIR", "name": "AMER"} | STAMP,
            {"id": "0MIA", "name": "East", "parent_territory_2_id": "0MIR"} | STAMP,
        ],
        user_territory2_association=[
            {"id": "04UA", "user_id": "005A", "territory_2_id": "0MIA", "is_active": "true"} | STAMP
        ],
        object_territory2_association=[
            {"id": "04OA", "object_id": "001A", "territory_2_id": "0MIA"} | STAMP
        ],
        order=[
            {"id": "801A", "account_id": "001A", "opportunity_id": "006A"}
            | {"effective_date": "2026-03-02", "total_amount": "1000", "status_code": "Activated"}
            | STAMP
        ],
        order_item=[
            {"id": "802A", "order_id": "801A", "product_2_id": "01tA"}
            | {"quantity": "4", "unit_price": "250"}
            | STAMP
        ],
        record_type=[{"id": "012A", "name": "New", "sobject_type": "Opportunity"} | STAMP],
    )
    # The second day: the deal is shared and goes to the recycle bin; accounts are merged.
    systems.deliver(
        second,
        "salesforce",
        opportunity=[deal | {"is_deleted": "true", "system_modstamp": T2}],
        opportunity_split=[
            {"id": "1HkA", "opportunity_id": "006A", "split_owner_id": "005A"}
            | {"split_percentage": "60", "split_type_id": "1HlR", "system_modstamp": T2},
            {"id": "1HkB", "opportunity_id": "006A", "split_owner_id": "005B"}
            | {"split_percentage": "40", "split_type_id": "1HlR", "system_modstamp": T2},
            {"id": "1HkC", "opportunity_id": "006A", "split_owner_id": "005B"}
            | {"split_percentage": "50", "split_type_id": "1HlO", "system_modstamp": T2},
        ],
        account=[
            {"id": "001B", "name": "Alder Inc", "is_deleted": "true"}
            | {"master_record_id": "001A", "system_modstamp": T2}
        ],
    )
    # The third day: it comes back, worth more.
    systems.deliver(
        third,
        "salesforce",
        opportunity=[
            deal | {"is_deleted": "false", "amount": "1500", "system_modstamp": T3},
        ],
    )


def hubspot(systems: Systems, days: Sequence[date]) -> None:
    first, second, third = days
    systems.deliver(
        first,
        "hubspot",
        owner=[
            {"owner_id": "1", "first_name": "Cara", "last_name": "Dunn", "created_at": T1}
            | {"_fivetran_synced": T1}
        ],
        team=[{"id": "9", "name": "Inbound", "_fivetran_synced": T1}],
        owner_team=[
            {"owner_id": "1", "team_id": "9", "is_team_primary": "true", "_fivetran_synced": T1}
        ],
        company=[
            {"id": "100", "property_name": "Birch", "is_deleted": "false", "_fivetran_synced": T1},
            {"id": "001A", "property_name": "Cedar", "is_deleted": "false", "_fivetran_synced": T1},
        ],
        contact=[
            {"id": "500", "property_email": "y@birch.example", "property_createdate": T1}
            | {"_fivetran_deleted": "FALSE", "_fivetran_synced": T1}
        ],
        deal_pipeline=[
            {"pipeline_id": "default", "label": "Sales", "_fivetran_deleted": "FALSE"}
            | {"_fivetran_synced": T1}
        ],
        deal_pipeline_stage=[
            {"stage_id": stage, "pipeline_id": "default", "label": stage, "display_order": order}
            | {"probability": probability, "closed_won": won, "is_closed": closed}
            | {"_fivetran_deleted": "FALSE", "_fivetran_synced": T1}
            for stage, order, probability, won, closed in (
                ("appointment", 0, "0.2", "FALSE", "FALSE"),
                ("contract", 1, "0.9", "FALSE", "FALSE"),
                ("closedwon", 2, "1.0", "TRUE", "TRUE"),
                ("closedlost", 3, "0.0", "FALSE", "TRUE"),
            )
        ],
        deal=[
            _hub_deal("11", "appointment", "200", T1),
            _hub_deal("12", "appointment", "300", T1),
            _hub_deal("13", "appointment", "50", T1),
        ],
        deal_property_history=[
            _property("11", "dealstage", "appointment", "2026-02-20 08:00:00.5"),
            _property("11", "amount", "150", "2026-02-20 08:00:00.5"),
            _property("11", "closedate", "1774828800000", "2026-02-20 08:00:00.5"),
            _property("11", "amount", "200", "2026-02-25 08:00:00.5"),
        ],
        deal_company=[{"deal_id": "11", "company_id": "100", "type_id": "5"}],
        deal_contact=[{"deal_id": "11", "contact_id": "500", "type_id": "3"}],
        engagement=[{"id": "900", "type": "CALL", "_fivetran_synced": T1}],
        engagement_call=[
            {"engagement_id": "900", "property_hs_timestamp": T1, "_fivetran_deleted": "false"}
            | {"_fivetran_synced": T1, "type": "CALL"}
        ],
        engagement_deal=[{"engagement_id": "900", "deal_id": "11", "type_id": "1"}],
        engagement_contact=[{"engagement_id": "900", "contact_id": "500", "type_id": "1"}],
    )
    systems.deliver(
        second,
        "hubspot",
        deal=[
            _hub_deal("11", "closedwon", "200", T2),
            _hub_deal("13", "appointment", "50", T2) | {"is_deleted": "true"},
        ],
        deal_property_history=[_property("11", "dealstage", "closedwon", T2)],
        merged_deal=[{"deal_id": "11", "merged_deal_id": "12", "_fivetran_synced": T2}],
    )
    systems.deliver(
        third,
        "hubspot",
        deal=[_hub_deal("13", "closedlost", "50", T3)],
        contact_merge_audit=[
            {"contact_id": "500", "vid_to_merge": "499", "timestamp": T3, "_fivetran_synced": T3}
        ],
    )


def _hub_deal(deal_id: str, stage: str, amount: str, at: str) -> dict[str, str]:
    return {
        "deal_id": deal_id,
        "is_deleted": "false",
        "deal_pipeline_id": "default",
        "deal_pipeline_stage_id": stage,
        "owner_id": "1",
        "property_dealname": f"Deal {deal_id}",
        "property_amount": amount,
        "property_createdate": "2026-02-20 08:00:00",
        "property_closedate": "2026-03-30 00:00:00",
        "_fivetran_synced": at,
    }


def _property(deal_id: str, name: str, value: str, at: str) -> dict[str, str]:
    return {
        "deal_id": deal_id,
        "name": name,
        "value": value,
        "timestamp": at,
        "_fivetran_synced": T1 if at < T1 else at,
    }

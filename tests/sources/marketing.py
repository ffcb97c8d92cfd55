"""What ad systems and Marketo deliver: restated spend, renamed campaigns, merged leads."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from tests.sources.world import Systems

T1, T2, T3 = "2026-03-02 12:00:00", "2026-03-03 12:00:00", "2026-03-04 12:00:00"
CRM_ID = "701000000000001AAA"


def deliver(systems: Systems, days: Sequence[date]) -> None:
    google_ads(systems, days)
    linkedin_ads(systems, days)
    marketo(systems, days)


def google_ads(systems: Systems, days: Sequence[date]) -> None:
    first, second, third = days

    def stats(
        stats_id: str, device: str, micros: str, at: str, clicks: str = "10"
    ) -> dict[str, str]:
        return {
            "_fivetran_id": stats_id,
            "customer_id": "55",
            "date": "2026-03-01",
            "id": "77",
            "device": device,
            "ad_network_type": "SEARCH",
            "impressions": "100",
            "clicks": clicks,
            "cost_micros": micros,
            "_fivetran_synced": at,
        }

    systems.deliver(
        first,
        "google_ads",
        account_history=[{"id": "55", "updated_at": T1, "currency_code": "USD"}],
        campaign_history=[
            {
                "id": "77",
                "updated_at": T1,
                "customer_id": "55",
                "name": "Brand",
                "status": "ENABLED",
            },
            # LinkedIn has a campaign of this id as well; they have nothing to do with each other.
            {"id": "7", "updated_at": T1, "customer_id": "55", "name": "Search"},
        ],
        campaign_stats=[
            stats("a", "MOBILE", "36150000", T1),
            stats("b", "DESKTOP", "1", T1),
        ],
    )
    # Google restates the day before, and the campaign is named after the CRM's.
    systems.deliver(
        second, "google_ads", campaign_stats=[stats("a", "MOBILE", "40000000", T2, "12")]
    )
    systems.deliver(
        third,
        "google_ads",
        campaign_history=[
            {"id": "77", "updated_at": T3, "customer_id": "55", "status": "ENABLED"}
            | {"name": f"Brand [{CRM_ID}]"}
        ],
    )


def linkedin_ads(systems: Systems, days: Sequence[date]) -> None:
    first, second, _ = days
    systems.deliver(
        first,
        "linkedin_ads",
        account_history=[{"id": "5", "last_modified_time": T1, "currency": "EUR"}],
        campaign_group_history=[{"id": "6", "last_modified_time": T1, "account_id": "5"}],
        campaign_history=[
            {"id": "7", "last_modified_time": T1, "account_id": "5", "campaign_group_id": "6"}
            | {"name": "Leaders"}
        ],
        ad_analytics_by_campaign=[
            {"campaign_id": "7", "day": "2026-03-01 00:00:00", "clicks": "3", "impressions": "90"}
            | {"cost_in_local_currency": "12.3456"}
        ],
    )
    systems.deliver(
        second,
        "linkedin_ads",
        ad_analytics_by_campaign=[
            {"campaign_id": "7", "day": "2026-03-02 00:00:00", "clicks": "1", "impressions": "10"}
            | {"cost_in_local_currency": "1"}
        ],
    )


def marketo(systems: Systems, days: Sequence[date]) -> None:
    first, second, third = days

    def mail(number: str, lead: str, at: str) -> dict[str, str]:
        return {"id": number, "activity_date": f"{at}.000", "lead_id": lead, "campaign_id": "2"}

    systems.deliver(
        first,
        "marketo",
        program=[
            {"id": "1", "name": "Nurture", "channel": "Email", "sfdc_id": CRM_ID}
            | {"created_at": f"{T1} UTC", "updated_at": f"{T1} UTC", "_fivetran_deleted": "FALSE"}
        ],
        campaign=[
            {"id": "2", "name": "Step 1", "program_id": "1", "created_at": f"{T1} UTC"}
            | {"updated_at": f"{T1} UTC", "_fivetran_deleted": "FALSE"}
        ],
        lead=[
            {"id": number, "email": f"lead{number}@birch.example", "created_at": f"{T1}.000"}
            | {"updated_at": f"{T1}.000"}
            for number in ("10", "11", "12", "13")
        ],
        activity_send_email=[mail("1001", "10", T1), mail("1002", "11", T1)],
        activity_email_delivered=[mail("1003", "10", T1)],
        activity_open_email=[mail("1004", "10", T1)],
    )
    systems.deliver(
        second,
        "marketo",
        activity_click_email=[mail("1005", "10", T2)],
        activity_merge_leads=[
            {"id": "1006", "activity_date": f"{T2}.000", "lead_id": "10", "merge_ids": "[11, 12]"}
        ],
    )
    systems.deliver(
        third,
        "marketo",
        activity_delete_lead=[{"id": "1007", "activity_date": f"{T3}.000", "lead_id": "13"}],
    )

"""What Google Ads and LinkedIn Ads report: campaigns, and by day what they showed and cost.

Search and display campaigns run on Google, which splits a day by device and restates the newest
days; social ones run on LinkedIn. A campaign's name ends with the CRM's id of it in brackets, which
is how the systems meet.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

from pipelines.demo.campaigns import Campaign, Campaigns, Spend
from pipelines.demo.clock import end_of_day
from pipelines.demo.connector import Mirror, Row, synced_at

GOOGLE_ACCOUNT, LINKEDIN_ACCOUNT, LINKEDIN_GROUP = "4417203985", "508211734", "611842207"
GOOGLE_KINDS = {"paid_search": "SEARCH", "display": "DISPLAY"}
SOCIAL = "paid_social"
SETTLED_AFTER = timedelta(days=2)
"""Until then Google's figures of a day still grow."""
UNSETTLED = Decimal("0.97")
ON_MOBILE = Decimal("0.4")
FIRST_GOOGLE_ID, FIRST_LINKEDIN_ID = 19_500_000_000, 231_000_000

SET_UP_BEFORE = timedelta(days=30)
KEYS = {
    "google_ads_account_history": ("id",),
    "google_ads_campaign_history": ("id", "updated_at"),
    "google_ads_campaign_stats": ("_fivetran_id",),
    "linkedin_ads_account_history": ("id",),
    "linkedin_ads_campaign_group_history": ("id",),
    "linkedin_ads_campaign_history": ("id", "last_modified_time"),
    "linkedin_ads_ad_analytics_by_campaign": ("campaign_id", "day"),
}

Texts = dict[str, str]
"""What is delivered on a day: lines by table."""


class Advertising:
    """Both ad systems."""

    def __init__(self, campaigns: Campaigns) -> None:
        self._campaigns = [each for each in campaigns.all if each.kind[1]]
        self._names = {
            str(event.record_id): str(event.fields["Name"])
            for event in campaigns.journal.events
            if event.kind == "create"
        }
        self._numbers = {each.campaign_id: n for n, each in enumerate(campaigns.all)}
        self._spend = campaigns.spend
        self._founded = end_of_day(min(each.starts_on for each in self._campaigns) - SET_UP_BEFORE)
        self._mirrors = {table: Mirror(table, key) for table, key in KEYS.items()}

    def take(self, day: date) -> Texts:
        """What both deliver on a day."""
        read_at: Row = {"_fivetran_synced": synced_at(day)}
        tables: dict[str, tuple[Iterable[Row], Row]] = {
            "google_ads_account_history": ([self._google_account], read_at),
            "google_ads_campaign_history": (self._google_campaigns(day), {}),
            "google_ads_campaign_stats": (self._google_stats(day), read_at),
            "linkedin_ads_account_history": ([self._linkedin_account], {}),
            "linkedin_ads_campaign_group_history": ([self._linkedin_group], {}),
            "linkedin_ads_campaign_history": (self._linkedin_campaigns(day), {}),
            "linkedin_ads_ad_analytics_by_campaign": (self._linkedin_stats(day), {}),
        }
        return {name: self._mirrors[name].take(*each) for name, each in tables.items()}

    @property
    def _google_account(self) -> Row:
        return {
            "id": GOOGLE_ACCOUNT,
            "updated_at": self._founded,
            "currency_code": "USD",
            "descriptive_name": "Veldrane Systems",
            "time_zone": "America/New_York",
            "hidden": "FALSE",
            "manager": "FALSE",
            "test_account": "FALSE",
        }

    @property
    def _linkedin_account(self) -> Row:
        return {
            "id": LINKEDIN_ACCOUNT,
            "last_modified_time": self._founded,
            "created_time": self._founded,
            "name": "Veldrane Systems",
            "currency": "USD",
            "version_tag": 1,
        }

    @property
    def _linkedin_group(self) -> Row:
        return {
            "id": LINKEDIN_GROUP,
            "last_modified_time": self._founded,
            "account_id": LINKEDIN_ACCOUNT,
            "created_time": self._founded,
            "name": "Demand generation",
        }

    def _name(self, campaign: Campaign) -> str:
        return f"{self._names[campaign.campaign_id]} [{campaign.campaign_id}]"

    def _versions(self, campaign: Campaign, day: date) -> Iterator[tuple[datetime, bool]]:
        """When the campaign was set up and when it was paused at its end, as far as known."""
        for on, is_on in ((campaign.starts_on, True), (campaign.ends_on, False)):
            if on <= day:
                yield _early_on(on), is_on

    def _google_campaigns(self, day: date) -> Iterator[Row]:
        for campaign in self._campaigns:
            if campaign.kind[1] not in GOOGLE_KINDS:
                continue
            for at, is_on in self._versions(campaign, day):
                yield {
                    "id": FIRST_GOOGLE_ID + self._numbers[campaign.campaign_id],
                    "updated_at": at.isoformat(timespec="milliseconds"),
                    "name": self._name(campaign),
                    "customer_id": GOOGLE_ACCOUNT,
                    "advertising_channel_type": GOOGLE_KINDS[campaign.kind[1]],
                    "advertising_channel_subtype": "UNSPECIFIED",
                    "start_date": campaign.starts_on,
                    "end_date": campaign.ends_on - timedelta(days=1),
                    "serving_status": "SERVING" if is_on else "ENDED",
                    "status": "ENABLED" if is_on else "PAUSED",
                }

    def _google_stats(self, day: date) -> Iterator[Row]:
        for spend in self._spend:
            if spend.channel in GOOGLE_KINDS and spend.spend_on <= day:
                yield from self._by_device(spend, day)

    def _by_device(self, spend: Spend, day: date) -> Iterator[Row]:
        number = FIRST_GOOGLE_ID + self._numbers[spend.campaign_id]
        is_settled = spend.spend_on + SETTLED_AFTER < day
        amount = Decimal(spend.spend_amount) * (1 if is_settled else UNSETTLED)
        micros = int(amount * 1_000_000)
        on_mobile = {
            "cost_micros": int(micros * ON_MOBILE),
            "clicks": int(spend.clicks * ON_MOBILE),
            "impressions": int(spend.impressions * ON_MOBILE),
        }
        on_desktop = {
            "cost_micros": micros - on_mobile["cost_micros"],
            "clicks": spend.clicks - on_mobile["clicks"],
            "impressions": spend.impressions - on_mobile["impressions"],
        }
        for device, figures in (("MOBILE", on_mobile), ("DESKTOP", on_desktop)):
            text = f"{number}/{spend.spend_on}/{device}"
            yield {
                "_fivetran_id": hashlib.sha256(text.encode()).hexdigest()[:28],
                "customer_id": GOOGLE_ACCOUNT,
                "date": spend.spend_on,
                "ad_network_type": "CONTENT" if spend.channel == "display" else "SEARCH",
                "base_campaign": f"customers/{GOOGLE_ACCOUNT}/campaigns/{number}",
                "device": device,
                "id": number,
                "interactions": figures["clicks"],
                "interaction_event_types": "[CLICK]",
                "conversions": 0,
                "conversions_value": 0,
                **figures,
            }

    def _linkedin_campaigns(self, day: date) -> Iterator[Row]:
        for campaign in self._campaigns:
            if campaign.kind[1] != SOCIAL:
                continue
            for version, (at, _) in enumerate(self._versions(campaign, day), start=1):
                yield {
                    "id": FIRST_LINKEDIN_ID + self._numbers[campaign.campaign_id],
                    "last_modified_time": f"{at}.000",
                    "account_id": LINKEDIN_ACCOUNT,
                    "campaign_group_id": LINKEDIN_GROUP,
                    "created_time": _early_on(campaign.starts_on),
                    "name": self._name(campaign),
                    "version_tag": version,
                }

    def _linkedin_stats(self, day: date) -> Iterator[Row]:
        for spend in self._spend:
            if spend.channel == SOCIAL and spend.spend_on <= day:
                yield {
                    "campaign_id": FIRST_LINKEDIN_ID + self._numbers[spend.campaign_id],
                    "day": f"{spend.spend_on} 00:00:00",
                    "clicks": spend.clicks,
                    "impressions": spend.impressions,
                    "cost_in_local_currency": spend.spend_amount,
                    "cost_in_usd": spend.spend_amount,
                    "external_website_conversions": 0,
                    "one_click_leads": 0,
                }


def _early_on(day: date) -> datetime:
    return end_of_day(day - timedelta(days=1)) + timedelta(hours=5, minutes=30)

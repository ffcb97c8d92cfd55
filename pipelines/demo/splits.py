"""Who shares a deal: revenue splits that add up to all of it, and overlays beside them.

Writes the journals of `OpportunitySplit` and `OpportunitySplitType`. Every deal has a revenue
split of its owner; some are shared with a teammate from the needs analysis on, some have the
overlay of a specialist.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from pipelines.demo.clock import local_day
from pipelines.demo.division import Division
from pipelines.demo.journal import Fields, Journal
from pipelines.demo.people import Organisation
from pipelines.demo.records import RECYCLE_BIN_DAYS, DealWriter

SHARED, OVERLAID = 0.12, 0.08
"""Shares of deals with a second seller, and with an overlay."""
OWNER_SHARES = (50, 60, 70, 75, 80)
OVERLAY_SHARES = (50, 100)
SHARED_AFTER = timedelta(days=3)


@dataclass(frozen=True)
class SplitTypes:
    """The two kinds of split the CRM's administrator set up."""

    journal: Journal
    revenue: str
    overlay: str


@dataclass(frozen=True)
class Share:
    """A participant's part of a deal."""

    participant_id: str
    percent: int
    is_overlay: bool


def build_split_types(journal: Journal, founded: datetime, by: str) -> SplitTypes:
    """Enter the types when the CRM goes live."""

    def enter(name: str, label: str, *, is_validated: bool) -> str:
        fields: Fields = {
            "DeveloperName": name,
            "MasterLabel": label,
            "IsActive": True,
            "IsTotalValidated": is_validated,
            "SplitField": "Opportunity.Amount",
        }
        return journal.create(founded, by, fields)

    revenue = enter("Revenue", "Revenue", is_validated=True)
    return SplitTypes(journal, revenue, enter("Overlay", "Overlay", is_validated=False))


def build_splits(
    division: Division, organisation: Organisation, types: SplitTypes, deals: list[DealWriter]
) -> tuple[Journal, dict[str, list[Share]]]:
    """The splits of all deals, and who shared each deal in the end."""
    rng = division.stream("splits")
    splits = division.journal("OpportunitySplit")
    shares: dict[str, list[Share]] = {}
    for deal in deals:
        writer = _Writer(rng, splits, types, organisation, deal)
        shares[deal.opportunity_id] = writer.write()
    return splits, shares


@dataclass
class _Writer:
    """One deal's splits over its life."""

    rng: Random
    splits: Journal
    types: SplitTypes
    organisation: Organisation
    deal: DealWriter
    split_ids: list[str] = field(default_factory=list)

    def write(self) -> list[Share]:
        deal = self.deal
        owner_percent, shares = 100, []
        owner_split = self._add(deal.created_at, deal.owners[0][1].user_id, 100, self.types.revenue)
        for at, owner in deal.owners[1:]:
            self._change(owner_split, at, {"SplitOwnerId": owner.user_id})
        at = max(deal.created_at + SHARED_AFTER, deal.owners[-1][0] + timedelta(seconds=40))
        # Nobody shares a deal he will not see through.
        last_day = local_day(deal.won_at or at)
        others = [
            seller
            for seller in self.organisation.team_sellers(deal.account.team, local_day(at))
            if seller is not deal.owner and seller.is_active(last_day)
        ]
        is_open = at < min(deal.won_at or datetime.max, deal.deleted_at or datetime.max)
        if others and is_open and self.rng.random() < SHARED:
            owner_percent = self.rng.choice(OWNER_SHARES)
            other = self.rng.choice(others).user_id
            self._change(owner_split, at, self._amounts(owner_percent))
            self._add(at, other, 100 - owner_percent, self.types.revenue)
            shares.append(Share(other, 100 - owner_percent, is_overlay=False))
        if is_open and self.rng.random() < OVERLAID:
            percent = self.rng.choice(OVERLAY_SHARES)
            specialist = self.rng.choice(self.organisation.developers[deal.account.team.region])
            self._add(at, specialist, percent, self.types.overlay)
            shares.append(Share(specialist, percent, is_overlay=True))
        if deal.deleted_at is not None:
            purged_at = deal.deleted_at + timedelta(days=RECYCLE_BIN_DAYS)
            for split_id in self.split_ids:
                self._change(split_id, deal.deleted_at, {"IsDeleted": True})
                self.splits.purge(split_id, purged_at)
        return [Share(deal.owner.user_id, owner_percent, is_overlay=False), *shares]

    def _add(self, at: datetime, participant_id: str, percent: int, type_id: str) -> str:
        fields: Fields = {
            "OpportunityId": self.deal.opportunity_id,
            "SplitOwnerId": participant_id,
            "SplitTypeId": type_id,
            "CurrencyIsoCode": self.deal.currency,
            **self._amounts(percent),
        }
        self.split_ids.append(self.splits.create(at, participant_id, fields))
        return self.split_ids[-1]

    def _change(self, split_id: str, at: datetime, fields: Fields) -> None:
        self.splits.change(split_id, at, self.organisation.system, fields)

    @staticmethod
    def _amounts(percent: int) -> Fields:
        # The amount of a split follows the deal's; the export leaves it to the reader.
        return {"SplitPercentage": float(percent)}

"""One deal as records: the opportunity, a history row for each change, its product lines.

Takes the edits of a deal and writes them to journals, with the owner changes and deletions that
come from outside. What the edits are is drawn elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random

from pipelines.demo.catalogue import PRICEBOOK_ID, Catalogue
from pipelines.demo.clock import end_of_day, local_day, quarter
from pipelines.demo.deals import Edit
from pipelines.demo.journal import Fields, Journal
from pipelines.demo.lines import Line, compose, reprice, write_change, write_new
from pipelines.demo.market import Account
from pipelines.demo.path import LOST, NEEDS_ANALYSIS, STAGES, WON
from pipelines.demo.people import Organisation, Person
from pipelines.demo.vocabulary import NEXT_STEPS

RECYCLE_BIN_DAYS = 15
CATEGORY_KEYS = {"Best Case": "BestCase", "Most Likely": "MostLikely", "Commit": "Forecast"}
"""The API's word for a category where it differs from the label."""


@dataclass(frozen=True)
class DealJournals:
    """Where deals are written."""

    opportunities: Journal
    history: Journal
    lines: Journal
    field_history: Journal


@dataclass
class DealWriter:
    """A deal in writing; afterwards it tells the other rooms how it ended."""

    journals: DealJournals
    organisation: Organisation
    account: Account
    owner: Person
    currency: str
    is_from_lead: bool
    campaign_id: str
    lead_source: str
    has_next_step: bool
    has_lines: bool
    opportunity_id: str = ""
    contact_id: str = ""
    created_at: datetime = datetime.min
    stage: int = 0
    amount: int | None = None
    close_on: date = date.min
    category: str = ""
    won_at: datetime | None = None
    """When it was won first, even if that was reversed later."""
    reversed_at: datetime | None = None
    deleted_at: datetime | None = None
    """When it went into the recycle bin."""
    path: list[tuple[datetime, int]] = field(default_factory=list)
    """Moment and number of every stage it entered."""
    bookings: list[tuple[str, datetime, date, int]] = field(default_factory=list)
    """What each booking event changes: kind, moment, close date, amount."""
    touched_at: list[datetime] = field(default_factory=list)
    """When somebody called or wrote."""
    owners: list[tuple[datetime, Person]] = field(default_factory=list)
    """Who owned it from when on."""
    _history_ids: list[str] = field(default_factory=list)
    _field_history_ids: list[str] = field(default_factory=list)
    _lines: list[Line] = field(default_factory=list)
    _changed_at: dict[str, datetime] = field(default_factory=dict)
    """Last change of stage and of category."""

    @property
    def created_on(self) -> date:
        return local_day(self.created_at)

    def owner_at(self, at: datetime) -> Person:
        """Whose deal it was at a moment."""
        return next((owner for since, owner in reversed(self.owners) if since <= at), self.owner)

    @property
    def line_ids(self) -> list[str]:
        return [line.line_id for line in self._lines]

    def write(
        self, rng: Random, catalogue: Catalogue, edits: list[Edit], until: datetime = datetime.max
    ) -> None:
        """Record every edit, each by whoever owned the deal then, and who owns it `until` then."""
        self._create(rng, edits[0])
        for edit in edits[1:]:
            self._pass_on(rng, edit.at)
            if edit.is_activity:
                self._touch(edit.at)
            else:
                self._apply(rng, catalogue, edit)
        self._pass_on(rng, until)

    def delete(self, at: datetime) -> None:
        """Move the deal and what hangs on it to the recycle bin, which is emptied later."""
        by = self._editor(at)
        self.deleted_at = at
        purged_at = at + timedelta(days=RECYCLE_BIN_DAYS)
        gone = [(self.journals.opportunities, [self.opportunity_id])]
        gone.append((self.journals.history, self._history_ids))
        gone.append((self.journals.field_history, self._field_history_ids))
        gone.append((self.journals.lines, self.line_ids))
        for journal, ids in gone:
            for record_id in ids:
                journal.change(record_id, at, by, {"IsDeleted": True})
                journal.purge(record_id, purged_at)

    def _create(self, rng: Random, edit: Edit) -> None:
        self.created_at = edit.at
        self.owners.append((edit.at, self.owner))
        self.contact_id = rng.choice(self.account.contact_ids)
        fields: Fields = {
            "AccountId": self.account.account_id,
            "Name": f"{self.account.name} - {rng.choice(('Insight', 'Rollout', 'Expansion'))}",
            "Type": rng.choice(("New Customer", "New Customer", "Existing Customer - Upgrade")),
            "LeadSource": self.lead_source,
            "CurrencyIsoCode": self.currency,
            "OwnerId": self.owner.user_id,
            "ContactId": self.contact_id,
            "LastActivityDate": local_day(edit.at),
        }
        fields |= {"CampaignId": self.campaign_id} if self.campaign_id else {}
        history = self._take(edit)
        fields |= self._fields(edit)
        opportunity_id = self.journals.opportunities.create(edit.at, self.owner.user_id, fields)
        self.opportunity_id = opportunity_id
        self._write_history(edit.at, self.owner.user_id, history)

    def _apply(self, rng: Random, catalogue: Catalogue, edit: Edit) -> None:
        by = self._editor(edit.at)
        fields: Fields = {}
        if edit.amount is not None and self.has_lines:
            fields |= self._price(rng, catalogue, edit, by)
        if edit.amount == self.amount:
            edit.amount = None
        self._write_field_history(edit, by)
        history = self._take(edit)
        fields |= self._fields(edit)
        # Lines that add up to the amount the deal had already are no change of the deal's history.
        if any(new is not None for new in (edit.stage, edit.amount, edit.close_on, edit.category)):
            history_id = self._write_history(edit.at, by, history)
            fields |= {"LastAmountChangedHistoryId": history_id} if edit.amount else {}
            fields |= {"LastCloseDateChangedHistoryId": history_id} if edit.close_on else {}
        fields["LastActivityDate"] = local_day(edit.at)
        self.journals.opportunities.change(self.opportunity_id, edit.at, by, fields)

    def _price(self, rng: Random, catalogue: Catalogue, edit: Edit, by: str) -> Fields:
        """Bring the lines to the amount the edit is after, and the edit to what they add up to."""
        assert edit.amount is not None
        if not self._lines:
            if self.stage < NEEDS_ANALYSIS:
                return {}
            self._lines = compose(rng, catalogue, self.currency, edit.amount)
            write_new(
                self.journals.lines, self.opportunity_id, self.currency, self._lines, edit.at, by
            )
        else:
            reprice(self._lines, edit.amount)
            write_change(self.journals.lines, self._lines, edit.at, by)
        edit.amount = sum(line.total for line in self._lines)
        return {
            "HasOpportunityLineItem": True,
            "Pricebook2Id": PRICEBOOK_ID,
            "TotalOpportunityQuantity": float(sum(line.quantity for line in self._lines)),
        }

    def _take(self, edit: Edit) -> Fields:
        """Move the deal to the edit's state; returns what history says of the state before."""
        before: Fields = {
            "FromForecastCategory": _key(self.category),
            "FromOpportunityStageName": STAGES[self.stage].name if self.category else "",
            "PrevAmount": "" if self.amount is None else float(self.amount),
            "PrevCloseDate": self.close_on if self.category else "",
            "PrevOpportunityStageUpdate": self._changed_at.get("stage", ""),
            "PrevForecastUpdate": self._changed_at.get("category", ""),
        }
        self._book(edit)
        if edit.stage is not None:
            self.path.append((edit.at, edit.stage))
            if self.stage == WON and edit.stage == LOST:
                self.reversed_at = edit.at
            elif edit.stage == WON:
                self.won_at, self.reversed_at = self.won_at or edit.at, None
            self.stage = edit.stage
            self._changed_at["stage"] = edit.at
        if edit.category is not None:
            self.category = edit.category
            self._changed_at["category"] = edit.at
        self.amount = self.amount if edit.amount is None else edit.amount
        self.close_on = edit.close_on or self.close_on
        return before

    def _book(self, edit: Edit) -> None:
        """Note what the edit does to bookings; the deal still is as it was before."""
        is_booked, before = self.stage == WON, self.amount or 0
        after = before if edit.amount is None else edit.amount
        close_on = edit.close_on or self.close_on
        if edit.stage == WON and not is_booked:
            kind = "rebook" if self.bookings else "book"
            self.bookings.append((kind, edit.at, close_on, after))
        elif is_booked and edit.stage is not None and edit.stage != WON:
            self.bookings.append(("reverse", edit.at, self.close_on, -before))
        elif is_booked and (after != before or close_on != self.close_on):
            self.bookings.append(("adjust", edit.at, close_on, after - before))

    def _fields(self, edit: Edit) -> Fields:
        """The opportunity's columns that follow from its state."""
        period = quarter(self.close_on)
        fields: Fields = {
            **self._state(),
            "StageSortOrder": self.stage + 1,
            "IsClosed": self.stage >= WON,
            "IsWon": self.stage == WON,
            "ForecastCategory": _key(self.category),
            "ForecastCategoryName": self.category,
            "LastStageChangeDate": self._changed_at["stage"],
            "FiscalYear": period.fiscal_year,
            "FiscalQuarter": period.number,
        }
        if edit.next_step is not None and self.has_next_step:
            fields["NextStep"] = NEXT_STEPS[edit.next_step]
        return fields

    def _state(self) -> Fields:
        """What the opportunity and its newest history row both say."""
        stage = STAGES[self.stage]
        return {
            "StageName": stage.name,
            "Amount": "" if self.amount is None else float(self.amount),
            "Probability": stage.probability,
            "ExpectedRevenue": (
                "" if self.amount is None else self.amount * stage.probability / 100
            ),
            "CloseDate": self.close_on,
        }

    def _write_history(self, at: datetime, by: str, before: Fields) -> str:
        row: Fields = {
            "OpportunityId": self.opportunity_id,
            **self._state(),
            **before,
            "ForecastCategory": _key(self.category),
            "CurrencyIsoCode": self.currency,
        }
        history_id = self.journals.history.create(at, by, row)
        self._history_ids.append(history_id)
        return history_id

    def _write_field_history(self, edit: Edit, by: str) -> None:
        """The tracked fields, each with what it was and what it is now."""
        tracked: list[tuple[str, str, object, object]] = []
        if edit.stage is not None and edit.stage != self.stage:
            old, new = STAGES[self.stage].name, STAGES[edit.stage].name
            tracked.append(("StageName", "DynamicEnum", old, new))
        if edit.amount is not None:
            before = "" if self.amount is None else float(self.amount)
            tracked.append(("Amount", "Currency", before, float(edit.amount)))
        if edit.close_on is not None and edit.close_on != self.close_on:
            tracked.append(("CloseDate", "DateOnly", self.close_on, edit.close_on))
        for name, kind, old_value, new_value in tracked:
            self._track(edit.at, by, (name, kind), old_value, new_value)

    def _track(
        self, at: datetime, by: str, tracked: tuple[str, str], old: object, new: object
    ) -> None:
        name, kind = tracked
        row: Fields = {
            "OpportunityId": self.opportunity_id,
            "Field": name,
            "DataType": kind,
            "OldValue": old,
            "NewValue": new,
        }
        self._field_history_ids.append(self.journals.field_history.create(at, by, row))

    def _touch(self, at: datetime) -> None:
        """An activity moves the date the CRM derives, not the one of the last edit."""
        self.touched_at.append(at)
        self.journals.opportunities.touch(
            self.opportunity_id, at, {"LastActivityDate": local_day(at)}
        )

    def _pass_on(self, rng: Random, before: datetime) -> None:
        """Give an open deal to a teammate when its owner left before that moment."""
        while self.owner.left_on is not None and self.stage < WON:
            at = end_of_day(self.owner.left_on) - timedelta(hours=6)
            if before <= at:
                return
            at = max(at, self._changed_at["stage"] + timedelta(seconds=30))
            day = local_day(at)
            team = self.organisation.team_sellers(self.owner.team_on(day), day)
            leaver, self.owner = self.owner, rng.choice(team)
            self.owners.append((at, self.owner))
            self._track(
                at,
                self.organisation.system,
                ("Owner", "EntityId"),
                leaver.user_id,
                self.owner.user_id,
            )
            self.journals.opportunities.change(
                self.opportunity_id, at, self.organisation.system, {"OwnerId": self.owner.user_id}
            )

    def _editor(self, at: datetime) -> str:
        """The owner, or the system for one who is gone."""
        is_there = self.owner.left_on is None or local_day(at) <= self.owner.left_on
        return self.owner.user_id if is_there else self.organisation.system


def _key(category: str) -> str:
    return CATEGORY_KEYS.get(category, category)

"""What Marketo delivers: a program for every campaign, the leads, and what mails did to them.

Marketo knows the leads of the CRM under ids of its own and hears of their conversion. A form filled
in twice makes a lead too many, which is merged away later; now and then one is deleted. Mails are
sent for the program that runs when a lead is new; a lead that unsubscribes gets no more of them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from random import Random
from typing import NamedTuple

from pipelines.demo.advertising import Texts
from pipelines.demo.campaigns import Campaigns
from pipelines.demo.clock import end_of_day, local_day, lognormal
from pipelines.demo.connector import Mirror, Row, table_rows
from pipelines.demo.division import Division
from pipelines.demo.ids import IDS_PER_DIVISION
from pipelines.demo.journal import Journal

CHANNELS = {
    "Advertisement": "Online Advertising",
    "Banner Ads": "Online Advertising",
    "Webinar": "Webinar",
    "Trade Show": "Tradeshow",
    "Email": "Email Send",
}
FIRST_PROGRAM, FIRST_MAILING = 1001, 2001
MAILINGS = ("Invitation", "Reminder")
MAILS = (0, 1, 1, 2, 2, 3, 4)
"""Mails a new lead is sent, unless it unsubscribes before."""
BOUNCED, OPENED, CLICKED, UNSUBSCRIBED = 0.03, 0.35, 0.22, 0.02
TWICE, DELETED = 0.01, 0.005
"""Shares of the leads that filled in a form twice, and that are deleted in the end."""

TYPES = {
    "send_email": 6,
    "email_delivered": 7,
    "email_bounced": 8,
    "unsubscribe_email": 9,
    "open_email": 10,
    "click_email": 11,
    "merge_leads": 32,
    "delete_lead": 37,
}
"""Activities and their numbers."""


class Event(NamedTuple):
    """A row that Marketo has from a moment on."""

    at: datetime
    number: int
    table: str
    row: Row


class Programs:
    """Programs and the mailings within them: the headquarters' part."""

    def __init__(self, campaigns: Campaigns) -> None:
        self._campaigns = campaigns
        self._names = {
            event.record_id: event.fields["Name"]
            for event in campaigns.journal.events
            if event.kind == "create"
        }
        self._programs = Mirror("marketo_program", ["id"])
        self._mailings = Mirror("marketo_campaign", ["id"])

    def take(self, day: date) -> Texts:
        """What is new about programs on a day."""
        started = [(n, each) for n, each in enumerate(self._campaigns.all) if each.starts_on <= day]
        programs: list[Row] = []
        mailings: list[Row] = []
        for n, campaign in started:
            created_at = self._campaigns.started_at(campaign.campaign_id)
            ended_at = end_of_day(campaign.ends_on - timedelta(days=1))
            is_over = campaign.ends_on <= day
            updated_at = ended_at if is_over else created_at
            name = self._names[campaign.campaign_id]
            programs.append(
                {
                    "id": FIRST_PROGRAM + n,
                    "name": name,
                    "channel": CHANNELS[campaign.kind[0]],
                    "type": "Email" if campaign.kind[0] == "Email" else "Default",
                    "status": "off" if is_over else "on",
                    "created_at": _utc(created_at),
                    "updated_at": _utc(updated_at),
                    "start_date": _utc(created_at),
                    "end_date": _utc(ended_at),
                    "sfdc_id": campaign.campaign_id,
                    "sfdc_name": name,
                    "workspace": "Default",
                    "_fivetran_deleted": "FALSE",
                }
            )
            mailings += (
                {
                    "id": FIRST_MAILING + n * len(MAILINGS) + step,
                    "name": mailing,
                    "program_id": FIRST_PROGRAM + n,
                    "type": "batch",
                    "active": "FALSE" if is_over else "TRUE",
                    "status": "Inactive" if is_over else "Active",
                    "created_at": _utc(created_at),
                    "updated_at": _utc(updated_at),
                    "workspace_name": "Default",
                    "_fivetran_deleted": "FALSE",
                }
                for step, mailing in enumerate(MAILINGS)
            )
        return {
            "marketo_program": self._programs.take(programs),
            "marketo_campaign": self._mailings.take(mailings),
        }


@dataclass
class Mailbox:
    """The leads of a division and everything that happens to them in Marketo, in order."""

    events: list[Event] = field(default_factory=list)
    _next: int = 0

    def take(self, day: date) -> Texts:
        """What happened since the day before; of a lead, what it is now."""
        until = bisect_left(self.events, (end_of_day(day),), lo=self._next)
        news = sorted(self.events[self._next : until], key=itemgetter(2, 0, 1))
        self._next = until
        texts: Texts = {}
        for table, events in groupby(news, key=itemgetter(2)):
            # Of a lead the newest state, of activities all.
            rows = {event.row["id"]: event.row for event in events}
            texts[table] = table_rows(table, rows.values())
        return texts


@dataclass(frozen=True)
class _Person:
    """A lead as the CRM knows it."""

    created_at: datetime
    row: Row
    converted_at: datetime | None
    contact_id: str


def build_mailbox(division: Division, campaigns: Campaigns, leads: Journal) -> Mailbox:
    """Write down everything that ever happens to the leads of a division."""
    rng = division.stream("marketo")
    numbers = {each.campaign_id: n for n, each in enumerate(campaigns.all)}
    base = division.number * IDS_PER_DIVISION
    mailbox = Mailbox()
    events = mailbox.events
    for n, person in enumerate(_people(leads)):
        lead_id = base + 2 * n
        for at, more in _states(person):
            events.append(Event(at, 0, "marketo_lead", {"id": lead_id, **person.row, **more}))
        ends = _ends(rng, person, lead_id)
        gone_at = min((at for at, what, _ in ends if what == "delete_lead"), default=datetime.max)
        mails = (mail for mail in _mails(rng, campaigns, numbers, person) if mail[0] < gone_at)
        for at, activity, row in (*mails, *ends):
            if activity == "lead":
                events.append(Event(at, 0, "marketo_lead", row))
            else:
                known: Row = {"activity_date": f"{at}.000", "lead_id": lead_id}
                events.append(Event(at, 0, f"marketo_activity_{activity}", known | row))
    events.sort(key=itemgetter(0))
    for number, event in enumerate(events):
        if event.table != "marketo_lead":
            event.row["id"] = base + number
            kind = TYPES[event.table.removeprefix("marketo_activity_")]
            event.row["activity_type_id"] = kind
        events[number] = event._replace(number=number)
    return mailbox


def _people(leads: Journal) -> Iterator[_Person]:
    conversions = {
        event.record_id: (event.at, str(event.fields["ConvertedContactId"]))
        for event in leads.events
        if "ConvertedContactId" in event.fields
    }
    for event in leads.events:
        if event.kind == "create":
            row: Row = {
                "email": event.fields["Email"],
                "first_name": event.fields["FirstName"],
                "last_name": event.fields["LastName"],
                "sfdc_lead_id": event.record_id,
            }
            converted_at, contact_id = conversions.get(event.record_id, (None, ""))
            yield _Person(event.at, row, converted_at, contact_id)


def _states(person: _Person) -> Iterator[tuple[datetime, Row]]:
    """The lead as it comes in and, where it converts, as the CRM's contact."""
    created_at = f"{person.created_at}.000"
    yield person.created_at, {"created_at": created_at, "updated_at": created_at}
    if person.converted_at is not None:
        yield (
            person.converted_at,
            {
                "created_at": created_at,
                "updated_at": f"{person.converted_at}.000",
                "sfdc_contact_id": person.contact_id,
            },
        )


def _mails(
    rng: Random, campaigns: Campaigns, numbers: dict[str, int], person: _Person
) -> Iterator[tuple[datetime, str, Row]]:
    at = person.created_at
    for step in range(rng.choice(MAILS)):
        at += timedelta(seconds=int(lognormal(rng, 4 * 86400.0, 0.6)))
        campaign_id = campaigns.running(rng, local_day(at))
        if not campaign_id:
            continue
        number = numbers[campaign_id]
        asset = 3001 + number * len(MAILINGS) + step % len(MAILINGS)
        mailing: Row = {
            "campaign_id": FIRST_MAILING + number * len(MAILINGS) + step % len(MAILINGS),
            "campaign_run_id": 500 + number,
            "email_template_id": asset,
            "primary_attribute_value": f"{MAILINGS[step % len(MAILINGS)]} {number}",
            "primary_attribute_value_id": asset,
        }
        yield at, "send_email", dict(mailing)
        arrived_at = at + timedelta(seconds=rng.randrange(2, 90))
        if rng.random() < BOUNCED:
            reason: Row = {"category": 1, "subcategory": 2003, "details": "550 no such mailbox"}
            yield arrived_at, "email_bounced", mailing | {"email": person.row["email"]} | reason
            return
        yield arrived_at, "email_delivered", dict(mailing)
        if rng.random() >= OPENED:
            continue
        opened_at = arrived_at + timedelta(seconds=int(lognormal(rng, 5 * 3600.0, 1.2)))
        device: Row = {"device": "unknown", "is_mobile_device": "FALSE", "platform": "unknown"}
        yield opened_at, "open_email", mailing | device
        if rng.random() < CLICKED:
            clicked_at = opened_at + timedelta(seconds=rng.randrange(3, 200))
            link: Row = {"link": f"https://www.veldrane.example/offers/{number}"}
            yield clicked_at, "click_email", mailing | device | link
        elif rng.random() < UNSUBSCRIBED:
            left_at = opened_at + timedelta(seconds=rng.randrange(3, 200))
            page: Row = {"client_ip_address": "192.0.2.17", "webpage_id": 40}
            yield left_at, "unsubscribe_email", mailing | page
            return


def _ends(rng: Random, person: _Person, lead_id: int) -> list[tuple[datetime, str, Row]]:
    """A second form of some, merged away a while later; the end of a few."""
    fate = rng.random()
    if fate < TWICE:
        again_at = person.created_at + timedelta(hours=rng.randrange(5, 90))
        stamp = f"{again_at}.000"
        known: Row = {name: person.row[name] for name in ("email", "first_name", "last_name")}
        again: Row = {"id": lead_id + 1, **known, "created_at": stamp, "updated_at": stamp}
        merged_at = again_at + timedelta(hours=rng.randrange(30, 900))
        merge: Row = {
            "merge_ids": f"[{lead_id + 1}]",
            "master_updated": "TRUE",
            "merge_source": "leaddb",
            "merged_in_sales": "FALSE",
            "_fivetran_synced": merged_at + timedelta(hours=1),
        }
        return [(again_at, "lead", again), (merged_at, "merge_leads", merge)]
    if fate < TWICE + DELETED and person.converted_at is None:
        deleted_at = person.created_at + timedelta(days=rng.randrange(40, 200))
        return [(deleted_at, "delete_lead", {"_fivetran_synced": deleted_at})]
    return []


def _utc(moment: datetime) -> str:
    return f"{moment} UTC"

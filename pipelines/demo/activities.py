"""Calls, mails and meetings that sellers log: what the CRM shows as activity on deals and leads.

Writes the journal of `Task`. When a deal was touched is drawn in `deals`; what somebody did then,
and how often a lead is tried, is drawn here.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from pipelines.demo.clock import local_day
from pipelines.demo.division import Division
from pipelines.demo.journal import Fields, Journal
from pipelines.demo.leads import Leads
from pipelines.demo.records import DealWriter

KINDS = (("Call", "Call"), ("Email", "Email: follow-up"), ("Meeting", "Demo"))
WEIGHTS = (5, 4, 2)
MORE_ON_DEAL = (0, 0, 1)
"""Further activities on a deal around one that moves its date of last activity."""
TRIES = (1, 1, 1, 2)
"""How often a lead is tried."""


def build_activities(division: Division, deals: list[DealWriter], leads: Leads) -> Journal:
    """Everything that was logged, as done on the day it was."""
    rng = division.stream("activities")
    tasks = division.journal("Task")

    def log(at: datetime, owner: str, links: Fields) -> None:
        kind, subject = rng.choices(KINDS, WEIGHTS)[0]
        fields: Fields = {
            **links,
            "Subject": subject,
            "ActivityDate": local_day(at),
            "Status": "Completed",
            "Priority": "Normal",
            "OwnerId": owner,
            "Type": kind,
            "IsClosed": True,
            "CompletedDateTime": at,
        }
        if kind == "Call":
            fields["CallDurationInSeconds"] = rng.randrange(20, 1800)
        tasks.create(at, owner, fields)

    for deal in deals:
        links: Fields = {
            "WhoId": deal.contact_id,
            "WhatId": deal.opportunity_id,
            "AccountId": deal.account.account_id,
        }
        for at in deal.touched_at:
            log(at, deal.owner_at(at).user_id, links)
            for _ in range(rng.choice(MORE_ON_DEAL)):
                earlier = at - timedelta(seconds=rng.randrange(60, 6 * 86400))
                if earlier > deal.created_at:
                    log(earlier, deal.owner_at(earlier).user_id, links)
    for lead_id, owner, worked_at, until in leads.worked:
        for _ in range(rng.choice(TRIES)):
            at = worked_at + timedelta(seconds=rng.randrange(0, 5 * 86400))
            if at < until:
                log(at, owner, {"WhoId": lead_id})
    return tasks

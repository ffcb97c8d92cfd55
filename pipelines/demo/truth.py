"""What really happens in the demo company: known here, and to be estimated by everybody else.

Written as Parquet beside the extracts, never among them, one file per division:

`truth/deal`: one row per deal, its owner's skill, segment, campaign and how it ended.
`truth/path`: one row per stage entry of a deal.
`truth/booking`: one row per booking event (book, adjust, reverse, rebook) and what it changes.
`truth/credit`: one row per deal that stays won, participant and kind of split.
`truth/quota`: one row per quota of a person, on paper and what counts of it.
`truth/invoice`: one row per invoice, when it was due and paid.

`truth/parameters.json` holds what the company is drawn from: hazards by stage, what skill, segment
and size do to them, pushes and reversals, and the true effect of every campaign.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.demo import deals as deal_rules
from pipelines.demo import finance, opportunities, splits
from pipelines.demo.campaigns import Campaigns
from pipelines.demo.clock import local_day, quarter
from pipelines.demo.finance import Invoice, Quota
from pipelines.demo.path import REGRESS, REOPEN, SEGMENTS, SKIP, STAGES, STALL
from pipelines.demo.people import RAMP_DAYS, SKILL_AT_START
from pipelines.demo.records import DealWriter
from pipelines.demo.seats import quota_in_force
from pipelines.demo.splits import Share

Tables = dict[str, pl.DataFrame]
Schema = dict[str, type[pl.DataType] | pl.DataType]
PATH: Schema = {"opportunity_id": pl.String, "entered_at": pl.Datetime("us"), "stage": pl.String}
BOOKING: Schema = {
    "opportunity_id": pl.String,
    "event": pl.String,
    "at": pl.Datetime("us"),
    "close_on": pl.Date,
    "amount": pl.Int64,
    "currency": pl.String,
}


def truth_of(
    all_deals: list[DealWriter],
    shares: dict[str, list[Share]],
    invoices: list[Invoice],
    quotas: list[Quota],
) -> Tables:
    """The tables of one division."""
    return {
        "deal": pl.DataFrame([_deal(deal) for deal in all_deals], infer_schema_length=None),
        "path": pl.DataFrame(
            [
                (deal.opportunity_id, at, STAGES[stage].name)
                for deal in all_deals
                for at, stage in deal.path
            ],
            schema=PATH,
            orient="row",
        ),
        "booking": pl.DataFrame(
            [
                (deal.opportunity_id, *event, deal.currency)
                for deal in all_deals
                for event in deal.bookings
            ],
            schema=BOOKING,
            orient="row",
        ),
        "credit": pl.DataFrame(
            [row for deal in all_deals for row in _credits(deal, shares)],
            infer_schema_length=None,
        ),
        "quota": pl.DataFrame([_quota(each) for each in quotas], infer_schema_length=None),
        "invoice": pl.DataFrame([_invoice(each) for each in invoices], infer_schema_length=None),
    }


def write_truth(folder: Path, division: int, tables: Tables) -> None:
    """One file per table; divisions are read together as `truth/<table>/*.parquet`."""
    for name, table in tables.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        table.write_parquet(folder / name / f"{division:04d}.parquet")


def write_parameters(folder: Path, seed: int, scale: float, campaigns: Campaigns) -> None:
    """What the company is drawn from."""
    folder.mkdir(parents=True, exist_ok=True)
    parameters: dict[str, Any] = {
        "seed": seed,
        "scale": scale,
        "stages": [
            {"stage": s.name, "median_days": s.days, "loss_at_skill_1": s.loss} for s in STAGES
        ],
        "segments": [segment._asdict() for segment in SEGMENTS],
        "loss": "loss_at_skill_1 * loss of the segment / skill of the owner at creation",
        "pace": "pace of the segment * (worth / 30000) ** 0.12, times a deal's own factor",
        "deals_by_month": opportunities.SEASON,
        "skill_when_hired": SKILL_AT_START,
        "rebooked_of_reversed": deal_rules.REBOOKED,
        "skip": SKIP,
        "regress": REGRESS,
        "stall": STALL,
        "reopened_of_lost": REOPEN,
        "reversed_of_won": deal_rules.REVERSED,
        "corrected_of_won": deal_rules.CORRECTED,
        "ramp_days": RAMP_DAYS,
        "growth_per_year": opportunities.GROWTH_PER_YEAR,
        "shared_deals": splits.SHARED,
        "overlaid_deals": splits.OVERLAID,
        "late_invoices": finance.LATE_INVOICE,
        "unpaid_invoices": finance.UNPAID,
        "campaign_effects": campaigns.effects,
    }
    text = json.dumps(parameters, indent=2, sort_keys=True, ensure_ascii=False)
    (folder / "parameters.json").write_text(text + "\n", encoding="utf-8")


def _deal(deal: DealWriter) -> dict[str, Any]:
    ended = STAGES[deal.stage].name
    return {
        "opportunity_id": deal.opportunity_id,
        "account_id": deal.account.account_id,
        "first_owner_id": deal.owners[0][1].user_id,
        "owner_id": deal.owner.user_id,
        "owner_skill": deal.owners[0][1].skill,
        "team": deal.owner.team.name,
        "segment": deal.account.segment.name,
        "campaign_id": deal.campaign_id or None,
        "created_at": deal.created_at,
        "final_stage": ended,
        "final_amount": deal.amount,
        "currency": deal.currency,
        "won_at": deal.won_at,
        "reversed_at": deal.reversed_at,
        "deleted_at": deal.deleted_at,
    }


def _credits(deal: DealWriter, shares: dict[str, list[Share]]) -> list[dict[str, Any]]:
    """Who is credited for a deal that stays won; direct shares add up to the amount exactly."""
    is_gone = deal.deleted_at is not None or deal.reversed_at is not None
    if deal.won_at is None or is_gone or deal.amount is None:
        return []
    period = quarter(deal.close_on)
    rows: list[dict[str, Any]] = []
    for share in shares[deal.opportunity_id]:
        rows.append(
            {
                "opportunity_id": deal.opportunity_id,
                "participant_id": share.participant_id,
                "is_overlay": share.is_overlay,
                "split_percent": share.percent,
                "fiscal_quarter": period.label,
                "credit_cents": deal.amount * share.percent,
                "currency": deal.currency,
            }
        )
    return rows


def _quota(quota: Quota) -> dict[str, Any]:
    return {
        "quota_id": quota.quota_id,
        "participant_id": quota.participant_id,
        "measure": quota.measure,
        "fiscal_quarter": quota.period.label,
        "version": quota.version,
        "full_amount": quota.amount,
        "amount": quota_in_force(quota.amount, quota.share),
    }


def _invoice(invoice: Invoice) -> dict[str, Any]:
    return {
        "invoice_id": invoice.invoice_id,
        "opportunity_id": invoice.deal.opportunity_id,
        "won_on": local_day(invoice.deal.won_at) if invoice.deal.won_at else None,
        "invoiced_on": invoice.invoiced_on,
        "due_on": invoice.due_on,
        "paid_on": invoice.paid_on,
        "voided_on": invoice.voided_on,
        "credited_on": invoice.credited_on,
        "days_late": (invoice.paid_on - invoice.due_on).days if invoice.paid_on else None,
        "amount": invoice.amount,
        "currency": invoice.deal.currency,
    }

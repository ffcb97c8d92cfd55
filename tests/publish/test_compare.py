"""A build may not break what the current release promised, unless the company says so, and until
when."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from pipelines.publish.compare import (
    BATCHES,
    CLOSED,
    COLUMNS,
    GRAIN,
    PROMISES,
    ROWS,
    SHOWN_NAMES,
    Break,
    accepting,
    differences,
    expected_promises,
    judge,
)
from pipelines.publish.manifest import ColumnFacts, InputBatch, Manifest, TableFacts
from pipelines.settings import AcceptedChange

TODAY = date(2026, 6, 30)


def table(name: str = "fct_deal", **changed: Any) -> TableFacts:
    return TableFacts.model_validate(
        {
            "schema_name": "pipeline",
            "table_name": name,
            "n_rows": 1000,
            "content_hash": "",
            "columns": [
                ColumnFacts(name="deal_key", type="VARCHAR"),
                ColumnFacts(name="amount", type="DECIMAL(18,4)"),
            ],
            "grain": ("deal_key",),
        }
        | changed
    )


def batch(day: int, source: str = "crm") -> InputBatch:
    return InputBatch(
        batch_id=f"{source}{day}", source=source, object="deal", extract_on=date(2026, 6, day)
    )


def release(*tables: TableFacts, batches: tuple[InputBatch, ...] = ()) -> Manifest:
    return Manifest(
        release_id="20260629T060000Z-00000000",
        company="Shop",
        created_at=datetime(2026, 6, 29, tzinfo=UTC),
        build_id="b",
        code_commit=None,
        as_of_on=date(2026, 6, 28),
        currency="USD",
        time_zone="UTC",
        decision="publish",
        reasons=(),
        supersedes=None,
        duckdb_version="",
        storage_version="",
        database_sha256="",
        database_bytes=0,
        report_sha256="",
        tables=tables,
        batches=batches,
        checks=(),
    )


def found(before: Manifest, *now: TableFacts, batches: tuple[InputBatch, ...] = ()) -> list[Break]:
    return list(differences(before, now, batches))


def test_the_same_again_breaks_nothing() -> None:
    assert found(release(table()), table()) == []


def test_more_of_everything_breaks_nothing() -> None:
    more = table(n_rows=5000, columns=[*table().columns, ColumnFacts(name="note", type="VARCHAR")])
    assert found(release(table()), more, table("fct_new")) == []


@pytest.mark.parametrize(
    ("now", "promise", "subject", "what"),
    [
        ([], COLUMNS, "pipeline.fct_deal", "the table is gone"),
        (
            [table(columns=[ColumnFacts(name="deal_key", type="VARCHAR")])],
            COLUMNS,
            "pipeline.fct_deal.amount",
            "the column is gone",
        ),
        (
            [
                table(
                    columns=[
                        ColumnFacts(name="deal_key", type="VARCHAR"),
                        ColumnFacts(name="amount", type="DOUBLE"),
                    ]
                )
            ],
            COLUMNS,
            "pipeline.fct_deal.amount",
            "was DECIMAL(18,4), is DOUBLE",
        ),
        (
            [table(grain=("deal_key", "day"))],
            GRAIN,
            "pipeline.fct_deal",
            "was one row per deal_key, is per deal_key, day",
        ),
        ([table(n_rows=499)], ROWS, "pipeline.fct_deal", "had 1,000 rows, has 499"),
    ],
    ids=["table", "column", "type", "grain", "rows"],
)
def test_a_broken_promise_is_named(
    now: list[TableFacts], promise: object, subject: str, what: str
) -> None:
    assert found(release(table()), *now) == [Break(promise, subject, what)]  # type: ignore[arg-type]


@pytest.mark.parametrize("n_rows", [500, 999])
def test_a_table_may_lose_some_rows_and_a_small_one_all(n_rows: int) -> None:
    assert found(release(table()), table(n_rows=n_rows)) == []
    assert found(release(table(n_rows=99)), table(n_rows=0)) == []


def test_the_releases_own_tables_are_no_promise() -> None:
    assert found(release(table("check_result", schema_name="meta"))) == []


def test_an_extract_day_that_is_gone_is_named_but_not_a_source_that_was_switched_off() -> None:
    before = release(batches=(batch(1), batch(2), batch(1, "ads")))
    assert found(before, batches=(batch(2), batch(3))) == [
        Break(BATCHES, "crm.deal", "the extract of 2026-06-01 is gone")
    ]


def test_every_promise_gives_one_result_and_is_expected() -> None:
    results = judge([], (), TODAY)
    assert [each.check_id for each in results] == [each.check_id for each in expected_promises()]
    assert {each.status for each in results} == {"pass"}
    assert all(promise.why and promise.next_step for promise in PROMISES)


def test_a_break_fails_its_check_with_the_first_example() -> None:
    breaks = [Break(ROWS, "pipeline.a", "had 10, has 1"), Break(ROWS, "pipeline.b", "less")]
    [failed] = [each for each in judge(breaks, (), TODAY) if each.status == "fail"]
    assert (failed.check_id, failed.n_failed) == ("release.rows_are_kept", 2)
    assert failed.example == "pipeline.a: had 10, has 1"
    assert failed.severity == "block"


def accepted(change: str, until: date = TODAY) -> AcceptedChange:
    return AcceptedChange(change=change, reason="replaced by another column", until=until)


def test_an_accepted_change_passes_until_its_last_day() -> None:
    breaks = [Break(COLUMNS, "pipeline.fct_deal.amount", "the column is gone")]
    for change in ("pipeline.fct_deal.amount", "pipeline.fct_deal"):
        assert {r.status for r in judge(breaks, [accepted(change)], TODAY)} == {"pass"}
    expired = [accepted("pipeline.fct_deal", date(2026, 6, 29))]
    assert "fail" in {r.status for r in judge(breaks, expired, TODAY)}
    other = [accepted("pipeline.fct_deal.am"), accepted("pipeline.fct_dea")]
    assert "fail" in {r.status for r in judge(breaks, other, TODAY)}


def test_the_reason_of_an_accepted_change_is_found() -> None:
    change = accepted("bookings/2026-02-01")
    assert accepting("bookings/2026-02-01", [change], TODAY) is change
    assert accepting("bookings/2026-05-01", [change], TODAY) is None


def test_every_name_that_waits_for_a_word_is_in_the_next_step() -> None:
    breaks = [Break(CLOSED, f"bookings/2026-0{month}-01", "moved") for month in (2, 5, 8)]
    [failed] = [each for each in judge(breaks, (), TODAY) if each.status == "fail"]
    assert failed.next_step.endswith(
        "Their names there: bookings/2026-02-01, bookings/2026-05-01, bookings/2026-08-01"
    )
    many = [Break(CLOSED, f"bookings/{n}", "moved") for n in range(SHOWN_NAMES + 2)]
    [failed] = [each for each in judge(many, (), TODAY) if each.status == "fail"]
    assert failed.next_step.endswith("and 2 more")

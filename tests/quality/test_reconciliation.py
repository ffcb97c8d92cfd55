"""Reconciliations are read strictly, asked one by one, and never pass for want of an answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from pipelines.quality.reconciliation import Reconciliation, load_reconciliations, reconcile
from pipelines.settings import PROJECT_ROOT, ConfigurationError

TODAY = date(2026, 3, 2)
OWN = PROJECT_ROOT / "expectations" / "reconciliations"


@pytest.fixture
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    """A raw log of one object, as a load writes it, and the ledger of it."""
    with duckdb.connect() as connection:
        connection.execute("""
            create schema raw; create schema control; create schema staging;
            create schema pipeline;
            create table raw.crm__deal as
            select id, amount, hash(id, amount) as _row_hash, 'upsert' as _op, 1 as _batch_id,
                timestamp '2026-03-01' as _recorded_at, timestamp '2026-03-02' as _extracted_at,
                'deals.csv' as _file, cast(row_number() over () + 1 as bigint) as _line
            from (values ('A', 1.5), ('B', null), ('C', 3)) as deals(id, amount);
            create table control.batches as
            select 1 as batch_id, 'crm' as source, 'deal' as object,
                date '2026-03-01' as extract_on,
                'loaded' as status, 3 as n_read, 3 as n_accepted, 0 as n_duplicate, 0 as n_stale,
                0 as n_rejected, 3 as n_inserted, 0 as n_changed, 0 as n_deleted;
            create table pipeline.fct_deal as select 'A' as deal_id, 'call them' as note;
        """)
        yield connection


def one(sql: str, name: str = "tried") -> Reconciliation:
    return Reconciliation(
        name=name,
        table="pipeline.fct_deal",
        severity="block",
        owner="team:data-platform",
        why="Because.",
        next_step="Look.",
        sql=sql,
    )


def own(name: str) -> Reconciliation:
    [found] = [each for each in load_reconciliations(OWN, _everything()) if each.name == name]
    return found


def _everything() -> dict[str, list[str]]:
    names = {"opportunity", "opportunity_change", "opportunity_split", "quota", "participant"}
    return {name: ["crm"] for name in names | {"order", "invoice", "spend"}}


def status(connection: duckdb.DuckDBPyConnection, asked: Reconciliation) -> str:
    [result] = reconcile(connection, [asked], {}, enabled=["crm"], today=TODAY)
    return result.status


def test_no_rows_is_a_pass_and_rows_are_a_failure_with_an_example(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    passed, failed = reconcile(
        warehouse,
        [one("select 1 where false"), one("select id, 7 as n from raw.crm__deal order by id", "b")],
        {},
        enabled=["crm"],
        today=TODAY,
    )
    assert (passed.status, passed.n_failed) == ("pass", None)
    assert (failed.status, failed.n_failed, failed.example) == ("fail", 3, "id=A, n=7")
    assert failed.check_id == "reconciliation.b"


def test_a_query_that_cannot_be_asked_is_an_error(warehouse: duckdb.DuckDBPyConnection) -> None:
    [result] = reconcile(
        warehouse, [one("select * from core.nothing")], {}, enabled=["crm"], today=TODAY
    )
    assert result.status == "error"
    assert "core.nothing" in (result.message or "") or "core" in (result.message or "")


def test_views_that_cannot_be_made_fail_every_reconciliation(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    results = reconcile(
        warehouse,
        [one("select 1 where false")],
        {"quota": ["nobody"]},
        enabled=["crm"],
        today=TODAY,
    )
    assert [each.status for each in results] == ["error"]


def test_what_a_source_that_was_taken_out_left_behind_is_not_judged(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    """Its raw tables and its ledger stay as they were, whatever its contract says by now."""
    warehouse.execute("""
        create table raw.shop__order as select * replace (7.0 as amount) from raw.crm__deal;
        insert into control.batches by name
        select * replace ('shop' as source, 'order' as object, 99 as n_read) from control.batches;
    """)
    for name in (
        "rows_are_accounted_for",
        "raw_holds_what_was_loaded",
        "raw_rows_are_as_they_were_written",
    ):
        asked = [own(name)]
        [both] = reconcile(warehouse, asked, {}, enabled=["crm", "shop"], today=TODAY)
        [one_left] = reconcile(warehouse, asked, {}, enabled=["crm"], today=TODAY)
        assert (name, one_left.status) == (name, "pass")
        assert both.status == ("pass" if name == "raw_holds_what_was_loaded" else "fail")


def test_the_raw_log_as_it_was_written_holds(warehouse: duckdb.DuckDBPyConnection) -> None:
    for name in (
        "raw_holds_what_was_loaded",
        "raw_rows_are_as_they_were_written",
        "rows_are_accounted_for",
        "nothing_was_recorded_after_it_was_extracted",
    ):
        assert status(warehouse, own(name)) == "pass", name


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        ("raw_holds_what_was_loaded", "delete from raw.crm__deal where id = 'A'"),
        ("raw_holds_what_was_loaded", "insert into raw.crm__deal select * from raw.crm__deal"),
        ("raw_holds_what_was_loaded", "update raw.crm__deal set _op = 'delete' where id = 'A'"),
        ("raw_holds_what_was_loaded", "update raw.crm__deal set _batch_id = 2"),
        ("raw_holds_what_was_loaded", "delete from control.batches"),
        ("raw_rows_are_as_they_were_written", "update raw.crm__deal set amount = 2 where id = 'A'"),
        ("raw_rows_are_as_they_were_written", "update raw.crm__deal set id = 'X' where id = 'B'"),
        ("raw_rows_are_as_they_were_written", "update raw.crm__deal set amount = 0 where id = 'B'"),
        ("raw_holds_what_was_loaded", "update control.batches set n_inserted = null"),
        ("raw_holds_what_was_loaded", "update control.batches set n_deleted = null"),
        ("raw_rows_are_as_they_were_written", "update raw.crm__deal set _row_hash = null"),
        ("rows_are_accounted_for", "update control.batches set n_read = 4"),
        ("rows_are_accounted_for", "update control.batches set n_read = null"),
        ("rows_are_accounted_for", "update control.batches set n_rejected = null"),
        ("rows_are_accounted_for", "update control.batches set n_stale = null"),
        (
            "nothing_was_recorded_after_it_was_extracted",
            "update raw.crm__deal set _recorded_at = null",
        ),
        (
            "nothing_was_recorded_after_it_was_extracted",
            "update raw.crm__deal set _recorded_at = timestamp '2026-03-04'",
        ),
    ],
)
def test_a_raw_log_that_was_touched_is_seen(
    warehouse: duckdb.DuckDBPyConnection, name: str, spoil: str
) -> None:
    warehouse.execute(spoil)
    assert status(warehouse, own(name)) == "fail"


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        ("mail jane.doe@customer.example", "fail"),
        ("JANE@X.CO", "fail"),
        ("meet @ noon", "pass"),
        ("5 seats @ 20.50", "pass"),
        ("", "pass"),
    ],
)
def test_an_address_in_a_public_text_is_seen(
    warehouse: duckdb.DuckDBPyConnection, note: str, expected: str
) -> None:
    warehouse.execute("update pipeline.fct_deal set note = ?", [note])
    assert status(warehouse, own("no_personal_data")) == expected


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        ("for (personal data)", "fail"),
        ("(personal data 1f0c)", "fail"),
        ("personal data", "pass"),
        (None, "pass"),
    ],
)
def test_a_mask_in_a_public_text_is_told_of(
    warehouse: duckdb.DuckDBPyConnection, note: str | None, expected: str
) -> None:
    warehouse.execute("update pipeline.fct_deal set note = ?", [note])
    assert status(warehouse, own("personal_data_was_masked")) == expected


def test_only_those_with_something_to_compare_are_asked() -> None:
    without = {each.name for each in load_reconciliations(OWN, {})}
    everything = {each.name for each in load_reconciliations(OWN, _everything())}
    assert "raw_holds_what_was_loaded" in without
    assert {"bookings_are_ordered", "snapshots_are_what_was_known"} <= everything - without


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("- {name: a}", "Field required"),
        ("- name: [", "while parsing"),
        ("name: a", "list"),
    ],
)
def test_a_file_that_is_no_list_of_them_is_refused(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "a.yaml").write_text(text)
    with pytest.raises(ConfigurationError, match=says):
        load_reconciliations(tmp_path, {})


def test_a_name_is_taken_once(tmp_path: Path) -> None:
    entry = (
        "- {name: a, table: x.y, severity: block, owner: me, why: w, next_step: n, sql: select 1}\n"
    )
    (tmp_path / "a.yaml").write_text(entry + entry)
    with pytest.raises(ConfigurationError, match="called 'a'"):
        load_reconciliations(tmp_path, {})


MATCHED = (
    "create schema revenue; create schema core; "
    "create table core.core_latest_extract as select date '2026-03-01' as as_of_on; "
    "create table revenue.fct_booking_reconciliation as select 'matched' as order_code, "
    "'matched' as invoice_code, false as is_order_break, false as is_invoice_break, "
    "cast(10 as decimal(18, 4)) as compared_amount, 'D' as opportunity_id from range(9); "
    "create table revenue.fct_order as select 'S' as source_system, 'O' || i as order_id, "
    "false as is_line_break, date '2026-02-20' as ordered_on from range(9) as orders(i)"
)


@pytest.mark.parametrize(
    ("name", "table", "column"),
    [
        ("bookings_are_ordered", "fct_booking_reconciliation", "is_order_break"),
        ("bookings_are_invoiced", "fct_booking_reconciliation", "is_invoice_break"),
        ("orders_are_their_lines", "fct_order", "is_line_break"),
    ],
)
def test_an_answer_that_is_missing_is_a_break(
    warehouse: duckdb.DuckDBPyConnection, name: str, table: str, column: str
) -> None:
    warehouse.execute(MATCHED)
    assert status(warehouse, own(name)) == "pass"
    warehouse.execute(f"update revenue.{table} set {column} = null")
    assert status(warehouse, own(name)) == "fail"

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import duckdb
import pytest
from filelock import FileLock

from pipelines.publish import (
    InputBatch,
    PublishError,
    RejectCount,
    current,
    discover_tables,
    list_releases,
    make_release_id,
    publish,
    verify_files,
)
from pipelines.publish.tables import facts_of
from tests.publish.world import (
    SCHEMAS,
    build,
    check,
    info,
    publish_build,
    report,
    verdict,
)


def ask(database: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_release_holds_the_public_tables_whole_and_nothing_else(tmp_path: Path) -> None:
    release = publish_build(tmp_path)
    warehouse = tmp_path / "warehouse" / "warehouse.duckdb"
    everything = "select * from pipeline.fct_deal order by deal_no"
    database = release.path / "salesops.duckdb"
    assert ask(database, everything) == ask(warehouse, everything)
    schemas = ask(database, "select distinct schema_name from duckdb_tables() order by 1")
    assert schemas == [("meta",), ("pipeline",), ("shared",)]


def test_comments_and_macros_travel(tmp_path: Path) -> None:
    database = publish_build(tmp_path).path / "salesops.duckdb"
    assert ask(database, "select comment from duckdb_tables() where table_name = 'fct_deal'") == [
        ("One row per deal; it's all.",)
    ]
    assert ask(
        database,
        "select comment from duckdb_columns() where table_name = 'fct_deal' "
        "and column_name = 'amount'",
    ) == [("In EUR.",)]
    assert ask(database, "select count(*) from pipeline.deals_up_to(9)") == [(10,)]


def test_views_are_published_as_what_they_show(tmp_path: Path) -> None:
    warehouse = build(tmp_path / "warehouse.duckdb")
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            "create view shared.dim_now as select stage, x from warehouse.shared.dim_stage, "
            "warehouse.raw.secret"
        )
    release = publish(
        tmp_path / "published",
        warehouse,
        release=info(),
        tables=discover_tables(warehouse, SCHEMAS),
        report=report,
    )
    assert ask(release.path / "salesops.duckdb", "from shared.dim_now") == [("won", 1)]


def test_meta_tables_say_what_the_release_stands_on(tmp_path: Path) -> None:
    batch = InputBatch(
        batch_id="b1", source="crm", object="deal", extract_on=date(2024, 4, 30),
        n_read=52, n_accepted=50, n_rejected=2, files=("one.csv", "two.csv"),
    )  # fmt: skip
    reject = RejectCount(source="crm", object="deal", rule="not_null", column="id", n_rows=2)
    results = (check(), check("fail", "warn", "a.b.fill"))
    release = publish_build(
        tmp_path, release=info(verdict=verdict(*results)), batches=[batch], rejects=[reject]
    )
    database = release.path / "salesops.duckdb"
    assert ask(
        database, "select release_id, decision, supersedes, created_at from meta.release"
    ) == [(release.release_id, "publish_with_warnings", None, datetime(2024, 5, 1, 6, 0))]
    assert ask(database, "select check_id, status from meta.check_result order by 1") == [
        ("a.b.fill", "fail"),
        ("a.b.key", "pass"),
    ]
    assert ask(database, "select n_rejected, files from meta.batch") == [(2, "one.csv\ntwo.csv")]
    assert ask(database, "select rule, n_rows from meta.reject_summary") == [("not_null", 2)]
    assert ask(database, "select n_rows from meta.table where table_name = 'fct_deal'") == [(50,)]


def test_manifest_describes_every_file(tmp_path: Path) -> None:
    release = publish_build(tmp_path)
    document = json.loads((release.path / "manifest.json").read_text())
    assert document["release_id"] == release.release_id
    assert document["as_of_on"] == "2024-04-30"
    assert document["decision"] == "publish"
    promised = {f"parquet/{t['schema_name']}/{t['table_name']}.parquet" for t in document["tables"]}
    found = {str(f.relative_to(release.path)) for f in release.path.rglob("*") if f.is_file()}
    assert found == promised | {"salesops.duckdb", "report.html", "manifest.json"}
    digest = hashlib.sha256((release.path / "salesops.duckdb").read_bytes()).hexdigest()
    assert document["database_sha256"] == digest
    assert verify_files(release.path) == release.manifest


def test_parquet_copies_hold_the_same_rows(tmp_path: Path) -> None:
    release = publish_build(tmp_path)
    file = release.path / "parquet" / "pipeline" / "fct_deal.parquet"
    database = release.path / "salesops.duckdb"
    assert ask(database, f"from '{file}' except all from pipeline.fct_deal") == []
    assert ask(database, f"select count(*) from '{file}'") == [(50,)]


def test_files_of_a_release_are_read_only(tmp_path: Path) -> None:
    release = publish_build(tmp_path)
    modes = {oct(f.stat().st_mode & 0o777) for f in release.path.rglob("*") if f.is_file()}
    assert modes == {"0o444"}


def test_file_format_is_the_one_older_clients_read(tmp_path: Path) -> None:
    header = (publish_build(tmp_path).path / "salesops.duckdb").read_bytes()[8:20]
    assert header[:4] == b"DUCK"
    # 64 is what every DuckDB from 0.10 to 1.1 reads; 1.2 and later read it too.
    assert int.from_bytes(header[4:12], "little") == 64


def test_current_is_a_relative_link_so_that_the_folder_can_be_moved(tmp_path: Path) -> None:
    release = publish_build(tmp_path)
    link = (tmp_path / "published" / "current").readlink()
    assert link == Path("releases") / release.release_id
    (tmp_path / "published").rename(tmp_path / "elsewhere")
    now = current(tmp_path / "elsewhere")
    assert now is not None
    assert now.release_id == release.release_id


def test_the_next_release_says_which_one_it_supersedes(tmp_path: Path) -> None:
    first, second = publish_build(tmp_path, 0), publish_build(tmp_path, 1)
    assert second.manifest.supersedes == first.release_id
    assert [r.release_id for r in list_releases(tmp_path / "published")] == [
        first.release_id,
        second.release_id,
    ]


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        pytest.param({"verdict": verdict(check("fail"))}, "refused by its checks", id="failed"),
        pytest.param({"verdict": verdict(check("error", "warn"))}, "refused", id="errored"),
        pytest.param({"verdict_build_id": "build-9"}, "about build build-9", id="other-build"),
        pytest.param({"release_id": "../../etc"}, "no release id", id="id-that-is-a-path"),
    ],
)
def test_without_a_verdict_for_this_build_nothing_is_published(
    tmp_path: Path, changes: dict[str, Any], complaint: str
) -> None:
    before = publish_build(tmp_path, 0)
    with pytest.raises(PublishError, match=complaint):
        publish_build(tmp_path, 1, release=info(1, **changes))
    now = current(tmp_path / "published")
    assert now is not None
    assert now.release_id == before.release_id
    assert len(list_releases(tmp_path / "published")) == 1


def _fails(*_: object) -> None:
    raise RuntimeError("the report has a bug")


@pytest.mark.parametrize(
    ("changes", "error", "complaint"),
    [
        pytest.param({"tables": []}, PublishError, "no public table", id="no-tables"),
        pytest.param({"macros": ["create macro x("]}, PublishError, "macro", id="broken-macro"),
        pytest.param({"report": lambda *_: None}, PublishError, "no report", id="no-report"),
        pytest.param({"report": _fails}, RuntimeError, "has a bug", id="report-fails"),
    ],
)
def test_a_failure_on_the_way_leaves_no_trace(
    tmp_path: Path, changes: dict[str, Any], error: type[Exception], complaint: str
) -> None:
    before = publish_build(tmp_path, 0)
    with pytest.raises(error, match=complaint):
        publish_build(tmp_path, 1, **changes)
    now = current(tmp_path / "published")
    assert now is not None
    assert now.release_id == before.release_id
    folders = (tmp_path / "published" / "releases").iterdir()
    assert [folder.name for folder in folders] == [before.release_id]


def test_a_release_that_exists_is_never_written_again(tmp_path: Path) -> None:
    publish_build(tmp_path, 0)
    with pytest.raises(PublishError, match="exists already"):
        publish_build(tmp_path, 0)


def test_a_model_with_the_name_of_a_meta_table_is_refused(tmp_path: Path) -> None:
    warehouse = build(tmp_path / "warehouse.duckdb")
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create schema meta; create table meta.batch as select 1 as x")
    with pytest.raises(PublishError, match=r"meta\.batch, but that name"):
        publish(
            tmp_path / "published",
            warehouse,
            release=info(),
            tables=discover_tables(warehouse, [*SCHEMAS, "meta"]),
            report=report,
        )


def test_two_publications_at_once_one_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.publish.files._LOCK_SECONDS", 0.05)
    publish_build(tmp_path, 0)
    with (
        FileLock(tmp_path / "published" / ".lock"),
        pytest.raises(PublishError, match="changed by another process"),
    ):
        publish_build(tmp_path, 1)


def test_a_file_that_was_not_written_faithfully_is_not_published(tmp_path: Path) -> None:
    def corrupt(step: str) -> None:
        if step == "sealed":
            (folder,) = (tmp_path / "published" / "releases").glob(".tmp-*")
            (folder / "salesops.duckdb").chmod(0o644)
            with duckdb.connect(str(folder / "salesops.duckdb")) as connection:
                connection.execute("update pipeline.fct_deal set amount = 0 where deal_no = 7")

    with pytest.raises(PublishError, match=r"pipeline\.fct_deal: rows and fingerprint"):
        publish_build(tmp_path, 0, on_step=corrupt)
    assert current(tmp_path / "published") is None


def test_warehouse_may_be_written_again_right_after_publishing(tmp_path: Path) -> None:
    for build_no in range(3):
        publish_build(tmp_path, build_no)


def hash_of(*statements: str) -> str:
    with duckdb.connect() as connection:
        for statement in statements:
            connection.execute(statement)
        return facts_of(connection, "memory", "main", "t").content_hash


def test_content_hash_is_blind_to_order_and_sees_everything_else() -> None:
    base = hash_of(
        "create table t as select * from (values (1, 'a'), (2, null), (2, null)) v(x, y)"
    )
    same = hash_of(
        "create table t as select * from (values (2, null), (1, 'a'), (2, null)) v(x, y)"
    )
    assert base == same
    others = [
        "select * from (values (1, 'a'), (2, null)) v(x, y)",
        "select * from (values (1, 'a'), (2, ''), (2, null)) v(x, y)",
        "select * from (values (1, 'b'), (2, null), (2, null)) v(x, y)",
        "select * from (values (1, 'a'), (3, null), (2, null)) v(x, y)",
        "select 1 as x, 'a' as y where false",
    ]
    assert base not in {hash_of(f"create table t as {other}") for other in others}


def test_content_hash_keeps_neighbouring_texts_apart() -> None:
    assert hash_of("create table t as select 'ab' as x, 'c' as y") != hash_of(
        "create table t as select 'a' as x, 'bc' as y"
    )


def test_content_hash_stays_what_it_was_when_it_was_first_written_down() -> None:
    # A changed value here means that no earlier release can be compared any more.
    assert (
        hash_of(
            "create table t as select 1::bigint as n, 2.5::decimal(18, 4) as d, "
            "date '2024-02-29' as day, timestamp '2024-02-29 12:00:00' as at_, true as b, "
            "null::varchar as nothing, 'é, ü' as text"
        )
        == "md5sum:00000000000000009f4847451bde8ad7"
    )


def test_release_ids_sort_by_time_in_any_zone() -> None:
    noon = datetime(2024, 5, 1, 12, tzinfo=UTC)
    east = noon.astimezone(timezone(timedelta(hours=9)))
    assert make_release_id(noon, "b") == make_release_id(east, "b")
    assert make_release_id(noon, "b") < make_release_id(noon + timedelta(seconds=1), "a")
    assert make_release_id(noon, "a") != make_release_id(noon, "b")
    assert re.fullmatch(r"20240501T120000Z-[0-9a-f]{8}", make_release_id(noon, "b"))
    with pytest.raises(ValueError, match="time zone"):
        make_release_id(datetime(2024, 5, 1), "b")

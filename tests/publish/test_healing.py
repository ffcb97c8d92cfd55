"""A release that a client wrote into is noticed before it is read, and put back by name."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from pipelines.publish import PublishError, Release, current, heal, verify_files
from pipelines.serve import NoRelease, open_release, query
from tests.publish.world import publish_build

CHANGES = {
    "a table more": "create table pipeline.mine as select 1 as n",
    "a schema more": "create schema mine; create table mine.t as select 1 as n",
    "a view more": "create view pipeline.mine as select 1 as n",
    "rows more": "insert into pipeline.fct_deal select * from pipeline.fct_deal",
    "rows less": "delete from pipeline.fct_deal",
    "other values": "update pipeline.fct_deal set amount = 1",
    "a column less": "alter table pipeline.fct_deal drop column amount",
    "a column more": "alter table pipeline.fct_deal add column mine integer",
    "a table less": "drop table pipeline.fct_deal",
    "another name": "alter table pipeline.fct_deal rename to fct_mine",
    "nothing lasting": "create table pipeline.mine as select 1 as n; drop table pipeline.mine",
}


def as_root(release: Release, sql: str) -> None:
    """What a client of root's does: read-only files are no hindrance to it."""
    file = release.path / "salesops.duckdb"
    file.chmod(0o644)
    with duckdb.connect(str(file)) as connection:
        connection.execute(sql)


def content(published: Path) -> list[tuple[object, ...]]:
    with open_release(published) as connection:
        tables = query(
            connection, "select schema_name, table_name, comment from duckdb_tables() order by all"
        ).rows
        deals = query(connection, "select * from pipeline.fct_deal order by all").rows
        macros = query(connection, "select * from pipeline.deals_up_to(9)").rows
    return [*tables, *deals, ("macro", len(macros))]


@pytest.mark.parametrize("sql", CHANGES.values(), ids=[name.replace(" ", "-") for name in CHANGES])
def test_what_a_client_changed_is_noticed_and_put_back(tmp_path: Path, sql: str) -> None:
    published = tmp_path / "published"
    release = publish_build(tmp_path)
    before = content(published)
    as_root(release, sql)
    with pytest.raises(NoRelease, match=rf"salesops heal {release.release_id}"):
        open_release(published)
    assert heal(published, release.release_id)
    assert content(published) == before
    verify_files(release.path)
    assert heal(published, release.release_id) == []
    assert f"{(release.path / 'salesops.duckdb').stat().st_mode & 0o777:o}" == "444"
    assert sorted(path.name for path in release.path.iterdir()) == [
        "manifest.json", "parquet", "report.html", "salesops.duckdb"
    ]  # fmt: skip


def test_a_client_that_was_killed_while_it_wrote_is_noticed(tmp_path: Path) -> None:
    published = tmp_path / "published"
    release = publish_build(tmp_path)
    before = content(published)
    code = (
        "import duckdb, os, sys; c = duckdb.connect(sys.argv[1]); "
        "c.execute('create table pipeline.mine as select 1 as n'); os._exit(1)"
    )
    file = release.path / "salesops.duckdb"
    file.chmod(0o644)
    subprocess.run([sys.executable, "-c", code, str(file)], check=False, timeout=60)
    assert (release.path / "salesops.duckdb.wal").exists()
    with pytest.raises(NoRelease, match="a client wrote into it"):
        open_release(published)
    assert heal(published, release.release_id) == ["table pipeline.mine was added and is gone"]
    assert content(published) == before


def test_a_release_that_was_copied_is_read_as_it_is(tmp_path: Path) -> None:
    """Times of a backup say nothing; then every byte is looked at."""
    release = publish_build(tmp_path)
    shutil.copytree(tmp_path / "published", tmp_path / "backup", symlinks=True)
    (tmp_path / "backup" / "releases" / release.release_id / "salesops.duckdb").touch()
    assert content(tmp_path / "backup") == content(tmp_path / "published")


def test_what_lost_its_copies_cannot_be_healed(tmp_path: Path) -> None:
    published = tmp_path / "published"
    release = publish_build(tmp_path)
    as_root(release, "delete from pipeline.fct_deal")
    copy = release.path / "parquet" / "pipeline" / "fct_deal.parquet"
    copy.chmod(0o644)
    copy.write_bytes(b"PAR1")
    with pytest.raises(PublishError, match=r"fct_deal\.parquet differs"):
        heal(published, release.release_id)
    now = current(published)
    assert now is not None
    assert now.release_id == release.release_id


@pytest.mark.parametrize("step", ["manifest.json", "salesops.duckdb"])
def test_healing_that_was_cut_off_is_taken_up_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    published = tmp_path / "published"
    release = publish_build(tmp_path)
    before = content(published)
    as_root(release, "delete from pipeline.fct_deal")
    original = Path.replace

    def cut_off(self: Path, target: Path) -> Path:
        if self.name == step:
            raise KeyboardInterrupt
        return original(self, target)

    with monkeypatch.context() as cut:
        cut.setattr(Path, "replace", cut_off)
        with pytest.raises(KeyboardInterrupt):
            heal(published, release.release_id)
    with pytest.raises(NoRelease):
        open_release(published)
    heal(published, release.release_id)
    assert content(published) == before


def test_wherever_a_client_is_shown_it_reads_only() -> None:
    import re

    from pipelines.settings import PROJECT_ROOT

    shown = [
        line
        for file in (PROJECT_ROOT / "README.md", *(PROJECT_ROOT / "docs").rglob("*.md"))
        for line in file.read_text(encoding="utf-8").splitlines()
        if re.search(r"(?:^|\s|`)duckdb\s+\S*\.duckdb", line) or "duckdb.connect(" in line
    ]
    assert [line for line in shown if "readonly" not in line and "read_only=True" not in line] == []

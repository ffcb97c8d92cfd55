"""Whoever opens the warehouse goes through one door, and is told in a sentence who has it."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from filelock import FileLock

from pipelines.publish import PublishError
from pipelines.publish.tables import discover_tables, open_copier
from pipelines.settings import PROJECT_ROOT
from pipelines.warehouse import WarehouseBusy, held, opened

PACKAGE = PROJECT_ROOT / "pipelines"
READERS = {
    ("serve/reader.py", "open_release"): "releases, read-only",
    ("publish/tables.py", "verify_content"): "the release that was just written",
    ("warehouse.py", "opened"): "the door",
}


def openings() -> set[tuple[str, str]]:
    """(file, function) of every call that makes DuckDB open a file."""
    found = set()
    for file in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for function in ast.walk(tree):
            if not isinstance(function, ast.FunctionDef):
                continue
            for node in ast.walk(function):
                if (
                    isinstance(node, ast.Call)
                    and ast.unparse(node.func) in {"duckdb.connect", "connect"}
                    and (node.args or any(each.arg == "database" for each in node.keywords))
                ):
                    found.add((file.relative_to(PACKAGE).as_posix(), function.name))
    return found


def test_there_is_one_door() -> None:
    assert openings() == READERS.keys()
    imported = [
        file
        for file in PACKAGE.rglob("*.py")
        if "from duckdb import connect" in file.read_text(encoding="utf-8")
    ]
    assert imported == []


def test_within_a_process_it_is_open(tmp_path: Path) -> None:
    file = tmp_path / "wh" / "warehouse.duckdb"
    with held(file, "run 1"), opened(file) as one, opened(file) as other:
        one.execute("create table t as select 1 as n")
        assert other.execute("select n from t").fetchall() == [(1,)]
    assert not (tmp_path / "wh" / "warehouse.holder").exists()
    with held(file) as left_behind:
        assert left_behind is None


def test_whoever_waits_in_vain_is_told_who_has_it(tmp_path: Path) -> None:
    file = tmp_path / "warehouse.duckdb"
    with FileLock(tmp_path / "warehouse.lock"):
        with (
            pytest.raises(WarehouseBusy, match=r"^another run is writing .*start again\.$"),
            held(file, timeout_seconds=0),
        ):
            pass
        (tmp_path / "warehouse.holder").write_text("run 1a2b (process 7, since 2026-03-01)\n")
        with (
            pytest.raises(WarehouseBusy, match=r"^run 1a2b \(process 7, since 2026-03-01\) is wr"),
            held(file, timeout_seconds=0),
        ):
            pass
    with held(file) as left_behind:
        assert left_behind == "run 1a2b (process 7, since 2026-03-01)"


def test_a_program_that_came_past_the_lock_is_named(tmp_path: Path) -> None:
    file = tmp_path / "warehouse.duckdb"
    duckdb.connect(str(file)).close()
    code = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); "
        "sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        says = rf"\(process {process.pid}\) has {file} open.*Close it there"
        with pytest.raises(WarehouseBusy, match=says), opened(file):
            pass
        with pytest.raises(WarehouseBusy, match=says):
            discover_tables(file, {"main"})
        with pytest.raises(PublishError, match=says):
            open_copier(file, tmp_path / "out.duckdb", tmp_path)
        process.kill()

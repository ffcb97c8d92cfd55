"""Two whole runs of one company at the same time: one after the other, or one is told who works."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import duckdb
import pytest

from pipelines.assets import MAIN_JOB
from pipelines.publish import list_releases
from pipelines.settings import PROJECT_ROOT
from tests.deployment import COMPANIES, Deployment
from tests.messages import faults
from tests.test_bad_input import FIRST, GOOD, NEXT, deal, deliver

pytestmark = [pytest.mark.endurance, pytest.mark.xdist_group("two at once")]

BOUND_SECONDS = 400
COMMAND = ("-c", "from pipelines.cli import main; main()", "run")
OF_THE_UI = ("-m", "dagster", "job", "execute", "-m", "pipelines.definitions", "-j", MAIN_JOB)
"""The job as the UI's server and the schedule start it: in a process of its own."""


@dataclass(frozen=True)
class Started:
    """A run in a process of its own; what it says goes to a file, as nobody reads meanwhile."""

    process: subprocess.Popen[bytes]
    said: Path

    def ended(self) -> tuple[int, str]:
        code = self.process.wait(BOUND_SECONDS)
        return code, self.said.read_text(encoding="utf-8")


def started(shop: Deployment, command: Sequence[str], wait_seconds: int) -> Started:
    more = ("--company", str(shop.file)) if command is COMMAND else ()
    said = shop.file.parent / f"{uuid4().hex}.log"
    process = subprocess.Popen(
        [sys.executable, *command, *more],
        cwd=PROJECT_ROOT,
        env=os.environ
        | {
            "SALESOPS_COMPANY": str(shop.file),
            "SALESOPS_DAGSTER_STORAGE": str(shop.file.parent / "history"),
            "SALESOPS_LOCK_TIMEOUT_SECONDS": str(wait_seconds),
            "DAGSTER_HOME": str(PROJECT_ROOT),
        },
        stdout=said.open("wb"),
        stderr=subprocess.STDOUT,
    )
    return Started(process, said)


@pytest.fixture
def shop(tmp_path: Path) -> Deployment:
    """Two days of deals wait."""
    (tmp_path / "history").mkdir()
    shop = Deployment.of(COMPANIES / "maven_crm.yml", tmp_path, reference=None)
    deliver(shop, tmp_path / "in", FIRST, GOOD.encode())
    deliver(shop, tmp_path / "in", NEXT, (GOOD + deal(24)).encode())
    return shop


@pytest.mark.parametrize("other", [COMMAND, OF_THE_UI], ids=["two commands", "command and UI"])
@pytest.mark.parametrize("wait_seconds", [0, BOUND_SECONDS], ids=["at once", "waits"])
def test_whoever_comes_second_waits_or_is_told(
    shop: Deployment, other: Sequence[str], wait_seconds: int
) -> None:
    both = [started(shop, each, wait_seconds) for each in (other, COMMAND)]
    ended = [each.ended() for each in both]
    codes, said = [code for code, _ in ended], [text for _, text in ended]
    assert 0 in codes, said
    for code, text in zip(codes, said, strict=True):
        if code:
            assert wait_seconds == 0
            assert "is writing" in text
            assert "Traceback" not in text or other is OF_THE_UI
    if codes[1]:
        assert faults(said[1]) == []
    published = list_releases(shop.company.paths.published)
    assert len(published) == codes.count(0)
    for each in published:
        assert shop.command("verify", each.release_id).exit_code == 0
    assert shop.value("select count(*) from pipeline.fct_opportunity") == 25
    with duckdb.connect(str(shop.company.warehouse_file), read_only=True) as connection:
        loaded = connection.execute(
            "select source, object, extract_on from control.batches where status = 'loaded'"
        ).fetchall()
        rows = connection.execute("select count(*) from raw.maven_crm__opportunity").fetchall()
    assert set(Counter(loaded).values()) == {1}
    assert rows == [(25,)]


def test_readers_are_not_kept_waiting(shop: Deployment) -> None:
    assert shop.run().exit_code == 0
    one = started(shop, OF_THE_UI, 0)
    n_asked = 0
    try:
        while one.process.poll() is None:
            for command in (["sql", "select 1"], ["status"], ["verify"]):
                answer = shop.command(*command)
                assert answer.exit_code == 0, answer.output
            n_asked += 1
    finally:
        one.process.kill()
        one.process.wait()
    assert n_asked > 1
    assert one.process.returncode == 0, one.said.read_text(encoding="utf-8")[-2000:]

"""Ctrl-C and SIGTERM end a command within seconds, with one sentence and their own exit codes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from dagster import DagsterInstance, DagsterRunStatus

from pipelines.notify import NOTICES
from pipelines.settings import PROJECT_ROOT
from tests.deployment import Deployment

LONGEST_SECONDS = 60
"""Far above the grace, so that a busy machine fails nothing; a hung process does."""
ENDLESS = (
    "select count(*) from range(10000000) as a, range(1000000) as b where a.range % 7 > b.range"
)
BUSY = {
    "in Python": "import time\nwhile True: time.sleep(0.01)",
    "in DuckDB": f"import duckdb\nduckdb.execute({ENDLESS!r})",
    "in a thread that is waited for": (
        "import duckdb\n"
        "from concurrent.futures import ThreadPoolExecutor\n"
        "with ThreadPoolExecutor() as pool:\n"
        f"    pool.submit(duckdb.connect().execute, {ENDLESS!r}).result()"
    ),
    "in a library that keeps exceptions": (
        "import time\nwhile True:\n    try: time.sleep(0.01)\n    except BaseException: pass"
    ),
    "and refuses because of it": (
        "import time\n"
        "from pipelines.ingest import IngestError\n"
        "try: time.sleep(100)\n"
        "except KeyboardInterrupt: raise IngestError('it was refused')"
    ),
}
COMMAND_LINE = "from pipelines.cli import main; main()"
COMMAND = """
from pipelines import cli, interrupts
interrupts.GRACE_SECONDS = 1.0
@cli.app.command("busy")
@cli.reported
def busy() -> None:
    print("busy", flush=True)
{work}
import sys
sys.argv = ["salesops", "busy"]
cli.main()
"""


@contextmanager
def started(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-u", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(PROJECT_ROOT)},
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def told(process: subprocess.Popen[str], number: signal.Signals) -> tuple[int, str]:
    """The exit code and all that is said after the signal."""
    process.send_signal(number)
    out, err = process.communicate(timeout=LONGEST_SECONDS)
    return process.returncode, out + err


@pytest.mark.parametrize("work", BUSY.values(), ids=BUSY.keys())
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_busy_command_ends(number: signal.Signals, code: int, work: str) -> None:
    script = COMMAND.format(work="\n".join(f"    {line}" for line in work.splitlines()))
    with started("-c", script) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "busy\n"
        time.sleep(0.1)
        ended, said = told(process, number)
    assert ended == code
    assert said.count("\n") == 1, said
    assert said.startswith("interrupted by ")


def test_a_command_that_nobody_ends_ends_by_itself() -> None:
    with started("-c", COMMAND.format(work="    pass")) as process:
        assert process.wait(timeout=LONGEST_SECONDS) == 0


@pytest.mark.slow
def test_a_run_that_is_ended_while_dbt_works_was_not_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Deployment.of(PROJECT_ROOT / "data" / "demo" / "company.yml", tmp_path)
    assert shop.command("demo", "--scale", "0.05", "--days", "1").exit_code == 0
    monkeypatch.setenv("SALESOPS_DAGSTER_STORAGE", str(shop.company.paths.warehouse / "dagster"))
    with started("-c", COMMAND_LINE, "run", "--company", str(shop.file)) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "raw_expectations" in line:
                break
        time.sleep(3)
        ended, said = told(process, signal.SIGTERM)
    assert ended == 143
    assert said.count("interrupted by") == 1
    assert "refused" not in said
    assert not (shop.company.paths.warehouse / NOTICES).exists()
    monkeypatch.setenv("DAGSTER_HOME", str(PROJECT_ROOT))
    with DagsterInstance.get() as instance:
        [found] = instance.get_runs()
    assert found.status == DagsterRunStatus.CANCELED

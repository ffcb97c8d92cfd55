"""A notice is written down before it is sent, and sent until it arrives; nothing loses one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest

from pipelines import notices
from pipelines.assets import automation
from pipelines.notices import Report, report, tell_of_killed, tell_of_reports
from pipelines.notify import NOTICES, Notice, deliver, outbox, write
from pipelines.quality.ledger import begin_build, record
from pipelines.quality.results import CheckResult
from pipelines.settings import PROJECT_ROOT, Company
from pipelines.warehouse import held
from tests.notify.test_notify import company

REFUSED = Notice("refused", "release refused by 2 checks", ("a.b.c blocks",))
CHECK = CheckResult(
    check_id="load.shop.deal", kind="load", asset="raw.shop__deal", severity="block",
    owner="team:revops", why="Why.", next_step="Look.", status="fail", example="line 7",
)  # fmt: skip


def arrived(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def told(folder: Path) -> tuple[Company, Path]:
    """A company that is told by a file, and the file."""
    return company(folder, {"url": f"file://{folder}/told.jsonl"}), folder / "told.jsonl"


def waiting(of: Company) -> int:
    place = outbox.folder(of)
    return len(list(place.glob("*.json"))) if place.is_dir() else 0


def in_a_process(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=os.environ | {"PYTHONPATH": str(PROJECT_ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


KILLED = """
import os, signal, sys
from pathlib import Path
from pipelines import notify
from pipelines.notify import send
from pipelines.settings import load_company
told = load_company(Path(sys.argv[1]))
def die(*_): os.kill(os.getpid(), signal.SIGKILL)
setattr(send, sys.argv[2], die)
notify.write(told, notify.Notice("failed", "the run failed", ("line 7",)))
notify.deliver(told, {}, all_of_them=True)
"""


@pytest.mark.parametrize("place", ["_send", "_append"])
def test_a_notice_outlives_the_process_that_should_have_sent_it(tmp_path: Path, place: str) -> None:
    of, file = told(tmp_path)
    assert in_a_process(KILLED, str(of.file), place).returncode == -signal.SIGKILL
    assert waiting(of) == 1
    assert deliver(of, {}) == 0
    [one] = arrived(file)
    assert (one["title"], one["lines"]) == ("the run failed", ["line 7"])


def test_it_is_on_the_disk_before_anybody_is_told(tmp_path: Path) -> None:
    of, file = told(tmp_path)
    write(of, REFUSED)
    assert waiting(of) == 1
    assert not file.exists()
    assert len(arrived(of.paths.warehouse / NOTICES)) == 1
    assert deliver(of, {}) == 0
    assert deliver(of, {}) == 0
    assert len(arrived(file)) == 1, "it is sent once"


def test_what_does_not_arrive_is_tried_again_and_less_and_less(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    of = company(tmp_path, {"url": f"file://{tmp_path}/later/told.jsonl"})
    (tmp_path / "later").write_text("in the way")
    write(of, REFUSED)
    start, tries = datetime.now(UTC), []

    class Clock(datetime):
        minutes = 0

        @classmethod
        def now(cls, *_: object) -> datetime:  # type: ignore[override]
            return start + timedelta(minutes=cls.minutes)

    monkeypatch.setattr(outbox, "datetime", Clock)
    monkeypatch.setattr(
        "pipelines.notify.send._send", lambda *_: tries.append(Clock.minutes) or False
    )
    for minute in range(0, 300):
        Clock.minutes = minute
        assert deliver(of, {}) == 1
    assert tries == [0, 1, 3, 7, 15, 31, 63, 123, 183, 243]
    monkeypatch.undo()
    (tmp_path / "later").unlink()
    assert deliver(of, {}, all_of_them=True) == 0
    assert len(arrived(tmp_path / "later" / "told.jsonl")) == 1


def test_one_address_does_not_wait_for_another(tmp_path: Path) -> None:
    file = tmp_path / "told.jsonl"
    of = company(tmp_path, {"url": "nosuchservice://x"}, {"url": f"file://{file}"})
    write(of, REFUSED)
    for _ in range(3):
        assert deliver(of, {}, all_of_them=True) == 1
    assert len(arrived(file)) == 1
    # The address is mended, so that nobody waits for the wrong one any more.
    of = company(tmp_path, {"url": f"file://{file}"})
    assert deliver(of, {}, all_of_them=True) == 0


def test_no_address_is_written_down(tmp_path: Path) -> None:
    of = company(tmp_path, {"url": "nosuchservice://user:s3cret@x"})
    write(of, REFUSED)
    deliver(of, {})
    [file] = outbox.folder(of).glob("*.json")
    assert "s3cret" not in file.read_text("utf-8")


@contextmanager
def somebody_else(of: Company) -> Any:
    """Another process that has the warehouse file open."""
    code = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); "
        "sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(of.warehouse_file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.readline()
    try:
        yield
    finally:
        process.kill()
        process.wait()


def ended(of: Company, run_id: str = "1a2b3c4d") -> None:
    """A run that was refused by a check."""
    of.paths.warehouse.mkdir(exist_ok=True)
    with duckdb.connect(str(of.warehouse_file)) as connection:
        begin_build(connection, run_id, "raw")
        record(connection, run_id, [CHECK])


def test_a_run_is_told_of_when_whoever_had_the_warehouse_lets_go(tmp_path: Path) -> None:
    of, file = told(tmp_path)
    ended(of)
    report(of, Report("1a2b3c4d", ("Steps failed: ['load_shop'].",)))
    with somebody_else(of):
        assert tell_of_reports(of, (CHECK.expected,)) == 1
        assert not file.exists()
    ended(of, "the next one")
    assert tell_of_reports(of, (CHECK.expected,)) == 0
    [one] = arrived(file)
    assert one["kind"] == "refused"
    assert "line 7" in one["lines"][0]


def test_a_sensor_that_fails_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    of, file = told(tmp_path)
    ended(of)
    sensors = {each.name: each for each in automation.build_notifiers(of, (CHECK.expected,))}

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("no")

    with monkeypatch.context() as broken, dg.DagsterInstance.ephemeral() as instance:
        broken.setattr(notices, "verdict_of", fail)

        @dg.job
        def nothing() -> None:
            @dg.op
            def one() -> None:
                raise ValueError("it broke")

            one()

        run = nothing.execute_in_process(
            instance=instance, raise_on_error=False, run_id="1a2b3c4d-0000-4000-8000-000000000000"
        )
        context = dg.build_run_status_sensor_context(
            sensor_name="tell_of_failure",
            dagster_instance=instance,
            dagster_run=run.dagster_run,
            dagster_event=run.get_run_failure_event(),
        ).for_run_failure()
        with pytest.raises(Exception, match="no"):
            sensors["tell_of_failure"](context)
    assert not file.exists()
    sensors["deliver_notices"](dg.build_sensor_context())
    [one] = arrived(file)
    assert one["kind"] == "failed"


def test_a_run_that_was_killed_is_told_of(tmp_path: Path) -> None:
    of, file = told(tmp_path)
    ended(of)
    code = (
        "import os, signal, sys\nfrom pathlib import Path\nfrom pipelines.warehouse import held\n"
        "with held(Path(sys.argv[1]), sys.argv[2]): os.kill(os.getpid(), signal.SIGKILL)"
    )
    for who in ("salesops as-of", "run 1a2b3c4d"):
        assert in_a_process(code, str(of.warehouse_file), who).returncode == -signal.SIGKILL
        tell_of_killed(of)
        tell_of_killed(of)
    assert deliver(of, {}) == 0
    [one] = arrived(file)
    assert one["kind"] == "failed"
    assert "run 1a2b3c4d (process" in one["lines"][0]


def test_a_run_that_is_still_going_is_not_told_of(tmp_path: Path) -> None:
    of, file = told(tmp_path)
    ended(of)
    code = (
        "import sys\nfrom pathlib import Path\nfrom pipelines.warehouse import held\n"
        "with held(Path(sys.argv[1]), 'run 1'): print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(of.warehouse_file)],
        env=os.environ | {"PYTHONPATH": str(PROJECT_ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        tell_of_killed(of)
        process.kill()
    assert waiting(of) == 0
    assert not file.exists()
    with held(of.warehouse_file) as left_behind:
        assert left_behind is not None

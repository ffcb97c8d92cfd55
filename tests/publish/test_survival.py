"""What a machine does to a publication: full disks, wrong clocks, power cuts, company.

Whatever happens, the release readers had stays readable, the next publication recovers, and
nothing half-written is ever visible.
"""

from __future__ import annotations

import errno
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines.publish import (
    PublishError,
    current,
    history,
    list_releases,
    pin,
    pins,
    prune,
    rollback,
    unpin,
    verify_files,
)
from pipelines.publish import files as publish_files
from pipelines.publish.pointer import LOG
from pipelines.serve import open_release
from tests.publish.test_crash import PROJECT, build_seen_by_readers
from tests.publish.world import info, publish_build


def ids(root: Path) -> list[str]:
    return [release.release_id for release in list_releases(root / "published")]


def leftovers(root: Path) -> list[str]:
    return [path.name for path in (root / "published").rglob(".tmp-*")]


# A full disk ------------------------------------------------------------------------------------

SHORT_OF_SPACE = """
import resource, signal, sys
from pathlib import Path
from pipelines.publish import PublishError
from tests.publish.world import build, publish_build

build(Path(sys.argv[1]) / "warehouse" / "warehouse.duckdb", 1, n_deals=200_000)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
from pipelines.publish import discover_tables, publish
from tests.publish.world import SCHEMAS, info, report
warehouse = Path(sys.argv[1]) / "warehouse" / "warehouse.duckdb"
try:
    publish(Path(sys.argv[1]) / "published", warehouse, release=info(1),
            tables=discover_tables(warehouse, SCHEMAS), report=report)
except PublishError as error:
    print(error)
    sys.exit(3)
"""


def test_without_room_for_the_files_nothing_is_published(tmp_path: Path) -> None:
    publish_build(tmp_path, 0)
    done = subprocess.run(
        [sys.executable, "-c", SHORT_OF_SPACE, str(tmp_path)],
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 3, done.stderr
    assert "could not be written" in done.stdout
    assert build_seen_by_readers(tmp_path) == [0]
    publish_build(tmp_path, 2)
    assert build_seen_by_readers(tmp_path) == [2]
    assert len(ids(tmp_path)) == 2
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("fails", ["symlink_to", "rename", "write_text", "open"])
def test_no_space_at_any_write_is_one_kind_of_refusal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    publish_build(tmp_path, 0)
    genuine = getattr(Path, fails)

    def full(self: Path, *arguments: Any, **more: Any) -> Any:
        is_reading = fails == "open" and (not arguments or "r" in str(arguments[0]))
        if is_reading or "published" not in self.parts:
            return genuine(self, *arguments, **more)
        raise OSError(errno.ENOSPC, "No space left on device", str(self))

    with monkeypatch.context() as patched:
        patched.setattr(Path, fails, full)
        with pytest.raises(PublishError, match="could not be written"):
            publish_build(tmp_path, 1)
    assert build_seen_by_readers(tmp_path) == [0]
    publish_build(tmp_path, 2)
    assert build_seen_by_readers(tmp_path) == [2]
    assert leftovers(tmp_path) == []


READ_ONLY = """
import os, sys
from pathlib import Path
from pipelines.publish import PublishError, discover_tables, publish
from tests.publish.world import SCHEMAS, info, report
if os.geteuid() == 0:
    # Nothing is forbidden to root. Nobody can read what is imported by now.
    os.setgid(65534)
    os.setuid(65534)
warehouse = Path(sys.argv[1]) / "warehouse" / "warehouse.duckdb"
try:
    publish(Path(sys.argv[1]) / "published", warehouse, release=info(1),
            tables=discover_tables(warehouse, SCHEMAS), report=report)
except PublishError as error:
    print(error)
    sys.exit(3)
"""


def test_a_folder_that_may_not_be_written_is_named() -> None:
    # Not below pytest's folder, which nobody else may enter.
    root = Path(f"/tmp/salesops-read-only-{os.getpid()}")
    try:
        publish_build(root, 0)
        for path in (root / "published", root / "published" / "releases"):
            path.chmod(0o555)
        (root / "published" / ".lock").unlink(missing_ok=True)
        for path in (root, root / "warehouse"):
            path.chmod(0o777)
        for path in (root / "warehouse").iterdir():
            path.chmod(0o666)
        done = subprocess.run(
            [sys.executable, "-B", "-c", READ_ONLY, str(root)],
            cwd=PROJECT,
            env={**os.environ, "PYTHONPATH": str(PROJECT), "HOME": "/tmp"},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 3, done.stderr[-600:]
        assert str(root / "published") in done.stdout
        assert build_seen_by_readers(root) == [0]
    finally:
        for path in (root / "published", root / "published" / "releases"):
            if path.exists():
                path.chmod(0o755)
        shutil.rmtree(root, ignore_errors=True)


# A wrong clock ----------------------------------------------------------------------------------


def test_a_release_made_with_the_clock_set_back_is_the_newest(tmp_path: Path) -> None:
    publish_build(tmp_path, 5)
    early = publish_build(tmp_path, 2)
    late = publish_build(tmp_path, 3)
    published = tmp_path / "published"
    assert build_seen_by_readers(tmp_path) == [3]
    assert [each.manifest.build_id for each in list_releases(published)] == [
        "build-5",
        "build-2",
        "build-3",
    ]
    assert prune(published, keep=2) == [info(5).release_id]
    assert ids(tmp_path) == [early.release_id, late.release_id]


def test_a_release_dated_in_the_future_is_young(tmp_path: Path) -> None:
    for build_no in range(4):
        publish_build(tmp_path, build_no)
    published = tmp_path / "published"
    long_ago = datetime.now(UTC) - timedelta(days=400)
    assert prune(published, keep=2, grace=timedelta(hours=1), now=long_ago) == []


# Power cuts -------------------------------------------------------------------------------------


class Disk:
    """Remembers when every file was last forced to the disk."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.synced: dict[Path, int] = {}
        genuine = os.fsync

        def fsync(descriptor: int) -> None:
            genuine(descriptor)
            path = Path(f"/proc/self/fd/{descriptor}").readlink()
            self.synced[path] = time.time_ns()

        monkeypatch.setattr(os, "fsync", fsync)

    def lost(self, folder: Path, before: Path) -> list[str]:
        """Files and folders that a power cut would empty, as they were written after their sync.

        `before` is the folder's name when it was sealed: a rename loses nothing that was synced.
        """
        found = []
        for path in [folder, *folder.rglob("*")]:
            was = before / path.relative_to(folder)
            synced = max(self.synced.get(path, 0), self.synced.get(was, 0))
            if path.stat().st_mtime_ns > synced:
                found.append(str(path.relative_to(folder)))
        return found


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs /proc to name descriptors")
def test_everything_is_on_the_disk_before_readers_are_pointed_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_build(tmp_path, 0)
    disk, seen = Disk(monkeypatch), []
    published = tmp_path / "published"
    name = info(1).release_id
    folder = published / "releases" / name

    def at(step: str) -> None:
        if step == "renamed":
            seen.append(disk.lost(folder, folder.with_name(f".tmp-{name}")))
            # The entry of the folder itself has to be there as well.
            assert disk.synced[published / "releases"] >= folder.stat().st_mtime_ns
        if step == "flipped":
            assert published in disk.synced
        if step == "announced":
            assert published / LOG in disk.synced

    publish_build(tmp_path, 1, at)
    assert seen == [[]]


def test_a_file_that_was_not_synced_would_be_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The test above can fail: without syncs it does."""
    publish_build(tmp_path, 0)
    disk, seen = Disk(monkeypatch), []
    monkeypatch.setattr(publish_files, "sync", lambda _: None)
    name = info(1).release_id
    folder = tmp_path / "published" / "releases" / name

    def at(step: str) -> None:
        if step == "renamed":
            seen.append(disk.lost(folder, folder.with_name(f".tmp-{name}")))

    publish_build(tmp_path, 1, at)
    assert "salesops.duckdb" in seen[0]


# Killed while going back or cleaning up -----------------------------------------------------------

KILLED = """
import os, signal, sys
from pathlib import Path
from pipelines.publish import prune, rollback

def die(step):
    if step.startswith(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)

published = Path(sys.argv[1]) / "published"
if sys.argv[2] == "rollback":
    rollback(published, sys.argv[4], die)
else:
    prune(published, 2, on_step=die)
"""


def die_in(root: Path, what: str, step: str, release_id: str = "") -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(root), what, step, release_id],
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        check=False,
        timeout=120,
    )
    assert done.returncode == -signal.SIGKILL


@pytest.mark.parametrize(("step", "seen"), [("verified", 1), ("flipped", 0), ("logged", 0)])
def test_a_rollback_killed_at_any_step_leaves_one_of_the_two(
    tmp_path: Path, step: str, seen: int
) -> None:
    first = publish_build(tmp_path, 0)
    publish_build(tmp_path, 1)
    die_in(tmp_path, "rollback", step, first.release_id)
    assert build_seen_by_readers(tmp_path) == [seen]
    publish_build(tmp_path, 2)
    assert build_seen_by_readers(tmp_path) == [2]
    assert len(ids(tmp_path)) == 3


@pytest.mark.parametrize("step", ["removed", "logged"])
def test_a_clean_up_killed_at_any_step_is_taken_up_again(tmp_path: Path, step: str) -> None:
    for build_no in range(5):
        publish_build(tmp_path, build_no)
    die_in(tmp_path, "prune", step)
    assert build_seen_by_readers(tmp_path) == [4]
    prune(tmp_path / "published", 2)
    kept = list_releases(tmp_path / "published")
    assert [release.manifest.build_id for release in kept] == ["build-3", "build-4"]
    assert leftovers(tmp_path) == []


# What is kept -----------------------------------------------------------------------------------

LONG_AFTER = datetime.now(UTC) + timedelta(days=900)


def test_a_pinned_release_outlives_all_others(tmp_path: Path) -> None:
    kept = publish_build(tmp_path, 0)
    published = tmp_path / "published"
    pin(published, kept.release_id, "board report of the second quarter")
    for build_no in range(1, 6):
        publish_build(tmp_path, build_no)
    prune(published, 2, now=LONG_AFTER)
    assert ids(tmp_path)[0] == kept.release_id
    assert pins(published) == {kept.release_id: "board report of the second quarter"}
    unpin(published, kept.release_id)
    assert prune(published, 2, now=LONG_AFTER) == [kept.release_id]
    assert pins(published) == {}


def test_a_young_release_stays_however_many_there_are(tmp_path: Path) -> None:
    for build_no in range(5):
        publish_build(tmp_path, build_no)
    published = tmp_path / "published"
    assert prune(published, 2, timedelta(hours=24)) == []
    assert len(prune(published, 2, timedelta(hours=24), now=LONG_AFTER)) == 3


def test_a_release_readers_went_back_to_is_young_again(tmp_path: Path) -> None:
    first = publish_build(tmp_path, 0)
    published = tmp_path / "published"
    lines = (published / LOG).read_text().replace(str(datetime.now(UTC).year), "2020")
    (published / LOG).write_text(lines)
    for build_no in range(1, 4):
        publish_build(tmp_path, build_no)
    rollback(published, first.release_id)
    publish_build(tmp_path, 4)
    publish_build(tmp_path, 5)
    assert first.release_id not in prune(published, 2, timedelta(hours=1))


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_pin_needs_a_reason(tmp_path: Path, reason: str) -> None:
    release = publish_build(tmp_path, 0)
    with pytest.raises(PublishError, match="say why"):
        pin(tmp_path / "published", release.release_id, reason)


def test_only_what_is_pinned_can_be_unpinned(tmp_path: Path) -> None:
    release = publish_build(tmp_path, 0)
    with pytest.raises(PublishError, match="not pinned"):
        unpin(tmp_path / "published", release.release_id)


@pytest.mark.parametrize(
    "file", ["salesops.duckdb", "report.html", "parquet/pipeline/fct_deal.parquet"]
)
def test_a_damaged_release_is_told(tmp_path: Path, file: str) -> None:
    release = publish_build(tmp_path, 0)
    damaged = release.path / file
    damaged.chmod(0o644)
    data = bytearray(damaged.read_bytes())
    data[len(data) // 2] ^= 0xFF
    damaged.write_bytes(bytes(data))
    with pytest.raises(PublishError, match=f"damaged: .*{Path(file).name}"):
        verify_files(release.path)
    with pytest.raises(PublishError, match="damaged"):
        rollback(tmp_path / "published", release.release_id)


# Company ----------------------------------------------------------------------------------------

TWO = """
import sys, time
from pathlib import Path
from pipelines.publish import PublishError, discover_tables, publish
from tests.publish.world import SCHEMAS, info, report
warehouse = Path(sys.argv[1]) / "warehouse" / "warehouse.duckdb"
while time.time() < float(sys.argv[3]):
    pass
try:
    publish(Path(sys.argv[1]) / "published", warehouse, release=info(int(sys.argv[2])),
            tables=discover_tables(warehouse, SCHEMAS), report=report)
except PublishError as error:
    print(error)
    sys.exit(3)
"""


def test_two_publishers_at_once_go_one_after_the_other(tmp_path: Path) -> None:
    publish_build(tmp_path, 0)
    start = time.time() + 3
    running = [
        subprocess.Popen(
            [sys.executable, "-c", TWO, str(tmp_path), str(number), str(start)],
            cwd=PROJECT,
            env={**os.environ, "PYTHONPATH": str(PROJECT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in (1, 2)
    ]
    ended = [(process.wait(timeout=120), process.communicate()) for process in running]
    assert {code for code, _ in ended} <= {0, 3}, ended
    n_published = sum(code == 0 for code, _ in ended)
    assert n_published >= 1
    assert all("another process" in out for code, (out, _) in ended if code == 3)
    assert len(ids(tmp_path)) == 1 + n_published
    assert leftovers(tmp_path) == []
    for release in list_releases(tmp_path / "published"):
        verify_files(release.path)


def _read_on(root: Path, until: float, answers: Any) -> None:
    """Ask the current release again and again; a mix of two is what must never be seen."""
    n_asked, problems = 0, []
    while time.time() < until and not (root / "stop").exists():
        try:
            with open_release(root / "published") as connection:
                builds = connection.execute(
                    "select build_no from pipeline.fct_deal union all "
                    "select build_no from shared.dim_stage union all "
                    "select cast(substr(build_id, 7) as integer) from meta.release"
                ).fetchall()
            if len(set(builds)) != 1:
                problems.append(f"saw {sorted(set(builds))}")
        except Exception as error:
            problems.append(repr(error))
        n_asked += 1
    answers.put((n_asked, problems[:3]))


@pytest.mark.slow
def test_fifty_publications_under_eight_readers(tmp_path: Path) -> None:
    publish_build(tmp_path, 0)
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    readers = [
        context.Process(target=_read_on, args=(tmp_path, time.time() + 900, answers))
        for _ in range(8)
    ]
    for reader in readers:
        reader.start()
    published = tmp_path / "published"
    for build_no in range(1, 51):
        publish_build(tmp_path, build_no)
        if build_no % 10 == 0:
            # With a grace, as readers that look up the pointer need a moment to open the file.
            prune(published, 5, timedelta(minutes=5))
    (tmp_path / "stop").touch()
    told = [answers.get(timeout=60) for _ in readers]
    for reader in readers:
        reader.join(timeout=30)
    assert [problems for _, problems in told if problems] == []
    assert min(n_asked for n_asked, _ in told) > 5
    now = current(published)
    assert now is not None
    assert now.manifest.build_id == "build-50"
    assert sum(event["event"] == "published" for event in history(published)) == 51

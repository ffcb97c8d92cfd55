"""A disk that fills, or may not be written, during a whole run: a sentence, and nothing is lost."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipelines import disk
from pipelines.publish import current
from pipelines.settings import PROJECT_ROOT
from tests.deployment import COMPANIES, Deployment
from tests.messages import faults
from tests.test_bad_input import FIRST, GOOD, HEADER, NEXT, deal, deliver

pytestmark = pytest.mark.xdist_group("full disk")

MB = 1 << 20
BOUND_SECONDS = 400
LARGER = HEADER + "".join(deal(number) for number in range(20_000))
COMMAND = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
most = int(sys.argv[1])
if most:
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
sys.argv[1:] = sys.argv[2:]
from pipelines.cli import main
main()
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[Errno 28] No space left on device: '/data/wh/x.csv'", "is full at /data/wh/x.csv."),
        ('Could not write file "/wh/w.duckdb.wal": No space left on device', "is full at /wh/w."),
        ("(sqlite3.OperationalError) database or disk is full", "is full."),
        ("[Errno 122] Disk quota exceeded", "is full."),
        ("[Errno 27] File too large: '/wh/a'", "is full at /wh/a."),
        ("(sqlite3.OperationalError) disk I/O error", "is full or damaged."),
        ("(sqlite3.OperationalError) attempt to write a readonly database", "cannot be written."),
        ("[Errno 13] Permission denied: '/wh/a'", "cannot be written at /wh/a."),
        ("[Errno 30] Read-only file system: '/wh/a'", "cannot be written at /wh/a."),
    ],
)
def test_what_a_disk_says_becomes_a_sentence(text: str, said: str) -> None:
    assert f"the disk {said}" in disk.told(text)
    assert "run again" in disk.told(text)


@pytest.mark.parametrize("text", ["", "Binder Error: no column 'a'", "[Errno 2] No such file: 'a'"])
def test_other_errors_are_left_alone(text: str) -> None:
    assert disk.told(text) == ""


def test_what_led_to_an_error_counts() -> None:
    error = RuntimeError("a step failed")
    error.__cause__ = OSError(28, "No space left on device", "/wh/a")
    assert disk.told_by(error).startswith("the disk is full at /wh/a.")


def run(shop: Deployment, largest_file: int = 0) -> subprocess.CompletedProcess[str]:
    """`salesops run` in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, str(largest_file), "run", "--company", str(shop.file)],
        cwd=PROJECT_ROOT,
        env=os.environ | {"SALESOPS_DAGSTER_STORAGE": str(shop.file.parent / "history")},
        capture_output=True,
        text=True,
        check=False,
        timeout=BOUND_SECONDS,
    )
    assert "Traceback" not in done.stdout + done.stderr, done.stderr
    return done


def hashes(shop: Deployment) -> dict[str, str]:
    """What every table of the release holds, but for those that speak of the runs themselves."""
    release = current(shop.company.paths.published)
    assert release is not None
    return {
        table.name: table.content_hash
        for table in release.manifest.tables
        if table.schema_name != "meta"
    }


@pytest.fixture(scope="module")
def day_to_come(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a company that has published a day and has another one to load."""
    folder = tmp_path_factory.mktemp("shop")
    shop = Deployment.of(COMPANIES / "maven_crm.yml", folder, reference=None)
    deliver(shop, folder / "in", FIRST, GOOD.encode())
    assert run(shop).returncode == 0
    deliver(shop, folder / "in", NEXT, LARGER.encode())
    return folder


@pytest.fixture(scope="module")
def undisturbed(day_to_come: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    shop = copy_of(day_to_come, tmp_path_factory.mktemp("undisturbed") / "shop")
    assert run(shop).returncode == 0
    return hashes(shop)


def copy_of(company: Path, folder: Path) -> Deployment:
    shutil.copytree(company, folder, symlinks=True)
    return Deployment(folder / "company.yml")


def check_accident(shop: Deployment, done: subprocess.CompletedProcess[str], before: str) -> None:
    """It was told of once, and readers notice nothing."""
    said = " ".join((done.stdout + done.stderr).split())
    assert done.returncode == 1
    assert said.count("the disk is full") + said.count("could not be written") == 1, said
    assert faults(done.stderr) == []
    assert shop.release_id == before
    assert shop.command("verify").exit_code == 0
    assert shop.value("select count(*) from pipeline.fct_opportunity") == 24


def check_recovery(shop: Deployment, before: str, undisturbed: dict[str, str]) -> None:
    done = run(shop)
    assert done.returncode == 0, done.stderr
    assert shop.release_id != before
    assert hashes(shop) == undisturbed


@pytest.mark.endurance
@pytest.mark.parametrize("largest_file_mb", [0.1, 10])
def test_files_that_can_grow_no_more(
    tmp_path: Path, day_to_come: Path, undisturbed: dict[str, str], largest_file_mb: float
) -> None:
    shop = copy_of(day_to_come, tmp_path / "shop")
    before = str(shop.release_id)
    check_accident(shop, run(shop, int(largest_file_mb * MB)), before)
    check_recovery(shop, before, undisturbed)


@contextmanager
def small_disk(folder: Path, size_mb: int) -> Iterator[Path]:
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size_mb}m", "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("needs the right to mount a file system")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.endurance
@pytest.mark.skipif(shutil.which("mount") is None, reason="needs mount")
@pytest.mark.parametrize("left_mb", [1, 25, 45])
def test_a_disk_that_fills(
    tmp_path: Path, day_to_come: Path, undisturbed: dict[str, str], left_mb: float
) -> None:
    """While it loads, while dbt builds, while the release is written."""
    with small_disk(tmp_path / "disk", 200) as folder:
        shop = copy_of(day_to_come, folder / "shop")
        before = str(shop.release_id)
        state = os.statvfs(folder)
        ballast = folder / "ballast"
        ballast.write_bytes(bytes(state.f_bavail * state.f_frsize - int(left_mb * MB)))
        done = run(shop)
        check_accident(shop, done, before)
        ballast.unlink()
        check_recovery(shop, before, undisturbed)

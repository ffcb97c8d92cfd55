"""A publication killed at any step: readers notice nothing, and the next one tidies up."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.publish import current, history, list_releases, verify_files
from pipelines.publish.pointer import LOG
from pipelines.serve import open_release
from tests.publish.world import publish_build

PROJECT = Path(__file__).resolve().parents[2]

BEFORE_THE_FLIP = [
    "recovered",
    "copied",
    "described",
    "parquet",
    "reported",
    "manifest",
    "sealed",
    "verified",
    "announced",
    "renamed",
]
AFTER_THE_FLIP = ["flipped", "logged"]

KILLED = """
import os, signal, sys
from pathlib import Path
from tests.publish.world import publish_build

def die(step):
    if step == sys.argv[2]:
        os.kill(os.getpid(), signal.SIGKILL)

publish_build(Path(sys.argv[1]), 1, die)
"""


def publish_and_die(root: Path, step: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(root), step],
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        check=False,
    )
    assert done.returncode == -signal.SIGKILL


def build_seen_by_readers(root: Path) -> list[int]:
    """Which builds the tables of the current release are from: one number, or readers see a mix."""
    with open_release(root / "published") as connection:
        return [
            row[0]
            for row in connection.execute(
                "select build_no from pipeline.fct_deal union select build_no from shared.dim_stage"
            ).fetchall()
        ]


def test_every_step_is_killed_somewhere_below(tmp_path: Path) -> None:
    steps: list[str] = []
    publish_build(tmp_path, 0, steps.append)
    assert steps == [*BEFORE_THE_FLIP, *AFTER_THE_FLIP]


@pytest.mark.parametrize("step", BEFORE_THE_FLIP)
def test_killed_before_the_flip_readers_keep_what_they_had(tmp_path: Path, step: str) -> None:
    first = publish_build(tmp_path, 0)
    publish_and_die(tmp_path, step)
    assert build_seen_by_readers(tmp_path) == [0]

    third = publish_build(tmp_path, 2)
    assert build_seen_by_readers(tmp_path) == [2]
    assert third.manifest.supersedes == first.release_id
    published = tmp_path / "published"
    assert [r.release_id for r in list_releases(published)] == [first.release_id, third.release_id]
    names = {path.name for path in (published / "releases").iterdir()}
    assert names == {first.release_id, third.release_id}


@pytest.mark.parametrize("step", AFTER_THE_FLIP)
def test_killed_after_the_flip_the_release_is_published(tmp_path: Path, step: str) -> None:
    publish_build(tmp_path, 0)
    publish_and_die(tmp_path, step)
    assert build_seen_by_readers(tmp_path) == [1]
    published = tmp_path / "published"
    second = current(published)
    assert second is not None
    verify_files(second.path)

    third = publish_build(tmp_path, 2)
    assert third.manifest.supersedes == second.release_id
    assert [r.manifest.build_id for r in list_releases(published)] == [
        "build-0",
        "build-1",
        "build-2",
    ]
    events = [e["release_id"] for e in history(published) if e["event"] == "published"]
    assert events == [r.release_id for r in list_releases(published)]


def test_the_killed_release_can_be_published_by_trying_again(tmp_path: Path) -> None:
    publish_build(tmp_path, 0)
    publish_and_die(tmp_path, "renamed")
    publish_build(tmp_path, 1)
    assert build_seen_by_readers(tmp_path) == [1]


def test_a_pointer_half_made_by_a_kill_is_made_again(tmp_path: Path) -> None:
    publish_build(tmp_path, 0)
    (tmp_path / "published" / ".tmp-current").symlink_to("releases/nowhere")
    publish_build(tmp_path, 1)
    assert build_seen_by_readers(tmp_path) == [1]


def test_a_log_line_cut_off_by_a_kill_costs_only_itself(tmp_path: Path) -> None:
    publish_build(tmp_path, 0)
    with (tmp_path / "published" / LOG).open("a") as log:
        log.write('{"at": "2024-05-0')
    publish_build(tmp_path, 1)
    events = [e["event"] for e in history(tmp_path / "published")]
    assert events == ["publishing", "published"] * 2


def test_without_its_log_no_release_is_removed(tmp_path: Path) -> None:
    for build_no in range(3):
        publish_build(tmp_path, build_no)
    (tmp_path / "published" / LOG).unlink()
    publish_build(tmp_path, 3)
    assert len(list_releases(tmp_path / "published")) == 4

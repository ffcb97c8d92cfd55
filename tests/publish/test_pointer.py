from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipelines.publish import (
    PublishError,
    UnknownRelease,
    current,
    history,
    list_releases,
    prune,
    rollback,
)
from tests.publish.world import publish_build


def ids(published: Path) -> list[str]:
    return [release.release_id for release in list_releases(published)]


def current_id(published: Path) -> str:
    now = current(published)
    assert now is not None
    return now.release_id


def test_before_the_first_release_there_is_none(tmp_path: Path) -> None:
    assert current(tmp_path) is None
    assert list_releases(tmp_path) == []
    assert history(tmp_path) == []


def test_rollback_makes_an_earlier_release_current_and_remembers_it(tmp_path: Path) -> None:
    first, second = publish_build(tmp_path, 0), publish_build(tmp_path, 1)
    published = tmp_path / "published"
    assert rollback(published, first.release_id) == first
    assert current_id(published) == first.release_id
    last = history(published)[-1]
    assert (last["event"], last["release_id"], last["before"]) == (
        "rolled_back",
        first.release_id,
        second.release_id,
    )


def test_publishing_after_a_rollback_supersedes_what_readers_had(tmp_path: Path) -> None:
    first, _ = publish_build(tmp_path, 0), publish_build(tmp_path, 1)
    rollback(tmp_path / "published", first.release_id)
    assert publish_build(tmp_path, 2).manifest.supersedes == first.release_id


def test_rollback_to_an_unknown_release_lists_the_known_ones(tmp_path: Path) -> None:
    first = publish_build(tmp_path, 0)
    with pytest.raises(UnknownRelease, match=first.release_id):
        rollback(tmp_path / "published", "20200101T000000Z-00000000")
    with pytest.raises(UnknownRelease):
        rollback(tmp_path / "published", "../warehouse")


@pytest.mark.parametrize("name", ["salesops.duckdb", "parquet/shared/dim_stage.parquet"])
def test_rollback_to_a_damaged_release_is_refused(tmp_path: Path, name: str) -> None:
    first, second = publish_build(tmp_path, 0), publish_build(tmp_path, 1)
    (first.path / name).chmod(0o644)
    with (first.path / name).open("r+b") as stream:
        stream.seek(100)
        stream.write(b"\xff\x00\xff")
    with pytest.raises(PublishError, match="damaged"):
        rollback(tmp_path / "published", first.release_id)
    assert current_id(tmp_path / "published") == second.release_id


def test_rollback_to_a_release_with_a_missing_file_is_refused(tmp_path: Path) -> None:
    first, _ = publish_build(tmp_path, 0), publish_build(tmp_path, 1)
    (first.path / "report.html").unlink()
    with pytest.raises(PublishError, match=r"report\.html is missing"):
        rollback(tmp_path / "published", first.release_id)


def test_a_copied_release_folder_is_not_taken_for_another_release(tmp_path: Path) -> None:
    first, _ = publish_build(tmp_path, 0), publish_build(tmp_path, 1)
    shutil.copytree(first.path, first.path.with_name("20300101T000000Z-00000000"))
    with pytest.raises(PublishError, match="renamed or copied"):
        rollback(tmp_path / "published", "20300101T000000Z-00000000")


def test_a_pointer_to_nowhere_says_how_to_get_out(tmp_path: Path) -> None:
    first, second = publish_build(tmp_path, 0), publish_build(tmp_path, 1)
    shutil.rmtree(second.path)
    published = tmp_path / "published"
    with pytest.raises(PublishError, match=f"roll back to one of: {first.release_id}"):
        current(published)
    rollback(published, first.release_id)
    assert current_id(published) == first.release_id


def test_prune_keeps_the_newest(tmp_path: Path) -> None:
    names = [publish_build(tmp_path, build_no).release_id for build_no in range(5)]
    assert prune(tmp_path / "published", 3) == names[:2]
    assert ids(tmp_path / "published") == names[2:]
    assert prune(tmp_path / "published", 3) == []


def test_prune_never_removes_the_current_release_nor_its_predecessor(tmp_path: Path) -> None:
    names = [publish_build(tmp_path, build_no).release_id for build_no in range(5)]
    published = tmp_path / "published"
    rollback(published, names[1])
    assert prune(published, 2) == [names[2]]
    # Current, the one it superseded, the one that was current before the rollback, the newest.
    assert ids(published) == [names[0], names[1], names[3], names[4]]
    assert current_id(published) == names[1]


def test_prune_of_fewer_than_two_is_refused(tmp_path: Path) -> None:
    publish_build(tmp_path, 0)
    with pytest.raises(ValueError, match="at least 2"):
        prune(tmp_path / "published", 1)

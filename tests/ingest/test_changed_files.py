"""A landed file that changed is read again, whatever its size and time say; others are not."""

from __future__ import annotations

import os
from pathlib import Path
from time import time_ns

import pytest

from pipelines.ingest import plan
from tests.ingest.world import DEALS, World, days

DAY = days(1)[0]
OTHER = DEALS.replace("10.5", "99.5")


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files that are read for their hash."""
    found: list[str] = []
    original = plan._sha256

    def remember(path: Path) -> str:
        found.append(path.name)
        return original(path)

    monkeypatch.setattr(plan, "_sha256", remember)
    return found


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """The files were landed an hour ago."""
    monkeypatch.setattr(plan, "time_ns", lambda: time_ns() + 3600 * 10**9)


def amount(shop: World) -> str:
    [result] = [each for each in shop.load() if each.object == "deal"]
    [(value,)] = shop.rows("select amount from raw.shop__deal where id = 'A'")
    return f"{result.status} {value:.1f}"


def landed(shop: World) -> Path:
    return shop.deliver(DAY, DEALS).matched[0].target


def rewritten(file: Path) -> None:
    file.write_text(OTHER)


def replaced(file: Path) -> None:
    beside = file.with_name("new")
    beside.write_text(OTHER)
    beside.replace(file)


@pytest.mark.usefixtures("later")
@pytest.mark.parametrize("change", [rewritten, replaced])
def test_a_file_that_changed_under_its_old_size_and_time_is_read(
    shop: World, change: object
) -> None:
    file = landed(shop)
    assert amount(shop) == "loaded 10.5"
    before = file.stat()
    assert callable(change)
    change(file)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (file.stat().st_size, file.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    assert amount(shop) == "loaded 99.5"


@pytest.mark.usefixtures("later")
def test_a_file_that_nobody_touched_is_not_read_again(shop: World, hashed: list[str]) -> None:
    landed(shop)
    amount(shop)
    hashed.clear()
    assert amount(shop) == "unchanged 10.5"
    assert hashed == []


@pytest.mark.usefixtures("later")
def test_a_file_that_was_touched_is_read_once_and_loaded_never(
    shop: World, hashed: list[str]
) -> None:
    file = landed(shop)
    amount(shop)
    file.chmod(0o640)
    os.utime(file)
    hashed.clear()
    assert amount(shop) == "unchanged 10.5"
    assert amount(shop) == "unchanged 10.5"
    assert hashed == ["deals.csv"]


def test_a_file_that_changed_within_the_same_moment_is_read(
    shop: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = landed(shop)
    same = file.stat()
    monkeypatch.setattr(plan, "_stat", lambda _: same)
    assert amount(shop) == "loaded 10.5"
    file.write_text(OTHER)
    assert amount(shop) == "loaded 99.5"

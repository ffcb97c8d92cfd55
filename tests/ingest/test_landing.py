"""Deliveries reach the landing folder whole, unchanged and under the right object."""

from __future__ import annotations

import gzip
from datetime import date
from pathlib import Path

import pytest

from pipelines.ingest import LandingError, land, landed_days
from tests.ingest.world import DEALS, World, days, make_company

DAY = days(1)[0]


def test_a_folder_is_landed_byte_for_byte_and_the_rest_is_left(shop: World) -> None:
    inbox = shop.folder / "inbox"
    (inbox / "inner").mkdir(parents=True)
    (inbox / ".hidden").mkdir()
    packed = gzip.compress(DEALS.encode())
    (inbox / "inner" / "deals_1.csv.gz").write_bytes(packed)
    (inbox / ".hidden" / "deals.csv").write_text(DEALS)
    (inbox / "notes.txt").write_text("hello")
    report = land(shop.company, DAY, [inbox])
    [landed] = report.matched
    assert (landed.source, landed.object) == ("shop", "deal")
    assert landed.target.read_bytes() == packed
    assert landed.target.parent == shop.company.paths.landing / "shop" / "deal" / "2026-03-01"
    assert [path.name for path in report.unmatched] == ["notes.txt"]


def test_landing_the_same_file_again_changes_nothing(shop: World) -> None:
    target = shop.deliver(DAY, DEALS).matched[0].target
    before = target.stat().st_mtime_ns
    report = shop.deliver(DAY, DEALS)
    assert (len(report.matched), len(report.unchanged)) == (0, 1)
    assert target.stat().st_mtime_ns == before


def test_a_corrected_delivery_needs_to_be_meant(shop: World) -> None:
    target = shop.deliver(DAY, DEALS).matched[0].target
    with pytest.raises(LandingError, match="--replace"):
        shop.deliver(DAY, DEALS + "C,1,,,,,\n")
    assert target.read_text() == DEALS
    shop.deliver(DAY, DEALS + "C,1,,,,,\n", replace=True)
    assert target.read_text().endswith("C,1,,,,,\n")


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        pytest.param("deals.csv", b"", "1 files are empty", id="empty file"),
        pytest.param("orders.csv", b"id\n", "none of 1 files is of an enabled", id="no match"),
    ],
)
def test_what_is_no_delivery_is_refused(shop: World, name: str, content: bytes, says: str) -> None:
    with pytest.raises(LandingError, match=says):
        shop.deliver(DAY, content, name)
    assert not shop.company.paths.landing.exists()


def test_a_missing_path_is_named(shop: World) -> None:
    with pytest.raises(LandingError, match=r"nowhere\.csv: there is no such"):
        land(shop.company, DAY, [shop.folder / "nowhere.csv"])


def test_two_files_for_one_place_are_refused(shop: World) -> None:
    for folder in ("a", "b"):
        (shop.folder / folder).mkdir()
        (shop.folder / folder / "deals.csv").write_text(DEALS)
    with pytest.raises(LandingError, match="Land only the right one"):
        land(shop.company, DAY, [shop.folder / "a", shop.folder / "b"])


def test_a_file_of_two_enabled_sources_is_refused(shop: World, contracts: Path) -> None:
    (contracts / "store.yml").write_text((contracts / "shop.yml").read_text())
    company = make_company(shop.folder, "{shop: {}, store: {}}")
    file = shop.folder / "deals.csv"
    file.write_text(DEALS)
    with pytest.raises(LandingError, match="shop/deal and store/deal"):
        land(company, DAY, [file])


def test_days_are_listed_in_order_also_of_the_future(shop: World) -> None:
    shop.deliver(DAY, DEALS)
    later = shop.company.paths.landing / "shop" / "deal" / "2099-01-01"
    later.mkdir()
    (later / "deals.csv").write_text(DEALS)
    assert landed_days(shop.company) == [DAY, date(2099, 1, 1)]

"""A full extract that was cut off is questioned, far below half; deletes that are meant pass."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml

from pipelines.ingest.missing import Gone, doubt
from pipelines.settings import ConfigurationError, load_company
from tests.ingest.world import HEADER, SHOP, World, days, write_contract

D1, D2, D3, D4 = days(8, 15, 22, 29)
DEALS = range(1, 41)
OPEN = range(33, 41)
"""The newest eight of forty, a fifth of them, and all that are open."""


@pytest.fixture
def company(shop: World, contracts: Path) -> World:
    """The shop, whose contract says which deals are new, open, and what they are worth."""
    document = deepcopy(SHOP)
    document["objects"]["deal"]["watched"] = {
        "newest_by": "closed_on",
        "open_where": {"is_won": [False]},
        "value": "amount",
    }
    write_contract(contracts, document)
    return shop


def deals(numbers: Iterable[int], open_: Iterable[int] = OPEN, **amounts: int) -> str:
    """Deals by number, each a day newer than the one before."""
    still_open = set(open_)
    return HEADER + "".join(
        f"D{number:03},{amounts.get(f'd{number}', 10)},{date(2025, 1, 1) + timedelta(number)},"
        f"{str(number not in still_open).lower()},,,\n"
        for number in numbers
    )


def without(*gone: int) -> list[int]:
    return [number for number in DEALS if number not in gone]


def second_load(company: World, first: str, second: str) -> str | None:
    company.deliver(D1, first)
    company.deliver(D2, second)
    result = company.load()[-1]
    assert result.extract_on == D2
    return result.message


@pytest.mark.parametrize(
    ("gone", "says"),
    [
        pytest.param(tuple(OPEN), "lacks 8 of 40 known records (first: D033)", id="a fifth"),
        pytest.param((36, 38, 40), "among them 3 of the 8 that are open", id="three open"),
        pytest.param((30, 31, 32), "they are worth 94% of all that counts", id="most of the value"),
    ],
)
def test_an_extract_that_looks_cut_off_is_refused(
    company: World, gone: tuple[int, ...], says: str
) -> None:
    first = deals(DEALS, (*OPEN, 30, 31, 32), d30=400, d31=400, d32=400)
    if gone != (30, 31, 32):
        first = deals(DEALS)
    message = str(second_load(company, first, deals(without(*gone))))
    assert says in message
    assert "deletes/shop.deal/2026-03-15" in message


def test_the_newest_records_alone_are_questioned(company: World) -> None:
    """Four of a hundred, all closed: few, but none that is newer came instead."""
    first = deals(range(1, 101), ())
    message = str(second_load(company, first, deals(range(1, 97), ())))
    assert "they are the newest: of those since then, 4 are missing and 0 are there" in message


@pytest.mark.parametrize(
    "kept",
    [
        pytest.param(without(40), id="one open deal"),
        pytest.param(without(39, 40), id="two new ones"),
        pytest.param(without(1, 2, 3, 4), id="the oldest tenth"),
        pytest.param(without(3, 11, 24, 35), id="a tenth of any age"),
        pytest.param([*without(33, 34), *range(41, 45)], id="two open ones and four that are new"),
    ],
)
def test_deletes_of_a_few_records_are_deletes(company: World, kept: list[int]) -> None:
    assert second_load(company, deals(DEALS), deals(kept)) is None


@pytest.mark.parametrize("n_known", [3, 5, 12])
def test_a_small_table_may_change_but_not_be_emptied(shop: World, n_known: int) -> None:
    shop.deliver(D1, deals(range(n_known), ()))
    shop.deliver(D2, HEADER)
    assert f"lacks {n_known} of {n_known} known records" in str(shop.load()[-1].message)
    shop.deliver(D2, deals(range(n_known - 1, n_known + 6), ()), replace=True)
    assert shop.load()[-1].status == "loaded"


def test_an_object_that_always_loses_many_is_judged_by_its_own_days(
    shop: World, contracts: Path
) -> None:
    """Nine of a hundred go every week, so that a fifth is no surprise, but a third is."""
    shop.deliver(D1, deals(range(100), ()))
    shop.deliver(D2, deals(range(9, 100), ()))
    shop.deliver(D3, deals(range(27, 100), ()))
    assert [result.message for result in shop.load()] == [None] * 3
    shop.deliver(D4, deals(range(90, 100), ()))
    assert "lacks 63 of 73 known records" in str(shop.load()[-1].message)
    # A contract that says how many may go is obeyed.
    document = deepcopy(SHOP)
    document["objects"]["deal"]["max_delete_fraction"] = 0.05
    write_contract(contracts, document)
    assert "its contract allows 5.0% (max_delete_fraction)" in str(shop.load()[-1].message)


def accept(company: World, change: str, until: str = "2026-03-15") -> None:
    file = company.company.file
    document = yaml.safe_load(file.read_text())
    reason = "Deals of a pilot were purged."
    document["accepted_changes"] = [{"change": change, "reason": reason, "until": until}]
    file.write_text(yaml.safe_dump(document))
    company.company = load_company(file)


def test_a_purge_that_the_company_file_names_is_loaded(company: World) -> None:
    company.deliver(D1, deals(DEALS))
    company.load()
    assert second_load(company, deals(DEALS), deals(without(*OPEN))) is not None
    accept(company, "deletes/shop.deal/2026-03-15")
    first, second = company.load()
    assert (first.status, second.status, second.n_deleted) == ("unchanged", "loaded", 8)
    assert [result.status for result in company.load()] == ["unchanged", "unchanged"]
    # Only that extract: the next one is asked again.
    company.deliver(D3, deals(range(1, 20), ()))
    assert "lacks 13 of 32 known records" in str(company.load()[-1].message)


def test_without_its_entry_a_kept_warehouse_refuses_as_a_fresh_one_does(company: World) -> None:
    accept(company, "deletes/shop.deal/2026-03-15")
    assert second_load(company, deals(DEALS), deals(without(*OPEN))) is None
    accept(company, "deletes/shop.deal/2026-03-22", "2026-03-22")
    assert company.load()[-1].status == "failed"


@pytest.mark.parametrize(
    "change", ["deletes/shop.deals/2026-03-15", "deletes/shop.deal", "deletes/shop.deal/March"]
)
def test_an_acceptance_that_names_no_extract_is_refused(company: World, change: str) -> None:
    company.deliver(D1, deals(DEALS))
    accept(company, change)
    with pytest.raises(ConfigurationError, match=r"such as deletes/shop\.deal/2026-03-29"):
        company.load()


@pytest.mark.parametrize(
    ("gone", "limit", "is_doubtful"),
    [
        (Gone(2, 2), None, False),
        (Gone(3, 3), None, True),
        (Gone(3, 3), 1.0, False),
        (Gone(2, 20), None, False),
        (Gone(3, 20), None, True),
        (Gone(5, 19), None, False),
        (Gone(20, 100, usual=0.07), None, False),
        (Gone(22, 100, usual=0.07), None, True),
        (Gone(60, 100, usual=0.4), None, True),
        (Gone(20, 100), 0.2, False),
        (Gone(4, 100, n_open_gone=4, n_open=13), None, True),
        (Gone(4, 100, n_open_gone=4, n_open=14), None, False),
        (Gone(4, 100, value_gone=31, value=100), None, True),
        (Gone(4, 100, value_gone=30, value=100), None, False),
        (Gone(4, 100, n_newest_gone=4, n_newest_left=1), None, True),
        (Gone(4, 100, n_newest_gone=4, n_newest_left=2), None, False),
    ],
)
def test_where_the_limits_lie(gone: Gone, limit: float | None, is_doubtful: bool) -> None:
    assert (doubt(gone, limit) is not None) is is_doubtful

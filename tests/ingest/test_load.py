"""The raw log holds every version once, and is a pure function of the landing folder."""

from __future__ import annotations

import shutil
from copy import deepcopy
from datetime import date, datetime
from decimal import Decimal
from itertools import permutations
from pathlib import Path

import pytest

from pipelines.ingest import IngestError, NothingLanded, ensure_tables, land, load
from pipelines.settings import ConfigurationError
from tests.ingest.world import DEALS, HEADER, SHOP, World, days, make_company, write_contract

D1, D2, D3 = days(1, 2, 3)
OPS = "select id, amount, _op, _extracted_on from raw.shop__deal order by _extracted_on, id"
LATER = DEALS.replace("A,10.5", "A,11").replace("01-05 09", "03-02 08")


def end_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 23, 59, 59, 999999)


def deals(*rows: str) -> str:
    return HEADER + "".join(f"{row}\n" for row in rows)


def many(n: int) -> str:
    return deals(*(f"{number},1,,,,," for number in range(n)))


def test_only_changes_add_rows(shop: World) -> None:
    shop.deliver(D1, DEALS)
    shop.deliver(D2, LATER)
    first, second = shop.load()
    assert (first.n_inserted, first.n_changed) == (2, 0)
    assert (second.n_inserted, second.n_changed, second.n_deleted) == (0, 1, 0)
    assert shop.rows(OPS) == [
        ("A", Decimal("10.5"), "upsert", D1),
        ("B", None, "upsert", D1),
        ("A", 11, "upsert", D2),
    ]


def test_a_key_missing_from_a_full_extract_is_deleted_and_may_come_back(shop: World) -> None:
    without_b = deals("A,1,,,,,")
    shop.deliver(D1, deals("A,1,,,,,", "B,2,,,,,"))
    shop.deliver(D2, without_b)
    shop.deliver(D3, deals("A,1,,,,,", "B,2,,,,,"))
    results = shop.load()
    assert [(r.n_inserted, r.n_deleted) for r in results] == [(2, 0), (0, 1), (1, 0)]
    versions = "select amount, _op, _recorded_at from raw.shop__deal where id = 'B' order by 3"
    assert shop.rows(versions) == [
        (2, "upsert", end_of(D1)),
        (2, "delete", end_of(D2)),
        (2, "upsert", end_of(D3)),
    ]


def test_a_key_missing_from_an_incremental_extract_means_nothing(shop: World) -> None:
    shop.deliver(D1, "day_on,n_clicks\n2026-02-01,5\n2026-02-02,6\n", "clicks.csv")
    shop.deliver(D2, "day_on,n_clicks\n2026-02-02,7\n2026-02-03,8\n", "clicks.csv")
    results = [result for result in shop.load() if result.object == "click"]
    assert [(r.n_inserted, r.n_changed, r.n_deleted) for r in results] == [(2, 0, 0), (1, 1, 0)]


def test_the_source_says_when_it_recorded_and_otherwise_the_cut_does(shop: World) -> None:
    shop.try_load(deals("A,,,,,,2026-01-05 09:00:00", "B,,,,,,"))
    assert [row[3] for row in shop.log()] == [datetime(2026, 1, 5, 9), end_of(D1)]


def test_what_arrives_later_was_not_known_before(shop: World) -> None:
    """A late stamp cannot change the answer for a day that was already told."""
    shop.deliver(D1, deals("A,1,,,,,2026-01-05 09:00:00"))
    shop.deliver(D2, deals("A,2,,,,,2026-01-04 09:00:00", "B,1,,,,,2026-01-01 00:00:00"))
    shop.deliver(D3, deals("A,2,,,,,2026-01-04 09:00:00", "B,2,,,,,2026-03-03 07:00:00"))
    shop.load()
    day_before_is_over = datetime(2026, 3, 2)
    assert shop.rows(
        "select id, _recorded_at from raw.shop__deal where _extracted_on > ? order by 2, 1", [D1]
    ) == [
        ("A", day_before_is_over),
        ("B", day_before_is_over),
        ("B", datetime(2026, 3, 3, 7)),
    ]


def test_versions_of_a_record_keep_their_order(shop: World) -> None:
    """An extract taken after midnight has stamps behind its own cut."""
    shop.deliver(D1, deals("A,1,,,,,2026-03-02 05:00:00", "B,1,,,,,2026-03-02 23:00:00"))
    shop.deliver(D2, deals("A,2,,,,,2026-03-02 05:00:00"))
    shop.load()
    rows = shop.rows(
        "select id, _op, _recorded_at from raw.shop__deal where _extracted_on = ?", [D2]
    )
    assert sorted(rows) == [
        ("A", "upsert", datetime(2026, 3, 2, 5, 0, 0, 1)),
        ("B", "delete", end_of(D2)),
    ]


def test_the_cut_is_the_end_of_the_day_where_the_company_is(tmp_path: Path, shop: World) -> None:
    there = World.of(tmp_path / "ny", time_zone="America/New_York")
    for day in (date(2026, 3, 7), date(2026, 3, 8)):  # the clocks change on the second
        there.deliver(day, many(day.day))
    there.load()
    assert there.rows("select distinct _extracted_at from raw.shop__deal order by 1") == [
        (datetime(2026, 3, 8, 4, 59, 59, 999999),),
        (datetime(2026, 3, 9, 3, 59, 59, 999999),),
    ]
    assert shop.source == there.source


def test_loading_twice_changes_nothing(shop: World) -> None:
    shop.deliver(D1, DEALS)
    shop.deliver(D2, LATER)
    shop.load()
    before, ledger = shop.log(), shop.rows("from control.batches order by all")
    assert [result.status for result in shop.load()] == ["unchanged", "unchanged"]
    assert (shop.log(), shop.rows("from control.batches order by all")) == (before, ledger)


@pytest.mark.parametrize("order", list(permutations([0, 1, 2])), ids=str)
def test_any_order_of_arrival_gives_the_same_log(
    shop: World, tmp_path: Path, order: tuple[int, ...]
) -> None:
    extracts = [DEALS, LATER, deals("B,,,true,,,2026-03-03 10:00:00", "C,1,,,,,")]
    straight = World.of(tmp_path / "straight")
    for day, content in zip((D1, D2, D3), extracts, strict=True):
        straight.deliver(day, content)
    straight.load()
    for position in order:
        shop.deliver((D1, D2, D3)[position], extracts[position])
        shop.load()
    assert shop.log() == straight.log()
    ledger = "select * exclude (loaded_at) from control.batches order by all"
    assert shop.rows(ledger) == straight.rows(ledger)


def test_a_corrected_old_day_is_replayed_as_if_it_had_come_first(
    shop: World, tmp_path: Path
) -> None:
    for day, content in ((D1, DEALS), (D2, deals("A,99,,,,,")), (D3, LATER)):
        shop.deliver(day, content)
    shop.load()
    shop.deliver(D2, LATER, replace=True)
    assert [result.status for result in shop.load()] == ["unchanged", "loaded", "loaded"]
    straight = World.of(tmp_path / "straight")
    for day, content in ((D1, DEALS), (D2, LATER), (D3, LATER)):
        straight.deliver(day, content)
    straight.load()
    assert shop.log() == straight.log()


def test_a_day_taken_out_of_the_landing_folder_leaves_the_log(shop: World) -> None:
    shop.deliver(D1, DEALS)
    shop.load()
    before = shop.log()
    shop.deliver(D2, LATER)
    shop.load()
    shutil.rmtree(shop.company.paths.landing / "shop" / "deal" / D2.isoformat())
    shop.load()
    assert shop.log() == before


def test_several_files_of_a_day_are_one_batch(shop: World) -> None:
    shop.deliver(D1, deals("A,1,,,,,"), "deals_1.csv")
    shop.deliver(D1, deals("A,1,,,,,", "B,1,,,,,"), "deals_2.csv")
    [result] = shop.load()
    assert (result.n_files, result.n_read, result.n_duplicate) == (2, 3, 1)
    assert [row[-2].rpartition("/")[2] for row in shop.log()] == ["deals_1.csv", "deals_2.csv"]


def test_a_failed_batch_leaves_the_object_as_it_was_until_it_is_corrected(shop: World) -> None:
    shop.deliver(D1, DEALS)
    shop.load()
    before = shop.log()
    shop.deliver(D2, LATER.replace("A,11", "A,eleven"))
    shop.deliver(D3, LATER)
    for _ in range(2):
        assert [result.status for result in shop.load()] == ["unchanged", "failed"]
        assert shop.log() == before
        ledger = "select extract_on, status, n_read, n_rejected from control.batches order by 1"
        assert shop.rows(ledger) == [(D1, "loaded", 2, 0), (D2, "failed", 2, 1)]
        assert shop.rejects() == [(2, "amount", "bad_decimal", "eleven")]
    shop.deliver(D2, LATER, replace=True)
    assert [result.status for result in shop.load()] == ["unchanged", "loaded", "loaded"]
    assert (shop.rejects(), len(shop.log())) == ([], 3)


def test_a_failed_correction_keeps_what_was_loaded(shop: World) -> None:
    shop.deliver(D1, DEALS)
    shop.load()
    before = shop.log()
    shop.deliver(D1, "id\nA\n", replace=True)
    assert [result.status for result in shop.load()] == ["failed"]
    assert shop.log() == before


def test_one_failed_object_does_not_hold_up_the_others(shop: World) -> None:
    shop.deliver(D1, "id\n")
    shop.deliver(D1, "day_on,n_clicks\n2026-02-01,5\n", "clicks.csv")
    seen = []
    results = load(shop.connection, shop.company, "shop", on_batch=seen.append)
    assert [(r.object, r.status) for r in results] == [("deal", "failed"), ("click", "loaded")]
    assert seen == results


def test_an_extract_that_lacks_more_than_its_contract_allows_is_refused(
    shop: World, contracts: Path
) -> None:
    document = deepcopy(SHOP)
    document["objects"]["deal"]["max_delete_fraction"] = 0.5
    write_contract(contracts, document)
    shop.deliver(D1, many(40))
    shop.deliver(D2, many(19))
    result = shop.load()[-1]
    assert result.status == "failed"
    assert "lacks 21 of 40 known records" in str(result.message)
    shop.deliver(D2, many(20), replace=True)
    assert shop.load()[-1].n_deleted == 20


def test_a_file_of_only_a_header_is_no_records(shop: World) -> None:
    shop.deliver(D1, HEADER)
    assert (shop.load()[-1].status, shop.log()) == ("loaded", [])
    shop.deliver(D2, DEALS)
    shop.deliver(D3, HEADER)
    assert shop.load()[-1].n_deleted == 2


def test_a_changed_contract_makes_the_table_anew(shop: World, contracts: Path) -> None:
    shop.deliver(D1, DEALS)
    [before] = shop.load()
    document = deepcopy(SHOP)
    document["objects"]["deal"]["columns"][4]["type"] = "text"
    write_contract(contracts, document)
    [after] = shop.load()
    assert (after.status, after.batch_id != before.batch_id) == ("loaded", True)
    assert shop.rows("select n_items from raw.shop__deal where id = 'A'") == [("3",)]


def test_a_reworded_contract_loads_nothing_anew(shop: World, contracts: Path) -> None:
    shop.deliver(D1, DEALS)
    shop.load()
    document = deepcopy(SHOP)
    document["objects"]["deal"] |= {"description": "Sales.", "freshness_days": 3}
    write_contract(contracts, document)
    assert [result.status for result in shop.load()] == ["unchanged"]


def test_rows_read_are_accepted_or_duplicate_or_rejected(shop: World, contracts: Path) -> None:
    document = deepcopy(SHOP)
    document["objects"]["deal"]["reject_limit"] = 10
    write_contract(contracts, document)
    rows = ["A,1,,,,,", "A,1,,,,,", "B,1,,,,,", "B,2,,,,,", "C,x,bad,,,,", "D", "E,1,,,,,"]
    result = shop.try_load(deals(*rows))
    counts = (result.n_read, result.n_accepted, result.n_duplicate, result.n_rejected)
    assert counts == (7, 2, 1, 4)
    assert shop.rows("select count(*) from raw.shop__deal") == [(2,)]


def test_tables_of_undelivered_objects_exist_and_are_empty(shop: World) -> None:
    ensure_tables(shop.connection, shop.company)
    columns = shop.rows("select column_name, column_type from (describe raw.shop__click)")
    assert columns[:3] == [
        ("day_on", "DATE"),
        ("n_clicks", "BIGINT"),
        ("_recorded_at", "TIMESTAMP"),
    ]
    assert shop.rows("select count(*) from raw.shop__click") == [(0,)]


def test_nothing_landed_says_which_command_to_run(shop: World) -> None:
    with pytest.raises(NothingLanded, match="salesops land --company"):
        shop.load()


def test_an_object_that_must_be_there_is_missed(shop: World, contracts: Path) -> None:
    document = deepcopy(SHOP)
    del document["objects"]["click"]["optional"]
    write_contract(contracts, document)
    shop.deliver(D1, DEALS)
    with pytest.raises(NothingLanded, match=r"first: click, which comes as clicks\.csv"):
        shop.load()
    assert [result.status for result in shop.load("deal")] == ["loaded"]


@pytest.mark.parametrize(
    ("place", "says"),
    [
        ("shop/sales/2026-03-01/deals.csv", "no object of shop"),
        ("shop/deal/01-03-2026/deals.csv", "no folder of an extract day"),
        ("shop/deal/20260301/deals.csv", "no folder of an extract day"),
        ("shop/deal/2026-03-01/orders.csv", "no file of shop/deal"),
    ],
)
def test_what_was_put_into_the_landing_folder_by_hand_is_questioned(
    shop: World, place: str, says: str
) -> None:
    file = shop.company.paths.landing / place
    file.parent.mkdir(parents=True)
    file.write_text(DEALS)
    with pytest.raises(IngestError, match=says):
        shop.load()


@pytest.mark.parametrize(
    ("sources", "says"),
    [
        ("{other: {}}", "source 'other' has no contract"),
        ("{shop: {format: xml}}", "no format 'xml'; known: csv"),
    ],
)
def test_a_source_the_company_file_gets_wrong_is_a_configuration_error(
    shop: World, sources: str, says: str
) -> None:
    file = shop.folder / "deals.csv"
    file.write_text(DEALS)
    with pytest.raises(ConfigurationError, match=says):
        land(make_company(shop.folder, sources), D1, [file])


def test_an_object_never_delivered_takes_over_a_new_contract(shop: World, contracts: Path) -> None:
    shop.deliver(D1, DEALS)
    shop.load()
    document = deepcopy(SHOP)
    document["objects"]["click"]["columns"].append({"name": "page"})
    write_contract(contracts, document)
    shop.load()
    assert shop.rows("select page from raw.shop__click") == []
    assert shop.rows("select count(*) from raw.shop__deal") == [(2,)]


def test_extracts_without_a_column_that_came_later_say_which(shop: World, contracts: Path) -> None:
    shop.deliver(D1, DEALS)
    shop.load()
    document = deepcopy(SHOP)
    document["objects"]["deal"]["columns"].append({"name": "page"})
    write_contract(contracts, document)
    [result] = shop.load()
    assert result.status == "failed"
    assert "lacks column 'page'" in (result.message or "")
    assert "`absent_ok` in pipelines/contracts/shop.yml" in (result.message or "")

from __future__ import annotations

import csv
import io
import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.serve import (
    NoRelease,
    QueryError,
    QueryResult,
    as_csv,
    as_json,
    as_rows,
    open_release,
    query,
)
from tests.publish.world import publish_build


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two releases; the second is current."""
    folder = tmp_path_factory.mktemp("served")
    publish_build(folder, 0)
    publish_build(folder, 1)
    return folder


def test_the_current_release_is_opened_unless_another_is_named(root: Path) -> None:
    published = root / "published"
    first = sorted(path.name for path in (published / "releases").iterdir())[0]
    sql = "select build_no from shared.dim_stage"
    with open_release(published) as connection:
        assert query(connection, sql).rows == [(1,)]
    with open_release(published, first) as connection:
        assert query(connection, sql).rows == [(0,)]


def test_two_releases_can_be_open_at_once(root: Path) -> None:
    published = root / "published"
    first = sorted(path.name for path in (published / "releases").iterdir())[0]
    sql = "select build_no from shared.dim_stage"
    with open_release(published, first) as old, open_release(published) as new:
        assert (query(old, sql).rows, query(new, sql).rows) == ([(0,)], [(1,)])


def test_without_a_release_the_message_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(NoRelease, match="salesops run"):
        open_release(tmp_path)


def test_an_unknown_release_is_named_with_the_known_ones(root: Path) -> None:
    with pytest.raises(NoRelease, match="known are 2024"):
        open_release(root / "published", "20200101T000000Z-00000000")


@pytest.mark.parametrize(
    "sql",
    [
        "create table shared.mine as select 1",
        "delete from shared.dim_stage",
        "drop table shared.dim_stage",
        "select * from read_csv('/etc/passwd')",
        "select * from read_text('/etc/passwd')",
        "select * from glob('/etc/*')",
        "from '/etc/passwd'",
        "copy shared.dim_stage to '{tmp}/stolen.csv'",
        "export database '{tmp}/stolen'",
        "attach '{tmp}/other.duckdb' as other",
        "install httpfs",
        "set enable_external_access = true",
        "set lock_configuration = false",
        "select 1; select 2",
        "",
        "selec 1",
    ],
)
def test_anything_but_one_query_on_the_release_is_refused(
    root: Path, tmp_path: Path, sql: str
) -> None:
    with open_release(root / "published") as connection, pytest.raises(QueryError):
        query(connection, sql.format(tmp=tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_second_connection_may_read_the_same_release(root: Path) -> None:
    with open_release(root / "published"), open_release(root / "published") as second:
        assert query(second, "select count(*) from pipeline.fct_deal").rows == [(50,)]


RESULT = QueryResult(
    columns=("id", "amount", "on", "at", "is_won", "name", "share"),
    rows=[
        (1, Decimal("10.1000"), date(2024, 2, 29), datetime(2024, 2, 29, 12), True, 'a,"b', 0.25),
        (2, None, None, None, None, None, float("nan")),
        (3, Decimal("0E-4"), date(1, 1, 1), datetime(2024, 1, 1), False, "é\n", 1e-7),
    ],
)


def test_csv_is_plain() -> None:
    assert as_csv(RESULT) == (
        "id,amount,on,at,is_won,name,share\n"
        '1,10.1000,2024-02-29,2024-02-29T12:00:00,true,"a,""b",0.25\n'
        "2,,,,,,nan\n"
        '3,0.0000,0001-01-01,2024-01-01T00:00:00,false,"é\n",1e-07\n'
    )


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_text_that_is_a_formula_to_a_spreadsheet_is_defused(text: str) -> None:
    result = QueryResult((text, "n"), [(text, Decimal("-1.50"))])
    (head, row), (exact_head, exact_row) = (
        csv.reader(io.StringIO(as_csv(result, exact=exact), newline="")) for exact in (False, True)
    )
    assert (head, row) == ([f"'{text}", "n"], [f"'{text}", "-1.50"])
    assert (exact_head, exact_row) == ([text, "n"], [text, "-1.50"])


def test_json_has_numbers_without_float_noise() -> None:
    text = as_json(RESULT)
    assert '"amount": 10.1000,' in text
    first, second, third = json.loads(text, parse_float=Decimal)
    assert first == {
        "id": 1,
        "amount": Decimal("10.1000"),
        "on": "2024-02-29",
        "at": "2024-02-29T12:00:00",
        "is_won": True,
        "name": 'a,"b',
        "share": Decimal("0.25"),
    }
    assert set(second.values()) == {2, None}
    assert third["name"] == "é\n"


def test_json_keeps_money_that_a_float_would_round() -> None:
    money = Decimal("12345678901234.5678")
    text = as_json(QueryResult(("amount",), [(money,)]))
    assert text == '[{"amount": 12345678901234.5678}]'


def test_json_of_no_rows_is_an_empty_list() -> None:
    assert json.loads(as_json(QueryResult(("x",), []))) == []


def test_two_columns_of_one_name_are_both_kept() -> None:
    twice = QueryResult(("x", "x"), [(1, 2)])
    assert as_rows(twice) == [{"x": 1, "x_2": 2}]
    assert json.loads(as_json(twice)) == [{"x": 1, "x_2": 2}]


def test_nested_values_become_json_inside_csv(root: Path) -> None:
    with open_release(root / "published") as connection:
        result = query(
            connection, "select [1.5::decimal(4,2), null] as l, {'a': date '2024-01-02'} as s"
        )
    assert json.loads(as_json(result)) == [{"l": [1.5, None], "s": {"a": "2024-01-02"}}]
    assert as_csv(result) == 'l,s\n"[1.50, null]","{""a"": ""2024-01-02""}"\n'

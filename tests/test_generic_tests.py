"""The generic dbt tests notice a missing value, unless they are told that it may be missing."""

from __future__ import annotations

import re
from typing import Any

import duckdb
import jinja2
import pytest

from pipelines.transform.dbt_project import DBT_PROJECT

FOLDER = DBT_PROJECT / "tests" / "generic"


def failing(name: str, rows: str, **arguments: Any) -> int:
    """How many rows the test fails on, asked of a table of these rows."""
    source = (FOLDER / f"{name}.sql").read_text()
    body = re.search(r"{% test \w+\((?P<args>.*?)\) %}\n(?P<sql>.*){% endtest %}", source, re.S)
    assert body is not None
    macro = f"{{% macro asked({body['args']}) %}}{body['sql']}{{% endmacro %}}"
    environment = jinja2.Environment(extensions=["jinja2.ext.do"])
    module: Any = environment.from_string(macro).module
    with duckdb.connect() as connection:
        connection.execute(f"create table here as {rows}")
        sql = str(module.asked(model="here", **arguments))
        return len(connection.execute(sql).fetchall())


def values(columns: str, *rows: str) -> str:
    return f"select * from (values {', '.join(f'({row})' for row in rows)}) as t({columns})"


def test_a_key_that_is_missing_is_no_key() -> None:
    assert failing("unique", values("k", "1", "2"), column_name="k") == 0
    assert failing("unique", values("k", "1", "1"), column_name="k") == 1
    assert failing("unique", values("k", "1", "null"), column_name="k") == 1


def test_part_of_a_key_is_missing_only_where_it_may_be() -> None:
    for rows in (("1, 1", "1, null"), ("1, 1", "null, 1")):
        assert failing("unique_rows", values("a, b", *rows), columns=["a", "b"]) == 1
    allowed: dict[str, Any] = {"columns": ["a", "b"], "may_be_missing": ["b"]}
    assert failing("unique_rows", values("a, b", "1, 1", "1, null"), **allowed) == 0
    assert failing("unique_rows", values("a, b", "1, null", "1, null"), **allowed) == 1
    assert failing("unique_rows", values("a, b", "1, 1", "null, 1"), **allowed) == 1


def test_a_row_of_which_nobody_can_tell_fails_unless_a_reason_is_given() -> None:
    rows = values("a, b", "1, 1", "1, null")
    assert failing("no_rows", rows, condition="a <> b") == 1
    assert failing("no_rows", rows, condition="a <> b", unknown_passes="b is optional") == 0
    assert failing("no_rows", rows, condition="a = b", unknown_passes="b is optional") == 1


RANGE: dict[str, Any] = {"key": ["k"], "valid_from": "a", "valid_to": "b"}


@pytest.mark.parametrize(
    ("rows", "n_closed", "n_open"),
    [
        (("1, 1, 5", "1, 5, 9"), 0, 0),
        (("1, 1, 6", "1, 5, 9"), 1, 1),
        (("1, null, 5",), 1, 1),
        (("1, 1, 5", "1, 5, null"), 1, 0),
        (("1, 1, null", "1, 5, 9"), 1, 1),
        (("1, 1, null", "1, 1, 5"), 2, 1),
        (("1, 3, 3",), 1, 1),
    ],
    ids=["follow", "overlap", "no start", "no end", "no end before another", "same start", "empty"],
)
def test_a_range_has_its_ends(rows: tuple[str, ...], n_closed: int, n_open: int) -> None:
    table = values("k, a, b", *rows)
    assert failing("ranges_do_not_overlap", table, **RANGE) == n_closed
    assert failing("ranges_do_not_overlap", table, **RANGE, is_open_ended=True) == n_open


def test_a_row_that_may_be_in_scope_is_in_scope() -> None:
    table = values("k, a, b, c", "1, 1, 6, true", "1, 5, 9, null")
    assert failing("ranges_do_not_overlap", table, **RANGE, only="c") == 1
    there = values("v", "1")
    arguments: dict[str, Any] = {"columns": ["v"], "to": f"({there})", "only": "c"}
    assert failing("resolves", values("v, c", "2, null", "2, false"), **arguments) == 1


def test_a_reference_that_is_not_set_refers_to_nothing() -> None:
    there = f"({values('v', '1')})"
    assert failing("resolves", values("v", "1", "null"), columns=["v"], to=there) == 0
    assert failing("resolves", values("v", "2"), columns=["v"], to=there) == 1


@pytest.mark.parametrize(
    ("here", "there", "n_strict", "n_lax"),
    [
        (("1, 5",), ("1, 5",), 0, 0),
        (("1, 5",), ("1, 6",), 1, 1),
        (("null, 5",), ("null, 5",), 0, 0),
        (("null, 5",), ("null, 6",), 1, 1),
        (("1, 5", "2, 0"), ("1, 5",), 1, 0),
        (("1, 5", "2, 7"), ("1, 5",), 1, 1),
        (("1, null",), ("1, 0",), 1, 0),
        (("1, 0",), ("1, null",), 1, 0),
        (("1, null",), ("1, null",), 0, 0),
    ],
)
def test_two_ways_to_a_total(
    here: tuple[str, ...], there: tuple[str, ...], n_strict: int, n_lax: int
) -> None:
    arguments: dict[str, Any] = {
        "expression": "sum(v)",
        "to": f"({values('g, v', *there)})",
        "to_expression": "sum(v)",
        "by": ["g"],
    }
    table = values("g, v", *here)
    assert failing("adds_up", table, **arguments) == n_strict
    assert failing("adds_up", table, **arguments, nothing_is_zero=True) == n_lax


@pytest.mark.parametrize(
    ("rows", "n_failing"),
    [
        (("1, 1, 5, 1, 9", "1, 5, 9, 1, 9"), 0),
        (("1, 1, 6, 1, 9", "1, 5, 9, 1, 9"), 1),
        (("null, 1, 6, 1, 9", "null, 5, 9, 1, 9"), 1),
        (("1, 1, 5, 1, null",), 1),
        (("1, null, 5, 1, 9",), 1),
    ],
)
def test_ranges_in_two_times_have_their_ends(rows: tuple[str, ...], n_failing: int) -> None:
    table = values("k, a, b, c, d", *rows)
    found = failing("rectangles_do_not_overlap", table, key=["k"], ranges=[["a", "b"], ["c", "d"]])
    assert found == n_failing


SHARES = "participant_id, territory_id, valid_from, valid_to, share_pct"


@pytest.mark.parametrize(
    ("rows", "n"),
    [
        (("'A', 'E', 1, 9, 0.6", "'A', 'W', 1, 9, 0.4"), 0),
        (("'A', 'E', 1, 9, null", "'A', 'W', 3, 9, null"), 0),
        (("'A', 'E', 1, 9, 1", "'B', 'E', 1, 9, 1"), 0),
        (("'A', 'E', 1, 5, 1", "'A', 'E', 5, 9, 0.6", "'A', 'W', 5, 9, 0.4"), 0),
        (("'A', 'E', 1, 9, 0.333333333",) * 3, 0),
        (("'A', 'E', 1, 9, 0.6", "'A', 'W', 1, 9, 0.3"), 1),
        (("'A', 'E', 1, 9, 1", "'A', 'W', 1, 9, 1"), 1),
        (("'A', 'E', 1, 9, 0.6", "'A', 'W', 1, 9, null"), 1),
        (("'A', 'E', 1, 9, 1", "'A', 'W', 1, 9, 0"), 1),
        (("'A', 'E', 1, 9, 0.6", "'A', 'W', 3, 9, 0.4"), 1),
        (("'A', 'E', 1, 9, 0.6", "'A', 'W', 1, 3, 0.4"), 1),
    ],
    ids=[
        "whole", "equal", "two people", "one after another", "thirds",
        "too little", "too much", "some", "nothing", "later", "earlier",
    ],
)  # fmt: skip
def test_shares_are_whole_on_every_day(rows: tuple[str, ...], n: int) -> None:
    assert failing("territory_shares_add_up", values(SHARES, *rows)) == n


def test_an_amount_leaves_room_to_be_added_up() -> None:
    rates = "(values ('IDR', 0.0000625), ('IDR', 0.00007), ('EUR', 1.2)) as r(currency, plan_rate)"
    for row, n in (
        ("99999999999999, 'IDR'", 0),
        ("9999999999999, 'EUR'", 1),
        ("-9999999999999, 'EUR'", 1),
        ("8000000000000, 'EUR'", 0),
        ("null, 'EUR'", 0),
        ("10000000000000, cast(null as varchar)", 1),
    ):
        rows = values("a, b, currency", f"1, {row}")
        assert failing("amounts_fit", rows, amounts=["a", "b"], rates=rates) == n
        assert failing("amounts_fit", rows, amounts=["a"], rates=rates) == 0


def test_every_generic_test_is_tried_here() -> None:
    tried = {
        "amounts_fit",
        "adds_up",
        "no_rows",
        "ranges_do_not_overlap",
        "rectangles_do_not_overlap",
    }
    tried |= {"resolves", "territory_shares_add_up", "unique", "unique_rows"}
    # Looks a name of the company file up in a column: what is missing there is no name.
    of_names = {"company_file_names_are_known"}
    assert {file.stem for file in FOLDER.glob("*.sql")} == tried | of_names

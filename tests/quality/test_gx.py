"""Every expectation the suites use is seen to hold, to fail and, where it can, to error."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.quality import CheckResult, Suite, decide, run_suites

COLUMNS = """(
    opportunity_id varchar, "Amount" decimal(18, 4), stage varchar, country varchar,
    opened_on date, closed_on date, changed_at timestamp, ordinal bigint, is_won boolean,
    source_file varchar, source_line bigint
)"""

GOOD = """
    ('O1', 10.5, 'won', 'NO', '2020-01-01', '2020-02-01', '2020-01-01 10:00:00', 1, true, 'f', 2),
    ('O2', 20, 'lost', 'DE', '2020-03-01', '2020-03-01', '2020-01-02', 2, false, 'f', 3)
"""

BAD = """
    ('O1', 10.5, 'won', 'NO', '2020-01-01', '2020-02-01', '2020-01-01 10:00:00', 1, true, 'f', 2),
    ('O2', -5, 'lo%st:', 'D3', '2019-03-01', '2018-03-01', '2018-01-02', 1, null, 'f', 3),
    ('O2', 900, null, 'XX', '2020-03-01', '2020-04-01', '2020-01-02', 1, false, 'g', 4)
"""

# Name, arguments, and for the bad table: failed rows and a part of the example, where there is one.
CASES: list[tuple[str, dict[str, Any], int | None, str | None]] = [
    ("not_null", {"expect": "column_values_to_not_be_null", "column": "stage"}, 1, "source_line=4"),
    (
        "unique",
        {"expect": "column_values_to_be_unique", "column": "opportunity_id"},
        2,
        "opportunity_id=O2",
    ),
    (
        "mixed_case_decimal",
        {"expect": "column_values_to_be_between", "column": "Amount", "min_value": 0},
        1,
        "Amount=-5.0000, opportunity_id=O2, source_file=f, source_line=3",
    ),
    (
        "date_range",
        {
            "expect": "column_values_to_be_between",
            "column": "opened_on",
            "min_value": date(2020, 1, 1),
            "max_value": date(2020, 12, 31),
        },
        1,
        "opened_on=2019-03-01",
    ),
    (
        "timestamp_range",
        {
            "expect": "column_values_to_be_between",
            "column": "changed_at",
            "min_value": datetime(2020, 1, 1, 10),
        },
        1,
        "changed_at=2018-01-02",
    ),
    (
        "in_set",
        {"expect": "column_values_to_be_in_set", "column": "country", "value_set": ["NO", "DE"]},
        2,
        "country=D3",
    ),
    (
        "not_in_set",
        {"expect": "column_values_to_not_be_in_set", "column": "country", "value_set": ["XX"]},
        1,
        "source_line=4",
    ),
    (
        "regex_searches_anywhere",
        {"expect": "column_values_to_match_regex", "column": "country", "regex": "^[A-WYZ]+$"},
        2,
        "country=D3",
    ),
    (
        "regex_part",
        {"expect": "column_values_to_match_regex", "column": "stage", "regex": "o[ns]"},
        1,
        "stage=lo%st:",
    ),
    (
        "not_regex",
        {"expect": "column_values_to_not_match_regex", "column": "stage", "regex": "[%:]"},
        1,
        "stage=lo%st:",
    ),
    (
        "like",
        {"expect": "column_values_to_match_like_pattern", "column": "source_file"}
        | {"like_pattern": "f%"},
        1,
        "source_line=4",
    ),
    (
        "lengths",
        {"expect": "column_value_lengths_to_be_between", "column": "stage", "max_value": 5},
        1,
        "stage=lo%st:",
    ),
    (
        "pair",
        {"expect": "column_pair_values_a_to_be_greater_than_b", "or_equal": True}
        | {"column_A": "closed_on", "column_B": "opened_on"},
        1,
        "opened_on=2019-03-01, closed_on=2018-03-01, opportunity_id=O2",
    ),
    (
        "compound",
        {"expect": "compound_columns_to_be_unique", "column_list": ["opportunity_id", "ordinal"]},
        2,
        "opportunity_id=O2, ordinal=1",
    ),
    ("row_count", {"expect": "table_row_count_to_be_between", "max_value": 2}, None, None),
    (
        "mean",
        {"expect": "column_mean_to_be_between", "column": "Amount", "max_value": 100},
        None,
        None,
    ),
    (
        "sum",
        {"expect": "column_sum_to_be_between", "column": "Amount", "max_value": 100},
        None,
        None,
    ),
    (
        "max_day",
        {"expect": "column_max_to_be_between", "column": "closed_on"}
        | {"max_value": date(2020, 3, 31)},
        None,
        None,
    ),
    (
        "distinct",
        {"expect": "column_distinct_values_to_be_in_set", "column": "country"}
        | {"value_set": ["NO", "DE"]},
        2,
        "country=",
    ),
    (
        "share",
        {"expect": "column_proportion_of_non_null_values_to_be_between", "column": "is_won"}
        | {"min_value": 0.9},
        None,
        None,
    ),
    (
        "mostly",
        {"expect": "column_values_to_not_be_null", "column": "is_won", "mostly": 0.9},
        1,
        "source_line=3",
    ),
    (
        "rows",
        {"expect": "unexpected_rows", "sql": 'select * from {batch} where "Amount" < 0'},
        1,
        "source_line=3",
    ),
    (
        "rows_with_colon_percent_and_cast",
        {
            "expect": "unexpected_rows",
            "sql": "select source_line::varchar as line from {batch} "
            "where stage like 'lo%st:' or stage = ':x'",
        },
        1,
        "line=3",
    ),
]

ERRORS: list[tuple[str, dict[str, Any], str]] = [
    ("no_column", {"expect": "column_values_to_not_be_null", "column": "nope"}, "nope"),
    ("no_aggregate", {"expect": "column_max_to_be_between", "column": "no", "max_value": 1}, "no"),
    ("no_such_expectation", {"expect": "column_values_to_bee", "column": "stage"}, "to_bee"),
    (
        "misspelt_argument",
        {"expect": "column_values_to_be_between", "column": "Amount", "min_valu": 0},
        "min_valu",
    ),
    ("wrong_query", {"expect": "unexpected_rows", "sql": "select nope from {batch}"}, "nope"),
    ("broken_query", {"expect": "unexpected_rows", "sql": "selec from {batch}"}, "selec"),
    (
        "broken_regex",
        {"expect": "column_values_to_match_regex", "column": "stage", "regex": "(["},
        "",
    ),
    (
        "needs_pandas",
        {"expect": "column_values_to_be_increasing", "column": "ordinal"},
        "",
    ),
]


def suite(table: str, expectations: list[tuple[str, dict[str, Any]]]) -> Suite:
    why = {"severity": "block", "why": "Because a number goes wrong."}
    rows = [{"name": name, **why, **arguments} for name, arguments in expectations]
    return Suite.model_validate({"table": table, "owner": "team:revops", "expectations": rows})


def warehouse(file: Path) -> Path:
    with duckdb.connect(str(file)) as connection:
        connection.execute("create schema pipeline; create schema raw")
        for schema, name, values in (
            ("pipeline", "good", GOOD),
            ("pipeline", "bad", BAD),
            # Same name in another schema: a schema that is ignored would be seen here.
            ("raw", "good", BAD),
        ):
            connection.execute(f"create table {schema}.{name} {COLUMNS}")
            connection.execute(f"insert into {schema}.{name} values {values}")
        connection.execute(f"create table pipeline.empty {COLUMNS}")
    return file


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, CheckResult]:
    """One run for all cases: importing Great Expectations takes seconds."""
    file = warehouse(tmp_path_factory.mktemp("gx") / "warehouse.duckdb")
    cases = [(name, arguments) for name, arguments, *_ in CASES]
    errors = [(name, arguments) for name, arguments, _ in ERRORS]
    answers = run_suites(
        file,
        [
            suite("pipeline.good", cases),
            suite("pipeline.bad", [*cases, *errors]),
            suite("raw.good", cases[:1]),
            suite("pipeline.empty", [*cases[:1], ("has_rows", ROW_COUNT), ("peak", PEAK)]),
            suite("pipeline.absent", cases[:1]),
            suite("nowhere.good", cases[:1]),
        ],
    )
    with duckdb.connect(str(file)) as connection:
        connection.execute("create table pipeline.written_afterwards as select 1")
    return {answer.check_id: answer for answer in answers}


ROW_COUNT = {"expect": "table_row_count_to_be_between", "min_value": 1}
PEAK = {"expect": "column_max_to_be_between", "column": "Amount", "max_value": 1}


@pytest.mark.parametrize("name", [case[0] for case in CASES])
def test_expectation_holds_on_good_rows(results: dict[str, CheckResult], name: str) -> None:
    answer = results[f"pipeline.good.{name}"]
    assert (answer.status, answer.message) == ("pass", None)


@pytest.mark.parametrize(
    ("name", "n_failed", "example"),
    [(name, n, example) for name, _, n, example in CASES],
)
def test_expectation_fails_on_bad_rows_and_shows_one(
    results: dict[str, CheckResult], name: str, n_failed: int | None, example: str | None
) -> None:
    answer = results[f"pipeline.bad.{name}"]
    assert (answer.status, answer.n_failed) == ("fail", n_failed), answer
    assert answer.observed
    assert (example or "") in (answer.example or "")


@pytest.mark.parametrize(("name", "_", "reason"), ERRORS, ids=[case[0] for case in ERRORS])
def test_expectation_that_cannot_be_answered_errors_and_refuses(
    results: dict[str, CheckResult], name: str, _: dict[str, Any], reason: str
) -> None:
    answer = results[f"pipeline.bad.{name}"]
    assert answer.status == "error"
    assert answer.message
    assert reason in answer.message
    assert decide([answer.expected], [answer]).decision == "refuse"


def test_every_expectation_gets_exactly_one_result(results: dict[str, CheckResult]) -> None:
    assert len(results) == len(CASES) * 2 + len(ERRORS) + 1 + 3 + 2


def test_tables_of_one_name_in_two_schemas_are_told_apart(results: dict[str, CheckResult]) -> None:
    assert results["pipeline.good.not_null"].status == "pass"
    assert results["raw.good.not_null"].status == "fail"


def test_empty_table_is_caught_by_its_row_count_only(results: dict[str, CheckResult]) -> None:
    assert results["pipeline.empty.not_null"].status == "pass"
    assert results["pipeline.empty.has_rows"].status == "fail"
    assert results["pipeline.empty.peak"].status != "pass"


@pytest.mark.parametrize("table", ["pipeline.absent", "nowhere.good"])
def test_table_that_does_not_exist_errors(results: dict[str, CheckResult], table: str) -> None:
    answer = results[f"{table}.not_null"]
    assert answer.status == "error"
    assert table in (answer.message or "")


def test_file_that_does_not_exist_errors_and_is_not_made(tmp_path: Path) -> None:
    file = tmp_path / "warehouse.duckdb"
    (answer,) = run_suites(file, [suite("pipeline.good", [("has_rows", ROW_COUNT)])])
    assert answer.status == "error"
    assert not file.exists()


def test_file_another_process_writes_to_errors(tmp_path: Path) -> None:
    file = warehouse(tmp_path / "warehouse.duckdb")
    hold = f"import duckdb; c = duckdb.connect({str(file)!r}); print('held', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        (answer,) = run_suites(file, [suite("pipeline.good", [("has_rows", ROW_COUNT)])])
        holder.communicate("\n")
    assert answer.status == "error"
    assert "lock" in (answer.message or "")


def test_the_same_process_may_write_before_and_after_each_run(tmp_path: Path) -> None:
    file = warehouse(tmp_path / "warehouse.duckdb")
    rows = suite("pipeline.good", [("n", {"expect": "table_row_count_to_equal", "value": 2})])
    statuses = []
    for _ in range(3):
        (answer,) = run_suites(file, [rows])
        statuses.append(answer.status)
        with duckdb.connect(str(file)) as connection:
            connection.execute("insert into pipeline.good (ordinal) values (9)")
    assert statuses == ["pass", "fail", "fail"]


def test_equal_promises_with_different_names_are_both_asked(tmp_path: Path) -> None:
    file = warehouse(tmp_path / "warehouse.duckdb")
    answers = run_suites(file, [suite("pipeline.bad", [("one", PEAK), ("other", PEAK)])])
    assert [answer.status for answer in answers] == ["fail", "fail"]


def test_no_connection_is_attempted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    attempts: list[object] = []
    monkeypatch.setattr(socket.socket, "connect", lambda _, address: attempts.append(address))
    file = warehouse(tmp_path / "warehouse.duckdb")
    (answer,) = run_suites(file, [suite("pipeline.good", [("has_rows", ROW_COUNT)])])
    assert answer.status == "pass"
    assert attempts == []
    assert os.environ["GX_ANALYTICS_ENABLED"] == "false"

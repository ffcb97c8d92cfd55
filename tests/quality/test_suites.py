from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.quality import ExpectedCheck, load_suites
from pipelines.settings import ConfigurationError

DEALS = """
table: pipeline.fct_opportunity
owner: team:revops
next_step: Look the deal up in the CRM.
expectations:
  - expect: column_values_to_not_be_null
    column: opportunity_id
    severity: block
    why: A deal without a key cannot be traced to its extract line.
  - expect: column_pair_values_a_to_be_greater_than_b
    column_A: closed_on
    column_B: created_on
    or_equal: true
    severity: warn
    why: A deal closed before it was made counts in the wrong cohort.
  - expect: unexpected_rows
    name: amount_not_negative
    sql: "select * from {batch} where amount < 0"
    severity: block
    why: A negative amount lowers bookings.
"""

RAW = """
table: raw.salesforce__opportunity
owner: team:crm
expectations:
  - {expect: table_row_count_to_be_between, min_value: 1, severity: block, why: "Nothing came."}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pipeline.fct_opportunity.yaml").write_text(DEALS)
    (tmp_path / "raw.salesforce__opportunity.yaml").write_text(RAW)
    return tmp_path


def test_every_expectation_gets_an_id_of_its_own(folder: Path) -> None:
    deals, _ = load_suites(folder)
    assert deals.expected_checks == (
        ExpectedCheck(
            "pipeline.fct_opportunity.column_values_to_not_be_null_opportunity_id", "block"
        ),
        ExpectedCheck(
            "pipeline.fct_opportunity"
            ".column_pair_values_a_to_be_greater_than_b_closed_on_created_on",
            "warn",
        ),
        ExpectedCheck("pipeline.fct_opportunity.amount_not_negative", "block"),
    )


def test_keys_that_are_not_ours_go_to_great_expectations(folder: Path) -> None:
    pair = load_suites(folder)[0].expectations[1]
    assert pair.arguments == {"column_A": "closed_on", "column_B": "created_on", "or_equal": True}


def test_only_the_suites_of_the_named_tables_are_given(folder: Path) -> None:
    (suite,) = load_suites(folder, {"raw.salesforce__opportunity", "raw.not_there"})
    assert suite.table == "raw.salesforce__opportunity"


def _suite_with(expectation: str) -> str:
    return f"table: a.b\nowner: me\nexpectations:\n  - {expectation}\n"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param(RAW.replace("owner:", "ownr:"), "unknown key 'ownr'", id="misspelt-key"),
        pytest.param(
            _suite_with("{expect: column_to_exist, column: x, why: y}"),
            "severity: Field required",
            id="no-severity",
        ),
        pytest.param(
            _suite_with("{expect: column_to_exist, column: x, severity: block}"),
            "why: Field required",
            id="no-reason",
        ),
        pytest.param(
            _suite_with("{expect: column_to_exist, column: x, severity: fatal, why: y}"),
            "severity: Input should be 'block' or 'warn'",
            id="unknown-severity",
        ),
        pytest.param(
            _suite_with("{expect: expect_column_to_exist, column: x, severity: warn, why: y}"),
            "without 'expect_'",
            id="prefix",
        ),
        pytest.param(
            _suite_with("{expect: unexpected_rows, name: n, severity: warn, why: y}"),
            "needs it",
            id="rows-without-query",
        ),
        pytest.param(
            _suite_with("{expect: unexpected_rows, sql: 'from {batch}', severity: warn, why: y}"),
            "needs a 'name'",
            id="rows-without-name",
        ),
        pytest.param(
            _suite_with("{expect: unexpected_rows, name: n, sql: from t, severity: warn, why: y}"),
            "{batch}",
            id="rows-from-elsewhere",
        ),
        pytest.param(
            _suite_with(
                "{expect: column_values_to_be_in_set, column: country, value_set: [DE, NO],"
                " severity: warn, why: y}"
            ),
            "quote words such as 'NO'",
            id="norway",
        ),
        pytest.param(
            "table: a.b\nowner: me\nexpectations:\n"
            + "  - {expect: column_to_exist, column: x, severity: warn, why: y}\n" * 2,
            "two expectations are called 'a.b.column_to_exist_x'",
            id="same-name-twice",
        ),
        pytest.param(
            "table: a.b\nowner: me\nmay_be_missing: {x: Nobody knows.}\nexpectations:\n"
            "  - {expect: column_values_to_not_be_null, column: x, severity: warn, why: y}\n",
            "'x' is never null and may be missing",
            id="missing-and-not",
        ),
        pytest.param("table: a.b\nowner: me\nexpectations: []\n", "expectations", id="empty"),
        pytest.param("table: [", "cannot be read", id="no-yaml"),
        pytest.param(RAW, "rename it to raw.salesforce__opportunity.yaml", id="wrong-file-name"),
    ],
)
def test_a_suite_that_is_not_understood_is_refused(
    tmp_path: Path, text: str, complaint: str
) -> None:
    (tmp_path / "a.b.yaml").write_text(text)
    with pytest.raises(ConfigurationError) as refusal:
        load_suites(tmp_path)
    assert complaint in str(refusal.value)
    assert "a.b.yaml" in str(refusal.value)


def test_a_missing_folder_is_no_empty_set_of_promises(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="does not exist"):
        load_suites(tmp_path / "expectations")

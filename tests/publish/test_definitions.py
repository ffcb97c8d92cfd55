"""A number that means something else is asked for by name, once, and told apart from its data."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
import yaml

from pipelines.assets.reconcile import build_release_checks
from pipelines.publish import PublishError
from pipelines.publish.compare import Break, differences, judge
from pipelines.publish.definitions import Definition, load_definitions
from pipelines.publish.manifest import Manifest, TableFacts
from pipelines.publish.restatement import Redefined, residuals, restatements
from pipelines.quality.results import CheckResult
from pipelines.settings import PROJECT_ROOT, AcceptedChange, ConfigurationError
from tests.deployment import Deployment
from tests.publish.test_compare import TODAY, release, table
from tests.publish.test_restatement import CLOSED_BEFORE, SCHEMA
from tests.publish.world import info, publish_build

MARTS = PROJECT_ROOT / "dbt_project" / "models" / "marts"
DEMO = PROJECT_ROOT / "data" / "demo" / "company.yml"


def definition(name: str = "deals_in_thousands", *tables: str) -> Definition:
    return Definition(
        name=name,
        on=date(2026, 6, 1),
        tables=tables or ("pipeline.fct_deal",),
        meaning="The amount of a deal was in cents and is in thousands.",
    )


def failed(
    before: Manifest,
    *now: TableFacts,
    known: tuple[Definition, ...] = (),
    accepted: tuple[AcceptedChange, ...] = (),
) -> dict[str, CheckResult]:
    results = judge(list(differences(before, now, (), known)), accepted, TODAY)
    return {each.check_id: each for each in results if each.status == "fail"}


def accepting(change: str, until: date = TODAY) -> AcceptedChange:
    return AcceptedChange(change=change, reason="readers were told on Monday", until=until)


# The list ---------------------------------------------------------------------------------------


def test_the_projects_own_list_names_public_tables() -> None:
    public = {
        f"{file.parent.name}.{model['name']}"
        for file in MARTS.glob("*/_*.yml")
        for model in yaml.safe_load(file.read_text()).get("models", [])
    }
    for each in load_definitions():
        assert each.whole_tables <= public, each.name


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("- {name: a}", "Field required"),
        ("- {name: A b, on: 2026-01-01, tables: [a.b], meaning: what it was and what}", "pattern"),
        (
            "- {name: a, on: 2026-01-01, tables: [], meaning: what it was and what it is}",
            "at least",
        ),
        (
            "- {name: a, on: 2026-01-01, tables: [a.b], meaning: what it was and is now, why: x}",
            "why",
        ),
        (
            "- &a {name: a, on: 2026-01-01, tables: [a.b], meaning: what it was and is now}\n- *a",
            "called 'a'",
        ),
    ],
    ids=["keys", "name", "no tables", "unknown key", "twice"],
)
def test_a_list_that_is_not_understood_is_refused(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "definitions.yml").write_text(text)
    with pytest.raises(PublishError, match=says):
        load_definitions(tmp_path / "definitions.yml")


def test_a_list_of_comments_is_empty(tmp_path: Path) -> None:
    (tmp_path / "definitions.yml").write_text("# none yet\n")
    assert load_definitions(tmp_path / "definitions.yml") == ()


# The check --------------------------------------------------------------------------------------


def test_a_changed_definition_is_the_only_check_that_fails_for_its_tables() -> None:
    without = [column for column in table().columns if column.name != "amount"]
    now = table(columns=without, grain=("day",), n_rows=10)
    assert set(failed(release(table()), now)) == {
        "release.columns_are_kept",
        "release.grain_is_kept",
        "release.rows_are_kept",
    }
    found = failed(release(table()), now, known=(definition(),))
    assert set(found) == {"release.definitions_are_accepted"}


def test_the_refusal_says_what_changed_and_what_to_paste() -> None:
    known = (definition(), definition("deals_by_day"))
    [result] = failed(release(table()), table(), known=known).values()
    assert result.severity == "block"
    assert result.n_failed == 2
    for each in known:
        assert f"{each.change}: {each.meaning}" in (result.example or "")
    pasted = result.next_step[result.next_step.index("accepted_changes:") :]
    changes = [AcceptedChange(**one) for one in yaml.safe_load(pasted)["accepted_changes"]]
    assert failed(release(table()), table(), known=known, accepted=tuple(changes)) == {}


def test_what_the_definition_does_not_name_is_still_refused() -> None:
    before = release(table(), table("fct_other"))
    accepted = (accepting("definition.deals_in_thousands"),)
    found = failed(before, table(n_rows=1), known=(definition(),), accepted=accepted)
    assert set(found) == {"release.columns_are_kept"}
    assert "pipeline.fct_other" in (found["release.columns_are_kept"].example or "")


def test_a_definition_of_one_column_excuses_that_column_alone() -> None:
    of_amount = definition("amount_in_thousands", "pipeline.fct_deal.amount")
    accepted = (accepting(of_amount.change),)
    no_columns = failed(release(table()), table(columns=[]), known=(of_amount,), accepted=accepted)
    [result] = no_columns.values()
    assert (result.n_failed, result.example) == (
        1,
        "pipeline.fct_deal.deal_key: the column is gone",
    )


def test_an_acceptance_ends() -> None:
    expired = (accepting("definition.deals_in_thousands", date(2026, 6, 29)),)
    assert failed(release(table()), table(), known=(definition(),), accepted=expired)


@pytest.mark.parametrize(
    "before",
    [
        release(table(n_rows=0)),
        release(table("fct_other")),
        release(table()).model_copy(update={"definitions": ("deals_in_thousands",)}),
    ],
    ids=["without rows", "without the table", "built with it"],
)
def test_nobody_is_asked_about_numbers_they_never_had(before: Manifest) -> None:
    breaks = differences(before, [table(), table("fct_other")], (), [definition()])
    assert list(breaks) == []


def test_an_older_program_does_not_take_a_definition_back_silently() -> None:
    before = release(table()).model_copy(update={"definitions": ("deals_in_thousands",)})
    [result] = failed(before, table()).values()
    assert "older program" in (result.example or "")


def test_a_release_remembers_its_definitions(tmp_path: Path) -> None:
    made = publish_build(tmp_path, release=info(definitions=("deals_in_thousands",)))
    assert made.manifest.definitions == ("deals_in_thousands",)


def test_a_manifest_of_an_earlier_version_has_none(tmp_path: Path) -> None:
    made = publish_build(tmp_path)
    document = json.loads((made.path / "manifest.json").read_text())
    del document["definitions"]
    assert Manifest.model_validate(document).definitions == ()


def test_a_misspelt_acceptance_is_refused_before_anything_runs(tmp_path: Path) -> None:
    changes = [{"change": "definition.nothing", "reason": "we want it so", "until": TODAY}]
    company = Deployment.of(DEMO, tmp_path, accepted_changes=changes).company
    with pytest.raises(ConfigurationError, match=r"names definition\.nothing"):
        build_release_checks(company, [], {})


# The ledger of what moved -----------------------------------------------------------------------

MORE = """
create schema {db}.meta; create schema {db}.revenue;
create table {db}.meta.batch as select 'a.csv' || chr(10) || 'b.csv' as files;
alter table {db}.attainment.fct_quota_attainment add column source_file varchar;
create table {db}.pipeline.fct_opportunity_version (
    opportunity_key varchar, known_from_on date
);
create table {db}.revenue.fct_order (
    source_system varchar, order_id varchar, ordered_on date, subtotal_amount decimal(18, 4),
    source_file varchar
);
"""


@pytest.fixture
def two_states() -> duckdb.DuckDBPyConnection:
    """Two deals and three orders of March 2025; known until the end of October."""
    connection = duckdb.connect()
    for side in ("before", "after"):
        connection.execute(f"attach ':memory:' as {side}")
        connection.execute((SCHEMA + MORE).format(db=side))
    for side, amounts in (("before", (100, 200)), ("after", (110, 250))):
        for number, amount in enumerate(amounts, 1):
            connection.execute(
                f"insert into {side}.pipeline.fct_opportunity values (?, ?, 'ann', 'north', "
                "'2025-03-10', 'EUR', 'won', ?, ?)",
                [f"k{number}", f"D{number}", amount, amount],
            )
    connection.execute(
        "insert into after.pipeline.fct_opportunity_version values "
        "('k1', '2025-03-01'), ('k2', '2025-03-01'), ('k2', '2025-11-20')"
    )
    connection.execute(
        "insert into before.revenue.fct_order values "
        "('erp', 'O1', '2025-03-10', 100, 'a.csv'), ('erp', 'O2', '2025-03-11', 70, 'a.csv')"
    )
    connection.execute(
        "insert into after.revenue.fct_order values ('erp', 'O1', '2025-03-10', 120, 'a.csv'), "
        "('erp', 'O2', '2025-03-11', 75, 'c.csv'), ('erp', 'O3', '2025-03-12', 7, 'c.csv')"
    )
    return connection


def moved(connection: duckdb.DuckDBPyConnection, *tables: str) -> dict[tuple[str, str], Decimal]:
    changed = (definition("it", *tables),) if tables else ()
    since = Redefined(changed, date(2025, 10, 31))
    found = restatements(connection, "before", "after", CLOSED_BEFORE, since)
    assert residuals(found) == []
    return {
        (each.metric, each.cause): each.delta_amount
        for each in found
        if each.scope_type == "company"
    }


def test_without_a_change_of_definition_amounts_were_edited(
    two_states: duckdb.DuckDBPyConnection,
) -> None:
    assert moved(two_states) == {
        ("bookings", "edit"): 10 + 50,
        ("orders", "edit"): 20 + 5,
        ("orders", "late_data"): 7,
    }


def test_what_nothing_was_heard_of_moved_by_definition(
    two_states: duckdb.DuckDBPyConnection,
) -> None:
    tables = ("pipeline.fct_opportunity", "revenue.fct_order.subtotal_amount")
    assert moved(two_states, *tables) == {
        ("bookings", "definition"): 10,
        ("bookings", "edit"): 50,
        ("orders", "definition"): 20,
        ("orders", "edit"): 5,
        ("orders", "late_data"): 7,
    }


def test_a_definition_of_another_column_explains_nothing(
    two_states: duckdb.DuckDBPyConnection,
) -> None:
    assert moved(two_states, "pipeline.fct_opportunity.next_step") == moved(two_states)


def test_breaks_carry_the_meaning_on_one_line() -> None:
    folded = definition().model_copy(update={"meaning": "It was in cents,\n  it is in thousands."})
    [only] = differences(release(table()), [table()], (), [folded])
    assert isinstance(only, Break)
    assert only.what == "It was in cents, it is in thousands."

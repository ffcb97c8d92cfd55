"""What comes later than the rest changes days of the past, and an increment computes those again.

One company, built on a Monday and twice after that; what is expected is what the files say.
"""

from __future__ import annotations

from datetime import date

import pytest

from pipelines.transform.dbt_project import DbtProject
from pipelines.transform.increment import Increment, build
from tests.sources.world import Row, Systems

FIRST, MONDAY, TUESDAY = date(2026, 1, 31), date(2026, 2, 16), date(2026, 2, 17)

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("told_afterwards")]


def deal(record: str, since: str, **rest: str) -> Row:
    return {
        "Id": record, "Name": record, "OwnerId": "005B", "StageName": "Prospecting",
        "Amount": "1000", "CurrencyIsoCode": "USD", "CloseDate": "2026-05-01", "IsClosed": "0",
        "IsWon": "0", "CreatedDate": "2026-01-20 10:00:00", "SystemModstamp": since,
    } | rest  # fmt: skip


def changes(systems: Systems, day: date, name: str, *rows: Row) -> None:
    """An extract of what changed since the last one."""
    whole = systems.write("salesforce", name, rows)
    systems.land(day, whole.rename(whole.with_suffix(".delta.csv")))


def stage(change: str, record: str, since: str) -> Row:
    return {
        "Id": change, "OpportunityId": record, "CreatedDate": since, "Amount": "1000",
        "StageName": "Prospecting", "CloseDate": "2026-05-01", "CurrencyIsoCode": "USD",
    }  # fmt: skip


IN_EUROS = deal("006EUROS", "2026-01-20 10:00:00", CurrencyIsoCode="EUR")
HANDED_OVER = deal("006HANDED", "2026-01-30 10:00:00")


def euro(systems: Systems, day: date, rate: str) -> None:
    """The rate of the fiscal year's start, as published on a day."""
    file = systems.folder / "outbox" / "eurofxref-hist.csv"
    file.write_text(f"Date,USD\n2026-01-30,{rate}\n", encoding="utf-8")
    systems.land(day, file)


def built(systems: Systems) -> Increment:
    systems.load()
    outcome, increment = build(DbtProject(systems.company), tests=False)
    assert outcome.success
    return increment


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Systems:
    """Monday; older history and the first tracked fields on Tuesday; old rates after that."""
    systems = Systems.of(tmp_path_factory.mktemp("told"), "salesforce", "ecb")
    systems.deliver(
        FIRST,
        "salesforce",
        opportunity=[IN_EUROS, HANDED_OVER],
        opportunity_history=[stage("008A", "006HANDED", "2026-01-20 10:00:00")],
    )
    euro(systems, FIRST, "1.10")
    unrecorded = stage("008B", "006UNRECORDED", "2026-02-05 10:00:00")
    changes(systems, date(2026, 2, 7), "opportunity_history", unrecorded)
    for day in (date(2026, 2, 10), MONDAY):
        changes(systems, day, "opportunity", HANDED_OVER)
    assert built(systems).reason == "there is no whole build to add to"
    again = stage("008C", "006UNRECORDED", "2026-02-09 10:00:00")
    changes(systems, TUESDAY, "opportunity_history", again)
    changes(systems, TUESDAY, "opportunity", HANDED_OVER)
    fields = {"Id": "017A", "OpportunityId": "006HANDED", "CreatedDate": "2026-01-26 10:00:00"}
    owner = {"Field": "Owner", "OldValue": "005A", "NewValue": "005B"}
    systems.deliver(TUESDAY, "salesforce", opportunity_field_history=[fields | owner])
    assert built(systems).reason == ""
    euro(systems, date(2026, 2, 8), "1.20")
    euro(systems, date(2026, 2, 10), "1.10")
    assert built(systems).reason == ""
    return systems


def test_nothing_is_left_of_an_absence_that_does_not_hold(told: Systems) -> None:
    """Changes of February 10 lack the deal, whose history was a week behind, as Tuesday shows."""
    assert told.rows(
        "select known_from_on, is_deleted from pipeline.fct_opportunity_version "
        "where opportunity_id = '006UNRECORDED' order by known_from_at"
    ) == [(date(2026, 2, 5), False), (date(2026, 2, 9), False)]


def test_the_first_tracked_fields_tell_what_was_before_them(told: Systems) -> None:
    """The owner changed on January 26; whose deal it was on the Sunday before is known now."""
    assert told.rows(
        "select snapshot_on, owner_id from pipeline.fct_pipeline_snapshot "
        "where opportunity_id = '006HANDED' and snapshot_on < date '2026-02-08' order by 1"
    ) == [
        (date(2026, 1, 25), "005A"),
        (date(2026, 1, 31), "005B"),
        (date(2026, 2, 1), "005B"),
    ]


def test_a_rate_that_was_corrected_and_put_right_counts_while_it_was_known(told: Systems) -> None:
    """Rates come after the deals of the same days, and end as they began."""
    found = told.rows(
        "select snapshot_on, cast(amount as integer) from pipeline.fct_pipeline_snapshot "
        "where opportunity_id = '006EUROS' and snapshot_on >= date '2026-02-01' order by 1"
    )
    assert found == [
        (date(2026, 2, 1), 1100),
        (date(2026, 2, 8), 1200),
        (date(2026, 2, 15), 1100),
        (TUESDAY, 1100),
    ]

"""What a source delivered before it was taken out of the company file decides nothing any more."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from pipelines.assets.release import inputs_of
from pipelines.contracts import catalogue
from pipelines.ingest import load, missed_days, write_missed_days
from pipelines.notices import notices_of
from pipelines.publish.as_of import build_as_of
from pipelines.settings import Company, ConfigurationError, SourceChoice
from tests.sources.world import Systems

pytestmark = pytest.mark.xdist_group("removed_source")

TOLD = date(2018, 1, 2)
RATES = date(2027, 3, 31)
QUOTA = {
    "quota_id": "Q1",
    "participant_id": "ann",
    "measure": "bookings",
    "period_start_on": "2018-01-01",
    "period_end_on": "2018-04-01",
    "quota_amount": "1000",
    "currency": "USD",
    "status": "approved",
}


@dataclass(frozen=True)
class Twins:
    """A warehouse that once had the rates of the central bank, and one that never had."""

    kept: Systems
    fresh: Systems

    def both(self) -> tuple[Systems, Systems]:
        return self.kept, self.fresh


def without_rates(systems: Systems) -> Systems:
    sources = {"finance": systems.company.sources["finance"]}
    return replace(systems, company=systems.company.model_copy(update={"sources": sources}))


def inputs(company: Company) -> tuple[Any, ...]:
    with duckdb.connect(str(company.warehouse_file)) as connection:
        write_missed_days(connection, "finance", [])
        return inputs_of(connection, company)


def tell(systems: Systems) -> None:
    systems.deliver(TOLD, "finance", quota=[QUOTA])


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Twins:
    folder = tmp_path_factory.mktemp("removed_source")
    kept = Systems.of(folder / "kept", "finance", "ecb")
    tell(kept)
    rates = folder / "eurofxref-hist.csv"
    for day in (TOLD, RATES):
        rates.write_text(f"Date,USD,\n{day},1.2,\n", encoding="utf-8")
        kept.land(day, rates)
    kept.build("core_latest_extract")
    assert kept.rows("select as_of_on from core.core_latest_extract") == [(RATES,)]
    weekly = kept.company.model_copy(
        update={"sources": kept.company.sources | {"ecb": SourceChoice(every="week")}}
    )
    with duckdb.connect(str(kept.company.warehouse_file)) as connection:
        missed = missed_days(weekly, "ecb")
        assert missed
        write_missed_days(connection, "ecb", missed)
        connection.execute(
            "insert into control.rejects by name select batch_id, source, object, extract_on, "
            "'r.csv' as file, 2 as line, 'rate' as column_name, 'bad_decimal' as rule "
            "from control.batches where source = 'ecb'"
        )
    fresh = Systems.of(folder / "fresh", "finance")
    tell(fresh)
    twins = Twins(without_rates(kept), fresh)
    for systems in twins.both():
        systems.build("core_latest_extract")
    return twins


def test_the_newest_day_is_that_of_the_sources_that_are_left(twins: Twins) -> None:
    for systems in twins.both():
        assert systems.rows("select as_of_on from core.core_latest_extract") == [(TOLD,)]


def test_nothing_of_it_is_in_a_release(twins: Twins) -> None:
    kept, fresh = (inputs(systems.company) for systems in twins.both())
    assert kept == fresh
    batches, rejects, missed = kept
    assert [(batch.source, batch.extract_on) for batch in batches] == [("finance", TOLD)]
    assert (rejects, missed) == ([], {})


def test_nobody_is_told_that_it_did_not_come(twins: Twins) -> None:
    assert notices_of(twins.kept.company, None, (), succeeded=True) == []


def test_its_days_are_not_known(twins: Twins, tmp_path: Path) -> None:
    for systems in twins.both():
        with pytest.raises(ConfigurationError, match=f"the newest of 1 extracts is of {TOLD}"):
            build_as_of(systems.company, date(2020, 1, 1), tmp_path / "never.duckdb")


def test_putting_it_back_loads_nothing_again(twins: Twins) -> None:
    sources = dict.fromkeys(("finance", "ecb"), SourceChoice())
    company = twins.kept.company.model_copy(update={"sources": sources})
    with duckdb.connect(str(company.warehouse_file)) as connection:
        again = load(connection, company, "ecb")
    assert {batch.status for batch in again} == {"unchanged"}
    assert max(batch.extract_on for batch in again) == RATES


def test_an_object_its_contract_no_longer_has_goes_the_same_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of an enabled source: nobody would ever look at what it left behind again."""
    systems = Systems.of(tmp_path, "finance")
    tell(systems)
    seat = {"participant_id": "ann", "seat_state": "active", "valid_from": "2018-01-01"}
    systems.deliver(date(2018, 3, 1), "finance", seat=[seat])
    systems.load()
    assert systems.rows("select count(*) from raw.finance__seat") == [(1,)]

    contract = yaml.safe_load((catalogue.FOLDER / "finance.yml").read_text(encoding="utf-8"))
    del contract["objects"]["seat"]
    (tmp_path / "finance.yml").write_text(yaml.safe_dump(contract), encoding="utf-8")
    monkeypatch.setattr(catalogue, "FOLDER", tmp_path)
    landed = systems.company.paths.landing / "finance" / "seat"
    landed.rename(tmp_path / "put away")
    systems.load()

    assert systems.rows("select object, extract_on from control.batches") == [("quota", TOLD)]
    gone = "select count(*) from duckdb_tables() where table_name = 'finance__seat'"
    assert systems.rows(gone) == [(0,)]

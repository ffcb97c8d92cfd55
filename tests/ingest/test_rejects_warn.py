"""Rows that a raised limit lets be rejected are told of: on the console, and with a warning."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from pipelines import terminal
from pipelines.assets.headless import Outcome
from pipelines.assets.raw import expected_loads, load_results
from pipelines.quality import CheckResult, decide
from tests.ingest.world import DEALS, HEADER, SHOP, World, days, write_contract

BAD = HEADER + "A,1,,,,,\n" + "".join(f"X{n},-{n},,,,,\n" for n in range(1, 4))


@pytest.fixture
def lenient(shop: World, contracts: Path) -> World:
    document = SHOP | {
        "objects": SHOP["objects"] | {"deal": SHOP["objects"]["deal"] | {"reject_limit": 300}}
    }
    write_contract(contracts, document)
    return shop


def results(world: World) -> dict[str, CheckResult]:
    found = load_results(world.connection, world.company, "shop", world.load())
    return {result.check_id: result for result in found}


def test_rejected_rows_warn(lenient: World) -> None:
    for day in days(1, 2):
        lenient.deliver(day, BAD)
    for _ in ("loaded", "unchanged"):
        result = results(lenient)["rejects.shop"]
        assert (result.status, result.severity, result.n_failed) == ("fail", "warn", 6)
        assert result.observed == "6 of 8 rows of deal"
        assert result.example == (
            "shop/deal/2026-03-02/deals.csv line 3 column amount '-1': outside the declared range"
        )


def test_every_source_is_asked(lenient: World) -> None:
    lenient.deliver(days(1)[0], DEALS)
    given = results(lenient)
    assert given["rejects.shop"].status == "pass"
    assert {check.check_id for check in expected_loads(lenient.company)} == given.keys()


def test_a_corrected_file_ends_it(lenient: World) -> None:
    lenient.deliver(days(1)[0], BAD)
    assert results(lenient)["rejects.shop"].status == "fail"
    lenient.deliver(days(1)[0], DEALS, replace=True)
    assert results(lenient)["rejects.shop"].status == "pass"


def test_the_console_says_how_many_and_of_what(
    lenient: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    lenient.deliver(days(1)[0], BAD)
    found = list(results(lenient).values())
    verdict = decide([each.expected for each in found], found)
    assert verdict.decision == "publish_with_warnings"
    said = StringIO()
    monkeypatch.setattr(terminal, "out", Console(file=said, width=200))
    terminal.show_outcome(lenient.company, Outcome("1", True, verdict, ()))
    assert "warning rejects.shop on raw.shop, 3 rows" in said.getvalue()
    assert "3 of 4 rows of deal" in said.getvalue()
    assert "0 failed" in said.getvalue()

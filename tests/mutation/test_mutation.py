"""The checks are checked: seeded defects are stopped by name, clean companies are let through."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.mutation.defects import DEFECTS, NOT_YET, Defect
from tests.mutation.matrix import run_days, run_matrix, run_seeds

KNOWN = {f"X{number}" for number in range(1, 15)}


def test_there_are_enough_live_defects_and_each_has_a_name_of_its_own() -> None:
    assert len(DEFECTS) >= 50
    assert len({each.name for each in DEFECTS}) == len(DEFECTS)


def test_every_known_mistake_is_live_or_waits_for_its_mart() -> None:
    live = {each.origin.split()[0] for each in DEFECTS if each.origin}
    waiting = {name.split()[0] for name in NOT_YET}
    assert live | waiting >= KNOWN
    assert not live & waiting


def _tried(tmp_path: Path, defects: Sequence[Defect]) -> None:
    outcomes = run_matrix(tmp_path, defects)
    warned = {each.name: each.stopped_by for each in defects if each.warns}
    missed = [
        outcome.name
        for outcome in outcomes
        if not outcome.is_stopped and warned.get(outcome.name) not in outcome.warned_by
    ]
    assert len(missed) <= 0.02 * len(outcomes), missed
    answers = {outcome.name: outcome for outcome in outcomes}
    for each in defects:
        outcome = answers[each.name]
        if each.stopped_by:
            assert each.stopped_by in (outcome.warned_by if each.warns else outcome.stopped_by), (
                each.name
            )


@pytest.mark.slow
def test_a_sample_of_defects_is_stopped_by_named_checks(tmp_path: Path) -> None:
    """A defect costs a build; all of them are tried by `make mutation` and with the endurance."""
    _tried(tmp_path, DEFECTS[::32])


@pytest.mark.endurance
def test_nearly_every_defect_is_stopped_by_a_named_check(tmp_path: Path) -> None:
    _tried(tmp_path, DEFECTS)


@pytest.mark.slow
def test_clean_companies_are_let_through(tmp_path: Path) -> None:
    for seed, outcome in run_seeds(tmp_path, [1]).items():
        assert outcome.stopped_by == (), f"seed {seed}"
        assert outcome.nameless == (), f"seed {seed}"


@pytest.mark.slow
def test_ordinary_days_are_not_unusual(tmp_path: Path) -> None:
    assert run_days(tmp_path, [1], n_days=2) == {1: []}


@pytest.mark.endurance
def test_nor_are_those_of_other_companies(tmp_path: Path) -> None:
    seeds = range(2, 21)
    assert run_days(tmp_path, seeds, n_days=10) == {seed: [] for seed in seeds}

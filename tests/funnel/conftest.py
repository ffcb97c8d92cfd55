"""One company with leads, deals and bookings, built once for all tests of rates."""

from __future__ import annotations

import pytest

from tests.funnel.company import deliver
from tests.sources.world import Systems


@pytest.fixture(scope="session")
def rates(tmp_path_factory: pytest.TempPathFactory) -> Systems:
    """The tables of rates and cohorts, and what they are made of."""
    systems = Systems.of(tmp_path_factory.mktemp("rates"), "salesforce", "hubspot", "maven_crm")
    deliver(systems)
    systems.build(
        "fct_lead_conversion",
        "fct_stage_conversion",
        "fct_stage_win_rate",
        "fct_win_rate",
        "fct_booking_curve",
        "dim_stage",
    )
    return systems

"""The systems of three small companies, each delivered over three days and built once."""

from __future__ import annotations

from datetime import date

import pytest

from tests.sources import books, crm, histories, marketing
from tests.sources.world import Systems

DAYS = [date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 4)]


@pytest.fixture(scope="session")
def systems(tmp_path_factory: pytest.TempPathFactory) -> Systems:
    """Two CRMs side by side, two billing systems, planning files, three marketing systems."""
    systems = Systems.of(
        tmp_path_factory.mktemp("systems"),
        "hubspot",
        "netsuite",
        "stripe",
        "finance",
        "google_ads",
        "linkedin_ads",
        "marketo",
        "ecb",
        salesforce="connector",
    )
    for tell in (crm, books, marketing):
        tell.deliver(systems, DAYS)
    systems.build()
    return systems


@pytest.fixture(scope="session")
def crms(tmp_path_factory: pytest.TempPathFactory) -> Systems:
    """Two CRMs over five days, built once after the last."""
    systems = Systems.of(tmp_path_factory.mktemp("crms"), "salesforce", "hubspot")
    histories.deliver(systems)
    systems.build()
    return systems

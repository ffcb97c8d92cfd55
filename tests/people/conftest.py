"""One sales force, delivered on three Sundays and built once after the last."""

from __future__ import annotations

import pytest

from tests.people import company
from tests.sources.world import Systems


@pytest.fixture(scope="session")
def people(tmp_path_factory: pytest.TempPathFactory) -> Systems:
    systems = Systems.of(
        tmp_path_factory.mktemp("people"), "finance", "hubspot", salesforce="connector"
    )
    company.deliver(systems)
    systems.build()
    return systems

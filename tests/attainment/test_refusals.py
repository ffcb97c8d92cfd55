"""Splits that do not add up refuse a release by name, unless the company file lets them pass."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import yaml

from pipelines.settings import PROJECT_ROOT, ConfigurationError, load_company
from pipelines.transform.dbt_project import DBT_PROJECT
from tests.deployment import Deployment
from tests.docs.test_attainment_page import deliver
from tests.sources.world import Systems
from tests.test_generic_tests import failing

pytestmark = pytest.mark.xdist_group("attainment_page")

CHECK = "splits_add_up_to_the_whole"


def with_policies(deployment: Deployment, **policies: object) -> None:
    document = yaml.safe_load(deployment.file.read_text(encoding="utf-8"))
    document["policies"] = policies
    deployment.file.write_text(yaml.safe_dump(document), encoding="utf-8")


def test_half_a_deal_that_is_nobodys(tmp_path: Path) -> None:
    systems = Systems.of(tmp_path / "page", "finance", "ecb", salesforce="connector")
    deliver(systems)
    systems.deliver(
        date(2026, 6, 1),
        "salesforce",
        opportunity_split=[
            {"id": "1HkA", "opportunity_id": "006R", "split_owner_id": "005A"}
            | {"split_percentage": "0", "split_type_id": "1HlR"}
            | {"system_modstamp": "2026-06-01 15:00:00"}
        ],
    )
    deployment = Deployment(systems.company.file)
    refused = deployment.run()
    assert refused.exit_code == 1
    assert f"failed dbt.{CHECK}" in refused.output
    assert "credit_pct=0.500000" in refused.output
    assert "Correct the deal's splits in the CRM" in refused.output
    assert deployment.release_id is None

    with_policies(deployment, warn_only=[CHECK])
    published = deployment.run()
    assert published.exit_code == 0, published.output
    assert f"warning dbt.{CHECK}" in published.output
    # The half that is nobody's is the house's, and credit still is the booking.
    assert deployment.rows(
        "select participant_id, credit_type, sum(credit_amount) from attainment.fct_credit "
        "where opportunity_id = '006R' and measure = 'bookings' group by all "
        "having sum(credit_amount) <> 0 order by all"
    ) == [("005B", "direct", 33000), ("unassigned", "house", 33000)]


@pytest.mark.parametrize(
    ("credit_type", "participant", "pct", "is_refused"),
    [
        ("house", "unassigned", "0.0001", False),
        ("house", "unassigned", "-0.0002", False),
        ("house", "unassigned", "1", False),
        ("house", "unassigned", "0.01", True),
        ("house", "unassigned", "-0.1", True),
        ("house", "unassigned", "null", True),
        ("split", "unassigned", "0.5", True),
        ("split", "005A", "0.3333", False),
    ],
)
def test_rounded_thirds_are_whole(
    credit_type: str, participant: str, pct: str, *, is_refused: bool
) -> None:
    """33.33 % each of three leave a hundredth of a percent, which is the house's (M4)."""
    models = yaml.safe_load((DBT_PROJECT / "models" / "core" / "_core.yml").read_text("utf-8"))
    [shares] = [each for each in models["models"] if each["name"] == "core_credit_share"]
    [condition] = [
        test["no_rows"]["arguments"]["condition"]
        for test in shares["data_tests"]
        if test.get("no_rows", {}).get("name") == CHECK
    ]
    rows = (
        f"select date '9999-12-31' as valid_to_on, '{credit_type}' as credit_type, "
        f"'{participant}' as participant_id, {pct} as credit_pct"
    )
    assert failing("no_rows", rows, condition=condition) == int(is_refused)


def test_only_checks_of_crediting_can_be_let_pass(tmp_path: Path) -> None:
    deployment = Deployment.of(PROJECT_ROOT / "data" / "demo" / "company.yml", tmp_path)
    with_policies(deployment, warn_only=["fct_credit_is_unique"])
    with pytest.raises(ConfigurationError, match="splits_add_up_to_the_whole"):
        load_company(deployment.file)


def test_a_company_may_credit_at_the_rate_of_the_booking_day(tmp_path: Path) -> None:
    systems = Systems.of(tmp_path, "finance", "ecb", salesforce="connector")
    with_policies(Deployment(systems.company.file), attainment_rate="booked")
    booked = Systems(tmp_path, load_company(systems.company.file))
    deliver(booked)
    booked.build()
    assert booked.rows(
        "select credit_amount from attainment.fct_quota_attainment where participant_id = '005B'"
    ) == [(33000 + 54000,)]

"""A reorganisation that was announced passes, by the names that its refusal gave."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.demo import LAST_DAY, generate
from pipelines.settings import PROJECT_ROOT
from tests.deployment import Deployment
from tests.mutation.defects import DEFECTS

DEMO = PROJECT_ROOT / "data" / "demo" / "company.yml"
FIRST, SECOND = LAST_DAY - timedelta(days=16), LAST_DAY
REASON = "territories are cut anew for the half-year"


def announce(shop: Deployment, change: Callable[[dict[str, Any]], None]) -> None:
    document = yaml.safe_load(shop.file.read_text(encoding="utf-8"))
    change(document)
    shop.file.write_text(yaml.safe_dump(document), encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize(
    "what",
    [
        "two regions change places in the territories",
        pytest.param("two sellers' open quotas are exchanged", marks=pytest.mark.endurance),
    ],
)
def test_what_is_announced_passes_with_a_line_in_the_report(tmp_path: Path, what: str) -> None:
    shop = Deployment.of(DEMO, tmp_path)
    announce(shop, lambda document: document["policies"].update(open_state_block_pct=0.0))
    generate(tmp_path / "x", scale=0.15, days=[FIRST, SECOND], workers=1)
    assert shop.land(str(FIRST), tmp_path / "x" / str(FIRST)).exit_code == 0
    assert shop.run().exit_code == 0
    (reorganised,) = [each for each in DEFECTS if each.name == what]
    reorganised.spoil(tmp_path / "x" / str(SECOND))
    assert shop.land(str(SECOND), tmp_path / "x" / str(SECOND)).exit_code == 0
    before = shop.release_id
    refused = shop.run()
    assert refused.exit_code == 1
    assert shop.release_id == before
    named = sorted(set(re.findall(r"state/[\w.]+", refused.output)))
    assert named
    announce(
        shop,
        lambda document: document.update(
            accepted_changes=[{"change": name, "reason": REASON, "until": SECOND} for name in named]
        ),
    )
    passed = shop.run()
    assert passed.exit_code == 0, passed.output
    assert shop.release_id != before
    report = (shop.company.paths.published / "current" / "report.html").read_text(encoding="utf-8")
    assert REASON in report
    for name in named:
        assert name in report

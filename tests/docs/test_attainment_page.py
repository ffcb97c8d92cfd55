"""The page on attainment is true: its files are delivered, its questions asked and answered."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.serve import open_release, query
from pipelines.settings import PROJECT_ROOT
from tests.deployment import Deployment
from tests.sources.world import Systems

pytestmark = pytest.mark.xdist_group("attainment_page")

PAGE = PROJECT_ROOT / "docs" / "metrics" / "attainment.md"
TABLE = r"(?P<table>(?:\|[^\n]*\|\n)+)"
DELIVERY = re.compile(
    r"^Delivered (?P<day>\S+), (?P<source>\w+) (?P<object>\w+):\n\n" + TABLE, re.MULTILINE
)
QUESTION = re.compile(r"^```sql\n(?P<sql>.*?)^```\n\n" + TABLE, re.MULTILINE | re.DOTALL)


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip()[1:-1].split("|")]


def rows_of(table: str) -> list[dict[str, str]]:
    header, _, *lines = table.strip().splitlines()
    names = cells(header)
    return [dict(zip(names, cells(line), strict=True)) for line in lines]


def told(value: Any) -> str:
    """A value as the page writes it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return str(value)
    return f"{number.normalize():f}" if number else "0"


def deliver(systems: Systems) -> None:
    """Land every file of the page."""
    deliveries = list(DELIVERY.finditer(PAGE.read_text(encoding="utf-8")))
    assert len(deliveries) == 16
    for found in deliveries:
        day = date.fromisoformat(found["day"])
        rows = rows_of(found["table"])
        if found["source"] == "ecb":
            systems.land(day, bank_file(systems.folder / "outbox", rows))
        else:
            systems.deliver(day, found["source"], **{found["object"]: rows})


def bank_file(folder: Path, rows: list[dict[str, str]]) -> Path:
    path = folder / "eurofxref-hist.csv"
    lines = [f"{row['Date']},{row['USD']}," for row in rows]
    path.write_text("\n".join(["Date,USD,", *lines]) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    systems = Systems.of(tmp_path_factory.mktemp("page"), "finance", "ecb", salesforce="connector")
    deliver(systems)
    ran = Deployment(systems.company.file).run()
    assert ran.exit_code == 0, ran.output
    return open_release(systems.company.paths.published)


QUESTIONS = list(QUESTION.finditer(PAGE.read_text(encoding="utf-8")))


def test_there_is_an_answer_to_every_question() -> None:
    assert len(QUESTIONS) == PAGE.read_text(encoding="utf-8").count("```sql") == 11


@pytest.mark.parametrize("number", range(len(QUESTIONS)))
def test_the_release_answers_as_the_page_says(
    release: duckdb.DuckDBPyConnection, number: int
) -> None:
    question = QUESTIONS[number]
    result = query(release, question["sql"])
    expected = rows_of(question["table"])
    assert list(result.columns) == list(expected[0])
    found = [dict(zip(result.columns, map(told, row), strict=True)) for row in result.rows]
    assert found == expected

"""The columns of the exported Salesforce objects and what an empty one looks like.

The lists are data in `columns.yml`. Values and files are written elsewhere.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml

from pipelines.demo.ids import NO_LOOKUP

COLUMNS_FILE = Path(__file__).with_name("columns.yml")

BOOLEAN_PREFIXES = ("Is", "Has", "DoNotCall", "ForecastEnabled", "MayForecast", "Receives", "UseSt")
TEXT_IDS = frozenset({"Id", "JigsawCompanyId", "JigsawContactId", "ExternalId"})
"""Columns that end in Id without being a lookup."""


@cache
def columns(object_name: str) -> tuple[str, ...]:
    """All columns of an object, in the order of the export."""
    return tuple(_lists()[object_name].split())


@cache
def empty_values(object_name: str) -> tuple[str, ...]:
    """What the export writes in each column of a record that has no value there."""
    return tuple(_empty(column) for column in columns(object_name))


@cache
def _lists() -> dict[str, str]:
    lists = yaml.safe_load(COLUMNS_FILE.read_text(encoding="utf-8"))
    return {str(name): str(names) for name, names in lists.items()}


def _empty(column: str) -> str:
    if column.startswith(BOOLEAN_PREFIXES):
        return "0"
    if column.endswith("Id") and column not in TEXT_IDS:
        return NO_LOOKUP
    return ""

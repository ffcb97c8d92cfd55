"""What sqlfluff needs to render the models without dbt: variables and dispatched macros.

Linting looks at the shape of the SQL, so a stand-in of the right form is enough.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

_ROOT = Path(__file__).resolve().parent.parent.parent
_ENTITIES = yaml.safe_load((_ROOT / "pipelines" / "contracts" / "entities.yml").read_text("utf-8"))


def _entity(described: dict[str, Any]) -> dict[str, Any]:
    """An entity as the macros read it; for the form of the SQL the lineage does not matter."""
    names = [*described["required"], *described.get("optional", [])]
    return {
        "columns": [(name, _ENTITIES["columns"][name]["type"]) for name in names],
        "key": described["key"],
        "currency_is_elsewhere": described.get("currency_is_elsewhere", False),
    }


_VARS: dict[str, Any] = {
    "entity_sources": {},
    "entities": {name: _entity(each) for name, each in _ENTITIES["entities"].items()},
    "forecast_types": {"0Db": "bookings"},
    "min_closed_deals": 30,
    "max_rate_age_days": 7,
    "snapshot_weekday": "sunday",
}


def should_full_refresh() -> bool:
    """The form a model has in an increment is the longer one."""
    return False


class builtins:  # noqa: N801 - the name dbt gives it in templates
    """What dbt keeps of the functions the macros replace."""

    @staticmethod
    def source(source_name: str, table_name: str) -> str:
        """A delivered table by some name."""
        return f"{source_name}_{table_name}"


class target:  # noqa: N801 - the name dbt gives it in templates
    """The engine the models are linted for."""

    type = "duckdb"


def var(name: str, default: Any = None) -> Any:
    """A variable of dbt_project.yml, as far as a model's shape depends on it."""
    return _VARS.get(name, default if default is not None else "item")


class adapter:  # noqa: N801 - the name dbt gives it in templates
    """dbt's adapter, as far as the macros call it."""

    @staticmethod
    def dispatch(name: str, _package: str) -> Callable[..., str]:
        """The macro of that name as a plain function call."""
        return lambda *arguments: f"{name}({', '.join(map(str, arguments))})"

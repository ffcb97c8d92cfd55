"""The layout holds: packages import only from packages to their left."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "pipelines"
ROOMS = ["contracts", "ingest", "transform", "quality", "publish", "serve"]
FOR_EVERYONE = {
    *("settings", "calendar", "clock", "disk", "interrupts", "owner", "private"),
    *("sql", "warehouse"),
}
AT_THE_TOP = {"assets", "cli", "terminal", "definitions", "check", "notices", "folders", "pages"}
# Stands before the server of the UI and knows nothing of the pipeline.
# The demo company writes extracts as other systems would: it knows contracts, nothing behind them.
# Whoever tells people what happened knows nothing of what it was.
EXTRA: dict[str, set[str]] = {"demo": {"contracts"}, "notify": set(), "ui": set()}


def imported_rooms(file: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module] + [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            parts = name.split(".")
            if parts[0] == "pipelines" and len(parts) > 1:
                found.add(parts[1])
    return found


def rooms_on_disk() -> list[str]:
    return sorted(
        path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"
    )


def test_every_room_is_known() -> None:
    assert set(rooms_on_disk()) <= {*ROOMS, *AT_THE_TOP, *EXTRA}


@pytest.mark.parametrize("room", [*ROOMS, *EXTRA])
def test_room_imports_only_from_its_left(room: str) -> None:
    allowed = FOR_EVERYONE | {room} | EXTRA.get(room, set())
    if room in ROOMS:
        allowed |= set(ROOMS[: ROOMS.index(room)])
    for file in sorted((PACKAGE / room).rglob("*.py")):
        wrong = imported_rooms(file) - allowed
        assert not wrong, f"{file.relative_to(PACKAGE)} imports {sorted(wrong)}"


@pytest.mark.parametrize("module", sorted(FOR_EVERYONE))
def test_shared_modules_import_nothing_of_the_project(module: str) -> None:
    assert imported_rooms(PACKAGE / f"{module}.py") <= FOR_EVERYONE


def test_dagster_is_wired_in_one_room() -> None:
    """Whoever reads `assets` reads of Dagster, and nobody else has to know it."""
    with_dagster = {
        file.relative_to(PACKAGE)
        for file in PACKAGE.rglob("*.py")
        if re.search(r"^\s*(?:import|from) dagster", file.read_text("utf-8"), re.MULTILINE)
    }
    assert {file for file in with_dagster if file.parts[0] not in {"assets", "ui"}} == set()
    wiring = {file.relative_to(PACKAGE) for file in (PACKAGE / "assets").rglob("*.py")}
    assert wiring <= with_dagster


def test_what_was_delivered_is_asked_of_enabled_sources_only() -> None:
    """The ledger keeps what sources delivered that were taken out of the company file since."""
    names = r"\bcontrol\.(?:batches|rejects|missed_days)\b"
    asked = re.compile(rf"(?:from|join)\s+{names}", re.IGNORECASE)
    files = [*PACKAGE.rglob("*.py"), *(PACKAGE.parent / "expectations").rglob("*.yaml")]
    # Ingest writes the ledger, a loading step shows what it just wrote, and reconciliations read
    # views that are made in one place.
    writers = (
        "pipelines/ingest/",
        "pipelines/assets/raw.py",
        "pipelines/quality/reconciliation.py",
    )
    past_it = {
        name
        for file in files
        for name in [file.relative_to(PACKAGE.parent).as_posix()]
        if asked.search(file.read_text(encoding="utf-8")) and not name.startswith(writers)
    }
    assert past_it == set()
    models = (PACKAGE.parent / "dbt_project" / "models").rglob("*.sql")
    assert [file.name for file in models if "builtins" in file.read_text(encoding="utf-8")] == []


def test_only_the_edges_read_the_environment() -> None:
    readers = {
        str(file.relative_to(PACKAGE))
        for file in PACKAGE.rglob("*.py")
        if "os.environ" in file.read_text(encoding="utf-8")
        or "getenv" in file.read_text(encoding="utf-8")
    }
    # dbt, Dagster and Great Expectations can only be told through the environment; passwords of
    # notification addresses are kept there.
    assert readers <= {
        *("transform/dbt_project.py", "assets/headless.py", "notices.py", "quality/gx.py"),
    }

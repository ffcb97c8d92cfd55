"""A company in a folder of its own, driven as its user would: with the `salesops` command."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from typer.testing import CliRunner, Result

from pipelines.cli import app
from pipelines.settings import PROJECT_ROOT, Company, load_company
from tests.messages import faults

COMPANIES = PROJECT_ROOT / "data" / "companies"


@dataclass(frozen=True)
class Deployment:
    """One company file with its own landing, warehouse and published folders."""

    file: Path

    @classmethod
    def of(cls, original: Path, folder: Path, **changes: Any) -> Deployment:
        """A copy of a company file whose paths lie in `folder`; other keys may be replaced."""
        document = yaml.safe_load(original.read_text(encoding="utf-8"))
        document["paths"] = {"landing": "landing", "warehouse": "wh", "published": "published"}
        if document.get("reference"):
            shutil.copytree(original.parent / document["reference"], folder / "reference")
            document["reference"] = "reference"
        document |= changes
        document = {key: value for key, value in document.items() if value is not None}
        file = folder / "company.yml"
        file.write_text(yaml.safe_dump(document), encoding="utf-8")
        return cls(file)

    @property
    def company(self) -> Company:
        return load_company(self.file)

    def command(self, *arguments: str) -> Result:
        """What the command answers. Whatever refuses has to be well said, in every test."""
        name, *rest = arguments
        result = CliRunner().invoke(app, [name, "--company", str(self.file), *rest])
        if result.exit_code:
            assert faults(result.output) == [], result.output
        return result

    def land(self, on: str, *paths: Path | str, options: Iterable[str] = ()) -> Result:
        return self.command("land", "--on", on, *options, *(str(path) for path in paths))

    def run(self) -> Result:
        return self.command("run")

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a query on the current release, through the command."""
        result = self.command("sql", "--format", "json", sql)
        assert result.exit_code == 0, result.output
        return [tuple(row.values()) for row in json.loads(result.stdout)]

    def value(self, sql: str) -> Any:
        [(value,)] = self.rows(sql)
        return value

    @property
    def release_id(self) -> str | None:
        link = self.company.paths.published / "current"
        return link.resolve().name if link.is_symlink() else None

"""The reference pages are made of the program, and are those of today's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from pipelines import pages
from pipelines.contracts import load_contract, load_entities
from pipelines.contracts.entities import Entities
from pipelines.contracts.model import ContractError
from pipelines.settings import PROJECT_ROOT


@pytest.mark.parametrize("path", pages.pages(), ids=lambda path: path.name)
def test_a_page_is_that_of_today(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == pages.pages()[path], "write it with `make docs`"


@pytest.mark.parametrize(
    "model",
    [
        *(pages.Contract, pages.Format, pages.ObjectContract, pages.Column, pages.Unpivot),
        *(pages.Watched, pages.Company, pages.FiscalYear, pages.SourceChoice, pages.Paths),
        *(pages.Policies, pages.Limits, pages.AcceptedChange, pages.NotificationTarget),
    ],
)
def test_every_key_has_a_line(model: type[BaseModel]) -> None:
    assert [name for name, field in model.model_fields.items() if not field.description] == []


def test_every_macro_that_several_sources_call_is_on_the_page() -> None:
    defined = {
        name
        for file in pages.MACROS.glob("*.sql")
        for name in re.findall(r"{%-? macro (\w+)\(", file.read_text(encoding="utf-8"))
    }
    callers: dict[str, set[str]] = {}
    for model in (pages.MACROS.parent / "models" / "staging").rglob("*.sql"):
        for name in re.findall(r"\b(\w+)\(", model.read_text(encoding="utf-8")):
            callers.setdefault(name, set()).add(model.parent.name)
    # `source` is called as dbt's own is.
    shared = {name for name in defined - {"source"} if len(callers.get(name, ())) > 1}
    assert len(shared) > 4
    assert shared <= {name for names in pages.FOR_STAGING.values() for name in names}


SPOILT = [
    ("optional", ["no_such"], "account.columns names no column"),
    ("key", ["owner_id"], "account.key names no column: owner_id"),
    ("optional", ["participant_name"], "account.participant_name may be NULL"),
    ("optional", ["account_name"], "account has account_name twice"),
    ("here", {"owner_id": {"missing": "x"}}, "account.here names no column: owner_id"),
]


@pytest.mark.parametrize(("part", "said", "message"), SPOILT)
def test_entities_that_do_not_fit_are_refused(part: str, said: object, message: str) -> None:
    known = load_entities().model_dump()
    account = known["entities"]["account"] | {
        "required": ("account_id", "account_name"), "optional": (), "key": ("account_id",),
    }  # fmt: skip
    known["entities"]["account"] = account | {part: said}
    with pytest.raises(ValueError, match=message):
        Entities.model_validate(known)


def test_the_entities_are_no_source() -> None:
    with pytest.raises(ContractError, match="source 'entities' has no contract"):
        load_contract("entities")


def test_the_pages_are_linked() -> None:
    readme = (PROJECT_ROOT / "README.md").read_text(encoding="utf-8")
    guide = (PROJECT_ROOT / "docs" / "how-to" / "add-a-source.md").read_text(encoding="utf-8")
    for path in pages.pages():
        assert f"reference/{path.name}" in readme + guide

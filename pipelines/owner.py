"""Whose a warehouse and a published folder are: a small file in each says so.

Two company files over the same folders would publish one company's numbers to the readers of
another, as a copied file does whose paths were left as they were.
"""

from __future__ import annotations

import json
from pathlib import Path

from pipelines.private import make_folder
from pipelines.settings import Company, ConfigurationError

OWNER = "company.json"


def check(company: Company) -> None:
    """Refuse folders that are another company's.

    Raises:
        ConfigurationError: names the folder, whose it is, and what to do.
    """
    for folder in _folders(company):
        owner = _owner(folder)
        if owner is not None and owner != _named(company):
            raise ConfigurationError(_refusal(company, folder, f"{owner[0]} ({owner[1]})"))


def claim(company: Company) -> None:
    """Take both folders for the company, unless they are another's.

    Raises:
        ConfigurationError: one of them is.
    """
    make_folder(company.paths.warehouse)
    company.paths.published.mkdir(parents=True, exist_ok=True)
    for folder in _folders(company):
        try:
            with (folder / OWNER).open("x", encoding="utf-8") as file:
                json.dump({"name": company.name, "slug": company.slug}, file, ensure_ascii=False)
        except FileExistsError:
            pass
    check(company)


def check_name(company: Company, folder: Path, name: str | None) -> None:
    """Refuse a folder by the name in what was made there before folders said whose they are.

    Raises:
        ConfigurationError: it is another company's.
    """
    if name is not None and name != company.name and _owner(folder) is None:
        raise ConfigurationError(_refusal(company, folder, name))


def _folders(company: Company) -> tuple[Path, ...]:
    return company.paths.warehouse, company.paths.published


def _named(company: Company) -> tuple[str, str]:
    return company.name, company.slug


def _owner(folder: Path) -> tuple[str, str] | None:
    try:
        found = json.loads((folder / OWNER).read_text("utf-8"))
        return str(found["name"]), str(found["slug"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(
            f"{folder / OWNER}, which says whose the folder is, cannot be read ({error}). Remove "
            "it; the next run writes it again"
        ) from error


def _refusal(company: Company, folder: Path, owner: str) -> str:
    return (
        f"{folder} belongs to {owner}, not to {company.name} ({company.slug}) of {company.file}. "
        "Give this company folders of its own under `paths`. If it is the same company under a new "
        f"name, write the name into {folder / OWNER}"
    )

"""A company does not work in the folders of another, nor publish to its readers."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
import yaml

from pipelines import owner
from pipelines.folders import claim
from pipelines.ingest.reference import write_reference
from pipelines.settings import Company, ConfigurationError, load_company
from tests.deployment import COMPANIES, Deployment
from tests.publish.world import publish_build


def company(folder: Path, name: str = "Shop", slug: str = "shop", **paths: str) -> Company:
    document = yaml.safe_load((COMPANIES / "salesforce_devorg.yml").read_text())
    document |= {"name": name, "slug": slug}
    document["paths"] = {"landing": "landing", "warehouse": "wh", "published": "published"} | paths
    file = folder / f"{slug}_{len(list(folder.glob('*.yml')))}.yml"
    file.write_text(yaml.safe_dump(document))
    return load_company(file)


@pytest.mark.parametrize(("name", "slug"), [("Other", "shop"), ("Shop", "other"), ("O", "o")])
@pytest.mark.parametrize("shared", [{}, {"warehouse": "wh2"}, {"published": "published2"}])
def test_another_company_is_refused_over_either_folder(
    tmp_path: Path, name: str, slug: str, shared: dict[str, str]
) -> None:
    claim(company(tmp_path))
    other = company(tmp_path, name, slug, **shared)
    with pytest.raises(ConfigurationError, match=r"belongs to Shop \(shop\), not to") as refused:
        claim(other)
    assert "folders of its own under `paths`" in str(refused.value)
    with pytest.raises(ConfigurationError):
        owner.check(other)
    claim(company(tmp_path))


@pytest.mark.parametrize(
    "command", [["status"], ["releases"], ["sql", "select 1"], ["rollback", "x"], ["run"]]
)
def test_every_command_says_so(tmp_path: Path, command: list[str]) -> None:
    claim(company(tmp_path))
    result = Deployment(company(tmp_path, "Other", "other").file).command(*command)
    assert result.exit_code == 2
    assert "belongs to Shop (shop)" in " ".join(result.output.split())


def test_the_same_company_may_come_from_another_file(tmp_path: Path) -> None:
    claim(company(tmp_path))
    claim(company(tmp_path))


def test_folders_of_their_own_are_fine(tmp_path: Path) -> None:
    claim(company(tmp_path))
    claim(company(tmp_path, "Other", "other", warehouse="wh2", published="published2"))


def test_an_earlier_warehouse_says_whose_it_is(tmp_path: Path) -> None:
    shop = company(tmp_path)
    shop.paths.warehouse.mkdir()
    with duckdb.connect(str(shop.warehouse_file)) as connection:
        write_reference(connection, shop)
    with pytest.raises(ConfigurationError, match="wh belongs to Shop, not to Other"):
        claim(company(tmp_path, "Other", "other"))
    claim(shop)


def test_an_earlier_release_says_whose_it_is(tmp_path: Path) -> None:
    shop = company(tmp_path)
    released = publish_build(tmp_path)
    name = released.manifest.company
    with pytest.raises(ConfigurationError, match=f"published belongs to {name}, not to Shop"):
        claim(shop)
    claim(company(tmp_path, name, "shop"))


@pytest.mark.parametrize("text", ["", "{", "[]", '{"name": "Shop"}'])
def test_a_damaged_file_is_named(tmp_path: Path, text: str) -> None:
    shop = company(tmp_path)
    claim(shop)
    (shop.paths.published / owner.OWNER).write_text(text)
    with pytest.raises(ConfigurationError, match=r"company\.json, which says whose"):
        owner.check(shop)

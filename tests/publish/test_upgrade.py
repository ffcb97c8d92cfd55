"""On the data folders of an earlier version, what changed is asked for, and then published."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import date

import pytest
import yaml

from pipelines.assets import reconcile, release
from pipelines.publish.definitions import Definition, changed_since, load_definitions
from pipelines.publish.manifest import read_manifest
from pipelines.settings import PROJECT_ROOT
from tests.deployment import Deployment

EARLIER = "06ca28e"
"""The last version whose releases say nothing of definitions."""
ONE_MORE = Definition(
    name="deals_mean_something_else",
    on=date(2026, 11, 26),
    tables=("pipeline.fct_opportunity",),
    meaning="A deal of the earlier version is another deal in this one.",
)


def git(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["git", "-C", str(PROJECT_ROOT), *arguments], capture_output=True, check=False
    )


@pytest.fixture(scope="module")
def earlier(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """A company that was published by the earlier version."""
    if git("cat-file", "-e", f"{EARLIER}^{{commit}}").returncode:
        pytest.skip(f"commit {EARLIER} is not here: no git checkout, or a shallow one")
    folder = tmp_path_factory.mktemp("upgrade")
    program = folder / "program"
    program.mkdir()
    archive = git("archive", EARLIER)
    subprocess.run(["tar", "-x", "-C", str(program)], input=archive.stdout, check=True)
    # In the words of its own company file: it does not know the keys of later ones.
    deployment = Deployment.of(program / "data" / "demo" / "company.yml", folder)
    environment = os.environ | {
        "PYTHONPATH": str(program),
        "SALESOPS_DAGSTER_STORAGE": str(folder / "dagster"),
    }
    for command in (["demo", "--scale", "0.1"], ["run"]):
        done = subprocess.run(
            [
                *(sys.executable, "-c", "from pipelines.cli import main; main()"),
                *(command[0], "--company", str(deployment.file), *command[1:]),
            ],
            cwd=program,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    return deployment


@pytest.mark.endurance
def test_an_upgrade_asks_for_changed_definitions_and_for_nothing_else(
    earlier: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = (*load_definitions(), ONE_MORE)
    for module in (reconcile, release):
        monkeypatch.setattr(module, "load_definitions", lambda: known)
    before = earlier.release_id
    published = earlier.company.paths.published
    assert before is not None
    manifest = read_manifest(published / "releases" / before)
    changed = changed_since(manifest, known)
    assert manifest.definitions == ()
    assert ONE_MORE in changed

    refused = earlier.run()
    said = " ".join(refused.output.split())
    assert refused.exit_code == 1, refused.output
    assert re.findall(r"failed (\w+\.\S+)", said) == ["release.definitions_are_accepted"], said
    for each in changed:
        assert f"{{change: {each.change}, reason:" in said
    assert earlier.release_id == before

    document = yaml.safe_load(earlier.file.read_text())
    document["accepted_changes"] = [
        {"change": each.change, "reason": "readers have been told", "until": date(2030, 1, 1)}
        for each in changed
    ]
    earlier.file.write_text(yaml.safe_dump(document))
    accepted = earlier.run()
    assert accepted.exit_code == 0, accepted.output
    after = earlier.release_id
    assert after not in (None, before)
    # Nothing was delivered in between, so nothing else can have moved a total.
    causes = earlier.rows("select distinct cause from meta.fct_restatement")
    assert set(causes) <= {("definition",)}

    del document["accepted_changes"]
    earlier.file.write_text(yaml.safe_dump(document))
    assert earlier.run().exit_code == 0

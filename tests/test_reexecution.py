"""A run that failed is taken up where it failed, as the Dagster UI offers it."""

from __future__ import annotations

import os
from pathlib import Path

import dagster as dg
import pytest

from pipelines.assets import MAIN_JOB, build_pipeline, release
from pipelines.publish import PublishError
from pipelines.settings import load_company
from tests.deployment import COMPANIES, Deployment
from tests.test_bad_input import FIRST, GOOD, deliver

pytestmark = pytest.mark.xdist_group("bad_input")
COMPANY = "SALESOPS_TEST_COMPANY"


def main_job() -> dg.JobDefinition:
    company = load_company(Path(os.environ[COMPANY]))
    return build_pipeline(company).definitions.get_job_def(MAIN_JOB)


def no_room(*_: object, **__: object) -> None:
    raise PublishError("no space left on the disk")


@pytest.mark.slow
def test_a_failed_run_is_taken_up_and_publishes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment = Deployment.of(COMPANIES / "maven_crm.yml", tmp_path, reference=None)
    monkeypatch.setenv(COMPANY, str(deployment.file))
    deliver(deployment, tmp_path / "in", FIRST, GOOD.encode())
    job = dg.reconstructable(main_job)
    with dg.instance_for_test() as instance:
        with monkeypatch.context() as disk:
            disk.setattr(release, "publish", no_room)
            failed = dg.execute_job(job, instance=instance)
        assert not failed.success
        assert deployment.release_id is None
        again = dg.execute_job(
            job,
            instance=instance,
            reexecution_options=dg.ReexecutionOptions.from_failure(failed.run_id, instance),
        )
        assert again.success, [each.message for each in again.all_events if each.is_failure]
        steps = {each.step_key for each in again.all_events if each.is_step_success}
        assert steps == {"published__release"}, "what held is not done again"
    assert deployment.release_id is not None

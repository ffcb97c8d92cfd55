"""When the pipeline runs by itself: every night, and when files land.

The job itself is defined beside the assets; a run from the UI, from the command line and from here
is the same run.
"""

import hashlib
import os
from pathlib import Path

import dagster as dg

from pipelines.assets.notices import TOLD, notices_of, tell, verdict_of
from pipelines.quality import ExpectedCheck
from pipelines.settings import Company

MAIN_JOB = "main"


def build_schedule(company: Company) -> dg.ScheduleDefinition:
    """Every morning at five in the company's time zone, after the nightly extracts."""
    return dg.ScheduleDefinition(
        name="daily",
        job_name=MAIN_JOB,
        cron_schedule="0 5 * * *",
        execution_timezone=company.time_zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )


def build_landing_sensor(company: Company) -> dg.SensorDefinition:
    """A run whenever the landing folder has changed and then held still for one look."""

    @dg.sensor(
        name="landing",
        job_name=MAIN_JOB,
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Starts a run when new extract files have landed.",
    )
    def landing(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        seen = landing_fingerprint(company)
        handled, _, pending = (context.cursor or "").partition("|")
        if not context.cursor:
            context.update_cursor(f"{seen}|")
            return dg.SkipReason("first look: what is here is left to the schedule")
        if seen == handled:
            context.update_cursor(f"{handled}|")
            return dg.SkipReason("nothing new has landed")
        if seen != pending:
            context.update_cursor(f"{handled}|{seen}")
            return dg.SkipReason("files are still arriving: waiting for the next look")
        return dg.SensorResult(run_requests=[dg.RunRequest(run_key=seen)], cursor=f"{seen}|")

    return landing


def build_notifiers(
    company: Company, expected: tuple[ExpectedCheck, ...]
) -> list[dg.SensorDefinition]:
    """Tell people of runs that nobody watches; the command tells of its own."""

    def tell_of(context: dg.RunStatusSensorContext, failures: list[str]) -> None:
        run = context.dagster_run
        if run.tags.get(TOLD):
            return
        verdict = verdict_of(company, run.run_id, expected)
        tell(company, notices_of(company, verdict, failures, succeeded=not failures))

    @dg.run_status_sensor(
        name="tell_of_success",
        run_status=dg.DagsterRunStatus.SUCCESS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Sends notices of extracts that are missing or late.",
    )
    def tell_of_success(context: dg.RunStatusSensorContext) -> None:
        tell_of(context, [])

    @dg.run_failure_sensor(
        name="tell_of_failure",
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Sends notices of refused releases and failed runs.",
    )
    def tell_of_failure(context: dg.RunFailureSensorContext) -> None:
        tell_of(context, [context.failure_event.message or "a step failed"])

    return [tell_of_success, tell_of_failure]


def landing_fingerprint(company: Company) -> str:
    """A value that changes when anything in the landing folder appears, changes or goes.

    Nothing is opened and no link is followed: what is no file is for the run to refuse by name.
    """
    digest = hashlib.sha256()
    for folder, folders, names in os.walk(company.paths.landing):
        folders.sort()
        for name in sorted(names):
            path = Path(folder, name)
            found = path.lstat()
            digest.update(os.fsencode(path.relative_to(company.paths.landing)))
            digest.update(f":{found.st_size}:{found.st_mtime_ns}:{found.st_ctime_ns}".encode())
    return digest.hexdigest()[:16]

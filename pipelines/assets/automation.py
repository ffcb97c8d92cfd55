"""When the pipeline runs by itself: every night, and when files land.

The job itself is defined beside the assets; a run from the UI, from the command line and from here
is the same run.
"""

import hashlib
import os
from pathlib import Path
from uuid import uuid4

import dagster as dg

from pipelines.notices import TOLD, Report, report, tell_of_killed, tell_of_reports
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
        handled, pending, change = [*(context.cursor or "").split("|"), "", ""][:3]
        if not context.cursor:
            context.update_cursor(f"{seen}||")
            return dg.SkipReason("first look: what is here is left to the schedule")
        if seen == handled:
            context.update_cursor(f"{handled}||")
            return dg.SkipReason("nothing new has landed")
        if seen != pending or not change:
            context.update_cursor(f"{handled}|{seen}|{uuid4().hex[:8]}")
            return dg.SkipReason("files are still arriving: waiting for the next look")
        # Dagster starts no second run of a key. It names this change and not what the folder looks
        # like, which may look like that again: a file that was moved away comes back.
        key = f"{handled}-{seen}-{change}"
        return dg.SensorResult(run_requests=[dg.RunRequest(run_key=key)], cursor=f"{seen}||")

    return landing


def build_notifiers(
    company: Company, expected: tuple[ExpectedCheck, ...]
) -> list[dg.SensorDefinition]:
    """Tell people of runs that nobody watches; the command tells of its own."""

    def tell_of(context: dg.RunStatusSensorContext, failures: tuple[str, ...]) -> None:
        run = context.dagster_run
        if run.tags.get(TOLD):
            return
        # Dagster does not ask again for a run it has told this sensor of, whatever happens here.
        report(company, Report(run.run_id, failures))
        tell_of_reports(company, expected)

    @dg.run_status_sensor(
        name="tell_of_success",
        run_status=dg.DagsterRunStatus.SUCCESS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Sends notices of extracts that are missing or late.",
    )
    def tell_of_success(context: dg.RunStatusSensorContext) -> None:
        tell_of(context, ())

    @dg.run_failure_sensor(
        name="tell_of_failure",
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Sends notices of refused releases and failed runs.",
    )
    def tell_of_failure(context: dg.RunFailureSensorContext) -> None:
        tell_of(context, (context.failure_event.message or "a step failed",))

    @dg.sensor(
        name="deliver_notices",
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Sends notices that could not be sent or made before, until they arrive.",
    )
    def deliver_notices(_context: dg.SensorEvaluationContext) -> dg.SkipReason:
        tell_of_killed(company)
        n_left = tell_of_reports(company, expected)
        return dg.SkipReason(f"{n_left} runs are still to be told of" if n_left else "all is told")

    return [tell_of_success, tell_of_failure, deliver_notices]


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

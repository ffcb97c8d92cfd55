"""Run the main job in this process, without a server, and tell what came of it.

The same job, resources and instance as in the UI, so that a run from the command line gives the
same release and shows in the UI's history.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from uuid import uuid4

import dagster as dg
from filelock import FileLock

from pipelines import disk, interrupts
from pipelines.assets import MAIN_JOB, STEP_LOGGER, build_pipeline
from pipelines.assets.history import MOST_AT_ONCE
from pipelines.folders import claim
from pipelines.notices import TOLD, failed_run, notices_of, tell, verdict_of
from pipelines.notify import check_targets
from pipelines.private import close_to_others, make_folder
from pipelines.quality import Verdict, warm_up
from pipelines.settings import PROJECT_ROOT, Company
from pipelines.warehouse import WarehouseBusy, held

StepListener = Callable[[str, str], None]
"""Called with a step's name and `started`, `done`, `failed` or `skipped`."""

_FAILURE = f"{dg.Failure.__module__}.{dg.Failure.__name__}: "
_STATES = {
    "STEP_START": "started",
    "STEP_SUCCESS": "done",
    "STEP_FAILURE": "failed",
    "STEP_SKIPPED": "skipped",
}


@dataclass(frozen=True)
class Outcome:
    """What a run led to."""

    run_id: str
    succeeded: bool
    verdict: Verdict | None
    """None when the run ended before it wrote anything."""
    failures: tuple[str, ...]
    """What the failed steps said, first one first; failed checks speak through the verdict."""


def run_headless(company: Company, on_step: StepListener | None = None) -> Outcome:
    """Materialise everything for the company and judge the build it left behind.

    Raises:
        ConfigurationError: an address of a notification cannot be used, or the folders are those of
            another company.
        KeyboardInterrupt: a signal ended the run; nobody is told of it.
    """
    # An address that cannot be used is found now, not when there is something to tell.
    check_targets(company, os.environ)
    claim(company)
    pipeline = build_pipeline(company)
    job = pipeline.definitions.resolve_job_def(MAIN_JOB)
    gc.freeze()
    gc.enable()
    run_id = str(uuid4())
    with _instance(company) as instance, _listening(on_step), _canceled_when_told(instance, run_id):
        # Importing Great Expectations takes seconds. Loading, which comes first, waits for DuckDB
        # and Polars most of the time, and those do not need the interpreter. It waits for the
        # instance, whose storage imports some of the same modules: two threads at them are in each
        # other's way.
        Thread(target=warm_up, daemon=True).start()
        try:
            result = job.execute_in_process(
                instance=instance,
                raise_on_error=False,
                run_config={"loggers": {STEP_LOGGER: {}}},
                tags={TOLD: "true"},
                run_id=run_id,
            )
        except Exception as error:
            # Dagster cannot go on where its own history cannot be written.
            if said := disk.told_by(error):
                tell(company, [failed_run((said,))])
            raise
    if not result.success:
        # Who ended it knows; that is neither a refusal nor a failure to tell others of.
        interrupts.raise_if_received()
    # A step and the run it ended say the same.
    failures = tuple(dict.fromkeys(_failures(result.all_events)))
    try:
        # From the end of the run on nobody else comes in between.
        with held(company.warehouse_file):
            verdict = verdict_of(company, result.run_id, pipeline.expected)
            notices = notices_of(company, verdict, failures, succeeded=result.success)
    except WarehouseBusy as busy:
        verdict = None
        notices = [failed_run(failures or (str(busy),))]
    tell(company, notices)
    close_to_others(company.paths.warehouse)
    close_to_others(Path(os.environ["SALESOPS_DAGSTER_STORAGE"]))
    return Outcome(result.run_id, result.success, verdict, failures)


def _instance(company: Company) -> dg.DagsterInstance:
    """The instance the UI uses as well, so that its history shows this run.

    One history per company: two companies have assets of the same names.
    """
    default = company.paths.warehouse / "dagster"
    os.environ.setdefault("SALESOPS_DAGSTER_STORAGE", str(default))
    os.environ.setdefault("DAGSTER_HOME", str(PROJECT_ROOT))
    os.environ.setdefault("DAGSTER_EVENT_BATCH_SIZE", str(MOST_AT_ONCE))
    storage = Path(os.environ["SALESOPS_DAGSTER_STORAGE"])
    make_folder(storage)
    # Two first runs at once would both create Dagster's tables, and one of them would fail.
    with FileLock(storage / "instance.lock"):
        return dg.DagsterInstance.get()


@contextmanager
def _canceled_when_told(instance: dg.DagsterInstance, run_id: str) -> Iterator[None]:
    """A signal marks the run as one that somebody canceled, so that its history says so."""

    def cancel(_told: signal.Signals) -> None:
        run = instance.get_run_by_id(run_id)
        if run is not None and not run.is_finished:
            instance.report_run_canceling(run)

    with interrupts.before_the_end(cancel):
        yield


def _failures(events: Iterable[dg.DagsterEvent]) -> Iterator[str]:
    """What went wrong, in the words of whoever raised it."""
    for event in events:
        error = None
        if event.is_step_failure:
            data = event.step_failure_data
            if data.user_failure_data and data.user_failure_data.description:
                yield data.user_failure_data.description
                continue
            error = data.error
        elif event.event_type_value == "PIPELINE_FAILURE":
            error = event.job_failure_data.error
        if error is not None:
            # Failures are ours and worded for people; below one lies only how it came about.
            while error.cause is not None and error.cls_name != "Failure":
                error = error.cause
            if error.cls_name != "DagsterAssetCheckFailedError":
                message = error.message.strip().removeprefix(_FAILURE)
                is_ours = error.cls_name == "Failure"
                yield message if is_ours else disk.told(message) or message


class _StepHandler(logging.Handler):
    def __init__(self, listener: StepListener) -> None:
        super().__init__()
        self.listener = listener

    def emit(self, record: logging.LogRecord) -> None:
        event = getattr(record, "dagster_event", None)
        if event is not None and event.step_key and event.event_type_value in _STATES:
            self.listener(event.step_key, _STATES[event.event_type_value])


@contextmanager
def _listening(listener: StepListener | None) -> Iterator[None]:
    logger = logging.getLogger(STEP_LOGGER)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    handler = _StepHandler(listener) if listener else logging.NullHandler()
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)

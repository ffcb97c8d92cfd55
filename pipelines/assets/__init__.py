"""Dagster wiring: what each step is called, what it waits for, and what it reports.

    landing files -> config, raw -> raw checks -> dbt (staging, core, marts) + dbt tests
        -> mart checks, reconciliations -> release

The work itself is done in the packages to the left; everything here names, connects and reports.
"""

import logging
from dataclasses import dataclass

import dagster as dg

from pipelines.assets.automation import (
    MAIN_JOB,
    build_landing_sensor,
    build_notifiers,
    build_schedule,
)
from pipelines.assets.gate import build_checks, mart_suites, raw_suites
from pipelines.assets.raw import (
    build_landing_specs,
    build_raw_assets,
    build_reference_assets,
    expected_loads,
)
from pipelines.assets.reconcile import build_release_checks
from pipelines.assets.release import build_release_asset
from pipelines.assets.resources import Warehouse
from pipelines.assets.transform import build_transform
from pipelines.ingest.sources import enabled_sources
from pipelines.quality import ExpectedCheck
from pipelines.settings import Company

__all__ = ["MAIN_JOB", "STEP_LOGGER", "Pipeline", "build_definitions", "build_pipeline"]


STEP_LOGGER = "salesops_steps"


@dg.logger({}, description="Hands a run's events to the Python logger of this name.")
def step_logger(_context: dg.InitLoggerContext) -> logging.Logger:
    return logging.getLogger(STEP_LOGGER)


@dataclass(frozen=True)
class Pipeline:
    """The wiring of one company, and every check a build of it must have answered."""

    definitions: dg.Definitions
    expected: tuple[ExpectedCheck, ...]


def build_pipeline(company: Company) -> Pipeline:
    """Name and connect everything Dagster needs to run one company.

    Raises:
        ConfigurationError: a source, a model or a mart is not such that it can be run.
    """
    enabled_sources(company)
    transform = build_transform(company)
    raw, marts = raw_suites(company), mart_suites(company, transform.public_tables)
    checks = build_release_checks(company, transform.public_tables, transform.grains)
    expected = (
        *expected_loads(company),
        *transform.expected.values(),
        *(check for suite in (*raw, *marts) for check in suite.expected_checks),
        *checks.expected,
    )
    release = build_release_asset(
        company,
        marts=transform.mart_keys,
        public_tables=transform.public_tables,
        grains=transform.grains,
        expected=expected,
    )
    # In one process: the steps share one writer, and starting a process per step would cost more
    # than the steps themselves.
    job = dg.define_asset_job(
        MAIN_JOB,
        selection=dg.AssetSelection.all(),
        executor_def=dg.in_process_executor,
        description="Load what has landed, build, check and publish.",
    )
    definitions = dg.Definitions(
        assets=[
            *build_landing_specs(company),
            build_reference_assets(),
            *build_raw_assets(company),
            *transform.kept,
            transform.assets,
            release,
        ],
        asset_checks=[
            build_checks("raw_expectations", raw),
            build_checks("mart_expectations", marts),
            checks.definition,
        ],
        jobs=[job],
        schedules=[build_schedule(company)],
        sensors=[build_landing_sensor(company), *build_notifiers(company, expected)],
        loggers={STEP_LOGGER: step_logger},
        resources={"warehouse": Warehouse(company_file=str(company.file))},
    )
    return Pipeline(definitions=definitions, expected=expected)


def build_definitions(company: Company) -> dg.Definitions:
    """The definitions alone, for Dagster's entry point."""
    return build_pipeline(company).definitions

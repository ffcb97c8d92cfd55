"""Great Expectations suites as Dagster asset checks: on raw before dbt, on marts before release.

Both operations run all their suites in one context on the warehouse file, keep the answers in the
ledger of the build, and block what comes next where severity says so.
"""

from collections.abc import Iterator, Sequence

import dagster as dg

from pipelines.assets.raw import raw_key
from pipelines.assets.resources import Warehouse
from pipelines.assets.transform import EXPECTATIONS, as_check_result
from pipelines.quality import Suite, load_suites, run_suites
from pipelines.quality.ledger import begin_build, record
from pipelines.quality.suites import applying
from pipelines.settings import Company
from pipelines.transform.dbt_project import entity_sources


def raw_suites(company: Company) -> list[Suite]:
    """Suites about raw tables of what the company's sources deliver."""
    return [
        suite
        for suite in load_suites(EXPECTATIONS)
        if suite.schema_name == "raw" and _is_delivered(company, *suite.table_name.split("__", 1))
    ]


def _is_delivered(company: Company, source: str, name: str) -> bool:
    return source in company.sources and name not in company.sources[source].without


def mart_suites(company: Company, public_tables: Sequence[tuple[str, str]]) -> list[Suite]:
    """Suites about public tables, less what they promise of entities that nothing feeds."""
    suites = load_suites(EXPECTATIONS, [f"{schema}.{name}" for schema, name in public_tables])
    return applying(suites, entity_sources(company))


def asset_of(suite: Suite) -> dg.AssetKey:
    """The asset a suite's table is."""
    if suite.schema_name == "raw":
        source, name = suite.table_name.split("__", 1)
        return raw_key(source, name)
    return dg.AssetKey([suite.schema_name, suite.table_name])


def build_checks(name: str, suites: Sequence[Suite]) -> dg.AssetChecksDefinition:
    """One operation that runs the suites, with one asset check per expectation."""
    specs = {
        suite.check_id(expectation): dg.AssetCheckSpec(
            name=expectation.short_name,
            asset=asset_of(suite),
            description=expectation.why,
            blocking=expectation.severity == "block",
        )
        for suite in suites
        for expectation in suite.expectations
    }

    @dg.multi_asset_check(name=name, specs=list(specs.values()), pool="warehouse")
    def expectations(
        context: dg.AssetCheckExecutionContext, warehouse: Warehouse
    ) -> Iterator[dg.AssetCheckResult]:
        results = run_suites(warehouse.company.warehouse_file, suites)
        with warehouse.connect() as connection:
            begin_build(
                connection, context.run.run_id, "nothing", continues=context.run.parent_run_id
            )
            record(connection, context.run.run_id, results)
        for result in results:
            spec = specs[result.check_id]
            yield as_check_result(result, spec.asset_key, spec.name)

    return expectations

"""The dbt project as Dagster assets, built inside this process.

One operation builds every model of the enabled sources and asks every dbt test; each model is an
asset and each test an asset check, blocking unless its severity is `warn`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import dagster as dg
import duckdb
from dagster_dbt import DagsterDbtTranslator, dbt_assets
from dagster_dbt.asset_utils import get_asset_check_key_for_test

from pipelines import disk
from pipelines.assets.resources import Warehouse
from pipelines.quality.dbt_tests import check_id, expected_tests, results_from_run
from pipelines.quality.ledger import begin_build, record
from pipelines.quality.results import CheckResult, ExpectedCheck
from pipelines.quality.suites import load_suites
from pipelines.settings import PROJECT_ROOT, Company
from pipelines.transform.builder import Ran
from pipelines.transform.dbt_project import DbtProject, TransformError, entity_sources
from pipelines.transform.increment import build
from pipelines.transform.marts import KEY_TESTS, require_whole_marts

KEPT_SCHEMAS = frozenset({"control", "increment"})
EXPECTATIONS = PROJECT_ROOT / "expectations"
NOTHING_STAGED = (
    "every table would be empty, as no enabled source has staging models: write them, step 3 of "
    "docs/how-to/add-a-source.md"
)


class SalesopsTranslator(DagsterDbtTranslator):
    """Asset keys are schema and table; groups are the layers, and a mart's group its subject."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        if dbt_resource_props["resource_type"] == "source":
            if dbt_resource_props["schema"] == "raw":
                return dg.AssetKey(
                    ["raw", dbt_resource_props["source_name"], dbt_resource_props["name"]]
                )
            return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["name"]])
        return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        if dbt_resource_props["resource_type"] == "seed":
            return str(dbt_resource_props["schema"])
        layer = dbt_resource_props["fqn"][1]
        return str(dbt_resource_props["fqn"][2] if layer == "marts" else layer)

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:
        meta = dbt_resource_props.get("config", {}).get("meta", {})
        return [str(meta.get("owner", "team:data-platform"))]


@dataclass(frozen=True)
class Transform:
    """What the rest of the wiring needs to know of the dbt project for one company."""

    assets: dg.AssetsDefinition
    kept: tuple[dg.AssetSpec, ...]
    """Tables that models read and the pipeline keeps itself: what was loaded, what the last build
    stood on."""
    expected: dict[str, ExpectedCheck]
    public_tables: tuple[tuple[str, str], ...]
    """(schema, table) of every mart."""
    mart_keys: tuple[dg.AssetKey, ...]
    grains: dict[str, tuple[str, ...]]
    """Columns that tell a public table's rows apart, by `schema.table`, as its test promises."""


def build_transform(company: Company) -> Transform:
    """The dbt project's assets and checks for one company.

    Raises:
        ConfigurationError: a mart lacks what makes it one.
    """
    project = DbtProject(company)
    manifest = project.manifest()
    suites = {suite.table for suite in load_suites(EXPECTATIONS)}
    require_whole_marts(manifest, suites, PROJECT_ROOT / "docs" / "reference" / "metrics.md")
    translator = SalesopsTranslator()

    @dbt_assets(
        manifest=manifest,
        exclude=project.excluded,
        name="dbt",
        dagster_dbt_translator=translator,
        pool="warehouse",
    )
    def dbt_models(context: dg.AssetExecutionContext, warehouse: Warehouse) -> Iterator[Any]:
        """Build and test every model of the enabled sources."""
        if not entity_sources(company):
            raise dg.Failure(
                f"{NOTHING_STAGED} ({', '.join(company.sources)})", allow_retries=False
            )
        with warehouse.connect() as connection:
            begin_build(
                connection, context.run.run_id, "tables", continues=context.run.parent_run_id
            )
        try:
            outcome, increment = build(project, *_asked_for(context))
        except TransformError as error:
            raise dg.Failure(str(error), allow_retries=False) from error
        context.log.info(increment.description)
        with warehouse.connect() as connection:
            checks = results_from_run(outcome.result, connection)
            record(connection, context.run.run_id, checks)
            yield from _model_events(context, outcome.result, connection)
        yield from _check_events(outcome.result, checks, manifest, translator)
        _raise_for_errors(outcome.result)

    nodes = _selected_nodes(dbt_models, manifest, translator)
    marts = [node for node in nodes.values() if node["fqn"][1] == "marts"]
    return Transform(
        assets=dbt_models,
        kept=tuple(_kept_specs(manifest, translator)),
        expected=expected_tests(manifest, nodes.keys() | _tests_on(nodes, manifest)),
        public_tables=tuple(sorted((node["schema"], node["name"]) for node in marts)),
        mart_keys=tuple(translator.get_asset_key(node) for node in marts),
        grains=grains_of(manifest, {node["unique_id"]: node for node in marts}),
    )


def _kept_specs(
    manifest: Mapping[str, Any], translator: SalesopsTranslator
) -> Iterator[dg.AssetSpec]:
    for source in manifest["sources"].values():
        if source["schema"] in KEPT_SCHEMAS:
            yield dg.AssetSpec(
                translator.get_asset_key(source),
                description=source["description"],
                group_name=source["schema"],
                kinds={"duckdb"},
            )


def grains_of(
    manifest: Mapping[str, Any], marts: Mapping[str, Mapping[str, Any]]
) -> dict[str, tuple[str, ...]]:
    """Columns that tell a public table's rows apart, by `schema.table`, as its test promises."""
    grains: dict[str, tuple[str, ...]] = {}
    for test in manifest["nodes"].values():
        kind = (test.get("test_metadata") or {}).get("name")
        mart = marts.get(str(test.get("attached_node")))
        if mart is None or kind not in KEY_TESTS:
            continue
        arguments = test["test_metadata"]["kwargs"]
        columns = arguments.get("columns") or [arguments["column_name"]]
        grains[f"{mart['schema']}.{mart['name']}"] = tuple(columns)
    return grains


def _selected_nodes(
    assets: dg.AssetsDefinition, manifest: Mapping[str, Any], translator: SalesopsTranslator
) -> dict[str, Mapping[str, Any]]:
    return {
        unique_id: node
        for unique_id, node in manifest["nodes"].items()
        if node["resource_type"] in {"model", "seed"}
        and translator.get_asset_key(node) in assets.keys
    }


def _tests_on(nodes: Mapping[str, Any], manifest: Mapping[str, Any]) -> set[str]:
    return {
        unique_id
        for unique_id, node in manifest["nodes"].items()
        if node["resource_type"] == "test"
        and all(
            parent in nodes or not parent.startswith(("model.", "seed."))
            for parent in node["depends_on"]["nodes"]
        )
    }


def _asked_for(context: dg.AssetExecutionContext) -> list[str]:
    """Names of the tables that were chosen in the UI; none for everything."""
    if not context.is_subset:
        return []
    return sorted(key.path[-1] for key in context.selected_asset_keys)


def _model_events(
    context: dg.AssetExecutionContext, results: Iterable[Ran], connection: duckdb.DuckDBPyConnection
) -> Iterator[dg.MaterializeResult[Any]]:
    for run in results:
        key = dg.AssetKey([run.node.schema, run.node.name])
        if run.status != "success" or key not in context.selected_asset_keys:
            continue
        metadata: dict[str, Any] = {"seconds": round(run.seconds, 3)}
        if run.node.materialized != "view":
            counted = connection.execute(
                f'select count(*) from "{run.node.schema}"."{run.node.name}"'
            ).fetchone()
            metadata["dagster/row_count"] = counted[0] if counted else 0
        yield dg.MaterializeResult(asset_key=key, metadata=metadata)


def _check_events(
    results: Iterable[Ran],
    checks: list[CheckResult],
    manifest: Mapping[str, Any],
    translator: SalesopsTranslator,
) -> Iterator[dg.AssetCheckResult]:
    by_id = {check.check_id: check for check in checks}
    for run in results:
        node = run.node.written
        if run.node.resource_type != "test" or check_id(node) not in by_id:
            continue
        key = get_asset_check_key_for_test(manifest, translator, run.node.unique_id, None)
        if key is not None:
            yield as_check_result(by_id[check_id(node)], key.asset_key, key.name)


def as_check_result(check: CheckResult, asset: dg.AssetKey, name: str) -> dg.AssetCheckResult:
    """A check's answer in Dagster's words, with everything the person on call needs."""
    details = {
        "why": check.why,
        "owner": check.owner,
        "next step": check.next_step,
        "failing rows": check.n_failed,
        "observed": check.observed,
        "example": check.example,
        "error": check.message,
    }
    blocks = check.status == "error" or check.severity == "block"
    return dg.AssetCheckResult(
        asset_key=asset,
        check_name=name,
        passed=check.status == "pass",
        severity=dg.AssetCheckSeverity.ERROR if blocks else dg.AssetCheckSeverity.WARN,
        metadata={name: value for name, value in details.items() if value not in (None, "")},
    )


def _raise_for_errors(results: Iterable[Ran]) -> None:
    broken = [run for run in results if run.status == "error"]
    models = [run for run in broken if run.node.resource_type != "test"]
    if models:
        message = models[0].message
        raise dg.Failure(
            f"{len(models)} models could not be built (first: {models[0].node.name}): "
            f"{disk.told(message) or message}",
            allow_retries=False,
        )

"""Bring the raw log in line with the landing folder, object by object.

The raw log is a pure function of the landing folder: from the first extract day that differs on,
an object's batches are taken out and put in again, in order and in one transaction. A batch that
is refused leaves the object as it was and is recorded as failed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import duckdb

from pipelines.ingest import ledger
from pipelines.ingest.accepted import check_accepted
from pipelines.ingest.errors import IngestError, NothingLanded
from pipelines.ingest.layout import Delivery, deliveries
from pipelines.ingest.plan import Batch, Hashes, planned
from pipelines.ingest.results import BatchResult
from pipelines.ingest.sources import Source, enabled_source
from pipelines.ingest.stage import BatchRefused, Stage
from pipelines.ingest.tables import ensure_source, start_anew
from pipelines.ingest.versions import Versions
from pipelines.settings import Company

OnBatch = Callable[[BatchResult], None]


def load(
    connection: duckdb.DuckDBPyConnection,
    company: Company,
    source: str,
    *,
    objects: Sequence[str] | None = None,
    on_batch: OnBatch | None = None,
) -> list[BatchResult]:
    """Load what has landed of a source; `objects` limits it to some of them.

    Every batch in the landing folder has a result: `loaded` now, `unchanged` since an earlier
    run, or `failed`. A failed batch stops its object there, not the others; the caller must not
    go on to publish. `on_batch` is told each result as it comes.

    Raises:
        NothingLanded: there is no delivery of the source, or none of an object it needs.
        IngestError: something lies in the landing folder that no contract explains.
    """
    enabled = enabled_source(company, source)
    check_accepted(company)
    ensure_source(connection, enabled)
    with _transaction(connection):
        ledger.forget_unknown_objects(connection, enabled)
    found = deliveries(company, enabled)
    wanted = list(objects if objects is not None else enabled.objects)
    _check_needed(company, enabled, wanted, found)
    hashes = Hashes(connection, company.paths.landing)
    results = []
    for name in wanted:
        plan = planned(company, enabled, name, found[name], hashes)
        for result in _load_object(connection, company, enabled, name, plan):
            results.append(result)
            if on_batch is not None:
                on_batch(result)
    return results


def _check_needed(
    company: Company, source: Source, wanted: list[str], found: dict[str, list[Delivery]]
) -> None:
    for name in wanted:
        if name not in source.objects:
            known = ", ".join(source.objects)
            raise KeyError(f"{source.name} has no object '{name}'; known: {known}")
    missing = [name for name in wanted if not found[name] and not source.objects[name].optional]
    if missing:
        files = ", ".join(source.objects[missing[0]].files)
        raise NothingLanded(
            f"{source.name}: {len(missing)} objects were never delivered (first: {missing[0]}, "
            f"which comes as {files}). Land them: salesops land --company {company.file} "
            f"--on YYYY-MM-DD PATH..., or, if {company.name} has none, say so in the company "
            f"file: sources: {{{source.name}: {{without: [{', '.join(missing)}]}}}}"
        )
    landed = [
        name for name in wanted if name in company.sources[source.name].without and found[name]
    ]
    if landed:
        raise IngestError(
            f"{source.name}: the company file says that there is no {landed[0]} (sources."
            f"{source.name}.without), but {len(found[landed[0]])} extract days of it have landed; "
            "take it out of `without`, or the files out of the landing folder"
        )


def _load_object(
    connection: duckdb.DuckDBPyConnection,
    company: Company,
    source: Source,
    name: str,
    plan: list[Batch],
) -> list[BatchResult]:
    """Bring one object in line; its results in the order of the extract days."""
    with _transaction(connection):
        ledger.forget_failures(connection, source.name, name)
    present = ledger.loaded(connection, source.name, name)
    n_same = _n_same(present, plan)
    results = present[:n_same]
    if n_same == len(plan) == len(present):
        return results
    try:
        with _transaction(connection):
            differing = [r.extract_on for r in present[n_same:]] + [b.day for b in plan[n_same:]]
            if n_same == 0:
                start_anew(connection, source, name)
            ledger.forget(connection, source.name, name, min(differing))
            loaded = []
            for position in range(n_same, len(plan)):
                batch = plan[position]
                stage = Stage(connection, company, source, batch, is_first=position == 0)
                result, rejects = stage.run()
                if position:
                    cut_before = plan[position - 1].cut
                    result = Versions(connection, stage.contract, batch, cut_before).add(result)
                ledger.write(connection, batch, result, rejects)
                loaded.append(result)
    except BatchRefused as refused:
        with _transaction(connection):
            _record_failure(connection, batch, refused, present)
        return [*results, refused.result]
    return [*results, *loaded]


def _n_same(present: list[BatchResult], plan: list[Batch]) -> int:
    """How many batches from the first on are in the raw log just as they should be."""
    same = 0
    for have, want in zip(present, plan, strict=False):
        if have.batch_id != want.batch_id:
            break
        same += 1
    return same


def _record_failure(
    connection: duckdb.DuckDBPyConnection,
    batch: Batch,
    refused: BatchRefused,
    present: list[BatchResult],
) -> None:
    if batch.batch_id in {result.batch_id for result in present}:
        # The same files were fine before: the ledger keeps that, as they are still in the log.
        return
    rejects = refused.rejects
    if rejects is not None:
        rejects = rejects.sort("_file", "_line", maintain_order=True).head(ledger.SHOWN_REJECTS)
    ledger.write(connection, batch, refused.result, rejects)


@contextmanager
def _transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    connection.execute("begin")
    try:
        yield
    except BaseException:
        connection.execute("rollback")
        raise
    connection.execute("commit")

"""Run suites on a warehouse file with Great Expectations and report in our own terms.

Opens the file to read only and lets go of it completely before it returns, so that the same
process may write to it again. An expectation that Great Expectations cannot answer becomes an
`error`, never a pass. Examples of offending rows are found in `examples.py`.
"""

from __future__ import annotations

import importlib
import os
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipelines.quality.examples import find_example
from pipelines.quality.results import CheckResult
from pipelines.quality.suites import ROWS, Expectation, Suite
from pipelines.warehouse import held, opened

_VALUES_SHOWN = 3


def warm_up() -> None:
    """Import Great Expectations now, for instance in a thread while a database engine works."""
    _great_expectations()


def run_suites(database: Path, suites: Sequence[Suite]) -> list[CheckResult]:
    """Ask every expectation of every suite; one result each, in the suites' order."""
    if not suites:
        return []
    if not database.is_file():
        return _all_errored(suites, f"warehouse file {database} does not exist")
    answers: dict[str, Any] = {}
    try:
        with _source(database) as source:
            for suite in suites:
                answers |= _ask_suite(source, suite)
    except Exception as error:
        return _all_errored(suites, f"warehouse file {database} cannot be asked: {_reason(error)}")
    results = [
        _result(suite, expectation, answers.get(suite.check_id(expectation)))
        for suite in suites
        for expectation in suite.expectations
    ]
    return _with_examples(database, suites, results, answers)


def _all_errored(suites: Sequence[Suite], reason: str) -> list[CheckResult]:
    return [_result(suite, one, reason) for suite in suites for one in suite.expectations]


def _great_expectations() -> Any:
    """The package, imported only when suites run: it takes 4 s and looks at the environment."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    return importlib.import_module("great_expectations")


@contextmanager
def _source(database: Path) -> Iterator[Any]:
    """A Great Expectations data source on the file, closed without leaving a handle."""
    with held(database):
        yield from _opened_source(database)


def _opened_source(database: Path) -> Iterator[Any]:
    # SQLAlchemy is only needed, and only paid for, where Great Expectations is.
    dialect = importlib.import_module("pipelines.quality.dialect")
    dialect.register()
    context = _great_expectations().get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    source = context.data_sources.add_sql(
        name="warehouse",
        connection_string=f"{dialect.URL_SCHEME}:///{database.resolve()}",
        create_temp_table=False,
        kwargs={"poolclass": dialect.NullPool, "connect_args": {"read_only": True}},
    )
    engine = source.get_execution_engine()
    # Decides which SQL it writes for regular expressions and which type names it knows.
    engine.dialect_module = dialect
    # Great Expectations connects again for every question. While this handle is open, DuckDB
    # answers each of them from the database that is loaded already: 1 ms instead of 20.
    handle = engine.engine.raw_connection()
    try:
        yield source
    finally:
        handle.close()
        # It keeps a second engine for testing connections; either would keep the file open.
        engine.close()
        engine.engine.dispose()
        source.get_engine().dispose()


def _ask_suite(source: Any, suite: Suite) -> dict[str, Any]:
    """Answers by check id; where Great Expectations raised, the reason as a string."""
    try:
        batch = _batch(source, suite)
    except Exception as error:
        # Whatever goes wrong inside Great Expectations must refuse the build, not end the run.
        reason = f"table {suite.table} cannot be asked: {_reason(error)}"
        return {suite.check_id(expectation): reason for expectation in suite.expectations}
    answers: dict[str, Any] = {}
    wrapped: dict[str, Any] = {}
    for expectation in suite.expectations:
        check_id = suite.check_id(expectation)
        try:
            wrapped[check_id] = _in_gx_terms(expectation, check_id)
        except Exception as error:
            answers[check_id] = f"'{expectation.expect}' is not understood: {_reason(error)}"
    answers |= _validate(batch, wrapped)
    # One failing query can take others of its bundle along, so what errored is asked again alone.
    errored = [key for key in wrapped if isinstance(answers.get(key), str)]
    if len(wrapped) > 1:
        for key in errored:
            answers |= _validate(batch, {key: wrapped[key]})
    return answers


def _batch(source: Any, suite: Suite) -> Any:
    with warnings.catch_warnings():
        # The replacement of schema_name is one data source per schema, each with its own engines.
        warnings.simplefilter("ignore", DeprecationWarning)
        asset = source.add_table_asset(
            name=suite.table, table_name=suite.table_name, schema_name=suite.schema_name
        )
        return asset.add_batch_definition_whole_table("all").get_batch()


def _in_gx_terms(expectation: Expectation, check_id: str) -> Any:
    known = _great_expectations().expectations
    meta = {"check_id": check_id}
    if expectation.expect == ROWS:
        # Nothing is ever bound here, so a colon before a word is text and not a parameter.
        query = re.sub(r"(?<![:\w\\]):(?=\w)", r"\\:", expectation.sql or "")
        return known.UnexpectedRowsExpectation(unexpected_rows_query=query, meta=meta)
    name = "Expect" + "".join(part.capitalize() for part in expectation.expect.split("_"))
    kind = getattr(known, name, None)
    if kind is None:
        raise LookupError(f"Great Expectations has no 'expect_{expectation.expect}'")
    return kind(**expectation.arguments, meta=meta)


def _validate(batch: Any, wrapped: dict[str, Any]) -> dict[str, Any]:
    if not wrapped:
        return {}
    try:
        # The list as an argument, not add_expectation: that compares and drops equal ones.
        suite = _great_expectations().ExpectationSuite(
            name="one run", expectations=list(wrapped.values())
        )
        validated = batch.validate(
            suite,
            result_format={
                "result_format": "SUMMARY",
                "partial_unexpected_count": _VALUES_SHOWN,
            },
        )
    except Exception as error:
        return dict.fromkeys(wrapped, _reason(error))
    answers: dict[str, Any] = {}
    for result in validated.results:
        key = result.expectation_config.meta["check_id"]
        answers[key] = _exception_in(result) or result
    return answers


def _reason(error: BaseException) -> str:
    return f"{type(error).__name__}: {str(error).strip() or 'no message'}"


def _exception_in(result: Any) -> str | None:
    """The reason Great Expectations gives when a failed result is in truth an exception."""
    info = result.exception_info or {}
    parts = [info] if "raised_exception" in info else list(info.values())
    for part in parts:
        if isinstance(part, dict) and part.get("raised_exception"):
            return str(part.get("exception_message") or "raised without a message").strip()
    return None


def _result(suite: Suite, expectation: Expectation, answer: Any) -> CheckResult:
    blank = CheckResult(
        check_id=suite.check_id(expectation),
        kind="gx",
        asset=suite.table,
        severity=expectation.severity,
        owner=expectation.owner or suite.owner,
        why=expectation.why,
        next_step=expectation.next_step or suite.next_step or "",
        status="error",
    )
    if answer is None:
        return replace(blank, message="Great Expectations gave no result for it")
    if isinstance(answer, str):
        return replace(blank, message=answer)
    details: dict[str, Any] = answer.result or {}
    return replace(
        blank,
        status="pass" if answer.success else "fail",
        n_failed=_n_failed(expectation, details),
        observed=_observed(expectation, details),
    )


def _n_failed(expectation: Expectation, details: dict[str, Any]) -> int | None:
    key = "observed_value" if expectation.expect == ROWS else "unexpected_count"
    count = details.get(key)
    return None if count is None else int(count)


def _observed(expectation: Expectation, details: dict[str, Any]) -> str | None:
    count = _n_failed(expectation, details)
    if expectation.expect == ROWS:
        return f"{count:,} row{'' if count == 1 else 's'}"
    if count is not None and details.get("element_count") is not None:
        return f"{count:,} of {int(details['element_count']):,} rows"
    observed = details.get("observed_value")
    if observed is not None:
        return str(observed)
    return None if count is None else f"{count:,} values"


def _with_examples(
    database: Path, suites: Sequence[Suite], results: list[CheckResult], answers: dict[str, Any]
) -> list[CheckResult]:
    if all(result.status != "fail" for result in results):
        return results
    asked = {suite.check_id(one): (suite, one) for suite in suites for one in suite.expectations}
    with opened(database, read_only=True) as connection:
        return [
            replace(
                result,
                example=find_example(
                    connection,
                    *asked[result.check_id],
                    list(answers[result.check_id].result.get("partial_unexpected_list") or []),
                ),
            )
            if result.status == "fail"
            else result
            for result in results
        ]

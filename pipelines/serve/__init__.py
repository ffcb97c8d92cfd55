"""Reading published releases; nothing here writes."""

from __future__ import annotations

from pipelines.serve.explain import Explanation, explain_attainment
from pipelines.serve.reader import NoRelease, QueryError, QueryResult, open_release, query
from pipelines.serve.render import as_csv, as_json, as_rows

__all__ = [
    "Explanation",
    "NoRelease",
    "QueryError",
    "QueryResult",
    "as_csv",
    "as_json",
    "as_rows",
    "explain_attainment",
    "open_release",
    "query",
]

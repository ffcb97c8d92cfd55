"""What public tables are made of, and which of them stay empty as nothing feeds what they need.

Read off dbt's manifest and compiled SQL, before there is a single row: an entity that no source
feeds is a select without rows there (`union_entity`), and a table that is joined to nothing but it
has none either.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Any

import sqlglot
from sqlglot import expressions as sql

_NO_ROWS = "where 1 = 0"
_UNION = "macro.salesops.union_entity"


@dataclass(frozen=True)
class Mart:
    """A public table, and what of it is there."""

    table: str
    """As `schema.table`."""
    entities: tuple[str, ...]
    """What it is made of."""
    missing: tuple[str, ...]
    """Those that no enabled source feeds."""
    is_empty: bool
    """It has no row without them."""
    needs: tuple[str, ...]
    """Of an empty one: the entities without which it has none, the nearest ones."""


def marts(
    manifest: Mapping[str, Any],
    compiled: Mapping[str, str],
    fed: Collection[str],
    entities: Collection[str],
) -> list[Mart]:
    """Every public table with what it is made of, by name.

    Args:
        manifest: dbt's.
        compiled: SQL of models by dbt's unique id.
        fed: entities that an enabled source feeds.
        entities: all there are.
    """
    nodes = manifest["nodes"]
    own = {name: _entities_of(nodes[name], manifest, entities) for name in compiled}
    of: dict[str, frozenset[str]] = {}
    lacks: dict[str, frozenset[str]] = {}
    parents = {name: nodes[name]["depends_on"]["nodes"] for name in compiled}
    for name in TopologicalSorter(parents).static_order():
        if name not in compiled:
            continue
        above = [parent for parent in parents[name] if parent in of]
        of[name] = own[name].union(*(of[parent] for parent in above))
        if nodes[name]["fqn"][1] == "staging":
            continue
        empty = {_relation(nodes[parent]): parent for parent in above if parent in lacks}
        if (reasons := _Emptiness(empty).of_text(compiled[name])) is not None:
            unfed = own[name] - set(fed)
            lacks[name] = frozenset().union(
                *(unfed if each == _NO_ROWS else lacks[empty[each]] for each in reasons)
            )
    return sorted(
        (
            Mart(
                f"{nodes[name]['schema']}.{nodes[name]['name']}",
                tuple(sorted(of[name])),
                tuple(sorted(of[name] - set(fed))),
                name in lacks,
                tuple(sorted(lacks.get(name, ()))),
            )
            for name in compiled
            if nodes[name]["fqn"][1] == "marts"
        ),
        key=lambda mart: mart.table,
    )


def _entities_of(
    node: Mapping[str, Any], manifest: Mapping[str, Any], entities: Collection[str]
) -> frozenset[str]:
    """The entities a model takes from staging itself."""
    if node["fqn"][1] == "staging":
        return frozenset([node["name"].partition("__")[2]])
    names = "|".join(sorted(_unions(manifest["macros"])))
    called = re.findall(rf"\b(?:{names})\(\s*'(\w+)'", node["raw_code"])
    return frozenset(called) & frozenset(entities)


def _unions(macros: Mapping[str, Any]) -> set[str]:
    """Names of the macros that bring the sources of an entity together."""
    known = {_UNION}
    while more := {
        name
        for name, macro in macros.items()
        if name not in known and known & set(macro["depends_on"]["macros"])
    }:
        known |= more
    return {macros[name]["name"] for name in known if macros[name]["package_name"] == "salesops"}


def _relation(node: Mapping[str, Any]) -> str:
    return f"{node['schema']}.{node['alias']}"


class _Emptiness:
    """Whether a query can have rows, given tables that have none.

    In doubt it can: only what follows from the query's form is said. Answers are the empty tables
    that make it so (`_NO_ROWS` where a condition does that never holds), or None.
    """

    def __init__(self, empty: Iterable[str]) -> None:
        self._empty = set(empty)

    def of_text(self, text: str) -> frozenset[str] | None:
        return self._of(sqlglot.parse_one(text, read="duckdb"), {})

    def _of(
        self, query: sql.Expr | None, ctes: Mapping[str, frozenset[str] | None]
    ) -> frozenset[str] | None:
        if isinstance(query, (sql.Subquery, sql.Paren)):
            return self._of(query.this, ctes)
        if not isinstance(query, sql.Query):
            return None
        known = dict(ctes)
        for cte in query.ctes:
            known[cte.alias] = self._of(cte.this, known)
        if isinstance(query, sql.SetOperation):
            left, right = self._of(query.left, known), self._of(query.right, known)
            if isinstance(query, sql.Union):
                return None if left is None or right is None else left | right
            return left if left is not None or isinstance(query, sql.Except) else right
        return self._of_select(query, known) if isinstance(query, sql.Select) else None

    def _of_select(
        self, query: sql.Select, ctes: Mapping[str, frozenset[str] | None]
    ) -> frozenset[str] | None:
        is_total = not query.args.get("group") and any(
            aggregate.find_ancestor(sql.Window, sql.Select, sql.Subquery) is query
            for aggregate in query.find_all(sql.AggFunc)
        )
        if is_total:
            return None
        if _never(query.args.get("where")):
            return frozenset([_NO_ROWS])
        read = query.args.get("from_") or query.args.get("from")
        if read is None:
            return None
        found = self._of_table(read.this, ctes)
        for join in query.args.get("joins") or ():
            joined = self._of_table(join.this, ctes)
            side = str(join.side or "").upper()
            if side == "LEFT":
                continue
            if side == "RIGHT":
                found = joined
            elif side == "FULL":
                found = None if found is None or joined is None else found | joined
            else:
                found = found if found is not None else joined
        return found

    def _of_table(
        self, table: sql.Expr, ctes: Mapping[str, frozenset[str] | None]
    ) -> frozenset[str] | None:
        if not isinstance(table, sql.Table):
            return self._of(table, ctes)
        if not table.db:
            return ctes.get(table.name)
        name = f"{table.db}.{table.name}"
        return frozenset([name]) if name in self._empty else None


def _never(where: sql.Expr | None) -> bool:
    """Does a condition contradict itself, as `1 = 0` does?"""
    if where is None:
        return False
    condition = where.this
    parts = condition.flatten() if isinstance(condition, sql.And) else [condition]
    return any(
        isinstance(part, sql.EQ)
        and isinstance(part.left, sql.Literal)
        and isinstance(part.right, sql.Literal)
        and part.left != part.right
        for part in parts
    )

"""Personal data leaves no file of a run in clear, whatever column it was delivered in."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.ingest.personal import MASKED, masked_sql, masked_text
from tests.deployment import COMPANIES, Deployment
from tests.sources.world import DEMO
from tests.test_bad_input import FIRST, GOOD, HEADER, NEXT, deal, deliver

ADDRESS, NUMBER, LOCAL = "ida.berg@hammer.example", "+49 (30) 9018-2033", "(555) 010-9999"
PLANTED = (ADDRESS, NUMBER, LOCAL, "ulla.moe@hammer.example", "+4520123456")
WRITTEN_OTHERWISE = (
    "ida.berg%40hammer.example",
    "ida.berg (at) hammer.example",
    "ida[at]h.example",
)


def stored(text: str | None, *, whole: bool = False) -> str | None:
    with duckdb.connect() as connection:
        [(value,)] = connection.execute(
            f"select {masked_sql('x', whole=whole)} from (select ?::varchar as x)", [text]
        ).fetchall()
    return value if value is None else str(value)


@pytest.mark.parametrize("text", [*PLANTED, *WRITTEN_OTHERWISE, "Ånne.Öst@münster.example"])
def test_a_whole_value_becomes_one_mask(text: str) -> None:
    mask = stored(text)
    assert mask is not None
    assert mask.startswith("(personal data ")
    assert mask == stored(text.upper()), "equal but for case stays equal"
    assert mask != stored(f"x{text}")


@pytest.mark.parametrize("personal", [*PLANTED, *WRITTEN_OTHERWISE])
def test_within_a_text_it_is_taken_out(personal: str) -> None:
    assert stored(f"Renewal, ask {personal} first") == f"Renewal, ask {MASKED} first"
    assert masked_text(f"value '{personal}' is no date") == f"value '{MASKED}' is no date"


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "Hammer + Nail (Berlin)",
        "R@D",
        "Lunch (at) 5.30",
        "[at] the fair",
        "up 40%40",
        "100+ seats (2025)",
        "C++ 20",
        "441-720-3985",
        "10009560",
        "2026-05-31 10:00:00+02:00",
        "+12.5 %",
        "(1,200.50)",
    ],
)
def test_other_texts_are_kept(text: str | None) -> None:
    assert stored(text) == text
    assert text is None or masked_text(text) == text


def test_keys_that_differ_in_their_address_stay_different() -> None:
    one, other = (stored(f"lead of {name}@b.example", whole=True) for name in ("ida", "tom"))
    assert one != other
    assert "example" not in f"{one}{other}"


@given(st.text(alphabet=st.sampled_from("ab1@.+() -üt[]%40")))
def test_messages_and_tables_mask_the_same(text: str) -> None:
    in_table = stored(text)
    assert (masked_text(text) == text) == (in_table == text)


def clear_texts(folder: Path) -> Iterator[str]:
    """Everything that can be read of the files below a folder, in every form they have."""
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        yield f"{file}\n{file.read_bytes().decode('latin-1')}"
        yield file.read_bytes().decode("utf-8", errors="ignore")
        if file.suffix == ".duckdb":
            with duckdb.connect(str(file), read_only=True) as connection:
                tables = connection.execute(
                    "select schema_name, table_name from duckdb_tables()"
                ).fetchall()
                for schema, name in tables:
                    rows = connection.execute(f'from "{schema}"."{name}"').fetchall()
                    yield f"{schema}.{name} {rows}"
        elif file.suffix == ".parquet":
            yield str(pl.read_parquet(file).rows())
        elif file.suffix == ".db":
            with sqlite3.connect(file) as history:
                names = history.execute("select name from sqlite_master where type = 'table'")
                for (name,) in names.fetchall():
                    yield str(history.execute(f'select * from "{name}"').fetchall())


@pytest.mark.xdist_group("bad_input")
def test_no_file_of_a_run_holds_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deployment = Deployment.of(COMPANIES / "maven_crm.yml", tmp_path, reference=None)
    storage = tmp_path / "history"
    storage.mkdir()
    monkeypatch.setenv("SALESOPS_DAGSTER_STORAGE", str(storage))
    # A name with an address in it is published; one instead of a date is rejected.
    named = GOOD + deal(24, account=ADDRESS) + deal(25, opportunity_id=NUMBER)
    others = deal(26, account=f"Hammer; {LOCAL}")
    deliver(deployment, tmp_path / "in", FIRST, (named + others).encode())
    ran = deployment.run()
    wrong = (
        HEADER + deal(1, close_date="ulla.moe@hammer.example") + deal(2, close_value="+4520123456")
    )
    deliver(deployment, tmp_path / "in", NEXT, wrong.encode())
    refused = deployment.run()
    assert refused.exit_code == 1
    assert ran.exit_code == 0, ran.output
    assert f"value '{MASKED}'" in " ".join(refused.output.split())
    said = ran.output + refused.output
    company = deployment.company.paths
    for folder in (company.warehouse, company.published, storage):
        if folder.exists():
            for text in clear_texts(folder):
                for planted in PLANTED:
                    assert planted not in text, f"{planted} in {text[:200]}"
    assert not [planted for planted in PLANTED if planted in said]
    assert date.fromisoformat(NEXT)


def test_a_file_whose_name_holds_it_is_refused(tmp_path: Path) -> None:
    """Every row of it would cite the name, in every table."""
    deployment = Deployment.of(
        DEMO, tmp_path, sources={"finance": {"without": ["quota"]}}, reference=None
    )
    named = tmp_path / f"invoices-{LOCAL}-june.csv"
    named.write_text("invoice_id\n1\n", encoding="utf-8")
    landed = deployment.land(FIRST, named)
    said = " ".join(landed.output.split())
    assert landed.exit_code == 1
    assert "1 file names hold an address" in said
    assert f"invoices-{MASKED}-june.csv" in said
    folder = deployment.company.paths.landing / "finance" / "invoice" / FIRST
    folder.mkdir(parents=True)
    shutil.copy(named, folder)
    ran = deployment.run()
    assert ran.exit_code == 1
    assert "has personal data in its name" in " ".join(ran.output.split())
    assert LOCAL not in ran.output

"""The company file and its reference data, as tables of schema `config`.

dbt reads the currencies, the fiscal calendar (also of `fiscal_periods.csv`), the spellings
(`aliases.csv`), the company's own stages (`stages.csv`) and what its types of deals mean
(`opportunity_types.csv`) from there. The
tables are rewritten by every run: they are configuration, not history, and the folder they come
from is kept under version control by the company.
"""

from __future__ import annotations

import csv
import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import get_args

import duckdb
import polars as pl
from babel import Locale
from babel.numbers import get_currency_precision

from pipelines.calendar import MONTHS, FiscalCalendar, FiscalMonth, days
from pipelines.contracts import available_sources
from pipelines.settings import Company, ConfigurationError, Weekday

STAGE_STATUSES = ("open", "won", "lost")
FORECAST_CATEGORIES = ("Omitted", "Pipeline", "Best Case", "Most Likely", "Commit", "Closed")
"""What a stage can put a deal into; the spellings of CRMs are in `seed_forecast_category`."""
ALIAS_DOMAINS = (
    "channel",
    "country",
    "forecast_category",
    "industry",
    "lead_source",
    "opportunity_type",
    "product",
    "stage",
)
"""What a company may map spellings of; the models apply each (`macros/aliases.sql`)."""
DEAL_TYPES = ("new", "expansion", "contraction", "renewal", "services", "other")
"""What a type of deals can mean; `new` is new business."""


@dataclass(frozen=True)
class ReferenceFile:
    """One CSV file a company may put into its reference folder."""

    name: str
    table: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    what: str
    """What its rows say, for the reference page."""


ALIASES = ReferenceFile(
    name="aliases.csv",
    table="alias",
    columns=("domain", "source_system", "source_value", "value"),
    key=("domain", "source_system", "source_value"),
    what="A spelling of a system and the value it stands for, by domain: "
    + ", ".join(f"`{domain}`" for domain in ALIAS_DOMAINS)
    + ".",
)
STAGES = ReferenceFile(
    name="stages.csv",
    table="stage",
    columns=("source_system", "stage", "ordinal", "status", "forecast_category"),
    key=("source_system", "stage"),
    what="A stage of a CRM: its place in the order, whether it is `open`, `won` or `lost`, and the "
    "forecast category of a deal in it.",
)
OPPORTUNITY_TYPES = ReferenceFile(
    name="opportunity_types.csv",
    table="opportunity_type",
    columns=("source_system", "opportunity_type", "deal_type"),
    key=("source_system", "opportunity_type"),
    what="What a CRM's type of deals means: " + ", ".join(f"`{kind}`" for kind in DEAL_TYPES) + ".",
)


FISCAL_PERIODS = ReferenceFile(
    name="fiscal_periods.csv",
    table="fiscal_month",
    columns=("fiscal_year", "quarter", "number", "starts_on", "next_starts_on"),
    key=("starts_on",),
    what="A month of the fiscal calendar, where `fiscal_year.pattern` is `table`.",
)
REFERENCE_FILES = (ALIASES, STAGES, OPPORTUNITY_TYPES, FISCAL_PERIODS)


def aliased_domains(company: Company) -> dict[str, list[str]]:
    """The domains of which the company maps spellings, by source.

    Raises:
        ConfigurationError: the file of spellings is not understood.
    """
    aliases = _aliases(company)
    return {
        source: sorted(aliases.filter(source_system=source)["domain"].unique())
        for source in sorted(aliases["source_system"].unique())
    }


def write_reference(connection: duckdb.DuckDBPyConnection, company: Company) -> dict[str, int]:
    """Replace the `config` tables and return their row counts.

    Raises:
        ConfigurationError: fiscal periods do not follow each other or do not cover the calendar,
            the reference folder has a file that is not known, or a reference file
            another header, an empty cell, a key twice, a source or a domain that is not known, a
            stage that is neither open, won nor lost, or a type of deals that means nothing known.
    """
    calendar = fiscal_calendar(company)
    aliases = _aliases(company)
    stages = _check_stages(company.reference, _read(company.reference, STAGES))
    _check_stage_aliases(company.reference, aliases, stages)
    frames = {
        "company": _company_frame(company),
        "currency": _currency_frame(),
        "fiscal_period": _period_frame(calendar),
        "calendar_day": _day_frame(company, calendar),
        ALIASES.table: aliases,
        STAGES.table: stages,
        OPPORTUNITY_TYPES.table: _check_types(
            company.reference, _read(company.reference, OPPORTUNITY_TYPES)
        ),
    }
    connection.execute("create schema if not exists config")
    for table, frame in frames.items():
        connection.register("reference_frame", frame.to_arrow())
        connection.execute(
            f"create or replace table config.{table} as select * from reference_frame"
        )
        connection.unregister("reference_frame")
    return {table: frame.height for table, frame in frames.items()}


def _company_frame(company: Company) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "name": [company.name],
            "slug": [company.slug],
            "time_zone": [company.time_zone],
            "currency": [company.currency],
            "fiscal_year_starts_in": [company.fiscal_year_starts_in],
        }
    )


def _currency_frame() -> pl.DataFrame:
    codes = sorted(Locale("en").currencies)
    return pl.DataFrame(
        {"currency_code": codes, "minor_units": [get_currency_precision(code) for code in codes]},
        schema_overrides={"minor_units": pl.Int32},
    )


def fiscal_calendar(company: Company) -> FiscalCalendar:
    """The fiscal periods of the company's calendar, as its file cuts them.

    Raises:
        ConfigurationError: there is no table of periods where one is meant or one where none is,
            or it has gaps or does not cover the calendar.
    """
    first, last = company.policies.calendar_from, company.policies.calendar_to
    year = company.fiscal_year
    table = _read(company.reference, FISCAL_PERIODS)
    if year.pattern == "table":
        return _calendar_of(company, table)
    if table.height:
        raise ConfigurationError(
            f"{company.reference}/{FISCAL_PERIODS.name} is read by nothing: the company file cuts "
            f"fiscal years into {year.pattern}. Say fiscal_year: {{pattern: table}} there, or take "
            "the file away"
        )
    starts_in = company.fiscal_year_starts_in
    if year.pattern == "months":
        return FiscalCalendar.of_months(
            first, last, year_starts_in=starts_in, named_by=year.named_by
        )
    return FiscalCalendar.of_weeks(
        first,
        last,
        year_starts_in=starts_in,
        weeks=year.pattern,
        ends_on=get_args(Weekday).index(year.ends_on),
        ends_near=year.ends_near,
        named_by=year.named_by,
    )


def _calendar_of(company: Company, table: pl.DataFrame) -> FiscalCalendar:
    file = f"{company.reference}/{FISCAL_PERIODS.name}"
    if not table.height:
        raise ConfigurationError(
            "the company file cuts fiscal years by a table, and there is none: write "
            f"{FISCAL_PERIODS.name} with the header {','.join(FISCAL_PERIODS.columns)}, a row per "
            "month of every year, into the folder `reference` names"
        )
    months = []
    for row in table.rows(named=True):
        try:
            months.append(
                FiscalMonth(
                    starts_on=date.fromisoformat(row["starts_on"]),
                    next_starts_on=date.fromisoformat(row["next_starts_on"]),
                    fiscal_year=int(row["fiscal_year"]),
                    quarter=int(row["quarter"]),
                    number=int(row["number"]),
                )
            )
        except ValueError as error:
            raise ConfigurationError(
                f"{file}: the period from {row['starts_on']} is not understood ({error}): days are "
                "written YYYY-MM-DD, and year, quarter and number as whole numbers"
            ) from error
    policies = company.policies
    try:
        return FiscalCalendar.of_table(policies.calendar_from, policies.calendar_to, months)
    except ValueError as error:
        raise ConfigurationError(f"{file}: {error}") from error


def _period_frame(calendar: FiscalCalendar) -> pl.DataFrame:
    periods = [period for period_type in MONTHS for period in calendar.periods(period_type)]
    return pl.DataFrame(
        {
            "period_key": [period.label for period in periods],
            "period_type": [period.period_type for period in periods],
            "starts_on": [period.starts_on for period in periods],
            "next_starts_on": [period.next_starts_on for period in periods],
            "fiscal_year": [period.fiscal_year for period in periods],
            "period_number": [period.number for period in periods],
            "n_days": [period.n_days for period in periods],
            "n_weekdays": [period.n_weekdays for period in periods],
        },
        schema_overrides=dict.fromkeys(
            ("fiscal_year", "period_number", "n_days", "n_weekdays"), pl.Int32
        ),
    )


def _day_frame(company: Company, calendar: FiscalCalendar) -> pl.DataFrame:
    first, last = company.policies.calendar_from, company.policies.calendar_to
    all_days = list(days(first, last + timedelta(days=1)))
    keys = {
        f"fiscal_{period_type}_key": [
            period.label
            for period in calendar.periods(period_type)
            for day in days(period.starts_on, period.next_starts_on)
            if first <= day <= last
        ]
        for period_type in MONTHS
    }
    return pl.DataFrame({"day_on": all_days, **keys}).with_columns(
        iso_week=pl.col("day_on").dt.to_string("%G-W%V"),
        iso_weekday=pl.col("day_on").dt.weekday().cast(pl.Int32),
        is_weekday=pl.col("day_on").dt.weekday() <= 5,
    )


def _read(folder: Path | None, file: ReferenceFile) -> pl.DataFrame:
    empty = pl.DataFrame(schema=dict.fromkeys(file.columns, pl.String))
    if folder is None:
        return empty
    if not folder.is_dir():
        raise ConfigurationError(f"reference folder {folder} does not exist")
    names = [known.name for known in REFERENCE_FILES]
    strange = sorted(path.name for path in folder.glob("*.csv") if path.name not in names)
    if strange:
        near = difflib.get_close_matches(strange[0], names, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise ConfigurationError(
            f"{folder / strange[0]} is read by nothing: {hint}known reference files: "
            f"{', '.join(names)}"
        )
    path = folder / file.name
    if not path.exists():
        return empty
    with path.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines)
        if tuple(reader.fieldnames or ()) != file.columns:
            raise ConfigurationError(
                f"{path}: the header must be {','.join(file.columns)}, "
                f"not {','.join(reader.fieldnames or ())}"
            )
        rows = [_checked_row(path, reader.line_num, row, file) for row in reader]
    frame = pl.DataFrame(rows, schema=empty.schema)
    twice = frame.filter(pl.struct(file.key).is_duplicated())
    if twice.height:
        example = ", ".join(str(twice[column][0]) for column in file.key)
        raise ConfigurationError(f"{path}: {twice.height} rows share a key (first: {example})")
    if "source_system" in file.columns:
        _check_known(folder, file, frame["source_system"], available_sources())
    return frame


def _checked_row(
    path: Path, line: int, row: dict[str | None, str | None], file: ReferenceFile
) -> dict[str, str]:
    cells = {name: (row.get(name) or "").strip() for name in file.columns}
    missing = [name for name, cell in cells.items() if not cell]
    if missing or None in row:
        problem = f"no value for {missing[0]}" if missing else "too many fields"
        raise ConfigurationError(f"{path} line {line}: {problem}")
    return cells


def _aliases(company: Company) -> pl.DataFrame:
    aliases = _read(company.reference, ALIASES)
    _check_known(company.reference, ALIASES, aliases["domain"], ALIAS_DOMAINS)
    return aliases


def _check_known(
    folder: Path | None, file: ReferenceFile, values: pl.Series, known: Sequence[str]
) -> None:
    """Refuse a value that no model would ever look for."""
    unknown = sorted(set(values) - set(known))
    if unknown:
        near = difflib.get_close_matches(unknown[0], known, n=1)
        hint = f"did you mean '{near[0]}'? " if near else ""
        raise ConfigurationError(
            f"{folder}/{file.name}: {sum(value in unknown for value in values)} rows have an "
            f"unknown {values.name} (first: '{unknown[0]}'): {hint}known: {', '.join(known)}"
        )


def _check_stages(folder: Path | None, stages: pl.DataFrame) -> pl.DataFrame:
    wrong = stages.filter(
        ~pl.col("status").is_in(STAGE_STATUSES)
        | pl.col("ordinal").cast(pl.Int32, strict=False).is_null()
    )
    if wrong.height:
        raise ConfigurationError(
            f"{folder}/{STAGES.name}: {wrong.height} stages are wrong "
            f"(first: {wrong['stage'][0]}, ordinal '{wrong['ordinal'][0]}', "
            f"status '{wrong['status'][0]}'): ordinal must be a whole number, "
            f"status one of {', '.join(STAGE_STATUSES)}"
        )
    _check_known(folder, STAGES, stages["forecast_category"].drop_nulls(), FORECAST_CATEGORIES)
    return stages.with_columns(pl.col("ordinal").cast(pl.Int32))


def _check_stage_aliases(folder: Path | None, aliases: pl.DataFrame, stages: pl.DataFrame) -> None:
    """Refuse a spelling of a stage that the company's own list of stages does not have."""
    for source in stages["source_system"].unique(maintain_order=True):
        is_of_source = pl.col("source_system") == source
        spelled = aliases.filter(is_of_source & (pl.col("domain") == "stage"))
        described = stages.filter(is_of_source)["stage"].to_list()
        _check_known(folder, ALIASES, spelled["value"], described)


def _check_types(folder: Path | None, types: pl.DataFrame) -> pl.DataFrame:
    _check_known(folder, OPPORTUNITY_TYPES, types["deal_type"], DEAL_TYPES)
    # Types are matched whatever their case; two spellings of one would be two meanings.
    lowered = types.with_columns(opportunity_type=pl.col("opportunity_type").str.to_lowercase())
    twice = types.filter(
        lowered.select(pl.struct(OPPORTUNITY_TYPES.key).is_duplicated()).to_series()
    )
    if twice.height:
        raise ConfigurationError(
            f"{folder}/{OPPORTUNITY_TYPES.name}: {twice.height} rows differ only in "
            f"upper and lower case (first: {twice['opportunity_type'][0]}): keep one of them"
        )
    return lowered

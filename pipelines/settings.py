"""What a deployment is: the company file, and the few settings of the machine it runs on.

One YAML file describes a company (`Company`); one frozen settings object (`Settings`) says which
company file is meant and where this project lies. Both are read at the edge (command line,
Dagster entry point) and handed inwards; nothing else in the project reads the environment.
"""

from __future__ import annotations

import difflib
import os
import re
from datetime import date
from itertools import permutations
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from babel.numbers import list_currencies
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from pipelines.calendar import EndsNear, NamedBy, Weeks

PROJECT_ROOT = Path(__file__).resolve().parent.parent


class ConfigurationError(Exception):
    """The person must change a file or a flag before anything can run (exit code 2)."""


_OF_THE_MACHINE = re.compile(r"(localtime|posixrules|Factory)$|(posix|right)/")
"""Zone files that a system has beside the zones; what they say differs from machine to machine."""


def _known_time_zone(name: str) -> str:
    try:
        if _OF_THE_MACHINE.match(name):
            raise ValueError(name)
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"'{name}' is no IANA time zone, such as 'Europe/Berlin'") from error
    return name


def _known_currency(code: str) -> str:
    known = list_currencies() - _NO_MONEY
    if code not in known:
        near = difflib.get_close_matches(code.upper(), known, n=1)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        raise ValueError(f"'{code}' is no currency of ISO 4217, such as 'EUR'{hint}")
    return code


_NO_MONEY = frozenset({"XXX", "XTS"})
"""Codes of ISO 4217 for no currency, and for tests."""


def _plain_text(text: str) -> str:
    if any(mark in text for mark in ("{{", "{%", "{#")) or not text.isprintable():
        raise ValueError("must not hold '{{', '{%', '{#' or control characters")
    if text != text.strip() or not text:
        raise ValueError("must not be empty, or begin or end with a blank")
    return text


Word = Annotated[str, AfterValidator(_plain_text)]
"""A text that reaches SQL through dbt, which takes these marks for its own."""


class _Frozen(BaseModel):
    # What stands below a field is its line on the reference page.
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


def _usable_path(path: Path) -> Path:
    if "\0" in str(path):
        raise ValueError("holds a character that no path may have")
    return path


Folder = Annotated[Path, AfterValidator(_usable_path)]


class Paths(_Frozen):
    """Folders of a deployment; relative ones count from the company file's folder."""

    landing: Folder
    """Extract files as they were delivered; nothing in it is ever changed."""
    warehouse: Folder
    """The working file, which only the pipeline opens."""
    published: Folder
    """Releases, which readers open."""


Rhythm = Literal["day", "weekday", "week"]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
CreditCheck = Literal[
    "splits_add_up_to_the_whole",
    "credit_goes_to_somebody_in_seat",
    "participant_has_a_manager",
    "credit_agrees_with_the_source",
]
"""Checks of crediting that a company may live with."""


class FiscalYear(_Frozen):
    """How fiscal years are cut and named, where they are not what most are."""

    named_by: NamedBy = "last_day"
    """Whether the fiscal year from February 2026 is FY2027 or FY2026 (`first_day`)."""
    pattern: Literal["months", "table"] | Weeks = "months"
    """Calendar months, periods of four and five weeks, or the table `fiscal_periods.csv` of the
    reference folder."""
    ends_on: Weekday = "saturday"
    """Weekday on which a year of weeks ends."""
    ends_near: EndsNear = "nearest"
    """The last such weekday of the year's last month, or the one nearest to that month's end."""

    @model_validator(mode="after")
    def _is_used(self) -> Self:
        without_use = {
            "months": {"ends_on", "ends_near"},
            "table": {"ends_on", "ends_near", "named_by"},
        }.get(self.pattern, set())
        if given := sorted(without_use & self.model_fields_set):
            raise ValueError(f"{given[0]} means nothing where the pattern is {self.pattern}")
        return self


class SourceChoice(_Frozen):
    """How one enabled source is delivered here."""

    format: str | None = None
    """Name of one of the contract's formats; None takes the contract's first."""
    ignore_columns: Literal["known", "any"] | None = None
    """`any`: columns the contract does not know, such as own custom fields, are left; `known`: they
    refuse the file. None leaves it to the contract."""
    every: Rhythm | None = None
    """How often it delivers; a day that was missed is then shown as a warning."""
    without: frozenset[str] = frozenset()
    """Objects the contract asks for and this company does not have, such as `opportunity` of a
    CRM that is used for leads only. What they alone feed is empty and not missed."""


class Policies(_Frozen):
    """Choices the metric definitions leave to the company."""

    snapshot_weekday: Weekday = "sunday"
    """Day of the week at whose end the weekly pipeline snapshot is taken."""
    snapshots_from: date | None = None
    """First day of pipeline snapshots and forecasts; None: the first on which a deal was known.
    A deal that never closes has a row in every snapshot since, some 76 a year."""
    quota_version: Word | None = None
    """Which version of the quotas is in force (M5); None where a source has only one."""
    quota_period: Literal["sequence", "declared"] = "sequence"
    """`sequence`: a quota lasts until the seller calendar's next quota date. `declared`: the
    period key written in the source counts, and the gate refuses it where it is not unique."""
    quota_basis: Literal["as_given", "full"] = "as_given"
    """What quotas are that do not say it themselves. `full`: for a whole period by somebody fully
    ramped, so that seat, leave and ramp still count (M6, M7). `as_given`: final."""
    quota_parts: Literal["refuse", "add_up"] = "refuse"
    """Several quotas of a Salesforce user, measure and start. `add_up`: they are the parts of one,
    by product family or territory. `refuse`: one of them is wrong."""
    forecast_types: dict[Word, Word] = Field(default_factory=dict)
    """Measure of the quotas of each Salesforce forecast type, by its id (`ForecastingTypeId`);
    those of other types are on bookings, or on units where they are quantities."""
    personal_quotas: frozenset[Word] = frozenset()
    """Ids of those who lead people and whose quota in a CRM is on their own deals alone; that of
    any other leader is theirs and their team's where the CRM's forecast rolls up (M82)."""
    proration_days: Literal["calendar_days", "working_days"] = "calendar_days"
    """Days by which a quota is prorated and handed over (M6)."""
    ramp_anchor: Literal["first_full_month", "start_month"] = "first_full_month"
    """The month that is the first of a ramp (M7)."""
    leave_relief: bool = True
    """Whether days on leave are taken out of a prorated quota (M6)."""
    attainment_rate: Literal["plan", "booked", "spot"] = "plan"
    """Exchange rate of credit: the fiscal year's, that of the booking day, or today's (C3)."""
    roles_are_teams: bool = False
    """Whether the roles of the CRM's users are named after their teams (M84). They mostly say what
    somebody is, not where: then a team is a territory, or what the source calls a team."""
    territories_at_once: Literal["one", "shared"] = "one"
    """`one`: a territory is a seller's team, and two on one day are refused. `shared`: sellers work
    several at once, their credit is divided by the assignments' shares (`share_pct`, else in equal
    parts), and their team is what their record says, else their main territory (M84)."""
    accepted_from_stage: Annotated[int, Field(ge=0)] = 2
    """Place of the stage in which sales accepts an opportunity, for quotas on accepted ones."""
    min_people: Annotated[int, Field(ge=1)] = 5
    """People below which a distribution is not shown (C8)."""
    min_deals: Annotated[int, Field(ge=1)] = 20
    """Deals below which a rate of one person is not shown (C8); how many there are always is."""
    warn_only: frozenset[CreditCheck] = frozenset()
    """Checks of crediting that are let pass with a warning; all others refuse the release."""
    missing_open_amount: Literal["none", "list_price"] = "none"
    """`list_price`: an open deal without an amount counts with its product's list price, for a CRM
    that knows the value of a deal only at its close. `none`: it counts without value."""
    min_closed_deals: Annotated[int, Field(ge=1)] = 30
    """Closed deals below which a stage's win rate is pooled over all stages (METRICS part 8)."""
    max_rate_age_days: Annotated[int, Field(ge=0)] = 7
    """Oldest exchange rate accepted for a day without one (weekends, holidays)."""
    calendar_from: Annotated[date, Field(ge=date(1900, 1, 1))] = date(2000, 1, 1)
    """First day of the calendar; a date outside it is refused, never dropped."""
    calendar_to: Annotated[date, Field(le=date(2999, 12, 31))] = date(2040, 12, 31)
    """Last day of the calendar."""
    silent_after_days: Annotated[int, Field(ge=1)] = 35
    """Days without any extract of a source after which it is late; a contract may say less of an
    object (`freshness_days`)."""
    extract_gap_days: Annotated[int, Field(ge=1)] = 400
    """Days between an extract and the nearest other one from which on `land` asks whether the day
    is meant."""
    closed_period_tolerance_pct: Annotated[float, Field(ge=0, le=1)] = 0.02
    """How far edits, rates and definitions together may move a total of a closed period between
    two releases; more is refused unless `accepted_changes` names it."""
    closed_period_event_pct: Annotated[float, Field(ge=0, le=1)] = 0.1
    """The same for what happens to deals after their period closed: reversals and late bookings."""
    open_state_block_pct: Annotated[float, Field(ge=0)] | None = None
    """Share of open records above which an unusual change refuses the release, unless
    `accepted_changes` names it; without it, and of fewer than 10 records, the unusual warns."""
    closes_after_days: Annotated[int, Field(ge=0)] = 8
    """Days after its end from which on a period counts as closed."""
    keep_releases: Annotated[int, Field(ge=2)] = 30
    """Releases kept on disk; the current one, its predecessor and pinned ones are never removed."""
    release_grace_hours: Annotated[float, Field(ge=0)] = 24
    """Hours for which a release stays after readers last got it, whatever `keep_releases` says."""

    @model_validator(mode="after")
    def _calendar_has_years(self) -> Self:
        if self.calendar_to <= self.calendar_from:
            raise ValueError(
                f"calendar_to {self.calendar_to} is not after calendar_from {self.calendar_from}"
            )
        return self


class Limits(_Frozen):
    """How large a delivered file may be once it is unpacked; a larger one is refused unread."""

    unpacked_gb: Annotated[float, Field(gt=0)] = 16
    """Of CSV and JSON lines, whether they came packed or not; they are read block by block."""
    parquet_gb: Annotated[float, Field(gt=0)] = 2
    """Of a Parquet file, which is held in memory whole."""
    workbook_mb: Annotated[float, Field(gt=0)] = 256
    """Of the sheets of a workbook, which are held in memory whole and take much more there."""


class AcceptedChange(_Frozen):
    """A change between releases that is meant, so that the gate lets it pass until a day."""

    change: Annotated[str, Field(pattern=r"^[a-z_]+[./][\w./-]+$")]
    """What the gate calls it: a table, a column, `<source>.<object>`, a total of a
    closed period such as `bookings/2026-02-01` or `credit/bookings/2026-02-01`,
    `deletes/<source>.<object>/<extract day>` of a full extract that lacks many records,
    `state/<watch>.<measure>` of open records, or `definition.<name>`."""
    reason: Annotated[str, Field(min_length=10)]
    """Why, for whoever reads the report."""
    until: date
    """Last day on which it is accepted."""


NoticeKind = Literal["refused", "failed", "missed_extract", "late"]


class NotificationTarget(_Frozen):
    """Who is told of what."""

    url: Annotated[str, Field(pattern=r"^[a-z0-9+]+://")]
    """An address of Apprise, or `file:///path`; `${NAME}` is taken from the environment."""
    on: tuple[NoticeKind, ...] = ("refused", "failed", "missed_extract", "late")
    """Of what: a release that was refused, a run that failed, an extract that did not come or is
    late."""

    @model_validator(mode="before")
    @classmethod
    def _bare_on(cls, given: Any) -> Any:
        """YAML 1.1 reads the key `on` as true; one that stands beside a quoted one is refused."""
        if not isinstance(given, dict) or "on" in given:
            return given
        return {"on" if key is True else key: value for key, value in given.items()}


class Company(_Frozen):
    """One deployment, as its YAML file describes it."""

    name: Word
    """The company's name, as reports show it."""
    slug: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    """Short name for folders and logs."""
    time_zone: Annotated[str, AfterValidator(_known_time_zone)]
    """Days begin and end here: the as-of cut of day D is 00:00 of D+1 in this zone."""
    currency: Annotated[str, AfterValidator(_known_currency)]
    """The currency of the numbers, and of every amount that names none."""
    fiscal_year_starts_in: Annotated[int, Field(ge=1, le=12, strict=True)] = 1
    """Month in which the fiscal year starts; one of weeks starts near its first day."""
    fiscal_year: FiscalYear = FiscalYear()
    """How fiscal years are cut and named."""
    today: date | None = None
    """The day this company pretends it is, for one whose files are of the past; None: the clock's.
    Late, missing and impossible extracts are judged against it."""
    sources: Annotated[dict[str, SourceChoice], Field(min_length=1)]
    """The systems that deliver, by the names of their contracts; `{}` where all is as the
    contract says."""
    paths: Paths
    """Where the deployment's folders are."""
    reference: Path | None = None
    """Folder with this company's own reference data: `aliases.csv`, `stages.csv`,
    `opportunity_types.csv`, `fiscal_periods.csv`."""
    policies: Policies = Policies()
    """Choices the metric definitions leave to the company."""
    limits: Limits = Limits()
    """How large a delivered file may be."""
    accepted_changes: tuple[AcceptedChange, ...] = ()
    """Changes since the last release that the gate would refuse, and that are meant."""
    notifications: tuple[NotificationTarget, ...] = ()
    """Who is told when a release is refused, a run fails, or an extract does not come."""
    file: Path
    """Where the description was read from."""

    @model_validator(mode="after")
    def _table_of_periods_says_when_years_start(self) -> Self:
        if self.fiscal_year.pattern == "table" and "fiscal_year_starts_in" in self.model_fields_set:
            raise ValueError(
                "fiscal_year_starts_in means nothing where the pattern of fiscal_year is table"
            )
        return self

    @property
    def warehouse_file(self) -> Path:
        return self.paths.warehouse / "warehouse.duckdb"

    @property
    def lock_file(self) -> Path:
        """Held by whoever opens the warehouse file (`pipelines.warehouse`)."""
        return self.paths.warehouse / "warehouse.lock"


class Settings(BaseSettings):
    """Settings of this machine, from `SALESOPS_*` environment variables."""

    model_config = SettingsConfigDict(env_prefix="SALESOPS_", frozen=True)

    company: Path = PROJECT_ROOT / "data" / "demo" / "company.yml"
    """The company file that is meant when none is named."""
    lock_timeout_seconds: float = 5.0
    """How long a run waits for another one to let go of the warehouse before it gives up."""


def load_company(path: Path) -> Company:
    """Read and check a company file.

    Raises:
        ConfigurationError: the file is absent, is no YAML mapping, or has a key or value that
            is not understood; the message names it and what would be.
    """
    path = path.expanduser().resolve()
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"company file {path}: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"company file {path} is not valid YAML: {error}") from error
    if not isinstance(document, dict):
        raise ConfigurationError(f"company file {path} must be a mapping of keys to values")
    try:
        company = Company.model_validate({**document, "file": path})
    except ValidationError as error:
        raise ConfigurationError(_explain(path, error)) from error
    folder = path.parent

    def absolute(relative: Path) -> Path:
        return Path(os.path.normpath(folder / relative))

    paths = Paths(
        landing=absolute(company.paths.landing),
        warehouse=absolute(company.paths.warehouse),
        published=absolute(company.paths.published),
    )
    if wrong := _wrong_folders(paths):
        raise ConfigurationError(f"company file {path}:\n  {wrong}")
    return company.model_copy(
        update={
            "paths": paths,
            "reference": absolute(company.reference) if company.reference else None,
        }
    )


def _wrong_folders(paths: Paths) -> str | None:
    """What is wrong with the folders of a deployment: each has to be one, and none within another.

    Readers look into the published folder, whatever is in the landing folder is an extract, and
    nobody but the pipeline opens the warehouse.
    """
    named = {name: getattr(paths, name) for name in Paths.model_fields}
    for name, folder in named.items():
        if folder.exists() and not folder.is_dir():
            return f"paths.{name}: {folder} is no folder"
    real = {name: Path(os.path.realpath(folder)) for name, folder in named.items()}
    for (one, inner), (other, outer) in permutations(real.items(), 2):
        if inner == outer or outer in inner.parents:
            where = "the same folder as" if inner == outer else "within"
            return f"paths.{one} is {where} paths.{other} ({named[one]}): give each one of its own"
    return None


def _explain(path: Path, error: ValidationError) -> str:
    lines = [f"company file {path}:"]
    for problem in error.errors():
        place = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            known = sorted(_known_keys(problem["loc"][:-1]))
            near = difflib.get_close_matches(str(problem["loc"][-1]), known, n=1)
            hint = f"did you mean '{near[0]}'? " if near else ""
            lines.append(f"  unknown key '{place}': {hint}known here: {', '.join(known)}")
        else:
            lines.append(f"  {place}: {problem['msg']}")
    return "\n".join(lines)


def _known_keys(location: tuple[int | str, ...]) -> set[str]:
    model: type[BaseModel] = Company
    inner: dict[Any, type[BaseModel]] = {
        "paths": Paths,
        "policies": Policies,
        "limits": Limits,
        "sources": SourceChoice,
        "accepted_changes": AcceptedChange,
        "notifications": NotificationTarget,
    }
    if location:
        model = inner[location[0]]
    return set(model.model_fields) - {"file"}

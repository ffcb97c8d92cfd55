"""The one place that says which day it is for a company.

Whether an extract is late, missing or impossible is judged against this day; numbers never are,
they are as of the newest extract. A company whose files are of the past, such as the demo, names
the day it pretends to be, and so do tests.
"""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from pipelines.settings import Company


def today(company: Company) -> date:
    """The day it is in the company's time zone, or the one its file pretends."""
    return company.today or datetime.now(ZoneInfo(company.time_zone)).date()


def shown_today(company: Company) -> str:
    """The day in words, with what it is by."""
    by = f"`today` in {company.file.name}" if company.today else company.time_zone
    return f"today is {today(company)} by {by}"

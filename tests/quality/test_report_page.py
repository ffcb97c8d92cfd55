"""The report as a browser shows it: whole on a phone, in both colour schemes, asking nobody."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pipelines.quality import (
    FreshnessRow,
    Headline,
    ReportData,
    RestatementRow,
    Series,
    write_report,
)
from tests.quality.test_report import PASSED, WARNED, data

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")
HOSTILE = '"><script>document.title = "taken"</script><img src=x onerror="document.title=1">'


def full() -> ReportData:
    return replace(
        data(PASSED, WARNED),
        company=HOSTILE,
        numbers=[
            Headline("Bookings", Decimal("21222827.25"), "Won (M1)", Decimal("19888305")),
            Headline("Attainment", 0.918, "Credit over quota (M8)", 0.925, is_fraction=True),
            Headline("Win rate", None, HOSTILE, 0.2, is_fraction=True),
        ],
        before="20240430T060000Z-1234abcd",
        series=[
            Series("Bookings by quarter", "EUR", [(f"Q{n % 4 + 1}", n * 1e6) for n in range(9)]),
            Series("Pipeline", "EUR", [(f"w{n}", 7e6 + n) for n in range(52)], is_line=True),
            Series("Attainment " + HOSTILE, "%", [(HOSTILE, 0.9), ("b", 1.1)], is_fraction=True),
            Series("Nothing yet", "EUR", []),
        ],
        restatements=[
            RestatementRow(
                "bookings", f"owner {n}{HOSTILE}", "from 2026-02-01", "reversal", 10, 5, -5, 7,
                ["006bm000000fxw2AAA", "006bm000000fxw3AAA"],
            )
            for n in range(60)
        ],
        accepted=["pipeline.fct_old until 2026-12-31: nobody reads it"],
        freshness=[FreshnessRow("crm", date(2024, 4, 29), 1, 2)],
    )  # fmt: skip


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_report(path, full())
    return path


class Tags(HTMLParser):
    """Every element of a page and the names of its attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, list[str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, [name for name, _ in attrs]))


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def test_it_asks_nobody_and_runs_nothing(page: Path) -> None:
    text = text_of(page)
    tags = Tags()
    tags.feed(text)
    assert not {"script", "img", "link", "iframe", "object", "image", "use"} & {
        tag for tag, _ in tags.found
    }
    names = {name for _, attributes in tags.found for name in attributes}
    assert not [n for n in names if n in {"src", "href", "xlink:href"} or n.startswith("on")]
    assert not re.search(r"url\((?!#)|@import", text)
    # Names of XML dialects are no addresses that anybody would go to.
    assert set(re.findall(r"https?://[^\s\"'<]+", text)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }


def test_it_says_what_changed(page: Path) -> None:
    text = text_of(page)
    assert "+1,334,522 (+6.7%)" in text
    assert "-0.7 points" in text
    assert "Closed periods that moved" in text
    assert "and 20 more in" in text
    assert "and 5 more" in text
    assert "nobody reads it" in text
    assert text.count("<svg aria-hidden") == 3


def test_without_a_release_before_nothing_is_compared(tmp_path: Path) -> None:
    write_report(tmp_path / "r.html", replace(full(), before=None, restatements=[]))
    assert "Closed periods that moved" not in text_of(tmp_path / "r.html")


def test_a_report_without_series_draws_nothing(tmp_path: Path) -> None:
    write_report(tmp_path / "r.html", replace(full(), series=[]))
    assert "<figure" not in text_of(tmp_path / "r.html")


def browse(*arguments: str) -> str:
    assert CHROMIUM is not None
    done = subprocess.run(
        [
            CHROMIUM,
            *("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"),
            *("--allow-file-access-from-files", "--virtual-time-budget=4000"),
            *arguments,
        ],
        capture_output=True,
        text=True,
        timeout=90,
        check=True,
    )
    return done.stdout


@needs_chromium
@pytest.mark.parametrize("width", [360, 768, 1280])
def test_the_page_is_no_wider_than_its_window(page: Path, width: int) -> None:
    frame = page.with_name(f"frame-{width}.html")
    frame.write_text(
        f'<iframe id="f" src="report.html" style="width:{width}px;height:900px;border:0"></iframe>'
        "<p id=told></p><script>f.onload = () => { const d = f.contentDocument; told.textContent ="
        ' `${d.documentElement.scrollWidth} ${d.title} ${d.querySelectorAll("svg.marks").length}`'
        "; }</script>",
        encoding="utf-8",
    )
    told = re.search(r'<p id="told">(.*?)</p>', browse("--dump-dom", f"file://{frame}"), re.DOTALL)
    assert told is not None
    scroll_width, rest = told[1].split(" ", 1)
    assert int(scroll_width) == width
    assert rest.endswith(" 3"), "three charts are drawn"
    assert "taken" not in rest.split("script")[0]


@needs_chromium
def test_dark_and_light_are_two_pictures(page: Path) -> None:
    grounds = []
    for scheme in ("0", "1"):
        picture = page.with_name(f"scheme-{scheme}.png")
        browse(
            f"--blink-settings=preferredColorScheme={scheme}",
            "--window-size=600,400",
            f"--screenshot={picture}",
            f"file://{page}",
        )
        grounds.append(picture.read_bytes())
    assert grounds[0] != grounds[1]

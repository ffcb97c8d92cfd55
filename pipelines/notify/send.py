"""Send a notice: to the log always, and to whatever the company file names.

    notices.jsonl       in the warehouse folder, one line a notice
    file:///path        a line appended to a file
    everything else     mail, chat, webhooks: an address of Apprise, such as mailto:// or json://

Addresses may hold `${NAME}`, which is taken from the environment, so that no password stands in the
company file. A notice that cannot be sent is logged, with its address masked, and tried again until
it arrives (`outbox`); it never fails a run.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from pipelines.notify import outbox
from pipelines.settings import Company, ConfigurationError, NoticeKind

NOTICES = "notices.jsonl"
_LOGGER = logging.getLogger("salesops.notify")
_VARIABLE = re.compile(r"\$\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a person should know."""

    kind: NoticeKind
    title: str
    lines: tuple[str, ...] = ()


def write(company: Company, notice: Notice) -> None:
    """Log a notice and keep it for every address that asked for its kind; nothing is sent yet."""
    _LOGGER.warning("%s: %s", company.name, notice.title)
    entry = _entry(company, notice)
    outbox.put(company, entry)
    _append(company.paths.warehouse / NOTICES, entry)


def send_unwritten(company: Company, notice: Notice, variables: Mapping[str, str]) -> None:
    """Send a notice once that cannot be kept, as on a disk that is full."""
    for target in company.notifications:
        if notice.kind in target.on:
            _send(target.url, company, _entry(company, notice), variables)


def _entry(company: Company, notice: Notice) -> dict[str, Any]:
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "company": company.name,
        "kind": notice.kind,
        "title": notice.title,
        "lines": list(notice.lines),
    }


def deliver(company: Company, variables: Mapping[str, str], *, all_of_them: bool = False) -> int:
    """Send the notices that are kept; how many are still waiting.

    Args:
        variables: what `${NAME}` in an address stands for.
        all_of_them: also those whose next attempt is not due yet.
    """

    def send(url: str, entry: Mapping[str, Any]) -> bool:
        return _send(url, company, entry, variables)

    return outbox.empty(company, send, all_of_them=all_of_them)


def check_targets(company: Company, variables: Mapping[str, str]) -> None:
    """Find out early what the addresses lack.

    Raises:
        ConfigurationError: an address names a variable that is not set.
    """
    for target in company.notifications:
        _resolved(target.url, variables)


def _send(
    url: str, company: Company, entry: Mapping[str, Any], variables: Mapping[str, str]
) -> bool:
    try:
        address = _resolved(url, variables)
        if address.startswith("file://"):
            _append(Path(unquote(urlsplit(address).path)), entry)
            return True
        body = "\n".join(entry["lines"]) or entry["title"]
        if not _by_apprise(address, f"{entry['company']}: {entry['title']}", body):
            raise OSError("it was not taken; is the address right, and does the service answer?")
    except Exception as error:
        # Whoever is told least must not be the reason that nothing is published.
        _LOGGER.error(
            "the notice could not be sent to %s: %s. It is in %s and will be tried again",
            _masked(url),
            error,
            company.paths.warehouse / NOTICES,
        )
        return False
    return True


def _by_apprise(address: str, title: str, body: str) -> bool:
    # Imported where it is needed: it knows a hundred services and takes half a second.
    import apprise

    sender = apprise.Apprise()
    if not sender.add(address):
        raise ValueError("this is no address that Apprise knows; see its list of services")
    return bool(sender.notify(body=body, title=title, body_format=apprise.NotifyFormat.TEXT))


def _resolved(url: str, variables: Mapping[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        found = variables.get(match[1])
        if found is None:
            raise ConfigurationError(
                f"the notification address {_masked(url)} needs the variable {match[1]}: set it"
            )
        return found

    return _VARIABLE.sub(value, url)


def _masked(url: str) -> str:
    """An address without whatever may be secret in it."""
    parts = urlsplit(url)
    shows_host = parts.scheme in {"http", "https", "json", "jsons", "mailto", "mailtos"}
    host = parts.netloc.rpartition("@")[2] if shows_host else ""
    return f"{parts.scheme}://{host or '...'}/..."


def _append(file: Path, entry: Mapping[str, object]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(entry, ensure_ascii=False) + "\n")

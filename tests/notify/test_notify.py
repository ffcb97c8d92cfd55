"""Notices reach whom the company file names, and never cost a run anything."""

from __future__ import annotations

import json
import logging
import re
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.notify import NOTICES, Notice, check_targets, deliver, write
from pipelines.settings import PROJECT_ROOT, Company, ConfigurationError, load_company
from tests.deployment import COMPANIES

HOW_TO = PROJECT_ROOT / "docs" / "how-to" / "notifications.md"
REFUSED = Notice("refused", "release refused by 2 checks", ("a.b.c blocks; 3 rows", "next: look"))
HOSTILE = Notice("failed", "<script>\"';--\r\nX-Evil: 1", ("${HOME} %s {0}", "\u202e"))


def company(folder: Path, *targets: dict[str, Any]) -> Company:
    document = yaml.safe_load((COMPANIES / "maven_crm.yml").read_text(encoding="utf-8"))
    document.pop("reference", None)
    document["paths"] = {"landing": "landing", "warehouse": "wh", "published": "published"}
    document["notifications"] = list(targets)
    file = folder / "company.yml"
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    return load_company(file)


def notify(told: Company, notice: Notice, variables: dict[str, str]) -> None:
    write(told, notice)
    deliver(told, variables, all_of_them=True)


def notices(of: Company) -> list[dict[str, Any]]:
    lines = (of.paths.warehouse / NOTICES).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.fixture
def server() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A web server on the loopback that remembers what it is sent."""
    got: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            got.append(json.loads(body))
            self.send_response(200 if "refuse" not in self.path else 500)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    running = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    yield f"127.0.0.1:{running.server_port}", got
    running.shutdown()
    thread.join(timeout=5)
    running.server_close()


def test_without_addresses_a_notice_is_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    told = company(tmp_path)
    with caplog.at_level(logging.WARNING, "salesops.notify"):
        notify(told, REFUSED, {})
    assert "release refused by 2 checks" in caplog.text
    [line] = notices(told)
    assert (line["kind"], line["title"]) == ("refused", REFUSED.title)
    assert line["lines"] == list(REFUSED.lines)


def test_a_webhook_gets_title_and_lines(
    tmp_path: Path, server: tuple[str, list[dict[str, Any]]]
) -> None:
    address, got = server
    notify(company(tmp_path, {"url": f"json://{address}/hook"}), REFUSED, {})
    [sent] = got
    assert sent["title"].endswith(": release refused by 2 checks")
    assert "a.b.c blocks; 3 rows" in sent["message"]
    assert "next: look" in sent["message"]


def test_only_the_kinds_that_were_asked_for_are_sent(
    tmp_path: Path, server: tuple[str, list[dict[str, Any]]]
) -> None:
    address, got = server
    told = company(tmp_path, {"url": f"json://{address}/", "on": ["failed"]})
    notify(told, REFUSED, {})
    assert got == []
    notify(told, Notice("failed", "the run failed"), {})
    assert len(got) == 1
    assert len(notices(told)) == 2


@pytest.mark.parametrize("key", ["on", "'on'", '"on"'])
def test_kinds_are_named_as_a_person_writes_them(tmp_path: Path, key: str) -> None:
    # YAML 1.1 reads the bare word as true, and the library that writes YAML quotes it.
    file = company(tmp_path).file
    written = file.read_text(encoding="utf-8").replace("notifications: []\n", "")
    written += f"notifications:\n  - url: mailto://example.com\n    {key}: [refused, late]\n"
    file.write_text(written, encoding="utf-8")
    [target] = load_company(file).notifications
    assert target.on == ("refused", "late")


def test_kinds_that_are_named_twice_are_refused(tmp_path: Path) -> None:
    twice = {"url": "mailto://example.com", "on": ["failed"], True: ["late"]}
    with pytest.raises(ConfigurationError, match=r"notifications\.0"):
        company(tmp_path, twice)


def test_the_example_of_the_how_to_is_understood(tmp_path: Path) -> None:
    [example] = re.findall(r"```yaml\n(notifications:.*?)```", HOW_TO.read_text(), re.DOTALL)
    targets = company(tmp_path, *yaml.safe_load(example)["notifications"]).notifications
    assert {target.on for target in targets if target.url.startswith("slack")} == {
        ("refused", "failed")
    }


def test_hostile_words_arrive_as_words(
    tmp_path: Path, server: tuple[str, list[dict[str, Any]]]
) -> None:
    address, got = server
    told = company(tmp_path, {"url": f"json://{address}/"})
    notify(told, HOSTILE, {})
    assert "<script>" in got[0]["title"]
    assert "${HOME} %s {0}" in got[0]["message"]
    assert notices(told)[0]["title"] == HOSTILE.title


def test_a_file_gets_a_line(tmp_path: Path) -> None:
    told = company(tmp_path, {"url": f"file://{tmp_path}/a%20folder/notices.log"})
    notify(told, REFUSED, {})
    notify(told, HOSTILE, {})
    lines = (tmp_path / "a folder" / "notices.log").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["kind"] for line in lines] == ["refused", "failed"]


def test_a_password_comes_from_the_environment_and_is_never_shown(
    tmp_path: Path,
    server: tuple[str, list[dict[str, Any]]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    address, got = server
    told = company(
        tmp_path,
        {"url": f"json://user:${{HOOK_PASSWORD}}@{address}/refuse?token=${{HOOK_PASSWORD}}"},
    )
    check_targets(told, {"HOOK_PASSWORD": "s3cret"})
    with caplog.at_level(logging.WARNING, "salesops.notify"):
        notify(told, REFUSED, {"HOOK_PASSWORD": "s3cret"})
    assert len(got) == 1
    assert "could not be sent" in caplog.text, "the server refused it"
    own = [record.getMessage() for record in caplog.records if record.name == "salesops.notify"]
    assert not [text for text in own if "s3cret" in text or "HOOK" in text]


def test_a_variable_that_is_not_set_is_named_before_the_run(tmp_path: Path) -> None:
    told = company(tmp_path, {"url": "mailto://me:${MAIL_PASSWORD}@mail.example"})
    with pytest.raises(ConfigurationError, match="needs the variable MAIL_PASSWORD"):
        check_targets(told, {})


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.mark.parametrize(
    "url",
    [
        "json://127.0.0.1:{port}/",
        "nosuchservice://x/y",
        "file:///proc/nobody/may/write/here",
    ],
)
def test_what_cannot_be_sent_is_logged_and_costs_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, url: str
) -> None:
    told = company(tmp_path, {"url": url.format(port=free_port())})
    with caplog.at_level(logging.WARNING, "salesops.notify"):
        notify(told, REFUSED, {})
    assert "could not be sent" in caplog.text
    assert len(notices(told)) == 1


class Mailbox(threading.Thread):
    """A mail server for one letter, on the loopback."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.listening.settimeout(20)
        self.port = self.listening.getsockname()[1]
        self.letter = ""

    def run(self) -> None:
        connection, _ = self.listening.accept()
        with connection, connection.makefile("rwb") as stream:
            connection.settimeout(20)

            def say(text: str) -> None:
                stream.write(f"{text}\r\n".encode())
                stream.flush()

            say("220 here")
            is_letter = False
            for raw in stream:
                line = raw.decode(errors="replace").rstrip("\r\n")
                if is_letter:
                    is_letter = line != "."
                    self.letter += f"{line}\n"
                    if not is_letter:
                        say("250 taken")
                elif line.upper().startswith("DATA"):
                    is_letter = True
                    say("354 go on")
                elif line.upper().startswith("QUIT"):
                    say("221 bye")
                    break
                else:
                    say("250 ok")
        self.listening.close()


def test_a_letter_is_written(tmp_path: Path) -> None:
    mailbox = Mailbox()
    mailbox.start()
    told = company(
        tmp_path,
        {
            "url": f"mailto://127.0.0.1:{mailbox.port}/?from=warehouse@shop.example"
            "&to=oncall@shop.example&mode=insecure&format=text"
        },
    )
    notify(told, REFUSED, {})
    mailbox.join(timeout=20)
    assert "oncall@shop.example" in mailbox.letter
    assert "Subject:" in mailbox.letter

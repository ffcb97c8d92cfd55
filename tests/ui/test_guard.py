"""Who may talk to the UI's server: nobody but its own pages."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pipelines.settings import PROJECT_ROOT
from pipelines.ui.__main__ import GUARDED, OF_DAGSTER, start_guarded
from pipelines.ui.guard import Guard
from pipelines.ui.webserver import UiSettings

MUTATION = "/graphql?query=mutation%7BreloadWorkspace%7B__typename%7D%7D"
OWN = "127.0.0.1:3000"
CROSS = {"sec-fetch-site": "cross-site"}
BOUND_SECONDS = 120


def ask(
    headers: dict[str, str],
    *,
    method: str = "GET",
    path: str = "/",
    kind: str = "http",
    hosts: tuple[str, ...] = (),
) -> dict[str, Any]:
    """The first message of a guarded server that answers everything with 200."""
    sent: list[dict[str, Any]] = []

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200})

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": kind,
        "method": method,
        "path": path,
        "headers": [(key.encode(), value.encode()) for key, value in headers.items()],
    }
    asyncio.run(Guard(app, hosts)(scope, None, send))  # type: ignore[arg-type]
    return sent[0]


@pytest.mark.parametrize(
    "host", [OWN, "localhost", "LOCALHOST:8080", "127.0.0.1", "127.8.0.1:1", "[::1]:3000"]
)
def test_the_loopback_is_its_own(host: str) -> None:
    assert ask({"host": host})["status"] == 200
    assert ask({"host": host, "origin": f"http://{host}"}, method="POST")["status"] == 200


@pytest.mark.parametrize(
    "host",
    [
        "", "rebind.evil.example", "rebind.evil.example:3000", "localhost.evil.example",
        "127.0.0.1.evil.example", "10.0.0.7:3000", "0.0.0.0:3000", "[::1", "evil@127.0.0.1.example",
        "localhost:x@evil.example",
    ],
)  # fmt: skip
def test_another_name_is_not(host: str) -> None:
    assert ask({"host": host} if host else {})["status"] == 403


def test_a_name_behind_a_proxy_is_its_own_once_it_is_named() -> None:
    named = {"host": "sales.example", "origin": "https://sales.example"}
    assert ask(named, method="POST")["status"] == 403
    assert ask(named, method="POST", hosts=("Sales.Example",))["status"] == 200
    other = named | {"origin": "https://other.example"}
    assert ask(other, method="POST", hosts=("sales.example",))["status"] == 403


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "", "http://localhost:8080", "http://127.0.0.1.evil.example"],
)
def test_a_page_of_another_site_does_nothing(origin: str, kind: str) -> None:
    """Not over a web socket either; another server of the same machine is another site."""
    for method in ("POST", "GET", "OPTIONS"):
        answer = ask({"host": OWN, "origin": origin}, method=method, path="/graphql", kind=kind)
        assert answer.get("status", answer.get("code")) in {403, 1008}


def test_what_a_page_embeds_brings_no_origin() -> None:
    image = CROSS | {"host": OWN, "sec-fetch-mode": "no-cors"}
    assert ask(image, path="/graphql")["status"] == 403
    link = CROSS | {"host": OWN, "sec-fetch-mode": "navigate"}
    assert ask(link, path="/graphql")["status"] == 403
    assert ask(link, path="/runs/abc")["status"] == 200, "a link in a notice"
    assert ask(link, path="/runs/abc", method="POST")["status"] == 403
    assert ask(image | {"sec-fetch-site": "same-origin"}, path="/graphql")["status"] == 200
    assert ask({"host": OWN, "sec-fetch-site": "none"})["status"] == 200, "typed in"


def test_hosts_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert UiSettings().hosts == frozenset()
    monkeypatch.setenv("SALESOPS_UI_HOSTS", "sales.example, www.sales.example,")
    assert UiSettings().hosts == {"sales.example", "www.sales.example"}


def test_what_make_ui_starts_is_guarded(monkeypatch: pytest.MonkeyPatch) -> None:
    makefile = (PROJECT_ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(r"^\t\$\(BIN\)/python -m pipelines\.ui -w", makefile, re.MULTILINE)
    started: list[list[str]] = []
    monkeypatch.setattr("pipelines.ui.__main__.open_ipc_subprocess", started.append)
    start_guarded([sys.executable, "-m", OF_DAGSTER, "--port", "3000"])
    start_guarded([sys.executable, "-m", "dagster._daemon", "run"])
    assert [parts[2] for parts in started] == [GUARDED, "dagster._daemon"]


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def served(folder: Path, *command: str) -> Iterator[str]:
    """The address of a server, once it answers; it is gone in any case."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", *command, "-h", "127.0.0.1", "-p", str(port)],
        cwd=PROJECT_ROOT,
        env=os.environ | {"SALESOPS_DAGSTER_STORAGE": str(folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        ends = time.monotonic() + BOUND_SECONDS
        while status(f"{address}/server_info") != 200:
            assert process.poll() is None, "the server ended"
            assert time.monotonic() < ends, "the server did not answer"
            time.sleep(0.2)
        yield address
    finally:
        process.terminate()
        try:
            process.wait(BOUND_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()


def status(url: str, method: str = "GET", **headers: str) -> int:
    """What a server answers; 0 when there is none."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        with urllib.request.urlopen(
            urllib.request.Request(url, method=method, headers=named), timeout=BOUND_SECONDS
        ) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def tried(address: str) -> list[int]:
    return [
        status(f"{address}/"),
        status(address + MUTATION, "POST", Origin=address),
        status(address + MUTATION, "POST", Origin="http://evil.example"),
        status(address + MUTATION, Host="rebind.evil.example"),
    ]


def test_dagster_s_own_server_stands_behind_it(tmp_path: Path) -> None:
    with served(tmp_path, GUARDED, "--empty-workspace") as address:
        assert tried(address) == [200, 200, 403, 403]


@pytest.mark.slow
def test_the_whole_ui_stands_behind_it(tmp_path: Path) -> None:
    with served(tmp_path, "pipelines.ui", "-w", "workspace.yaml") as address:
        assert tried(address) == [200, 200, 403, 403]

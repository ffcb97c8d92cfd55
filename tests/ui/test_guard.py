"""Who may talk to the UI's server: nobody but its own pages."""

from __future__ import annotations

import asyncio
import http.client
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from dagster._core.secrets.env_file import get_env_var_dict

from pipelines.settings import PROJECT_ROOT
from pipelines.ui import __main__ as starter
from pipelines.ui.__main__ import GUARDED
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
    query: str = "",
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
        **({"method": method} if kind == "http" else {}),
        "path": path,
        "query_string": query.encode(),
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
        "evil@127.0.0.1", "127.0.0.1/x", "127.0.0.1:x", "localhost,evil", "[127.0.0.1:3000",
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
    [
        "http://evil.example",
        "null",
        "",
        "http://localhost:8080",
        "http://127.0.0.1.evil.example",
        "http://[",
        f"http://{OWN}.evil.example",
        f"http://{OWN}@evil.example",
    ],
)
def test_a_page_of_another_site_does_nothing(origin: str, kind: str) -> None:
    """Not over a web socket either; another server of the same machine is another site."""
    for method in ("POST", "GET", "OPTIONS"):
        answer = ask({"host": OWN, "origin": origin}, method=method, path="/graphql", kind=kind)
        assert answer.get("status", answer.get("code")) in {403, 1008}


def test_what_a_page_embeds_brings_no_origin() -> None:
    image = CROSS | {"host": OWN, "sec-fetch-mode": "no-cors"}
    assert ask(image, path="/graphql")["status"] == 403
    assert ask(image | {"sec-fetch-site": "same-origin"})["status"] == 200
    link = CROSS | {"host": OWN, "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    assert ask(link, path="/runs/abc")["status"] == 200, "a link in a notice"
    assert ask(link, path="/runs/abc", method="POST")["status"] == 403
    assert ask({"host": OWN, "sec-fetch-site": "none"})["status"] == 200, "typed in"


@pytest.mark.parametrize("dest", ["iframe", "frame", "embed", "object"])
def test_a_page_of_another_site_shows_nothing_of_it(dest: str) -> None:
    """Else it could lay its own buttons over those of the UI."""
    framed = {"host": OWN, "sec-fetch-mode": "navigate", "sec-fetch-dest": dest}
    assert ask(framed | CROSS)["status"] == 403
    assert ask(framed | {"sec-fetch-site": "same-origin"})["status"] == 200


@pytest.mark.parametrize(
    "headers", [{}, {"sec-fetch-site": "none"}, {"sec-fetch-site": "same-origin"}]
)
@pytest.mark.parametrize("path", ["/graphql", "/graphql/", "/below/graphql"])
def test_no_link_runs_a_query(headers: dict[str, str], path: str) -> None:
    """A link in a mail tells nothing of where it stood, an old browser nothing at all."""
    asked = headers | {"host": OWN}
    assert ask(asked, path=path, query="query=mutation%7Bx%7D")["status"] == 403
    assert ask(asked, path=path, method="HEAD", query="a=1&query=%7Bx%7D")["status"] == 403
    assert ask(asked, path=path)["status"] == 200, "the page to try queries on"
    assert ask(asked, path="/assets", query="query=x")["status"] == 200, "a search of the UI"
    assert ask(asked, path=path, method="POST", query="query=%7Bx%7D")["status"] == 200
    assert ask(asked, path=path, kind="websocket", query="query=x")["status"] == 200


def test_hosts_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert UiSettings().hosts == frozenset()
    monkeypatch.setenv("SALESOPS_UI_HOSTS", "sales.example, www.sales.example,")
    assert UiSettings().hosts == {"sales.example", "www.sales.example"}


@pytest.mark.parametrize(
    "said", ["*", "https://sales.example", "sales.example:8443", "a b", "-x-/"]
)
def test_a_host_that_would_have_no_effect_is_refused(
    said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SALESOPS_UI_HOSTS", f"sales.example,{said}")
    with pytest.raises(SystemExit) as ended:
        starter.main()
    assert ended.value.code == 2
    assert f"SALESOPS_UI_HOSTS: {said!r} is no name of a host" in capsys.readouterr().err


def test_what_make_ui_starts_is_guarded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    makefile = (PROJECT_ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(r"^\t\$\(BIN\)/python -m pipelines\.ui -w", makefile, re.MULTILINE)
    started: list[list[str]] = []

    def start(parts: list[str], **_options: Any) -> None:
        started.append(parts)
        if len(started) == 2:
            raise SystemExit

    def unguarded(*_args: Any, **_options: Any) -> None:
        raise AssertionError("a service was started past the guard")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(starter, "open_ipc_subprocess", start)
    monkeypatch.setattr(starter.dev, "open_ipc_subprocess", unguarded)
    monkeypatch.setattr(
        sys, "argv", ["ui", "--use-legacy-code-server-behavior", "--empty-workspace"]
    )
    with pytest.raises(SystemExit):
        starter.main()
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
        # As `make ui` does, where `.env` is read.
        cwd=PROJECT_ROOT,
        env=os.environ
        | {
            "DAGSTER_HOME": str(PROJECT_ROOT),
            "PYTHONPATH": str(PROJECT_ROOT),
            "SALESOPS_DAGSTER_STORAGE": str(folder),
        },
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


def answer(
    url: str, method: str = "GET", **headers: str
) -> tuple[int, http.client.HTTPMessage | None]:
    """Status and headers of what a server answers; 0 when there is none."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=BOUND_SECONDS)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        connection.request(method, f"{parts.path}?{parts.query}", headers=named)
        found = connection.getresponse()
    except OSError:
        return 0, None
    else:
        return found.status, found.msg
    finally:
        connection.close()


def status(url: str, method: str = "GET", **headers: str) -> int:
    return answer(url, method, **headers)[0]


SOCKET = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec_WebSocket_Version": "13",
    "Sec_WebSocket_Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    "Sec_WebSocket_Protocol": "graphql-ws",
}


def tried(address: str) -> list[int]:
    return [
        status(f"{address}/"),
        status(address + MUTATION, "POST", Origin=address),
        status(f"{address}/graphql", **SOCKET, Origin=address),
        status(address + MUTATION, "POST", Origin="http://evil.example"),
        status(f"{address}/graphql", **SOCKET, Origin="http://evil.example"),
        status(address + MUTATION, Host="rebind.evil.example"),
        status(address + MUTATION),
    ]


ALLOWED_AND_REFUSED = [200, 200, 101, 403, 403, 403, 403]


def test_dagster_s_own_server_stands_behind_it(tmp_path: Path) -> None:
    with served(tmp_path, GUARDED, "--empty-workspace") as address:
        assert tried(address) == ALLOWED_AND_REFUSED
        _, headers = answer(f"{address}/overview")
        assert headers
        assert headers["X-Frame-Options"] == "SAMEORIGIN"
    assert list(tmp_path.glob("*.db")), "it has a history of its own"


@pytest.mark.slow
def test_the_whole_ui_stands_behind_it(tmp_path: Path) -> None:
    workspace = PROJECT_ROOT / "workspace.yaml"
    with served(tmp_path, "pipelines.ui", "-w", str(workspace)) as address:
        assert tried(address) == ALLOWED_AND_REFUSED
    assert list(tmp_path.glob("*.db")), "it has a history of its own"


def test_the_history_is_where_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "SALESOPS_DAGSTER_STORAGE"
    monkeypatch.setenv(name, "/somewhere/yours/dagster")
    assert get_env_var_dict(str(PROJECT_ROOT))[name] == "/somewhere/yours/dagster"
    monkeypatch.delenv(name)
    assert get_env_var_dict(str(PROJECT_ROOT))[name] == "data/warehouse/demo/dagster"

"""Who may talk to the UI's server: pages of its own only.

The UI can start runs and change schedules, and asks nobody to sign in. A server on the loopback is
reached by every web page that the person at this machine has open: by a form or a script that
posts to it (another `Origin`), by a name whose owner lets it point here (another `Host`), or by a
frame that shows it beneath buttons of another page.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from ipaddress import ip_address
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

HOSTS_VARIABLE = "SALESOPS_UI_HOSTS"
_POLICY_VIOLATION = 1008
"""Close code of a web socket (RFC 6455)."""
_HOST = re.compile(
    r"(?:\[(?P<v6>[0-9a-f:.]+)\]|(?P<name>[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?))(?P<port>:\d+)?"
)
_ORIGIN = re.compile(r"https?://(?P<host>[^/@]+)")
_READING = frozenset({"GET", "HEAD"})


def is_name(text: str) -> bool:
    """Is this a host's name or address, without scheme, port and path?"""
    found = _HOST.fullmatch(text.lower())
    return bool(found and found["name"] and not found["port"])


class Guard:
    """An ASGI application in front of another one, which gets only what pages of its own ask.

    Args:
        hosts: names besides the loopback's under which the server is reached, as behind a proxy.
    """

    def __init__(self, app: ASGIApp, hosts: Collection[str] = ()) -> None:
        self.app = app
        self.hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        reason = self.refusal(scope)
        if not reason:
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send(
                {"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": reason[:120]}
            )
        else:
            await PlainTextResponse(f"{reason}\n", 403)(scope, receive, send)

    def refusal(self, scope: Scope) -> str:
        """Why a request is refused, and what to do instead; empty where it is not."""
        headers = Headers(scope=scope)
        host = headers.get("host", "").lower()
        if not self._is_own(host):
            return (
                f"host {host!r} is not this server's: open http://127.0.0.1, or name the host in "
                f"{HOSTS_VARIABLE} and start the UI again"
            )
        origin = headers.get("origin")
        if origin is not None:
            page = _ORIGIN.fullmatch(origin.lower())
            if page is None or page["host"] != host:
                return (
                    f"a page of {origin!r} may not use the UI of {host}: open the UI itself; a "
                    "proxy in front of it has to hand on the Host header as it came"
                )
        reads = scope["type"] == "http" and scope["method"] in _READING
        # A link in a mail leads to a page; what pages embed or fetch brings no origin with a GET.
        is_from_elsewhere = headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}
        is_link = (
            reads
            and headers.get("sec-fetch-mode") == "navigate"
            and headers.get("sec-fetch-dest", "document") == "document"
        )
        if is_from_elsewhere and not is_link:
            return f"a page of another site may not use the UI of {host}: open the UI itself"
        if reads and scope["path"].rstrip("/").endswith("/graphql") and _has_query(scope):
            # Links of a mail and pictures in an old browser do not tell where they stood.
            return "a link may not run a query: send it by POST"
        return ""

    def _is_own(self, host: str) -> bool:
        found = _HOST.fullmatch(host)
        if found is None:
            return False
        name = found["v6"] or found["name"]
        if name in {"localhost", *self.hosts}:
            return True
        try:
            return ip_address(name).is_loopback
        except ValueError:
            return False


def _has_query(scope: Scope) -> bool:
    asked = scope.get("query_string", b"").decode("latin-1")
    return "query" in parse_qs(asked, keep_blank_values=True)

"""Who may talk to the UI's server: pages of its own only.

The UI can start runs and change schedules, and asks nobody to sign in. A server on the loopback is
reached by every web page that the person at this machine has open: by a form or a script that
posts to it (another `Origin`), or by a name whose owner lets it point here (another `Host`).
"""

from __future__ import annotations

from collections.abc import Collection
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

HOSTS_VARIABLE = "SALESOPS_UI_HOSTS"
_POLICY_VIOLATION = 1008
"""Close code of a web socket (RFC 6455)."""


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
        reason = self.refusal(Headers(scope=scope), str(scope.get("method", "")), scope["path"])
        if not reason:
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send(
                {"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": reason[:120]}
            )
        else:
            await PlainTextResponse(f"{reason}\n", 403)(scope, receive, send)

    def refusal(self, headers: Headers, method: str, path: str) -> str:
        """Why a request is refused; empty where it is not."""
        host = headers.get("host", "")
        if not self._is_own(host):
            return (
                f"host {host!r} is not this server's: open http://127.0.0.1, or name the host in "
                f"{HOSTS_VARIABLE} and start the UI again"
            )
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc.lower() != host.lower():
            return f"a page of {origin} may not use the UI of {host}: open the UI itself"
        # A link in a mail leads to a page; what pages embed or fetch brings no origin with a GET.
        is_from_elsewhere = headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}
        is_link = headers.get("sec-fetch-mode") == "navigate" and method in {"GET", "HEAD"}
        if is_from_elsewhere and not (is_link and not path.rstrip("/").endswith("/graphql")):
            return f"a page of another site may not use the UI of {host}: open the UI itself"
        return ""

    def _is_own(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        if name in {"localhost", *self.hosts}:
            return True
        try:
            return ip_address(name).is_loopback
        except ValueError:
            return False

"""What stands before every request: known hosts only, no state change from other sites, bounded bodies, safe headers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST_BODY = 2_000_000
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
SIGNED = ("/feedback/", "/slack/", "/websub/")
"""A signature, of the address or of the body, is the permission here; letters and machines answer without a browser."""
POLICY = (
    "default-src 'none'; "
    "script-src 'self'; "
    "style-src 'self'; "
    "img-src 'self' data:; "
    "font-src 'self'; "
    "connect-src 'self'; "
    "frame-src 'self'; "
    "form-action 'self'; "
    "base-uri 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "X-Frame-Options": "DENY",
}

FRAMED = {
    # A letter carries its styles with it; nothing else in it may act, load or be opened by another site.
    "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'self'",
    "X-Frame-Options": "SAMEORIGIN",
}
"""For a document shown in a frame of our own pages."""


class Protection:
    """ASGI middleware; `hosts` are the names by which the pages may be asked for."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str]) -> None:
        self.app = app
        self.hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on and set headers on the answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = self._refusal(scope, headers)
        if refusal:
            status, words = refusal
            await PlainTextResponse(words + "\n", status, headers=dict(HEADERS))(scope, receive, send)
            return
        await self.app(
            scope, _bounded(receive), _with_headers(send, scope["path"], is_lasting=scope["query_string"].startswith(b"v="))
        )

    def _refusal(self, scope: Scope, headers: Headers) -> tuple[int, str] | None:
        host = _name(headers.get("host", ""))
        if host not in self.hosts:
            return 421, f"this service does not answer to the name {host or '(none)'}; public_url or --host says which it has"
        if int(headers.get("content-length") or 0) > LARGEST_BODY:
            return 413, f"more than {LARGEST_BODY:,} bytes"
        if scope["method"] not in SAFE and not _is_own(scope["path"], headers):
            return 403, "this request comes from another site; open the page itself and try again"
        return None


def _name(host: str) -> str:
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def names_its_page(headers: Headers) -> bool:
    """Whether a request says which page it comes from, as browsers do with every state change; scripts do not."""
    return "sec-fetch-site" in headers or "origin" in headers


def _is_own(path: str, headers: Headers) -> bool:
    """A state change must come from our own pages, or carry what no other site can send without being let in.

    JSON that names no page is a script's; identity.py believes no session for it.
    """
    if headers.get("authorization", "").startswith("Bearer "):
        return True
    if path.startswith(SIGNED):
        return True
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = headers.get("origin")
    if origin is not None:
        return urlsplit(origin).netloc.lower() == headers.get("host", "").lower()
    return headers.get("content-type", "").split(";")[0].strip() == "application/json"


def _bounded(receive: Receive) -> Receive:
    taken = 0

    async def read() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        return {"type": "http.disconnect"} if taken > LARGEST_BODY else message

    return read


def _with_headers(send: Send, path: str, *, is_lasting: bool) -> Callable[[Message], Awaitable[None]]:
    async def write(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            if path.startswith("/static/"):
                # An address with a mark of its content never means anything else.
                headers["Cache-Control"] = "public, max-age=31536000, immutable" if is_lasting else "public, max-age=86400"
            else:
                headers.setdefault("Cache-Control", "no-store" if path.startswith("/login") else "private, no-cache")
        await send(message)

    return write

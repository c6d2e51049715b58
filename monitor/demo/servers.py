"""Loopback servers the demo runs against: one serves the bundled feeds, one speaks Slack's incoming-webhook contract."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

HOST = "127.0.0.1"
HEADER_LIMIT = 150
SECTION_LIMIT = 3000
BLOCK_LIMIT = 50
TEXT_LIMIT = 40_000
_BLOCK_TYPES = {"header", "section", "context", "divider", "actions", "image", "rich_text"}


@dataclass
class FeedSite:
    """Serves documents by path with an ETag, and answers 304 to who has them already."""

    documents: Mapping[str, tuple[str, bytes]]
    """path -> (content type, body)"""
    address: str = ""
    answers: dict[int, int] = field(default_factory=dict)
    """HTTP status -> how often it was given."""


@dataclass
class SlackWebhook:
    """An incoming webhook that keeps what it accepts; `refusals` are Retry-After seconds to answer 429 with, in order."""

    address: str = ""
    messages: list[dict[str, Any]] = field(default_factory=list)
    refusals: list[int] = field(default_factory=list)


@contextmanager
def feed_site(documents: Mapping[str, tuple[str, bytes]]) -> Iterator[FeedSite]:
    """A web server for feeds on a free port of this machine while inside."""
    site = FeedSite(documents)
    with _serving(_FeedHandler, site) as port:
        site.address = f"http://{HOST}:{port}"
        yield site


@contextmanager
def slack_webhook(refusals: list[int] | None = None) -> Iterator[SlackWebhook]:
    """An endpoint with Slack's contract on a free port of this machine while inside."""
    hook = SlackWebhook(refusals=list(refusals or []))
    with _serving(_SlackHandler, hook) as port:
        hook.address = f"http://{HOST}:{port}/services/T0DEMO/B0DEMO/{'x' * 24}"
        yield hook


def payload_error(payload: Any) -> str:
    """Slack's word for what is wrong with a webhook's payload, or "" when Slack would take it."""
    if not isinstance(payload, dict):
        return "invalid_payload"
    blocks = payload.get("blocks", [])
    if not blocks and not payload.get("text"):
        return "no_text"
    if len(str(payload.get("text", ""))) > TEXT_LIMIT:
        return "msg_too_long"
    if not isinstance(blocks, list) or len(blocks) > BLOCK_LIMIT or any(_block_error(block) for block in blocks):
        return "invalid_blocks"
    return ""


def _block_error(block: Any) -> bool:
    if not isinstance(block, dict) or block.get("type") not in _BLOCK_TYPES:
        return True
    if block["type"] == "header":
        return not _is_text(block.get("text"), HEADER_LIMIT, {"plain_text"})
    if block["type"] == "section":
        fields = block.get("fields", [])
        texts = [block["text"]] if "text" in block else []
        return not (texts or fields) or not all(_is_text(text, SECTION_LIMIT) for text in [*texts, *fields])
    if block["type"] == "context":
        elements = block.get("elements", [])
        return not elements or len(elements) > 10 or not all(_is_text(text, SECTION_LIMIT) for text in elements)  # noqa: PLR2004
    if block["type"] == "actions":
        return not 0 < len(block.get("elements", [])) <= 25  # noqa: PLR2004
    return False


def _is_text(value: Any, limit: int, types: set[str] | None = None) -> bool:
    known = types or {"plain_text", "mrkdwn"}
    return isinstance(value, dict) and value.get("type") in known and 0 < len(str(value.get("text", ""))) <= limit


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: ClassVar[Any]

    def log_message(self, *_: Any) -> None:
        """Nothing: the demo's terminal is for people."""

    def _answer(self, status: int, body: bytes = b"", headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if status != HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if status != HTTPStatus.NOT_MODIFIED:
            self.wfile.write(body)


class _FeedHandler(_Handler):
    state: ClassVar[FeedSite]

    def do_GET(self) -> None:
        status, headers, body = self._found()
        self.state.answers[status] = self.state.answers.get(status, 0) + 1
        self._answer(status, body, headers)

    def _found(self) -> tuple[int, dict[str, str], bytes]:
        if self.path not in self.state.documents:
            return HTTPStatus.NOT_FOUND, {"Content-Type": "text/plain"}, b"no such feed"
        kind, body = self.state.documents[self.path]
        tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        if self.headers.get("If-None-Match") == tag:
            return HTTPStatus.NOT_MODIFIED, {"ETag": tag}, b""
        return HTTPStatus.OK, {"Content-Type": kind, "ETag": tag, "Cache-Control": "max-age=60"}, body


class _SlackHandler(_Handler):
    state: ClassVar[SlackWebhook]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.state.refusals:
            wait = self.state.refusals.pop(0)
            self._answer(HTTPStatus.TOO_MANY_REQUESTS, b"rate_limited", {"Retry-After": str(wait)})
            return
        payload = _decoded(body)
        error = payload_error(payload)
        if not error:
            self.state.messages.append(payload)
        self._answer(HTTPStatus.BAD_REQUEST if error else HTTPStatus.OK, (error or "ok").encode(), {"Content-Type": "text/html"})


def _decoded(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """Nothing: a client may hang up whenever it likes."""


@contextmanager
def _serving(handler: type[_Handler], state: Any) -> Iterator[int]:
    bound = type(handler.__name__, (handler,), {"state": state})
    server = _Server((HOST, 0), bound)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)

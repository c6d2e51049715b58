"""Real servers on loopback with bad manners on request, whose logs are the witnesses of what was delivered."""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

TLS = Path(__file__).parent / "data/tls"


# -- SMTP -------------------------------------------------------------------------------------------------------------


@dataclass
class PostOffice:
    """An SMTP server that keeps all it accepts; `answers` are replies per recipient, given in order and then 250."""

    port: int = 0
    answers: dict[str, list[str]] = field(default_factory=dict)
    data_answers: list[str] = field(default_factory=list)
    """Replies to DATA, in order; "drop" keeps the letter and hangs up, "lose" hangs up without keeping it."""
    letters: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)
    sessions: Counter[str] = field(default_factory=Counter)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd calls it so
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        queue = self.answers.get(address, [])
        answer = queue.pop(0) if queue else "250 OK"
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd calls it so
        answer = self.data_answers.pop(0) if self.data_answers else "250 kept"
        if answer in {"drop", "250 kept"}:
            self.letters.append((list(envelope.rcpt_tos), message_from_bytes(envelope.content, policy=policy.default)))
            self.sizes.append(len(envelope.content))
        if answer in {"drop", "lose"}:
            server.transport.abort()
        return answer

    def authenticate(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=data.password == b"open sesame", handled=False)

    def received(self, address: str) -> list[str]:
        return [str(letter["Message-ID"]) for to, letter in self.letters if address in to]


@contextmanager
def post_office(*, offers_tls: bool = False, speaks_tls: bool = False, port: int = 0, **more: Any) -> Iterator[PostOffice]:
    """A post office on a free port of this machine while inside; it takes logins over TLS only.

    `offers_tls` is STARTTLS, `speaks_tls` is TLS from the first byte; `more` goes to aiosmtpd.
    """
    office = PostOffice()
    context = None
    if offers_tls or speaks_tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(TLS / "certificate.pem", TLS / "key.pem")
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    offered, spoken = (context, None) if offers_tls else (None, context)

    def session() -> SMTP:
        return SMTP(office, hostname="mx.example.org", loop=loop, tls_context=offered, authenticator=office.authenticate, **more)

    server = asyncio.run_coroutine_threadsafe(loop.create_server(session, "127.0.0.1", port, ssl=spoken), loop).result(5)
    office.port = server.sockets[0].getsockname()[1]
    try:
        yield office
    finally:
        asyncio.run_coroutine_threadsafe(_closed(server), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


async def _closed(server: asyncio.AbstractServer) -> None:
    server.close()
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


# -- HTTP -------------------------------------------------------------------------------------------------------------


@dataclass
class Post:
    """One request that came in, and whether it was accepted."""

    path: str
    headers: dict[str, str]
    body: bytes
    status: int

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def fields(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}


@dataclass
class Desk:
    """A web server that answers posts: `refusals` are (status, headers, body), given in order, then `accept`."""

    port: int = 0
    refusals: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    accept: Callable[[str, dict[str, str], bytes], tuple[int, dict[str, str], bytes]] = lambda *_: (200, {}, b"ok")
    posts: list[Post] = field(default_factory=list)
    hold: threading.Event | None = None
    """When set, every answer waits for it."""

    def url(self, path: str = "/hook") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    @property
    def accepted(self) -> list[Post]:
        return [post for post in self.posts if post.status == 200]


@contextmanager
def web_desk(**values: Any) -> Iterator[Desk]:
    """A desk on a free port of this machine while inside."""
    desk = Desk(**values)

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            """Quiet."""

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if desk.hold is not None:
                desk.hold.wait(20)
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, extra, answer = desk.refusals.pop(0) if desk.refusals else desk.accept(self.path, headers, body)
            desk.posts.append(Post(self.path, headers, body, status))
            self.send_response(status)
            for name, value in {**extra, "Content-Length": str(len(answer))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            """A client may hang up."""

    server = Server(("127.0.0.1", 0), Handler)
    desk.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield desk
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)

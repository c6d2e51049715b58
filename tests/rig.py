"""A loopback server made of raw sockets that can do everything a server should not, and says what it was asked."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

Script: TypeAlias = Callable[["Call"], None]


class Call:
    """One request on one connection: what was asked, and ways to answer."""

    def __init__(self, connection: socket.socket, head: bytes, server: FaultServer) -> None:
        self.connection, self.server, self.body = connection, server, b""
        lines = head.decode("latin-1").split("\r\n")
        self.method, self.path, _ = lines[0].split(" ", 2)
        self.headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:] if line)}

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def reply(
        self, status: int = 200, body: bytes = b"", headers: Iterable[tuple[str, str]] = (), *, length: int | None = None
    ) -> None:
        size = len(body) if length is None else length
        lines = [f"HTTP/1.1 {status} Status", f"Content-Length: {size}", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in headers]
        self.send("\r\n".join([*lines, "", ""]).encode("latin-1") + body)

    def stream(self, parts: Iterable[bytes], pause: float = 0.0) -> None:
        """Send parts until the client goes away or the server is closed."""
        self.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nConnection: close\r\n\r\n")
        for part in parts:
            if self.server.is_closed.wait(pause):
                return
            self.send(part)


class FaultServer:
    """Answers each path with the script set for it; `asked` counts requests by path."""

    def __init__(self) -> None:
        self.scripts: dict[str, Script] = {}
        self.asked: Counter[str] = Counter()
        self.calls: list[Call] = []
        self.at_once = self.most_at_once = 0
        self.is_closed = threading.Event()
        self.tls: ssl.SSLContext | None = None
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port: int = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._listen, daemon=True)]
        self._threads[0].start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, path: str) -> str:
        return f"http://{self.address}{path}"

    def serve(
        self, path: str, body: bytes, content_type: str = "application/rss+xml", headers: Iterable[tuple[str, str]] = ()
    ) -> str:
        self.scripts[path] = lambda call: call.reply(200, body, [("Content-Type", content_type), *headers])
        return self.url(path)

    def on(self, path: str, script: Script) -> str:
        self.scripts[path] = script
        return self.url(path)

    def close(self) -> None:
        self.is_closed.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(5)

    def _listen(self) -> None:
        while not self.is_closed.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._answer, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _answer(self, raw: socket.socket) -> None:
        with contextlib.suppress(OSError), self.tls.wrap_socket(raw, server_side=True) if self.tls else raw as connection:
            connection.settimeout(10)
            head = b""
            while b"\r\n\r\n" not in head:
                part = connection.recv(65536)
                if not part:
                    return
                head += part
            head, _, body = head.partition(b"\r\n\r\n")
            call = Call(connection, head, self)
            while len(body) < int(call.headers.get("content-length", 0)):
                body += connection.recv(65536)
            call.body = body
            with self._lock:
                self.asked[call.path] += 1
                self.calls.append(call)
                self.at_once += 1
                self.most_at_once = max(self.most_at_once, self.at_once)
            try:
                self.scripts.get(call.path, lambda call: call.reply(404))(call)
            finally:
                with self._lock:
                    self.at_once -= 1


def rss(items: str = "", channel: str = "") -> bytes:
    head = '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>Rig</title><link>https://rig.example/</link>'
    return f"{head}<description>d</description>{channel}{items}</channel></rss>".encode()


def item(number: int, **more: str) -> str:
    fields = {
        "title": f"Article number {number}",
        "link": f"https://rig.example/a/{number}",
        "guid": f"https://rig.example/a/{number}",
        "pubDate": "Fri, 01 Nov 2024 09:30:00 GMT",
        "description": f"What happened in case {number}.",
        **more,
    }
    return "<item>" + "".join(f"<{name}>{value}</{name}>" for name, value in fields.items() if value) + "</item>"


def feed_of(count: int) -> bytes:
    return rss("".join(item(number) for number in range(count)))


@contextlib.contextmanager
def fault_server() -> Iterator[FaultServer]:
    server = FaultServer()
    try:
        yield server
    finally:
        server.close()

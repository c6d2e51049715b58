"""Runs the pages in a thread beside a worker, and stops them cleanly."""

from __future__ import annotations

import gc
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from monitor.app import App
from monitor.errors import ConfigError, Problem
from monitor.logs import logger
from monitor.web.build import build_web

log = logger(__name__)
_PATIENCE = 5


@contextmanager
def serving(app: App, host: str, port: int, remedy: str = "choose another with --port") -> Iterator[str]:
    """Serve the pages while inside; the address they are found at. Port 0 takes any free one.

    `remedy` is what to do when the address is taken.

    Raises:
        ConfigError: the address cannot be listened on, or lies open while there are no users.
    """
    web = build_web(app, host=host)
    listener = _listen(host, port, remedy)
    server = uvicorn.Server(
        uvicorn.Config(
            web,
            log_config=None,
            access_log=False,
            server_header=False,
            # Only proxies that the settings name are believed, and the pages look at that themselves.
            proxy_headers=False,
            timeout_graceful_shutdown=_PATIENCE,
        )
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="web", daemon=True)
    thread.start()
    shown = f"[{host}]" if ":" in host else host
    address = f"http://{shown}:{listener.getsockname()[1]}/"
    log.info("pages are served", address=address)
    try:
        yield address
    finally:
        server.should_exit = True
        thread.join(_PATIENCE + 1)
        listener.close()


def settle() -> None:
    """Take everything loaded so far out of every later garbage collection; for a process that only serves from here on.

    A page that reads thousands of articles makes the collector look through all that is alive, modules and models too:
    without this that takes half of the page's time.
    """
    gc.collect()
    gc.freeze()


def _listen(host: str, port: int, remedy: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise ConfigError([Problem(f"the pages cannot be served at {host}:{port}: {error.strerror}", hint=remedy)]) from error
    return listener

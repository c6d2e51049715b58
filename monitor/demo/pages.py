"""Serves the web page on a finished demo until somebody has seen enough."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable

from monitor.demo.configuration import Place
from monitor.demo.run import opened
from monitor.demo.servers import HOST
from monitor.web.serving import serving


def serve_demo(place: Place, say: Callable[[str], None]) -> None:
    """Serve the pages until SIGINT or SIGTERM; `say` is told their address."""
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    with opened(place) as app, serving(app, HOST, 0) as address:
        say(address)
        stopping.wait()

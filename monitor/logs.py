"""Logs: readable on a terminal, one JSON object a line elsewhere; a log that is closed or not read never stops the work."""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import select
import sys
import threading
from collections import deque
from typing import Any, TextIO, cast

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
MOST_WAITING = 2000
"""So many lines are kept for a reader who is behind; further ones are dropped, counted and told."""
_PATIENCE_SECONDS = 0.1
_LAST_SECONDS = 0.5


def configure(*, level: str = "info", stream: TextIO | None = None) -> None:
    """Send our log lines and those of libraries to `stream` (standard error by default)."""
    output = _Output(level, stream or sys.stderr)
    if _Output.chosen is None:
        atexit.register(_let_go)
    _Output.chosen = output
    if "structlog" in sys.modules:
        output.take_over()
    handler = logging.StreamHandler(output)
    handler.setFormatter(_Formatter(output))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    # Python itself would write a library's warning to standard error, and wait for whoever reads it.
    logging.captureWarnings(capture=True)


def flush(seconds: float = _LAST_SECONDS) -> bool:
    """Whether all lines are out, for which it waits so many seconds at most; to be called before `os._exit`."""
    return _outlet.drain(seconds)


def _let_go() -> None:
    """Forget lines that standard error never took: Python would wait for their reader, or end with status 120 for them."""
    is_out = flush()
    try:
        if is_out:
            sys.stderr.flush()
            return
    except (OSError, ValueError, AttributeError):
        pass
    sys.stderr = cast(TextIO, None)


def logger(name: str) -> Any:
    """The structlog logger of a module. structlog is loaded here: most commands load no module that logs."""
    if _Output.chosen is not None:
        _Output.chosen.take_over()
    return _structlog().get_logger(name)


def _structlog() -> Any:
    import structlog  # noqa: PLC0415 (it loads much, and a command that only reads logs nothing)

    return structlog


class _Output:
    """A stream whose full disk or closed pipe is nobody's problem but the reader's, and how lines look on it."""

    chosen: _Output | None = None

    def __init__(self, level: str, stream: TextIO | None) -> None:
        self._level, self._stream = level, stream

    def take_over(self) -> None:
        """Make structlog write here."""
        structlog = _structlog()
        structlog.configure(
            processors=[structlog.contextvars.merge_contextvars, *self.shared(), *self.last()],
            wrapper_class=structlog.make_filtering_bound_logger(LEVELS[self._level]),
            logger_factory=structlog.WriteLoggerFactory(cast(TextIO, self)),
            cache_logger_on_first_use=False,
        )

    def shared(self) -> list[Any]:
        """What is added to every line."""
        known = _structlog().processors
        return [known.add_log_level, known.TimeStamper(fmt="iso", utc=True), known.StackInfoRenderer()]

    def last(self) -> list[Any]:
        """What makes text of a line."""
        if self.isatty():
            return [_structlog().dev.ConsoleRenderer()]
        known = _structlog().processors
        return [known.format_exc_info, known.JSONRenderer(ensure_ascii=False)]

    def write(self, text: str) -> int:
        """Take a whole line, its end with it; it is out on return unless its reader is behind."""
        if self._stream is None:
            return len(text)
        if self._descriptor() is None:
            with contextlib.suppress(OSError, ValueError):
                self._stream.write(text)
        else:
            _outlet.put(self, text)
        return len(text)

    def flush(self) -> None:
        """Nothing: no line is kept here."""

    def write_out(self, text: str) -> None:
        """Write to the system, however long its reader takes; what it refuses is gone."""
        descriptor = self._descriptor()
        if descriptor is None:
            return
        rest = memoryview(text.encode(getattr(self._stream, "encoding", None) or "utf-8", "backslashreplace"))
        ready = select.poll()
        ready.register(descriptor, select.POLLOUT)
        with contextlib.suppress(OSError):
            while rest:
                # A pipe that another program made non-blocking is waited for all the same.
                ready.poll()
                rest = rest[os.write(descriptor, rest) :]

    def told(self, dropped: int) -> str:
        """The line that says how many are missing where it stands."""
        event: Any = {"event": "log lines were dropped, for nobody read them", "lines": dropped}
        for processor in (*self.shared(), *self.last()):
            event = processor(None, "warning", event)
        return f"{event}\n"

    def _descriptor(self) -> int | None:
        """The system's number of the stream; None when it is closed, or in memory only."""
        try:
            return self._stream.fileno() if self._stream is not None else None
        except (OSError, ValueError, AttributeError):
            return None

    def isatty(self) -> bool:
        try:
            return self._stream is not None and self._stream.isatty()
        except ValueError:
            return False


class _Outlet:
    """The one thread that waits for readers of logs. Whoever logs waits for it only briefly, and not while it is behind."""

    def __init__(self) -> None:
        self._lines: deque[tuple[_Output, str]] = deque()
        """The first is being written."""
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._is_behind = False
        self._dropped = 0

    def put(self, output: _Output, line: str) -> None:
        """Take a line, and wait until it is out: what others write to the same stream keeps its place."""
        with self._changed:
            if len(self._lines) >= MOST_WAITING:
                self._dropped += 1
                return
            self._tell_dropped(output)
            self._lines.append((output, line))
            self._start()
            self._changed.notify_all()
            if not self._is_behind:
                self._is_behind = not self._changed.wait_for(self._is_empty, _PATIENCE_SECONDS)

    def drain(self, seconds: float) -> bool:
        """Whether nothing waits any more, after so many seconds at most."""
        with self._changed:
            return self._changed.wait_for(self._is_empty, seconds)

    def _is_empty(self) -> bool:
        return not self._lines

    def _tell_dropped(self, output: _Output) -> None:
        if self._dropped:
            self._lines.append((output, output.told(self._dropped)))
            self._dropped = 0

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="logs", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._lines)
                output, line = self._lines[0]
            output.write_out(line)
            with self._changed:
                self._lines.popleft()
                if not self._lines:
                    self._is_behind = False
                    self._tell_dropped(output)
                self._changed.notify_all()


_outlet = _Outlet()


class _Formatter(logging.Formatter):
    """Libraries' lines look like ours; structlog is loaded with the first of them."""

    def __init__(self, output: _Output) -> None:
        super().__init__()
        self._output = output
        self._inner: logging.Formatter | None = None

    def format(self, record: logging.LogRecord) -> str:
        if self._inner is None:
            shared, last = self._output.shared(), self._output.last()
            self._inner = _structlog().stdlib.ProcessorFormatter(foreign_pre_chain=shared, processor=last[-1])
        return self._inner.format(record)

"""Logs: readable on a terminal, one JSON object a line elsewhere; a closed log never stops the work."""

from __future__ import annotations

import atexit
import logging
import sys
from typing import Any, TextIO, cast

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


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


def _let_go() -> None:
    """Forget lines that standard error never took: Python would end with status 120 for them."""
    try:
        sys.stderr.flush()
    except (OSError, ValueError, AttributeError):
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
            logger_factory=structlog.PrintLoggerFactory(cast(TextIO, self)),
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
        if self._stream is None:
            return len(text)
        try:
            return self._stream.write(text)
        except (OSError, ValueError):
            return len(text)

    def flush(self) -> None:
        if self._stream is None:
            return
        try:
            self._stream.flush()
        except (OSError, ValueError):
            return

    def isatty(self) -> bool:
        try:
            return self._stream is not None and self._stream.isatty()
        except ValueError:
            return False


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

"""OpenTelemetry traces across the steps, where settings ask for them.

Without, nothing of OpenTelemetry is loaded and every call here ends at its first line. A step's context travels in the arguments
of the jobs it tells of (`carried`, `resumed`), so that one trace leads from the fetch of a feed to the delivery.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

from monitor.errors import ConfigError, Problem, how_to_install

NAME = "news-monitor"
_FLUSH_SECONDS = 2.0
_NOTHING: AbstractContextManager[None] = nullcontext()


@dataclass(frozen=True, slots=True)
class _Tracing:
    """What is loaded once traces are asked for."""

    api: Any
    context: Any
    carrier: Any
    tracer: Any
    flush: Callable[[], object]


_on: _Tracing | None = None


def configure(exporter: Any = None) -> None:
    """Begin to trace; where to, OpenTelemetry's own variables say (OTEL_EXPORTER_OTLP_ENDPOINT and others), or an exporter does.

    Raises:
        ConfigError: the libraries are not installed.
    """
    global _on  # noqa: PLW0603 - one process, one destination
    try:
        from opentelemetry import context, trace  # noqa: PLC0415 - an extra, and nothing is loaded unless it is asked for
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor  # noqa: PLC0415
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator  # noqa: PLC0415
    except ImportError as error:
        missing = f"traces need {error.name}, which is not installed"
        raise ConfigError([Problem(missing, "settings", hint=how_to_install("otel"))]) from error
    resource = Resource.create({"service.name": os.environ.get("OTEL_SERVICE_NAME", NAME)})
    # A stop must not wait for a collector that does not answer: `flush` is called instead, and waits a moment.
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter) if exporter else BatchSpanProcessor(OTLPSpanExporter()))
    _on = _Tracing(trace, context, TraceContextTextMapPropagator(), provider.get_tracer(NAME), provider.force_flush)


def stop() -> None:
    """Send what is ready, for two seconds at most, and trace no more."""
    global _on  # noqa: PLW0603
    if _on is not None:
        flushing = threading.Thread(target=_on.flush, daemon=True)
        flushing.start()
        flushing.join(_FLUSH_SECONDS)
        _on = None


def span(name: str, **facts: Any) -> AbstractContextManager[Any]:
    """A stretch of work, as long as one is inside; part of the work around it."""
    if _on is None:
        return _NOTHING
    made: AbstractContextManager[Any] = _on.tracer.start_as_current_span(name, attributes=_attributes(facts))
    return made


def root(name: str, began: int, **facts: Any) -> AbstractContextManager[Any]:
    """A stretch of work with a trace of its own, that began at a moment (of `now`)."""
    if _on is None:
        return _NOTHING
    made: AbstractContextManager[Any] = _on.tracer.start_as_current_span(
        name, context=_on.context.Context(), start_time=began, attributes=_attributes(facts)
    )
    return made


def past(name: str, began: int, ended: int, **facts: Any) -> None:
    """A stretch of work that is over (moments of `now`); part of the work around it."""
    if _on is not None:
        _on.tracer.start_span(name, start_time=began, attributes=_attributes(facts)).end(end_time=ended)


def note(**facts: Any) -> None:
    """Say more of the work around this."""
    if _on is not None:
        _on.api.get_current_span().set_attributes(_attributes(facts))


def now() -> int:
    """The present in nanoseconds, as traces count; 0 where there are none."""
    return 0 if _on is None else time.time_ns()


def carried() -> dict[str, str]:
    """The work around this as a job's arguments carry it; empty where there is nothing to carry."""
    carrier: dict[str, str] = {}
    if _on is not None:
        _on.carrier.inject(carrier)
    return carrier


def resumed(carrier: Mapping[str, str] | None) -> AbstractContextManager[None]:
    """Inside, work is part of what was carried here."""
    return _resumed(_on, carrier) if _on is not None and carrier else _NOTHING


@contextmanager
def _resumed(on: _Tracing, carrier: Mapping[str, str]) -> Iterator[None]:
    token = on.context.attach(on.carrier.extract(carrier))
    try:
        yield
    finally:
        on.context.detach(token)


def _attributes(facts: Mapping[str, Any]) -> dict[str, Any]:
    """What a span can hold, which is anything but None."""
    return {name: value for name, value in facts.items() if value is not None}

"""`/metrics`: the service's figures for Prometheus, for whoever may read."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse

from monitor.ports import Joinable
from monitor.services.metrics import exposition
from monitor.web.site import On

router = APIRouter()
TEXT = "text/plain; version=0.0.4; charset=utf-8"


@router.get("/metrics")
def metrics(site: On) -> PlainTextResponse:
    """Counted anew each time; a queue only where the archive has one."""
    queue = site.app.queue if isinstance(site.archive, Joinable) else None
    return PlainTextResponse(exposition(site.archive, queue, site.now()), media_type=TEXT)

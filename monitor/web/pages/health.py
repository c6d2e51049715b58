"""`/healthz` and `/readyz`: is the process up, and can it answer from its archive."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse, PlainTextResponse

from monitor.errors import ArchiveError
from monitor.services.status import is_alive
from monitor.web.site import On

router = APIRouter()


@router.get("/healthz")
def healthz() -> PlainTextResponse:
    """The process answers."""
    return PlainTextResponse("ok\n")


@router.get("/readyz")
def readyz(site: On) -> JSONResponse:
    """The archive answers; whether a worker is alive is told, and does not make the pages unready."""
    try:
        worker = is_alive(site.archive, site.now())
    except ArchiveError as error:
        return JSONResponse({"ready": False, "error": str(error)}, 503)
    return JSONResponse({"ready": True, "worker": worker})

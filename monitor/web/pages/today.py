"""The first page: what fired and why, the stories of each topic, and whether the service is well."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter, Request
from fastapi.responses import Response

from monitor.services.today import glance, health_line
from monitor.web.pages.show import show
from monitor.web.site import On

router = APIRouter()
SPANS = (1, 7, 30)
_IN_FULL = 6
"""So many alerts are shown with what was said; earlier ones take a line each."""


@router.get("/")
def today(request: Request, site: On, days: int = 1) -> Response:
    """The last day, or the last days."""
    span = days if days in SPANS else 1
    health = health_line(site.archive, site.now())
    if not health.articles:
        return show(request, "first.html", feeds=site.feeds, rulebook=site.rulebook, health=health, problem=site.rules_error)
    seen = glance(site.archive, site.rulebook, site.now(), timedelta(days=span))
    return show(
        request,
        "today.html",
        seen=seen,
        in_full=_IN_FULL,
        health=health,
        spans=SPANS,
        span=span,
        rulebook=site.rulebook,
        problem=site.rules_error,
    )

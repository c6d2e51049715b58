"""Alerts: what was sent and what was not, deliveries and their retries, silences."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request
from fastapi.responses import HTMLResponse, Response

from monitor.model import Alert, Delivery
from monitor.services import outbox
from monitor.services.preview import Preview, previews
from monitor.services.silences import add_silence
from monitor.services.today import as_message
from monitor.web.identity import By, needs
from monitor.web.pages.show import back, show
from monitor.web.protection import FRAMED
from monitor.web.site import On, Site

router = APIRouter()
SPANS = (1, 7, 30, 365)
_SHOWN = 100


@router.get("/alerts")
def alerts_page(request: Request, site: On, days: int = 7, rule: str = "") -> Response:
    """The log of alerts, suppressions beside it."""
    now, span = site.now(), days if days in SPANS else 7
    since = now - timedelta(days=span)
    alerts = site.archive.alerts.recent(since, rule=rule or None, limit=_SHOWN)
    suppressed = site.archive.alerts.suppressions(rule=rule or None, since=since, limit=1000)
    return show(
        request,
        "alerts.html",
        alerts=alerts,
        deliveries=_by_alert(site, alerts),
        suppressed=suppressed[:40],
        reasons=Counter(str(one.reason) for one in suppressed).most_common(),
        silences=site.archive.silences.list(now),
        rules=site.rulebook.rules,
        rule=rule,
        span=span,
        spans=SPANS,
    )


@router.get("/alerts/{name}")
def alert_page(request: Request, site: On, name: str) -> Response:
    """One alert as its receivers read it, with its deliveries."""
    alert = site.archive.alerts.get(name)
    if alert is None:
        raise HTTPException(404, f"there is no alert {name}")
    deliveries = site.archive.outbox.of([alert.id])
    return show(
        request,
        "alert.html",
        alert=alert,
        message=as_message(site.archive, site.rulebook, alert),
        story=next(iter(site.archive.stories.get([alert.story])), None) if alert.story else None,
        deliveries=deliveries,
        rule=site.rulebook.rules.get(alert.rule),
        previews=_previews(site, alert, deliveries),
    )


@router.get("/alerts/{name}/preview/{receiver}")
def preview(site: On, name: str, receiver: str) -> Response:
    """The HTML form of an alert at one receiver, for a frame in which nothing runs and nothing is loaded."""
    alert = site.archive.alerts.get(name)
    found = _previews(site, alert, site.archive.outbox.of([alert.id])) if alert else []
    shown = next((one for one in found if one.receiver == receiver and one.media == "text/html"), None)
    if shown is None:
        raise HTTPException(404, f"there is no such preview of alert {name}")
    return HTMLResponse(shown.text, headers=FRAMED)


@router.post("/deliveries/{name}/retry")
@needs("rules")
def retry(request: Request, site: On, name: str) -> Response:
    """Make a delivery due now."""
    (done,) = outbox.retry(site.archive, [name], site.now())
    return back(request, f"/alerts/{done.alert}", f"The delivery to {done.receiver} is due now.")


@router.post("/silences")
@needs("rules")
def silence(
    request: Request,
    site: On,
    who: By,
    query: Annotated[str, Form()],
    span: Annotated[str, Form()] = "1d",
    comment: Annotated[str, Form()] = "",
) -> Response:
    """Keep quiet about what answers a query, for a while."""
    made = add_silence(site.archive, site.rulebook, query, span, comment or f"by {who.name}", site.now())
    return back(request, "/alerts#silences", f"Silent until {made.until:%d %b %H:%M} UTC: {made.query}")


@router.post("/silences/{number}/end")
@needs("rules")
def end_silence(request: Request, site: On, number: int) -> Response:
    """End a silence early."""
    is_ended = site.archive.silences.end(number, site.now())
    return back(request, "/alerts#silences", "The silence is over." if is_ended else "This silence was over already.")


def _previews(site: Site, alert: Alert, deliveries: list[Delivery]) -> list[Preview]:
    public = site.app.settings.public_url.rstrip("/")
    page = f"{public}/alerts/{alert.id}" if public else ""
    return previews(site.archive, site.rulebook, alert, deliveries, site.app.preview, now=site.now(), page=page)


def _by_alert(site: Site, alerts: Sequence[Alert]) -> dict[str, list[Delivery]]:
    found: dict[str, list[Delivery]] = defaultdict(list)
    for delivery in site.archive.outbox.of([alert.id for alert in alerts]):
        found[delivery.alert].append(delivery)
    return found

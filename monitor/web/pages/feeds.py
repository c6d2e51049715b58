"""Feeds: how each one is, adding one by any page's address, switching it on and off, OPML out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, UploadFile
from fastapi.responses import Response

from monitor.config.feeds_edit import add_feeds, set_enabled
from monitor.core.feeds.opml import write_opml
from monitor.errors import MonitorError
from monitor.services.subscriptions import ask_anew, draft, feed_rows, found_feed, import_opml
from monitor.web.identity import needs
from monitor.web.pages.show import back, show
from monitor.web.site import On

router = APIRouter()
_ORDER = ("gone", "failing", "new", "ok", "disabled")


@router.get("/feeds")
def feeds_page(request: Request, site: On) -> Response:
    """Every feed, those in trouble first."""
    rows = sorted(feed_rows(site.feeds, site.archive), key=lambda row: (_ORDER.index(row["health"]), row["name"].casefold()))
    return show(request, "feeds.html", rows=rows, problem=site.rules_error)


@router.post("/feeds")
@needs("rules")
def add_feed(request: Request, site: On, url: Annotated[str, Form()], name: Annotated[str, Form()] = "") -> Response:
    """Find the feed of a page and add it to feeds.yaml."""
    try:
        found = found_feed(url.strip(), site.app.fetcher, site.app.parser)
        added = add_feeds(site.app.settings.feeds, [draft(found, name=name.strip())])
    except MonitorError as error:
        return back(request, "/feeds", f"Not added: {error}")
    words = f"Added {added[0].name}; the next pass reads it." if added else "This feed is there already."
    return back(request, "/feeds", words)


@router.post("/feeds.opml")
@needs("rules")
def take_opml(request: Request, site: On, file: UploadFile) -> Response:
    """Add the feeds of an OPML list; those already there are left as they are."""
    added, listed = import_opml(file.file.read(), site.app.settings.feeds)
    return back(request, "/feeds", f"Added {len(added)} of the {len(listed)} feeds in the list.")


@router.post("/feeds/{name}/switch")
@needs("rules")
def switch(request: Request, site: On, name: str, enabled: Annotated[bool, Form()]) -> Response:
    """Pause a feed, or go on with it."""
    set_enabled(site.app.settings.feeds, name, is_enabled=enabled)
    if enabled:
        ask_anew(site.archive, name)
    return back(request, "/feeds", f"{name} is {'on' if enabled else 'paused'}.")


@router.get("/feeds.opml")
def opml(site: On) -> Response:
    """The list for any feed reader."""
    headers = {"Content-Disposition": 'attachment; filename="feeds.opml"'}
    return Response(write_opml(site.feeds, "News monitor"), media_type="text/x-opml", headers=headers)

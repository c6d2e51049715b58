"""`/feeds/q.atom?q=…` and `/feeds/rule/ID.atom`: any query or rule for any feed reader."""

from __future__ import annotations

from hashlib import sha256
from typing import Literal
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from monitor.services.subscribe import MEDIA_TYPES, SHOWN, Channel, Entry, write
from monitor.services.today import sides_taken
from monitor.web.site import On, Site

router = APIRouter(tags=["subscribe"])
Form = Literal["atom", "rss", "json"]


@router.get("/feeds/q.{form}")
def of_query(request: Request, site: On, form: Form, q: str = "") -> Response:
    """The newest articles answering a query."""
    return _answer(request, site, form, q, q or "Everything")


@router.get("/feeds/rule/{name}.{form}")
def of_rule(request: Request, site: On, name: str, form: Form) -> Response:
    """The newest articles answering a rule's query."""
    rule = site.rulebook.rules.get(name)
    if rule is None:
        raise HTTPException(404, f"there is no rule {name}")
    return _answer(request, site, form, rule.when, rule.title)


def _answer(request: Request, site: Site, form: Form, text: str, title: str) -> Response:
    query, now = site.query(text), site.now()
    articles, _, _ = site.archive.search.search(query, now=now, limit=SHOWN)
    hits = site.archive.search.hits(query, now=now, within=[article.id for article in articles])
    said = {hit.article: sides_taken(hit.statements) for hit in hits}
    base = site.app.settings.public_url.rstrip("/") + "/" if site.app.settings.public_url else str(request.base_url)
    address = base + str(request.url.path).lstrip("/") + (f"?{request.url.query}" if request.url.query else "")
    entries = [Entry(article, said.get(article.id, ())) for article in articles]
    updated = max((article.seen for article in articles), default=now)
    body = write(Channel(f"{title} · News monitor", address, f"{base}search?q={quote(text)}", updated, entries, base), form)
    tag = f'W/"{sha256(body).hexdigest()[:24]}"'
    headers = {"ETag": tag}
    if tag in {one.strip() for one in request.headers.get("if-none-match", "").split(",")}:
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=MEDIA_TYPES[form])

"""Reading through the API: search, articles, stories, statements, topics, actors, alerts, deliveries, feeds, series, status."""

from __future__ import annotations

import json
from datetime import timedelta
from hashlib import sha256
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel

from monitor.model import Statement
from monitor.services.coverage import coverage
from monitor.services.status import service_status
from monitor.services.stories import list_stories
from monitor.services.subscriptions import feed_rows
from monitor.web.api.schemas import (
    AlertJson,
    ArticleJson,
    DeliveryJson,
    LabelJson,
    SearchJson,
    SeriesJson,
    SilenceJson,
    StatementJson,
    StoryJson,
    SuppressionJson,
    WholeArticleJson,
    listed,
)
from monitor.web.site import On

router = APIRouter(tags=["read"])
Limit = Annotated[int, Query(ge=1, le=200)]
Days = Annotated[int, Query(ge=1, le=3650)]
Number = Annotated[int, Query(ge=0, lt=1 << 62)]
FACETS = ("topic", "stance", "holder", "source", "language", "day")


@router.get("/openapi.json", include_in_schema=False)
def openapi(request: Request) -> JSONResponse:
    """The description of this API."""
    app = request.app
    return JSONResponse(get_openapi(title=app.title, version=app.version, routes=app.routes, openapi_version=app.openapi_version))


@router.get("/api/v1/search", response_model=SearchJson)
def search(
    request: Request,
    site: On,
    q: str = "",
    *,
    limit: Limit = 50,
    sort: Literal["published", "seen", "relevance"] = "published",
    cursor: str = "",
    facets: bool = False,
) -> Response:
    """Articles answering a query, with snippets, and with counts where facets are asked for."""
    query, now = site.query(q), site.now()
    articles, total, following = site.archive.search.search(query, now=now, limit=limit, sort=sort, cursor=cursor)
    counted = site.archive.search.facets(query, now=now, names=FACETS, limit=30) if facets else {}
    found = SearchJson(
        query=q,
        total=total,
        next=following,
        articles=[ArticleJson.of(article) for article in articles],
        snippets=site.archive.search.snippets(query, articles),
        facets={name: dict(rows) for name, rows in counted.items()},
    )
    return tagged(request, found)


@router.get("/api/v1/articles/{number}", response_model=WholeArticleJson)
def article(request: Request, site: On, number: int) -> Response:
    """One article with its text, relevances and statements."""
    found = site.archive.articles.get([_stored(number)])
    if not found:
        raise HTTPException(404, f"there is no article {number}")
    return tagged(request, WholeArticleJson.whole(found[0], site.archive.scores.get(number)))


@router.get("/api/v1/stories", response_model=list[StoryJson])
def stories(request: Request, site: On, days: Days = 3, limit: Limit = 50) -> Response:
    """The stories of the last days, most outlets first."""
    now = site.now()
    found = list_stories(site.archive, now - timedelta(days=days), now, limit=limit)
    return tagged(request, [StoryJson.of(one) for one in found])


@router.get("/api/v1/stories/{number}", response_model=StoryJson)
def story(request: Request, site: On, number: int) -> Response:
    """One story."""
    found = site.archive.stories.get([_stored(number)])
    if not found:
        raise HTTPException(404, f"there is no story {number}")
    return tagged(request, StoryJson.of(found[0]))


@router.get("/api/v1/statements", response_model=list[StatementJson])
def statements(request: Request, site: On, q: str, days: Days = 30, limit: Limit = 100) -> Response:
    """The statements that made articles of the last days answer a query, newest first."""
    now = site.now()
    hits = site.archive.search.hits(site.query(q), now=now, since=now - timedelta(days=days))
    said: list[Statement] = [one for hit in reversed(hits) for one in hit.statements]
    return tagged(request, [StatementJson.of(one) for one in said[:limit]])


@router.get("/api/v1/topics")
def topics(request: Request, site: On) -> Response:
    """What is watched."""
    rows = [
        {"id": one.id, "name": one.name, "description": one.description, "aliases": list(one.aliases), "threshold": one.threshold}
        for one in site.rulebook.topics.values()
    ]
    return tagged(request, rows)


@router.get("/api/v1/actors")
def actors(request: Request, site: On) -> Response:
    """Who may hold a stance."""
    return tagged(request, [{"name": one.name, "aliases": list(one.aliases)} for one in site.rulebook.actors.values()])


@router.get("/api/v1/topics/{name}/series", response_model=SeriesJson)
def series(request: Request, site: On, name: str, days: Annotated[int, Query(ge=1, le=366)] = 30) -> Response:
    """A topic's volume a day and its holders' stances a week."""
    book = site.rulebook
    if name not in book.topics:
        raise HTTPException(404, f"there is no topic {name}")
    found = coverage(site.archive, book.topics[name], site.now(), timedelta(days=days))
    values = SeriesJson(
        topic=name,
        articles=found.articles,
        days={day: dict(parts) for day, parts in found.days.items()},
        holders={holder: {week: dict(cell) for week, cell in row.items()} for holder, row in found.matrix.items()},
    )
    return tagged(request, values)


@router.get("/api/v1/alerts", response_model=list[AlertJson])
def alerts(request: Request, site: On, days: Days = 7, rule: str | None = None, limit: Limit = 100) -> Response:
    """Alerts, newest first."""
    found = site.archive.alerts.recent(site.now() - timedelta(days=days), rule=rule, limit=limit)
    return tagged(request, [AlertJson.of(one) for one in found])


@router.get("/api/v1/alerts/{name}", response_model=AlertJson)
def alert(request: Request, site: On, name: str) -> Response:
    """One alert; the beginning of its id is enough."""
    found = site.archive.alerts.get(name)
    if found is None:
        raise HTTPException(404, f"there is no alert {name}")
    return tagged(request, AlertJson.of(found))


@router.get("/api/v1/suppressions", response_model=list[SuppressionJson])
def suppressions(request: Request, site: On, days: Days = 7, rule: str | None = None, limit: Limit = 100) -> Response:
    """Alerts that did not happen, and why, newest first."""
    since = site.now() - timedelta(days=days)
    return tagged(request, listed(site.archive.alerts.suppressions(rule=rule, since=since, limit=limit), SuppressionJson))


@router.get("/api/v1/deliveries", response_model=list[DeliveryJson])
def deliveries(
    request: Request, site: On, state: Literal["pending", "held", "sent", "gathered", "dead"] | None = None, limit: Limit = 100
) -> Response:
    """Deliveries, newest first."""
    return tagged(request, [DeliveryJson.of(one) for one in site.archive.outbox.list(state=state, limit=limit)])


@router.get("/api/v1/silences", response_model=list[SilenceJson])
def silences(request: Request, site: On) -> Response:
    """Silences in force."""
    return tagged(request, listed(site.archive.silences.list(site.now()), SilenceJson))


@router.get("/api/v1/labels", response_model=list[LabelJson])
def labels(request: Request, site: On, limit: Annotated[int, Query(ge=1, le=10_000)] = 1000) -> Response:
    """What people said of articles, newest first."""
    return tagged(request, listed(site.archive.labels.list(limit), LabelJson))


@router.get("/api/v1/feeds")
def feeds(request: Request, site: On) -> Response:
    """Feeds and how each one is."""
    return tagged(request, feed_rows(site.feeds, site.archive))


@router.get("/api/v1/status")
def status(site: On) -> JSONResponse:
    """Counts, queues and what is wrong now."""
    return JSONResponse(json.loads(json.dumps(service_status(site.archive, site.now()), default=str)))


def tagged(request: Request, value: Any) -> Response:
    """A value as JSON with its ETag; 304 when the asker has it already."""
    body = _dump(value)
    tag = f'W/"{sha256(body).hexdigest()[:24]}"'
    known = {one.strip() for one in request.headers.get("if-none-match", "").split(",")}
    headers = {"ETag": tag}
    return Response(status_code=304, headers=headers) if tag in known else Response(body, 200, headers, "application/json")


def _stored(number: int) -> int:
    """Numbers that no archive can hold name nothing."""
    return number if 0 <= number < 1 << 62 else -1


def _dump(value: Any) -> bytes:
    match value:
        case BaseModel():
            return value.model_dump_json().encode()
        case list():
            return b"[" + b",".join(_dump(one) for one in value) + b"]"
        case _:
            return json.dumps(value, ensure_ascii=False, default=str).encode()

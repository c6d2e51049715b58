"""Search: the query language, mistakes pointed at, results with their stances, facets that load after."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from markupsafe import Markup

from monitor.core.queries.clauses import FIELDS
from monitor.core.queries.query import Query, asserted
from monitor.errors import QueryError
from monitor.model import Stance, Statement
from monitor.services.today import sides_taken
from monitor.web.charts import Bar, columns, quoted, search_link
from monitor.web.pages.show import part, show
from monitor.web.site import On, Site

router = APIRouter()
PER_PAGE = 25
SORTS = {"published": "Newest", "seen": "Last seen", "relevance": "Best match"}
FACETS = {"topic": "Topic", "stance": "Stance", "holder": "Holder", "source": "Outlet", "language": "Language"}
_FIELD_OF = {"topic": "topic", "stance": "stance", "holder": "holder", "source": "source", "language": "lang"}
_DAYS = 60
_POSITIONS, _TOLD = 4, 24
EXAMPLES = (
    ("Who is against what", "stance:against confidence>=0.7"),
    ("One holder, one topic", 'topic:freedom-edge holder:"North Korea"'),
    ("Told by three outlets", "outlets>=3 published>=7d"),
    ("A phrase, not sport", '"joint exercise" -football'),
)


@router.get("/search")
def search(request: Request, site: On, q: str = "", sort: str = "published", cursor: str = "", facets: bool = False) -> Response:  # noqa: FBT001, FBT002
    """Results of a query; the address is the whole state."""
    order = sort if sort in SORTS else "published"
    values: dict[str, Any] = {"q": q, "sort": order, "sorts": SORTS, "examples": EXAMPLES, "fields": FIELDS, "cursor": cursor}
    try:
        query = site.query(q)
        articles, total, following = site.archive.search.search(query, now=site.now(), limit=PER_PAGE, sort=order, cursor=cursor)
    except QueryError as error:
        return show(request, "search.html", 400, mistake=error, rows=[], total=0, following="", panel="", **values)
    snippets = site.archive.search.snippets(query, articles)
    asked = topics_asked(query)
    rows = [
        {"article": article, "snippet": snippet, "positions": _positions(site, article.id, asked)}
        for article, snippet in zip(articles, snippets, strict=True)
    ]
    panel = _panel(site, query, q) if facets else ""
    return show(
        request,
        "search.html",
        mistake=None,
        rows=rows,
        topics=site.rulebook.topics,
        total=total,
        following=following,
        panel=panel,
        **values,
    )


@router.get("/search/facets")
def facets(site: On, q: str = "") -> HTMLResponse:
    """Counts by topic, stance, holder, outlet, language and day, as the part of the page that loads after."""
    return HTMLResponse(_panel(site, site.query(q), q))


@router.get("/search/words")
def words(site: On) -> JSONResponse:
    """What completion may offer: fields with their meaning, and the names in force."""
    book = site.rulebook
    named = {
        "topic": sorted(book.topics),
        "holder": [quoted(name) for name in (*book.actors, "outlet")],
        "feed": [feed.id for feed in site.feeds],
        "tag": sorted({tag for feed in site.feeds for tag in feed.tags}),
        "alerted": ["yes", "no", *book.rules],
        "lang": list(site.archive.stats()["languages"]),
    }
    known = [{"name": field.name, "meaning": field.meaning, "example": field.example} for field in FIELDS.values()]
    choices = {field.name: list(field.choices) for field in FIELDS.values() if field.choices}
    return JSONResponse({"fields": known, "values": {**choices, **named}})


def _positions(site: Site, article: int, asked: frozenset[str]) -> list[tuple[Statement, str]]:
    """Who stands where in one article: on the topics asked for, if it is about them; each side of a holder once.

    A holder with different sides on different topics is shown with each topic's name, anybody else with "".
    """
    scores = site.archive.scores.get(article)
    if scores is None:
        return []
    relevant = {one.topic for one in scores.relevances if one.is_relevant}
    about = relevant & asked or relevant
    sides: dict[tuple[str, Stance], Statement] = {}
    for one in sides_taken([one for one in scores.statements if one.topic in about], limit=_TOLD):
        sides.setdefault((one.holder, one.stance), one)
    many = Counter(holder for holder, _ in sides)
    names = site.rulebook.topics
    shown = list(sides.values())[:_POSITIONS]
    return [(one, names[one.topic].name if many[one.holder] > 1 and one.topic in names else "") for one in shown]


def topics_asked(query: Query) -> frozenset[str]:
    """The topics that every article found is about, or one of them."""
    return frozenset(str(clause.value) for one in asserted(query.root) for clause in one.clauses if clause.field == "topic")


def _panel(site: Site, query: Query, text: str) -> Markup:
    names = site.rulebook.topics
    found = site.archive.search.facets(query, now=site.now(), names=[*FACETS, "day"], limit=12)
    days = dict(site.archive.search.facets(query, now=site.now(), names=["day"], limit=_DAYS)["day"])
    groups = []
    for facet, title in FACETS.items():
        rows = [
            {
                "label": names[value].name if facet == "topic" and value in names else value or "unknown",
                "value": value,
                "count": count,
                "href": search_link(narrowed(text, _FIELD_OF[facet], value)),
            }
            for value, count in found[facet]
            if value
        ]
        if rows:
            groups.append({"facet": facet, "title": title, "rows": rows})
    return part("parts.html", "facet_panel", groups=groups, chart=_histogram(days, text))


def _histogram(days: dict[str, int], text: str) -> Markup:
    if not days:
        return Markup()
    last, first = date.fromisoformat(max(days)), date.fromisoformat(min(days))
    first = max(first, last - timedelta(days=_DAYS - 1))
    span = [first + timedelta(days=at) for at in range((last - first).days + 1)]
    bars = [
        Bar(f"{day:%a} {day.day} {day:%b}", {"volume": days.get(str(day), 0)}, search_link(narrowed(text, "published", str(day))))
        for day in span
    ]
    return columns(bars, title=f"Articles a day, {first} to {last}", width=240, height=84)


def narrowed(text: str, field: str, value: str) -> str:
    """The query with one more clause; an alternative is put in parentheses first."""
    base = f"({text})" if " OR " in text else text
    return f"{base} {field}:{quoted(value) if field in {'holder', 'source'} and ' ' in value else value}".strip()

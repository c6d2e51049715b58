"""Topics: volume by stance over time, holders by week, who said what, stories."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from monitor.core.briefings.briefing import Briefing
from monitor.model import Article
from monitor.services.briefing import Format, brief, write
from monitor.services.coverage import UNSTATED, Coverage, coverage
from monitor.services.today import topic_line
from monitor.web.charts import Bar, Cell, columns, quoted, search_link, week_of
from monitor.web.pages.show import show
from monitor.web.site import On, Site

router = APIRouter()
SPANS = (7, 30, 90, 365)
BRIEFED = (7, 14, 30, 90)
_VOICES, _CARRIED = 14, 3
_MEDIA_TYPES: dict[Format, str] = {
    "md": "text/markdown; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


@router.get("/topics")
def topics_page(request: Request, site: On) -> Response:
    """Every topic with its last days."""
    now = site.now()
    lines = [topic_line(site.archive, topic, now, timedelta(days=7)) for topic in list(site.rulebook.topics.values())[:60]]
    return show(request, "topics.html", lines=sorted(lines, key=lambda line: -line.articles), problem=site.rules_error)


@router.get("/topics/{name}")
def topic_page(request: Request, site: On, name: str, days: int = 30) -> Response:
    """One topic."""
    book = site.rulebook
    if name not in book.topics:
        raise HTTPException(404, f"there is no topic {name}")
    span = days if days in SPANS else 30
    found = coverage(site.archive, book.topics[name], site.now(), timedelta(days=span))
    rules = [rule for rule in book.rules.values() if f"topic:{name}" in rule.when]
    return show(
        request,
        "topic.html",
        found=found,
        chart=columns(_bars(found), title=f"Articles on {found.topic.name} a day, by the stance they show", height=180),
        matrix=_matrix(found),
        weeks=[week_of(week) for week in found.weeks],
        rules=rules,
        span=span,
        spans=SPANS,
        voices=found.trends.voices[:_VOICES],
        shifts=[voice for voice in found.trends.voices if voice.shift],
        articles=_named(site, found),
    )


@router.get("/topics/{name}/briefing")
def briefing_page(request: Request, site: On, name: str, days: int = 14) -> Response:
    """The briefing to read here; every mark leads to the article that carries the claim."""
    span = min(max(days, 1), 366)
    composed = _composed(site, name, span)
    return show(
        request,
        "briefing.html",
        briefing=composed,
        sources={one.number: one for one in composed.sources},
        topic=site.rulebook.topics[name],
        span=span,
        spans=BRIEFED,
    )


@router.get("/topics/{name}/briefing.{form}")
def briefing(site: On, name: str, form: Format, days: int = 14) -> Response:
    """The briefing to send on; always a download, so that nothing in it runs here."""
    written = write(_composed(site, name, min(max(days, 1), 366)), form)
    file = f"{name}-{site.now():%Y-%m-%d}.{form}".encode("ascii", "replace").decode().replace('"', "")
    headers = {"Content-Disposition": f'attachment; filename="{file}"'}
    return Response(written, headers=headers, media_type=_MEDIA_TYPES[form])


def _composed(site: Site, name: str, days: int) -> Briefing:
    if name not in site.rulebook.topics:
        raise HTTPException(404, f"there is no topic {name}")
    now = site.now()
    return brief(site.archive, site.rulebook, name, since=now - timedelta(days=days), until=now)


def _named(site: Site, found: Coverage) -> dict[int, Article]:
    """The articles that the page names: those with the strongest evidence, and those that carry a shift or a first word."""
    named = [one.article for one in found.positions if one.article]
    for voice in found.trends.voices:
        named += [
            *(voice.shift.articles[:_CARRIED] if voice.shift else ()),
            *([voice.first_article] if voice.first_article else []),
        ]
    return {article.id: article for article in site.archive.articles.get(list(dict.fromkeys(named)))}


def _bars(found: Coverage) -> list[Bar]:
    query = f"topic:{found.topic.id}"
    return [
        Bar(f"{day:%a} {day.day} {day:%b}", {("volume" if name == UNSTATED else name): n for name, n in parts.items()},
            search_link(f"{query} published:{day}"))
        for day, parts in found.days.items()
    ]  # fmt: skip


def _matrix(found: Coverage) -> list[tuple[str, list[tuple[Cell, str]]]]:
    rows = []
    for holder, by_week in found.matrix.items():
        cells = []
        for week, counts in by_week.items():
            query = f"topic:{found.topic.id} holder:{quoted(holder)} published>={week} published<{week + timedelta(days=7)}"
            cells.append((Cell(counts), search_link(query)))
        rows.append((holder, cells))
    return rows

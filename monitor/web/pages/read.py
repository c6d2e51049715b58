"""Reading: one article with its evidence and scores, one story with its outlets and who stands where."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException, Request
from fastapi.responses import Response

from monitor.core.stories.joining import Placement, Reason
from monitor.model import Article, Label, Stance
from monitor.services.feedback import NOT_RELEVANT, RELEVANT, WRONG_STANCE, give_label
from monitor.services.rules import explain, rule_named
from monitor.services.stories import list_stories, show_story
from monitor.services.today import sides_taken
from monitor.web.identity import By, needs
from monitor.web.pages.show import back, show
from monitor.web.site import On
from monitor.web.words import evident, lag

router = APIRouter()


@router.get("/articles/{number}")
def article_page(request: Request, site: On, number: int, rule: str = "") -> Response:
    """One article: its text with the evidence marked, every score, and why a rule did or did not alert."""
    found = site.archive.articles.get([number])
    if not found:
        raise HTTPException(404, f"there is no article {number}")
    (article,) = found
    scores = site.archive.scores.get(number)
    statements = sorted(scores.statements, key=lambda one: (one.stance is Stance.NEUTRAL, -one.confidence)) if scores else []
    relevances = scores.relevances if scores else ()
    about = {one.topic for one in relevances if one.is_relevant}
    book = site.rulebook
    return show(
        request,
        "article.html",
        article=article,
        scores=scores,
        title=evident(article.title, [one for one in statements if one.topic in about], "title"),
        text=evident(article.text, [one for one in statements if one.topic in about], "text"),
        statements=[one for one in statements if one.topic in about],
        others=[one for one in statements if one.topic not in about],
        relevances=relevances,
        story=site.archive.stories.get([article.story])[0] if article.story else None,
        feed=next((feed for feed in site.feeds if feed.id == article.feed), None),
        labels=site.archive.labels.of(number),
        rules=book.rules,
        topics=book.topics,
        rule=rule,
        explained=explain(site.archive, book, rule_named(book, rule), number, site.now()) if rule else None,
        stances=[str(stance) for stance in Stance],
    )


@router.post("/articles/{number}/labels")
@needs("label")
def label_article(
    request: Request,
    site: On,
    who: By,
    number: int,
    label: Annotated[str, Form()],
    topic: Annotated[str, Form()] = "",
    holder: Annotated[str, Form()] = "",
) -> Response:
    """Store what the reader says; a stance said to be another one is also wrong."""
    now = site.now()
    give_label(site.archive, Label(number, label, topic, holder, now, who.name))
    if label not in {RELEVANT, NOT_RELEVANT, WRONG_STANCE}:
        give_label(site.archive, Label(number, WRONG_STANCE, topic, holder, now, who.name))
    return back(request, f"/articles/{number}", f"Noted: {label.replace('-', ' ')}. It is used by `monitor tune`.")


@router.get("/stories/{number}")
def story_page(request: Request, site: On, number: int) -> Response:
    """One story: its tellings in order, and where each holder stands in it."""
    if not site.archive.stories.get([number]):
        raise HTTPException(404, f"there is no story {number}")
    story, told = show_story(number, site.archive)
    scores = {article.id: site.archive.scores.get(article.id) for article, _ in told[:200]}
    statements = [
        one
        for found in scores.values()
        if found
        for one in found.statements
        if one.topic in {relevance.topic for relevance in found.relevances if relevance.is_relevant}
    ]
    sources = {article.id: article for article, _ in told}
    return show(
        request,
        "story.html",
        story=story,
        told=told,
        positions=sides_taken(statements, limit=12),
        sources=sources,
        topics=site.rulebook.topics,
        outlets=_outlets(told),
    )


def _outlets(told: Sequence[tuple[Article, Placement | None]]) -> list[dict[str, Any]]:
    """Outlets in the order in which they told it: how long after the first report, how often, and whether in copied words."""
    found: dict[str, dict[str, Any]] = {}
    for article, placement in told:
        copied = placement is not None and placement.reason is Reason.NEAR_DUPLICATE
        later = lag(article.published - told[0][0].published)
        known = found.setdefault(
            article.source, {"source": article.source, "article": article.id, "later": later, "count": 0, "copied": copied}
        )
        known["count"] += 1
    return list(found.values())


@router.get("/stories")
def stories_page(request: Request, site: On, days: int = 3) -> Response:
    """The stories of the last days, most outlets first."""
    span = min(max(days, 1), 30)
    stories = list_stories(site.archive, site.now() - timedelta(days=span), site.now(), limit=60)
    return show(request, "stories.html", stories=stories, span=span)

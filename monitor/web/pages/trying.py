"""Try a topic or a rule on a pasted text: what the scorer says of it, and clause by clause which rules would alert."""

from __future__ import annotations

import threading
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from monitor.errors import QueryError, ScorerError
from monitor.model import Topic
from monitor.services.trial import DRAFT, LONGEST, Trial, try_text
from monitor.web.identity import needs
from monitor.web.pages.show import show
from monitor.web.site import On, Site
from monitor.web.words import evident

router = APIRouter()
_BUSY = threading.Lock()
"""One text at a time: a crowd of trials must not take the processor from the worker."""


@router.get("/try")
@needs("label")
def try_page(request: Request, site: On, q: str = "", rule: str = "") -> Response:
    """The empty form; `q` is a query to try, `rule` a rule in force."""
    query = site.rulebook.rules[rule].when if rule in site.rulebook.rules else q
    return _page(request, site, {"title": "", "text": "", "q": query, "topic_name": "", "topic_description": ""})


@router.post("/try")
@needs("label")
def try_it(
    request: Request,
    site: On,
    text: Annotated[str, Form(max_length=LONGEST)] = "",
    title: Annotated[str, Form(max_length=1000)] = "",
    q: Annotated[str, Form(max_length=4000)] = "",
    topic_name: Annotated[str, Form(max_length=200)] = "",
    topic_description: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Score the text; nothing of it is stored."""
    given = {"title": title, "text": text, "q": q, "topic_name": topic_name, "topic_description": topic_description}
    if not (title + text).strip():
        return _page(request, site, given, problem="Paste a text first.", status=422)
    topic = Topic(DRAFT, topic_name.strip(), topic_description.strip()) if topic_name.strip() else None
    if not _BUSY.acquire(blocking=False):
        return _page(request, site, given, problem="Another text is being tried; try again in a few seconds.", status=429)
    try:
        trial = _tried(site, title, text, q, topic)
    except QueryError as error:
        return _page(request, site, given, problem=f"The query cannot be read: {error.message}. {error.hint}", status=422)
    except ScorerError as error:
        return _page(request, site, given, problem=f"The model cannot score: {error}", status=503)
    finally:
        _BUSY.release()
    return _page(request, site, given, trial=trial)


def _tried(site: Site, title: str, text: str, query: str, topic: Topic | None) -> Trial:
    scratch = site.app.scratch()
    try:
        return try_text(scratch, site.rulebook, site.app.scorer, title, text, site.now(), query=query, topic=topic)
    finally:
        scratch.close()


def _page(
    request: Request, site: Site, given: dict[str, str], *, trial: Trial | None = None, problem: str = "", status: int = 200
) -> Response:
    marked: dict[str, Any] = {"title": "", "text": ""}
    if trial:
        marked = {
            "title": evident(trial.article.title, trial.statements, "title"),
            "text": evident(trial.article.text, trial.statements, "text"),
        }
    return show(
        request,
        "try.html",
        status,
        given=given,
        trial=trial,
        marked=marked,
        problem=problem,
        longest=LONGEST,
        topics=site.rulebook.topics,
    )

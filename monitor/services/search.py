"""Search and show: what a query finds, with everything a reader wants to know of each article."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from monitor.core.queries.query import Query, Vocabulary, parse
from monitor.errors import NotFoundError
from monitor.model import Alert, Article, Delivery, Scores, Statement, Story
from monitor.ports import Archive

FACETS = ("topic", "stance", "holder", "source", "language", "day")
SORTS = ("published", "seen", "relevance")
_PAGE = 500


@dataclass(frozen=True, slots=True)
class Found:
    """One article with what was made of it. `snippet` has the found words between U+0002 and U+0003."""

    article: Article
    scores: Scores | None
    snippet: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of what a query finds; `cursor` leads to the next one and is "" on the last."""

    query: Query
    total: int
    found: tuple[Found, ...]
    cursor: str
    facets: Mapping[str, Sequence[tuple[str, int]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ShownStory:
    """A story with its articles."""

    story: Story
    found: tuple[Found, ...]


@dataclass(frozen=True, slots=True)
class ShownAlert:
    """An alert with its articles and where it was sent."""

    alert: Alert
    found: tuple[Found, ...]
    deliveries: tuple[Delivery, ...]


Shown: TypeAlias = Found | ShownStory | ShownAlert


def search(
    archive: Archive,
    text: str,
    now: datetime,
    *,
    vocabulary: Vocabulary | None = None,
    limit: int = 50,
    sort: str = "published",
    cursor: str = "",
    facets: Sequence[str] = (),
) -> Page:
    """One page of what a query finds, with facets over everything it finds.

    Raises:
        QueryError: the query cannot be read, or the cursor belongs to another one.
    """
    query = parse(text, vocabulary)
    articles, total, following = archive.search.search(query, now=now, limit=limit, sort=sort, cursor=cursor)
    snippets = archive.search.snippets(query, articles)
    found = tuple(
        Found(article, archive.scores.get(article.id), snippet) for article, snippet in zip(articles, snippets, strict=True)
    )
    counted = archive.search.facets(query, now=now, names=facets) if facets else {}
    return Page(query, total, found, following, counted)


def everything(archive: Archive, query: Query, now: datetime) -> Iterator[tuple[Found, int]]:
    """Every article that a query finds, newest seen first, and how many there are; read a page at a time."""
    cursor = ""
    while True:
        articles, total, cursor = archive.search.search(query, now=now, limit=_PAGE, sort="seen", cursor=cursor)
        for article in articles:
            yield Found(article, archive.scores.get(article.id)), total
        if not cursor:
            return


def show(archive: Archive, name: str) -> Shown:
    """The article, story or alert that a name means: a number, story:12, or the beginning of an alert's id.

    Raises:
        NotFoundError: there is none.
    """
    kind, _, rest = name.rpartition(":")
    shown: Shown | None = None
    if kind in {"", "article"} and rest.isascii() and rest.isdigit():
        shown = next(iter(_found(archive, [int(rest[:18])])), None)
    if shown is None and kind == "story" and rest.isascii() and rest.isdigit():
        shown = _story(archive, int(rest[:18]))
    if shown is None and kind in {"", "alert"}:
        shown = _alert(archive, rest)
    if shown is None:
        raise NotFoundError(f"there is no {kind or 'article or alert'} {rest} in the archive; a story is shown as story:{rest}")
    return shown


def _story(archive: Archive, number: int) -> ShownStory | None:
    stories = archive.stories.get([number])
    return ShownStory(stories[0], _found(archive, stories[0].articles)) if stories else None


def _alert(archive: Archive, name: str) -> ShownAlert | None:
    alert = archive.alerts.get(name)
    if alert is None:
        return None
    deliveries = tuple(archive.outbox.of([alert.id]))
    return ShownAlert(alert, _found(archive, alert.articles), deliveries)


def _found(archive: Archive, numbers: Sequence[int]) -> tuple[Found, ...]:
    return tuple(Found(article, archive.scores.get(article.id), article.text) for article in archive.articles.get(numbers))


# -- as JSON ---------------------------------------------------------------------------------------------------------


def facts(found: Found) -> dict[str, Any]:
    """One article as the JSON of search, export and the API have it."""
    article = found.article
    statements = found.scores.statements if found.scores else ()
    relevances = found.scores.relevances if found.scores else ()
    return {
        "id": article.id,
        "title": article.title,
        "source": article.source,
        "url": article.url,
        "published": _time(article.published),
        "seen": _time(article.seen),
        "language": article.language,
        "author": article.author,
        "feed": article.feed,
        "tags": list(article.tags),
        "story": article.story,
        "snippet": plain(found.snippet),
        "topics": {one.topic: round(one.probability, 4) for one in relevances if one.is_relevant},
        "statements": [statement_facts(statement) for statement in statements],
    }


def statement_facts(statement: Statement) -> dict[str, Any]:
    """One statement as JSON has it."""
    evidence = statement.evidence
    return {
        "topic": statement.topic,
        "holder": statement.holder,
        "stance": statement.stance.value,
        "confidence": round(statement.confidence, 4),
        "voice": statement.voice.value,
        "evidence": evidence.text if evidence else None,
        "start": evidence.start if evidence else None,
        "end": evidence.end if evidence else None,
        "part": evidence.part if evidence else None,
        "found": statement.is_found,
    }


def page_facts(page: Page) -> dict[str, Any]:
    """A page of search results as JSON has it."""
    counted = {name: [{"value": value, "articles": number} for value, number in values] for name, values in page.facets.items()}
    return {
        "query": page.query.text,
        "total": page.total,
        "articles": [facts(found) for found in page.found],
        "cursor": page.cursor or None,
        **({"facets": counted} if counted else {}),
    }


def shown_facts(shown: Shown) -> dict[str, Any]:
    """What `show` found, as JSON has it; `kind` says what it is."""
    match shown:
        case Found(article, scores):
            every = {one.topic: round(one.probability, 4) for one in scores.relevances} if scores else {}
            more = {
                "text": article.text,
                "revision": article.revision,
                "relevances": every,
                "model": scores.model if scores else None,
            }
            return {"kind": "article", **facts(shown), **more}
        case ShownStory(story, found):
            span = {"first_published": _time(story.first_published), "last_published": _time(story.last_published)}
            told = [facts(one) for one in found]
            return {"kind": "story", "id": story.id, "title": story.title, "outlets": story.outlets, **span, "articles": told}
        case ShownAlert():
            return _alert_facts(shown)


def _alert_facts(shown: ShownAlert) -> dict[str, Any]:
    alert = shown.alert
    return {
        "kind": "alert",
        "id": alert.id,
        "rule": alert.rule,
        "group": alert.group,
        "title": alert.title,
        "why": alert.why,
        "created": _time(alert.created),
        "severity": alert.severity.value,
        "story": alert.story,
        "details": dict(alert.details),
        "statements": [statement_facts(statement) for statement in alert.statements],
        "deliveries": [
            {"id": one.id, "receiver": one.receiver, "state": one.state.value, "attempts": one.attempts, "error": one.last_error}
            for one in shown.deliveries
        ],
        "articles": [facts(found) for found in shown.found],
    }


def plain(snippet: str) -> str:
    """A snippet without the marks around its found words."""
    return snippet.replace("\x02", "").replace("\x03", "")


def _time(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")

"""Puts articles in stories as they arrive, counts each story's independent outlets, and lets people correct it by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from monitor.core.stories.fingerprints import Fingerprint, Telling, take_fingerprint
from monitor.core.stories.independence import best_title, count_independent
from monitor.core.stories.joining import WINDOW, Neighbour, Placement, Reason, place
from monitor.core.stories.window import Window
from monitor.errors import InputError, NotFoundError
from monitor.logs import logger
from monitor.model import Article, Story, Vector
from monitor.ports import Archive

log = logger(__name__)

_MEMBERS_COUNTED = 400
"""Members read to count a story's independent outlets; a story that large has long been everywhere."""
_COMPARED = 30
"""Earlier tellings an article is compared with when a story is shown."""


def assign_stories(articles: Sequence[Article], embeddings: Mapping[int, Vector | None], archive: Archive) -> dict[int, int]:
    """Join each article to a story, what was published first coming first; returns article -> story.

    Feeds of one poll answer in any order: by time of publication the same news gives the same stories.

    An article that already has a story keeps it, so a second analysis changes nothing and neither undoes a hand's decision.
    One that cannot be read for its fingerprint has a story of its own, as if nothing were like it: it keeps no other waiting.
    Runs inside the caller's transaction. The cost of one article depends on what was published around its time only.
    """
    known = {article.id: article.story for article in articles if article.story is not None}
    joining = sorted((one for one in articles if one.story is None), key=lambda article: (article.published, article.id))
    if not joining:
        return known
    window = _load_window([article for article in joining if _fingerprint_of(article)], archive)
    for article in joining:
        embedding, fingerprint = embeddings.get(article.id), _fingerprint_of(article)
        alone = Placement(None, Reason.NOTHING_LIKE_IT)
        placement = _place(article, fingerprint, embedding, window, archive) if fingerprint else alone
        story = known[article.id] = archive.stories.join(article.id, placement.story)
        window.add(article.id, story, article.title, article.published, embedding)
        log.debug("placed", article=article.id, story=story, reason=placement.reason.value, near=placement.near)
    _describe(sorted({known[article.id] for article in joining}), archive)
    return known


def split_story(story: int, articles: Sequence[int], archive: Archive) -> int:
    """Move these articles of a story to a new story of their own; returns its id.

    Raises:
        NotFoundError: there is no such story, or it does not hold one of the articles.
        InputError: no article is named, or none would stay.
    """
    (found,) = _existing([story], archive)
    strangers = [article for article in articles if article not in found.articles]
    if strangers:
        raise NotFoundError(f"story {story} does not hold article {strangers[0]}")
    if not articles:
        raise InputError("name the articles to move")
    if set(articles) == set(found.articles):
        raise InputError(f"story {story} has no other articles: nothing would stay in it")
    with archive.transaction():
        first, *others = sorted(set(articles))
        new = archive.stories.join(first, None)
        for article in others:
            archive.stories.join(article, new)
        _describe([story, new], archive)
    log.info("story split", story=story, new=new, articles=len(set(articles)))
    return new


def merge_stories(story: int, others: Sequence[int], archive: Archive) -> Story:
    """Move all articles of the other stories into this one, and return it.

    Raises:
        NotFoundError: a story does not exist.
    """
    found = _existing([story, *others], archive)
    with archive.transaction():
        for other in found[1:]:
            for article in other.articles if other.id != story else ():
                archive.stories.join(article, story)
        _describe([story], archive)
    log.info("stories merged", story=story, merged=[other.id for other in found[1:]])
    return archive.stories.get([story])[0]


def list_stories(archive: Archive, since: datetime, until: datetime, *, limit: int = 50) -> list[Story]:
    """Stories with articles published in the span: most outlets first, then most articles, then newest."""
    return archive.stories.largest(since, until, limit)


def show_story(story: int, archive: Archive) -> tuple[Story, list[tuple[Article, Placement | None]]]:
    """A story and its articles in the order of publication, each with what makes it like an earlier one.

    Raises:
        NotFoundError: there is no such story.
    """
    (found,) = _existing([story], archive)
    articles = sorted(archive.articles.get(found.articles), key=lambda article: (article.published, article.id))
    told: list[tuple[Article, Placement | None]] = []
    vectors = archive.trends.vectors(found.articles)
    for article in articles:
        neighbours = [
            Neighbour(earlier.id, story, fingerprint, _cosine(vectors.get(article.id), vectors.get(earlier.id)))
            for earlier, _ in told[-_COMPARED:]
            if (fingerprint := _fingerprint_of(earlier))
        ]
        newcomer = _fingerprint_of(article)
        told.append((article, place(newcomer, neighbours) if newcomer and neighbours else None))
    return found, told


def _cosine(one: Vector | None, other: Vector | None) -> float | None:
    return None if one is None or other is None else float(one @ other)


def _existing(ids: Sequence[int], archive: Archive) -> list[Story]:
    stories = {story.id: story for story in archive.stories.get(ids)}
    for story in ids:
        if story not in stories:
            raise NotFoundError(f"there is no story {story}; `monitor stories list` shows those of the last days")
    return [stories[story] for story in ids]


def _place(article: Article, newcomer: Fingerprint, embedding: Vector | None, window: Window, archive: Archive) -> Placement:
    near = window.near(article.title, article.published, embedding)
    texts = {found.id: found for found in archive.articles.get([one for one, _, _ in near])}
    began = {story.id: story.first_published for story in archive.stories.get(sorted({story for _, story, _ in near}))}
    neighbours = [
        Neighbour(one, story, fingerprint, cosine, began.get(story))
        for one, story, cosine in near
        if one in texts and (fingerprint := _fingerprint_of(texts[one]))
    ]
    return place(newcomer, neighbours)


def _load_window(waiting: Iterable[Article], archive: Archive) -> Window:
    """What was published near the articles that wait; days far from all of them are not read."""
    window = Window()
    for start, end in _spans([article.published for article in waiting]):
        for story, article, embedding, title, _, published in archive.stories.window(start, end):
            window.add(article, story, title, published, embedding)
    return window


def _spans(moments: Iterable[datetime]) -> list[tuple[datetime, datetime]]:
    """Half-open spans of whole days that cover the window around every moment, without overlap."""
    reach = WINDOW.days + 1
    around = ((moment.toordinal() - reach, moment.toordinal() + reach) for moment in moments)
    days = sorted({day for first, last in around for day in range(max(first, 1), last + 1)})
    spans: list[tuple[datetime, datetime]] = []
    for day in map(date.fromordinal, days):
        start = datetime.combine(day, time(), UTC)
        end = start + timedelta(days=1)
        if spans and spans[-1][1] == start:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return spans


def _describe(stories: Sequence[int], archive: Archive) -> None:
    """Store each story's best title and its number of independent outlets."""
    owners = {feed.id: feed.owner for feed, _ in archive.feeds.list()}
    for story in archive.stories.get(stories):
        members = archive.articles.get(story.articles[:_MEMBERS_COUNTED])
        tellings = [_telling_of(article, owners.get(article.feed, "")) for article in members]
        outlets = count_independent([(one, fingerprint) for one in tellings if (fingerprint := _fingerprint(one))])
        archive.stories.describe(story.id, best_title(tellings), max(1, outlets))


def _telling_of(article: Article, owner: str = "") -> Telling:
    return Telling(
        title=article.title,
        text=article.text,
        language=article.language or "",
        source=article.source,
        url=article.url,
        author=article.author,
        published=article.published,
        owner=owner,
    )


def _fingerprint_of(article: Article) -> Fingerprint | None:
    return _fingerprint(_telling_of(article))


@lru_cache(maxsize=2_048)
def _fingerprint(telling: Telling) -> Fingerprint | None:
    """None, and a line in the log, where a telling cannot be read: whatever is wrong with it, the others go on."""
    try:
        return take_fingerprint(telling)
    except MemoryError:
        raise
    except Exception:
        log.exception("no fingerprint of an article; it is compared with no other", url=telling.url, title=telling.title)
        return None

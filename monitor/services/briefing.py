"""Gathers what the archive tells of a topic, has it composed, and writes it in the format asked for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

from monitor.core.briefings.briefing import Briefing, Material
from monitor.core.briefings.html import to_html
from monitor.core.briefings.markdown import to_markdown
from monitor.core.briefings.rewriting import accept, messages
from monitor.core.briefings.sections import compose
from monitor.core.briefings.words import WORDS
from monitor.core.scoring.holders import Finder, compile_actors
from monitor.core.trends.series import Balance, compute
from monitor.errors import ConfigError, Problem
from monitor.logs import logger
from monitor.model import Article, Rulebook
from monitor.ports import Archive
from monitor.services._briefing.docx import to_docx
from monitor.services._briefing.endpoint import ask
from monitor.services._briefing.pdf import to_pdf
from monitor.services.trends import find_topic, usual_step

log = logger(__name__)

Format = Literal["md", "html", "pdf", "docx"]

_MOST_ARTICLES = 4_000
"""The newest so many articles are read; a briefing of more is a briefing of everything."""
_READ_FOR_NAMES = 4_000
_LOOK_BACK = timedelta(days=60)


def brief(
    archive: Archive, rulebook: Rulebook, topic: str, *, since: datetime, until: datetime, language: str = "en"
) -> Briefing:
    """The briefing of a topic over a span; nothing in it that the archive does not say.

    Raises:
        ConfigError: no such topic, or no words in this language.
    """
    if language not in WORDS:
        raise ConfigError(
            [Problem(f"a briefing cannot be written in {language!r}", hint=f"languages: {', '.join(sorted(WORDS))}")]
        )
    known = find_topic(rulebook, topic)
    told = archive.trends.told(known.id, since, until)[-_MOST_ARTICLES:]
    firsts = archive.trends.first_seen(known.id)
    articles = {article.id: article for article in archive.articles.get([hit.article for hit in told])}
    material = Material(
        topic=known,
        language=language,
        told=tuple(hit for hit in told if hit.article in articles),
        trends=compute(known.id, told, firsts, since=since, until=until, step=usual_step(since, until)),
        articles=articles,
        vectors=archive.trends.vectors(list(articles)),
        mentions=_mentions(articles, compile_actors(rulebook.actors.values())),
        before=_before(archive, known.id, since, until),
        heard_before=frozenset(holder for holder, (first, _) in firsts.items() if first < since),
    )
    composed = compose(material)
    log.info("briefing composed", topic=known.id, articles=len(articles), sources=len(composed.sources))
    return composed


def rewrite(briefing: Briefing, url: str, model: str, key: str = "") -> Briefing:
    """The briefing with its summary reworded by a chat endpoint, from the cited passages and nothing else.

    Raises:
        MonitorError: the endpoint cannot be asked.
    """
    if not briefing.sources:
        return briefing
    return accept(briefing, ask(url, model, messages(briefing), key), model)


def _before(archive: Archive, topic: str, since: datetime, until: datetime) -> dict[str, Balance]:
    """Each holder's stances in the time before the span, looked at long enough to have something to compare with."""
    start = since - max(_LOOK_BACK, 2 * (until - since))
    earlier = compute(topic, archive.trends.told(topic, start, since), {}, since=start, until=since)
    return {voice.holder: voice.total for voice in earlier.voices}


def write(briefing: Briefing, form: Format) -> bytes:
    """The briefing in a format, as the bytes of a file.

    Raises:
        MonitorError: the format needs a program or library that is not installed.
    """
    if form == "md":
        return to_markdown(briefing).encode()
    if form == "docx":
        return to_docx(briefing)
    page = to_html(briefing)
    return to_pdf(page) if form == "pdf" else page.encode()


def _mentions(articles: Mapping[int, Article], finder: Finder) -> dict[int, frozenset[str]]:
    """The configured actors that each article names in its title or near its beginning."""
    return {
        number: frozenset(mention.actor for mention in finder.mentions(f"{article.title}\n{article.text[:_READ_FOR_NAMES]}"))
        for number, article in articles.items()
    }

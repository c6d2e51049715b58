"""Tries topics and rules on one text: the real scorer, and the real search over an archive that holds this text alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from monitor.core.queries.query import Vocabulary, parse
from monitor.model import Article, Feed, Relevance, Rule, Rulebook, Scores, Statement, Topic
from monitor.ports import Archive, Scorer
from monitor.services.rules import explain
from monitor.services.score import score_articles

DRAFT = "draft"
"""The id of a topic, and of a rule, that exists for the trial alone."""
LONGEST = 20_000
"""Characters of a text that are tried; a long article has half as many."""
_FEED = Feed("pasted", "", "Pasted text")


@dataclass(frozen=True, slots=True)
class RuleTrial:
    """One rule on the text: its clauses with whether they hold, and what that comes to.

    `is_count` says that the rule's kind looks at many articles, so that one text alone never decides.
    """

    rule: Rule
    clauses: tuple[tuple[str, bool], ...]
    is_match: bool
    is_count: bool
    verdict: str


@dataclass(frozen=True, slots=True)
class Trial:
    """What the scorer and the rules say of a text; `statements` are of relevant topics only, the surest first."""

    article: Article
    scores: Scores
    topics: Mapping[str, Topic]
    rules: tuple[RuleTrial, ...]

    @property
    def relevances(self) -> tuple[Relevance, ...]:
        """Every topic looked at closely, the nearest first."""
        return tuple(sorted(self.scores.relevances, key=lambda one: -one.probability))

    @property
    def statements(self) -> tuple[Statement, ...]:
        """Who stands where on the topics the text is about."""
        about = {one.topic for one in self.scores.relevances if one.is_relevant}
        said = [one for one in self.scores.statements if one.topic in about]
        return tuple(sorted(said, key=lambda one: (one.stance == "neutral", -one.confidence)))


def try_text(
    scratch: Archive,
    rulebook: Rulebook,
    scorer: Scorer,
    title: str,
    text: str,
    now: datetime,
    *,
    query: str = "",
    topic: Topic | None = None,
) -> Trial:
    """The text as if one outlet had published it now. `scratch` is an empty archive that nobody else uses.

    `query` is judged beside the rules; `topic` is a topic that no file defines yet.

    Raises:
        QueryError: the query cannot be read.
    """
    book = rulebook if topic is None else replace(rulebook, topics={**rulebook.topics, topic.id: topic})
    if query.strip():
        parse(query, Vocabulary.of(book))
        book = replace(book, rules={DRAFT: Rule(DRAFT, query, "The query above"), **book.rules})
    title, text = title.strip()[:LONGEST], text.strip()[:LONGEST]
    mark = sha256(f"{title}\n{text}".encode("utf-8", "replace")).hexdigest()
    scratch.feeds.configure([_FEED])
    (number,) = scratch.articles.add([Article(0, _FEED.id, "", title, text, (mark,), mark, now, now)])
    (article,) = scratch.articles.get([number])
    (scores,) = score_articles([article], book, scorer)
    scratch.scores.save([replace(scores, at=now)])
    scratch.stories.join(number, None)
    rules = () if scores.error else tuple(_tried(scratch, book, rule, number, now) for rule in book.rules.values())
    return Trial(article, scores, book.topics, tuple(sorted(rules, key=lambda one: (one.rule.id != DRAFT, not one.is_match))))


def _tried(scratch: Archive, book: Rulebook, rule: Rule, number: int, now: datetime) -> RuleTrial:
    found = explain(scratch, book, rule, number, now)
    return RuleTrial(rule, found.clauses, found.is_match, rule.kind != "match", found.verdict)

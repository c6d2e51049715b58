"""Turns an alert and what it rests on into a message: the headline, who stands where and on what evidence, the outlets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from monitor.core.alerts.render import LABELS, UNSURE_BELOW, WORDS, clean, holder_name, plural, shorten
from monitor.core.queries.query import asserted, parse
from monitor.model import Alert, Article, Evidence, Message, Position, Report, Rule, Rulebook, Stance, Statement

HEADLINE_LIMIT = 150
_ORDER = (Stance.AGAINST, Stance.FAVOR, Stance.NEUTRAL)
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Background:
    """What an alert rests on, read from the archive.

    `outlets` counts the independent ones of its story (0: unknown); `statements` are what its articles say beside what made
    the rule fire, told where the rule asks for no stance.
    """

    articles: tuple[Article, ...]
    outlets: int = 0
    statements: tuple[Statement, ...] = ()


def compose(alert: Alert, background: Background, rulebook: Rulebook, *, delivery: str, receiver: str) -> Message:
    """The message for one receiver, without links and without its place in a thread."""
    rule = rulebook.rules.get(alert.rule)
    reports = _reports(background.articles)
    positions = _positions(alert.statements, background.articles, rulebook)
    beside = () if positions else _positions(_sided(background.statements, topics_of(rule)), background.articles, rulebook)
    outlets = background.outlets or len({report.source for report in reports})
    return Message(
        delivery=delivery,
        receiver=receiver,
        alert=alert.id,
        rule=alert.rule,
        rule_title=rule.title if rule and rule.title else alert.rule,
        severity=alert.severity,
        headline=headline(positions, outlets, alert.title or (reports[0].title if reports else alert.rule)),
        why=alert.why,
        created=alert.created,
        thread=alert.thread,
        outlets=outlets,
        positions=positions or beside,
        reports=reports,
        facts=_facts(alert, rulebook, outlets, len(reports)),
    )


def together(alert: Alert, told: Sequence[Message], *, delivery: str, receiver: str) -> Message:
    """The message of an alert that tells others, oldest first: nothing of its own but what it holds."""
    return Message(
        delivery=delivery,
        receiver=receiver,
        alert=alert.id,
        rule=alert.rule,
        rule_title="While it was quiet",
        severity=alert.severity,
        headline=alert.title,
        why=alert.why,
        created=alert.created,
        thread=alert.thread,
        outlets=0,
        told=tuple(told),
    )


def gather(alerts: Sequence[Alert]) -> Alert:
    """The alerts of one thread (oldest first) as one: the first's name, the union of articles and statements."""
    first, last = alerts[0], alerts[-1]
    articles = tuple(dict.fromkeys(article for alert in alerts for article in alert.articles))
    newest_first = (statement for alert in reversed(alerts) for statement in alert.statements)
    statements = {(one.holder, one.topic, one.evidence): one for one in newest_first}
    return replace(first, title=last.title, why=last.why, articles=articles, statements=tuple(statements.values()))


def topics_of(rule: Rule | None) -> frozenset[str]:
    """The topics whose articles a rule asks for."""
    asked = asserted(parse(rule.when).root) if rule else ()
    return frozenset(str(clause.value) for statement in asked for clause in statement.clauses if clause.field == "topic")


def _sided(statements: Iterable[Statement], topics: frozenset[str]) -> list[Statement]:
    """Statements on these topics that surely take a side; neutrality nobody asked for is no news."""
    return [
        one for one in statements if one.topic in topics and one.stance is not Stance.NEUTRAL and one.confidence >= UNSURE_BELOW
    ]


# -- the headline ------------------------------------------------------------------------------------------------------


def headline(positions: Sequence[Position], outlets: int, title: str) -> str:
    """Who takes which side on what, in one line: "North Korea is against Freedom Edge exercise — 4 outlets".

    Several sides are listed after the topic: "Freedom Edge exercise: North Korea against, Japan for — 4 outlets".
    Without positions it is the title. The strongest topic leads; taking sides goes before neutrality.
    """
    tail = f" — {plural(outlets, 'outlet')}" if outlets > 1 else ""
    room = HEADLINE_LIMIT - len(tail)
    if not positions:
        return clean(title, room) + tail
    topic = positions[0].topic
    about = [position for position in positions if position.topic == topic]
    others = len({position.topic for position in positions}) - 1
    more = f"; and on {plural(others, 'more topic')}" if others else ""
    return shorten(_sides(about, clean(topic, 70)), room - len(more)) + more + tail


def _sides(positions: Sequence[Position], topic: str) -> str:
    sides = [(stance, [one for one in positions if one.stance is stance]) for stance in _ORDER]
    taken = [(stance, holders) for stance, holders in sides if holders]
    if len(taken) == 1:
        return _sentence(*taken[0], topic)
    return f"{topic}: " + ", ".join(_phrase(stance, holders) for stance, holders in taken)


def _sentence(stance: Stance, positions: Sequence[Position], topic: str) -> str:
    names = _names(positions)
    one, many = ("seems", "seem") if _is_unsure(positions) else ("is", "are")
    return f"{_list(names)} {one if len(names) == 1 else many} {WORDS[stance]} {topic}"


def _phrase(stance: Stance, positions: Sequence[Position]) -> str:
    return f"{_list(_names(positions))} {LABELS[stance]}{' (unsure)' if _is_unsure(positions) else ''}"


def _names(positions: Sequence[Position]) -> list[str]:
    return list(dict.fromkeys(holder_name(position) for position in positions))


def _is_unsure(positions: Sequence[Position]) -> bool:
    return all(position.confidence < UNSURE_BELOW for position in positions)


def _list(names: Sequence[str]) -> str:
    shown = list(names[:_NAMED])
    if len(names) > _NAMED:
        shown = [*shown[:-1], f"{len(names) - _NAMED + 1} more"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


# -- positions and reports ---------------------------------------------------------------------------------------------


def _positions(statements: Iterable[Statement], articles: Sequence[Article], rulebook: Rulebook) -> tuple[Position, ...]:
    """One position for each holder, topic and stance, with the surest evidence; sides before neutrality, surest first."""
    best: dict[tuple[str, str, Stance], Position] = {}
    for statement in sorted(statements, key=lambda one: -one.confidence):
        position = _position(statement, articles, rulebook)
        best.setdefault((holder_name(position), statement.topic, statement.stance), position)
    return tuple(sorted(best.values(), key=lambda one: (one.stance is Stance.NEUTRAL, -one.confidence)))


def _position(statement: Statement, articles: Sequence[Article], rulebook: Rulebook) -> Position:
    article = _article_of(statement.evidence, articles)
    topic = rulebook.topics.get(statement.topic)
    return Position(
        holder=statement.holder,
        topic=topic.name if topic else statement.topic,
        stance=statement.stance,
        confidence=statement.confidence,
        voice=statement.voice,
        evidence=statement.evidence.text if statement.evidence else "",
        source=_outlet(article) if article else "",
        url=article.url if article else "",
        article=article.id if article else 0,
    )


def _article_of(evidence: Evidence | None, articles: Sequence[Article]) -> Article | None:
    for article in articles if evidence else ():
        if _holds(article, evidence):
            return article
    return articles[0] if articles else None


def _holds(article: Article, evidence: Evidence | None) -> bool:
    if evidence is None or not evidence.text:
        return False
    text = article.title if evidence.part == "title" else article.text
    return text[evidence.start : evidence.end] == evidence.text


def _outlet(article: Article) -> str:
    return article.source or article.feed


def _reports(articles: Sequence[Article]) -> tuple[Report, ...]:
    """Newest last would hide the news: newest first, one line for each outlet before any outlet's second."""
    newest = sorted(articles, key=lambda article: article.published, reverse=True)
    firsts = {_outlet(article): article.id for article in reversed(newest)}
    ordered = sorted(newest, key=lambda article: firsts[_outlet(article)] != article.id)
    return tuple(
        Report(article.id, article.title, _outlet(article), article.url, article.published, article.language or "")
        for article in ordered
    )


# -- why ---------------------------------------------------------------------------------------------------------------


def _facts(alert: Alert, rulebook: Rulebook, outlets: int, articles: int) -> tuple[tuple[str, str], ...]:
    rule = rulebook.rules.get(alert.rule)
    query = [("Rule asks", rule.when)] if rule else []
    counts = (
        [("Found", f"{plural(articles, 'article')}; the story has {plural(outlets, 'independent outlet')}")] if articles else []
    )
    return (*query, *counts, *((_words(name), _value(value)) for name, value in alert.details.items() if _is_telling(value)))


def _is_telling(value: object) -> bool:
    return value not in (None, "", (), [], {}) and not isinstance(value, Mapping)


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _value(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, timedelta):
        return f"{value.total_seconds() / 3600:.3g} hours"
    if isinstance(value, (list, tuple)):
        return ", ".join(_value(one) for one in value)
    return str(value)

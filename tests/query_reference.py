"""A second, slow and simple reading of the query language, to hold the archives' SQL against."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from monitor.core.queries.clauses import And, Clause, Everything, Node, Not, Or, Pattern, Statement, Words
from monitor.core.queries.moments import Moment
from monitor.core.words.text import Term, analyse, analyse_author, stems
from monitor.model import Alert, Article, Label, Relevance, Scores
from monitor.model import Statement as Said

OPERATORS = {
    ":": lambda have, wanted: have == wanted,
    ">=": lambda have, wanted: have >= wanted,
    "<=": lambda have, wanted: have <= wanted,
    ">": lambda have, wanted: have > wanted,
    "<": lambda have, wanted: have < wanted,
}


@dataclass(frozen=True)
class Document:
    """Everything a query can ask of one article."""

    article: Article
    scores: Scores | None = None
    outlets: int = 1
    labels: Sequence[Label] = field(default_factory=list)
    alerts: Sequence[Alert] = field(default_factory=list)


def answers(node: Node, document: Document, languages: Sequence[str], now: datetime) -> bool:
    """Whether an article of an archive that holds these languages answers."""
    match node:
        case Everything():
            return True
        case And(nodes):
            return all(answers(inner, document, languages, now) for inner in nodes)
        case Or(nodes):
            return any(answers(inner, document, languages, now) for inner in nodes)
        case Not(inner):
            return not answers(inner, document, languages, now)
        case Words():
            return _has_words(node, document.article, languages)
        case Pattern(part, regex):
            return re.search(regex, getattr(document.article, part), re.IGNORECASE) is not None
        case Clause():
            return _clause(node, document, now)
        case Statement():
            return _statement(node, document)


def _has_words(node: Words, article: Article, languages: Sequence[str]) -> bool:
    if node.part == "author":
        return _in_a_row(node.term, [token.removeprefix("·a·") for token in analyse_author(article.author)])
    parts = [getattr(article, node.part)] if node.part else [article.title, article.text]
    wanted = set(stems(node.term.word, languages)) if node.term.word else set()
    tokens = [analyse(part, article.language) for part in parts]
    return any(_in_a_row(node.term, part) or wanted.intersection(part) for part in tokens)


def _in_a_row(term: Term, tokens: Sequence[str]) -> bool:
    length = len(term.tokens)
    for at in range(len(tokens) - length + 1):
        run = list(tokens[at : at + length])
        if run == list(term.tokens):
            return True
        if term.is_prefix and run[:-1] == list(term.tokens[:-1]) and run[-1].startswith(term.tokens[-1]):
            return True
    return False


def _clause(clause: Clause, document: Document, now: datetime) -> bool:
    article, value = document.article, clause.value
    compare = OPERATORS[clause.operator]
    match clause.field:
        case "published" | "seen":
            return _in_time(getattr(article, clause.field), clause, now)
        case "story":
            return article.story is not None and compare(article.story, value)
        case "outlets":
            return compare(document.outlets, value)
        case "lang":
            return article.language is not None and f"{article.language.casefold()}-".startswith(f"{value}-")
        case "feed" | "source":
            return _named(getattr(article, clause.field), str(value))
        case "tag":
            return any(_named(tag, str(value)) for tag in article.tags)
        case "label":
            return any(label.label == value for label in document.labels)
        case "severity":
            return any(alert.severity == value for alert in document.alerts)
        case _:
            return _alerted(clause, document.alerts, now)


def _alerted(clause: Clause, alerts: Sequence[Alert], now: datetime) -> bool:
    if isinstance(clause.value, Moment):
        return any(_in_time(alert.created, clause, now) for alert in alerts)
    if clause.value in {"yes", "no"}:
        return bool(alerts) == (clause.value == "yes")
    return any(alert.rule == clause.value for alert in alerts)


def _in_time(at: datetime, clause: Clause, now: datetime) -> bool:
    assert isinstance(clause.value, Moment)
    first, before = clause.value.bounds(clause.operator, now)
    return (first is None or at >= first) and (before is None or at < before)


def _named(have: str, wanted: str) -> bool:
    middle = wanted.strip("*").casefold()
    if wanted.startswith("*") and wanted.endswith("*"):
        return middle in have.casefold()
    if wanted.startswith("*"):
        return have.casefold().endswith(middle)
    return have.casefold().startswith(middle) if wanted.endswith("*") else have == wanted


def _statement(node: Statement, document: Document) -> bool:
    if document.scores is None:
        return False
    relevances = {found.topic: found for found in document.scores.relevances}
    if node.is_stance:
        rows = [
            (said, relevances.get(said.topic, Relevance(said.topic, 0.0, is_relevant=False)))
            for said in document.scores.statements
        ]
    else:
        rows = [(None, found) for found in relevances.values()]
    needs_threshold = all(clause.field != "relevance" for clause in node.clauses)
    return any(
        (found.is_relevant or not needs_threshold)
        and all(any(_holds(clause, said, found) for clause in group) for group in node.groups)
        for said, found in rows
    )


def _holds(clause: Clause, said: Said | None, about: Relevance) -> bool:
    compare, value = OPERATORS[clause.operator], clause.value
    if clause.field == "topic":
        return value in {"*", about.topic}
    if clause.field == "relevance":
        return compare(about.probability, value)
    assert said is not None
    match clause.field:
        case "holder":
            return said.is_found if value == "*" else said.holder.casefold() == str(value).casefold()
        case "confidence":
            return compare(said.confidence, value)
        case _:
            return bool(getattr(said, clause.field) == value)

"""Measures the scorer on files that people labelled: stance, relevance, whole articles, stories."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from time import perf_counter
from typing import Any, TypeVar

import numpy as np

from monitor.core.scoring.measures import Agreement, agreement, average_precision, by_class, calibration_error
from monitor.core.scoring.relevance import article_text
from monitor.core.scoring.stance import AUTHOR, TOWARD
from monitor.core.stories.fingerprints import Telling
from monitor.core.stories.grouping import b_cubed, group
from monitor.core.words.languages import detect
from monitor.model import Article, Evidence, Rulebook, Scores, Stance, Statement, Topic, Vector
from monitor.ports import Scorer
from monitor.services.labelled import ArticleRow, RelevanceRow, StanceRow, StoryRow
from monitor.services.relevance import relevance_of
from monitor.services.score import score_articles

Progress = Callable[[int], None]
"""Told how many more rows are done."""

_ORDER = (Stance.AGAINST.value, Stance.NEUTRAL.value, Stance.FAVOR.value)
_CLASSES = (Stance.FAVOR.value, Stance.AGAINST.value, Stance.NEUTRAL.value)
_STANCE_BATCH, _RELEVANCE_BATCH, _ARTICLE_BATCH = 256, 64, 16
Row = TypeVar("Row")
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def evaluate_stance(rows: Sequence[StanceRow], scorer: Scorer, progress: Progress) -> dict[str, Any]:
    """n, accuracy, macro_f1, f1, precision and recall by class, ece, per_second."""
    scorer.stance([("Warm.", f"{AUTHOR}{TOWARD}it")], ["en"])
    started = perf_counter()
    answers = []
    for batch in _cut(rows, _STANCE_BATCH):
        pairs = [(row.text, f"{AUTHOR if row.holder == '-' else row.holder}{TOWARD}{row.target}") for row in batch]
        answers.append(scorer.stance(pairs, [detect(row.text) for row in batch]))
        progress(len(batch))
    seconds = perf_counter() - started
    probabilities = np.concatenate(answers)
    gold, said = [row.label for row in rows], [_ORDER[column] for column in probabilities.argmax(axis=1)]
    right = [one == other for one, other in zip(gold, said, strict=True)]
    classes = by_class(gold, said, _CLASSES)
    return {
        "n": len(rows),
        "accuracy": sum(right) / len(rows),
        "macro_f1": sum(classes[label].f1 for label in _CLASSES) / len(_CLASSES),
        "f1": {label: classes[label].f1 for label in _CLASSES},
        "precision": {label: classes[label].precision for label in _CLASSES},
        "recall": {label: classes[label].recall for label in _CLASSES},
        "ece": calibration_error(probabilities.max(axis=1).tolist(), right),
        "per_second": len(rows) / max(seconds, 1e-9),
    }


def evaluate_relevance(
    rows: Sequence[RelevanceRow], topics: Sequence[Topic], scorer: Scorer, progress: Progress
) -> dict[str, Any]:
    """n, average_precision, f1, precision, recall at the thresholds in force, accuracy, ece, per_second."""
    column = {topic.id: number for number, topic in enumerate(topics)}
    default = scorer.limits.threshold
    relevance_of([("Warm.", "")], topics, scorer)
    started = perf_counter()
    probabilities: list[float] = []
    for batch in _cut(rows, _RELEVANCE_BATCH):
        wanted = np.zeros((len(batch), len(topics)), bool)
        wanted[np.arange(len(batch)), [column[row.topic] for row in batch]] = True
        found = relevance_of([(row.title, row.text) for row in batch], topics, scorer, wanted=wanted)
        probabilities += [found.probabilities[number].get(row.topic, 0.0) for number, row in enumerate(batch)]
        progress(len(batch))
    seconds = perf_counter() - started
    gold = [row.is_relevant for row in rows]
    limits = [topics[column[row.topic]].threshold for row in rows]
    said = [value >= (default if limit is None else limit) for value, limit in zip(probabilities, limits, strict=True)]
    right = [one == other for one, other in zip(gold, said, strict=True)]
    counted = agreement(sum(one and other for one, other in zip(gold, said, strict=True)), sum(said), sum(gold))
    return {
        "n": len(rows),
        "average_precision": average_precision(gold, probabilities),
        **asdict(counted),
        "accuracy": sum(right) / len(rows),
        "ece": calibration_error(probabilities, gold),
        "per_second": len(rows) / max(seconds, 1e-9),
    }


def evaluate_articles(rows: Sequence[ArticleRow], rulebook: Rulebook, scorer: Scorer, progress: Progress) -> dict[str, Any]:
    """n, relevance, holders, evidence, per_second: the whole scorer on whole articles."""
    score_articles([_article(0, rows[0])], rulebook, scorer)
    started = perf_counter()
    scores: list[Scores] = []
    for batch in _cut(list(enumerate(rows)), _ARTICLE_BATCH):
        scores += score_articles([_article(number, row) for number, row in batch], rulebook, scorer)
        progress(len(batch))
    seconds = perf_counter() - started
    return {
        "n": len(rows),
        "relevance": asdict(_relevance_agreement(rows, scores)),
        "holders": _holder_agreement(rows, scores),
        "evidence": {"hit_rate": _hit_rate(rows, scores)},
        "per_second": len(rows) / max(seconds, 1e-9),
    }


def _article(number: int, row: ArticleRow) -> Article:
    language = row.language or None
    return Article(number, "", "", row.title, row.text, (), "", _LONG_AGO, _LONG_AGO, language=language)


def _relevance_agreement(rows: Sequence[ArticleRow], scores: Sequence[Scores]) -> Agreement:
    """Over the topics a row names: those it is about, and those it is not about."""
    right = said = there = 0
    for row, score in zip(rows, scores, strict=True):
        relevant = {relevance.topic for relevance in score.relevances if relevance.is_relevant}
        right += len(relevant & set(row.about))
        said += len(relevant & {*row.about, *row.not_about})
        there += len(row.about)
    return agreement(right, said, there)


def _holder_agreement(rows: Sequence[ArticleRow], scores: Sequence[Scores]) -> dict[str, float]:
    """A holder counts when topic, actor and label are right; neutral ones, and holders nobody configured, do not.

    `accuracy` is the share of all labelled holders, neutral ones included, whose label is the one given.
    """
    right = said = there = matched = labelled = 0
    for row, score in zip(rows, scores, strict=True):
        given = {(one.topic, one.holder): one.stance.value for one in score.statements if not one.is_found}
        gold = {key: label for key, (label, _) in row.holders.items()}
        said += sum(label != Stance.NEUTRAL.value for label in given.values())
        there += sum(label != Stance.NEUTRAL.value for label in gold.values())
        right += sum(label != Stance.NEUTRAL.value and given.get(key) == label for key, label in gold.items())
        matched += sum(given.get(key) == label for key, label in gold.items())
        labelled += len(gold)
    return {**asdict(agreement(right, said, there)), "accuracy": matched / labelled if labelled else 0.0}


def _hit_rate(rows: Sequence[ArticleRow], scores: Sequence[Scores]) -> float:
    """Of the right holders with a side and underlined sentences, the share whose evidence overlaps one of them."""
    hits = asked = 0
    for row, score in zip(rows, scores, strict=True):
        for statement in score.statements:
            label, sentences = row.holders.get((statement.topic, statement.holder), ("", ()))
            if sentences and statement.stance is not Stance.NEUTRAL and statement.stance.value == label:
                asked += 1
                hits += _overlaps(row, statement, sentences)
    return hits / asked if asked else 0.0


def _overlaps(row: ArticleRow, statement: Statement, sentences: Sequence[str]) -> bool:
    shown = statement.evidence
    return shown is not None and any(_meets(row, shown, sentence) for sentence in sentences)


def _meets(row: ArticleRow, shown: Evidence, sentence: str) -> bool:
    part = row.title if shown.part == "title" else row.text
    start = part.find(sentence)
    return start >= 0 and shown.start < start + len(sentence) and start < shown.end


def evaluate_stories(rows: Sequence[StoryRow], scorer: Scorer, progress: Progress) -> dict[str, Any]:
    """n, B-cubed precision, recall and f1 of the stories that the articles would have been put in, per_second."""
    scorer.embed(["Warm."])
    started = perf_counter()
    vectors: list[Vector] = []
    for batch in _cut(rows, _RELEVANCE_BATCH):
        vectors += list(scorer.embed([article_text(row.title, row.text) for row in batch]))
        progress(len(batch))
    found = group([_telling(row) for row in rows], vectors)
    seconds = perf_counter() - started
    precision, recall, f1 = b_cubed([row.story for row in rows], found)
    return {"n": len(rows), "precision": precision, "recall": recall, "f1": f1, "per_second": len(rows) / max(seconds, 1e-9)}


def _telling(row: StoryRow) -> Telling:
    language = row.language or detect(f"{row.title}\n{row.text}")
    return Telling(row.title, row.text, language, row.source, row.url, published=row.published)


def _cut(rows: Sequence[Row], size: int) -> Iterator[Sequence[Row]]:
    """The rows in runs of at most `size`."""
    return (rows[start : start + size] for start in range(0, len(rows), size))

"""ANALYSE: score what waits, put it in stories, run the rules, plan alerts; all of a batch in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace

from monitor import tracing
from monitor.errors import ScorerError
from monitor.failpoints import failpoint
from monitor.logs import logger
from monitor.model import Article, Rulebook, Scores
from monitor.ports import Archive, Clock, Queue, Scorer
from monitor.services.alerting import ArchiveView, Evaluator, Plan
from monitor.services.score import score_articles
from monitor.services.stories import assign_stories
from monitor.services.tuning import load_heads

log = logger(__name__)
_LOOKED_AT = 8
"""Batches looked through for articles that nobody has claimed: so many analysers can be at work at once."""
ATTEMPTS = 12
"""Failed scorings after which an article is set aside; an hour of a missing model when tried every five minutes."""


@dataclass(frozen=True, slots=True)
class AnalyseReport:
    """What one pass did, in numbers of articles and alerts."""

    scored: int = 0
    unscored: int = 0
    alerts: int = 0
    suppressed: int = 0
    model_seconds: float = 0.0
    """What the models took, by the clock."""

    def __add__(self, other: AnalyseReport) -> AnalyseReport:
        return AnalyseReport(
            self.scored + other.scored,
            self.unscored + other.unscored,
            self.alerts + other.alerts,
            self.suppressed + other.suppressed,
            self.model_seconds + other.model_seconds,
        )


def analyse(
    archive: Archive,
    rulebook: Rulebook,
    scorer: Scorer,
    clock: Clock,
    *,
    batch: int,
    storm: int,
    first: Sequence[int] = (),
    queue: Queue | None = None,
) -> AnalyseReport:
    """One batch: scored outside any transaction, then stored with its stories and alerts in one.

    `first` names articles to begin with; the batch is filled up with others that wait and nobody else has claimed, so that many
    analysers share what waits. The rules of two batches never run at once: what one plans the other knows. A queue is told of
    receivers in the transaction that plans their deliveries. An empty batch still evaluates the rules that watch for silence or
    wait for their hour, unless articles were named and others have done them.
    """
    wanted = dict.fromkeys((*first, *archive.scores.waiting(_LOOKED_AT * batch)))
    with archive.claim("article", [*wanted], batch) as claimed:
        articles = archive.articles.get(archive.scores.waiting(batch, claimed))
        if first and not articles:
            return AnalyseReport()
        # A pass that finds nothing is no work that anybody would look for.
        with tracing.span("analyse", articles=[article.id for article in articles]) if articles else nullcontext():
            return _analyse(archive, rulebook, scorer, clock, articles, storm, queue)


def _analyse(
    archive: Archive,
    rulebook: Rulebook,
    scorer: Scorer,
    clock: Clock,
    articles: list[Article],
    storm: int,
    queue: Queue | None,
) -> AnalyseReport:
    began = clock.monotonic()
    with tracing.span("score") if articles else nullcontext():
        scores = _scored(articles, archive, rulebook, scorer) if articles else []
    taken = clock.monotonic() - began
    failpoint("post-score")
    with archive.transaction("analysis"):
        now = clock.now()
        # A claim can be lost on the way to an archive on another machine; what somebody else stored meanwhile stays.
        still = set(archive.scores.waiting(len(articles), [article.id for article in articles])) if articles else set()
        articles = [article for article in articles if article.id in still]
        scores = [replace(score, at=now) for score in scores if score.article in still]
        _store(archive, articles, scores)
        evaluator = Evaluator(rulebook, storm=storm)
        plan = evaluator.plan(ArchiveView(archive, [article.id for article in articles], now, evaluator))
        new = commit(archive, plan)
        if queue is not None:
            queue.deliver(sorted({delivery.receiver for _, deliveries in plan.alerts for delivery in deliveries}))
        failpoint("mid-plan")
    failpoint("post-plan")
    failed = sum(bool(score.error) for score in scores)
    report = AnalyseReport(len(scores) - failed, failed, new, len(plan.suppressed), taken)
    if articles or new:
        tracing.note(scored=report.scored, unscored=failed, alerts=new, suppressed=report.suppressed)
        log.info("analysed", scored=report.scored, unscored=failed, alerts=new, suppressed=report.suppressed)
    return report


def _scored(articles: list[Article], archive: Archive, rulebook: Rulebook, scorer: Scorer) -> list[Scores]:
    """Scores with what labels taught; without a model there is nothing to correct."""
    try:
        learned = load_heads(archive, scorer.revision)
    except ScorerError:
        learned = {}
    return score_articles(articles, rulebook, scorer, heads=learned)


def commit(archive: Archive, plan: Plan) -> int:
    """Store what an evaluation planned; the number of alerts that were not known before."""
    for rule, state in plan.states.items():
        archive.states.save(rule, state)
    return archive.alerts.plan(plan.alerts, plan.suppressed) if plan.alerts or plan.suppressed else 0


def _store(archive: Archive, articles: list[Article], scores: list[Scores]) -> None:
    if not articles:
        return
    archive.scores.save(scores)
    for score in scores:
        if score.error and archive.articles.quarantine(score.article, score.error, ATTEMPTS):
            log.error("article set aside", article=score.article, error=score.error, attempts=ATTEMPTS)
    languages = {score.article: score.language for score in scores}
    known = [replace(article, language=languages.get(article.id) or article.language) for article in articles]
    assign_stories(known, {score.article: score.embedding for score in scores}, archive)

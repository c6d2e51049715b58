"""Growth: what one more article, rule, topic or feed costs when there are many already.

python -m benchmarks.growth articles|rules|topics|feeds NUMBER
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks.archive_corpus import KNOWN, NOW, batches, scores
from benchmarks.runs import ask, peak_megabytes, spread
from benchmarks.search import archive_of
from monitor import logs

MANY_TOPICS = "Harbour crane tariff border treaty election budget flood vaccine satellite".split()


def articles(held: int) -> dict[str, float]:
    """Processor milliseconds for each of 200 new articles of every step, with so many held already."""
    from monitor.archives import sqlite
    from monitor.core.queries.query import parse
    from monitor.services.stories import assign_stories

    with tempfile.TemporaryDirectory() as folder:
        shutil.copyfile(archive_of(held), f"{folder}/copy.db")
        archive = sqlite.build(sqlite.Config(path=f"{folder}/copy.db"))
        new = next(batches(200, first=held))
        found: dict[str, float] = {}

        def timed(step: str, work: Callable[[], object]) -> None:
            began = time.process_time()
            work()
            found[step] = 1000 * (time.process_time() - began) / len(new)

        def score() -> None:
            with archive.transaction():
                archive.scores.save(scored)

        def join_stories() -> None:
            arrived = archive.articles.get(ids)
            with archive.transaction():
                assign_stories(arrived, {one.article: one.embedding for one in scored}, archive)

        rule = parse("(missile OR summit*) -cricket topic:topic-1 stance:against")
        archive.articles.known("feed-1", ["guid-1"])
        timed("add", lambda: archive.articles.add(new))
        ids = archive.articles.add(new)
        scored = scores(ids)
        timed("store_scores", score)
        timed("story", join_stories)
        timed("known", lambda: [archive.articles.known(one.feed, list(one.keys)) for one in new])
        timed("rule", lambda: archive.search.hits(rule, now=NOW, within=ids))
        archive.close()
    return found


def rules(number: int) -> dict[str, float]:
    """Processor milliseconds for each rule asked about a batch of 64."""
    from monitor.archives import sqlite
    from monitor.core.queries.query import parse

    archive = sqlite.build(sqlite.Config(path=str(archive_of(1000))))
    batch = list(range(901, 965))
    asked = [
        parse(f"({KNOWN[at % len(KNOWN)]} OR summit*) -cricket{at} topic:topic-{at % 40} stance:against") for at in range(number)
    ]
    archive.search.hits(asked[0], now=NOW, within=batch)
    began = time.process_time()
    for rule in asked:
        archive.search.hits(rule, now=NOW, within=batch)
    spent = time.process_time() - began
    archive.close()
    return {"rule": 1000 * spent / number}


def topics(number: int) -> dict[str, float]:
    """Processor milliseconds for each article scored against so many topics, none of which it is about."""
    from benchmarks.score import articles as bundled
    from monitor.model import Rulebook, Topic
    from monitor.scorers import onnx
    from monitor.services.score import score_articles

    made = {
        f"t{at}": Topic(f"t{at}", f"{MANY_TOPICS[at % 10]} matter {at}", f"The {MANY_TOPICS[at % 10]} of town {at}", ())
        for at in range(number)
    }
    book, scorer = Rulebook(topics=made, actors={}, rules={}, receivers={}), onnx.build(onnx.Config())
    read = bundled(8)
    score_articles(read[:1], book, scorer)
    began = time.process_time()
    score_articles(read, book, scorer)
    return {"article": 1000 * (time.process_time() - began) / len(read)}


def feeds(number: int, address: str) -> dict[str, float]:
    """Processor milliseconds for each unchanged feed, and the peak memory."""
    from monitor import logs
    from monitor.archives import sqlite
    from monitor.clock import FixedClock
    from monitor.fetchers import http
    from monitor.model import Feed
    from monitor.sandbox import Sandbox
    from monitor.services.collect import collect

    logs.configure(level="error")
    with tempfile.TemporaryDirectory() as folder:
        clock = FixedClock(datetime(2026, 1, 1, 12, tzinfo=UTC))
        archive = sqlite.build(sqlite.Config(path=f"{folder}/feeds.db"))
        fetcher = http.build(http.Config(spacing_seconds=0, per_host=20, allow=("127.0.0.0/8",)), clock)
        parser = Sandbox()
        archive.feeds.configure([Feed(f"feed-{at}", f"{address}/{at}/feed/{at % 20}", f"Feed {at}") for at in range(number)])
        collect(archive.feeds.list(), fetcher, parser, archive, clock)
        clock.advance(timedelta(hours=2))
        began = time.process_time()
        report = collect(archive.feeds.list(), fetcher, parser, archive, clock)
        spent = time.process_time() - began
        if report.unchanged != number:
            raise RuntimeError(f"only {report.unchanged} of {number} feeds were unchanged")
        peak = peak_megabytes()
        fetcher.close()
        parser.close()
        archive.close()
    return {"feed": 1000 * spent / number, "rss_mb": peak}


def measure(*, held: tuple[int, ...], many: tuple[int, ...], polled: tuple[int, ...], runs: int) -> dict[str, Any]:
    """Costs at each size, and how much more one costs at the largest size than at the smallest."""
    from benchmarks.site import serving

    found: dict[str, Any] = {
        "articles": {str(size): _several("articles", runs, size) for size in held},
        "rules": {str(size): _several("rules", runs, size) for size in many},
        "topics": {str(size): _several("topics", runs, size) for size in many},
    }
    with serving(20, 2) as address:
        found["feeds"] = {str(size): _several("feeds", runs, size, address) for size in polled}
    found["slopes"] = {
        **{f"{step}_per_article": _slope(found["articles"], step) for step in ("add", "store_scores", "story", "known", "rule")},
        "per_rule": _slope(found["rules"], "rule"),
        "article_per_topics": _slope(found["topics"], "article"),
        "per_feed": _slope(found["feeds"], "feed"),
    }
    return found


def _several(kind: str, runs: int, *arguments: object) -> dict[str, Any]:
    taken = [ask("growth", kind, *arguments) for _ in range(runs)]
    return {name: spread([run[name] for run in taken]) for name in taken[0]}


def _slope(sizes: dict[str, Any], name: str) -> float | None:
    if len(sizes) == 1:
        return None
    costs = [one[name]["median"] for one in sizes.values()]
    return round(costs[-1] / costs[0], 3)


if __name__ == "__main__":
    logs.configure(level="error")
    kinds = {"articles": articles, "rules": rules, "topics": topics, "feeds": feeds}
    print(json.dumps(kinds[sys.argv[1]](int(sys.argv[2]), *sys.argv[3:])))

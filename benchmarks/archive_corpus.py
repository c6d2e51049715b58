"""A large made-up archive with the shape of a real one, and how fast it answers; the raw FTS5 statement stands beside.

    python -m benchmarks.archive_corpus build 100000 /tmp/bench.db
    python -m benchmarks.archive_corpus multiply 10 /tmp/bench.db /tmp/large.db
    python -m benchmarks.archive_corpus measure /tmp/large.db

Words follow Zipf's law, eight in ten articles are English and the rest Korean, Japanese and Chinese, an article has about 180
words, two in ten are about one of 40 topics, and those carry two statements on average. Publishing lags a random hour behind.

`build` stores, scores and joins as the worker does. `multiply` repeats a built archive with later times, other ids, addresses and
keys, inside SQLite: the same words in the same shares, in a fifth of the time, but no words that were not there before.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import numpy as np

from monitor.archives import _sqlite_index as index
from monitor.archives import sqlite
from monitor.core.queries.query import parse
from monitor.model import Article, Evidence, Relevance, Scores, Stance, Statement, Voice

VOCABULARY, TOPICS, BATCH = 80_000, 40, 1000
HOLDERS = ("North Korea", "South Korea", "Japan", "United States", "China", "Russia", "outlet", "Taiwan")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
COMMON = "the of to and in a said for on that with as by at from".split()
KNOWN = "missile drill summit sanctions nuclear export chip alliance warning ministry".split()
_LATIN = (
    "ba",
    "con",
    "de",
    "fer",
    "gra",
    "hel",
    "in",
    "jo",
    "ka",
    "li",
    "mon",
    "ne",
    "or",
    "pre",
    "qui",
    "ra",
    "sta",
    "ter",
    "un",
    "vo",
)
_ENDINGS = ("", "s", "ed", "ing", "er", "ment", "al", "ly")


def words() -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """The vocabulary by rank, and the probability of each word."""
    random = np.random.default_rng(1)
    made = dict.fromkeys(COMMON)
    while len(made) < VOCABULARY:
        made["".join(random.choice(_LATIN, random.integers(2, 5))) + random.choice(_ENDINGS)] = None
        if 200 <= len(made) < 200 + 150 * len(KNOWN) and len(made) % 150 == 0:
            made[KNOWN[(len(made) - 200) // 150]] = None
    weights = 1 / (np.arange(VOCABULARY) + 2.7) ** 1.05
    return np.array(list(made)[:VOCABULARY]), weights / weights.sum()


def batches(count: int, first: int = 0) -> Iterator[list[Article]]:
    """Articles in batches, the same for the same numbers."""
    vocabulary, weights = words()
    cumulated = np.cumsum(weights)
    han = [chr(0x4E00 + n) for n in range(2500)]
    hangul = [chr(0xAC00 + n * 7) for n in range(1500)]
    for start in range(first, first + count, BATCH):
        random = np.random.default_rng(start + 7)
        size = min(BATCH, first + count - start)
        articles = []
        for number in range(start, start + size):
            length = int(np.clip(random.lognormal(5.0, 0.6), 30, 900))
            kind = random.random()
            if kind < 0.8:
                chosen = vocabulary[np.searchsorted(cumulated, random.random(length + 9))]
                language, title, text = "en", " ".join(chosen[:9]), " ".join(chosen[9:])
            else:
                letters = hangul if kind < 0.9 else han
                drawn = np.minimum(random.zipf(1.3, length * 2) - 1, len(letters) - 1)
                joined = "".join(letters[letter] + (" " if at % 3 == 2 and kind < 0.9 else "") for at, letter in enumerate(drawn))
                language, title, text = ("ko" if kind < 0.9 else "ja" if kind < 0.95 else "zh"), joined[:24], joined[24:]
            seen = NOW - timedelta(minutes=(2_000_000 - number) * 0.5)
            source = int(random.zipf(1.4)) % 400
            articles.append(
                Article(
                    id=0,
                    feed=f"feed-{source}",
                    url=f"https://www.outlet{source}.example/news/{number}",
                    title=title,
                    text=text,
                    keys=(f"guid-{number}", f"https://www.outlet{source}.example/news/{number}"),
                    content_hash=f"{number:032x}",
                    published=seen - timedelta(minutes=float(random.exponential(60))),
                    seen=seen,
                    source=f"outlet{source}.example",
                    language=language,
                    tags=("wire",) if source % 5 == 0 else (),
                )
            )
        yield articles


def scores(ids: list[int]) -> list[Scores]:
    """Relevances, statements and a vector for each article."""
    random = np.random.default_rng(ids[0])
    return [_scored(number, random) for number in ids]


def _scored(number: int, random: np.random.Generator) -> Scores:
    relevances, statements = [], []
    if random.random() < 0.3:
        topic = f"topic-{min(int(random.zipf(1.5)) - 1, TOPICS - 1)}"
        probability = float(random.random())
        relevances.append(Relevance(topic, probability, probability > 0.33))
        for holder in random.choice(HOLDERS, int(random.integers(0, 5)), replace=False):
            favor, against, neutral = (float(p) for p in random.dirichlet((1, 1, 1)))
            stance = max((favor, Stance.FAVOR), (against, Stance.AGAINST), (neutral, Stance.NEUTRAL))[1]
            said = Evidence("the ministry said that the drill was a warning to everybody in the region", 0, 73)
            voice = Voice.OUTLET if holder == "outlet" else Voice.QUOTED
            statements.append(Statement(topic, str(holder), stance, favor, against, neutral, voice, said))
    vector = random.standard_normal(384).astype(np.float32)
    return Scores(number, "", "bench", vector / np.linalg.norm(vector), tuple(relevances), tuple(statements))


def build(count: int, path: str) -> dict[str, Any]:
    """Fill an archive as the worker does; seconds for each thousand added, scored and joined to stories."""
    archive = sqlite.build(sqlite.Config(path=path))
    first = int(archive.stats()["articles"])
    added, scored = [], []
    for articles in batches(count, first):
        began = time.perf_counter()
        ids = archive.articles.add(articles)
        added.append(time.perf_counter() - began)
        began = time.perf_counter()
        with archive.transaction():
            archive.scores.save(scores(ids))
            for number in ids:
                archive.stories.join(number, None)
        scored.append(time.perf_counter() - began)
    archive.close()
    tenth = max(1, len(added) // 10)
    return {
        "articles": first + count,
        "add_1000_seconds": {"first": median(added[:tenth]), "last": median(added[-tenth:]), "worst": max(added)},
        "score_1000_seconds": {"first": median(scored[:tenth]), "last": median(scored[-tenth:])},
        "megabytes": Path(path).stat().st_size / 1e6,
    }


_COPIED = {
    "stories": "id + :n, title, {first_published}, {last_published}, outlets",
    "articles": "id + :n, feed, source, language, {published}, {seen}, story + :n, is_backfill, is_waiting, revision,"
    " printf('%032x', id - 1 + :n), tags, author, {url}, title",
    "texts": "article + :n, text",
    "article_keys": "feed, {key}, article + :n, rank",
    "article_tags": "tag, article + :n",
    "scores": "article + :n, language, model, error, at",
    "embeddings": "article + :n, vector",
    "relevances": "article + :n, topic, probability, is_relevant",
    "statements": "NULL, article + :n, topic, holder, stance, confidence, favor, against, neutral, voice, is_found, relevance,"
    ' is_relevant, evidence, start, "end", part, model',
}
_LATER = "strftime('%Y-%m-%dT%H:%M', {0}, '+' || (:n / 2) || ' minutes') || substr({0}, 17)"
_OTHER = "rtrim({0}, '0123456789') || ({1} - 1 + :n)"


def multiply(times: int, source: str, target: str) -> dict[str, Any]:
    """An archive of `times` as many articles; seconds of the processor. Copied row by row, so that ids and times go on."""
    began = time.process_time()
    sqlite.build(sqlite.Config(path=source)).close()
    shutil.copyfile(source, target)
    db = sqlite3.connect(target, isolation_level=None)
    for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -1000000", "temp_store = FILE"):
        db.execute(f"PRAGMA {pragma}")
    held = int(db.execute("SELECT max(id) FROM articles").fetchone()[0])
    db.execute("CREATE TEMP TABLE tokens (id INTEGER PRIMARY KEY, title TEXT, text TEXT)")
    for start in range(1, held + 1, BATCH):
        chosen = index.stored(db, range(start, start + BATCH))
        db.executemany("INSERT INTO temp.tokens VALUES (?, ?, ?)", map(index.tokens, chosen))
    written = {name: _LATER.format(name) for name in ("published", "seen", "first_published", "last_published")}
    written |= {"url": _OTHER.format("url", "id"), "key": _OTHER.format("key", "article")}
    # Few large pieces of the index instead of many small ones; set back to what it was below.
    db.execute("INSERT INTO words (words, rank) VALUES ('hashsize', 67108864)")
    for copy in range(1, times):
        given = {"n": copy * held}
        db.execute("BEGIN")
        for table, columns in _COPIED.items():
            number = "article" if "article + :n" in columns else "id"
            rows = columns.format(**written)
            statement = f"INSERT INTO {table} SELECT {rows} FROM {table} WHERE {number} <= {held} ORDER BY {number}"  # noqa: S608
            db.execute(statement, given)
        db.execute("INSERT INTO words (rowid, title, text) SELECT id + :n, title, text FROM temp.tokens ORDER BY id", given)
        db.execute("COMMIT")
    db.execute("INSERT INTO words (words, rank) VALUES ('hashsize', 1048576)")
    db.execute("PRAGMA journal_mode = WAL")
    db.close()
    return {"articles": times * held, "cpu_seconds": time.process_time() - began, "megabytes": Path(target).stat().st_size / 1e6}


QUERIES = {
    "two words + topic": "missile drill topic:topic-1",
    "two words": "missile drill",
    "two common words + topic": "the said topic:topic-0",
    "two common words": "the said",
    "rare topic": "topic:topic-39",
    "common topic": "topic:topic-0",
    "holder stance": 'topic:topic-1 holder:"North Korea" stance:against confidence>=0.7',
    "phrase": '"of the"',
    "prefix": "miss*",
    "negation": "missile -drill lang:en",
    "everything": "*",
    "korean": "가사",
}


def measure(path: str, repeat: int) -> dict[str, Any]:
    """Milliseconds (median and 95th percentile) of each kind of question."""
    archive = sqlite.build(sqlite.Config(path=path))
    raw = sqlite3.connect(path)
    stats = archive.stats()
    found: dict[str, Any] = {"articles": stats["articles"], "megabytes": stats["bytes"] / 1e6, **sizes(raw)}
    for name, text in QUERIES.items():
        query = parse(text)
        total = archive.search.search(query, now=NOW)[1]
        row = {"total": total, "search": timed(lambda query=query: archive.search.search(query, now=NOW), repeat)}
        row["facets"] = timed(
            lambda query=query: archive.search.facets(
                query, now=NOW, names=["topic", "stance", "holder", "source", "language", "day"]
            ),
            max(3, repeat // 4),
        )
        row["relevance"] = timed(lambda query=query: archive.search.search(query, now=NOW, sort="relevance"), max(3, repeat // 4))
        found[name] = row
    expression = " AND ".join(f'"{word}"' for word in ("missile", "drill"))
    found["raw fts5 two words"] = timed(
        lambda: (
            raw.execute("SELECT count(*) FROM words WHERE words MATCH ?", (expression,)).fetchall(),
            raw.execute("SELECT rowid FROM words WHERE words MATCH ? ORDER BY rowid DESC LIMIT 50", (expression,)).fetchall(),
        ),
        repeat,
    )
    last = int(raw.execute("SELECT max(id) FROM articles").fetchone()[0])
    within = list(range(last - 200, last + 1))
    rules = [parse(f"({word} OR summit*) -cricket topic:topic-{n} stance:against") for n in range(20) for word in KNOWN]
    found["200 rules over 200 articles"] = timed(lambda: [archive.search.hits(rule, now=NOW, within=within) for rule in rules], 5)
    found["show"] = timed(lambda: archive.articles.get([last // 2]), repeat)
    found["window 3 days"] = timed(
        lambda: archive.stories.window(NOW - timedelta(minutes=0.5 * (2_000_000 - last), days=3), NOW), 5
    )
    found["peak megabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    archive.close()
    return found


def sizes(db: sqlite3.Connection) -> dict[str, float]:
    """Megabytes of text held, and of each table with its indexes."""
    text = db.execute(
        "SELECT (SELECT sum(length(CAST(text AS BLOB))) FROM texts) + (SELECT sum(length(CAST(title AS BLOB))) FROM articles)"
    )
    rows = db.execute("SELECT name, sum(pgsize) / 1e6 FROM dbstat GROUP BY name ORDER BY 2 DESC LIMIT 16").fetchall()
    return {"text": text.fetchone()[0] / 1e6, **{f"size {name}": round(size, 1) for name, size in rows}}


def timed(question: Callable[[], object], repeat: int) -> dict[str, float]:
    """Milliseconds of a question asked again and again; `cpu` is the median of processor time, which a busy machine spares."""
    taken, worked = [], []
    for _ in range(repeat):
        began, busy = time.perf_counter(), time.process_time()
        question()
        taken.append(1000 * (time.perf_counter() - began))
        worked.append(1000 * (time.process_time() - busy))
    p95 = quantiles(taken, n=20)[-1] if len(taken) > 1 else taken[0]
    return {"median": round(median(taken), 2), "p95": round(p95, 2), "cpu": round(median(worked), 2)}


def main() -> None:
    """Build or measure; prints JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    builder = commands.add_parser("build")
    builder.add_argument("count", type=int)
    builder.add_argument("path")
    multiplier = commands.add_parser("multiply")
    multiplier.add_argument("times", type=int)
    multiplier.add_argument("source")
    multiplier.add_argument("target")
    measurer = commands.add_parser("measure")
    measurer.add_argument("path")
    measurer.add_argument("--repeat", type=int, default=20)
    given = parser.parse_args()
    if given.command == "build":
        result = build(given.count, given.path)
    elif given.command == "multiply":
        result = multiply(given.times, given.source, given.target)
    else:
        result = measure(given.path, given.repeat)
    json.dump(result, sys.stdout, indent=1)


if __name__ == "__main__":
    main()

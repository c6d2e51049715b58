"""Both archives with the same made-up articles: how fast they take them, and how fast they answer the same questions.

    python -m benchmarks.cluster_archives --articles 20000
    python -m benchmarks.cluster_archives --articles 10000 --held benchmarks/work/archive-1000000.db

`--held` names an archive that both begin with: SQLite gets the file, PostgreSQL its copy by the service's own `archive copy`, which
compares the two at the end; `--articles` are then added to it.

PostgreSQL is the server of the tests (or the one MONITOR_TEST_POSTGRES names), with its usual durability switched on. An agreement is
counted too: the questions whose first fifty articles are the same in the same order by date and by relevance.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.archive_corpus import NOW, QUERIES, batches, scores, timed
from benchmarks.cluster_soak import removed
from monitor.archives import postgres, sqlite
from monitor.core.queries.query import parse
from monitor.ports import Archive
from monitor.services.copying import copy_archive
from tests.postgres import Server

SMALL = 20
"""Articles a transaction, as a busy feed brings them."""


def fill(archive: Archive, count: int) -> dict[str, float]:
    """Articles a second added in small transactions, and scored in batches as analysis does."""
    added = scored = 0.0
    for articles in batches(count, first=int(archive.stats()["articles"])):
        ids: list[int] = []
        began = time.perf_counter()
        for at in range(0, len(articles), SMALL):
            ids += archive.articles.add(articles[at : at + SMALL])
        added += time.perf_counter() - began
        began = time.perf_counter()
        for at in range(0, len(ids), 64):
            archive.scores.save(scores(ids[at : at + 64]))
        scored += time.perf_counter() - began
    return {"added_a_second": round(count / added, 1), "scored_a_second": round(count / scored, 1)}


def questions(archive: Archive, repeat: int) -> tuple[dict[str, Any], dict[str, list[list[str]]]]:
    """Milliseconds of each question, and what it found."""
    taken: dict[str, Any] = {}
    found: dict[str, list[list[str]]] = {}
    for name, text in QUERIES.items():
        query = parse(text)
        found[name] = [
            [article.content_hash for article in archive.search.search(query, now=NOW, sort=sort)[0]]
            for sort in ("published", "relevance")
        ]
        taken[name] = {
            "search": timed(lambda query=query: archive.search.search(query, now=NOW), repeat)["median"],
            "relevance": timed(lambda query=query: archive.search.search(query, now=NOW, sort="relevance"), 3)["median"],
        }
    return taken, found


def copied(made: Mapping[str, Archive]) -> dict[str, float]:
    """PostgreSQL filled from a SQLite archive; articles a second, the comparison at the end included."""
    began = time.perf_counter()
    copy_archive(made["sqlite"], made["postgres"], lambda table, rows: print(f"{table}: {rows:,}", end="\r", file=sys.stderr))
    articles = float(made["sqlite"].stats()["articles"])
    return {"articles": articles, "per_second": round(articles / (time.perf_counter() - began), 1)}


def measure(articles: int, repeat: int = 7, held: Path | None = None) -> dict[str, Any]:
    """Both archives filled and asked; what each did, and how many questions both answered alike."""
    server = Server(synchronous_commit="on", fsync="on", full_page_writes="on", shared_buffers="512MB")
    report: dict[str, Any] = {"articles": articles}
    found = {}
    with removed(server), tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "monitor.db"
        if held is not None:
            shutil.copyfile(held, file)
        made = {
            "sqlite": sqlite.build(sqlite.Config(path=str(file))),
            "postgres": postgres.build(postgres.Config(url=server.url("postgres"))),
        }
        if held is not None:
            report["copied"] = copied(made)
        for name, archive in made.items():
            filled = fill(archive, articles)
            archive.upkeep.vacuum()
            taken, found[name] = questions(archive, repeat)
            report[name] = {**filled, "megabytes": round(archive.stats()["bytes"] / 1e6, 1), "milliseconds": taken}
            archive.close()
    report["agreeing"] = sum(found["sqlite"][name] == found["postgres"][name] for name in QUERIES)
    report["asked"] = len(QUERIES)
    report["load"] = round(os.getloadavg()[0], 1)
    return report


def main() -> None:
    """Fill both, ask both, print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=20_000)
    parser.add_argument("--repeat", type=int, default=7)
    parser.add_argument("--held", type=Path)
    given = parser.parse_args()
    print(json.dumps(measure(given.articles, given.repeat, given.held)))


if __name__ == "__main__":
    main()

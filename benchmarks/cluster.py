"""What a cluster gains: one, two and four analysers on one queue, and the archive in PostgreSQL beside SQLite.

Each part runs in a process of its own: `benchmarks.cluster_analysers` and `benchmarks.cluster_archives`.
"""

from __future__ import annotations

from statistics import median
from typing import Any

from benchmarks.runs import ask

BATCH = 64
"""Articles that an analyser scores and stores together, as settings have it by default."""


def measure(articles: int, queued: int, milliseconds: float, runs: int = 1) -> dict[str, Any]:
    """Both parts: so many articles in each archive; so many on the queue, each scored for so long."""
    analysers = ask("cluster_analysers", "--articles", queued, "--milliseconds", milliseconds, "--runs", runs)
    archives = ask("cluster_archives", "--articles", articles)
    size = {"archive": articles, "queued": queued, "milliseconds_an_article": milliseconds}
    return {"size": size, "analysers": analysers, "archives": archives}


def figures(found: dict[str, Any]) -> dict[str, float]:
    """The named figures: articles a second, what a batch costs beside its scoring, and PostgreSQL's times in SQLite's."""
    rates = {number: row["median"] for number, row in found["analysers"]["articles_per_second"].items()}
    sqlite, postgres = found["archives"]["sqlite"], found["archives"]["postgres"]
    asked = sqlite["milliseconds"]
    return {
        "articles": found["size"]["archive"],
        **{f"analysed_per_s_{number}": rate for number, rate in rates.items()},
        **{f"speedup_{number}": round(rate / rates["1"], 2) for number, rate in rates.items() if number != "1"},
        "batch_s_beside_scoring": round(BATCH / rates["1"] - BATCH * found["size"]["milliseconds_an_article"] / 1000, 3),
        "sqlite_added_per_s": sqlite["added_a_second"],
        "postgres_added_per_s": postgres["added_a_second"],
        "postgres_search_vs_sqlite": round(
            median(postgres["milliseconds"][name]["search"] / asked[name]["search"] for name in asked), 2
        ),
        "postgres_relevance_vs_sqlite": round(
            median(postgres["milliseconds"][name]["relevance"] / asked[name]["relevance"] for name in asked), 2
        ),
        "answers_alike": found["archives"]["agreeing"] / found["archives"]["asked"],
    }

"""`python -m benchmarks [--quick] [NAME ...]`: measure, write results/*.json, redraw docs/benchmarks.md.

A benchmark that cannot run is told and leaves the figures of the last run in place, marked with where they come from.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from benchmarks import cluster, collect, growth, guard, latency, page, quality, score, search, start
from benchmarks.machine import facts
from benchmarks.runs import ROOT, RUNS

RESULTS = ROOT / "benchmarks" / "results"
LATEST = RESULTS / "latest.json"
Measure = Callable[[], dict[str, Any]]

FULL: dict[str, Measure] = {
    "start": lambda: start.measure(runs=RUNS),
    "collect": lambda: collect.measure(feeds=1000, runs=RUNS, fewer={"reader": 3, "loop": 1}),
    "search": lambda: search.measure(sizes_=(10_000, 100_000), peer_size=10_000, repeat=20, runs=RUNS),
    "latency": lambda: latency.measure(seconds=20, per_second=10, runs=RUNS),
    "growth": lambda: growth.measure(held=(10_000, 100_000), many=(10, 100, 1000), polled=(100, 1000, 10_000), runs=RUNS),
    "score": lambda: score.measure(count=100, runs=RUNS, peers=4),
    "quality": lambda: quality.measure(most=0),
    "cluster": lambda: cluster.measure(articles=20_000, queued=1500, milliseconds=20, runs=3),
}
QUICK: dict[str, Measure] = {
    "start": lambda: start.measure(runs=RUNS),
    "collect": lambda: collect.measure(feeds=40, runs=3, peers=("reader",)),
    "search": lambda: search.measure(sizes_=(1000,), peer_size=1000, repeat=5, runs=RUNS),
    "latency": lambda: latency.measure(seconds=2, per_second=10, runs=RUNS),
    "growth": lambda: growth.measure(held=(1000, 5000), many=(10, 100), polled=(100, 300), runs=2),
    "score": lambda: score.measure(count=4, runs=3, peers=1),
    "quality": lambda: quality.measure(most=6),
}


def keyed(details: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The named figures out of all that was measured; a benchmark that did not run has none."""
    found: dict[str, dict[str, Any]] = {}
    if polled := details.get("collect"):
        ratios = {
            # Null: the peer did not ask again in that phase.
            f"{name}_vs_reader": polled["ratios"].get(f"{name}_vs_reader", {}).get("median")
            for name in collect.PHASES
        }
        found["collect"] = {**ratios, "rss_mb": polled["service"]["rss_mb"]["median"]}
        found["collect"]["parsing_share"] = polled["parsing_share"]["median"]
    if scored := details.get("score"):
        named = ("vs_pipeline", "vs_pipeline_three_sides", "vs_ort_limit", "embedding_vs_sentence_transformers")
        # A result of an earlier day may lack a figure that was added since.
        found["score"] = {name: scored[name]["median"] for name in named if name in scored}
        found["score"]["articles_per_second"] = scored["mixed"]["articles_per_second"]["median"]
        found["score"]["rss_mb"] = scored["mixed"]["rss_mb"]
    if searched := details.get("search"):
        fresh = {int(size): row for size, row in searched["sizes"].items() if "earlier" not in row}
        size, largest = max(fresh.items())
        hundred = searched["sizes"].get("100000")
        worst = max(row["median"] for row in largest["vs_raw_fts5"].values())
        # Null says that no run had an archive of that size; no other size may stand for it.
        p95 = hundred["p95_ms"]["median"] if hundred else None
        found["search"] = {"p95_ms_100k": p95, "vs_raw_fts5": worst, "articles": size, "p95_ms": largest["p95_ms"]["median"]}
    if heard := details.get("latency"):
        found["latency"] = {name: heard[name]["median"] for name in ("p50_s", "p95_s")}
    if grown := details.get("growth"):
        found["growth"] = {**grown["slopes"], "rss_mb": list(grown["feeds"].values())[-1]["rss_mb"]["median"]}
    if shared := details.get("cluster"):
        found["cluster"] = cluster.figures(shared)
    if started := details.get("start"):
        found["start"] = {name: value["median"] for name, value in started.items()}
    return found


def beside(new: dict[str, Any], old: dict[str, Any], of: dict[str, Any]) -> dict[str, Any]:
    """What was measured, and for sizes of archives that it leaves out what an earlier run said, marked with that run's name."""
    if "sizes" not in new:
        return new
    kept = {size: {"earlier": of.get("run", "unknown"), **row} for size, row in old.get("sizes", {}).items()}
    return {**new, "sizes": {**kept, **new["sizes"]}}


def last_of_kind(*, is_quick: bool) -> dict[str, Any]:
    """The newest result of the same sizes, to compare with; empty where there is none."""
    found = [path for path in sorted(RESULTS.glob("20??-??-??-*.json")) if path.stem.endswith("-quick") is is_quick]
    whole = [result for path in found if "measured" in (result := json.loads(path.read_text(encoding="utf-8")))]
    return whole[-1] if whole else {}


def main() -> int:
    """Measure what is named, everything by default; 1 when something could not be measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(FULL)}; all by default")
    parser.add_argument("--quick", action="store_true", help="small sizes, for a first look and the comparison by ratio")
    given = parser.parse_args()
    known = QUICK if given.quick else FULL
    unknown = set(given.names) - set(known)
    if unknown:
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}; known: {', '.join(known)}")
    before = json.loads(LATEST.read_text(encoding="utf-8")) if LATEST.exists() else {}
    # Read before this run writes its own under the name of the day.
    compared = last_of_kind(is_quick=given.quick)
    machine, at = facts(), datetime.now(UTC)
    name = f"{at:%Y-%m-%d}-{machine['name']}{'-quick' if given.quick else ''}"
    details, sources, failed = dict(before.get("details", {})), dict(before.get("measured", {})), []
    for title, measure in known.items():
        if given.names and title not in given.names:
            continue
        began = time.monotonic()
        try:
            details[title] = beside(measure(), details.get(title, {}), sources.get(title, {}))
        except Exception:  # noqa: BLE001 (one peer that is missing must not cost the figures of all others)
            failed.append(title)
            traceback.print_exc()
            continue
        sources[title] = {"run": name, "at": at.isoformat(timespec="seconds"), "machine": machine, "quick": given.quick}
        print(f"{title}: {time.monotonic() - began:.0f} s", flush=True)
        result = {**keyed(details), "measured": sources, "details": details}
        RESULTS.mkdir(exist_ok=True)
        text = json.dumps(result, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
        for file in (RESULTS / f"{name}.json", LATEST):
            file.write_text(text, encoding="utf-8")
    after = json.loads(LATEST.read_text(encoding="utf-8")) if LATEST.exists() else {}
    page.write(after)
    print(
        "\n".join(guard.compare(compared, after)) or "no ratio is more than a quarter worse than in the last run of these sizes"
    )
    if failed:
        print(f"not measured: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

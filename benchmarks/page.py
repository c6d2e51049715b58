"""docs/benchmarks.md and its plots, drawn from results/latest.json and from nothing else."""

from __future__ import annotations

from typing import Any

from benchmarks.runs import ROOT

PAGE, PLOTS = ROOT / "docs" / "benchmarks.md", ROOT / "docs" / "images"
GOALS = {
    ("collect", "first_vs_reader"): ("≥", 5.0),
    ("collect", "unchanged_304_vs_reader"): ("≥", 3.0),
    ("collect", "unchanged_body_vs_reader"): ("≥", 10.0),
    ("collect", "rss_mb"): ("≤", 400.0),
    ("score", "vs_pipeline"): ("≥", 10.0),
    ("score", "vs_ort_limit"): ("≥", 0.7),
    ("score", "articles_per_second"): ("≥", 10.0),
    ("score", "rss_mb"): ("≤", 2000.0),
    ("search", "vs_raw_fts5"): ("≤", 1.5),
    ("latency", "p95_s"): ("≤", 2.0),
    **{("growth", f"{step}_per_article"): ("≤", 1.5) for step in ("add", "store_scores", "story", "known", "rule")},
    ("growth", "per_rule"): ("≤", 1.5),
    ("growth", "rss_mb"): ("≤", 600.0),
    ("start", "search_cpu_s"): ("≤", 0.5),
}
OPENING = """# Benchmarks

Measured by `make bench` (everything) or `make bench-quick` (small sizes), which write this page from `benchmarks/results/latest.json`.
Ratios to a peer measured in the same run say more than seconds: machines differ, and are busy.
A figure is the median of its runs; the lowest and highest run stand in the JSON, under `details`.
`null` means: not measured at that size. Load is the number of processes that wanted a core; with more than one for each core the
seconds are worth little, and a missed goal may be the machine's fault.
"""


def write(results: dict[str, Any]) -> None:
    """Redraw the page and its plots."""
    PLOTS.mkdir(exist_ok=True)
    PAGE.write_text(text(results), encoding="utf-8")
    if "collect" in results.get("details", {}):
        _plot_collect(results["details"]["collect"])


def text(results: dict[str, Any]) -> str:
    """The page as Markdown."""
    parts = [OPENING]
    for family, sources in results.get("measured", {}).items():
        machine = sources["machine"]
        size = results["details"].get(family, {}).get("size", "")
        parts.append(f"## {family.capitalize()}\n")
        parts.append(
            f"{'Quick run' if sources['quick'] else 'Full run'} {sources['run']}: {machine['processor']}, {machine['cores']} cores, "
            f"{machine['memory_gb']} GB, load {machine['load_at_start']} at the start. {f'Size: {size}.' if size else ''}\n"
        )
        parts.append(_quality(results) if family == "quality" else _figures(family, results.get(family, {})))
        if family == "score":
            parts.append(ASKED)
        if family == "search":
            parts.append(_earlier(results["details"]["search"]))
        if family == "collect":
            parts.append("![feeds a second](images/bench-collect.svg)\n")
    missing = sorted({family for family, _ in GOALS} - set(results.get("measured", {})))
    if missing:
        parts.append(f"## Not measured yet\n\nNo run has finished for: {', '.join(missing)}. Nothing is claimed of them.\n")
    return "\n".join(parts)


FIRST_POLL = """a third of a first poll is feedparser's own time, which both spend; the rest goes into the index of words and the keys of
each article, which reader does not make"""
PIPELINE = """most of the time of both goes into a model of the same size: the service reads up to three short windows for each holder, with
weights in four and activations in eight bits, the pipeline the beginning of the text for each side of each holder"""
ASKED = """
`score.vs_pipeline` asks the pipeline what the service answers of the same texts: every topic, and which side each holder takes (three claims each);
`score.vs_pipeline_three_sides` asks it three sides of each text and no holder, which is less than the service does.
"""
BARE = """the bare statement gives ids; the service also counts all that is found, reads the articles of the page and parses the query,
which at a millisecond or two is most of it"""
ADDING = "the pages of the text index that an article touches lie further apart in a large file"
WHY = {
    ("collect", "first_vs_reader"): FIRST_POLL,
    ("score", "vs_pipeline"): PIPELINE,
    ("search", "vs_raw_fts5"): BARE,
    ("growth", "add_per_article"): ADDING,
}
"""Why a goal is missed where it is."""


def _figures(family: str, figures: dict[str, Any]) -> str:
    rows = ["| figure | value | goal | |", "|---|---|---|---|"]
    reasons = []
    for name, value in figures.items():
        sign, goal = GOALS.get((family, name), ("", None))
        shown = "null" if value is None else f"{value:g}"
        verdict = ""
        if goal is not None and value is not None:
            verdict = "met" if (value >= goal if sign == "≥" else value <= goal) else "**missed**"
            if verdict != "met" and (family, name) in WHY:
                reasons.append(f"\n`{family}.{name}` is missed because {WHY[family, name]}.\n")
        rows.append(f"| `{family}.{name}` | {shown} | {f'{sign} {goal:g}' if goal is not None else ''} | {verdict} |")
    return "\n".join(rows) + "\n" + "".join(reasons)


def _earlier(searched: dict[str, Any]) -> str:
    run = searched["sizes"].get("100000", {}).get("earlier")
    return f"\n`search.p95_ms_100k` is of {run}: this run had no archive of that size.\n" if run else ""


def _quality(results: dict[str, Any]) -> str:
    found = results["details"]["quality"]
    rows = [
        f"Weights {found['weights']} on `{found['set']}`: the share of labelled (article, holder) pairs with the right stance.\n",
        "Plain zero-shot asks the same weights about the whole article.\n",
        "| language | pairs | service | plain zero-shot |",
        "|---|---|---|---|",
    ]
    for language, row in found["languages"].items():
        rows.append(f"| {language} | {row['pairs']} | {row['service']:g} | {row['plain_zero_shot']:g} |")
    return "\n".join(rows) + "\n"


def _plot_collect(found: dict[str, Any]) -> None:
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "benchmarks"
    import matplotlib.pyplot as plt

    engines = [name for name in ("service", "reader", "loop") if name in found and set(found["service"]) <= set(found[name])]
    phases = [name for name, row in found["service"].items() if "feeds_per_second" in row]
    figure, axes = plt.subplots(figsize=(8, 3.6))
    for number, engine in enumerate(engines):
        values = [found[engine][phase]["feeds_per_second"] for phase in phases]
        places = [place + 0.26 * number for place in range(len(phases))]
        heights = [value["median"] for value in values]
        spans = [[one["median"] - one["low"] for one in values], [one["high"] - one["median"] for one in values]]
        axes.bar(places, heights, 0.24, yerr=spans, label=engine)
    middle = 0.26 * (len(engines) - 1) / 2
    axes.set_xticks([place + middle for place in range(len(phases))], [phase.replace("_", " ") for phase in phases])
    axes.set_yscale("log")
    axes.set_ylabel("feeds a second (log)")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    figure.tight_layout()
    figure.savefig(PLOTS / "bench-collect.svg", metadata={"Date": None})
    plt.close(figure)

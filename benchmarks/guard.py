"""What got worse: ratios to a baseline of the same run are compared, never seconds, because machines differ and are busy."""

from __future__ import annotations

from typing import Any

MOST = 1.25
LARGER_IS_BETTER = (
    ("collect", "first_vs_reader"),
    ("collect", "unchanged_304_vs_reader"),
    ("collect", "unchanged_body_vs_reader"),
    ("collect", "new_2_percent_vs_reader"),
    ("score", "vs_pipeline"),
    ("score", "vs_ort_limit"),
)
SMALLER_IS_BETTER = (("search", "vs_raw_fts5"), ("growth", "per_rule"), ("growth", "per_feed"), ("growth", "add_per_article"))


def compare(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """A line for each ratio that is more than a quarter worse than before; only runs of the same sizes are compared."""
    lines = []
    for family, name in (*LARGER_IS_BETTER, *SMALLER_IS_BETTER):
        old, new = before.get(family, {}).get(name), after.get(family, {}).get(name)
        sizes = [one.get("measured", {}).get(family, {}).get("quick") for one in (before, after)]
        if not old or not new or sizes[0] != sizes[1]:
            continue
        worse = old / new if (family, name) in LARGER_IS_BETTER else new / old
        if worse > MOST:
            lines.append(f"{family}.{name} was {old:g} and is {new:g}: {100 * (worse - 1):.0f} % worse")
    return lines

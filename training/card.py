"""Write `docs/model-card.md` from the figures of the last evaluation."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

CARD = Path(__file__).parent.parent / "docs" / "model-card.md"
PROSE = Path(__file__).parent / "card.md"


def table(title: str, figures: Mapping[str, Mapping[str, float]]) -> str:
    """A table with one row per set."""
    columns = list(next(iter(figures.values())))
    lines = [
        f"| {title} | " + " | ".join(column.replace("_", " ") for column in columns) + " |",
        "|---" * (len(columns) + 1) + "|",
    ]
    lines += [f"| {name} | " + " | ".join(str(row.get(column, "")) for column in columns) + " |" for name, row in figures.items()]
    return "\n".join(lines)


def sizes(out: Path) -> str:
    """The files of the weights folder."""
    files = {
        str(path.relative_to(out)): {"MB": round(path.stat().st_size / 1e6, 1)}
        for path in sorted(out.rglob("*"))
        if path.is_file()
    }
    files["all together"] = {"MB": round(sum(row["MB"] for row in files.values()), 1)}
    return table("file", files)


def run(work: Path, out: Path) -> None:
    """Fill the card's text with figures."""
    found: dict[str, Any] = json.loads((work / "evaluation.json").read_text(encoding="utf-8"))
    manifest = json.loads((out / "model.json").read_text(encoding="utf-8"))
    parts = {
        "REVISION": manifest["revision"],
        "STANCE": table("set", found["stance"]),
        "RELEVANCE": table("set", found["relevance"]),
        "PHENOMENA_EN": table("phenomenon", found["phenomena, English"]),
        "PHENOMENA_OTHER": table("phenomenon", found["phenomena, other"]),
        "ARTICLES": table("measure", found["articles"]),
        "HARD": table("languages (articles)", found["hard articles"]),
        "SPEED": table("part", {name: {"figure": value} for name, value in found["speed"].items()}),
        "FILES": sizes(out),
    }
    text = PROSE.read_text(encoding="utf-8")
    for name, value in parts.items():
        text = text.replace("{{" + name + "}}", value)
    CARD.parent.mkdir(exist_ok=True)
    CARD.write_text(text, encoding="utf-8")

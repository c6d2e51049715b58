"""`python -m training STEP --data FOLDER --out monitor/scorers/weights`.

`all` does every step; `more` (multilingual) and `more-en` go on tuning what is bundled.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from training import bases, bundled, calibrate, card, embedding, english, evaluate, export, multilingual, trim
from training.data import OWN

STEPS = [
    "bases",
    "trim",
    "embedding",
    "stance-en",
    "stance-en-again",
    "stance-en-levels",
    "stance-en-wide",
    "stance-en-titled",
    "stance",
    "stance-wide",
    "stance-titled",
    "export",
    "calibrate",
    "evaluate",
    "card",
]
MORE, MORE_ENGLISH = "more", "more-en"


def steps(work: Path, public: Path, out: Path) -> dict[str, Callable[[], None]]:
    """Every step by name, in the order in which they build on each other."""

    def more() -> None:
        folder, base = out / export.MULTILINGUAL, work / "bases" / "multilingual"
        bundled.write_base(work / "bases" / "e5-small", folder, base)
        multilingual.run_more(work, public, folder / "pairs.onnx")

    def more_english() -> None:
        folder = out / export.ENGLISH
        english.run_english_more(work, public, folder / "model.onnx", folder / export.PACKED)

    return {
        "bases": lambda: bases.run(work),
        "trim": lambda: trim.run(work, OWN),
        "embedding": lambda: embedding.run(work),
        "stance-en": lambda: english.run_english(work, public),
        "stance-en-again": lambda: english.run_english_again(work, public),
        "stance-en-levels": lambda: english.run_english_levels(work, public),
        "stance-en-wide": lambda: english.run_english_wide(work, public),
        "stance-en-titled": lambda: english.run_english_titled(work, public),
        "stance": lambda: multilingual.run(work, public),
        "stance-wide": lambda: multilingual.run_wide(work, public),
        "stance-titled": lambda: multilingual.run_titled(work, public),
        MORE: more,
        MORE_ENGLISH: more_english,
        "export": lambda: export.run(work, out),
        "calibrate": lambda: calibrate.run(work, public, out),
        "evaluate": lambda: evaluate.run(work, public, out),
        "card": lambda: card.run(work, out),
    }


def main() -> None:
    """Run one step, or all."""
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument("step", choices=[*STEPS, MORE, MORE_ENGLISH, "all"])
    parser.add_argument("--data", type=Path, required=True, help="folder with the public sets (see docs/model-card.md)")
    parser.add_argument("--out", type=Path, default=Path("monitor/scorers/weights"), help="where the weights go")
    parser.add_argument("--work", type=Path, default=Path("training/work"), help="bases, checkpoints, figures")
    chosen = parser.parse_args()
    known = steps(chosen.work, chosen.data, chosen.out)
    for name in STEPS if chosen.step == "all" else [chosen.step]:
        print(f"== {name}", flush=True)
        known[name]()


if __name__ == "__main__":
    main()

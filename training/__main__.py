"""`python -m training STEP --data FOLDER --out monitor/scorers/weights` (step `all` does all but the English model)."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from training import bases, calibrate, card, embedding, evaluate, export, relevance, stance, trim
from training.data import OWN

STEPS = ["bases", "trim", "embedding", "stance", "relevance", "export", "calibrate", "evaluate", "card"]
ENGLISH = ["stance-en", "add-en"]  # an hour on two quiet cores: tune a larger model for English; put it beside what is bundled


def steps(work: Path, public: Path, out: Path) -> dict[str, Callable[[], None]]:
    """Every step by name, in the order in which they build on each other."""

    def multilingual() -> None:
        stance.run_warm_up_multilingual(work, public)
        stance.run_multilingual(work, public)

    return {
        "bases": lambda: bases.run(work),
        "trim": lambda: trim.run(work, OWN),
        "embedding": lambda: embedding.run(work),
        "stance-en": lambda: stance.run_english(work, public),
        "add-en": lambda: calibrate.add_english(work, out),
        "stance": multilingual,
        "relevance": lambda: relevance.run(work, public),
        "export": lambda: export.run(work, out),
        "calibrate": lambda: calibrate.run(work, out),
        "evaluate": lambda: evaluate.run(work, public, out),
        "card": lambda: card.run(work, out),
    }


def main() -> None:
    """Run one step, or all."""
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument("step", choices=[*STEPS, *ENGLISH, "all"])
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

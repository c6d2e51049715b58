"""`monitor score`: what the models say of any text."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from monitor.cli.options import AsJson, Rules, opened, print_json

if TYPE_CHECKING:
    from monitor.model import Scores


def score(
    *,
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="A text file in UTF-8, or - for standard input.")],
    topic: Annotated[str | None, typer.Option("--topic", help="Ask about this topic only, relevant or not.")] = None,
    rules: Rules = None,
    as_json: AsJson = False,
) -> None:
    """Score a text: its language, the topics it is about, and who takes which side, with the sentence that shows it."""
    from monitor.services.score import score_text

    text = _read(file)
    with opened(rules=rules) as app:
        if topic is not None and topic not in app.rulebook_alone.topics:
            raise typer.BadParameter(f"no topic {topic!r}; known: {', '.join(app.rulebook_alone.topics)}", param_hint="--topic")
        scores = score_text(text, app.rulebook_alone, app.scorer, topic=topic)
    if as_json:
        print_json(_as_object(scores, topic))
    else:
        _show(scores, topic)


def _read(file: str) -> str:
    """The text with its line ends as they are, so that offsets count what the file holds."""
    try:
        raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"{file} cannot be read: {error.strerror}", param_hint="FILE") from error
    return raw.decode("utf-8-sig", "replace")


def _as_object(scores: Scores, topic: str | None) -> dict[str, Any]:
    from monitor.core.scoring.stance import outlet_stance

    probabilities = {one.topic: one.probability for one in scores.relevances if one.is_relevant or one.topic == topic}
    if topic is not None:
        probabilities.setdefault(topic, 0.0)
    return {
        "language": scores.language,
        "topics": {
            name: {
                "relevance": probability,
                "stance": outlet_stance(scores.statements, name),
                "holders": {one.holder: _holder(one) for one in scores.statements if one.topic == name},
            }
            for name, probability in probabilities.items()
        },
    }


def _below(scores: Scores) -> str:
    """What to say where no topic is shown."""
    nearest = max(scores.relevances, key=lambda one: one.probability, default=None)
    if nearest is None:
        return "none comes near; --topic TOPIC asks about one all the same"
    seen = f"{nearest.topic} {nearest.probability:.2f}"
    return f"none reaches its threshold; nearest: {seen} (--topic {nearest.topic} shows it)"


def _holder(statement: Any) -> dict[str, Any]:
    shown = statement.evidence
    return {
        "label": statement.stance.value,
        "confidence": statement.confidence,
        "favor": statement.favor,
        "against": statement.against,
        "neutral": statement.neutral,
        "evidence": shown.text if shown else "",
        "start": shown.start if shown else 0,
        "end": shown.end if shown else 0,
        "voice": statement.voice.value,
        "found": statement.is_found,
    }


def _show(scores: Scores, topic: str | None) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from monitor.core.alerts.render import plural

    found = _as_object(scores, topic)
    console = Console()
    console.print(f"language {found['language']}, {plural(len(found['topics']), 'topic')}")
    if not found["topics"]:
        console.print(Text(_below(scores)), soft_wrap=True)
    for name, entry in found["topics"].items():
        table = Table(title=f"{name}: relevance {entry['relevance']:.2f}", title_justify="left")
        for column in ("holder", "stance", "sure", "voice", "evidence"):
            table.add_column(column)
        for holder, one in entry["holders"].items():
            table.add_row(Text(holder), one["label"], f"{one['confidence']:.2f}", one["voice"], Text(one["evidence"]))
        console.print(table)

"""kind: console — prints alerts where the service runs."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TextIO

from pydantic import BaseModel, ConfigDict, Field
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.text import Text

from monitor.core.alerts.render import PositionView, Size, View, lead_mark, plain, view
from monitor.errors import in_words
from monitor.model import Message, Receipt

if TYPE_CHECKING:
    from monitor.ports import Channel

EXAMPLE = {"reports": 5}

_STYLES = {"against": "bold black on dark_orange", "favor": "bold white on blue", "neutral": "bold reverse"}


class Config(BaseModel):
    """How much of an alert is printed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    positions: int = Field(5, ge=1, le=50, description="Positions printed for an alert.")
    reports: int = Field(5, ge=1, le=50, description="Articles printed for an alert.")


def build(config: Config, *, stream: TextIO | None = None, **_: Any) -> Channel:
    """The channel for a receiver; prints to standard output unless a stream is given."""
    return Printer(config, stream)


class Printer:
    """Prints alerts in a frame on a terminal, as plain text elsewhere."""

    def __init__(self, config: Config, stream: TextIO | None = None) -> None:
        self._config, self._stream = config, stream

    def send(self, message: Message) -> Receipt:
        shown = view(message, size=Size(self._config.positions, self._config.reports, lines=self._config.reports))
        stream = self._stream or sys.stdout
        try:
            self._print(shown, stream)
        except (OSError, ValueError) as error:
            return Receipt(is_sent=False, error=f"standard output cannot be written: {in_words(error)}")
        return Receipt(is_sent=True, remote_id=message.delivery)

    def _print(self, shown: View, stream: TextIO) -> None:
        console = Console(file=stream)
        if console.is_terminal:
            console.print(Panel(Group(*_lines(shown)), title=Text(shown.rule_title), subtitle=shown.created, title_align="left"))
        else:
            text = plain(shown).encode(getattr(stream, "encoding", None) or "utf-8", "replace")
            stream.write(text.decode(getattr(stream, "encoding", None) or "utf-8") + "\n")
        stream.flush()


def _lines(shown: View) -> Iterable[RenderableType]:
    flags = "".join(f"[{word}] " for word, is_on in (("sample", shown.is_sample), ("urgent", shown.is_urgent)) if is_on)
    yield Text(flags + shown.headline, style="bold")
    for position in shown.positions:
        yield from _position(position)
    if shown.more_positions:
        yield Text(f"and {shown.more_positions} more", style="dim")
    for one in shown.told:
        yield Text.assemble("\n", lead_mark(one), (one.headline, "bold"), (f"  {one.rule_title} · {one.created}", "dim"))
    if shown.more_told:
        yield Text(f"and {shown.more_told} more", style="dim")
    for chapter in shown.chapters:
        yield Text.assemble("\n", (chapter.heading, "bold"))
        yield from (Text(f"{passage.text} “{passage.quote}”" if passage.quote else passage.text) for passage in chapter.passages)
    if shown.reports:
        yield Text(f"\n{shown.outlets}", style="dim")
    for report in shown.reports:
        yield Text.assemble((report.source, "bold"), "  ", (report.published, "dim"), "  ", _linked(report.title, report.url))
    if shown.more_reports:
        yield Text(f"and {shown.more_reports} more", style="dim")
    yield Text(f"\nWhy: {shown.why}", style="dim")
    for label, url in shown.links:
        yield Text.assemble((f"{label}: ", "dim"), url)


def _position(position: PositionView) -> Iterable[RenderableType]:
    unsure = "unsure, " if position.is_unsure else ""
    pill = (f" {position.mark} {position.word.upper()} ", _STYLES[position.stance])
    yield Text.assemble("\n", (position.holder, "bold"), " ", pill, f" {position.topic} ", (unsure + position.percent, "dim"))
    if position.evidence:
        yield Padding(Text(f"“{position.evidence}”"), (0, 0, 0, 2))
    if position.source:
        yield Padding(_linked(position.source, position.url, "dim"), (0, 0, 0, 2))


def _linked(text: str, url: str, style: str = "") -> Text:
    return Text(text, style=f"{style} link {url}".strip() if url else style)

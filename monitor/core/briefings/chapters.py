"""Writes a briefing as chapters that go into a message: each line names its outlets where it stands, without numbers."""

from __future__ import annotations

from monitor.core.briefings.briefing import Briefing, Line, Source
from monitor.model import Chapter, Passage

_CARRIERS = 3
"""More sources of one line say nothing more."""


def to_chapters(briefing: Briefing) -> tuple[Chapter, ...]:
    """The sections of a briefing in their order; charts are left to the formats that can draw."""
    sources = {source.number: source for source in briefing.sources}
    return tuple(
        Chapter(section.heading, tuple(_passage(line, sources) for line in section.lines)) for section in briefing.sections
    )


def _passage(line: Line, sources: dict[int, Source]) -> Passage:
    cited = [sources[number] for number in line.cites if number in sources]
    carriers = {source.outlet: source.url for source in reversed(cited)}
    return Passage(
        text=line.text,
        quote=line.quote.text if line.quote else "",
        note=line.note,
        sources=tuple(reversed(carriers.items()))[:_CARRIERS],
        is_heading=line.is_heading,
    )

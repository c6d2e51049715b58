"""Writes a briefing as Markdown that stays Markdown whatever the news says."""

from __future__ import annotations

import re

from monitor.core.alerts.render import clean, safe_url
from monitor.core.briefings.briefing import Briefing, Line, Source
from monitor.core.briefings.words import WORDS

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~])")


def to_markdown(briefing: Briefing) -> str:
    """The whole briefing; charts are left to the formats that can draw."""
    blocks = [f"# {_plain(briefing.title)}", f"*{_plain(briefing.span)}*"]
    for section in briefing.sections:
        blocks.append(f"## {_plain(section.heading)}")
        blocks.append("\n".join(_line(line) for line in section.lines))
    if briefing.sources:
        blocks.append(f"## {_plain(WORDS[briefing.language]['sources'])}")
        blocks.append("\n".join(_source(source) for source in briefing.sources))
    return "\n\n".join([*blocks, f"*{_plain(briefing.footer)}*"]) + "\n"


def _line(line: Line) -> str:
    note = f" *({_plain(line.note)})*" if line.note else ""
    cites = "".join(f" [\\[{number}\\]](#source-{number})" for number in line.cites)
    if line.is_heading:
        return f"\n**{_plain(line.text)}**{note}{cites}\n"
    quote = f"“{_plain(line.quote.text)}”" if line.quote else ""
    words = " ".join(part for part in (_plain(line.text), quote) if part)
    return f"- {words}{cites}{note}"


def _source(source: Source) -> str:
    address = safe_url(source.url)
    title = f"[{_plain(source.title)}](<{address}>)" if address else _plain(source.title)
    language = f", {source.language}" if source.language else ""
    said = f"{_plain(source.outlet)}, {source.published:%Y-%m-%d}{language}: {title}"
    return f'{source.number}. <a id="source-{source.number}"></a>{said}'


def _plain(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", clean(text))

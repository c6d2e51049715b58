"""Writes a briefing as a Word document: headings, lists, links, and the position counts as a table instead of a drawing."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from monitor.core.alerts.render import clean, safe_url
from monitor.core.briefings.words import WORDS
from monitor.errors import MonitorError, how_to_install

if TYPE_CHECKING:
    from monitor.core.briefings.briefing import Briefing, Line, Source


def to_docx(briefing: Briefing) -> bytes:
    """The document's bytes.

    Raises:
        MonitorError: python-docx is not installed.
    """
    try:
        from docx import Document  # noqa: PLC0415 - an extra, needed for this format only
    except ImportError as error:
        raise MonitorError(f"a Word document needs python-docx; {how_to_install('briefing')}") from error
    document = Document()
    document.core_properties.title = clean(briefing.title)
    document.core_properties.author = ""
    document.core_properties.language = briefing.language
    document.add_heading(clean(briefing.title), level=0)
    document.add_paragraph(clean(briefing.span))
    for section in briefing.sections:
        document.add_heading(clean(section.heading), level=1)
        for line in section.lines:
            _add(document, line)
    if briefing.sources:
        document.add_heading(WORDS[briefing.language]["sources"], level=1)
        for source in briefing.sources:
            _add_source(document, source)
    document.add_paragraph(clean(briefing.footer)).runs[0].italic = True
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def _add(document: Any, line: Line) -> None:
    cites = "".join(f" [{number}]" for number in line.cites)
    note = f" ({clean(line.note)})" if line.note else ""
    if line.is_heading:
        document.add_heading(f"{clean(line.text)}{note}{cites}", level=2)
        return
    paragraph = document.add_paragraph(style="List Bullet")
    if line.text:
        paragraph.add_run(f"{clean(line.text)} ").bold = line.quote is not None
    if line.quote:
        paragraph.add_run(f"“{clean(line.quote.text)}”")
    paragraph.add_run(cites)
    if note:
        paragraph.add_run(note).italic = True


def _add_source(document: Any, source: Source) -> None:
    said = f"[{source.number}] {clean(source.outlet)}, {source.published:%Y-%m-%d}: {clean(source.title)}"
    address = safe_url(source.url)
    document.add_paragraph(f"{said} {address}".strip())

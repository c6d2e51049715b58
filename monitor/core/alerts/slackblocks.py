"""Lays an alert out as Slack blocks within Slack's limits, with everything strangers wrote escaped."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, tzinfo
from typing import Any, TypeAlias

from monitor.core.alerts.links import PATH
from monitor.core.alerts.render import (
    ChapterView,
    PassageView,
    PositionView,
    ReportView,
    View,
    lead_mark,
    shorten,
    views,
    voice_note,
)
from monitor.model import Message

Block: TypeAlias = dict[str, Any]

HEADER_LIMIT = 150
SECTION_LIMIT = 3000
BLOCK_LIMIT = 50
TOTAL_LIMIT = 12_000
"""Slack's own limit is about 13,000 characters over all blocks of a message."""
BUTTON_LIMIT = 75
URL_LIMIT = 3000
VALUE_LIMIT = 2000
_REPORTS_A_SECTION = 5
_BUTTONS = 8


def payload(message: Message, zone: tzinfo = UTC, *, can_answer: bool = False) -> Mapping[str, Any]:
    """`text` (for notifications and screen readers) and `blocks` of a message, as full as the limits allow.

    With `can_answer`, buttons send their answer to the service by way of Slack; else they open its page.
    """
    # One block is left for what is answered.
    most = BLOCK_LIMIT - can_answer
    best: dict[str, Any] = {}
    for shown in views(message, zone):
        blocks = _blocks(shown, can_answer=can_answer)
        best = {"text": escape(shown.subject) or "Alert", "blocks": blocks, "unfurl_links": False, "unfurl_media": False}
        if len(blocks) <= most and _size(blocks) <= TOTAL_LIMIT:
            break
    return best


def escape(text: str) -> str:
    """Text in which Slack reads no link, mention or channel."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _size(blocks: list[Block]) -> int:
    return sum(_size_of(block) for block in blocks)


def _size_of(part: Any) -> int:
    if isinstance(part, str):
        return len(part)
    inner = part.values() if isinstance(part, Mapping) else part if isinstance(part, list) else ()
    return sum(_size_of(one) for one in inner)


def _blocks(shown: View, *, can_answer: bool) -> list[Block]:
    blocks = [_header(shown), _context([_flags(shown)])]
    blocks += [_section(_position(position)) for position in shown.positions]
    if shown.more_positions:
        blocks.append(_context([f"and {shown.more_positions} more"]))
    blocks += [_section(_told(one)) for one in shown.told]
    if shown.more_told:
        blocks.append(_context([f"and {shown.more_told} more"]))
    blocks += [_section(_chapter(chapter)) for chapter in shown.chapters]
    blocks += _reports(shown)
    blocks.append(_context([_why(shown)]))
    return [*blocks, _buttons(shown, can_answer=can_answer)] if shown.links else blocks


def _header(shown: View) -> Block:
    marks = {position.mark for position in shown.positions}
    mark = f"{marks.pop()} " if len(marks) == 1 else ""
    # Plain text shows entities as they are, so angle brackets give way to ones that mean nothing to Slack.
    headline = (shown.headline or shown.rule_title or "Alert").replace("<", "‹").replace(">", "›")
    text = mark + shorten(headline, HEADER_LIMIT - len(mark))
    return {"type": "header", "text": {"type": "plain_text", "text": text, "emoji": False}}


def _section(text: str) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": fitted(text, SECTION_LIMIT), "verbatim": True}}


def _context(texts: list[str]) -> Block:
    elements = [{"type": "mrkdwn", "text": fitted(text, SECTION_LIMIT), "verbatim": True} for text in texts]
    return {"type": "context", "elements": elements}


def fitted(text: str, limit: int) -> str:
    """Escaped text of at most `limit` characters, never cut inside an entity or a link."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    for opening, closing in (("&", ";"), ("<", ">")):
        start = cut.rfind(opening)
        if start > cut.rfind(closing):
            cut = cut[:start]
    return cut + "…"


def _link(url: str, label: str) -> str:
    """A link; `|` and `>` in an address would end it early, so they travel percent-encoded."""
    if not url or len(url) > URL_LIMIT // 2:
        return escape(label)
    return f"<{url.replace('&', '&amp;').replace('|', '%7C').replace('>', '%3E').replace('<', '%3C')}|{escape(label)}>"


def _flags(shown: View) -> str:
    names = (("URGENT", shown.is_urgent), ("SAMPLE", shown.is_sample), ("UPDATE", shown.is_update))
    flags = "".join(f"*{name}* · " for name, is_on in names if is_on)
    return f"{flags}{escape(shown.rule_title)} · {shown.created}"


def _position(position: PositionView) -> str:
    unsure = "unsure, " if position.is_unsure else ""
    # Holder, stance, topic: "AGAINST North Korea" would say the opposite.
    stance = f"{position.mark} *{position.word.upper()}*"
    lines = [f"*{escape(position.holder)}*  {stance}  {escape(position.topic)} · {unsure}{position.percent}"]
    if position.evidence:
        lines.append(f"> {escape(position.evidence)}")
    if position.source:
        own = voice_note(position).removeprefix(position.source)
        lines.append(_link(position.url, position.source) + escape(own))
    return "\n".join(lines)


def _told(one: View) -> str:
    link = next((url for _, url in one.links), "") or next((report.url for report in one.reports), "")
    lines = [f"{lead_mark(one)}*{_link(link, one.headline)}*", f"{escape(one.rule_title)} · {one.created}"]
    if one.positions and one.positions[0].evidence:
        lines.append(f"> {escape(one.positions[0].evidence)}")
    return "\n".join(lines)


def _chapter(chapter: ChapterView) -> str:
    more = [f"and {chapter.more} more"] if chapter.more else []
    return "\n".join([f"*{escape(chapter.heading)}*", *(_passage(passage) for passage in chapter.passages), *more])


def _passage(passage: PassageView) -> str:
    quote = f"“{escape(passage.quote)}”" if passage.quote else ""
    note = f"({escape(passage.note)})" if passage.note else ""
    outlets = ", ".join(_link(url, outlet) for outlet, url in passage.sources)
    line = " ".join(part for part in (escape(passage.text), quote, note, outlets) if part)
    return f"*{line}*" if passage.is_heading else f"• {line}"


def _reports(shown: View) -> list[Block]:
    if not shown.reports:
        return []
    lines = [_report(report) for report in shown.reports]
    chunks = [lines[start : start + _REPORTS_A_SECTION] for start in range(0, len(lines), _REPORTS_A_SECTION)]
    chunks[0].insert(0, f"*{shown.outlets}*")
    if shown.more_reports:
        chunks[-1].append(f"and {shown.more_reports} more")
    return [{"type": "divider"}, *(_section("\n".join(chunk)) for chunk in chunks)]


def _report(report: ReportView) -> str:
    return f"• {escape(report.source)} · {report.published} · {_link(report.url, shorten(report.title, 160))}"


def _why(shown: View) -> str:
    facts = "".join(f"\n{escape(name)}: {escape(value)}" for name, value in shown.facts)
    return f"Why: {escape(shown.why)}{facts}\nRule {escape(shown.rule)} · alert {escape(shown.alert)}"


def _buttons(shown: View, *, can_answer: bool) -> Block:
    links = [(label, url) for label, url in shown.links if len(url) <= URL_LIMIT][:_BUTTONS]
    elements = [
        {
            "type": "button",
            "text": {"type": "plain_text", "text": shorten(label, BUTTON_LIMIT), "emoji": False},
            **_act(url, number, can_answer=can_answer),
        }
        for number, (label, url) in enumerate(links)
    ]
    return {"type": "actions", "elements": elements}


def _act(url: str, number: int, *, can_answer: bool) -> Block:
    token = url.partition(PATH)[2]
    if can_answer and token and len(token) <= VALUE_LIMIT:
        return {"value": token, "action_id": f"answer-{number}"}
    return {"url": url, "action_id": f"link-{number}"}

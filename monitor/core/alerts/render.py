"""Makes alerts readable text: cleans what strangers wrote, shortens it, words stances, and cuts long lists with "and n more"."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from urllib.parse import urlsplit

from monitor.model import OUTLET, Chapter, Message, Passage, Position, Report, Severity, Stance, Voice

SUBJECT_LIMIT = 180
UNSUBSCRIBE = "unsubscribe"
"""The label of the link, among a message's links, that ends the alerts of its receiver."""
UNSURE_BELOW = 0.7
"""Below this confidence a stance is worded as what it seems to be."""

MARKS = {Stance.FAVOR: "▲", Stance.AGAINST: "▼", Stance.NEUTRAL: "●"}
"""A shape for each stance, told apart without colour."""
LABELS = {Stance.FAVOR: "for", Stance.AGAINST: "against", Stance.NEUTRAL: "neutral"}
WORDS = {Stance.FAVOR: "for", Stance.AGAINST: "against", Stance.NEUTRAL: "neutral on"}

# Directional overrides can make a link read as another one; the others are invisible and only hide words.
_INVISIBLE = re.compile("[\u00ad\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_SPACE = re.compile(r"\s+")


def clean(text: str, limit: int = 0) -> str:
    """One line of visible text: no control, override or zero-width characters, no lone surrogates; cut at `limit` characters."""
    # Far more than can be shown need not be looked at: a title may be 300 kB long.
    kept = _INVISIBLE.sub("", text[: 20 * limit] if limit else text)
    kept = _SURROGATE.sub("\ufffd", _CONTROL.sub(" ", kept))
    kept = _SPACE.sub(" ", kept).strip()
    return shorten(kept, limit) if limit else kept


def shorten(text: str, limit: int) -> str:
    """The text, or its beginning with an ellipsis, at a word's end where one is near; never longer than `limit`."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    at_word = cut.rsplit(" ", 1)[0]
    return (at_word if len(at_word) > limit * 0.7 else cut).rstrip(" ,;:") + "…"


def safe_url(url: str) -> str:
    """The address when it is a web address without blanks or control characters, else an empty string."""
    stripped = url.strip()
    if not stripped.isprintable() or any(character in stripped for character in " <>\"'`\\"):
        return ""
    try:
        parts = urlsplit(stripped)
    except ValueError:
        return ""
    return stripped if parts.scheme in {"http", "https"} and parts.hostname else ""


def percent(probability: float) -> str:
    """A probability as people read it, never a false certainty: 1% to 99%."""
    return f"{min(99, max(1, round(probability * 100)))}%"


def plural(number: int, noun: str) -> str:
    """The number with its noun, which is given in the singular: 1 outlet, 4 outlets, 2 stories."""
    if number == 1:
        return f"1 {noun}"
    return f"{number:,} {noun[:-1]}ies" if re.search("[^aeiou]y$", noun) else f"{number:,} {noun}s"


def moment(at: datetime, zone: tzinfo = UTC) -> str:
    """A time as "22 Nov 2026, 06:05 UTC", by the clocks of a zone."""
    local = at.astimezone(zone)
    return f"{local.day} {local:%b %Y, %H:%M %Z}"


def holder_name(position: Position) -> str:
    """Who holds the position; an outlet's own voice goes by the outlet's name."""
    if position.holder == OUTLET:
        return f"{clean(position.source) or 'The outlet'} itself"
    return clean(position.holder, 80)


def subject(message: Message, limit: int = SUBJECT_LIMIT) -> str:
    """The headline as one line for a Subject header."""
    flags = ("[sample] " if message.is_sample else "") + ("[urgent] " if message.severity is Severity.URGENT else "")
    return flags + clean(message.headline, limit - len(flags))


# -- what a template or a block builder is given -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PositionView:
    """One holder's stance in words: `stance` as stored, `mark` its shape, `label` alone, `word` before the topic."""

    holder: str
    topic: str
    stance: str
    mark: str
    label: str
    word: str
    percent: str
    is_unsure: bool
    is_own_voice: bool
    evidence: str
    source: str
    url: str


@dataclass(frozen=True, slots=True)
class ReportView:
    """One article in words."""

    title: str
    source: str
    url: str
    published: str
    language: str


@dataclass(frozen=True, slots=True)
class PassageView:
    """A line of a briefing in words; `sources` are (outlet, address or "") pairs."""

    text: str
    quote: str
    note: str
    sources: tuple[tuple[str, str], ...]
    is_heading: bool


@dataclass(frozen=True, slots=True)
class ChapterView:
    """A part of a briefing; `more` counts the lines left out."""

    heading: str
    passages: tuple[PassageView, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Size:
    """At most so many positions, reports, alerts told together and lines a chapter, and characters of any one text."""

    positions: int = 12
    reports: int = 25
    characters: int = 600
    told: int = 60
    lines: int = 24


@dataclass(frozen=True, slots=True)
class View:
    """A message in cleaned words, cut to size; `more_…` count what was left out, `told` are views of single alerts."""

    subject: str
    headline: str
    rule: str
    rule_title: str
    why: str
    severity: str
    is_urgent: bool
    is_sample: bool
    is_update: bool
    created: str
    outlets: str
    positions: tuple[PositionView, ...]
    more_positions: int
    reports: tuple[ReportView, ...]
    more_reports: int
    facts: tuple[tuple[str, str], ...]
    links: tuple[tuple[str, str], ...]
    unsubscribe: str
    alert: str
    receiver: str
    told: tuple[View, ...]
    more_told: int
    chapters: tuple[ChapterView, ...]


def view(message: Message, zone: tzinfo = UTC, size: Size | None = None) -> View:
    """The message in words, no larger than this."""
    most = size or Size()
    characters = most.characters
    shown_positions, shown_reports = message.positions[: most.positions], message.reports[: most.reports]
    shown_told = message.told[: most.told]
    links = {clean(label, 60): safe_url(url) for label, url in message.links if safe_url(url)}
    return View(
        subject=subject(message),
        headline=clean(message.headline, min(characters, 300)),
        rule=clean(message.rule, 120),
        rule_title=clean(message.rule_title or message.rule, 120),
        why=clean(message.why, characters),
        severity=str(message.severity),
        is_urgent=message.severity is Severity.URGENT,
        is_sample=message.is_sample,
        is_update=bool(message.reply_to),
        created=moment(message.created, zone),
        outlets=_outlets(message),
        positions=tuple(_position(position, characters) for position in shown_positions),
        more_positions=len(message.positions) - len(shown_positions),
        reports=tuple(_report(report, characters, zone) for report in shown_reports),
        more_reports=len(message.reports) - len(shown_reports),
        facts=tuple((clean(name, 60), clean(value, characters)) for name, value in message.facts[:12]),
        links=tuple((label, url) for label, url in links.items() if label != UNSUBSCRIBE),
        unsubscribe=links.get(UNSUBSCRIBE, ""),
        alert=clean(message.alert, 80),
        receiver=clean(message.receiver, 80),
        told=tuple(view(one, zone, Size(1, 1, min(characters, 280))) for one in shown_told),
        more_told=len(message.told) - len(shown_told),
        chapters=tuple(_chapter(chapter, most) for chapter in message.chapters if chapter.passages),
    )


def _chapter(chapter: Chapter, most: Size) -> ChapterView:
    shown = chapter.passages[: most.lines]
    # A heading whose lines were all cut says nothing.
    kept = shown[:-1] if shown[-1].is_heading and len(shown) > 1 else shown
    passages = tuple(_passage(passage, most.characters) for passage in kept)
    return ChapterView(clean(chapter.heading, 120), passages, len(chapter.passages) - len(kept))


def _passage(passage: Passage, characters: int) -> PassageView:
    return PassageView(
        text=clean(passage.text, characters),
        quote=clean(passage.quote, characters),
        note=clean(passage.note, 120),
        sources=tuple((clean(outlet, 80), safe_url(url)) for outlet, url in passage.sources),
        is_heading=passage.is_heading,
    )


def _outlets(message: Message) -> str:
    """How many outlets tell the story, and how many of them are listed; copies of one text count once."""
    listed = len({report.source for report in message.reports})
    if listed < message.outlets:
        return f"{listed} of {plural(message.outlets, 'outlet')}"
    return plural(message.outlets, "outlet" if listed == message.outlets else "independent outlet")


def _position(position: Position, characters: int) -> PositionView:
    return PositionView(
        holder=holder_name(position),
        topic=clean(position.topic, 120),
        stance=str(position.stance),
        mark=MARKS[position.stance],
        label=LABELS[position.stance],
        word=WORDS[position.stance],
        percent=percent(position.confidence),
        is_unsure=position.confidence < UNSURE_BELOW,
        is_own_voice=position.voice is Voice.OUTLET,
        evidence=clean(position.evidence, characters),
        source=clean(position.source, 80),
        url=safe_url(position.url),
    )


def _report(report: Report, characters: int, zone: tzinfo) -> ReportView:
    return ReportView(
        title=clean(report.title, min(characters, 300)) or "(no title)",
        source=clean(report.source, 80),
        url=safe_url(report.url),
        published=moment(report.published, zone),
        language=clean(report.language, 12),
    )


_SIZES: Sequence[Size] = (
    Size(),
    Size(12, 12, 400, 40, 16),
    Size(8, 8, 280, 25, 10),
    Size(5, 5, 200, 15, 6),
    Size(3, 3, 140, 8, 4),
    Size(1, 1, 100, 3, 2),
)


def views(message: Message, zone: tzinfo = UTC) -> Iterator[View]:
    """The message ever smaller, from all that fits a screenful to its bare core."""
    for size in _SIZES:
        yield view(message, zone, size)


def fit(message: Message, form: Callable[[View], str], limit_bytes: int, zone: tzinfo = UTC) -> str:
    """The fullest form of a message whose UTF-8 size is within the limit, else the smallest form."""
    text = ""
    for candidate in views(message, zone):
        text = form(candidate)
        if len(text.encode("utf-8", "replace")) <= limit_bytes:
            break
    return text


# -- plain text --------------------------------------------------------------------------------------------------------


def plain(shown: View) -> str:
    """The alert as plain text, for terminals, files and channels without markup."""
    parts = [_heading(shown), *(_position_lines(position) for position in shown.positions)]
    if shown.more_positions:
        parts.append(f"  … and {plural(shown.more_positions, 'more position')}")
    parts += [_told_lines(one) for one in shown.told]
    if shown.more_told:
        parts.append(f"  … and {plural(shown.more_told, 'more alert')}")
    parts += [_chapter_lines(chapter) for chapter in shown.chapters]
    parts += [_report_lines(shown), _why_lines(shown)]
    if shown.links:
        parts.append("\n".join(f"{label}: {url}" for label, url in shown.links))
    return "\n\n".join(part for part in parts if part) + "\n"


def _heading(shown: View) -> str:
    flags = "".join(f"[{word}] " for word, is_on in (("sample", shown.is_sample), ("urgent", shown.is_urgent)) if is_on)
    return f"{flags}{shown.headline}\n{shown.rule_title} · {shown.created}"


def verdict(position: PositionView) -> str:
    """A stance in one line: "▼ North Korea is against Freedom Edge exercise (94%)"."""
    verb = "seems" if position.is_unsure else "is"
    return f"{position.mark} {position.holder} {verb} {position.word} {position.topic} ({position.percent})"


def voice_note(position: PositionView) -> str:
    """Where the evidence stands, and whether the outlet speaks for itself."""
    return f"{position.source}, in its own voice" if position.is_own_voice else position.source


def _position_lines(position: PositionView) -> str:
    lines = [verdict(position)]
    if position.evidence:
        lines.append(f"    > {position.evidence}")
    lines.append(f"    {voice_note(position)}  {position.url}".rstrip())
    return "\n".join(lines)


def _told_lines(one: View) -> str:
    lines = [f"{lead_mark(one)}{one.headline}", f"    {one.rule_title} · {one.created}"]
    if one.positions and one.positions[0].evidence:
        lines.append(f"    > {one.positions[0].evidence}")
    return "\n".join([*lines, *(f"    {url}" for _, url in one.links[:1] or _first_report(one))])


def _first_report(one: View) -> tuple[tuple[str, str], ...]:
    return tuple((report.title, report.url) for report in one.reports if report.url)


def lead_mark(one: View) -> str:
    """The mark of the one stance that an alert tells, with a blank behind it, or nothing."""
    return f"{one.positions[0].mark} " if one.positions and not one.more_positions else ""


def _chapter_lines(chapter: ChapterView) -> str:
    lines = [chapter.heading.upper(), *(_passage_line(passage) for passage in chapter.passages)]
    return "\n".join([*lines, f"  … and {chapter.more:,} more"] if chapter.more else lines)


def _passage_line(passage: PassageView) -> str:
    quote = f"“{passage.quote}”" if passage.quote else ""
    note = f"({passage.note})" if passage.note else ""
    outlets = f"[{', '.join(outlet for outlet, _ in passage.sources)}]" if passage.sources else ""
    line = " ".join(part for part in (passage.text, quote, note, outlets) if part)
    return line if passage.is_heading else f"  - {line}"


def _report_lines(shown: View) -> str:
    if not shown.reports:
        return ""
    lines = [f"{shown.outlets}:"]
    for report in shown.reports:
        lines += [f"  {report.source} · {report.published} · {report.title}", f"    {report.url}".rstrip()]
    if shown.more_reports:
        lines.append(f"  … and {shown.more_reports:,} more")
    return "\n".join(line for line in lines if line.strip())


def _why_lines(shown: View) -> str:
    return "\n".join([f"Why: {shown.why}", *(f"  {name}: {value}" for name, value in shown.facts)])

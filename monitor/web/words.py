"""How pages say things: times, stances, numbers, and texts with what was found in them marked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import quote

from markupsafe import Markup, escape

from monitor.core.alerts.alerting import AFTER_QUIET_HOURS, SERVICE
from monitor.core.alerts.render import LABELS, MARKS, UNSURE_BELOW, clean, percent, plural, safe_url
from monitor.core.queries.snippets import CLOSE, OPEN
from monitor.model import OUTLET, Stance, Statement

_BREAKS = re.compile(r"\s*\n\s*")
_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def moment(at: datetime | str | None, now: datetime) -> Markup:
    """A time as people say it, with the exact one behind it."""
    if isinstance(at, str) and at:
        at = datetime.fromisoformat(at)
    if not isinstance(at, datetime):
        return Markup('<span class="muted">never</span>')
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        at.isoformat(timespec="seconds"), f"{at:%Y-%m-%d %H:%M} UTC", ago(at, now)
    )


def ago(at: datetime, now: datetime) -> str:
    """A past or coming time in a few words."""
    gap = now - at
    if gap < timedelta(0):
        return _ahead(-gap, at)
    if gap < _MINUTE:
        return "just now"
    if gap < _HOUR:
        return f"{gap // _MINUTE} min ago"
    if gap < _DAY * 2:
        return f"{gap // _HOUR} h ago"
    return f"{at.day} {at:%b}" if gap < _DAY * 300 else f"{at.day} {at:%b %Y}"


def lag(gap: timedelta) -> str:
    """How much later something came, in one unit; "" for nothing worth telling."""
    if gap < _MINUTE:
        return ""
    if gap < _HOUR:
        return f"+{gap // _MINUTE} min"
    return f"+{gap // _HOUR} h" if gap < _DAY * 2 else f"+{gap // _DAY} days"


def _ahead(gap: timedelta, at: datetime) -> str:
    if gap < _HOUR:
        return f"in {gap // _MINUTE + 1} min"
    return f"in {gap // _HOUR} h" if gap < _DAY * 2 else f"{at.day} {at:%b %Y}"


def stance(given: Stance | str, confidence: float | None = None) -> Markup:
    """A stance by shape, word and colour; weak ones are marked as such."""
    kind = Stance(str(given))
    weak = " weak" if confidence is not None and confidence < UNSURE_BELOW else ""
    sure = Markup(' <span class="pct">{}</span>').format(percent(confidence)) if confidence is not None else ""
    return Markup('<span class="stance {}{}"><span class="mark" aria-hidden="true">{}</span>{}{}</span>').format(
        kind.value, weak, MARKS[kind], LABELS[kind], sure
    )


def share(value: float) -> str:
    """A counted share, which may well be all or nothing."""
    return f"{value:.0%}"


def rule_link(rule: str, title: str, longest: int = 90) -> Markup:
    """The title of an alert's rule, as a link where it is a rule that somebody wrote."""
    shown = clean(title, longest)
    if rule in {SERVICE, AFTER_QUIET_HOURS}:
        return escape(shown)
    return Markup('<a href="/rules/{}">{}</a>').format(quote(rule, safe=""), shown)


def holder(name: str, source: str = "") -> str:
    """Who holds a stance, in words."""
    return f"{source or 'The outlet'} itself" if name == OUTLET else clean(name, 80)


def snippet(text: str) -> Markup:
    """A snippet with the found words marked."""
    return Markup(str(escape(text)).replace(OPEN, "<mark>").replace(CLOSE, "</mark>"))  # noqa: S704 - escaped before


def evident(text: str, statements: Sequence[Statement], part: str) -> Markup:
    """A text with the evidence of statements marked; where two share a sentence the first gives the colour."""
    spans = _apart(
        [(one.evidence.start, one.evidence.end, one) for one in statements if one.evidence and one.evidence.part == part]
    )
    pieces, at = [], 0
    for start, end, one in spans:
        pieces.append(escape(text[at:start]))
        pieces.append(
            Markup('<mark class="evidence {}" title="{}">{}</mark>').format(
                one.stance.value, f"{holder(one.holder)}: {LABELS[one.stance]}, {percent(one.confidence)}", text[start:end]
            )
        )
        at = end
    pieces.append(escape(text[at:]))
    # Paragraphs stand apart; a stylesheet shows the empty line between them.
    return Markup(_BREAKS.sub("\n\n", str(Markup("").join(pieces))))  # noqa: S704 - only line breaks change


def _apart(spans: list[tuple[int, int, Statement]]) -> list[tuple[int, int, Statement]]:
    """Spans in order without overlap; takes a side before neutral, then the surer one."""
    chosen: list[tuple[int, int, Statement]] = []
    for start, end, one in sorted(spans, key=lambda span: (span[2].stance is Stance.NEUTRAL, -span[2].confidence)):
        if start < end and all(end <= first or last <= start for first, last, _ in chosen):
            chosen.append((start, end, one))
    return sorted(chosen, key=lambda span: span[:2])


FILTERS = {
    "moment": moment,
    "stance": stance,
    "percent": percent,
    "share": share,
    "holder": holder,
    "rule_link": rule_link,
    "snippet": snippet,
    "clean": clean,
    "plural": plural,
    "safe_url": safe_url,
}

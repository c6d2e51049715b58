"""Draws trends as SVG by hand: readable without colour, light and dark, with a title and a description for screen readers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from html import escape

from monitor.core.alerts.render import plural
from monitor.core.feeds.markup import shorten
from monitor.core.trends.series import Balance, TopicTrends, Voice, Volume
from monitor.model import OUTLET, Stance

WIDTH = 760
_LABELS = 190
_COUNTS = 120
_ROW = 26
_STYLE = """
.mc{font:13px system-ui,-apple-system,"Segoe UI","Noto Sans","Noto Sans CJK KR",sans-serif;
--ink:#1c1f24;--quiet:#5c6470;--line:#d8dce2;--favor:#1f6fb2;--against:#c2500a;--neutral:#b6bcc6;--bar:#4b5a70;--pale:#aab6c6}
.mc text{fill:var(--ink)}.mc .q{fill:var(--quiet);font-size:11px}.mc .on{fill:#fff;font-size:11px;font-weight:600}
.mc .dark{fill:#1c1f24;font-size:11px;font-weight:600}
.mc .favor{fill:var(--favor)}.mc .against{fill:var(--against)}.mc .neutral{fill:var(--neutral)}
.mc .bar{fill:var(--bar)}.mc .pale{fill:var(--pale)}.mc .line{stroke:var(--line);fill:none}.mc .few{opacity:.55}
@media (prefers-color-scheme:dark){.mc{--ink:#e8eaee;--quiet:#a2abb8;--line:#3b424d;--favor:#5aa7e6;--against:#f0894a;
--neutral:#717a87;--bar:#9db0cb;--pale:#56647a}.mc .on{fill:#10131a}.mc .dark{fill:#fff}}
@media print{.mc{--ink:#1c1f24;--quiet:#5c6470;--line:#d8dce2;--favor:#1f6fb2;--against:#c2500a;--neutral:#b6bcc6}}
"""
_ORDER = (Stance.FAVOR, Stance.NEUTRAL, Stance.AGAINST)
_WORDS = {Stance.FAVOR: "in favour", Stance.NEUTRAL: "neutral", Stance.AGAINST: "against"}
_WIDEST_SHARE_WITHOUT_NUMBER = 0.08
_MOST_VOICES = 14


def stance_matrix(trends: TopicTrends, name: str) -> str:
    """One bar for each holder: the shares of its stances over independent stories, with the numbers."""
    voices = [voice for voice in trends.voices if voice.total.stories][:_MOST_VOICES]
    height = 58 + _ROW * max(1, len(voices))
    said = "; ".join(f"{label(voice.holder)}: {in_words(voice.total)}" for voice in voices) or "no stances"
    parts = [_text(0, 16, f"Who takes which side on {name}"), *_legend(34)]
    parts += [_stance_row(voice, 50 + _ROW * at) for at, voice in enumerate(voices)]
    if not voices:
        parts.append(_text(0, 66, "No stances in this span", "q"))
    return _svg(height, f"Stances on {name} by holder", said, parts)


def volume_chart(trends: TopicTrends, name: str) -> str:
    """Bars of independent stories by day or week, with the articles that told them behind."""
    top = max((volume.articles for volume in trends.volume), default=0)
    said = f"{told_in_words(trends)}; most in one {trends.step}: {plural(top, 'article')}"
    parts = [_text(0, 16, f"Coverage of {name}, by {trends.step}"), *_volume_bars(trends.volume, 30, 110)]
    parts.append(_text(0, 176, "dark: independent stories · pale: articles", "q"))
    return _svg(184, f"Coverage of {name}", said, parts)


def stance_series(trends: TopicTrends, name: str) -> str:
    """For each holder a row of stacked columns over time; pale where few stories stand behind one."""
    voices = [voice for voice in trends.voices if voice.total.stories][:_MOST_VOICES]
    row = 64
    height = 78 + row * max(1, len(voices))
    parts = [_text(0, 16, f"Stances on {name} over time, by {trends.step}"), *_legend(34)]
    most = max((balance.stories for voice in voices for balance in voice.series), default=0) or 1
    parts += [part for at, voice in enumerate(voices) for part in _series_row(voice, 56 + row * at, row, most)]
    parts += _dates([volume.start for volume in trends.volume], height - 14, left=_LABELS)
    said = "; ".join(
        f"{label(voice.holder)}: {in_words(voice.total)}" + (f", {shift_in_words(voice)}" if voice.shift else "")
        for voice in voices
    )
    return _svg(height, f"Stances on {name} over time", said or "no stances", parts)


def label(holder: str) -> str:
    """How a holder is named to readers."""
    return "outlets' own voice" if holder == OUTLET else holder


def told_in_words(trends: TopicTrends) -> str:
    """How much was told, such as "4 stories in 9 articles of 1 outlet"."""
    return f"{plural(trends.stories, 'story')} in {plural(trends.articles, 'article')} of {plural(trends.outlets, 'outlet')}"


def in_words(balance: Balance) -> str:
    """The counts of a balance, such as "3 in favour, 1 against of 4 stories"."""
    counts = [f"{balance.count(stance)} {_WORDS[stance]}" for stance in _ORDER if balance.count(stance)]
    return f"{', '.join(counts) or 'nothing'} of {plural(balance.stories, 'story')}"


def shift_in_words(voice: Voice) -> str:
    """A voice's shift, such as "from neutral to against on 3 Nov 2024"; "" without one."""
    shift = voice.shift
    return "" if shift is None else f"from {_WORDS[shift.before]} to {_WORDS[shift.after]} on {shift.on:%-d %b %Y}"


def _svg(height: int, title: str, description: str, parts: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="mc" role="img" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'height="{height}" style="max-width:100%;height:auto"><title>{escape(title)}</title><desc>{escape(description)}</desc>'
        f"<style>{_STYLE}</style>{''.join(parts)}</svg>"
    )


def _text(x: float, y: float, text: str, kind: str = "", anchor: str = "start") -> str:
    style = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{style} text-anchor="{anchor}">{escape(text)}</text>'


def _rect(x: float, y: float, width: float, height: float, kind: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(0.0, width):.1f}" height="{max(0.0, height):.1f}" class="{kind}"/>'


def _legend(y: float) -> list[str]:
    parts, x = [], float(_LABELS)
    for stance in _ORDER:
        parts += [_rect(x, y - 9, 10, 10, stance.value), _text(x + 15, y, _WORDS[stance], "q")]
        x += 90
    return parts


def _stance_row(voice: Voice, y: float) -> str:
    total, room, x = voice.total, WIDTH - _LABELS - _COUNTS, float(_LABELS)
    parts = [_text(0, y + 14, shorten(label(voice.holder), 27))]
    for stance in _ORDER:
        share = total.count(stance) / total.stories
        width = share * room
        parts.append(_rect(x, y, width - 1, 18, f"{stance.value}{' few' if total.is_small else ''}"))
        if share > _WIDEST_SHARE_WITHOUT_NUMBER:
            ink = "dark" if stance is Stance.NEUTRAL or total.is_small else "on"
            parts.append(_text(x + width / 2, y + 13, str(total.count(stance)), ink, "middle"))
        x += width
    note = f"{total.stories} {'story' if total.stories == 1 else 'stories'}{' (few)' if total.is_small else ''}"
    return "".join([*parts, _text(WIDTH - _COUNTS + 8, y + 13, note, "q")])


def _volume_bars(volume: Sequence[Volume], top: float, height: float) -> list[str]:
    most = max((one.articles for one in volume), default=0) or 1
    step = WIDTH / max(1, len(volume))
    width = min(40.0, step * 0.8)
    parts = [f'<path class="line" d="M0 {top + height}H{WIDTH}"/>']
    for at, one in enumerate(volume):
        x = at * step + (step - width) / 2
        for count, kind in ((one.articles, "pale"), (one.stories, "bar")):
            parts.append(_rect(x, top + height * (1 - count / most), width, height * count / most, kind))
    peak = max(range(len(volume)), key=lambda at: volume[at].articles, default=None)
    if peak is not None and volume[peak].articles:
        parts.append(_text(peak * step + step / 2, top - 3, str(volume[peak].articles), "q", "middle"))
    return parts + _dates([one.start for one in volume], top + height + 15)


def _series_row(voice: Voice, y: float, row: float, most: int) -> list[str]:
    room, height = WIDTH - _LABELS, row - 26
    step = room / max(1, len(voice.series))
    width = min(28.0, step * 0.8)
    parts = [
        _text(0, y + height / 2, shorten(label(voice.holder), 27)),
        f'<path class="line" d="M{_LABELS} {y + height}H{WIDTH}"/>',
    ]
    if voice.shift:
        parts.append(_text(0, y + height / 2 + 15, shorten(shift_in_words(voice), 32), "q"))
    for at, balance in enumerate(voice.series):
        bottom = y + height
        for stance in reversed(_ORDER):
            tall = height * balance.count(stance) / most
            bottom -= tall
            if tall:
                kind = f"{stance.value}{' few' if balance.is_small else ''}"
                parts.append(_rect(_LABELS + at * step + (step - width) / 2, bottom, width, tall, kind))
        if balance.stories:
            parts.append(_text(_LABELS + at * step + step / 2, bottom - 3, str(balance.stories), "q", "middle"))
    return parts


def _dates(starts: Sequence[date], y: float, left: float = 0.0) -> list[str]:
    """The first, middle and last day under an axis."""
    if not starts:
        return []
    named = sorted({0, len(starts) // 2, len(starts) - 1})
    anchors = {0: "start", len(starts) - 1: "end"}
    places = {0: left, len(starts) - 1: float(WIDTH)}
    step = (WIDTH - left) / len(starts)
    return [
        _text(places.get(at, left + at * step + step / 2), y, f"{starts[at]:%-d %b %Y}", "q", anchors.get(at, "middle"))
        for at in named
    ]

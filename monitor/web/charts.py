"""Charts as SVG without scripts or styles of their own: colours come from classes, every mark has its words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote

from markupsafe import Markup

STANCES = ("against", "neutral", "favor")
_SAID = {"against": "against", "neutral": "neutral", "favor": "for"}


@dataclass(frozen=True, slots=True)
class Bar:
    """One span of time: what it is called, where a click leads, and how many of each series."""

    label: str
    parts: Mapping[str, int]
    href: str = ""

    @property
    def total(self) -> int:
        """All series together."""
        return sum(self.parts.values())


def columns(bars: Sequence[Bar], *, title: str, width: int = 720, height: int = 132) -> Markup:
    """Stacked columns over time with a baseline, the largest value and the first and last label."""
    top = max((bar.total for bar in bars), default=0) or 1
    floor, ceiling = height - 2, 6
    step = width / max(len(bars), 1)
    inner = Markup("").join(_column(bar, step * at, step, floor, (floor - ceiling) / top) for at, bar in enumerate(bars))
    # An image hides what is inside from assistive technology; with links inside it must not be one.
    role = "group" if any(bar.href and bar.total for bar in bars) else "img"
    first, last = (bars[0].label, bars[-1].label) if bars else ("", "")
    return Markup(
        '<div class="chart-box"><span class="chart-top" aria-hidden="true">{most}</span>'
        '<svg class="chart" viewBox="0 0 {w} {h}" role="{role}" aria-label="{title}" preserveAspectRatio="none">'
        '<line class="grid" x1="0" x2="{w}" y1="{top}" y2="{top}"/>'
        '<line class="axis" x1="0" x2="{w}" y1="{floor}" y2="{floor}"/>'
        '{inner}</svg><p class="axis-labels" aria-hidden="true"><span>{first}</span><span>{last}</span></p></div>'
    ).format(
        w=width, h=height, title=title, top=ceiling, floor=floor, inner=inner, first=first, last=last, most=f"{top:,}", role=role
    )


def _column(bar: Bar, left: float, step: float, floor: int, scale: float) -> Markup:
    said = ", ".join(f"{number:,} {_SAID.get(name, name)}" for name, number in bar.parts.items() if number) or "none"
    gap = min(2.0, step * 0.18)
    pieces, bottom = [], float(floor)
    for name, number in bar.parts.items():
        tall = number * scale
        bottom -= tall
        if number:
            pieces.append(
                Markup('<rect class="fill-{}" x="{}" y="{}" width="{}" height="{}"/>').format(
                    name, f"{left + gap / 2:.1f}", f"{bottom:.1f}", f"{max(step - gap, 0.5):.1f}", f"{tall:.1f}"
                )
            )
    area = Markup('<rect class="hit" x="{}" y="0" width="{}" height="{}"/>').format(f"{left:.1f}", f"{step:.1f}", floor)
    inner = Markup("<title>{}: {}</title>{}{}").format(bar.label, said, area, Markup("").join(pieces))
    if bar.href and bar.total:
        return Markup('<a href="{}" aria-label="{}: {}">{}</a>').format(bar.href, bar.label, said, inner)
    return Markup("<g>{}</g>").format(inner)


def spark(values: Sequence[int], *, title: str, width: int = 120, height: int = 28) -> Markup:
    """A line without axes for a row of a list."""
    top = max(values, default=0) or 1
    step = width / max(len(values) - 1, 1)
    points = " ".join(f"{at * step:.1f},{height - 2 - value / top * (height - 5):.1f}" for at, value in enumerate(values))
    return Markup(
        '<svg class="spark" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img" aria-label="{title}">'
        '<polyline points="{points}"/></svg>'
    ).format(w=width, h=height, title=title, points=points)


def share(parts: Mapping[str, float], *, width: int = 160, height: int = 8) -> Markup:
    """One bar split by stance; the numbers stand beside it in words."""
    whole = sum(parts.values()) or 1
    at, pieces = 0.0, []
    for name in STANCES:
        wide = parts.get(name, 0) / whole * width
        pieces.append(
            Markup('<rect class="fill-{}" x="{}" y="0" width="{}" height="{}"/>').format(name, f"{at:.1f}", f"{wide:.1f}", height)
        )
        at += wide
    said = ", ".join(f"{_SAID[name]} {parts.get(name, 0) / whole:.0%}" for name in STANCES)
    return Markup(
        '<svg class="share" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img" aria-label="{said}" '
        'preserveAspectRatio="none">{inner}</svg>'
    ).format(w=width, h=height, said=said, inner=Markup("").join(pieces))


@dataclass(frozen=True, slots=True)
class Cell:
    """One holder in one week: how many articles show each stance."""

    counts: Mapping[str, int]

    @property
    def leading(self) -> str:
        """The side that most articles show; neutral where nobody takes one; "" where there is nothing."""
        taken = max(("against", "favor"), key=lambda name: self.counts.get(name, 0))
        return next((name for name in (taken, "neutral") if self.counts.get(name, 0)), "")

    @property
    def parts(self) -> list[tuple[str, int]]:
        """Each stance shown with the number of articles, sides first."""
        return [(name, self.counts[name]) for name in ("against", "favor", "neutral") if self.counts.get(name, 0)]


def search_link(query: str) -> str:
    """Where a search for this query is found."""
    return f"/search?q={quote(query)}"


def quoted(name: str) -> str:
    """A name as the query language writes it."""
    return name if name.replace("-", "").isalnum() and name.isascii() else '"{}"'.format(name.replace('"', ""))


def week_of(day: date) -> str:
    """A week by its Monday, short."""
    return f"{day.day} {day:%b}"

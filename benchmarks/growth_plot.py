"""Small charts below each other over one span of time, as SVG that needs no script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

WIDTH, HEIGHT, LEFT, TOP, GAP = 760, 92, 64, 46, 34


def plot(heading: str, at: Sequence[float], unit: str, series: Mapping[str, Sequence[float]]) -> str:
    """Each series (by its title) against the moments `at`, all from 0 to its highest value; `unit` names what `at` counts."""
    bottom = TOP + len(series) * (HEIGHT + GAP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH + LEFT + 24} {bottom}" role="img" font-family="sans-serif" font-size="12">',
        f"<title>{heading}</title>",
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="22" font-size="14" fill="#111111">{heading}</text>',
    ]
    for row, (title, values) in enumerate(series.items()):
        parts += _panel(TOP + row * (HEIGHT + GAP) + HEIGHT, title, [moment / max(at) for moment in at], values)
    end = f'<text x="{LEFT + WIDTH}" y="{bottom - 16}" text-anchor="end" fill="#555555">{max(at):.0f} {unit}</text>'
    return "\n".join([*parts, end, "</svg>", ""])


def _panel(base: float, title: str, shares: Sequence[float], values: Sequence[float]) -> list[str]:
    highest = max([*values, 1.0])
    points = " ".join(
        f"{LEFT + share * WIDTH:.1f},{base - value / highest * (HEIGHT - 18):.1f}"
        for share, value in zip(shares, values, strict=True)
    )
    return [
        f'<text x="{LEFT}" y="{base - HEIGHT + 10}" fill="#111111">{title}</text>',
        f'<line x1="{LEFT}" y1="{base}" x2="{LEFT + WIDTH}" y2="{base}" stroke="#999999"/>',
        f'<text x="{LEFT - 6}" y="{base}" text-anchor="end" fill="#555555">0</text>',
        f'<text x="{LEFT - 6}" y="{base - HEIGHT + 30}" text-anchor="end" fill="#555555">{highest:,.0f}</text>',
        f'<polyline points="{points}" fill="none" stroke="#1f5fa8" stroke-width="1.3"/>',
    ]

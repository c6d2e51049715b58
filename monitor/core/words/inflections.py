"""Tells whether a word of a text is a form of a name: possessives, cases, particles and adjectives made from it."""

# ruff: noqa: SIM905 - lists of words are easier to read and to mend as words

from __future__ import annotations

import re
from functools import lru_cache

_WIDE = re.compile(r"[\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
_CYRILLIC = re.compile(r"[\u0400-\u04ff]")
_ARABIC = re.compile(r"[\u0600-\u06ff]")
_ARABIC_MARKS = re.compile(r"[\u064b-\u0652\u0640]")
_ARABIC_ATTACHED = re.compile(r"^[وفبلك]?(?:ال|لل)?")

_RUSSIAN_ENDINGS = frozenset(
    "иями ями ами иях ого его ому ему ыми ими ией иям ием ях ах ов ев ей ой ий ый ая яя ую юю ое ее ые ие ом ем ам ям ым им ых их ья ью "
    "ия ии ию а я о е ы и у ю ь й".split()
) | {""}
_LONGEST_ENDING = 4
_RUSSIAN_ADJECTIVE = re.compile(r"^(?:и|ей|ий)?(?:й|ан|ян)?ск(?:ий|ая|ое|ие|ого|ой|ому|ую|им|ом|их|ими|о)$")
_LATIN_CASES = ("s", "es", "n", "en", "e", "er", "em", "’", "'")
_LATIN_ADJECTIVES = ("n", "ian", "an", "i", "ese", "ish", "ns", "ians", "is")
_SHORTEST_INFLECTED = 4

_KOREAN_PARTICLES = re.compile(
    r"(?:은|는|이|가|을|를|의|에|와|과|도|로|만|나|랑|에서|에게|에는|에도|으로|부터|까지|라고|라는|라며|이라고|이라는|이라며|이다|이며|인|"
    r"과는|와는|과의|와의|만이|보다|처럼|마저|조차|이나|측|측은|측이|측의|측에|들|들은|들이|들의|들을)$"
)
_KOREAN_OFFICES = re.compile(
    r"^(?:정부|당국|외무성|외교부|국방부|국방성|군|군부|대통령|총리|의회|국회|대사|대사관|대표|당|여당|야당|외무부|장관|중앙은행|최고|노동당|통신|"
    r"매체|언론|관리|정권|지도|지도부|수뇌부|백악관|대표부|위원회|협회|정당|회사|그룹)"
)


def is_wide(text: str) -> bool:
    """Whether a name is written in a script whose words are not set apart (Korean included, for its particles)."""
    return _WIDE.search(text) is not None


def count_wide(text: str) -> int:
    """How many letters of such scripts a text has."""
    return len(_WIDE.findall(text))


def is_mostly_wide(text: str) -> bool:
    """Whether a text is written in such a script, whatever names or numbers of others stand in it."""
    return 3 * count_wide(text) > len(text)


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """What every form of a word begins with, folded; two words with one stem need not be forms of one."""
    folded = word.casefold().rstrip(".").replace("ё", "е")
    if _ARABIC.search(folded):
        return _ARABIC_ATTACHED.sub("", _ARABIC_MARKS.sub("", folded)) or folded
    if _CYRILLIC.search(folded):
        cut = next((size for size in range(_LONGEST_ENDING, 0, -1) if folded[-size:] in _RUSSIAN_ENDINGS), 0)
        return folded[: max(len(folded) - cut, _SHORTEST_INFLECTED - 1)]
    first = folded.replace("’", "'").split("'")[0] or folded
    return first[:-1] if first.endswith("y") and len(first) > _SHORTEST_INFLECTED else first


@lru_cache(maxsize=65_536)
def is_form(name: str, word: str) -> bool:
    """Whether a word is a form of a name's word: the same, inflected, or an adjective made from it."""
    one, other = name.casefold().replace("ё", "е"), word.casefold().replace("ё", "е")
    if one == other or (_ARABIC.search(one) and stem(one) == stem(other)):
        return True
    if _CYRILLIC.search(one):
        return _is_russian_form(one, other)
    if len(one) < _SHORTEST_INFLECTED or not one.isalpha() or not other.startswith(one[:-1]):
        return False
    return _is_latin_form(one, other, is_proper=name[:1].isupper())


def _is_russian_form(one: str, other: str) -> bool:
    shared = next(
        (place for place, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), min(len(one), len(other))
    )
    for root in range(shared, max(_SHORTEST_INFLECTED - 1, len(one) - _LONGEST_ENDING) - 1, -1):
        if one[root:] in _RUSSIAN_ENDINGS and (other[root:] in _RUSSIAN_ENDINGS or _RUSSIAN_ADJECTIVE.match(other[root:])):
            return True
    return False


def _is_latin_form(one: str, other: str, *, is_proper: bool) -> bool:
    if not other.startswith(one):
        return one.endswith("y") and other == one[:-1] + "ies"
    rest = other[len(one) :]
    return rest in _LATIN_CASES or (is_proper and rest in _LATIN_ADJECTIVES) or (one.endswith("e") and rest in {"r", "m"})


def korean_rest_allowed(name: str, rest: str) -> bool:
    """Whether what follows a Korean name inside the same word leaves it that name."""
    if not rest or _KOREAN_PARTICLES.match(rest) or _KOREAN_OFFICES.match(rest):
        return True
    return len(name) > _SHORTEST_INFLECTED - 1

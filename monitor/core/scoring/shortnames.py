"""One-letter names of countries in Korean, Japanese and Chinese headlines, found only where an office or a mark follows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

_NAMES = {
    "米": ("米国", "アメリカ"),
    "英": ("英国", "イギリス"),
    "仏": ("フランス",),
    "独": ("ドイツ",),
    "韓": ("韓国",),
    "露": ("ロシア",),
    "中": ("中国",),
    "印": ("インド", "印度"),
    "豪": ("オーストラリア", "豪州"),
    "伊": ("イタリア",),
    "美": ("美国",),
    "俄": ("俄罗斯",),
    "韩": ("韩国",),
    "法": ("法国",),
    "德": ("德国",),
    "日": ("日本",),
    "朝": ("朝鲜",),
    "미": ("미국",),
    "북": ("북한",),
    "중": ("중국",),
    "일": ("일본",),
    "러": ("러시아",),
    "영": ("영국",),
    "프": ("프랑스",),
    "독": ("독일",),
}
_SHORT = {name: letter for letter, names in _NAMES.items() for name in names}
_HAN_OFFICES = (
    "国務|商務|大統領|国防|財務|通商代表|政府|軍|代表|外相|首相|高官|当局|議会|上院|下院|メディア|"
    "国务|商务|总统|总理|外交|外长|财长|防长|财政|军方|军|官员|媒体|媒|方|众院|参院|议员|国会"
)
_HANGUL_OFFICES = (
    "국무|국방|대통령|정부|의회|재무|상무|백악관|하원|상원|무역대표|당국|외무|외교|총리|통신|매체|군|해군|육군|공군|[0-9]+함대"
)
# Some letters are everyday words in Japanese after its own syllables: その日は is that day, 冬の朝、a winter's morning.
_HAN = re.compile(
    rf"(?<![\u30a1-\u30ff\u3400-\u9fff])((?<![\u3041-\u309f])[中印法德日朝]|[米英仏独韓露豪伊美俄韩])"
    rf"(?=(?:{_HAN_OFFICES})|[は、・](?![。]))"
)
_HANGUL = re.compile(rf"(?<![가-힣])([미북중일러영프독])(?= ?(?:{_HANGUL_OFFICES})|[·,…])")


def short_names(aliases: Iterable[tuple[str, str]]) -> dict[str, tuple[str, str]]:
    """Letter -> (actor, alias it stands for), of (alias, actor) pairs; of two actors with one letter the first one owns it."""
    found: dict[str, tuple[str, str]] = {}
    for alias, actor in aliases:
        if actor and alias in _SHORT:
            found.setdefault(_SHORT[alias], (actor, alias))
    return found


def find_short_names(text: str, names: Mapping[str, tuple[str, str]]) -> Iterator[tuple[str, str, int]]:
    """(actor, alias, place of the letter) wherever a letter stands for a country."""
    for pattern in (_HAN, _HANGUL):
        for match in pattern.finditer(text):
            if match.group(1) in names:
                yield (*names[match.group(1)], match.start())

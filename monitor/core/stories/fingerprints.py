"""What one telling of an event can be recognised by: its address, title, wording, places, figures and days."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from monitor.core.feeds.identity import canonical_link
from monitor.core.stories.figures import days_in, editions_in, figures_in, weekdays_in, years_in
from monitor.core.stories.gazetteer import places_in
from monitor.core.stories.wires import strip_trimmings

Signature: TypeAlias = NDArray[np.uint32]

PERMUTATIONS = 64
"""64 hashes estimate a Jaccard similarity with a standard error of at most 0.0625."""

_LEAD = 400
_COMPARED = 4_000
_SHINGLE = 5
_WIDE_SHINGLE = 12
_ROOT = 6
_SHORT_WORD = 3
_SHORT_TITLE = 12

_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
_WORD = re.compile(r"\w+")
_OPINION = re.compile(
    r"^\W*(?:editorial|op-?ed|opinion|commentary|column|analysis|comment|letter from [\w .'-]+|view|leitartikel|kommentar|meinung"
    r"|éditorial|tribune|opinión|opinion|columna|колонка|комментарий|мнение|передовица)\s*[:|\]】–—]"
    r"|^\s*[\[【(〈<]?\s*(?:사설|칼럼|기고|시론|논평|오피니언|社説|社说|社論|社论|コラム|論説|評論|评论|时评|時評|短评|观点)\s*[:：\]】)〉>|]"
    r"|^\s*(?:افتتاحية|رأي|مقال)\s*[:|]",
    re.IGNORECASE,
)
_NAMES_DOCUMENT = re.compile(r"(?:^|&)(?:id|p|idx|no|articleid|newsid|aid|sid|key)=", re.IGNORECASE)
_OUTLET_AT_END = re.compile(r"\s+[-–—|·]\s+[^-–—|·]{2,40}$")


@dataclass(frozen=True, slots=True)
class Telling:
    """One article as a telling of some event; `published` and `language` may be unknown (None and "")."""

    title: str
    text: str
    language: str = ""
    source: str = ""
    url: str = ""
    author: str = ""
    published: datetime | None = None
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What is compared of a telling. `signature` is a MinHash of its wording, None for texts too short to have one."""

    address: str
    title: str
    language: str
    published: datetime | None
    signature: Signature | None
    words: frozenset[str]
    places: frozenset[str]
    title_places: frozenset[str]
    figures: frozenset[str]
    days: frozenset[date]
    weekdays: frozenset[int]
    years: frozenset[int]
    editions: frozenset[tuple[str, int]]
    agency: str
    byline: str
    is_opinion: bool = False
    """Its title calls it an editorial, a commentary, a column or a letter: it speaks about events and reports none."""


def take_fingerprint(telling: Telling) -> Fingerprint:
    """The fingerprint of a telling; only its title and lead say what the event is, the whole text says whose words it is."""
    copy = strip_trimmings(telling.text, telling.author)
    title = telling.title[:_LEAD]
    lead = f"{title}\n{copy.body[:_LEAD]}"
    return Fingerprint(
        address=fold_address(telling.url),
        title=fold_title(title),
        language=telling.language,
        published=telling.published,
        signature=sign(copy.body),
        words=content_words(lead),
        places=places_in(lead),
        title_places=places_in(title),
        figures=figures_in(lead),
        days=days_in(lead, telling.published),
        weekdays=weekdays_in(lead),
        years=years_in(lead),
        editions=editions_in(lead),
        agency=copy.agency,
        byline=copy.byline,
        is_opinion=_OPINION.search(title) is not None,
    )


def fold_address(url: str) -> str:
    """One address for all ways to link to a page, with a query only where that names a document; "" for a front page."""
    parts = urlsplit(canonical_link(url))
    query = f"?{parts.query}" if _NAMES_DOCUMENT.search(parts.query) else ""
    return f"{parts.netloc}{parts.path}{query}" if len(parts.path) > 1 or query else ""


def fold_title(title: str) -> str:
    """A title for comparison: case, punctuation and the outlet's name at its end do not count; "" when too short to tell."""
    plain = _OUTLET_AT_END.sub("", unicodedata.normalize("NFKC", title)).casefold()
    folded = " ".join(_WORD.findall(plain))
    return folded if len(folded) * (2 if _WIDE.search(folded) else 1) >= _SHORT_TITLE else ""


def content_words(text: str) -> frozenset[str]:
    """Roots of the longer words, and pairs of letters where words are not set apart."""
    found: set[str] = set()
    for word in _WORD.findall(unicodedata.normalize("NFKC", text).casefold()):
        if _WIDE.search(word):
            found.update(word[at : at + 2] for at in range(max(1, len(word) - 1)))
        elif len(word) > _SHORT_WORD:
            found.add(word[:_ROOT])
    return frozenset(found)


def sign(text: str) -> Signature | None:
    """The MinHash of a text's shingles: five words, or twelve letters where words are not set apart."""
    from datasketch import MinHash  # noqa: PLC0415 - it brings SciPy along, and only texts that are analysed need it

    folded = unicodedata.normalize("NFKC", text[:_COMPARED]).casefold()
    if len(_WIDE.findall(folded)) > len(folded) / 5:
        letters = "".join(_WORD.findall(folded))
        shingles = {letters[at : at + _WIDE_SHINGLE] for at in range(len(letters) - _WIDE_SHINGLE + 1)}
    else:
        words = _WORD.findall(folded)
        shingles = {" ".join(words[at : at + _SHINGLE]) for at in range(len(words) - _SHINGLE + 1)}
    if len(shingles) < _SHINGLE:
        return None
    hashed = MinHash(num_perm=PERMUTATIONS)
    hashed.update_batch([shingle.encode() for shingle in sorted(shingles)])
    values: Signature = hashed.hashvalues
    return values


def resemblance(one: Signature | None, other: Signature | None) -> float:
    """The estimated Jaccard similarity of two wordings, 0 when either is unknown."""
    return 0.0 if one is None or other is None else float(np.mean(one == other))

"""Judges whether a text speaks in its own voice, as an editorial does, or tells what others say and do."""

from __future__ import annotations

import re

from monitor.core.scoring.voices import Reading, Sentence

_MARKS = re.compile(
    r"\b(?:editorial|opinion|comment|leading article|op-ed|column|viewpoint|kommentar|leitartikel|meinung|éditorial|tribune|"
    r"columna|tribuna)\b|"
    r"редакцион|мнение|колонка|社説|論説|コラム|사설|칼럼|기고|시론|논평|社论|社評|社评|时评|评论员|رأي|افتتاحية",
    re.IGNORECASE,
)
_OUGHT = re.compile(
    r"\b(?:should|must|ought|deserves?|had better|let us|let's|needs? to|muss|müssen|sollten?|darf nicht|gehört|"
    r"doit|doivent|devrai(?:en)?t|faut|mérite|debe|deben|deberían?|hay que|merece|conviene)\b|"
    r"должн|следует|нужно|стоит|пора|べき|ねばなら|なければなら|たい。|ほしい|"
    r"야 한다|야 할|되어서는 안|바란다|마땅|应当|应该|必须|不妨|不该|理应|يجب|ينبغي|لا بد",
    re.IGNORECASE,
)
_OWN = re.compile(
    r"\b(?:we|our|us|I|my|wir|unser\w*|ich|nous|notre|nos|nosotros|nuestr\w+|мы|нам|наш\w*|нас)\b(?!\.)|"
    r"私たち|われわれ|我々|우리는|우리가|필자|我们|笔者|本报|نحن|علينا"
)
_REPORTING_SHARE = 0.45
_FEW_SENTENCES = 4

CERTAIN, POSSIBLE, NONE = 1.0, 0.6, 0.0


def is_own(sentence: Sentence) -> bool:
    """Whether the outlet itself speaks in a sentence: nobody is quoted, nobody is said to say it."""
    return sentence.quoted == 0 and not sentence.is_said


def is_demanding(sentence: Sentence) -> bool:
    """Whether a sentence says in the outlet's voice what ought to be: what somebody should do is not what they think."""
    return is_own(sentence) and _OUGHT.search(sentence.outside) is not None


def is_judging(sentence: Sentence) -> bool:
    """Whether a sentence says in the outlet's voice what ought to be, or what "we" think."""
    return is_demanding(sentence) or (is_own(sentence) and _OWN.search(sentence.outside) is not None)


def own_voice(reading: Reading) -> float:
    """How far a stance of the outlet's own is to be expected: `CERTAIN` in opinion pieces, `NONE` in mere reports."""
    title = next((sentence.text for sentence in reading.sentences if sentence.part == "title"), "")
    body = [sentence for sentence in reading.sentences if sentence.part == "text"] or list(reading.sentences)
    reporting = sum(not is_own(sentence) for sentence in body) / max(1, len(body))
    if _MARKS.search(title) or (len(body) < _FEW_SENTENCES and not reporting):
        return CERTAIN
    if reporting > _REPORTING_SHARE:
        return NONE
    return CERTAIN if any(map(is_judging, reading.sentences)) else POSSIBLE

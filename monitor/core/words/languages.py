"""Names the language of a text: by its script where that decides, by letter statistics where it does not."""

from __future__ import annotations

import re

from monitor.core.language_tags import primary_language

UNKNOWN = "und"
"""What a text without letters is written in (ISO 639-3)."""

_LATIN = ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "tr", "sv", "da", "no", "fi", "cs", "hu", "ro", "id", "vi")
_CYRILLIC = ("ru", "uk", "bg", "sr", "mk", "be")
_ARABIC = ("ar", "fa", "ur")
_READ = 3_000
_RANKED = 1_000
_FEW_LETTERS = 24
_SHARE = 0.2

_SCRIPTS = {
    "hangul": re.compile(r"[\uac00-\ud7a3\u1100-\u11ff\u3130-\u318f]"),
    "kana": re.compile(r"[\u3041-\u30fa\u30fd-\u30ff\uff66-\uff9d]"),
    "han": re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]"),
    "cyrillic": re.compile(r"[\u0400-\u04ff]"),
    "arabic": re.compile(r"[\u0600-\u06ff\u0750-\u077f]"),
    "latin": re.compile(r"[A-Za-z\u00c0-\u024f]"),
}


def detect(text: str, hint: str | None = None) -> str:
    """The ISO 639-1 code of a text's language; `hint` (the feed's word for it) decides where the text itself cannot."""
    sample = text[:_READ]
    counts = {name: len(found.findall(sample)) for name, found in _SCRIPTS.items()}
    letters = sum(counts.values())
    hinted = primary_language(hint) or ""
    if not letters:
        return hinted or UNKNOWN
    script = _leading_script(counts)
    if script == "hangul":
        return "ko"
    if script in {"kana", "han"}:
        return "ja" if counts["kana"] > 0.05 * (counts["han"] + counts["kana"]) else _han(hinted)
    choices = {"cyrillic": _CYRILLIC, "arabic": _ARABIC}.get(script, _LATIN)
    if letters < _FEW_LETTERS and hinted in choices:
        return hinted
    if letters < _FEW_LETTERS and script != "latin":
        return choices[0]
    return _classify(sample, choices)


def _leading_script(counts: dict[str, int]) -> str:
    """The script that carries the text; a Korean or Japanese one full of Latin names is still Korean or Japanese."""
    wide = {name: counts[name] for name in ("hangul", "kana", "han")}
    if sum(wide.values()) > _SHARE * sum(counts.values()):
        return max(wide, key=lambda name: wide[name])
    return max(counts, key=lambda name: counts[name])


def _han(hinted: str) -> str:
    return "ja" if hinted == "ja" else "zh"


def _classify(sample: str, choices: tuple[str, ...]) -> str:
    """The likeliest of these languages. All are ranked and ours picked, so one loaded model serves every choice."""
    from py3langid import rank  # noqa: PLC0415 - its model takes a moment to load, and most scripts need none

    return next((language for language, _ in rank(sample[:_RANKED]) if language in choices), choices[0])

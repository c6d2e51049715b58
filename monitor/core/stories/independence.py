"""Tells which outlets of a story speak for themselves: copies, one owner's papers and one agency's text count once."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from monitor.core.stories.fingerprints import Fingerprint, Telling, resemblance

_COPIED = 0.5
"""Two texts that share this much of their wording (Jaccard of shingles) are one text."""


def count_independent(members: Sequence[tuple[Telling, Fingerprint]]) -> int:
    """The number of outlets of a story that speak for themselves."""
    return len(set(find_voices(members)))


def find_voices(members: Sequence[tuple[Telling, Fingerprint]]) -> list[int]:
    """For each member the index of the first member that speaks with the same voice.

    Members are one voice when they share an outlet, an owner, a credited agency or author, or most of their wording.
    """
    parents = list(range(len(members)))
    seen: dict[Hashable, int] = {}
    for at, (telling, fingerprint) in enumerate(members):
        for key in _keys(telling, fingerprint):
            _unite(parents, at, seen.setdefault(key, at))
        for earlier in range(at):
            if resemblance(fingerprint.signature, members[earlier][1].signature) >= _COPIED:
                _unite(parents, at, earlier)
    return [_root(parents, at) for at in range(len(members))]


def _keys(telling: Telling, fingerprint: Fingerprint) -> list[Hashable]:
    """What two members of one voice have in common; an author's name counts only within one language."""
    keys: list[Hashable] = [("outlet", telling.source or telling.owner or id(telling))]
    if telling.owner:
        keys.append(("owner", telling.owner))
    if fingerprint.agency:
        keys.append(("agency", fingerprint.agency))
    if fingerprint.byline:
        keys.append(("byline", fingerprint.byline, telling.language))
    return keys


def _root(parents: list[int], at: int) -> int:
    while parents[at] != at:
        parents[at] = parents[parents[at]]
        at = parents[at]
    return at


def _unite(parents: list[int], one: int, other: int) -> None:
    first, second = sorted((_root(parents, one), _root(parents, other)))
    parents[second] = first


_LONG_TITLE = 110
_SHORT_TITLE = 25


def best_title(tellings: Sequence[Telling]) -> str:
    """The title that says most in a line: neither a stub nor a paragraph, from the language most tell it in; then the first."""
    if not tellings:
        return ""
    languages = [telling.language for telling in tellings]
    usual = max(dict.fromkeys(languages), key=languages.count)
    ordered = sorted(range(len(tellings)), key=lambda at: (tellings[at].language != usual, _awkwardness(tellings[at].title), at))
    return tellings[ordered[0]].title


def _awkwardness(title: str) -> int:
    wide = sum(letter > "\u3000" for letter in title)
    length = len(title) + wide
    return (length < _SHORT_TITLE) + (length > _LONG_TITLE) + title.isupper() + title.rstrip().endswith(("?", "…", "..."))

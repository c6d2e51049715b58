"""What makes two entries of a feed the same article: several keys, strongest first, because no single one holds.

A GUID may change at every poll, stand on every item or be missing; a link may carry tracking parameters or lead every
item to the same page; a text may be edited. So each entry gets every key that tells it apart from its neighbours.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from monitor.model import Entry, Feed

SHORTEST_TELLING_TEXT = 20
_MOBILE_HOST = re.compile(r"^(?:www|m|mobile|amp)\d?\.(?=[^.]+\.)")
_AMP_TAIL = re.compile(r"(?:/amp/?|\.amp(?:\.html?)?|/amp\.html?)$")
_PLAIN_LINK = re.compile(r"https?://([a-z0-9.-]+)((?:/[A-Za-z0-9._~-]+)*)/?", re.ASCII)
_TRACKING = re.compile(
    r"^(?:utm_|at_|mc_|ns_|pk_|mtm_|hsa_|_hs|wt_|fbclid|gclid|dclid|msclkid|yclid|igshid|cmpid|ocid|ito|spm)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Identified:
    """An entry, the keys it is known by in its feed (strongest first) and the hash of what it says."""

    entry: Entry
    keys: tuple[str, ...]
    content_hash: str


def identify(entries: Sequence[Entry], policy: str = "auto") -> list[Identified]:
    """The distinct entries of one document with their keys, in order; an exact repetition is left out.

    `policy` (a feed's `identity`) names the only key to use: guid, link or content; `auto` takes all that tell apart.
    """
    rows = list(dict.fromkeys((entry, _guid_key(entry), _link_key(entry), _content_key(entry)) for entry in entries))
    guids = _telling((guid, link or content) for _, guid, link, content in rows)
    links = _telling((link, guid if guid in guids else content) for _, guid, link, content in rows)
    contents = Counter(content for *_, content in rows)
    found: dict[str, Identified] = {}
    for entry, guid, link, content in rows:
        candidates = {"guid": guid if guid in guids else "", "link": link if link in links else "", "content": content}
        keys = _chosen(entry, candidates, policy, is_repeated=contents[content] > 1)
        found.setdefault(keys[0], Identified(entry, keys, content_hash(entry)))
    return list(found.values())


def _telling(pairs: Iterable[tuple[str, str]]) -> set[str]:
    """The keys that stand for one thing only: no other entry has the same key with something else beside it."""
    beside: dict[str, set[str]] = {}
    for key, other in pairs:
        beside.setdefault(key, set()).add(other)
    return {key for key, others in beside.items() if key and len(others) == 1}


def _chosen(entry: Entry, candidates: dict[str, str], policy: str, *, is_repeated: bool) -> tuple[str, ...]:
    if policy != "auto":
        return (candidates[policy] or candidates["content"],)
    keys = [key for key in (candidates["guid"], candidates["link"]) if key]
    tells = entry.published is not None and len(entry.title) + len(entry.text) >= SHORTEST_TELLING_TEXT and not is_repeated
    return (*keys, candidates["content"]) if tells or not keys else tuple(keys)


def _guid_key(entry: Entry) -> str:
    return f"guid:{_digest(entry.guid)}" if entry.guid else ""


def _link_key(entry: Entry) -> str:
    parts = _link_parts(entry.link) if entry.link else None
    # A link to the front page names the site, not an article.
    return f"link:{_digest(_joined(*parts))}" if parts and (parts[1].strip("/") or parts[2]) else ""


def _content_key(entry: Entry) -> str:
    when = entry.published.isoformat() if entry.published else ""
    return f"content:{_digest(entry.title, entry.text, when)}"


def content_hash(entry: Entry) -> str:
    """A hash of title and text, blind to white space."""
    return _digest(" ".join(entry.title.split()), " ".join(entry.text.split()))


def stable_id(entry: Entry) -> str:
    """What to call an entry outside the archive: its GUID, else its link, else a hash of what it says."""
    return entry.guid or entry.link or _content_key(entry)


def _digest(*parts: str) -> str:
    return hashlib.blake2b("\x00".join(parts).encode("utf-8", "replace"), digest_size=16).hexdigest()


def canonical_link(link: str) -> str:
    """One address for all ways to link to a page: no tracking parameters, fragment, AMP or mobile variant, no scheme.

    "" for a link that cannot be read.
    """
    parts = _link_parts(link)
    return _joined(*parts) if parts else ""


def _joined(host: str, path: str, query: str) -> str:
    if not host or query or not path.startswith("/"):
        return urlunsplit(("", host, path, query, ""))
    return f"//{host}{path}"


@lru_cache(maxsize=4096)
def _link_parts(link: str) -> tuple[str, str, str] | None:
    """Host, path and query of the one address; None when the link cannot be read."""
    # A plain path has nothing to clean, and neither the library nor urlsplit is quick.
    plain = _PLAIN_LINK.fullmatch(link)
    if plain:
        host, path, query = plain[1], plain[2], ""
    else:
        from courlan import clean_url  # noqa: PLC0415 (heavy, and most links are plain)

        try:
            parts = urlsplit(clean_url(link) or link)
        except ValueError:
            return None
        host, path, query = parts.netloc.lower(), parts.path, parts.query
    if query:
        query = "&".join(part for part in query.split("&") if part and not _TRACKING.match(part) and part.lower() != "amp=1")
    return _MOBILE_HOST.sub("", host), (_AMP_TAIL.sub("", path) if "amp" in path else path).rstrip("/") or "/", query


def registered_domain(link: str) -> str:
    """The domain an outlet registered (bbc.co.uk), from a snapshot of the public suffix list; else the bare host, if any."""
    plain = _PLAIN_LINK.fullmatch(link)
    try:
        return _domain_of(plain[1] if plain else (urlsplit(link).hostname or "").lower())
    except ValueError:
        return ""


@lru_cache(maxsize=4096)
def _domain_of(host: str) -> str:
    return str(_suffixes()(host).top_domain_under_public_suffix) or host


@cache
def _suffixes() -> Any:
    from tldextract import TLDExtract  # noqa: PLC0415 (heavy, and needed only where articles are stored)

    return TLDExtract(suffix_list_urls=(), cache_dir=None)


def source_of(entry: Entry, feed: Feed) -> str:
    """The outlet's registered domain, from the article's link, else from the feed's address."""
    return registered_domain(entry.link or feed.url)

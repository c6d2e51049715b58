"""robots.txt (RFC 9309): which pages of a site a polite client may fetch."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

AGENT = "news-monitor"
EVERYBODY = "*"
LARGEST = 500_000
MOST_RULES = 2_000
BUSY = 429
HTTP_ERRORS = 400
SERVER_ERRORS = 500
_TOKEN = re.compile(r"\*|[A-Za-z_-]+")


@dataclass(frozen=True, slots=True)
class Robots:
    """What a site allows us: (pattern, allowed) pairs. No rules means everything."""

    rules: tuple[tuple[str, bool], ...] = ()
    is_closed: bool = False
    """The site failed, was busy or out of reach; until it says more, it allows nothing."""

    def allows(self, url: str) -> bool:
        """Whether a page may be fetched: the longest pattern that fits its path decides, and allowing wins a tie."""
        if self.is_closed:
            return False
        parts = urlsplit(url)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        fitting = [(len(pattern), allowed) for pattern, allowed in self.rules if fits(pattern, path)]
        return max(fitting)[1] if fitting else True


def read_robots(status: int, body: bytes | None) -> Robots:
    """The rules in an answer to /robots.txt: a missing file allows everything, a site that fails or is busy nothing."""
    if body is None:
        is_missing = HTTP_ERRORS <= status < SERVER_ERRORS and status != BUSY
        return Robots(is_closed=not is_missing)
    groups: dict[str, list[tuple[str, bool]]] = {}
    agents: list[str] = []
    is_open = False
    for line in body[:LARGEST].decode("utf-8", "replace").splitlines():
        name, _, value = (part.strip() for part in line.partition("#")[0].partition(":"))
        name = name.lower()
        if name == "user-agent":
            agent = product_token(value)
            agents = [*agents, agent] if is_open else [agent]
            is_open = True
            groups.setdefault(agent, [])
        elif name in ("allow", "disallow"):
            is_open = False
            for agent in agents if value else ():
                groups[agent].append((value, name == "allow"))
    return Robots(tuple(groups.get(AGENT, groups.get(EVERYBODY, []))[:MOST_RULES]))


def product_token(agent: str) -> str:
    """The name in a User-agent line, in lower case: news-monitor of News-Monitor/1.0; "" where it has none."""
    found = _TOKEN.match(agent)
    return found[0].lower() if found else ""


def fits(pattern: str, path: str) -> bool:
    """Whether a path begins as a pattern says; `*` stands for anything, a final `$` for the end. Takes linear time."""
    is_whole = pattern.endswith("$")
    first, *rest = pattern.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    position = len(first)
    for index, piece in enumerate(rest):
        if is_whole and index == len(rest) - 1:
            return len(path) - len(piece) >= position and path.endswith(piece)
        position = path.find(piece, position)
        if position < 0:
            return False
        position += len(piece)
    return not is_whole or position == len(path)

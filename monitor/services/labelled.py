"""Reads labelled files that people bring for measuring; every mistake is told with its line."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from monitor.core.stories.tokenised import join_tokens
from monitor.errors import ConfigError, Problem
from monitor.model import Stance

_MANY_PROBLEMS = 20
_LABELS = frozenset(stance.value for stance in Stance)
_RELEVANCE = {"0": False, "1": True}
_CALLED: Mapping[type, str] = {list: "a list", dict: "an object", str: "a text"}

Row = TypeVar("Row")


class _RowError(Exception):
    """What is wrong with one line; becomes a Problem with its place."""

    def __init__(self, message: str, hint: str = "") -> None:
        self.message, self.hint = message, hint
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class StanceRow:
    """A text, whose stance ("-" is the text's own voice), toward what, and the label."""

    text: str
    holder: str
    target: str
    label: str


@dataclass(frozen=True, slots=True)
class RelevanceRow:
    """A topic's id, whether the item is about it, and the item."""

    topic: str
    is_relevant: bool
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class ArticleRow:
    """A whole article: topics it is and is not about, and (topic, holder) -> (label, sentences that show it)."""

    id: str
    language: str
    title: str
    text: str
    about: tuple[str, ...]
    not_about: tuple[str, ...]
    holders: Mapping[tuple[str, str], tuple[str, tuple[str, ...]]]


@dataclass(frozen=True, slots=True)
class StoryRow:
    """An article with the name of the story it belongs to; what is not known is empty, or None."""

    id: str
    story: str
    title: str
    text: str
    published: datetime | None
    language: str = ""
    source: str = ""
    url: str = ""


def read_stance(path: Path) -> list[StanceRow]:
    """Rows of `text holder target label`, tab-separated.

    Raises:
        ConfigError: with the mistakes of the file, as for every reader here.
    """
    return _read(path, lambda line: _stance_row(_columns(line, "text holder target label")))


def read_relevance(path: Path, topics: Collection[str]) -> list[RelevanceRow]:
    """Rows of `topic label title text`, tab-separated; topics must be known."""
    return _read(path, lambda line: _relevance_row(_columns(line, "topic label title text"), topics))


def read_articles(path: Path, topics: Collection[str], actors: Collection[str]) -> list[ArticleRow]:
    """One JSON object a line: {id, lang, title, text, about, not_about, topics}; topics and actors must be known."""
    return _read(path, lambda line: _article_row(_object(line), topics, actors))


def read_stories(path: Path) -> list[StoryRow]:
    """One JSON object a line: {id, story (or cluster), title, text, published}, and language, source, url where known.

    A text that is stored as tokens is put together first.
    """
    return _read(path, lambda line: _story_row(_object(line)))


def _read(path: Path, parse: Callable[[str], Row | None]) -> list[Row]:
    rows: list[Row] = []
    problems: list[Problem] = []
    for number, line in _lines(path):
        try:
            row = parse(line)
        except _RowError as error:
            problems.append(Problem(error.message, str(path), number, hint=error.hint))
            if len(problems) >= _MANY_PROBLEMS:
                break
        else:
            rows += [] if row is None else [row]
    if not rows and not problems:
        problems.append(Problem("has no labelled line", str(path)))
    if problems:
        raise ConfigError(problems)
    return rows


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Numbered lines that are not empty; undecodable bytes become U+FFFD, as they would in a feed."""
    try:
        text = path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise ConfigError([Problem(f"cannot be read: {error.strerror}", str(path), hint="name a file that exists")]) from error
    yield from ((number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip())


def _columns(line: str, names: str) -> list[str] | None:
    """The cells of a line; None for a comment or a line that repeats the column names."""
    wanted = names.split()
    cells = line.rstrip("\r").split("\t")
    if [cell.strip().casefold() for cell in cells] == wanted:
        return None
    if line.startswith("#") and (len(cells) != len(wanted) or wanted[0] == "topic"):
        return None
    if len(cells) != len(wanted):
        raise _RowError(f"has {len(cells)} columns, not {len(wanted)}", f"columns are {', '.join(wanted)}, separated by tabs")
    return cells


def _stance_row(cells: list[str] | None) -> StanceRow | None:
    if cells is None:
        return None
    text, holder, target, label = (cell.strip() for cell in cells)
    if label.casefold() not in _LABELS:
        if text.startswith("#"):
            return None
        raise _RowError(f"the label {label!r} is none of favor, against, neutral")
    if not target:
        raise _RowError("the target is empty")
    return StanceRow(text, holder or "-", target, label.casefold())


def _relevance_row(cells: list[str] | None, topics: Collection[str]) -> RelevanceRow | None:
    if cells is None:
        return None
    topic, label, title, text = (cell.strip() for cell in cells)
    if topic not in topics:
        raise _RowError(f"the topic {topic!r} is not defined", f"known topics: {', '.join(sorted(topics)[:8])}")
    if label not in _RELEVANCE:
        raise _RowError(f"the label {label!r} is neither 1 nor 0")
    return RelevanceRow(topic, _RELEVANCE[label], title, text)


def _object(line: str) -> dict[str, Any] | None:
    if line.startswith("#"):
        return None
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise _RowError(f"is not JSON: {error}", "one object a line") from error
    if not isinstance(value, dict):
        raise _RowError("is not a JSON object", "one object a line")
    return value


def _article_row(value: dict[str, Any] | None, topics: Collection[str], actors: Collection[str]) -> ArticleRow | None:
    if value is None:
        return None
    about, not_about = (tuple(map(str, _typed(value, key, list, []))) for key in ("about", "not_about"))
    stated = _typed(value, "topics", dict, {})
    for topic in (*about, *not_about, *stated):
        if topic not in topics:
            raise _RowError(f"the topic {topic!r} is not in the rules", f"known topics: {', '.join(sorted(topics)[:8])}")
    holders: dict[tuple[str, str], tuple[str, tuple[str, ...]]] = {}
    for topic, entry in stated.items():
        for holder, stance in _typed(entry, "holders", dict, {}).items():
            if holder not in actors:
                raise _RowError(f"the holder {holder!r} is not an actor of the rules", 'name an actor, or "outlet"')
            label = _typed(stance, "label", str, None)
            if label not in _LABELS:
                raise _RowError(f"the label {label!r} of {holder} is none of favor, against, neutral")
            holders[topic, holder] = (label, tuple(map(str, _typed(stance, "evidence", list, []))))
    title, text = _typed(value, "title", str, ""), _typed(value, "text", str, None)
    return ArticleRow(str(value.get("id", "")), str(value.get("lang", "")), title, text, about, not_about, holders)


def _story_row(value: dict[str, Any] | None) -> StoryRow | None:
    if value is None:
        return None
    story = value.get("story", value.get("cluster"))
    if story is None:
        raise _RowError("story is missing")
    title, text, language, source, url = (_typed(value, key, str, "") for key in ("title", "text", "language", "source", "url"))
    published = _moment(_typed(value, "published", str, ""))
    return StoryRow(str(value.get("id", "")), str(story), title, join_tokens(text), published, language, source, url)


def _moment(text: str) -> datetime | None:
    """A time as ISO 8601 writes it; UTC where it names no zone."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise _RowError(f"published {text!r} is not a time", "write 2025-05-16T10:00:00Z") from error
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _typed(value: Any, key: str, kind: type, default: Any) -> Any:
    """value[key] if it is of this kind; `default` where it is missing, unless that is None."""
    found = value.get(key, default) if isinstance(value, dict) else None
    if not isinstance(found, kind):
        raise _RowError(f"{key} is missing" if found is None else f"{key} is not {_CALLED[kind]}")
    return found

"""feeds.yaml: what it says, and every mistake with its line."""

from datetime import timedelta
from pathlib import Path

import pytest

from monitor.config.feeds import load_feeds
from monitor.errors import ConfigError


def _write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "feeds.yaml"
    path.write_text(text)
    return path


def test_feeds_inherit_defaults(tmp_path: Path):
    path = _write(
        tmp_path,
        "defaults: {interval: 20m, tags: [world]}\nfeeds:\n"
        "  - {url: 'https://a.example/rss', name: A Wire}\n  - {url: 'https://b.example/rss', name: B, tags: [b], enabled: false}\n",
    )

    first, second = load_feeds(path)

    assert (first.id, first.tags, first.interval) == ("a-wire", ("world",), timedelta(minutes=20))
    assert (second.tags, second.is_enabled) == (("b",), False)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("feed: []", r"feeds\.yaml:1:1: unknown key 'feed' \(did you mean feeds\?\)"),
        ("feeds:\n  - {url: 'https://a.example/x'}", r":2:\d+: 'name' is missing"),
        ("feeds:\n  - {url: 'ftp://a.example/x', name: A}", r":2:\d+: url: not an http or https address"),
        ("feeds:\n  - {url: 'https://a.example', name: A, tag: [x]}", r"unknown key 'tag' \(did you mean tags\?\)"),
        ("feeds:\n  - {url: 'file:///x', name: A}", "need `files: true`"),
        ("feeds:\n  - {url: 'https://a.example', name: A, interval: 10s}", "more often than once a minute"),
        ("feeds: {}", "must be a list"),
        (
            "feeds:\n  - {url: 'https://a.example/1', name: A}\n  - {url: 'https://a.example/2', name: A}",
            r":3:\d+: id 'a' is used twice",
        ),
        ("feeds:\n  - {url: 'https://a.example/1', name: A}\n  - {url: 'https://a.example/1', name: B}", "url .* is used twice"),
        ("- x", "must be a mapping"),
        (
            "feeds:\n  - https://a.example/x",
            r":2:5: must be keys and values \(write keys, such as {url: https://example\.org/feed, name: Example News}\)",
        ),
        ("feeds:\n  - {url: 'https://a.example', name: A, tags: asia}", r"tags: must be a list \(write a list: \[asia\]\)"),
        (
            "feeds:\n  - {url: 'https://a.example', name: A, tags: {a: b}}",
            r"tags: must be a list \(write a list: \[one, another\]\)",
        ),
        ("feeds:\n  - {url: 'https://a.example', name: A, language: English}", r"language: is not written as .* \(such as ko\)"),
        ("feeds:\n  - {url: 'https://a.example', name: A, id: A B}", r"id: is not written as .* \(such as example-news\)"),
        ("defaults: none", r":1:11: must be keys and values \(write keys, such as {tags: "),
    ],
)
def test_a_mistake_is_placed_and_explained(tmp_path: Path, text: str, expected: str):
    with pytest.raises(ConfigError, match=expected):
        load_feeds(_write(tmp_path, text))


def test_a_missing_file_says_so(tmp_path: Path):
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        load_feeds(tmp_path / "none.yaml")


def test_the_shipped_feeds_are_right():
    feeds = load_feeds(Path(__file__).parents[2] / "feeds.yaml")

    assert len(feeds) >= 30
    assert {"en", "ko", "ja", "zh", "ru"} <= {feed.language for feed in feeds}

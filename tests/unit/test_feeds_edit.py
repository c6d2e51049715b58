"""Edits to feeds.yaml: comments, order and style stay, and a wrong edit leaves the file as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.config.feeds import load_feeds
from monitor.config.feeds_edit import add_feeds, remove_feed, set_enabled
from monitor.errors import ConfigError

TEXT = """\
# What is read.
defaults:
  interval: 15m   # often enough

feeds:
  # -- The world ----
  - {id: one, name: One, url: "https://one.example/feed", tags: [world]}   # the first
  - {id: two, name: Two, url: "https://two.example/feed"}

  # -- Korea ----
  - id: three
    name: 셋
    url: https://three.example/feed
    # a note inside
    tags: [korea]
  - {id: four, name: Four, url: "https://four.example/feed"}
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "feeds.yaml"
    file.write_text(TEXT, encoding="utf-8")
    return file


def test_adding_appends_and_changes_nothing_else(path: Path) -> None:
    added = add_feeds(path, [{"name": "Five & Co", "url": "https://five.example/feed", "tags": ["a", "b"]}])
    assert [(feed.id, feed.tags) for feed in added] == [("five-co", ("a", "b"))]
    assert path.read_text(encoding="utf-8") == TEXT + (
        "  - {id: five-co, name: Five & Co, url: https://five.example/feed, tags: [a, b]}\n"
    )


def test_a_known_address_is_not_added_and_a_taken_id_gets_a_number(path: Path) -> None:
    drafts = [{"name": "Again", "url": "https://one.example/feed"}, {"name": "One", "url": "https://other.example/feed"}]
    assert [feed.id for feed in add_feeds(path, drafts)] == ["one-2"]
    assert add_feeds(path, drafts) == []


def test_a_missing_file_is_begun(tmp_path: Path) -> None:
    add_feeds(tmp_path / "new.yaml", [{"name": "연합뉴스", "url": "https://one.example/feed"}])
    assert [feed.name for feed in load_feeds(tmp_path / "new.yaml")] == ["연합뉴스"]


@pytest.mark.parametrize("id_", ["one", "two", "three", "four"])
def test_removing_takes_the_feed_alone(path: Path, id_: str) -> None:
    before = path.read_text(encoding="utf-8").splitlines()
    assert remove_feed(path, id_).id == id_
    after = path.read_text(encoding="utf-8").splitlines()
    assert [line for line in after if line not in before] == []
    assert [feed.id for feed in load_feeds(path)] == [one for one in ("one", "two", "three", "four") if one != id_]
    assert "  # -- Korea ----" in after


def test_removing_the_last_feed_leaves_a_readable_file(path: Path) -> None:
    for id_ in ("one", "two", "three", "four"):
        remove_feed(path, id_)
    assert load_feeds(path) == ()


def test_a_feed_that_shares_its_line_with_another_is_not_torn_out(tmp_path: Path) -> None:
    text = (
        'feeds: [{id: one, name: One, url: "https://one.example/feed"}, {id: two, name: Two, url: "https://two.example/feed"}]\n'
    )
    (tmp_path / "feeds.yaml").write_text(text)

    with pytest.raises(ConfigError, match=r"feeds\.yaml:1: feed 'two' is written in a way that cannot be taken out alone"):
        remove_feed(tmp_path / "feeds.yaml", "two")
    assert (tmp_path / "feeds.yaml").read_text() == text


def test_switching_off_and_on_gives_the_file_back(path: Path) -> None:
    for id_ in ("one", "three"):
        assert not set_enabled(path, id_, is_enabled=False).is_enabled
        assert "enabled: false" in path.read_text(encoding="utf-8")
        assert set_enabled(path, id_, is_enabled=True).is_enabled
    # The distance of a comment from its line may grow.
    assert path.read_text(encoding="utf-8").split() == TEXT.split()


def test_an_unknown_feed_is_an_error(path: Path) -> None:
    with pytest.raises(ConfigError, match="no feed 'nope'"):
        remove_feed(path, "nope")


def test_an_edit_that_would_break_the_file_is_not_written(path: Path) -> None:
    with pytest.raises(ConfigError):
        add_feeds(path, [{"name": "Bad", "url": "gopher://bad.example/"}])
    assert path.read_text(encoding="utf-8") == TEXT
    assert [file.name for file in path.parent.iterdir()] == ["feeds.yaml"]

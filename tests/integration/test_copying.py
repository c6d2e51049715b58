"""An archive moves into another one of any kind, whole; a copy that was broken off goes on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from monitor.core.queries.query import parse
from monitor.errors import ArchiveError
from monitor.model import (
    Alert,
    Article,
    Delivery,
    Feed,
    FeedState,
    Fetched,
    Label,
    Reason,
    Relevance,
    Scores,
    Severity,
    Suppression,
)
from monitor.services.copying import copy_archive
from tests.archives import opened

NOW = datetime(2024, 11, 15, 12, 0, tzinfo=UTC)


def fill(archive, count: int) -> list[int]:
    archive.feeds.configure([Feed(id="f", url="https://f.example/", name="F", tags=("wire",), interval=timedelta(hours=1))])
    archive.feeds.record(FeedState("f", next_due=NOW, etag='"1"'), Fetched("f", "https://f.example/", 200, body=b"x"), NOW, count)
    made = [
        Article(0, "f", "", f"Title {n}", f"Missile {n} 북한 flew.", (f"k{n}",), f"h{n}", NOW - timedelta(hours=n), NOW, language="en", tags=("wire",))
        for n in range(count)
    ]  # fmt: skip
    numbers = archive.articles.add(made)
    for number in numbers:
        archive.scores.save(
            [Scores(number, "en", "m", np.ones(4, np.float32) / 2, (Relevance("t", 0.7, is_relevant=True),), (), at=NOW)]
        )
    archive.stories.join(numbers[0], None)
    archive.articles.revise(numbers[1], "Changed", "Text", "h", NOW)
    alert = Alert("a1", "rule", "story:1", "T", "why", NOW, Severity.NORMAL, (numbers[0],), details={"outlets": 2, "share": 0.25})
    archive.alerts.plan([(alert, [Delivery("d1", "a1", "desk", due=NOW)])], [Suppression("rule", "g", Reason.COOLDOWN, NOW)])
    archive.labels.add(Label(numbers[0], "relevant", "t", "", NOW))
    archive.silences.add("topic:t", NOW, "quiet", NOW)
    archive.states.save("rule", {"seen": ["é"], "count": 2.5})
    return numbers


def quiet(_table: str, _rows: int) -> None:
    pass


@pytest.mark.parametrize(("source", "target"), [("sqlite-memory", "postgres"), ("postgres", "sqlite")])
def test_everything_moves_and_work_goes_on(source, target, tmp_path):
    with opened(source, tmp_path) as old, opened(target, tmp_path) as new:
        numbers = fill(old, 5)
        done = copy_archive(old, new, quiet, at_once=2)
        assert {one.table: one.rows for one in done}["articles"] == 5
        assert new.articles.get(numbers) == old.articles.get(numbers)
        assert [one.id for one in new.search.search(parse("missile 북한"), now=NOW)[0]] == [numbers[0], *numbers[2:]]
        assert new.alerts.get("a1") == old.alerts.get("a1")
        assert new.states.load("rule") == {"seen": ["é"], "count": 2.5}
        assert new.upkeep.problems() == []
        more = new.articles.add([Article(0, "f", "", "New", "", ("new",), "h", NOW, NOW)])
        assert more[0] > max(numbers)
        assert new.stories.join(more[0], None) > 1


def test_a_copy_that_was_broken_off_goes_on(tmp_path):
    with opened("sqlite-memory", tmp_path) as old, opened("postgres", tmp_path) as new:
        fill(old, 5)

        def broken_off(table: str, rows: int) -> None:
            if (table, rows) == ("articles", 4):
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            copy_archive(old, new, broken_off, at_once=2)
        assert new.stats()["articles"] == 0
        done = {one.table: one for one in copy_archive(old, new, quiet, at_once=2)}
        assert (done["articles"].new, done["articles"].rows) == (1, 5)
        assert all(one.new == 0 for one in copy_archive(old, new, quiet))


def test_an_archive_in_use_is_not_written_over(tmp_path):
    with opened("sqlite-memory", tmp_path) as old, opened("sqlite", tmp_path) as new:
        fill(old, 2)
        fill(new, 2)
        with pytest.raises(ArchiveError, match="is new"):
            copy_archive(old, new, quiet)


def test_a_source_that_is_written_to_meanwhile_is_noticed(tmp_path):
    with opened("sqlite-memory", tmp_path) as old, opened("sqlite", tmp_path) as new:
        fill(old, 3)

        def write(table: str, _rows: int) -> None:
            if table == "labels":
                old.articles.revise(1, "Written meanwhile", "Text", "h2", NOW)

        with pytest.raises(ArchiveError, match="differs after copying; was the source still written to"):
            copy_archive(old, new, write)

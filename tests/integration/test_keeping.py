"""The worker keeps the archive small once a day, and `monitor doctor` sees damage."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.app import App
from monitor.clock import FixedClock
from monitor.services.checking import examine
from monitor.services.keeping import prune
from monitor.worker import Worker
from tests.webstage import RULES, article, stage


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    root = tmp_path / "desk"
    with stage(root, keep={"agency": timedelta(days=30)}, outbox=str(tmp_path / "outbox")) as made:
        # A topic that keeps for ever would keep all of these.
        (root / "rules/desk.yaml").write_text(RULES.replace("name: Harbour toll", "name: Harbour toll\n    keep: 1d", 1))
        yield made


def texts(app: App) -> list[bool]:
    return [bool(one.text) for one in app.archive.articles.get(range(1, 20))]


def test_texts_are_dropped_once_a_day(app: App):
    assert isinstance(app.clock, FixedClock)
    worker = Worker(app)
    worker.tidy()
    assert texts(app) == [True] * 6

    app.clock.advance(timedelta(days=32))
    worker.tidy()
    assert texts(app) == [False] * 6

    app.archive.articles.add([article(300)])
    app.clock.advance(timedelta(hours=23))
    worker.tidy()
    assert texts(app)[-1] is True
    app.clock.advance(timedelta(hours=1))
    worker.tidy()
    assert texts(app)[-1] is False


def test_what_a_topic_keeps_for_ever_no_tag_drops_and_a_dry_run_drops_nothing(app: App):
    later, tags = app.clock.now() + timedelta(days=400), {"agency": timedelta(days=30)}
    for_ever = replace(app.rulebook, topics={"toll": replace(app.rulebook.topics["toll"], keep=None)})

    assert prune(app.archive, for_ever, later, tags=tags).total == 0
    assert prune(app.archive, app.rulebook, later, tags=tags, is_dry_run=True).forgotten == {"tag:agency": 6}
    assert texts(app) == [True] * 6


def test_an_article_dated_long_before_the_archive_is_no_exception(app: App):
    long_ago = datetime(1962, 10, 16, tzinfo=UTC)
    app.archive.articles.add(
        [article(90, published=long_ago, text="Missiles were seen."), article(91, published=long_ago, text="")]
    )

    assert prune(app.archive, app.rulebook, app.clock.now(), tags={"agency": timedelta(days=30)}).forgotten == {"tag:agency": 1}
    assert app.archive.articles.get([7])[0].text == ""
    assert prune(app.archive, app.rulebook, app.clock.now(), tags={"agency": timedelta(days=30)}).total == 0


def test_doctor_sees_a_damaged_index(app: App):
    def integrity() -> tuple[bool, str]:
        found = next(one for one in examine(app) if one.name == "integrity")
        return found.is_well, found.seen

    assert integrity() == (True, "tables, references and the full-text index are sound")
    with closing(sqlite3.connect(app.settings.archive_address)) as db, db:
        db.execute("DELETE FROM words_docsize WHERE id = 1")

    is_well, seen = integrity()

    assert not is_well
    assert "6 articles are stored and 5 are indexed" in seen

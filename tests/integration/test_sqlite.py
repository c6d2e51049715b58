"""The SQLite file: migrations, pragmas, faults of disk and lock, upkeep, plans that stay fast."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from monitor.archives import sqlite
from monitor.archives._sqlite_migrations import migrations
from monitor.archives._sqlite_schema import MIGRATIONS, _back_up
from monitor.core.queries.query import parse
from monitor.core.words import text
from monitor.errors import ArchiveBusy, ArchiveError, ArchiveTooNew
from monitor.model import Article, Evidence, Feed, FeedState, Fetched, Relevance, Scores, Stance, Statement, Topic, Voice
from monitor.services.keeping import prune

NOW = datetime(2024, 11, 15, 12, 0, tzinfo=UTC)


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "db" / "monitor.db")


@pytest.fixture
def archive(path):
    built = sqlite.build(sqlite.Config(path=path))
    yield built
    built.close()


def article(number: int, **changes) -> Article:
    values = {
        "title": f"Title {number}",
        "text": "missile text",
        "published": NOW - timedelta(days=number),
        "language": "en",
        **changes,
    }
    return Article(id=0, feed="f", url="", keys=(f"k{number}",), content_hash="h", seen=NOW, source="a.com", **values)


def told_by(script: str) -> str:
    """What a Python process of its own prints."""
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout


def found(archive, query: str) -> list[int]:
    return [one.id for one in archive.search.search(parse(query), now=NOW)[0]]


def test_example_is_a_configuration():
    from ruamel.yaml import YAML

    assert sqlite.Config(**YAML(typ="safe").load(sqlite.EXAMPLE)).path == "db/monitor.db"


def test_pragmas_hold_on_every_connection(archive):
    with archive._connections.read() as db:
        pragmas = {name: db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "foreign_keys", "synchronous")}
    assert pragmas == {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 1}


def test_opening_again_keeps_everything(archive, path):
    numbers = archive.articles.add([article(1)])
    archive.close()
    again = sqlite.build(sqlite.Config(path=path, synchronous="full"))
    assert found(again, "missile") == numbers
    again.close()


def test_the_names_of_migrations_are_known_without_loading_them(archive, path):
    assert [migration.name for migration in migrations._migrations] == MIGRATIONS
    archive.close()
    script = f"import sys; from monitor.archives import sqlite; sqlite.build(sqlite.Config(path={path!r}))"
    assert told_by(script + "; print(sorted({'sqlite_utils', 'numpy'} & set(sys.modules)))") == "[]\n"


def test_a_newer_schema_is_refused(archive, path):
    archive.close()
    with sqlite3.connect(path) as db:
        db.execute("INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('monitor', 'm999_future', 'x')")
    with pytest.raises(ArchiveTooNew, match="m999_future"):
        sqlite.build(sqlite.Config(path=path))


def test_a_migration_is_preceded_by_a_backup(archive, path, tmp_path):
    archive.articles.add([article(1)])
    with archive._connections.read() as db:
        _back_up(db, path, "m001_first")
    (copy,) = (tmp_path / "db").glob("*.bak")
    assert copy.name == "monitor.db.before-m001_first.bak"
    with sqlite3.connect(copy) as db:
        assert db.execute("SELECT count(*) FROM articles").fetchone()[0] == 1
    db.close()


def test_vectors_of_the_first_release_take_half_the_space_and_say_the_same(archive, path):
    numbers = archive.articles.add([article(number) for number in range(1500)])
    vectors = np.random.default_rng(1).standard_normal((len(numbers), 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    with archive._connections.write() as db:
        halves = [(number, vector.astype("<f2").tobytes()) for number, vector in zip(numbers, vectors, strict=True)]
        db.executemany("INSERT INTO embeddings (article, vector) VALUES (?, ?)", halves)
        db.execute("DELETE FROM _sqlite_migrations WHERE name <> 'm001_first'")
    archive.close()
    again = sqlite.build(sqlite.Config(path=path))
    stored = again.trends.vectors(numbers)
    cosines = np.array([stored[number] for number in numbers]) @ vectors[:100].T
    assert np.abs(cosines - vectors @ vectors[:100].T).max() < 0.004
    with again._connections.read() as db:
        assert {row[0] for row in db.execute("SELECT length(vector) FROM embeddings")} == {388}
    again.close()


def test_a_changed_analysis_builds_the_index_anew(archive, path):
    numbers = archive.articles.add([article(1)])
    with archive._connections.write() as db:
        db.execute("UPDATE meta SET value = '0' WHERE name = 'analysis'")
        db.execute("INSERT INTO words (words) VALUES ('delete-all')")
    assert found(archive, "missile") == []
    archive.close()
    again = sqlite.build(sqlite.Config(path=path))
    assert found(again, "missile") == numbers
    with again._connections.read() as db:
        assert db.execute("SELECT value FROM meta").fetchone()[0] == str(text.REVISION)
    again.close()


def test_no_database_is_a_readable_error(tmp_path):
    junk = tmp_path / "monitor.db"
    junk.write_text("this is a letter to a friend, and no database at all " * 20)
    with pytest.raises(ArchiveError, match="is damaged"):
        sqlite.build(sqlite.Config(path=str(junk)))


def test_a_directory_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ArchiveError, match="cannot be made"):
        sqlite.build(sqlite.Config(path=str(tmp_path / "file" / "monitor.db")))


def test_a_locked_archive_says_so(path):
    archive = sqlite.build(sqlite.Config(path=path, busy_seconds=0.05))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(ArchiveBusy, match="locked by another program"):
        archive.articles.add([article(1)])
    assert found(archive, "missile") == []
    other.execute("ROLLBACK")
    other.close()
    assert archive.articles.add([article(1)])
    archive.close()


def test_a_second_process_is_told_who_holds_it(archive, path):
    script = f"""
from monitor.archives import sqlite
from monitor.errors import ArchiveBusy
archive = sqlite.build(sqlite.Config(path={path!r}))
try:
    with archive.hold("worker"):
        print("held")
except ArchiveBusy as error:
    print(error)
"""
    with archive.hold("worker"):
        told = told_by(script)
    assert "another worker (process " in told
    assert "held" in told_by(script)


def test_views_answer(archive):
    (number,) = archive.articles.add([article(1)])
    said = Statement("edge", "Japan", Stance.FAVOR, 0.9, 0.05, 0.05, Voice.QUOTED, Evidence("missile", 0, 7))
    archive.scores.save([Scores(number, "en", "m", None, (Relevance("edge", 0.9, is_relevant=True),), (said,))])
    with archive._connections.read() as db:
        week = dict(db.execute("SELECT * FROM stance_by_week").fetchone())
        assert (week["week"], week["holder"], week["favor"], week["balance"]) == ("2024-11-11", "Japan", 1, 0.85)
        assert db.execute("SELECT share FROM share_of_voice").fetchone()[0] == 1.0
        assert dict(db.execute("SELECT * FROM coverage").fetchone())["articles"] == 1
        assert db.execute("SELECT count(*) FROM alert_log").fetchone()[0] == 0


def test_fetches_are_logged(archive):
    archive.feeds.configure([Feed(id="f", url="https://f.example/", name="F")])
    archive.feeds.record(FeedState("f"), Fetched("f", "", 503, error="busy", reason="status", seconds=1.5), NOW, 0)
    with archive._connections.read() as db:
        row = dict(db.execute("SELECT * FROM fetches").fetchone())
    assert (row["status"], row["reason"], row["error"], row["seconds"]) == (503, "status", "busy", 1.5)


# -- upkeep ----------------------------------------------------------------------------------------------------------


def test_a_backup_that_cannot_be_written_names_itself_and_what_to_do(archive, tmp_path):
    (tmp_path / "file").write_text("mine")
    for folder, remedy in (("nowhere", "make the folder {} first"), ("file", "{} is no folder")):
        place = tmp_path / folder
        with pytest.raises(ArchiveError) as caught:
            archive.upkeep.backup(str(place / "copy.db"))
        assert str(caught.value).startswith(f"the backup {place}/copy.db cannot be written: ")
        assert remedy.format(place) in str(caught.value)
    assert not (tmp_path / "nowhere").exists()


def test_a_backup_is_a_whole_archive(archive, tmp_path):
    numbers = archive.articles.add([article(1)])
    copy = str(tmp_path / "copy.db")
    assert archive.upkeep.backup(copy) > 0
    with pytest.raises(ArchiveError, match="exists already"):
        archive.upkeep.backup(copy)
    restored = sqlite.build(sqlite.Config(path=copy))
    assert found(restored, "missile") == numbers
    assert restored.upkeep.problems() == []
    restored.close()


def test_vacuum_and_problems(archive):
    numbers = archive.articles.add([article(number, text="missile " * 2000) for number in range(60)])
    archive.upkeep.forget(numbers)
    assert archive.upkeep.vacuum() > 0
    assert archive.upkeep.problems() == []
    with archive._connections.write() as db:
        db.execute("INSERT INTO words (words) VALUES ('delete-all')")
    assert archive.upkeep.problems()


def test_forgetting_drops_texts_and_keeps_the_rest(archive):
    (number,) = archive.articles.add([article(1)])
    scores = Scores(number, "en", "m", np.ones(4, dtype=np.float32), (Relevance("edge", 0.9, is_relevant=True),))
    archive.scores.save([scores])
    archive.articles.revise(number, "Title 1", "missile and more", "h2", NOW)
    assert archive.upkeep.forget([number]) == 1
    assert archive.upkeep.forget([number]) == 0
    assert found(archive, "missile") == []
    assert found(archive, "title:title topic:edge") == [number]
    assert archive.articles.get([number])[0].text == ""
    assert archive.articles.known("f", ["k1"]) == {"k1": (number, "h2")}


def test_topics_keep_texts_as_long_as_the_longest_asks(archive):
    numbers = archive.articles.add([article(10), article(400), article(401)])
    archive.scores.save([_about(numbers[0], "edge"), _about(numbers[1], "edge"), _about(numbers[2], "edge", "chips")])
    book = _rulebook(Topic("edge", "Edge", keep=timedelta(days=365)), Topic("chips", "Chips"))
    assert prune(archive, book, NOW, is_dry_run=True).forgotten == {"edge": 1}
    assert prune(archive, book, NOW).forgotten == {"edge": 1}
    assert prune(archive, book, NOW).total == 0
    assert [bool(one.text) for one in archive.articles.get(numbers)] == [True, False, True]


def test_a_tag_keeps_texts_for_its_time_unless_a_topic_wants_them_longer(archive):
    tagged = [replace(article(day), tags=("agency",)) for day in (10, 100, 101, 1000)]
    numbers = archive.articles.add([*tagged, article(102)])
    archive.scores.save([_about(numbers[2], "chips")])
    keep = {"agency": timedelta(days=90)}
    book = _rulebook(Topic("chips", "Chips"))
    assert prune(archive, book, NOW, tags=keep, is_dry_run=True).forgotten == {"tag:agency": 2}
    assert prune(archive, book, NOW, tags=keep).forgotten == {"tag:agency": 2}
    assert [bool(one.text) for one in archive.articles.get(numbers)] == [True, False, True, False, True]


def _about(number: int, *topics: str) -> Scores:
    return Scores(number, "en", "m", None, tuple(Relevance(topic, 0.9, is_relevant=True) for topic in topics))


def _rulebook(*topics: Topic):
    from monitor.model import Rulebook

    return Rulebook({topic.id: topic for topic in topics}, {}, {}, {})


# -- plans -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "wanted"),
    [
        ("SELECT id FROM articles WHERE is_waiting ORDER BY is_backfill, seen, id LIMIT 9", "articles_waiting"),
        ("SELECT id FROM articles a ORDER BY a.published DESC, a.id DESC LIMIT 9", "articles_published"),
        ("SELECT article FROM relevances s WHERE s.topic = 'x' AND s.is_relevant = 1", "COVERING INDEX relevances_of_topic"),
        ("SELECT source, count(*) FROM articles GROUP BY 1", "COVERING INDEX articles_of_source"),
        ("SELECT article FROM scores WHERE error <> ''", "scores_failed"),
    ],
)
def test_plans_use_their_index(archive, statement, wanted):
    with archive._connections.read() as db:
        plan = " ".join(str(row["detail"]) for row in db.execute(f"EXPLAIN QUERY PLAN {statement}"))
    assert wanted in plan
    assert "TEMP B-TREE" not in plan

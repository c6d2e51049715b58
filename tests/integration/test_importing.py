"""Articles from files of elsewhere: what each shape means, which lines are told as faults, and that a second time adds nothing."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from monitor.errors import ConfigError
from monitor.services.importing import Imported, import_articles
from tests.archives import opened

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def archive(tmp_path):
    with opened("sqlite-memory", tmp_path) as made:
        yield made


def stored(archive):
    return {one.title: one for one in archive.articles.get(range(1, 20))}


def test_lines_that_are_no_article_are_told_and_the_others_are_stored_once(archive, tmp_path):
    told = [
        '{"headline": "Toll", "body": "A toll.", "link": "https://a.example/1", "outlet": "a.example"}',
        "",
        "not json",
        "[1, 2]",
        '{"url": "https://a.example/2"}',
        "[" * 100_000,
    ]
    file = tmp_path / "articles.ndjson"
    file.write_text("\n".join(told))
    first = import_articles(archive, file, "old", NOW)
    assert (first.new, first.known) == (1, 0)
    faults = [fault.split(":")[0] for fault in first.faults]
    assert faults == ["line 3 is not JSON", "line 4 is no JSON object", "line 5", "line 6 is not JSON"]
    assert first.faults[2].startswith(
        "line 5: neither a title nor a text in url (a title is called title or headline, a text text or "
    )
    assert import_articles(archive, file, "old", NOW) == Imported(0, 1, first.faults)
    (one,) = stored(archive).values()
    assert (one.title, one.text, one.source, one.feed, one.is_backfill) == ("Toll", "A toll.", "a.example", "old", True)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("2026-04-01T10:00:00+02:00", datetime(2026, 4, 1, 8, tzinfo=UTC)),
        ("2026-04-01T10:00:00", datetime(2026, 4, 1, 10, tzinfo=UTC)),
        ("Wed, 01 Apr 2026 10:00:00 GMT", datetime(2026, 4, 1, 10, tzinfo=UTC)),
        ("", NOW),
        ("one day", NOW),
        ("2030-01-01T00:00:00Z", NOW),
        ("9999-12-31T23:59:59-05:00", NOW),
        ("0001-01-01T00:00:00+05:00", NOW),
        ("0001-01-01T00:00:00", NOW),
        ("1914-06-28T10:00:00+01:00", datetime(1914, 6, 28, 9, tzinfo=UTC)),
    ],
)
def test_an_article_is_never_from_the_future_and_its_day_is_read_in_many_forms(archive, tmp_path, said, meant):
    file = tmp_path / "articles.ndjson"
    file.write_text(json.dumps({"title": "Toll", "date": said}))
    assert import_articles(archive, file, "old", NOW).new == 1
    assert stored(archive)["Toll"].published == meant


def test_a_table_names_its_columns_and_may_hold_lines_and_commas(archive, tmp_path):
    file = tmp_path / "articles.CSV"
    rows = (
        'title,text,url,feed\r\n"Toll, at last","First line.\nSecond.",https://www.example.org/1,desk\r\nBell,<p>Rung</p>,,\r\n'
    )
    file.write_text(rows, encoding="utf-8-sig")
    assert import_articles(archive, file, "old", NOW) == Imported(2)
    found = stored(archive)
    assert (found["Toll, at last"].feed, found["Toll, at last"].source) == ("desk", "example.org")
    assert found["Toll, at last"].text.split() == ["First", "line.", "Second."]
    assert (found["Bell"].feed, found["Bell"].text, found["Bell"].published) == ("old", "Rung", NOW)


def test_a_table_whose_columns_have_other_names_is_refused_once_with_the_names_that_are_known(archive, tmp_path):
    file = tmp_path / "articles.csv"
    file.write_text("Überschrift;Inhalt\nToll;A toll.\nBell;A bell.\n")
    with pytest.raises(ConfigError) as refused:
        import_articles(archive, file, "old", NOW)
    (problem,) = refused.value.problems
    assert (problem.line, problem.message) == (1, "none of its columns is a title or a text: Überschrift;Inhalt")
    assert "headline" in problem.hint
    assert "with commas between" in problem.hint


def test_a_row_that_is_no_article_is_told_with_its_line_and_the_known_names_once(archive, tmp_path):
    file = tmp_path / "articles.csv"
    file.write_text("Title , url,Text\nToll,https://a.example/1,A toll.\n\n,https://a.example/2,\n,https://a.example/3,\n")
    found = import_articles(archive, file, "old", NOW)
    assert (found.new, len(found.faults)) == (1, 2)
    assert found.faults[0].startswith("line 4: neither a title nor a text in title, url, text (a title is called ")
    assert found.faults[1] == "line 5: neither a title nor a text in title, url, text"
    assert stored(archive)["Toll"].url == "https://a.example/1"


def test_a_database_of_reader_is_read_by_what_it_is_not_by_its_name(archive, tmp_path):
    file = tmp_path / "whatever.csv"
    with closing(sqlite3.connect(file)) as db:
        db.execute("CREATE TABLE feeds (url, link, language)")
        db.execute("CREATE TABLE entries (id, feed, link, title, summary, content, author, published, updated, first_updated)")
        db.execute("INSERT INTO feeds VALUES ('https://c.example/feed', 'https://www.example.com/', 'ko')")
        content = json.dumps([{"value": "<p>Whole text.</p>"}, {"value": "other"}])
        rows = [
            (
                "1",
                "https://c.example/feed",
                "https://news.example.com/1",
                "Whole",
                "short",
                content,
                "A",
                "2026-04-01 10:00:00",
                None,
                None,
            ),
            ("2", "https://c.example/feed", None, "Short", "short", "[]", None, None, "2026-04-02 10:00:00", "2026-04-03"),
        ]
        db.executemany("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
        db.commit()
    assert import_articles(archive, file, "old", NOW) == Imported(2)
    found = stored(archive)
    assert (found["Whole"].text, found["Whole"].language, found["Whole"].source) == ("Whole text.", "ko", "example.com")
    assert (found["Short"].text, found["Short"].source, found["Short"].url) == ("short", "example.com", "")
    assert found["Short"].published - found["Whole"].published == timedelta(days=1)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda file: None, "No such file or directory (name a file of articles that can be read)"),
        (lambda file: file.write_bytes(b"\xff\xfe not utf-8"), "it is not UTF-8 text (save it as UTF-8)"),
        (lambda file: file.mkdir(), "Is a directory (name a file of articles that can be read)"),
        (
            lambda file: file.write_bytes(b"SQLite format 3\x00 and then nothing of the kind"),
            "file is not a database (a database must be one of the reader library)",
        ),
    ],
)
def test_what_cannot_be_read_is_a_mistake_in_words(archive, tmp_path, make, told):
    make(tmp_path / "articles.ndjson")
    with pytest.raises(ConfigError, match=re.escape(f"articles.ndjson: cannot be imported: {told}")):
        import_articles(archive, tmp_path / "articles.ndjson", "old", NOW)
    assert stored(archive) == {}

"""Archives as release 1.0.0 left them (tests/data/upgrade): brought up to date, all is there, and nothing is told twice."""

from __future__ import annotations

import gzip
import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest

from monitor.archives import postgres, sqlite
from monitor.archives._postgres_schema import MIGRATIONS as POSTGRES_MIGRATIONS
from monitor.archives._sqlite_schema import MIGRATIONS
from monitor.clock import FixedClock
from monitor.config.rulebook import load_rulebook
from monitor.core.queries.query import parse
from monitor.model import Reason
from monitor.ports import Archive
from monitor.scorers import onnx
from monitor.services.analyse import analyse
from monitor.services.deliver import deliver
from tests.data.upgrade.facts import EVER, NOW, facts
from tests.deliveries import Scripted
from tests.postgres import address
from tests.tinymodels import make_weights

KEPT = Path(__file__).parents[1] / "data/upgrade"
FACTS = json.loads((KEPT / "facts.json").read_text(encoding="utf-8"))


@contextmanager
def of_sqlite(root: Path) -> Iterator[Archive]:
    path = root / "monitor.db"
    path.write_bytes(gzip.decompress((KEPT / "sqlite.db.gz").read_bytes()))
    with closing(sqlite.build(sqlite.Config(path=str(path)))) as archive:
        yield archive


@contextmanager
def of_postgres(_root: Path) -> Iterator[Archive]:
    with database("upgrade") as url:
        with psycopg.connect(url, autocommit=True) as db:
            db.execute(gzip.decompress((KEPT / "postgres.sql.gz").read_bytes()))
        with closing(postgres.build(postgres.Config(url=url, connections=2))) as archive:
            yield archive


@contextmanager
def database(purpose: str) -> Iterator[str]:
    """The address of a database without tables, which is gone afterwards."""
    name = f"monitor_{purpose}_{os.getpid()}"
    with psycopg.connect(address("postgres"), autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
        try:
            yield address(name)
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=[of_sqlite, of_postgres])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Archive]:
    with request.param(tmp_path) as opened:
        yield opened


def gone_from(then: Any, now: Any, at: str = "") -> list[str]:
    """Where what was told then is not told now; a later release may tell more of a thing."""
    if isinstance(then, dict) and isinstance(now, dict):
        return [lack for key, value in then.items() for lack in gone_from(value, now.get(key), f"{at}.{key}")]
    if isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        return [lack for place, pair in enumerate(zip(then, now, strict=True)) for lack in gone_from(*pair, f"{at}[{place}]")]
    return [] if then == now else [f"{at}: {then!r} is {now!r}"]


def test_everything_is_there_and_found(archive: Archive):
    then, now = dict(FACTS), facts(archive, parse)
    was, has = then.pop("vectors"), now.pop("vectors")

    assert gone_from(then, now) == []
    assert was.keys() == has.keys()
    for number, vector in was.items():
        # A byte for each dimension holds a direction to within a degree.
        assert np.dot(vector, has[number]) / (np.linalg.norm(vector) * np.linalg.norm(has[number])) > 0.9998
    assert archive.stats()["schema"] == MIGRATIONS[-1] == [*POSTGRES_MIGRATIONS][-1]
    assert archive.upkeep.problems() == []


def test_it_has_what_an_archive_made_today_has(tmp_path: Path):
    """A migration that was released and is edited later would give new archives what old ones never get."""
    with of_sqlite(tmp_path) as old, closing(sqlite.build(sqlite.Config(path=":memory:"))) as new:
        asked = "SELECT type, name, sql FROM sqlite_master ORDER BY type, name"
        with old._connections.read() as db, new._connections.read() as other:
            assert [tuple(row) for row in db.execute(asked)] == [tuple(row) for row in other.execute(asked)]


def test_it_has_what_a_database_made_today_has(tmp_path: Path):
    asked = """
        SELECT table_name, column_name, data_type, is_nullable, column_default, collation_name FROM information_schema.columns
        WHERE table_schema = 'public'
        UNION ALL SELECT tablename, indexname, indexdef, '', '', '' FROM pg_indexes WHERE schemaname = 'public'
        UNION ALL SELECT viewname, definition, '', '', '', '' FROM pg_views WHERE schemaname = 'public' ORDER BY 1, 2
    """
    with (
        of_postgres(tmp_path) as old,
        database("new") as url,
        closing(postgres.build(postgres.Config(url=url))) as new,
        old._connections.read() as db,
        new._connections.read() as other,
    ):
        assert db.execute(asked).fetchall() == other.execute(asked).fetchall()


def test_the_work_goes_on_where_it_was_left_and_tells_nobody_twice(archive: Archive, tmp_path: Path):
    book, clock = load_rulebook(KEPT / "rules"), FixedClock(NOW + timedelta(hours=2))
    scorer = onnx.build(onnx.Config(weights=make_weights(tmp_path / "weights"), threads=1))
    channels = {name: Scripted() for name in ("desk", "away", "gone", "night", "terminal", "outbox")}
    before = {alert.id for alert in archive.alerts.recent(EVER)}
    new = replace(archive.articles.get([1])[0], url="https://third.example/9", keys=("guid:9",), source="third.example")
    archive.articles.add([replace(new, title="A tax on bells", published=clock.now(), seen=clock.now())])

    for _ in range(3):
        analyse(archive, book, scorer, clock, batch=64, storm=25)
        deliver(archive, channels, book, clock)
        clock.advance(timedelta(minutes=30))

    told = [alert for alert in archive.alerts.recent(EVER) if alert.id not in before and alert.rule in book.rules]
    # Of an outlet 1.0.0 told once, and remembered no stories: the next article alerts, in whatever story.
    assert {(alert.rule, alert.group, alert.articles) for alert in told} == {
        ("paper", "source:post.example", (7,)),
        ("paper", "source:third.example", (9,)),
    }
    reasons = {(one.rule, one.article): one.reason for one in archive.alerts.suppressions() if one.at > NOW}
    assert reasons["tax", 9] is Reason.ALREADY_ALERTED
    assert reasons["many", 9] is Reason.COOLDOWN
    assert reasons["paper", 8] is Reason.SILENCE
    news = [alert.id for alert in told]
    assert sorted(channels["desk"].taken) == sorted(news)
    assert sorted(channels["away"].taken) == sorted([*left("away", "pending"), *news])
    assert channels["gone"].taken == []
    # One letter in the morning gathers what quiet hours held.
    (morning,) = channels["night"].taken
    assert {one.alert for one in archive.outbox.list(limit=1000) if one.state == "gathered"} == left("night", "held")
    assert archive.alerts.get(morning) is not None
    states = {one.id: (one.state, one.attempts) for one in archive.outbox.list(limit=1000)}
    done = {one["id"]: (one["state"], one["attempts"]) for one in FACTS["deliveries"] if one["state"] in {"sent", "dead"}}
    assert {number: states[number] for number in done} == done
    assert archive.upkeep.problems() == []


def left(receiver: str, state: str) -> set[str]:
    """The alerts whose delivery to a receiver 1.0.0 left in this state."""
    return {one["alert"] for one in FACTS["deliveries"] if (one["receiver"], one["state"]) == (receiver, state)}


def test_the_file_as_it_was_stays_beside_the_new_one(tmp_path: Path):
    with of_sqlite(tmp_path):
        copy = tmp_path / "monitor.db.before-m001_first.bak"
        with closing(sqlite3.connect(copy)) as db:
            names = [name for (name,) in db.execute("SELECT name FROM _sqlite_migrations")]
            assert names == ["m001_first"]
            assert db.execute("SELECT count(*) FROM articles").fetchone() == (len(FACTS["articles"]),)

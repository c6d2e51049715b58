"""A disk that fills up, a file that may not be written, a lock held for long, damage in the middle: told plainly, and survived."""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.app import open_app
from monitor.archives import sqlite
from monitor.clock import FixedClock
from monitor.core.queries.query import parse
from monitor.errors import ArchiveBusy, ArchiveError
from monitor.model import Article
from monitor.services.checking import examine
from monitor.services.status import service_status
from monitor.worker import Worker
from tests.rig import FaultServer, fault_server, feed_of, item, rss

NOW = datetime(2024, 11, 15, 12, 0, tzinfo=UTC)
MEGABYTE = 1_000_000


def article(number: int, size: int = 20) -> Article:
    return Article(
        id=0, feed="f", url="", title=f"Title {number}", text="missile " + "x" * size, keys=(f"k{number}",), content_hash="h",
        published=NOW, seen=NOW, source="a.example", language="en",
    )  # fmt: skip


def store_until_full(archive: sqlite.SqliteArchive, size: int = MEGABYTE // 4) -> tuple[int, str]:
    """How many articles fit, and what was said of the next one."""
    for number in range(200):
        try:
            archive.articles.add([article(number, size)])
        except ArchiveError as error:
            return number, str(error)
    raise AssertionError("never full")


@contextmanager
def small_disk(directory: Path, size: str) -> Iterator[None]:
    """A file system of this size, mounted on the directory."""
    directory.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(directory)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"this user may not mount a small disk: {mounted.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(directory)], check=True)


def fill_up(ballast: Path) -> None:
    """Write to this file until its disk has no room left."""
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)


def open_and_read_all(path: str) -> None:
    with closing(sqlite.build(sqlite.Config(path=path))) as archive:
        assert archive.upkeep.problems()
        archive.search.search(parse("missile"), now=NOW)
        archive.articles.unscored(100)


# -- the disk is full ------------------------------------------------------------------------------------------------------


def test_41_a_file_that_may_not_grow_loses_nothing_and_goes_on_when_it_may(tmp_path: Path):
    archive = sqlite.build(sqlite.Config(path=str(tmp_path / "monitor.db")))
    with archive._connections.read() as db:
        db.execute(f"PRAGMA max_page_count = {db.execute('PRAGMA page_count').fetchone()[0] + 300}")
        fitted, told = store_until_full(archive)
        db.execute("PRAGMA max_page_count = 1000000")

    assert fitted >= 1
    assert "is full; make room, the service goes on by itself" in told
    assert archive.articles.add([article(1000)])
    assert archive.search.search(parse("missile"), now=NOW)[1] == fitted + 1
    assert archive.upkeep.problems() == []
    archive.close()


def test_41_on_a_full_disk_feeds_are_left_alone_and_everything_goes_on_by_itself(tmp_path: Path):
    with small_disk(tmp_path / "disk", "4m"), fault_server() as server, worker_on(tmp_path, server) as (worker, clock):
        worker.collect()
        ballast = tmp_path / "disk" / "ballast"
        fill_up(ballast)
        server.serve("/feed", rss("".join(item(number, description="long news " * 2000) for number in range(10, 50))))
        clock.advance(timedelta(hours=1))

        with pytest.raises(ArchiveError, match=r"is full|see whether it is full"):
            worker.collect()
        asked = server.asked["/feed"]
        for _ in range(5):
            clock.advance(timedelta(seconds=4))
            worker.collect()
        assert server.asked["/feed"] == asked
        (disk,) = [finding for finding in examine(worker.app) if finding.name == "disk"]
        assert (disk.is_well, disk.remedy) == (False, "make room")

        ballast.unlink()
        server.serve("/feed", rss("".join(item(number) for number in range(10, 15))))
        clock.advance(timedelta(minutes=16))
        worker.collect()

        assert worker.app.archive.stats()["articles"] == 3 + 5
        assert worker.app.archive.upkeep.problems() == []


@contextmanager
def worker_on(tmp_path: Path, server: FaultServer) -> Iterator[tuple[Worker, FixedClock]]:
    (tmp_path / "rules.yaml").write_text("rules:\n  news: {when: missile}\n")
    (tmp_path / "feeds.yaml").write_text(f"feeds:\n  - {{id: feed, url: '{server.serve('/feed', feed_of(3))}', name: Feed}}\n")
    flags = {
        "feeds": tmp_path / "feeds.yaml", "rules": tmp_path / "rules.yaml", "archive": str(tmp_path / "disk/monitor.db"),
        "outbox": tmp_path / "outbox", "allow": [server.address], "fetcher": {"kind": "http", "spacing_seconds": 0},
    }  # fmt: skip
    clock = FixedClock(datetime.now(UTC))
    with open_app(flags, environment={}, clock=clock) as app:
        yield Worker(app), clock


# -- the file may not be written -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["run", "once"])
def test_42_an_archive_that_may_not_be_written_refuses_the_start_in_one_line(tmp_path: Path, command: str):
    with small_disk(tmp_path / "disk", "4m"), fault_server() as server:
        with worker_on(tmp_path, server):
            pass  # the archive is there, and has a feed that is due
        (tmp_path / "monitor.yaml").write_text(f"allow: ['{server.address}']\n")
        subprocess.run(["mount", "-o", "remount,ro", str(tmp_path / "disk")], check=True)
        places = ["--archive", "disk/monitor.db", "--feeds", "feeds.yaml", "--rules", "rules.yaml"]
        ended = subprocess.run(
            [sys.executable, "-m", "monitor", command, *places],
            cwd=tmp_path, env={**os.environ, "MONITOR_WEB__PORT": "0"}, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    assert ended.returncode == 1, ended.stderr
    (told,) = ended.stderr.splitlines()
    assert re.search(r"the archive .*monitor\.db cannot be (written|opened); check", told)
    assert not server.asked


# -- the file is locked --------------------------------------------------------------------------------------------------------


def test_43_a_write_waits_for_another_programs_lock_and_is_not_dropped(tmp_path: Path):
    path = str(tmp_path / "monitor.db")
    archive = sqlite.build(sqlite.Config(path=path, busy_seconds=60))
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    begun, numbers = threading.Event(), []

    def write() -> None:
        with archive._connections.read() as db:
            db.set_trace_callback(lambda sql: begun.set() if sql.startswith("BEGIN") else None)
        numbers.extend(archive.articles.add([article(1)]))

    writer = threading.Thread(target=write)
    writer.start()
    assert begun.wait(30)
    # Long enough for a transaction that was begun to be over, were it not for the lock.
    writer.join(0.5)
    assert writer.is_alive()
    assert archive.search.search(parse("missile"), now=NOW)[1] == 0
    assert numbers == []
    other.execute("COMMIT")
    writer.join(60)
    other.close()

    assert len(numbers) == 1
    archive.close()


def test_43_a_pass_that_met_the_lock_is_repeated_whole(tmp_path: Path):
    (tmp_path / "disk").mkdir()
    with fault_server() as server, worker_on(tmp_path, server) as (worker, clock):
        impatient = sqlite.build(sqlite.Config(path=str(tmp_path / "disk/monitor.db"), busy_seconds=0.05))
        worker.app.__dict__["archive"] = impatient
        with closing(sqlite3.connect(tmp_path / "disk/monitor.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(ArchiveBusy):
                worker.collect()
        clock.advance(timedelta(minutes=1))

        assert worker.collect().new == 3
        impatient.close()


# -- the file is damaged -------------------------------------------------------------------------------------------------------


def test_47_damage_is_found_and_a_backup_restores_all(tmp_path: Path):
    path, copy = tmp_path / "monitor.db", tmp_path / "backup.db"
    archive = sqlite.build(sqlite.Config(path=str(path)))
    archive.articles.add([article(number, 3000) for number in range(80)])
    archive.upkeep.backup(str(copy))
    archive.close()
    size = path.stat().st_size
    with path.open("r+b") as file:
        for place in range(8192, size, size // 12):
            file.seek(place)
            file.write(os.urandom(2048))

    with pytest.raises(ArchiveError, match=r"is damaged .* restore it from a backup"):
        open_and_read_all(str(path))

    copy.replace(path)
    for leftover in (path.with_name("monitor.db-wal"), path.with_name("monitor.db-shm")):
        leftover.unlink(missing_ok=True)
    restored = sqlite.build(sqlite.Config(path=str(path)))
    assert restored.search.search(parse("missile"), now=NOW)[1] == 80
    assert restored.upkeep.problems() == []
    assert service_status(restored, NOW)["articles"] == 80
    restored.close()

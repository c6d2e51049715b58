"""What surrounds the process fails: its log's disk is full, nobody reads its output, a rule file is half written."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.app import open_app
from monitor.errors import ArchiveError
from monitor.logs import MOST_WAITING
from monitor.model import Rulebook
from monitor.worker import Worker

LINES = 4000
WORK = f"""
import sys
from monitor import logs
import structlog, logging
logs.configure(level="info")
for number in range(0, {LINES}, 2):
    structlog.get_logger("x").info("a line that is long enough to fill a pipe", number=number, filler="x" * 100)
    logging.getLogger("y").warning("a library's line %s", number + 1)
"""
DONE = "open(sys.argv[1], 'w').write('done')"
LATER = """
print("worked", flush=True)
input()
assert logs.flush(60)
structlog.get_logger("x").info("last")
"""


@pytest.mark.parametrize("where", ["full disk", "closed", "broken", "unread"])
def test_53_a_log_that_cannot_be_written_stops_nothing(tmp_path: Path, where: str):
    done = tmp_path / "done"
    command = [sys.executable, "-c", WORK + DONE, str(done)]
    if where == "closed":
        command = ["sh", "-c", 'exec "$@" 2>&-', "sh", *command]
    reader, writer = os.pipe()
    with Path("/dev/full").open("w") as full:
        if where == "broken":
            os.close(reader)
        stream = {"full disk": full, "closed": None}.get(where, writer)
        ended = subprocess.run(command, stderr=stream, stdout=subprocess.DEVNULL, timeout=60, check=False)
    os.close(writer)
    if where != "broken":
        os.close(reader)

    assert done.read_text() == "done"
    assert ended.returncode == 0


def numbers(lines: list[str]) -> list[int]:
    """Which of the numbered lines these are; one that is cut or out of place would be no JSON."""
    found = [json.loads(line) for line in lines]
    return [line["number"] if "number" in line else int(line["event"].rpartition(" ")[2]) for line in found]


def test_53_a_log_that_is_read_is_whole_and_in_order():
    ended = subprocess.run([sys.executable, "-c", WORK], capture_output=True, text=True, timeout=60, check=True)

    assert numbers(ended.stderr.splitlines()) == list(range(LINES))


def test_53_a_reader_who_comes_late_is_told_how_many_lines_are_missing():
    command = [sys.executable, "-c", WORK + LATER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "worked\n"
        _, log = process.communicate("go on\n", timeout=60)
    *kept, told, last = log.splitlines()

    assert json.loads(last)["event"] == "last"
    assert json.loads(told)["event"] == "log lines were dropped, for nobody read them"
    assert json.loads(told)["lines"] == LINES - len(kept)
    assert numbers(kept) == list(range(len(kept)))
    assert MOST_WAITING <= len(kept) < LINES


def worker_on(tmp_path: Path, rules: Path) -> dict[str, object]:
    (tmp_path / "feeds.yaml").write_text("feeds: []\n")
    return {"feeds": tmp_path / "feeds.yaml", "rules": rules, "archive": ":memory:", "outbox": tmp_path / "outbox"}


def test_72_a_half_written_or_deleted_file_keeps_the_last_good_rules(tmp_path: Path):
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "a.yaml").write_text("rules:\n  one: {when: tax}\n  two: {when: levy}\n")
    with open_app(worker_on(tmp_path, rules), environment={}) as app:
        worker = Worker(app)

        def in_force(text: str | None) -> tuple[set[str], str]:
            (rules / "a.yaml").unlink(missing_ok=True)
            if text is not None:
                (rules / "a.yaml").write_text(text)
            worker.reload()
            book: Rulebook = worker.rulebook
            return set(book.rules), str(app.archive.states.load("worker").get("rules_error", ""))

        for broken in ("rules:\n  one: {when: tax}\n  two: {wh", "rules:\n  one: {when: 'topic:", None):
            names, error = in_force(broken)
            assert names == {"one", "two"}, broken
            assert error, broken
        assert in_force("rules:\n  three: {when: tax}\n") == ({"three"}, "")


GOOD_RULES = "rules:\n  one: {when: tax, notify: [desk]}\nreceivers:\n  desk: {kind: console}\n"


@pytest.mark.parametrize(
    ("receiver", "said"),
    [
        (
            '{kind: email, security: none, to: a@example.org, text: "{% if"}',
            "receiver far: the receiver's own alert.txt template is",
        ),
        ('{kind: apprise, url: {value: "syslog://here"}}', "receiver far: syslog:// acts on this machine"),
    ],
)
def test_72_a_receiver_that_cannot_be_built_keeps_the_last_good_rules_and_is_told(tmp_path: Path, receiver: str, said: str):
    rules = tmp_path / "rules.yaml"
    rules.write_text(GOOD_RULES)
    with open_app(worker_on(tmp_path, rules), environment={}) as app:
        worker = Worker(app)
        rules.write_text(f"{GOOD_RULES}  far: {receiver}\n")
        worker.reload()

        assert set(worker.rulebook.receivers) == {"desk"}
        assert said in str(app.archive.states.load("worker").get("rules_error", ""))
        (notice,) = app.archive.alerts.recent(app.clock.now() - timedelta(minutes=5), rule="service")
        assert said in notice.why

        rules.write_text(f"{GOOD_RULES}  far: {{kind: file}}\n")
        worker.reload()
        assert set(worker.rulebook.receivers) == {"desk", "far"}


def test_72_feeds_that_the_archive_would_not_take_are_offered_again(tmp_path: Path):
    rules = tmp_path / "rules.yaml"
    rules.write_text(GOOD_RULES)
    with open_app({**worker_on(tmp_path, rules), "archive": str(tmp_path / "monitor.db")}, environment={}) as app:
        worker = Worker(app)
        (tmp_path / "feeds.yaml").write_text('feeds: [{id: wire, name: Wire, url: "https://wire.example/feed"}]\n')
        with closing(sqlite3.connect(tmp_path / "monitor.db")) as other:
            other.execute("CREATE TRIGGER full BEFORE INSERT ON feeds BEGIN SELECT RAISE(ABORT, 'no room'); END")
            with pytest.raises(ArchiveError, match="no room"):
                worker.reload()
            other.execute("DROP TRIGGER full")
        worker.reload()

        assert [feed.id for feed, _ in app.archive.feeds.list()] == ["wire"]

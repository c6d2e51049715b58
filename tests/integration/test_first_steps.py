"""What somebody meets who starts in an empty folder, or names a path that is wrong."""

from __future__ import annotations

import json
import socket
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from monitor.app import open_app
from monitor.cli import app
from monitor.errors import MonitorError
from monitor.model import Fetched
from tests.rig import FaultServer, fault_server, feed_of
from tests.webstage import stage

RULES = "topics: {toll: {name: Harbour toll}}\nrules: {all: {when: topic:toll}}\n"
READING = (
    "search toll", "show 1", "stats", "status", "export --output x.csv --format csv", "trends toll", "briefing toll", "stories list", "rules explain 1 all",
    "rules backtest all", "alerts list", "outbox list", "silence list", "token list", "user list", "backup copy.db", "prune", "vacuum",
    "archive copy --from nosuch.db --to other.db",
)  # fmt: skip

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules.yaml").write_text(RULES)
    (tmp_path / "feeds.yaml").write_text("feeds: []\n")
    monkeypatch.setenv("MONITOR_RULES", "rules.yaml")
    return lambda words: CliRunner().invoke(app, words.split())


def said(done: Result) -> str:
    """What a command ended with; a mistake is printed by `main`."""
    assert done.exception is None or isinstance(done.exception, (MonitorError, SystemExit)), done.exception
    return f"{done.output}{'' if isinstance(done.exception, SystemExit) else done.exception or ''}"


@pytest.mark.parametrize("words", READING)
def test_what_reads_refuses_where_there_is_no_archive_and_makes_none(run: Run, tmp_path: Path, words: str):
    before = sorted(path.name for path in tmp_path.iterdir())

    done = run(words)

    where = "nosuch.db" if "nosuch" in words else "db/monitor.db"
    assert said(done) == f"no archive at {where} (start `monitor run` here, or name one with --archive)"
    assert isinstance(done.exception, MonitorError)
    assert done.exception.exit_code == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_an_archive_named_wrongly_is_not_made(run: Run, tmp_path: Path):
    assert "no archive at nosuch.db" in said(run("search toll --archive nosuch.db"))
    assert not (tmp_path / "nosuch.db").exists()
    assert run("search toll --archive :memory: --json").exit_code == 0


@pytest.mark.parametrize("words", ["once", "run --no-web"])
def test_what_is_configured_wrongly_is_told_before_an_archive_is_made(run: Run, tmp_path: Path, words: str):
    (tmp_path / "rules.yaml").write_text("receivers: {team: {kind: webhook, url: {env: NOSUCH_SECRET}}}\n")

    done = run(words)

    assert "NOSUCH_SECRET" in said(done)
    assert not (tmp_path / "db").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [("feeds list", "id"), ("rules list", "all"), ("doctor", "none at db/monitor.db yet: `monitor run` makes it")],
)
def test_what_is_of_use_before_the_first_run_leaves_no_archive(run: Run, tmp_path: Path, words: str, told: str):
    assert told in said(run(words))
    assert not (tmp_path / "db").exists()


@pytest.mark.parametrize("words", ["silence add toll", "token create desk"])
def test_what_writes_makes_the_archive(run: Run, tmp_path: Path, words: str):
    done = run(words)

    assert done.exit_code == 0, said(done)
    assert (tmp_path / "db/monitor.db").exists()


def test_feeds_that_are_missing_are_told_before_anything_is_served_or_made(run: Run, tmp_path: Path):
    (tmp_path / "feeds.yaml").unlink()

    told = said(run("run"))

    assert (
        told
        == "feeds.yaml: cannot be read: No such file or directory (name another with --feeds, or add a feed with `monitor feeds add`)"
    )
    assert not (tmp_path / "db").exists()


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        ("run", "set web.port in monitor.yaml or MONITOR_WEB__PORT, or leave the pages out with --no-web"),
        ("web", "choose another with --port"),
    ],
)
def test_a_port_that_is_taken_is_told_with_what_the_command_offers(
    run: Run, monkeypatch: pytest.MonkeyPatch, words: str, remedy: str
):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setenv("MONITOR_WEB__PORT", str(taken.getsockname()[1]))
        assert said(run(words)).endswith(f"Address already in use ({remedy})")


def test_the_status_of_a_fresh_archive_reads_as_words(run: Run):
    assert run("once").exit_code == 0
    with open_app() as service, closing(sqlite3.connect(service.settings.archive_address)) as db, db:
        db.execute("INSERT INTO languages (tag) VALUES ('en'), ('ko')")
    shown = dict(line.strip().split("  ", 1) for line in run("status").stdout.splitlines())

    assert (shown["worker seen"], shown["rules error"], shown["newest"], shown["deliveries"]) == ("never", "none", "none", "none")
    assert shown["languages"] == "en, ko"
    assert json.loads(run("status --json").stdout)["worker_seen"] == ""


def test_the_status_of_deliveries_reads_as_words(run: Run, tmp_path: Path):
    with stage(tmp_path / "desk") as service:
        address = service.settings.archive_address
    shown = dict(line.strip().split("  ", 1) for line in run(f"status --archive {address}").stdout.splitlines())

    assert (shown["deliveries"], shown["languages"]) == ("desk: 1 sent; other: 1 dead", "en")


# -- feeds that were mended -------------------------------------------------------------------------------------------


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with fault_server() as made:
        made.serve("/feed", feed_of(2))
        yield made


def test_a_mended_feed_is_asked_again_when_its_owner_says_so(
    run: Run, server: FaultServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "feeds.yaml").write_text(f"feeds: [{{id: wire, name: Wire, url: '{server.url('/feed')}'}}]\n")
    assert json.loads(run("once --json").stdout)["feeds_failed"] == 1
    monkeypatch.setenv("MONITOR_ALLOW", server.address)

    told = run("once").stdout.splitlines()
    assert told[0].startswith("feeds: 0 ")
    assert told[1].startswith("no feed is due; the next (wire) at 2")

    assert run("feeds enable wire").stdout == "wire is on and asked at the next pass\n"
    (row,) = json.loads(run("feeds list --json").stdout)
    assert (row["health"], row["failures"], row["error"], row["next_due"]) == ("new", 0, "", None)
    assert json.loads(run("once --json").stdout)["articles"] == 2


def test_a_feed_that_was_gone_is_asked_again_too(run: Run, tmp_path: Path):
    (tmp_path / "feeds.yaml").write_text("feeds: [{id: wire, name: Wire, url: 'https://wire.example/feed', enabled: false}]\n")
    with open_app() as service:
        service.archive.feeds.configure(service.feeds)
        ((feed, state),) = service.archive.feeds.list()
        later = datetime(2036, 1, 1, tzinfo=UTC)
        service.archive.feeds.record(
            replace(state, failures=9, is_gone=True, next_due=later), Fetched("wire", feed.url, 410), later - timedelta(days=1), 0
        )

    assert run("feeds enable wire").exit_code == 0

    with open_app() as service:
        ((_, state),) = service.archive.feeds.list()
    assert (state.failures, state.is_gone, state.next_due) == (0, False, None)


def test_without_a_feed_that_is_on_none_is_next(run: Run):
    assert run("once").stdout.splitlines()[1] == "no feed is due: none is switched on"

"""`monitor notify test` and `monitor outbox`, on a configuration and an archive of their own."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from monitor.archives.sqlite import Config, build
from monitor.cli import app
from monitor.clock import SystemClock
from monitor.errors import ConfigError
from tests.messages import plan
from tests.postoffice import Desk, web_desk

RULES = """
receivers:
  room: {{kind: slack, webhook: {{value: "{url}"}}}}
  gone: {{kind: webhook, url: "http://127.0.0.1:1/"}}
  post: {{kind: email, to: desk@example.org, port: {closed}}}
"""
Run = Callable[..., tuple[int, Any]]


def closed_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def desk() -> Iterator[Desk]:
    with web_desk() as opened:
        yield opened


@pytest.fixture
def run(tmp_path: Path, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "feeds.yaml").write_text("feeds: [{url: 'https://wire.example/feed', name: Wire}]\n")
    (tmp_path / "rules.yaml").write_text(RULES.format(url=desk.url(), closed=closed_port()))
    (tmp_path / "monitor.yaml").write_text("rules: rules.yaml\nallow: [127.0.0.1]\n")

    def command(*words: str) -> tuple[int, Any]:
        done = CliRunner().invoke(app, [*words, "--json"])
        return done.exit_code, json.loads(done.stdout) if done.stdout.startswith(("{", "[")) else done.output

    return command


@pytest.fixture
def planned(tmp_path: Path) -> None:
    (tmp_path / "db").mkdir()
    archive = build(Config(path=str(tmp_path / "db/monitor.db")))
    plan(archive, "room", count=2, now=SystemClock().now())
    archive.close()


def test_a_sample_reaches_the_receiver_and_says_that_it_is_one(run: Run, desk: Desk):
    status, told = run("notify", "test", "room")

    assert (status, told["sent"]) == (0, True)
    (post,) = desk.accepted
    assert post.json["text"].startswith("[sample] Harbour bridge toll: Freedonia against, Sylvania for")


def test_a_receiver_that_does_not_take_it_ends_with_one(run: Run):
    status, told = run("notify", "test", "gone")

    assert (status, told["sent"]) == (1, False)
    assert "could not be reached" in told["error"]


def test_a_letter_that_cannot_be_handed_over_names_the_server_and_why_that_one(run: Run):
    done = CliRunner().invoke(app, ["notify", "test", "post"])

    assert done.exit_code == 1
    assert re.match(r"the sample did not reach post: mail server localhost:\d+ \(no host: is set\): ", done.stderr)


def test_an_unknown_receiver_ends_with_two_and_names_the_known(run: Run):
    status, said = run("notify", "test", "rom")

    assert status == 2
    assert "room" in said


def test_what_another_receiver_lacks_is_none_of_this_ones_concern(run: Run, desk: Desk, tmp_path: Path):
    with (tmp_path / "rules.yaml").open("a") as rules:
        rules.write(
            '  broken: {kind: slack, webhook: {env: NO_SUCH_WEBHOOK}}\n  worse: {kind: email, to: a@b.example, html: "{{"}\n'
        )

    assert run("notify", "test", "room")[0] == 0
    assert len(desk.accepted) == 1
    status, said = run("notify", "test", "rom")
    assert (status, "there is no receiver 'rom'" in " ".join(said.split()), "NO_SUCH" in said) == (2, True, False)
    with pytest.raises(ConfigError, match=r"rules\.yaml:6:34: receiver broken: environment variable NO_SUCH_WEBHOOK is not set"):
        CliRunner().invoke(app, ["notify", "test", "broken"], catch_exceptions=False)


@pytest.mark.usefixtures("planned")
def test_deliveries_are_listed_dropped_and_tried_again(run: Run):
    status, lines = run("outbox", "list")
    assert status == 0
    assert [(line["id"], line["state"], line["rule"]) for line in lines] == [
        ("alert0001room", "pending", "ships"),
        ("alert0000room", "pending", "ships"),
    ]

    assert run("outbox", "drop", "alert0001") == (0, {"deliveries": ["alert0001room"]})
    assert [line["id"] for line in run("outbox", "list", "--state", "dead")[1]] == ["alert0001room"]

    assert run("outbox", "retry", "--receiver", "room")[0] == 0
    assert {line["state"] for line in run("outbox", "list")[1]} == {"pending"}


@pytest.mark.usefixtures("planned")
@pytest.mark.parametrize(
    ("words", "status"), [(["retry", "zzz"], 1), (["retry"], 1), (["list", "--state", "lost"], 2), (["list", "--limit", "0"], 2)]
)
def test_mistakes_end_with_their_exit_code(run: Run, words: list[str], status: int):
    assert run("outbox", *words)[0] == status


@pytest.mark.usefixtures("planned")
def test_people_get_a_table(run: Run):
    done = CliRunner().invoke(app, ["outbox", "list"])

    assert "alert0000r" in done.stdout
    assert "pending" in done.stdout
    assert run("outbox", "list", "--receiver", "nobody") == (0, [])

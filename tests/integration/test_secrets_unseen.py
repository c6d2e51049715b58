"""Canaries in every place a secret can lie: no command, log, error, archive or outbox ever shows one."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner

from monitor.archives.sqlite import Config, build
from monitor.cli import app
from monitor.clock import SystemClock
from monitor.core.shown import without_password, without_secrets
from monitor.errors import MonitorError
from tests.messages import plan
from tests.postoffice import Desk, post_office, web_desk

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

CANARY = "c4n4ry"
RULES = """
topics: {{tax: {{name: the tax}}}}
rules:
  tax: {{when: tax, notify: [room, bot, hook, mail, chat, gone]}}
receivers:
  room: {{kind: slack, webhook: {{value: "{url}/services/{canary}-inline"}}}}
  bot: {{kind: slack, token: {{env: CANARY_TOKEN}}, channel: news, api_url: "{url}/api/"}}
  hook: {{kind: webhook, url: {{value: "{url}/hook?key={canary}-query"}}, secret: {{file: secret.txt}}, headers: {{X-Key: "{canary}-header"}}}}
  mail: {{kind: email, to: [desk@example.org], host: 127.0.0.1, port: {port}, username: me}}
  chat: {{kind: apprise, url: {{value: "json://user:{canary}-apprise@127.0.0.1:1/"}}}}
  gone: {{kind: slack, webhook: {{value: "http://127.0.0.1:1/{canary}-gone"}}}}
"""
COMMANDS = (
    "check", "config show", "config show --json", "doctor", "status", "status --json", "stats", "rules list", "notify test room",
    "notify test bot", "notify test hook", "notify test mail", "notify test chat", "notify test gone", "once", "once --json",
    "outbox list", "outbox list --json", "alerts list", "feeds list",
)  # fmt: skip


@pytest.fixture
def desk() -> Iterator[Desk]:
    with web_desk(refusals=[(403, {}, b"no_service")] * 1000) as opened:
        yield opened


@pytest.fixture
def project(tmp_path: Path, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CANARY_TOKEN", f"xoxb-{CANARY}-token")
    monkeypatch.setenv("MONITOR_CHANNELS__EMAIL__PASSWORD", f"{CANARY}-password")
    with post_office() as office:
        url = desk.url("").rstrip("/")
        (tmp_path / "secret.txt").write_text(f"{CANARY}-file\n")
        (tmp_path / "feeds.yaml").write_text("feeds: []\n")
        (tmp_path / "rules.yaml").write_text(RULES.format(url=url, canary=CANARY, port=office.port))
        (tmp_path / "monitor.yaml").write_text(
            "rules: rules.yaml\nallow: [127.0.0.1]\nchannels: {slack: {timezone: UTC}}\nscorer: {weights: nowhere}\n"
        )
        yield tmp_path


def said(*words: str) -> str:
    """Everything a command prints, and the message it ends with."""
    done = CliRunner().invoke(app, list(words))
    assert done.exception is None or isinstance(done.exception, (MonitorError, SystemExit)), done.exception
    return f"{done.output}{done.stderr}{done.exception or ''}"


def test_no_command_prints_a_secret(project: Path, caplog: pytest.LogCaptureFixture):
    archive = build(Config(path="db/monitor.db"))
    plan(archive, "room", "bot", "hook", "mail", "chat", "gone", now=SystemClock().now())
    archive.close()
    logged: list[str] = []
    with caplog.at_level(logging.DEBUG), structlog.testing.capture_logs() as events:
        for words in COMMANDS:
            printed = said(*words.split())
            assert CANARY not in printed, (words, printed)
            logged.append(printed)
    assert "no_service" in "".join(logged)  # the receivers were really asked
    assert CANARY not in caplog.text
    assert CANARY not in repr(events)
    kept = [path for folder in ("db",) for path in (project / folder).rglob("*") if path.is_file()]
    assert kept
    for path in kept:
        assert CANARY.encode() not in path.read_bytes(), path


@pytest.mark.parametrize(
    ("wrong", "names"),
    [
        ("webhook: {{value: '{canary}', env: X}}", "webhook"),
        ("webhook: {{valeu: '{canary}'}}", "webhook"),
        ("webhook: [{canary}]", "webhook"),
        ("token: {{value: '{canary}'}}", "channel"),
    ],
)
def test_a_mistake_beside_a_secret_is_told_without_it(project: Path, wrong: str, names: str):
    (project / "rules.yaml").write_text("receivers:\n  room: {kind: slack, " + wrong.format(canary=CANARY) + "}\n")
    told = said("check")
    assert names in told
    assert CANARY not in told


def test_an_address_that_cannot_be_used_is_told_without_it(project: Path):
    (project / "rules.yaml").write_text(f"receivers:\n  hook: {{kind: webhook, url: hooks.example/{CANARY}}}\n")
    told = said("check")
    assert "rules.yaml:2:30: url: not a web address" in told
    assert CANARY not in told


def test_a_key_that_stands_twice_is_told_without_its_values(project: Path):
    room = f'  room: {{kind: slack, webhook: {{value: "https://hooks.example/{CANARY}"}}}}\n'
    (project / "rules.yaml").write_text(f"rules:\n  a: {{when: tax, notify: [room]}}\nreceivers:\n{room}receivers:\n{room}")

    told = said("check")

    assert told.strip().endswith(
        "rules.yaml:5:1: the key 'receivers' stands here for the second time; first at line 3 (join the two)"
    )
    assert CANARY not in told


def test_what_may_be_shown():
    assert without_password("postgresql://me:pa:ss@host/name") == "postgresql://me:***@host/name"
    assert without_password("db/monitor.db") == "db/monitor.db"
    values = {
        "password": {"value": CANARY},
        "token": {"env": "NAME"},
        "webhook": CANARY,
        "headers": {"X": CANARY},
        "list": [f"a://b:{CANARY}@c"],
    }
    assert without_secrets(values) == {
        "password": {"value": "***"}, "token": {"env": "NAME"}, "webhook": "***", "headers": {"X": "***"}, "list": ["a://b:***@c"],
    }  # fmt: skip

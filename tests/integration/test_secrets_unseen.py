"""Canaries in every place a secret can lie: no command, page, log, error or outbox ever shows one, and no archive keeps one.

Only the login in a feed's address is kept, with the address: the worker reads both from the archive.
"""

from __future__ import annotations

import logging
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from monitor.app import open_app
from monitor.archives.sqlite import Config, build
from monitor.cli import app
from monitor.clock import SystemClock
from monitor.config.feeds import load_feeds
from monitor.core.shown import without_password, without_secrets
from monitor.errors import MonitorError
from monitor.web import build_web
from tests.messages import plan
from tests.postoffice import Desk, post_office, web_desk
from tests.rig import Call, fault_server, item, rss

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

CANARY = "c4n4ry"
LOGIN = "l0g1n-0f-a-feed"
RULES = """
topics: {{tax: {{name: the tax}}}}
rules:
  tax: {{when: tax, notify: [room, bot, hook, mail, chat, gone]}}
receivers:
  room: {{kind: slack, webhook: {{value: "{url}/services/{canary}-inline"}}}}
  bot: {{kind: slack, token: {{env: CANARY_TOKEN}}, channel: news, api_url: "{url}/api/", signing_secret: {{value: "{canary}-signing"}}}}
  hook: {{kind: webhook, url: {{value: "{url}/hook?key={canary}-query"}}, secret: {{file: secret.txt}}, headers: {{X-Key: "{canary}-header"}}}}
  mail: {{kind: email, to: [desk@example.org], host: 127.0.0.1, port: {port}, username: me}}
  chat: {{kind: apprise, url: {{value: "json://user:{canary}-apprise@127.0.0.1:1/"}}}}
  gone: {{kind: slack, webhook: {{value: "http://127.0.0.1:1/{canary}-gone"}}}}
"""
FEEDS = """
feeds:
  - {{id: wire, name: Wire, url: "{wire}/feed"}}
  - {{id: away, name: Away, url: "http://me:{login}-away@127.0.0.1:1/feed"}}
"""
COMMANDS = (
    "check", "config show", "config show --json", "doctor", "status", "status --json", "stats", "rules list", "notify test room",
    "notify test bot", "notify test hook", "notify test mail", "notify test chat", "notify test gone", "once", "once --json",
    "outbox list", "outbox list --json", "alerts list", "search tax --json", "feeds list", "feeds list --json", "feeds check",
    "feeds check --json", "feeds export", "feeds export list.opml", "feeds discover {wire}/feed", "feeds discover {wire}/none",
    "feeds discover {wire}/ --json", "feeds add {wire}/untitled --dry-run --json", "feeds add {wire}/untitled",
    "feeds add {wire}/none", "feeds list --json",
)  # fmt: skip


PAGES = (
    "/", "/alerts", "/feeds", "/feeds.opml", "/settings", "/metrics", "/search?q=tax", "/api/v1/search?q=tax", "/api/v1/feeds",
    "/api/v1/status", "/api/v1/alerts", "/rules",
)  # fmt: skip


@pytest.fixture
def desk() -> Iterator[Desk]:
    with web_desk(refusals=[(403, {}, b"no_service")] * 1000) as opened:
        yield opened


@pytest.fixture
def wire() -> Iterator[str]:
    """The address of a site that lets nobody in without the login, with the login in it."""
    pages = {
        "/feed": rss("".join(item(number, title="A new tax", link=f"/a/{number}") for number in range(3))),
        "/untitled": rss(item(1)).replace(b"<title>Rig</title>", b""),
        "/": b'<html><head><link rel="alternate" type="application/rss+xml" href="/feed"></head></html>',
    }

    def guarded(call: Call) -> None:
        login = b64encode(f"me:{LOGIN}".encode()).decode()
        is_let_in = call.headers.get("authorization") == f"Basic {login}"
        call.reply(200 if is_let_in else 401, pages[call.path] if is_let_in else b"")

    with fault_server() as server:
        for path in pages:
            server.on(path, guarded)
        yield f"http://me:{LOGIN}@{server.address}"


@pytest.fixture
def project(tmp_path: Path, desk: Desk, wire: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CANARY_TOKEN", f"xoxb-{CANARY}-token")
    monkeypatch.setenv("MONITOR_CHANNELS__EMAIL__PASSWORD", f"{CANARY}-password")
    with post_office() as office:
        url = desk.url("").rstrip("/")
        (tmp_path / "secret.txt").write_text(f"{CANARY}-file\n")
        (tmp_path / "feeds.yaml").write_text(FEEDS.format(wire=wire, login=LOGIN))
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


def test_no_command_prints_a_secret(project: Path, wire: str, caplog: pytest.LogCaptureFixture):
    archive = build(Config(path="db/monitor.db"))
    plan(archive, "room", "bot", "hook", "mail", "chat", "gone", now=SystemClock().now())
    archive.close()
    logged: list[str] = []
    with caplog.at_level(logging.DEBUG), structlog.testing.capture_logs() as events:
        for words in COMMANDS:
            printed = said(*words.format(wire=wire).split())
            assert_clean(printed, words)
            logged.append(printed)
    printed = "".join(logged)
    assert "no_service" in printed  # the receivers were really asked
    assert "/a/1" in printed  # and so were the feeds
    added = load_feeds(project / "feeds.yaml")[-1]
    assert (added.url, LOGIN in f"{added.id} {added.name}") == (f"{wire}/untitled", False)
    assert '"title": "Rig"' in printed  # the site's feed was found behind the login
    assert_clean(caplog.text, "the log")
    assert_clean(repr(events), "events")
    assert_clean((project / "list.opml").read_text(), "the exported list")
    kept = [path for folder in ("db",) for path in (project / folder).rglob("*") if path.is_file()]
    assert kept
    for path in kept:
        assert CANARY.encode() not in path.read_bytes(), path


def test_no_page_shows_a_secret(project: Path):
    said("once")
    with open_app({}) as app, TestClient(build_web(app), base_url="http://localhost") as web:
        for path in PAGES:
            answer = web.get(path)
            assert answer.status_code == 200, (path, answer.text)
            assert_clean(answer.text, path)
        assert "Away" in web.get("/feeds").text


@pytest.mark.parametrize(
    "archive", ["postgresql://me:{word}@127.0.0.1:1/news", "{{url: 'postgresql://me:{word}@127.0.0.1:1/news'}}"]
)
def test_no_command_prints_the_password_of_the_database(project: Path, archive: str):
    (project / "monitor.yaml").write_text(f"rules: rules.yaml\narchive: {archive.format(word=CANARY)}\n")
    printed = [said(*words.split()) for words in ("check", "config show", "config show --json", "doctor", "status", "feeds list")]
    for one in printed:
        assert_clean(one, "the database is away")
    assert "127.0.0.1" in printed[-1]


def assert_clean(text: str, where: str) -> None:
    for secret in (CANARY, LOGIN, b64encode(f"me:{LOGIN}".encode()).decode()):
        assert secret not in text, (where, text[max(0, text.find(secret) - 200) :][:400])


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


@pytest.mark.parametrize(
    "feeds",
    [
        "feeds: [{name: A, url: 'htp://me:{word}@a.example/'}]",
        "feeds: [{name: A, url: 'me:{word}@a.example/'}]",
        "feeds: [{name: A, url: 'http://me:{word}@a.example/'}, {name: B, url: 'http://me:{word}@a.example/'}]",
    ],
)
def test_a_mistake_in_a_feeds_address_is_told_without_its_login(project: Path, feeds: str):
    (project / "feeds.yaml").write_text(feeds.replace("{word}", LOGIN))
    told = said("check")
    assert "feeds.yaml:1:" in told
    assert_clean(told, feeds)


def test_a_password_that_splits_an_address_is_not_repeated(project: Path):
    for word in (f"{LOGIN}/x", f"x/{LOGIN}", f"[{LOGIN}", f"{LOGIN}\uff0f"):
        (project / "feeds.yaml").write_text(f"feeds: [{{name: A, url: 'http://me:{word}@a.example/'}}]\n")
        told = said("once") + said("feeds", "list", "--json") + said("feeds", "check", "--json")
        assert "is not an address" in told
        assert_clean(told, word)


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

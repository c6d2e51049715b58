"""Slack and webhooks against a real web server: faults 62 to 65, threads, updates, signatures, the guard."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import pytest
from pydantic import ValidationError

from monitor import kinds
from monitor.demo.servers import payload_error, slack_webhook
from monitor.errors import ChannelError, ConfigError
from monitor.model import Receipt
from tests.deliveries import Bench, bench
from tests.messages import NOW, hostile, message
from tests.postoffice import Desk, web_desk


@pytest.fixture
def made() -> Iterator[Bench]:
    with bench() as opened:
        yield opened


@pytest.fixture
def desk() -> Iterator[Desk]:
    with web_desk() as opened:
        yield opened


def channel(kind: str, *, allow: tuple[str, ...] = ("127.0.0.1",), **config: Any) -> Any:
    module = kinds.load("channel", kind)
    return module.build(module.Config.model_validate(config), allow=allow)


# -- what the far side answers --------------------------------------------------------------------------------------------


def test_told_to_wait_thirty_seconds_it_waits_and_then_delivers_all(made: Bench):
    with slack_webhook(refusals=[30]) as slack:
        made.add("room", "slack", webhook={"value": slack.address})
        planned = made.plan(count=5)

        made.run()
        made.run(29)
        assert slack.messages == []
        made.run(1)

        assert [posted["text"] for posted in slack.messages] == [f"Alert {number}" for number in range(len(planned))]


@pytest.mark.parametrize("status", [500, 502, 503, 408, 425])
def test_trouble_on_the_far_side_is_waited_out(made: Bench, desk: Desk, status: int):
    desk.refusals = [(status, {}, b"trouble")] * 3
    made.add("room", "slack", webhook={"value": desk.url("/T/B/secret")})
    made.plan()

    passes = made.run_until_settled(step_seconds=30)

    assert (len(desk.posts), len(desk.accepted)) == (4, 1)
    assert passes > 3


def test_no_answer_in_time_is_waited_out(made: Bench, desk: Desk):
    import threading

    desk.hold = threading.Event()
    made.add("room", "slack", webhook={"value": desk.url()}, timeout_seconds=0.2)
    made.plan()
    made.run()
    assert made.one().last_error == "127.0.0.1 could not be reached: no answer came in time"

    desk.hold.set()
    made.run(60)

    assert made.one().state == "sent"


@pytest.mark.parametrize(
    ("status", "said"),
    [(400, "invalid_payload"), (403, "action_prohibited"), (404, "channel_not_found"), (410, "channel_is_archived")],
)
def test_a_refusal_for_good_is_dead_at_once_and_shown(made: Bench, desk: Desk, status: int, said: str):
    desk.refusals = [(status, {}, said.encode())]
    made.add("room", "slack", webhook={"value": desk.url("/T/B/very-secret")})
    made.plan()

    made.run()
    made.run(3600)

    assert len(desk.posts) == 1
    assert (made.one().state, made.one().last_error) == ("dead", f"127.0.0.1 answered {status}: {said}")


def test_a_redirect_is_not_followed(made: Bench, desk: Desk):
    desk.refusals = [(307, {"Location": desk.url("/elsewhere")}, b"")]
    made.add("room", "webhook", url=desk.url())
    made.plan()

    made.run()

    assert [post.path for post in desk.posts] == ["/hook"]
    assert made.one().state == "dead"


@pytest.mark.parametrize(("kind", "config"), [("slack", "webhook"), ("webhook", "url")])
def test_a_private_address_is_refused_before_anything_is_sent(desk: Desk, kind: str, config: str):
    receipt = channel(kind, allow=(), **{config: {"value": desk.url("/hidden-path")}}).send(message())

    assert not receipt.is_sent
    assert receipt.is_permanent
    assert 'add allow: ["127.0.0.1:' in receipt.error
    assert "hidden-path" not in receipt.error
    assert desk.posts == []


# -- Slack ------------------------------------------------------------------------------------------------------------------


def test_hostile_news_is_taken_by_slack_and_mentions_nobody():
    with slack_webhook() as slack:
        for length in (1, 30):
            assert channel("slack", webhook=slack.address).send(hostile(length)).is_sent
        said = json.dumps(slack.messages, ensure_ascii=False)

    assert "<!" not in said
    assert "<@" not in said
    assert "&lt;!channel&gt;" in said


def api(answers: dict[str, Any] | None = None) -> Any:
    """Slack's Web API: posts get numbered timestamps; `answers` replaces the answer of a method."""
    count = iter(range(1, 1000))

    def accept(path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        method = path.rpartition("/")[2]
        fields = json.loads(body) if headers["content-type"].startswith("application/json") else {}
        assert headers["authorization"] == "Bearer xoxb-1"
        if payload_error(fields):
            return 200, {}, b'{"ok": false, "error": "invalid_blocks"}'
        answer = (answers or {}).get(method) or {"ok": True, "channel": "C123", "ts": f"1700.{next(count)}"}
        return 200, {}, json.dumps(answer).encode()

    return accept


BOT = {"token": {"value": "xoxb-1"}, "channel": "#korea"}


def test_a_bot_threads_a_story_and_keeps_its_first_message_up_to_date(made: Bench):
    with web_desk(accept=api()) as slack:
        made.add("room", "slack", **BOT, api_url=slack.url("/api/"))
        made.plan(thread="g")
        made.run()
        made.plan(start=1, thread="g")
        made.run()

    first, second, update = [(post.path, post.json) for post in slack.posts]
    assert first[0] == second[0] == "/api/chat.postMessage"
    assert first[1]["channel"] == "#korea"
    assert "thread_ts" not in first[1]
    assert (second[1]["channel"], second[1]["thread_ts"]) == ("C123", "1700.1")
    assert update[0] == "/api/chat.update"
    assert (update[1]["channel"], update[1]["ts"]) == ("C123", "1700.1")
    told = json.dumps(update[1]["blocks"])
    assert "Report number 0" in told
    assert "Report number 1" in told
    assert "2 outlets" in told


def test_an_update_that_fails_spoils_no_delivery(made: Bench):
    with web_desk(accept=api({"chat.update": {"ok": False, "error": "message_not_found"}})) as slack:
        made.add("room", "slack", **BOT, api_url=slack.url("/api/"))
        made.plan(thread="g")
        made.run()
        made.plan(start=1, thread="g")
        assert made.run().sent == 1


@pytest.mark.parametrize(
    ("status", "headers", "body", "expected"),
    [
        (200, {}, b'{"ok": false, "error": "channel_not_found"}', (True, None)),
        (200, {}, b'{"ok": false, "error": "invalid_auth"}', (True, None)),
        (200, {}, b'{"ok": false, "error": "internal_error"}', (False, None)),
        (429, {"Retry-After": "30"}, b'{"ok": false, "error": "ratelimited"}', (False, 30)),
        (503, {}, b"<html>down</html>", (False, None)),
        (200, {}, b"not json", (False, None)),
    ],
)
def test_a_bots_refusals_are_told_apart(
    desk: Desk, status: int, headers: dict[str, str], body: bytes, expected: tuple[bool, int | None]
):
    desk.refusals = [(status, headers, body)]

    receipt: Receipt = channel("slack", **BOT, api_url=desk.url("/api/")).send(message())

    pause = receipt.retry_after.total_seconds() if receipt.retry_after else None
    assert not receipt.is_sent
    assert (receipt.is_permanent, pause) == expected
    assert "xoxb" not in receipt.error
    assert len(desk.posts) == 1


@pytest.mark.parametrize("config", [{}, {"token": "x"}, {"webhook": "https://x.example", "token": "x", "channel": "c"}])
def test_slack_needs_exactly_one_way(config: dict[str, str]):
    with pytest.raises(ValidationError, match="webhook|channel"):
        kinds.load("channel", "slack").Config.model_validate(config)


# -- webhook ------------------------------------------------------------------------------------------------------------------


def test_a_post_is_signed_over_its_time_and_body(desk: Desk):
    receipt = channel("webhook", url=desk.url(), secret={"value": "shared"}, headers={"X-Key": "1"}).send(message())

    assert receipt.is_sent
    (post,) = desk.posts
    assert post.headers["x-key"] == "1"
    assert post.headers["x-monitor-delivery"] == "d1"
    timestamp = post.headers["x-monitor-timestamp"]
    assert timestamp == str(int(NOW.timestamp()))
    expected = hmac.new(b"shared", timestamp.encode() + b"." + post.body, sha256).hexdigest()
    assert post.headers["x-monitor-signature"] == f"sha256={expected}"


def test_the_document_holds_the_alert_in_plain_json(desk: Desk):
    channel("webhook", url=desk.url()).send(message())

    told = desk.posts[0].json
    assert told["headline"] == "North Korea is against Freedom Edge exercise — 2 outlets"
    assert told["positions"][0]["stance"] == "against"
    assert told["positions"][0]["confidence"] == 0.94
    assert told["created"] == "2026-11-22T06:05:00+00:00"
    assert "x-monitor-signature" not in desk.posts[0].headers


# -- secrets ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "config"),
    [
        ("slack", {"webhook": {"env": "NOT_SET_HERE"}}),
        ("slack", {"token": {"env": "NOT_SET_HERE"}, "channel": "c"}),
        ("webhook", {"url": {"env": "NOT_SET_HERE"}}),
        ("webhook", {"url": "https://x.example", "secret": {"env": "NOT_SET_HERE"}}),
        ("apprise", {"url": {"env": "NOT_SET_HERE"}}),
    ],
)
def test_a_missing_secret_refuses_the_start_and_is_named(kind: str, config: dict[str, Any]):
    with pytest.raises(ConfigError, match="NOT_SET_HERE"):
        channel(kind, **config)


# Apprise loads a module of Python that is going away; it has its own replacement for the day.
@pytest.mark.filterwarnings("ignore:.imghdr. is deprecated:DeprecationWarning")
@pytest.mark.parametrize("url", ["file:///etc/passwd", "nonsense://x", "dbus://"])
def test_apprise_reaches_people_and_not_this_machine(url: str):
    with pytest.raises(ChannelError):
        channel("apprise", url={"value": url})

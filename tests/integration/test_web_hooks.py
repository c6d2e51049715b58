"""Where machines call: Slack's buttons become labels and mutes, hubs' pushes become articles; nothing unsigned counts."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from fastapi.testclient import TestClient

from monitor.app import App, open_app
from monitor.clock import FixedClock
from monitor.core.alerts.links import Action, Answer
from monitor.core.alerts.slack_answers import Press, is_signed, signature
from monitor.demo.servers import payload_error
from monitor.errors import ConfigError
from monitor.model import Delivery, FeedState, Fetched, Receiver
from monitor.services.compose import message_for
from monitor.services.links import feedback_links, signer
from monitor.services.slack_answers import signing_secrets, take_press, update_message
from monitor.services.websub import feed_secret, hub_secret
from monitor.web import build_web
from tests.postoffice import Desk, web_desk
from tests.rig import feed_of
from tests.webstage import NOW, stage

PUBLIC = "https://news.example"
SECRET = "shh"
RECEIVER = "receivers: {room: {kind: slack, webhook: {value: %s}%s}}\n"


@dataclass
class Room:
    """A Slack channel on loopback, the service it belongs to, and a browserless way to the service's pages."""

    app: App
    desk: Desk
    web: TestClient

    def show(self) -> list[dict[str, Any]]:
        """Send the stored alert; the blocks that Slack got."""
        archive = self.app.archive
        delivery = Delivery("d9", "a1b2c3d4e5", "room")
        message = message_for(archive, self.app.rulebook, delivery, NOW, feedback_links(archive, PUBLIC))
        assert message is not None
        assert self.app.channels["room"].send(message).is_sent
        assert payload_error(self.desk.accepted[-1].json) == ""
        blocks: list[dict[str, Any]] = self.desk.accepted[-1].json["blocks"]
        return blocks

    def press(self, label: str, blocks: list[dict[str, Any]], *, secret: str = SECRET, late: float = 0) -> httpx.Response:
        """What Slack sends when somebody presses the button of this label."""
        button = next(one for one in blocks[-1]["elements"] if one["text"]["text"] == label)
        told = {
            "type": "block_actions", "user": {"id": "U1", "username": "kim"}, "actions": [button],
            "message": {"text": "Alert", "blocks": blocks}, "response_url": self.desk.url("/response"),
        }  # fmt: skip
        return self.say(urlencode({"payload": json.dumps(told)}).encode(), secret=secret, late=late)

    def say(self, body: bytes, *, secret: str = SECRET, late: float = 0) -> httpx.Response:
        timestamp = str(int(NOW.timestamp() - late))
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": signature(secret, timestamp, body),
        }
        answer: httpx.Response = self.web.post("/slack/interactions", content=body, headers=headers)
        return answer


@contextmanager
def opened(root: Path, more: str = ", signing_secret: {value: shh}") -> Iterator[Room]:
    with web_desk() as desk, stage(root, allow=["127.0.0.1"], public_url=PUBLIC) as app:
        (root / "rules/slack.yaml").write_text(RECEIVER % (desk.url(), more))
        with TestClient(build_web(app), base_url=PUBLIC) as web:
            yield Room(app, desk, web)


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    with opened(tmp_path / "desk") as made:
        yield made


def labels(app: App) -> list[tuple[int, str, str]]:
    return [(one.article, one.label, one.author) for one in app.archive.labels.list()]


def test_a_button_becomes_labels_and_the_message_says_so(room: Room):
    blocks = room.show()

    assert room.press("Not relevant", blocks).status_code == 200

    first, second = room.app.archive.alerts.get("a1b2c3d4e5").articles
    assert sorted(labels(room.app)) == [(first, "not-relevant", "kim (Slack)"), (second, "not-relevant", "kim (Slack)")]
    response = next(post for post in room.desk.accepted if post.path == "/response").json
    assert response["replace_original"] is True
    assert payload_error(response) == ""
    assert [block["type"] for block in response["blocks"]][-2:] == ["context", "actions"]
    assert response["blocks"][-2]["elements"][0]["text"] == "✓ Noted as not relevant for 2 articles. — kim"


def test_a_second_answer_replaces_the_first(room: Room):
    room.press("Not relevant", room.show())
    answered = room.desk.accepted[-1].json["blocks"]

    room.press("Relevant", answered)

    assert {label for _, label, _ in labels(room.app)} == {"relevant"}
    notes = [block for block in room.desk.accepted[-1].json["blocks"] if block.get("block_id")]
    assert ["relevant" in note["elements"][0]["text"] for note in notes] == [True]


def test_a_mute_is_a_silence(room: Room):
    room.press("Mute this story", room.show())

    (silence,) = room.app.archive.silences.list(NOW)
    assert (silence.query.startswith("story:"), silence.comment) == (True, "muted by kim (Slack) from an alert")


@pytest.mark.parametrize(("secret", "late"), [("guessed", 0), (SECRET, 301), (SECRET, -301)])
def test_a_forged_old_or_early_request_changes_nothing(room: Room, secret: str, late: float):
    assert room.press("Not relevant", room.show(), secret=secret, late=late).status_code == 401
    assert labels(room.app) == []


@pytest.mark.parametrize("timestamp", ["", "soon", "-1", "²", "1" * 13, "1e9"])
def test_a_time_that_is_none_is_no_signature(timestamp: str):
    body = b"payload={}"
    given = signature(SECRET, timestamp, body)

    assert not is_signed([SECRET], timestamp, body, given, NOW)


@pytest.mark.parametrize("body", [b"", b"payload=", b"payload=[]", b"payload=%7B%22actions%22%3A5%7D", b"\xff\xfe"])
def test_a_signed_request_that_says_nothing_is_taken_calmly(room: Room, body: bytes):
    assert room.say(body).status_code == 200
    assert labels(room.app) == []


def test_a_button_of_nobody_is_answered_in_words(room: Room):
    blocks = room.show()
    for button in blocks[-1]["elements"]:
        button["value"] = "forged" + button.get("value", "")

    room.press("Relevant", blocks)

    assert labels(room.app) == []
    assert "Nothing was noted" in str(room.desk.accepted[-1].json)


def test_an_answer_counts_though_slack_does_not_take_the_changed_message(room: Room):
    blocks = room.show()
    room.desk.refusals.append((404, {}, b"used_url"))

    assert room.press("Relevant", blocks).status_code == 200

    assert {label for _, label, _ in labels(room.app)} == {"relevant"}
    assert room.desk.posts[-1].status == 404


def test_a_button_is_good_for_ninety_days_and_for_an_alert_that_is_stored(room: Room):
    archive, book = room.app.archive, room.app.rulebook
    token = next(one["value"] for one in room.show()[-1]["elements"] if one.get("value"))
    pressed = Press(token, "kim", {}, "")

    assert "older than 90 days" in take_press(archive, book, pressed, NOW + timedelta(days=91))
    gone = signer(archive).token(Answer(Action.RELEVANT, "gone", "toll-opposed", "room", "story:1", NOW))
    assert take_press(archive, book, replace(pressed, token=gone), NOW) == (
        "Nothing was noted: the alert this address speaks of is no longer stored."
    )
    assert labels(room.app) == []


def test_the_changed_message_goes_nowhere_but_where_slack_may_be_reached(room: Room):
    pressed = Press("t", "kim", {"text": "Alert", "blocks": [{"type": "actions"}]}, "")

    assert not update_message(pressed, "Noted.", ["127.0.0.1"])
    for inside in (room.desk.url("/response"), "http://[", "file:///etc/passwd"):
        assert not update_message(replace(pressed, response_url=inside), "Noted.", [])
    assert room.desk.posts == []
    assert update_message(replace(pressed, response_url=room.desk.url("/response")), "Noted.", ["127.0.0.1"])
    assert [block["type"] for block in room.desk.accepted[-1].json["blocks"]] == ["context", "actions"]


def test_each_signing_secret_is_asked_for_once(room: Room):
    config = room.app.rulebook.receivers["room"].config
    both = {name: Receiver(name, "slack", config) for name in ("room", "hall")} | {"desk": Receiver("desk", "console", None)}

    assert signing_secrets(replace(room.app.rulebook, receivers=both)) == [SECRET]
    assert signing_secrets(replace(room.app.rulebook, receivers={})) == []


def test_without_a_signing_secret_there_are_links_and_no_endpoint(tmp_path: Path):
    with opened(tmp_path / "desk", more="") as room:
        buttons = room.show()[-1]["elements"]

        assert all("value" not in button and button["url"].startswith(PUBLIC) for button in buttons)
        assert room.say(b"payload={}").status_code == 404


def test_a_missing_signing_secret_refuses_the_start_and_names_the_variable(tmp_path: Path):
    root = tmp_path / "desk"
    with stage(root) as app:
        (root / "rules/slack.yaml").write_text(RECEIVER % ('"http://x.example"', ", signing_secret: {env: NO_SUCH_SIGNING}"))
        with pytest.raises(ConfigError, match="NO_SUCH_SIGNING"):
            _ = app.channels


# -- hubs -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[tuple[App, TestClient]]:
    """A service whose feed `wire` has announced a hub."""
    with stage(tmp_path / "desk", is_filled=False, public_url=PUBLIC) as app:
        app.archive.feeds.configure(app.feeds)
        url = app.feeds[0].url
        state = FeedState("wire", url, configured=url, hub="https://hub.example/", hub_topic=url, last_success=NOW, last_new=NOW)
        app.archive.feeds.record(state, Fetched("wire", url, 200, is_unchanged=True), NOW, 0)
        with TestClient(build_web(app), base_url=PUBLIC) as web:
            yield app, web


def verify(web: TestClient, topic: str, feed: str = "wire", lease: str = "86400") -> httpx.Response:
    values = {"hub.mode": "subscribe", "hub.topic": topic, "hub.challenge": "<b>42</b>", "hub.lease_seconds": lease}
    answer: httpx.Response = web.get(f"/websub/{feed}", params=values)
    return answer


def test_a_hub_is_told_that_we_asked_and_a_stranger_that_we_did_not(desk: tuple[App, TestClient]):
    app, web = desk
    wanted = verify(web, "https://wire.example/feed")

    assert (wanted.status_code, wanted.text) == (200, "<b>42</b>")
    assert wanted.headers["content-type"].startswith("text/plain")
    assert verify(web, "https://other.example/feed").status_code == 404
    assert verify(web, "https://wire.example/feed", "nobody").status_code == 404
    state = next(state for feed, state in app.archive.feeds.list() if feed.id == "wire")
    assert state.subscribed_until == NOW + timedelta(days=1)


@pytest.mark.parametrize(
    ("lease", "days"), [("3600", 1 / 24), ("0", 0), ("99999999", 7), ("9" * 5000, 7), ("²", 7), ("٣", 7), ("-5", 7), ("", 7)]
)
def test_a_lease_is_never_longer_than_asked_for_and_one_that_cannot_be_read_is_as_long(
    desk: tuple[App, TestClient], lease: str, days: float
):
    app, web = desk

    assert verify(web, "https://wire.example/feed", lease=lease).status_code == 200
    state = next(state for feed, state in app.archive.feeds.list() if feed.id == "wire")
    assert state.subscribed_until == NOW + timedelta(days=days)


def test_a_signed_push_is_stored_and_an_unsigned_one_is_not(desk: tuple[App, TestClient]):
    app, web = desk
    body = feed_of(3)
    secret = feed_secret(hub_secret(app.archive), "wire")
    sign = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {"Content-Type": "application/rss+xml", "X-Hub-Signature": sign}

    forged = ["sha256=00", "sha1=00", "sha256", "sha256=\xe9", ""]
    for wrong in forged:
        given = {"Content-Type": "application/rss+xml", "X-Hub-Signature": wrong.encode("latin-1")}
        assert web.post("/websub/wire", content=body, headers=given).status_code == 202
    assert web.post("/websub/wire", content=body, headers={"Content-Type": "application/rss+xml"}).status_code == 202
    assert app.archive.articles.unscored(10) == []

    assert web.post("/websub/wire", content=body, headers=headers).status_code == 202
    assert web.post("/websub/wire", content=body, headers=headers).status_code == 202
    assert len(app.archive.articles.unscored(10)) == 3


def test_the_worker_asks_the_hub_when_there_is_a_public_address(tmp_path: Path):
    from monitor.cluster import Member
    from monitor.worker import Worker

    with web_desk() as hub, stage(tmp_path / "desk", is_filled=False) as plain:
        app_of = {
            "archive": plain.settings.archive_address,
            "feeds": str(plain.settings.feeds),
            "rules": str(plain.settings.rules),
        }
        for public in ("", PUBLIC):
            flags = {**app_of, "public_url": public, "allow": ["127.0.0.1"], "outbox": str(tmp_path / "outbox")}
            with open_app(flags, environment={}, clock=FixedClock(NOW)) as app:
                worker = Worker(app)
                url = app.feeds[0].url
                behind_login = url.replace("://", "://me:word@")
                app.archive.feeds.record(
                    FeedState("wire", behind_login, configured=url, hub=hub.url("/hub")), Fetched("wire", url, 200, is_unchanged=True), NOW, 0
                )  # fmt: skip
                worker.subscribe()
                assert len(hub.posts) == bool(public)
                # In a cluster it is one of the jobs that keep things in order; a hub just asked is left alone.
                Member(worker).steps["maintain"]()

        (asked,) = hub.posts
        assert asked.fields["hub.callback"] == f"{PUBLIC}/websub/wire"
        assert asked.fields["hub.topic"] == "https://wire.example/feed"

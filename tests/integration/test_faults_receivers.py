"""Slack away for an hour of the injected clock, or refusing for good: what arrives, and what the owner hears."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.worker import Worker
from tests.deliveries import bench
from tests.messages import plan
from tests.postoffice import web_desk
from tests.webstage import NOW, stage


@pytest.mark.parametrize("status", [503, 500])
def test_63_slack_away_for_an_hour_gets_everything_afterwards_in_order_and_once(status: int):
    with bench() as made, web_desk(refusals=[(status, {}, b"away")] * 10_000) as slack:
        made.add("room", "slack", webhook={"value": slack.url("/T/B/secret")})
        planned = made.plan(count=6)
        for minute in range(60):
            made.run(60)
            planned += made.plan(start=len(planned)) if minute % 15 == 0 else []
        asked = len(slack.posts)
        slack.refusals = []

        made.run_until_settled()

    assert len(slack.accepted) == len(planned) == 10
    assert [post.json["text"] for post in slack.accepted] == [f"Alert {number}" for number in range(10)]
    assert asked <= 30


@pytest.mark.parametrize(
    ("status", "said"), [(403, "no_service"), (404, "no_team"), (410, "channel_is_archived"), (400, "invalid_payload")]
)
def test_64_a_refusal_for_good_is_told_to_the_owner_once(tmp_path: Path, status: int, said: str):
    settings = {"allow": ["127.0.0.1"], "operator": "owner"}
    with (
        web_desk(refusals=[(status, {}, said.encode())] * 10) as room,
        web_desk() as owner,
        stage(tmp_path / "desk", is_filled=False, **settings) as app,
    ):
        (tmp_path / "desk/rules/desk.yaml").write_text(
            f"receivers:\n  room: {{kind: slack, webhook: {{value: '{room.url()}'}}}}\n"
            f"  owner: {{kind: webhook, url: '{owner.url()}'}}\n"
        )
        worker = Worker(app)
        for number in range(3):
            plan(app.archive, "room", start=number, now=NOW)
            worker.deliver()
        worker.deliver()

        dead = {one.receiver: one.state for one in app.archive.outbox.list() if one.state != "sent"}
    assert (len(room.posts), dead) == (3, {"room": "dead"})
    (told,) = [post.json for post in owner.accepted]
    assert told["headline"] == "Receiver room refused a message for good"
    assert f"{status}: {said}" in told["why"]
    assert "monitor outbox retry --receiver room" in told["why"]

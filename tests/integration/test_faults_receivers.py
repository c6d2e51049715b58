"""Slack away for an hour of the injected clock: everything arrives afterwards, in order, once."""

from __future__ import annotations

import pytest

from tests.deliveries import bench
from tests.postoffice import web_desk


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

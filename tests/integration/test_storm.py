"""Ten thousand matches at once: one counted alert, as the mail server and Slack saw it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

from monitor.model import Receiver, Rule
from monitor.services.alerting import ArchiveView, Evaluator
from monitor.services.analyse import commit
from tests.deliveries import bench
from tests.messages import RULEBOOK, article
from tests.postoffice import post_office, web_desk

MATCHES = 10_000
BATCH = 1_000


def test_ten_thousand_matches_are_one_counted_alert_at_every_receiver():
    rule = Rule("ships", "Busan", title="Ships", notify=("desk", "room"))
    receivers = {name: Receiver(name, "x", None) for name in rule.notify}
    book = replace(RULEBOOK, rules={"ships": rule}, receivers=receivers)
    with bench() as made, post_office() as office, web_desk() as slack:
        made.add("desk", "email", to=["desk@example.org"], host="127.0.0.1", port=office.port, security="none")
        made.add("room", "slack", webhook=slack.url())
        evaluator = Evaluator(book, storm=25)
        with made.archive.transaction():
            stored = made.archive.articles.add([article(number) for number in range(MATCHES)])
            for one in stored:
                made.archive.stories.join(one, None)
        # The first batch starts the storm; what follows within the hour is counted with it, even when it was told already.
        for start in range(0, MATCHES, BATCH):
            with made.archive.transaction():
                new = commit(
                    made.archive,
                    evaluator.plan(ArchiveView(made.archive, stored[start : start + BATCH], made.clock.now(), evaluator)),
                )
            assert new == (start == 0)
            made.run(1)
        assert (office.letters, slack.posts) == ([], [])

        report = made.run(timedelta(minutes=1))
        made.run_until_settled()

        ((_, letter),) = office.letters
        (post,) = slack.accepted
        told = (letter.get_body(("plain",)).get_content(), json.dumps(post.json))
        assert report.sent == 2
        assert all("10,000 alerts at once; told as one" in text for text in told)
        assert max(office.sizes) < 200_000
        assert len(made.archive.alerts.suppressions(rule="ships", limit=MATCHES + 1)) == MATCHES

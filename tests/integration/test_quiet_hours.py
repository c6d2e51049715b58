"""Quiet hours: what they hold is told in one digest a receiver when they end; the mail server's log is the witness."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from monitor.core.alerts.alerting import deliveries, holding
from monitor.model import Alert, Receiver, Rule, Severity
from monitor.services.outbox import drop, retry
from tests.deliveries import Bench, Scripted, bench
from tests.messages import article
from tests.postoffice import PostOffice, post_office, web_desk

NIGHT = datetime(2026, 11, 22, 23, tzinfo=UTC)
MORNING = timedelta(hours=7, seconds=1)
DESK = Receiver("desk", "email", None, ("22:00", "06:00", "UTC"))
ROOM = Receiver("room", "slack", None)
RULE = Rule("ships", "Busan", title="Ships", notify=("desk", "room"))


@pytest.fixture
def night() -> Iterator[Bench]:
    with bench() as made:
        made.clock.advance(NIGHT - made.clock.now())
        yield made


@pytest.fixture
def office(night: Bench) -> Iterator[PostOffice]:
    with post_office() as open_office:
        night.add("desk", "email", to=["desk@example.org"], host="127.0.0.1", port=open_office.port, security="none")
        yield open_office


def happen(made: Bench, number: int, *, severity: Severity = Severity.NORMAL, receivers: tuple[Receiver, ...] = (DESK,)) -> str:
    """An alert as an evaluation plans it, an hour after the one before."""
    now = made.clock.now()
    stored = made.archive.articles.add([article(number)])
    alert = Alert(
        f"alert{number}",
        "ships",
        f"story:{number}",
        f"Ship {number} left port",
        "it answered",
        now,
        severity,
        tuple(stored),
        number,
    )
    planned = deliveries(alert, RULE, receivers, now)
    made.archive.alerts.plan([(alert, planned)], holding(alert, RULE, planned, now))
    made.run(3600)
    return alert.id


def states(made: Bench) -> list[str]:
    return sorted(str(one.state) for one in made.deliveries().values())


def test_a_night_is_told_in_one_letter_in_the_morning(night: Bench, office: PostOffice):
    for number in range(5):
        happen(night, number)
    assert (office.letters, states(night)) == ([], ["held"] * 5)

    report = night.run(MORNING)
    night.run(3600)

    ((_, letter),) = office.letters
    text, page = (letter.get_body((form,)).get_content() for form in ("plain", "html"))
    assert report.sent == 1
    assert letter["Subject"] == "5 alerts while it was quiet"
    assert [text.index(f"Ship {number} left port") for number in range(5)] == sorted(
        text.index(f"Ship {number} left port") for number in range(5)
    )
    assert all(f"Ship {number} left port" in page for number in range(5))
    assert states(night) == ["gathered"] * 5 + ["sent"]


def test_urgent_alerts_and_receivers_without_quiet_hours_do_not_wait(night: Bench, office: PostOffice):
    with web_desk() as slack:
        night.add("room", "slack", webhook=slack.url())
        happen(night, 1, receivers=(DESK, ROOM))
        happen(night, 2, severity=Severity.URGENT, receivers=(DESK, ROOM))
        assert len(slack.accepted) == 2
        assert [letter["Subject"] for _, letter in office.letters] == ["[urgent] Ship 2 left port"]

    night.run(MORNING)

    assert [letter["Subject"] for _, letter in office.letters][1:] == ["Ship 1 left port"]


def test_each_receiver_has_its_own_digest_and_its_own_fate(night: Bench, office: PostOffice):
    other = replace(DESK, id="other")
    night.channels["other"], night.rates["other"] = (scripted := Scripted()), 1e6
    happen(night, 1, receivers=(DESK, other))
    happen(night, 2, receivers=(DESK, other))
    office.data_answers = ["451 later"]

    night.run(MORNING)
    assert (len(scripted.taken), len(office.letters)) == (1, 0)
    night.run_until_settled()

    assert len(office.letters) == 1
    assert states(night) == ["gathered"] * 4 + ["sent"] * 2


def test_what_was_dropped_or_sent_by_hand_meanwhile_is_not_told_again(night: Bench, office: PostOffice):
    happen(night, 1)
    happen(night, 2)
    happen(night, 3)
    held = {one.alert: one for one in night.deliveries().values()}
    drop(night.archive, [held["alert1"].id], night.clock.now())
    retry(night.archive, [held["alert2"].id], night.clock.now())
    night.run()
    night.run(MORNING)

    assert [letter["Subject"] for _, letter in office.letters] == ["Ship 2 left port", "Ship 3 left port"]


def test_a_night_of_hundreds_stays_a_letter_that_mail_programs_show_whole(night: Bench, office: PostOffice):
    now = night.clock.now()
    for number in range(400):
        stored = night.archive.articles.add([article(number)])
        alert = Alert(
            f"a{number:03}", "ships", f"story:{number}", f"Ship {number}: " + "news " * 40, "it answered", now, Severity.NORMAL,
            tuple(stored), number,
        )  # fmt: skip
        night.archive.alerts.plan([(alert, deliveries(alert, RULE, [DESK], now))], [])

    night.run(MORNING)

    ((_, letter),) = office.letters
    page = letter.get_body(("html",)).get_content()
    assert len(page.encode()) <= 90_000
    assert letter["Subject"] == "400 alerts while it was quiet"
    assert "and 340 more" in page


def test_digests_of_two_mornings_are_two_conversations(night: Bench, office: PostOffice):
    for day in range(2):
        night.clock.advance(NIGHT + timedelta(days=day) - night.clock.now())
        happen(night, 2 * day)
        happen(night, 2 * day + 1)
        night.run(MORNING)

    first, second = (letter for _, letter in office.letters)
    assert second["In-Reply-To"] is None
    assert first["References"] != second["References"]


def test_the_reason_is_stored_when_it_happens(night: Bench, office: PostOffice):
    happen(night, 1)

    (record,) = night.archive.alerts.suppressions(rule="ships")

    assert (str(record.reason), record.note) == ("quiet hours", "desk: held until 2026-11-23 06:00 UTC")

"""Signed links: read back as written, silent when changed, foreign or old."""

from __future__ import annotations

from datetime import timedelta

import pytest

from monitor.core.alerts.alerting import SERVICE
from monitor.core.alerts.links import LIFETIME, Action, Answer, Signer, links
from monitor.core.alerts.render import UNSUBSCRIBE
from monitor.model import Message
from tests.messages import NOW, message

SIGNER = Signer("a key that is long enough")
ANSWER = Answer(Action.NOT_RELEVANT, "a1", "dprk", "desk", "story:7", NOW)


def test_a_token_reads_back_as_written():
    assert SIGNER.read(SIGNER.token(ANSWER), NOW) == ANSWER


def test_a_changed_foreign_or_old_token_says_nothing():
    token = SIGNER.token(ANSWER)
    changed = [token[:-1] + ("A" if token[-1] != "A" else "B"), "A" + token, "", "a.b", token.replace(".", "")]

    assert [SIGNER.read(one, NOW) for one in changed] == [None] * 5
    assert Signer("another key, just as long").read(token, NOW) is None
    assert SIGNER.read(token, NOW + LIFETIME + timedelta(seconds=1)) is None
    assert SIGNER.read(token, NOW - timedelta(seconds=1)) is None


def test_a_short_key_is_refused():
    with pytest.raises(ValueError, match="16 characters"):
        Signer("short")


def test_each_link_says_what_its_label_says():
    made = dict(links(message(), "https://m.example.org/", SIGNER))

    assert made.pop("Open") == "https://m.example.org/alerts/a1"
    answers = {label: SIGNER.read(url.rpartition("/")[2], NOW) for label, url in made.items()}
    assert {label: answer.action for label, answer in answers.items() if answer} == {
        "Relevant": Action.RELEVANT,
        "Not relevant": Action.NOT_RELEVANT,
        "Wrong stance": Action.WRONG_STANCE,
        "Mute this story": Action.MUTE_STORY,
        "Mute for a day": Action.MUTE_DAY,
        UNSUBSCRIBE: Action.UNSUBSCRIBE,
    }


def test_without_positions_no_stance_can_be_wrong():
    assert "Wrong stance" not in dict(links(message(positions=()), "https://m.example.org", SIGNER))


@pytest.mark.parametrize("made", [message(rule=SERVICE), message(told=(message(),))], ids=["of the service", "of many alerts"])
def test_what_no_answer_would_change_offers_none(made: Message):
    assert list(dict(links(made, "https://m.example.org", SIGNER))) == ["Open", UNSUBSCRIBE]

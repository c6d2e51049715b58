"""Which statement stands for a holder where only one can be shown."""

from __future__ import annotations

from monitor.model import Stance, Statement, Voice
from monitor.services.today import sides_taken


def said(holder: str, stance: Stance, sure: float) -> Statement:
    shares = dict.fromkeys(Stance, (1 - sure) / 2) | {stance: sure}
    favor, against, neutral = shares[Stance.FAVOR], shares[Stance.AGAINST], shares[Stance.NEUTRAL]
    return Statement("toll", holder, stance, favor, against, neutral, Voice.QUOTED, None)


def test_the_surest_words_of_the_side_a_holder_takes_on_the_whole_are_shown():
    told = [said("Seoul", Stance.FAVOR, 0.7), said("Seoul", Stance.FAVOR, 0.8), said("Seoul", Stance.AGAINST, 0.95)]
    (shown,) = sides_taken(told)
    assert (shown.stance, shown.confidence) == (Stance.FAVOR, 0.8)


def test_sides_come_before_neutral_ones_and_the_surer_first():
    told = [said("Oslo", Stance.NEUTRAL, 0.99), said("Rome", Stance.AGAINST, 0.6), said("Lima", Stance.FAVOR, 0.7)]
    assert [one.holder for one in sides_taken(told)] == ["Lima", "Rome", "Oslo"]
    assert [one.holder for one in sides_taken(told, limit=1)] == ["Lima"]


def test_a_divided_holder_is_shown_by_its_surest_words():
    told = [said("Bern", Stance.FAVOR, 0.8), said("Bern", Stance.AGAINST, 0.8), said("Bern", Stance.NEUTRAL, 0.9)]
    (shown,) = sides_taken(told)
    assert shown.stance is not Stance.NEUTRAL

"""What the trainer makes of passages whose holders change places."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.data import Stance, names_of_actors
from training.swaps import exchanged, in_each_others_place

FOR, AGAINST, NEUTRAL = 2, 0, 1


def asked(text: str, holder: str, label: int, target: str = "the levy") -> Stance:
    return Stance(text, holder, target, label, "en", "test", "g1")


def test_holders_change_places_and_take_the_others_side() -> None:
    text = "Oslo wants the levy; Lima calls it theft."
    made = exchanged([asked(text, "Oslo", FOR), asked(text, "Lima", AGAINST)], {})
    assert [(one.text, one.holder, one.label) for one in made] == [
        ("Lima wants the levy; Oslo calls it theft.", "Lima", FOR),
        ("Lima wants the levy; Oslo calls it theft.", "Oslo", AGAINST),
    ]


def test_whoever_does_not_change_places_is_not_asked_again() -> None:
    text = "Oslo wants the levy; Lima calls it theft. The bank is silent."
    made = exchanged([asked(text, "Oslo", FOR), asked(text, "Lima", AGAINST), asked(text, "-", NEUTRAL)], {})
    assert {one.holder for one in made} == {"Oslo", "Lima"}


@pytest.mark.parametrize(
    ("first", "second", "target", "why"),
    [
        ("Oslo", "Quito", "the levy", "one of them does not stand there"),
        ("Oslo", "Lima", "the levy of Lima", "the target names one of them"),
        ("Lima", "Lima's mayor", "the levy", "one name holds the other"),
        ("Oslo", "Peru", "the levy", "another name of Peru would stay behind"),
    ],
)
def test_passages_that_would_say_something_else_are_left_out(first: str, second: str, target: str, why: str) -> None:
    text = "Oslo wants the levy; Peru calls it theft. Lima's mayor is silent."
    names = names_of_actors([{"actors": {"Peru": {"aliases": ["Lima"]}}}])
    known = names if second == "Peru" else {}
    assert exchanged([asked(text, first, FOR, target), asked(text, second, AGAINST, target)], known) == [], why


def test_a_name_in_a_longer_word_stays() -> None:
    assert in_each_others_place("Iran and Irans, Iraq", "Iran", "Iraq") == "Iraq and Irans, Iran"


def test_korean_particles_follow_the_new_name() -> None:
    passage = "일본은 훈련을 환영했고 러시아는 비난했다. 일본과 러시아가 회담했다."
    assert (
        in_each_others_place(passage, "일본", "러시아") == "러시아는 훈련을 환영했고 일본은 비난했다. 러시아와 일본이 회담했다."
    )


def test_a_syllable_that_begins_a_word_is_no_particle() -> None:
    assert in_each_others_place("일본이라는 나라와 중국", "일본", "중국") == "중국이라는 나라와 일본"


@given(st.lists(st.sampled_from(["Oslo ", "Lima ", "levy ", "일본은 ", "러시아가 ", "and "]), max_size=12).map("".join))
def test_twice_is_as_before(passage: str) -> None:
    for pair in (("Oslo", "Lima"), ("일본", "러시아")):
        assert in_each_others_place(in_each_others_place(passage, *pair), *pair) == passage

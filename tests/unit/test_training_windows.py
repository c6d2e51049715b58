"""What the trainer cuts out of whole articles."""

from __future__ import annotations

from monitor.core.scoring.holders import compile_actors
from monitor.core.scoring.stance import window
from monitor.core.scoring.voices import read
from monitor.model import Actor
from training.data import LABELS, Stance, article_windows
from training.data import window as training_window

TITLE = "Lima backs the levy"
TEXT = "Ministers met on Monday. Oslo said it would sue. Lima was silent."
RULES = {"topics": {"levy": {"name": "Fish levy"}}, "actors": {"Oslo": {"aliases": []}, "Lima": {"aliases": []}}}


def cut(holder: str, label: str, evidence: list[str], *, alone: bool = False) -> list[Stance]:
    stances = {"levy": {"holders": {holder: {"label": label, "evidence": evidence}}}}
    article = {"id": "a1", "lang": "en", "title": TITLE, "text": TEXT, "topics": stances}
    return article_windows([article], RULES, 7, alone=alone)


def test_trainer_and_service_cut_the_same_passages() -> None:
    reading = read(TITLE, TEXT, "en", compile_actors([Actor("Oslo")]))
    title, text = [TITLE], [sentence.text for sentence in reading.sentences[1:]]
    places = range(len(reading.sentences))
    assert [training_window(title, text, place)[0] for place in places] == [window(reading, place) for place in places]


def test_a_title_above_a_sentence_is_no_evidence() -> None:
    labels = {one.text: LABELS[one.label] for one in cut("Lima", "favor", [TITLE])}
    assert labels == {TITLE: "favor", f"{TITLE}. Oslo said it would sue. Lima was silent.": "neutral"}


def test_a_sentence_that_shows_the_side_is_labelled_with_it() -> None:
    (one,) = cut("Oslo", "against", ["Oslo said it would sue."])
    assert (one.text, LABELS[one.label]) == (f"{TITLE}. Ministers met on Monday. Oslo said it would sue.", "against")


def test_sentences_are_cut_alone_too_where_that_is_asked() -> None:
    found = [one.text for one in cut("Oslo", "against", ["Oslo said it would sue."], alone=True)]
    assert found == [f"{TITLE}. Ministers met on Monday. Oslo said it would sue.", "Oslo said it would sue."]

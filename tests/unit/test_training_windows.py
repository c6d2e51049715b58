"""What the trainer cuts out of whole articles."""

from __future__ import annotations

from monitor.core.scoring.holders import compile_actors
from monitor.core.scoring.stance import window
from monitor.core.scoring.voices import read
from monitor.model import Actor
from training.data import LABELS, Stance, article_windows, contrast_windows
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


def contrasts(stances: dict[str, object], not_about: list[str]) -> set[tuple[str, str]]:
    rules = {"topics": {"levy": {"name": "Fish levy"}, "dam": {"name": "Dam"}}, "actors": RULES["actors"]}
    article = {
        "id": "a1",
        "lang": "en",
        "title": TITLE,
        "text": TEXT,
        "topics": {"levy": {"holders": stances}},
        "not_about": not_about,
    }
    found = contrast_windows([article], rules, 7)
    assert {LABELS[one.label] for one in found} <= {"neutral"}
    return {(one.text, one.query) for one in found}


def test_an_actor_without_a_label_takes_no_side_wherever_it_is_named() -> None:
    oslo = {"Oslo": {"label": "against", "evidence": ["Oslo said it would sue."]}}
    assert contrasts(oslo, []) == {
        (TITLE, "Lima toward Fish levy"),
        (f"{TITLE}. Oslo said it would sue. Lima was silent.", "Lima toward Fish levy"),
    }


def test_what_shows_a_side_shows_none_on_a_topic_that_the_article_is_not_about() -> None:
    both = {
        "Oslo": {"label": "against", "evidence": ["Oslo said it would sue."]},
        "Lima": {"label": "neutral", "evidence": []},
    }
    assert contrasts(both, ["dam"]) == {(f"{TITLE}. Ministers met on Monday. Oslo said it would sue.", "Oslo toward Dam")}

"""What is asked about an article, and what is made of the answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.scoring.holders import compile_actors
from monitor.core.scoring.opinion import is_demanding
from monitor.core.scoring.stance import AUTHOR, combine, in_context, outlet_stance, questions, statements, weighed
from monitor.core.scoring.voices import read
from monitor.model import OUTLET, Actor, Stance, Topic, Voice

TOPIC = Topic("tax", "Digital services tax", "Tax on large online companies.", ("tech levy",))
FINDER = compile_actors([Actor("Japan", ("Tokyo",)), Actor("United States", ("US", "Washington")), Actor("Nimbra", ())])
TITLE = "Editorial: Tokyo firm on tech levy"
TEXT = (
    'Japan will not drop its digital services tax, a minister said. "The tax is fair," he told reporters. '
    "Washington called the levy an insult to American companies.\n\n"
    "Nimbra declined to comment. Rain is expected. The tax is a mistake and should be dropped."
)
READING = read(TITLE, TEXT, "en", FINDER)

AGAINST, NEUTRAL, FAVOR = (0.9, 0.08, 0.02), (0.03, 0.94, 0.03), (0.02, 0.08, 0.9)


def asked():
    return questions(READING, TOPIC)


def verdict(*answers):
    return combine(np.array(answers, np.float32), np.ones(len(answers), np.float32))


def test_each_holder_is_asked_about_in_a_few_sentences():
    holders = [question.turn.holder for question in asked()]
    assert set(holders) == {"Japan", "United States", "Nimbra", OUTLET}
    assert max(holders.count(holder) for holder in holders) <= 3


def test_questions_name_holder_and_target():
    for question in asked():
        holder, _, target = question.query.partition(" toward ")
        assert target == "Digital services tax"
        assert (holder == AUTHOR) == (question.turn.holder == OUTLET)
        assert READING.sentences[question.turn.sentence].text in question.passage


def test_a_sentence_is_read_after_the_one_before_it_and_both_after_the_title():
    (asked_of_nimbra,) = (one for one in asked() if one.turn.holder == "Nimbra")
    before, sentence = "Washington called the levy an insult to American companies.", "Nimbra declined to comment."
    assert asked_of_nimbra.passage == f"{TITLE}. {before} {sentence}"


def test_a_title_is_read_by_itself():
    reading = read("Tokyo firm on tech levy. Rain ahead", "Nimbra is silent.", "en", FINDER)
    (question,) = (one for one in questions(reading, TOPIC) if one.turn.holder == "Japan")
    assert question.passage == "Tokyo firm on tech levy."


@pytest.mark.parametrize(
    ("title", "before", "passage"),
    [
        ("Levy stays", "It rains.", "Levy stays. It rains. Tokyo agreed."),
        ("Will it stay?", "", "Will it stay? Tokyo agreed."),
        ("課税を維持", "雨だ。", "課税を維持. 雨だ。 Tokyo agreed."),
        ("t" * 499, "It rains.", "It rains. Tokyo agreed."),
        ("Levy stays", "b" * 499, "Levy stays. Tokyo agreed."),
        ("課" * 200, "雨" * 200, "Tokyo agreed."),
        ("", "", "Tokyo agreed."),
    ],
)
def test_context_is_given_where_there_is_room(title, before, passage):
    assert in_context(title, before, "Tokyo agreed.") == passage


RIVAL = Topic("whaling", "Whaling treaty")


def trust_of(title, text, *, is_minor=False):
    """How far an answer about Nimbra and the tax is believed."""
    asked = questions(read(title, text, "en", FINDER), TOPIC, [RIVAL], is_minor=is_minor)
    (question,) = (one for one in asked if one.turn.holder == "Nimbra")
    return question.trust


def test_a_sentence_that_names_no_topic_speaks_of_what_the_title_names():
    assert trust_of("Whaling treaty signed", "Nimbra is furious.") < trust_of("Rain ahead", "Nimbra is furious.")
    assert trust_of("Tech levy beside whaling treaty", "Nimbra is furious.") == 1
    assert trust_of("Whaling treaty signed", "Nimbra is furious about the levy.") == 1
    assert trust_of("Tech levy stays", "Nimbra loathes the whaling treaty.") < 1


def test_a_sentence_under_a_title_that_names_none_speaks_of_what_the_article_is_rather_about():
    assert trust_of("Rain ahead", "Nimbra is furious.", is_minor=True) < 1
    assert trust_of("Rain ahead", "Nimbra is furious.") == 1
    assert trust_of("Tech levy stays", "Nimbra is furious.", is_minor=True) == 1
    assert trust_of("Rain ahead", "Nimbra is furious about the levy.", is_minor=True) == 1


def test_a_name_inside_the_topics_own_name_is_no_holder():
    topic = Topic("bloc", "Asian NATO", "", ("US-Japan pact",))
    finder = compile_actors([Actor("NATO"), Actor("Japan"), Actor("Nimbra")])
    text = "Nimbra fears an Asian NATO. The US-Japan pact angers Nimbra. Japan signed the US-Japan pact."
    asked = questions(read("", text, "en", finder), topic)
    assert {question.turn.holder for question in asked} == {"Nimbra", "Japan", OUTLET}
    (japan,) = (question for question in asked if question.turn.holder == "Japan")
    assert japan.passage.endswith("Japan signed the US-Japan pact.")


def test_less_is_believed_of_a_sentence_on_another_topic_or_told_by_somebody_else():
    tax, bridge = Topic("tax", "Digital tax"), Topic("bridge", "Harbour bridge")
    text = "Japan opposes the harbour bridge. Nimbra said Washington fears the digital tax. Tokyo backs the digital tax."
    trust = {
        (question.topic, question.turn.holder, question.turn.sentence): question.trust
        for topic in (tax, bridge)
        for question in questions(read("", text, "en", FINDER), topic, (tax, bridge))
    }
    assert trust["bridge", "Japan", 0] == trust["tax", "Japan", 2] == trust["tax", "Nimbra", 1] == 1.0
    assert trust["tax", "Japan", 0] < 0.5
    assert trust["tax", "United States", 1] < 1.0
    alone = questions(read("", "Japan opposes the harbour bridge.", "en", FINDER), tax)
    assert {question.trust for question in alone if question.turn.holder == "Japan"} == {1.0}


def test_what_the_outlet_wants_somebody_to_do_is_less_believed_to_be_their_side():
    text = 'Japan backs the digital tax. Japan should drop the digital tax. "Japan should drop the digital tax," Washington said.'
    tax = Topic("tax", "Digital tax")
    trust = {one.turn.sentence: one.trust for one in questions(read("", text, "en", FINDER), tax) if one.turn.holder == "Japan"}
    assert trust[0] == 1.0
    assert trust[1] < 1.0
    assert is_demanding(read("", "정부는 대화의 문을 여는 일에 힘을 써야 한다.", "ko", FINDER).sentences[0])


def test_the_side_of_the_speaker_is_not_taken_for_that_of_somebody_named_beside():
    reading = read("", "Japan condemned the digital tax that Washington plans.", "en", FINDER)
    mine = questions(reading, Topic("tax", "Digital tax"))
    by_holder = [question.turn.holder for question in mine]

    def washington(of_japan, of_washington):
        answers = np.array([of_japan if holder == "Japan" else of_washington for holder in by_holder], np.float32)
        (found,) = (one for one in statements(reading, mine, answers) if one.holder == "United States")
        return found

    assert washington((0.98, 0.01, 0.01), (0.97, 0.02, 0.01)).stance is Stance.NEUTRAL
    assert washington(NEUTRAL, (0.97, 0.02, 0.01)).stance is Stance.AGAINST
    assert washington(AGAINST, (0.01, 0.02, 0.97)).stance is Stance.FAVOR


def test_a_huge_article_is_asked_about_within_bounds():
    text = "Japan said the tax is fair. Washington said the tax is an insult. " * 500
    assert len(questions(read("", text, "en", FINDER), TOPIC)) <= 40


@pytest.mark.parametrize(
    ("answers", "stance"),
    [
        ([FAVOR], Stance.FAVOR),
        ([AGAINST], Stance.AGAINST),
        ([NEUTRAL], Stance.NEUTRAL),
        ([FAVOR, NEUTRAL, NEUTRAL, NEUTRAL], Stance.FAVOR),
        ([AGAINST, AGAINST, (0.3, 0.3, 0.4)], Stance.AGAINST),
        ([(0.3, 0.4, 0.3), NEUTRAL], Stance.NEUTRAL),
    ],
)
def test_neutral_sentences_do_not_drown_a_clear_one_and_weak_ones_do_not_win(answers, stance):
    assert (Stance.AGAINST, Stance.NEUTRAL, Stance.FAVOR)[int(verdict(*answers).argmax())] is stance


def test_opposite_clear_sentences_leave_doubt():
    assert max(verdict(FAVOR, AGAINST)) < 0.6


@given(st.lists(st.tuples(st.floats(0.01, 1), st.floats(0.01, 1), st.floats(0.01, 1)), min_size=1, max_size=5))
def test_a_verdict_is_a_distribution(rows):
    answers = np.array(rows, np.float32)
    result = combine(answers / answers.sum(axis=1, keepdims=True), np.ones(len(rows), np.float32))
    assert result.min() >= 0
    assert result.sum() == pytest.approx(1, abs=1e-5)


def test_statements_show_the_strongest_sentence_with_its_place():
    mine = asked()
    answers = np.array([FAVOR if question.turn.holder == "Japan" else NEUTRAL for question in mine], np.float32)
    stated = {statement.holder: statement for statement in statements(READING, mine, answers)}
    japan = stated["Japan"]
    assert japan.stance is Stance.FAVOR
    assert japan.confidence > 0.7
    assert japan.favor + japan.against + japan.neutral == pytest.approx(1, abs=1e-5)
    for statement in stated.values():
        part = TITLE if statement.evidence.part == "title" else TEXT
        assert part[statement.evidence.start : statement.evidence.end] == statement.evidence.text
    assert stated["United States"].stance is Stance.NEUTRAL
    assert stated["United States"].voice is Voice.QUOTED
    assert stated[OUTLET].voice is Voice.OUTLET


def test_the_text_itself_is_neutral_where_it_takes_no_side():
    mine = asked()
    answers = np.array([AGAINST if question.turn.holder == OUTLET else NEUTRAL for question in mine], np.float32)
    stated = statements(READING, mine, answers)
    assert outlet_stance(stated, "tax")["label"] == "against"
    assert outlet_stance(stated, "other") == {"label": "neutral", "favor": 0.0, "against": 0.0, "neutral": 1.0}


def test_a_sentence_weighs_less_the_nearer_it_is_to_another_topic():
    reading = read("", "Tokyo supports the tax.", "en", compile_actors([Actor("Japan", ("Tokyo",))]))
    (question,) = [one for one in questions(reading, Topic("tax", "Tax")) if one.turn.holder == "Japan"]
    weights = [weighed(question, lead).weight / question.weight for lead in (-0.5, -0.1, -0.05, 0.0, 0.5)]
    assert weights == sorted(weights)
    assert weights[0] == pytest.approx(0.1, abs=1e-3)
    assert weights[2] == pytest.approx(0.55)
    assert weights[-1] == pytest.approx(1.0, abs=1e-3)
    assert [weighed(question, lead).trust for lead in (-0.11, -0.09)] == [0.4, question.trust]
    assert weighed(replace(question, trust=0.2), -0.5).trust == 0.2

"""Who speaks or acts in each sentence."""

from __future__ import annotations

import pytest

from monitor.core.scoring.holders import compile_actors
from monitor.core.scoring.voices import Role, quotations, read
from monitor.model import Actor

FINDER = compile_actors(
    [
        Actor("United States", ("US", "Washington", "미국", "米国", "美国", "США")),
        Actor("Japan", ("Tokyo", "Japanese", "일본", "日本", "Япония", "اليابان")),
        Actor("China", ("Beijing", "중국", "中国", "Китай", "الصين")),
        Actor("Spain", ("Madrid", "Spanish", "España")),
        Actor("Germany", ("Berlin", "Deutschland")),
        Actor("France", ("Paris",)),
        Actor("Hakusan Museum", ("白山博物館", "하쿠산박물관")),
        Actor("Agrion", ()),
        Actor("fishing unions", ()),
        Actor("United Nations", ("UN", "유엔")),
    ]
)


def turns(text, language="en", title=""):
    reading = read(title, text, language, FINDER)
    return {(reading.sentences[turn.sentence].text, turn.holder): turn.role for turn in reading.turns}


def holders_of_last(text, language="en"):
    reading = read("", text, language, FINDER)
    last = len(reading.sentences) - 1
    return {turn.holder for turn in reading.turns if turn.sentence == last and turn.role >= Role.CARRIED}


@pytest.mark.parametrize(
    ("language", "text", "holders"),
    [
        ("en", "Japan opened the talks. China says it waits.", {"China"}),
        ("en", "Japan opened the talks. China rejected them and its ministry wanted them gone.", {"China"}),
        ("en", "Japan opened the talks. China's plan is a trap, he said.", {"China", "Japan"}),
        ("en", "Japan opened the talks. China's plan is a trap, its ministry said.", {"China", "Japan"}),
        ("de", "Berlin prüft den Vertrag. Paris sagt, er sei gut, und es lehnt ihn nicht ab.", {"France"}),
        ("de", "Berlin prüft den Vertrag. Paris will Geld, sagte er.", {"France", "Germany"}),
    ],
)
def test_a_pronoun_behind_the_subject_is_the_subject_unless_a_clause_of_its_own_says_who_spoke(language, text, holders):
    assert holders_of_last(text, language) == holders


@pytest.mark.parametrize(
    ("language", "text", "holder"),
    [
        ("en", "Japan opened the talks. The ministry said it would wait.", "Japan"),
        ("en", "Japan opened the talks. He called the tax unfair.", "Japan"),
        ("en", 'China was silent. Japan was not. "We object," a spokesman said.', "Japan"),
        ("en", "Fishing unions met on Monday. They want the money struck out.", "fishing unions"),
        ("en", "The Hakusan Museum refused Japan. The museum said it had paid.", "Hakusan Museum"),
        ("en", "Agrion, the maker, met Spain. The company declined to comment.", "Agrion"),
        ("en", "Madrid spoke to Agrion. The government rejected the plan.", "Spain"),
        ("de", "Berlin prüft den Vertrag. Die Regierung lehnte ihn ab.", "Germany"),
        ("fr", "Paris attend. Le gouvernement a rejeté le projet.", "France"),
        ("es", "Madrid espera. El Gobierno rechazó el plan.", "Spain"),
        ("ru", "Япония ждёт. Министр назвал налог несправедливым.", "Japan"),
        ("ko", "일본은 회담을 열었다. 외무성은 반대한다고 밝혔다.", "Japan"),
        ("ja", "日本は協議を始めた。政府は反対だと述べた。", "Japan"),
        ("zh", "日本提出抗议。该国政府表示反对。", "Japan"),
        ("ar", "اليابان تنتظر. وقالت الحكومة إنها ترفض الخطة.", "Japan"),
    ],
)
def test_the_last_actor_named_is_carried(language, text, holder):
    assert holder in holders_of_last(text, language)


@pytest.mark.parametrize(
    ("language", "text", "holder"),
    [
        ("en", "China opposed Spain. The foreign ministry in Tokyo said it would wait.", "Japan"),
        ("en", "China opposed Spain. The government of Japan rejected the plan.", "Japan"),
        ("fr", "Berlin attend. Le ministère à Paris a rejeté le projet.", "France"),
        ("es", "Berlin espera. El Gobierno en Madrid rechazó el plan.", "Spain"),
    ],
)
def test_a_ministry_in_a_capital_is_that_capitals_and_nobody_is_carried(language, text, holder):
    assert holders_of_last(text, language) == {holder}


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("ru", "Китай ждёт. Он раскритиковал учения, которые проводят США и Япония."),
        ("en", "China waits. It criticised the drills, which Washington and Tokyo hold."),
    ],
)
def test_whoever_acts_inside_a_relative_clause_does_not_speak_the_sentence(language: str, text: str):
    assert holders_of_last(text, language) == {"China"}


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Japan opened the talks. The African Union voted money for them."),
        ("en", "Japan opened the talks. The French ambassador called them a trap."),
        ("en", "Japan opened the talks. The African Union said it would pay for them."),
        ("fr", "Berlin hésite. Le ministre a dit non."),
    ],
)
def test_a_reference_with_a_name_in_it_is_somebody_elses(language: str, text: str):
    assert ("Japan" in holders_of_last(text, language), "Germany" in holders_of_last(text, language)) == (False, language == "fr")


@pytest.mark.parametrize(
    ("language", "text"),
    [
        pytest.param("en", "Japan opened the talks. A quiet expert from nowhere told the committee to wait.", id="who is told"),
        pytest.param(
            "ko", "일본이 협상을 열었다. 한국게임산업연합도 통상 문제로 다뤄 달라고 정부에 건의했다.", id="who is asked"
        ),
        pytest.param("en", "The United Nations opened the talks. The government said it would wait.", id="no government"),
        pytest.param("ko", "유엔이 협상을 열었다. 정부는 기다리겠다고 밝혔다.", id="no government in Korean"),
    ],
)
def test_neither_who_is_told_or_asked_nor_an_organisation_with_a_government_speaks(language: str, text: str):
    assert holders_of_last(text, language) == set()


def test_an_object_is_not_the_speaker():
    found = turns("He dismissed a protest from China. Japan called the visit to China useful.")
    assert found["Japan called the visit to China useful.", "Japan"] is Role.SUBJECT
    assert found["Japan called the visit to China useful.", "China"] is Role.NAMED


def test_a_museum_or_an_embassy_in_a_capital_does_not_speak_for_it():
    assert "Hakusan Museum" in holders_of_last("Hakusan Museum refused China. The museum in Tokyo said it had paid.")
    assert "China" in holders_of_last("China protested. The embassy in Tokyo said it would wait.")
    assert holders_of_last("China protested. The chairman of Agrion said it would wait.") == {"Agrion"}


def test_somebody_unnamed_in_a_capital_speaks_for_it():
    before = "China condemned the patrol. "
    assert holders_of_last(before + '"It is routine," a spokesperson told reporters in Tokyo.') == {"Japan"}
    assert holders_of_last(before + "A senior official in Tokyo said it was routine.") == {"Japan"}
    assert "China" in holders_of_last(before + 'The spokesperson said in Tokyo that it was "routine".')


def test_who_is_named_inside_a_quotation_does_not_speak():
    found = turns('"China must pay," Japan said.')
    assert found['"China must pay," Japan said.', "Japan"] is Role.SUBJECT
    assert found['"China must pay," Japan said.', "China"] is Role.QUOTED


def test_what_was_said_long_ago_is_carried_no_more():
    text = "Japan spoke. Rain fell on the city. Trains ran. Shops closed. Lights went out. The ministry said nothing."
    assert holders_of_last(text) == set()


def test_sentences_know_their_part_and_place():
    reading = read("Japan speaks", 'Tokyo said "no".\n\nIt rained.', "en", FINDER)
    assert [sentence.part for sentence in reading.sentences] == ["title", "text", "text"]
    assert reading.sentences[1].quoted > 0
    assert reading.sentences[1].is_reported
    assert not reading.sentences[2].is_reported
    assert reading.sentences[2].paragraph == 1


@pytest.mark.parametrize(
    "text",
    [
        "He said “no”.",
        "Er sagte „nein“.",
        "Il dit « non ».",
        "彼は「いや」と言った",
        "他说“不”",
        'He said "no".',
        "Он сказал «нет».",
    ],
)
def test_quotation_marks_of_all_languages(text):
    ((start, end),) = quotations(text)
    assert text[start + 1 : end - 1].strip() in {"no", "nein", "non", "いや", "不", "нет"}


def test_an_open_quotation_ends_with_its_paragraph():
    assert quotations('He said "no.\n\nThen "yes" came.') == [(19, 24)]
    assert quotations("«" * 10_000) == []


def test_nothing_holds_nothing():
    assert read("", "", "en", FINDER).turns == ()

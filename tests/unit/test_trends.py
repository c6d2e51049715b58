"""Series of what is told: each story once, small numbers shown as such, shifts with their day."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.trends.charts import shift_in_words, stance_matrix, stance_series, volume_chart
from monitor.core.trends.series import Balance, balances, compute, find_shift, leading_of, periods, wilson
from monitor.core.trends.views import trends_facts
from monitor.model import OUTLET, Evidence, Hit, Stance, Statement, Voice

NOW = datetime(2024, 11, 20, 12, tzinfo=UTC)
SINCE = NOW - timedelta(days=28)
F, A, N = Stance.FAVOR, Stance.AGAINST, Stance.NEUTRAL


def hit(article: int, story: int, days: float, *said: tuple[str, Stance], source: str = "a.example") -> Hit:
    statements = tuple(
        Statement("t", holder, stance, *(0.8 if stance is one else 0.1 for one in (F, A, N)), Voice.QUOTED, None, article=article)
        for holder, stance in said
    )
    when = NOW + timedelta(days=days)
    return Hit(article, story, when, when, source, 1, statements)


def trends(*told: Hit, **more: object):
    return compute("t", told, {}, since=SINCE, until=NOW, **more)


def test_a_story_told_by_many_speaks_once():
    found = trends(*(hit(n, 7, -1, ("China", A), source=f"{n}.example") for n in range(40)))
    (voice,) = found.voices
    assert (voice.total.against, voice.total.stories, found.articles, found.stories, found.outlets) == (1, 1, 40, 1, 40)


def test_the_side_shown_more_in_a_story_decides():
    (voice,) = trends(hit(1, 7, -1, ("China", A), ("China", A)), hit(2, 7, -1, ("China", F))).voices
    assert (voice.total.favor, voice.total.against) == (0, 1)


def test_outlets_speak_for_themselves_within_a_story():
    found = trends(hit(1, 7, -1, (OUTLET, A)), hit(2, 7, -1, (OUTLET, F), source="b.example"), hit(3, 8, -2, ("China", N)))
    assert [voice.holder for voice in found.voices] == ["China", OUTLET]
    assert (found.voices[1].total.favor, found.voices[1].total.against) == (1, 1)


def test_shares_of_voice_sum_to_one_and_one_holder_keeps_its_share():
    told = [hit(1, 1, -9, ("China", A), ("Japan", F)), hit(2, 2, -5, ("China", A)), hit(3, 3, -1, ("Japan", F), ("Russia", A))]
    assert sum(voice.share for voice in trends(*told).voices) == pytest.approx(1)
    (only,) = trends(*told, holder="china").voices
    assert only.share == pytest.approx(2 / 5)


def test_empty_periods_are_there_and_weeks_begin_on_monday():
    found = trends(hit(1, 1, -1, ("China", A)), step="week")
    assert [one.start.weekday() for one in found.volume] == [0] * 5
    assert [one.stories for one in found.volume] == [0, 0, 0, 0, 1]
    assert [balance.stories for balance in found.voices[0].series] == [0, 0, 0, 0, 1]
    assert len(periods(SINCE, NOW, "day")) == 29


def test_nothing_told_is_an_answer():
    found = trends()
    assert (found.articles, found.voices) == (0, ())
    assert trends_facts(found)["holders"] == []


def test_small_numbers_are_marked():
    assert Balance(date(2024, 1, 1), 2, 1, 1).is_small
    assert not Balance(date(2024, 1, 1), 3, 1, 1).is_small
    assert Balance(date(2024, 1, 1), 2, 2, 0).leading is None
    assert Balance(date(2024, 1, 1), 2, 1, 0).leading is F


@pytest.mark.parametrize(
    ("favor", "against", "neutral", "stance"),
    [(1, 0, 8, F), (1, 0, 9, N), (1, 2, 3, A), (2, 2, 3, None), (1, 1, 9, N), (0, 0, 1, N), (0, 0, 0, N)],
)
def test_a_side_leads_unless_it_is_shown_very_seldom(favor: int, against: int, neutral: int, stance: Stance | None):
    assert Balance(date(2024, 1, 1), favor, against, neutral).leading is stance


def test_an_article_that_only_names_a_holder_does_not_undo_what_another_quotes():
    told = [hit(1, 7, -2, ("Japan", F)), *(hit(number, 7, -2, ("Japan", N)) for number in range(2, 10))]
    assert trends(*told[:2]).voices[0].total.favor == trends(*told).voices[0].total.favor == 1
    assert trends(*told, hit(10, 7, -1, ("Japan", N))).voices[0].total.neutral == 1


def test_what_many_papers_print_after_one_wire_report_is_said_once():
    def printed(words: str, stance: Stance) -> Statement:
        shares = {F: (0.8, 0.1), A: (0.1, 0.8)}[stance]
        return Statement("drills", "Seoul", stance, *shares, 0.1, Voice.QUOTED, Evidence(words, 0, len(words)))

    wire = [printed("The reason sits in Pyongyang, it said.", A), printed("The reason sits in  Pyongyang, it said.", A)]
    assert leading_of(wire) is A
    assert leading_of([*wire, printed("The drill is defensive.", F)]) is None
    assert leading_of([*wire, printed("The drill is defensive.", F), printed("It will be held again.", F)]) is F


@given(st.integers(0, 200), st.integers(0, 200))
def test_wilson_holds_the_share_and_stays_within_bounds(successes: int, failures: int):
    low, high = wilson(successes, successes + failures)
    share = successes / (successes + failures) if successes + failures else 0.5
    assert 0 <= low <= share + 1e-9
    assert share - 1e-9 <= high <= 1


def test_wilson_is_the_published_interval():
    assert wilson(8, 10) == (pytest.approx(0.4902, abs=1e-3), pytest.approx(0.9433, abs=1e-3))


def test_balances_count_each_holder_once_a_story_as_the_series_do():
    told = [hit(1, 1, -9, ("China", A), ("Japan", F)), hit(2, 1, -8, ("China", A)), hit(3, 2, -1, ("China", N), (OUTLET, A))]

    counted = balances(told, SINCE)

    assert counted == {voice.holder: replace(voice.total, start=SINCE.date()) for voice in trends(*told).voices}
    assert (counted["China"].against, counted["China"].neutral, counted["China"].stories) == (1, 1, 2)


def sides(*stances: Stance):
    return [(date(2024, 11, 1) + timedelta(days=day), stance, (day,)) for day, stance in enumerate(stances)]


def test_a_shift_has_its_day_and_the_articles_that_carry_it():
    shift = find_shift(sides(N, N, N, N, N, A, A, A, A))
    assert shift is not None
    assert (shift.on, shift.before, shift.after, shift.articles) == (date(2024, 11, 6), N, A, (5, 6, 7, 8))


@pytest.mark.parametrize("stances", [(), (A,), (A, A, A, A), (N, A), (N, A, N, A, N, A, N, A), (N, N, A, A)])
def test_noise_and_few_stories_are_no_shift(stances: tuple[Stance, ...]):
    assert find_shift(sides(*stances)) is None


@pytest.mark.parametrize("draw", [stance_matrix, stance_series, volume_chart])
@pytest.mark.parametrize("told", [(), (hit(1, 1, -1, ("<b>China & co</b>", A), (OUTLET, F)),)])
def test_charts_are_well_formed_described_and_escaped(draw, told: tuple[Hit, ...]):
    root = ET.fromstring(draw(trends(*told), "A <topic> & more"))  # noqa: S314 - our own drawing
    space = {"s": "http://www.w3.org/2000/svg"}
    assert root.get("role") == "img"
    assert root.findtext("s:title", namespaces=space)
    assert root.findtext("s:desc", namespaces=space)
    assert "<topic>" in "".join(root.itertext())
    assert "prefers-color-scheme:dark" in (root.findtext("s:style", namespaces=space) or "")


def test_facts_are_plain():
    told = [hit(n, n, -20 + n, ("China", N if n < 6 else A)) for n in range(12)]
    facts = trends_facts(trends(*told))
    (china,) = facts["holders"]
    assert china["shift"]["after"] == "against"
    assert china["total"]["intervals"]["against"][0] < 0.5 < china["total"]["intervals"]["against"][1]


def test_a_chart_over_time_tells_the_day_on_which_a_holder_turned():
    told = [hit(n, n, -27 + n, ("China", F if n < 10 else A)) for n in range(1, 22)]
    found = trends(*told, step="day")
    (voice,) = found.voices

    assert shift_in_words(voice) == f"from in favour to against on {found.voices[0].shift.on:%-d %b %Y}"
    assert shift_in_words(replace(voice, shift=None)) == ""
    assert shift_in_words(voice)[:20] in stance_series(found, "drills")

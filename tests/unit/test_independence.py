"""Copies, one owner's papers and one agency's text are one voice."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from monitor.core.stories.fingerprints import Telling, take_fingerprint
from monitor.core.stories.independence import best_title, count_independent, find_voices

TEXT = (
    "The two navies met on Monday south of the island and will sail together for five days, officers of both sides said in port."
)
OTHER = "Fishermen on the island complained that the drill keeps them from their grounds in the best week of the season, again."
THIRD = "Analysts doubt that the exercise changes much, since the same ships have visited the same waters every spring for years."


def told(source: str, text: str = TEXT, **more: str) -> Telling:
    return Telling("Navies meet off the island", text, "en", source, **more)


def counted(*tellings: Telling) -> int:
    return count_independent([(telling, take_fingerprint(telling)) for telling in tellings])


def test_outlets_with_their_own_words_count_each():
    assert counted(told("a.example"), told("b.example", OTHER), told("c.example", THIRD)) == 3


def test_one_outlet_counts_once():
    assert counted(told("a.example"), told("a.example", OTHER)) == 1


def test_copied_words_count_once():
    assert counted(told("a.example"), told("b.example", TEXT + " Read more on our site."), told("c.example", OTHER)) == 2


def test_one_owner_counts_once():
    assert counted(told("a.example", owner="Group"), told("b.example", OTHER, owner="Group")) == 1


def test_one_agency_counts_once_however_its_text_was_cut():
    assert counted(told("a.example", "PARIS (Reuters) - " + TEXT), told("b.example", "PARIS (Reuters) - " + OTHER)) == 1


def test_one_byline_counts_once_within_a_language():
    here, there = told("a.example", author="Ada Pen"), told("b.example", OTHER, author="Ada Pen")
    assert counted(here, there) == 1
    assert counted(here, replace(there, language="ko")) == 2


def test_voices_are_transitive():
    members = [told("a.example"), told("b.example", OTHER, owner="Group"), told("c.example", TEXT, owner="Group")]
    assert find_voices([(one, take_fingerprint(one)) for one in members]) == [0, 0, 0] or counted(*members) == 1


@given(st.lists(st.sampled_from([told("a"), told("b", OTHER), told("c", THIRD), told("b", TEXT)]), max_size=6))
def test_more_tellings_never_mean_fewer_than_one_voice_nor_more_than_outlets(tellings: list[Telling]):
    assert (1 if tellings else 0) <= counted(*tellings) <= len({telling.source for telling in tellings})


def test_the_best_title_is_neither_stub_nor_shout():
    titles = ["Breaking", "NAVIES MEET OFF THE ISLAND FOR FIVE DAYS", "Two navies meet off the island for a five-day drill"]
    assert best_title([Telling(title, "", "en") for title in titles]) == titles[2]
    assert best_title([]) == ""

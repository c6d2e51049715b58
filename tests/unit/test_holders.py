"""Actors found by their names, in the forms that texts give them."""

from __future__ import annotations

import pytest

from monitor.core.scoring.holders import compile_actors
from monitor.model import Actor
from tests.costs import times_dearer

ACTORS = [
    Actor("United States", ("US", "U.S.", "Washington", "American", "미국", "米国", "美国", "США")),
    Actor("South Korea", ("Seoul", "한국", "韓国", "韩国", "Южная Корея")),
    Actor("North Korea", ("DPRK", "Pyongyang", "북한", "北朝鮮", "朝鲜", "КНДР", "Северная Корея")),
    Actor("Korea Inc", ("Korea",)),
    Actor("Russia", ("Moscow", "Россия", "Москва", "러시아", "ロシア", "俄罗斯", "روسيا")),
    Actor("Turkey", ("Ankara",)),
    Actor("World Health Organization", ("WHO",)),
    Actor("farmers' unions", ("farm unions",)),
    Actor("Educators' Guild", ("the Guild",)),
    Actor("Germany", ("Deutschland", "deutsche Regierung", "Berlin")),
    Actor("Algeria", ("Алжир", "الجزائر")),
    Actor("Kazakhstan", ("Казахстан",)),
    Actor("Spain", ("Испания",)),
    Actor("Gobierno porteño", ()),
    Actor("Spain's government", ("el Gobierno",)),
]
FINDER = compile_actors(ACTORS)


def found(text):
    return [(mention.actor, text[mention.start : mention.end]) for mention in FINDER.mentions(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("South Korea and Seoul's allies", [("South Korea", "South Korea"), ("South Korea", "Seoul")]),
        ("North Korean troops", [("North Korea", "North Korean")]),
        ("Korea said no to South Sudan", [("Korea Inc", "Korea")]),
        ("They told us that US and U.S. envoys", [("United States", "US"), ("United States", "U.S.")]),
        ("WHO WILL TELL US NOW", []),
        ("Who said the WHO agreed?", [("World Health Organization", "WHO")]),
        ("Russia's and Russian envoys, Moscow’s men", [("Russia", "Russia"), ("Russia", "Russian"), ("Russia", "Moscow")]),
        ("turkey for dinner in Turkey", [("Turkey", "Turkey")]),
        ("Farmers' unions met the Farm Unions.", [("farmers' unions", "Farmers' unions"), ("farmers' unions", "Farm Unions")]),
        ("The Guild's men", [("Educators' Guild", "The Guild")]),
        ("Deutschlands Kanzler und die deutschen Regierung", [("Germany", "Deutschlands")]),
        ("US-Regierung, Berliner", [("United States", "US"), ("Germany", "Berliner")]),
        ("Алжиром, Москвы, российский МИД", [("Algeria", "Алжиром"), ("Russia", "Москвы"), ("Russia", "российский")]),
        ("казахстанская делегация в Испании", [("Kazakhstan", "казахстанская"), ("Spain", "Испании")]),
        ("Южной Корее и Северную Корею", [("South Korea", "Южной Корее"), ("North Korea", "Северную Корею")]),
        ("북한은 미국과 한국전쟁", [("North Korea", "북한"), ("United States", "미국")]),
        ("미국정부가 남북한 국회", [("United States", "미국")]),
        ("朝鲜半岛上的朝鲜", [("North Korea", "朝鲜")]),
        ("北朝鮮と韓国と米国", [("North Korea", "北朝鮮"), ("South Korea", "韓国"), ("United States", "米国")]),
        ("米商務長官は歓迎し、英は黙った", [("United States", "米")]),
        ("미 7함대는 미국을 떠났다. 미래", [("United States", "미"), ("United States", "미국")]),
        ("俄外交部说，朝方和美丽的中文", [("Russia", "俄"), ("North Korea", "朝")]),
        ("その日は冬の朝、雪が降り続いた。", []),
        ("だが米商務長官は黙った。", [("United States", "米")]),
        ("قالت روسيا والجزائر", [("Russia", "روسيا"), ("Algeria", "والجزائر")]),
        ("El Gobierno porteño habló", [("Gobierno porteño", "Gobierno porteño")]),
        ("the Washington Post wrote", []),
    ],
)
def test_finds_names_in_their_forms(text, expected):
    assert found(text) == expected


def test_places_are_exact():
    text = "Yesterday U.S. officials, Seoul’s envoy; МИД: Москву."
    for mention in FINDER.mentions(text):
        assert text[mention.start : mention.end].strip() == text[mention.start : mention.end] != ""


def test_nothing_is_found_in_nothing():
    assert FINDER.mentions("") == []
    assert compile_actors([]).mentions("Seoul") == []


def test_a_thousand_actors_cost_little():
    actors = [
        Actor(f"Zorgland{number}", (f"Qwe{number}ia Party", f"나라{number}", f"中{chr(0x4E00 + number)}国"))
        for number in range(1_000)
    ]
    many, few = compile_actors(actors), compile_actors([*actors[:50], actors[999]])
    text = "The Qwe7ia Party and Zorgland999 met 中丁国. " * 500
    assert len(many.mentions(text)) == len(few.mentions(text)) == 1_500
    assert times_dearer(lambda: many.mentions(text), lambda: few.mentions(text)) < 5

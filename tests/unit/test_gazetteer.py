"""Places are one in every language; regions decide where both texts name regions."""

import pytest

from monitor.core.stories.gazetteer import places_in, share_place


@pytest.mark.parametrize(
    "text",
    [
        "North Korea",
        "Pyongyang",
        "북한이",
        "北朝鮮が",
        "朝鲜发射",
        "Северной Кореи",
        "كوريا الشمالية",
        "Nordkoreas",
        "corée du nord",
    ],
)
def test_one_country_in_nine_languages(text: str):
    assert "kp" in places_in(text)


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("한미일 훈련", {"kr", "us", "jp"}),
        ("日米韓の訓練", {"kr", "us", "jp"}),
        ("The US and the EU", {"us", "eu"}),
        ("let us go", set()),
        ("in Texas", {"us", "us-texas"}),
        ("a Parisian in Chinatown", {"fr", "cn"}),
        ("", set()),
    ],
)
def test_places(text: str, places: set[str]):
    assert places_in(text) == places


def test_regions_outweigh_the_country_they_share():
    tennessee, maryland, country = places_in("Tennessee, U.S."), places_in("Maryland, U.S."), places_in("the U.S.")
    assert share_place(tennessee, maryland) is False
    assert share_place(tennessee, country) is True
    assert share_place(country, frozenset()) is None

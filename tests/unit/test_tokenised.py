"""Texts stored as tokens are put together; natural texts are left alone."""

import pytest

from monitor.core.stories.tokenised import join_tokens


@pytest.mark.parametrize(
    ("stored", "written"),
    [
        ("The mayor , 61 , said so . He ' s well .", "The mayor, 61, said so. He's well."),
        ("A 90 - day stay costs $ 2 . 5 million , or 1 , 000 a day .", "A 90-day stay costs $2.5 million, or 1,000 a day."),
        (
            "http : / / www . example . com / 2013 / mayor - well - 0504 Mayor is well May 3 , 2013 The mayor ( 61 ) is well .",
            "Mayor is well May 3, 2013 The mayor (61) is well.",
        ),
        ("The mayor, 61, said so. He is well.", "The mayor, 61, said so. He is well."),
        ("", ""),
        ("시장은 건강하다고 말했다.", "시장은 건강하다고 말했다."),
    ],
)
def test_tokens_are_joined(stored: str, written: str):
    assert join_tokens(stored) == written

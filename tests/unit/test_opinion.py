"""Whether a text speaks in its own voice."""

from __future__ import annotations

import pytest

from monitor.core.scoring.holders import compile_actors
from monitor.core.scoring.opinion import CERTAIN, NONE, POSSIBLE, own_voice
from monitor.core.scoring.voices import read

FINDER = compile_actors([])
REPORT = (
    'The ministry said it would wait. "We object," a spokesman said. The union announced a strike. The company called that unfair. '
    "Talks go on."
)
PLAIN = "The line is long. It crosses two rivers. Trains run at dawn. Tickets cost nine euros. Few people complain."


def voice(title, text, language="en"):
    return own_voice(read(title, text, language, FINDER))


def test_a_report_of_what_others_say_has_no_voice_of_its_own():
    assert voice("Strike announced", REPORT) == NONE


def test_a_text_that_says_what_ought_to_be_has_one():
    assert voice("The line", PLAIN + " It should be closed.") == CERTAIN
    assert voice("The line", PLAIN) == POSSIBLE


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("en", "Editorial: enough"),
        ("de", "Kommentar: Genug"),
        ("fr", "Éditorial : assez"),
        ("es", "Editorial: basta"),
        ("ru", "Мнение: хватит"),
        ("ko", "[사설] 이제 그만"),
        ("ja", "社説　もう十分だ"),
        ("zh", "社评：够了"),
        ("ar", "رأي: كفى"),
    ],
)
def test_an_opinion_piece_is_known_by_its_title(language, title):
    assert voice(title, REPORT, language) == CERTAIN


def test_a_bare_remark_is_its_authors_own():
    assert voice("", "The exercise is a reckless provocation.") == CERTAIN
    assert voice("", "The ministry said the exercise was reckless.") == NONE

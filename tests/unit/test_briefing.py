"""A briefing: every claim cited, every quotation in the archive to the character, opposing sides named."""

import re
from collections.abc import Iterator
from datetime import timedelta
from html.parser import HTMLParser
from io import BytesIO
from zipfile import ZipFile

import pytest

from monitor.core.briefings.briefing import Briefing
from monitor.core.briefings.extracts import is_exact
from monitor.core.briefings.html import to_html
from monitor.core.briefings.markdown import to_markdown
from monitor.core.briefings.words import WORDS, listed
from monitor.errors import ConfigError, MonitorError
from monitor.ports import Archive
from monitor.services._briefing.pdf import to_pdf
from monitor.services.briefing import brief, write
from tests.newsroom import NOW, RULEBOOK, TOLD, Told, open_newsroom

SINCE = NOW - timedelta(days=14)


@pytest.fixture(scope="module")
def archive() -> Iterator[Archive]:
    made = open_newsroom()
    yield made
    made.close()


@pytest.fixture(scope="module")
def briefing(archive: Archive) -> Briefing:
    return brief(archive, RULEBOOK, "freedom-edge", since=SINCE, until=NOW)


def words(briefing: Briefing, key: str) -> list[str]:
    return [f"{line.text} {line.quote.text if line.quote else ''}".strip() for line in briefing.section(key).lines]


@pytest.mark.parametrize("language", sorted(WORDS))
def test_every_quotation_stands_in_the_archive_to_the_character(archive: Archive, language: str):
    composed = brief(archive, RULEBOOK, "freedom-edge", since=SINCE, until=NOW, language=language)
    articles = {source.number: archive.articles.get([source.article])[0] for source in composed.sources}
    quoted = [line for section in composed.sections for line in section.lines if line.quote]
    assert len(quoted) > 20
    for line in quoted:
        assert line.quote is not None
        assert is_exact(line.quote, articles[line.cites[0]])
    page, text = to_html(composed), to_markdown(composed)
    shown = Reader.read(page)
    for line in quoted:
        assert line.quote is not None
        assert f"“{line.quote.text}”" in shown
        assert line.quote.text in text.replace("\\", "")


def test_every_claim_is_cited(briefing: Briefing):
    numbers = {source.number for source in briefing.sources}
    for section in briefing.sections:
        for line in section.lines:
            assert set(line.cites) <= numbers
            is_count = section.key == "summary" and line.text.endswith("outlets.")
            assert line.cites or line.is_heading or is_count
    assert sorted(numbers) == list(range(1, len(numbers) + 1))


def test_only_what_is_cited_is_a_source():
    told = [
        Told(-number / 7, 100 + number, f"outlet{number}.example", "en", f"Report {number} of its own kind",
             f"Ship{number} left harbour{number} for drill{number} off island{number} on that morning.")
        for number in range(1, 91)
    ]  # fmt: skip
    made = open_newsroom(told=told)
    composed = brief(made, RULEBOOK, "freedom-edge", since=SINCE, until=NOW)
    made.close()
    cited = {number for section in composed.sections for line in section.lines for number in line.cites}
    assert len(composed.section("timeline").lines) == 24
    assert sorted(cited) == [source.number for source in composed.sources]


def test_actors_stand_where_the_archive_has_them(briefing: Briefing):
    headings = [line.text for line in briefing.section("positions").lines if line.is_heading]
    assert {f"{name}: in favour" for name in ("United States", "Japan", "South Korea")} <= set(headings)
    assert "North Korea: against" in headings


def test_what_changed_is_said(briefing: Briefing):
    summary = words(briefing, "summary")
    assert "China was neutral before (2 stories) and is against now (2 stories)." in summary
    assert any(line.startswith("Heard on this topic for the first time:") and "North Korea" in line for line in summary)


def test_agreement_and_its_opposite(briefing: Briefing):
    told = words(briefing, "agreements")
    assert "United States, South Korea and Japan are in favour." in told
    assert any("Nobody is preparing to invade anybody" in line for line in told)


def test_open_questions_name_the_silent_and_the_single_source(briefing: Briefing):
    questions = words(briefing, "questions")
    assert any(line.startswith("Ukraine is named in 1 of the articles") for line in questions)
    assert any(line.startswith("Told by neva.example only:") for line in questions)


def test_numbers_documents_and_terms(briefing: Briefing):
    numbers = words(briefing, "numbers")
    assert any("40 aircraft" in line for line in numbers)
    assert any("Article 51 of the UN Charter" in line for line in numbers)
    assert words(briefing, "glossary")[0].startswith("Freedom Edge exercise: The Freedom Edge exercise is a multi-domain drill")


def test_a_copied_report_is_cited_and_not_quoted_twice(briefing: Briefing):
    quotes = [line.quote.text for line in briefing.section("positions").lines if line.quote]
    assert len(quotes) == len(set(quotes))
    (first,) = [line for line in briefing.section("positions").lines if line.quote and "all three of us safer" in line.quote.text]
    assert len(first.cites) == 2


def test_the_same_archive_gives_the_same_briefing(archive: Archive, briefing: Briefing):
    assert brief(archive, RULEBOOK, "Freedom Edge exercise", since=SINCE, until=NOW) == briefing


def test_an_empty_span_is_said(archive: Archive):
    composed = brief(archive, RULEBOOK, "freedom-edge", since=NOW - timedelta(hours=1), until=NOW)
    assert [line.text for line in composed.section("summary").lines] == ["Nothing was told of this topic in this span."]
    assert composed.sources == ()
    assert to_markdown(composed)
    assert to_html(composed)
    with pytest.raises(KeyError):
        composed.section("positions")


def test_mistakes_are_answered_in_words(archive: Archive):
    with pytest.raises(ConfigError, match="there is no topic 'tariffs'"):
        brief(archive, RULEBOOK, "tariffs", since=SINCE, until=NOW)
    with pytest.raises(ConfigError, match="cannot be written in 'tlh'"):
        brief(archive, RULEBOOK, "freedom-edge", since=SINCE, until=NOW, language="tlh")
    with pytest.raises(MonitorError, match="could not print"):
        to_pdf("<p>", browser="/nowhere/chromium")


def test_hostile_news_stays_text():
    evil = Told(-1, 1, "evil.example", "en", "<img src=x onerror=alert(1)> [x](javascript:1) `y`",
                "Freedom Edge <script>alert(1)</script> is *said* to be [bad](javascript:alert(1)) by the ministry of Japan.",
                [("Japan", TOLD[0].said[0][1], 0.9, "Freedom Edge <script>alert(1)</script> is *said* to be [bad](javascript:alert(1)) by the ministry of Japan.")])  # fmt: skip
    made = open_newsroom(told=[evil])
    composed = brief(made, RULEBOOK, "freedom-edge", since=SINCE, until=NOW)
    page, text = to_html(composed), to_markdown(composed)
    made.close()
    assert not re.search(r"<(script|img)\b", page)
    assert not re.search(r"(?<!\\)\]\(javascript:", text)
    assert "\\[bad\\]" in text


def test_a_word_document_holds_every_quotation(briefing: Briefing):
    pytest.importorskip("docx")
    with ZipFile(BytesIO(write(briefing, "docx"))) as packed:
        document = packed.read("word/document.xml").decode()
    assert "rehearsal for invasion" in document
    assert briefing.title in document


def test_a_word_document_of_nothing_told_lists_no_sources(archive: Archive):
    pytest.importorskip("docx")
    empty = brief(archive, RULEBOOK, "freedom-edge", since=NOW - timedelta(hours=1), until=NOW)
    with ZipFile(BytesIO(write(empty, "docx"))) as packed:
        document = packed.read("word/document.xml").decode()
    assert "Nothing was told of this topic in this span." in document
    assert f">{WORDS['en']['sources']}<" not in document


def test_every_language_has_every_phrase_with_the_same_places():
    places = {
        language: {key: set(re.findall(r"{(\w+)", text)) for key, text in words.items()} for language, words in WORDS.items()
    }
    assert all(found == places["en"] for found in places.values())


def test_what_is_told_once_is_told_in_the_singular(archive: Archive):
    composed = brief(archive, RULEBOOK, "pact", since=SINCE, until=NOW)
    assert words(composed, "summary")[0] == "1 story in 1 article from 1 outlet."
    assert "1 story in 1 article of 1 outlet; most in one day: 1 article" in composed.section("summary").charts[0]
    assert [line.note for line in composed.section("positions").lines if line.is_heading] == [
        "1 of 1 independent story; few stories"
    ]


def test_lists_in_running_text():
    assert [listed("en", names) for names in ([], ["A"], ["A", "B"], ["A", "B", "C"])] == ["", "A", "A and B", "A, B and C"]


class Reader(HTMLParser):
    """The text a reader of a page sees."""

    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    @classmethod
    def read(cls, page: str) -> str:
        reader = cls()
        reader.feed(page)
        return "".join(reader.text)

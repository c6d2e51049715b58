"""Labelled files that people bring: what is read, what is passed over, and every mistake with its line."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from monitor.errors import ConfigError
from monitor.services.labelled import (
    ArticleRow,
    RelevanceRow,
    StanceRow,
    read_articles,
    read_relevance,
    read_stance,
    read_stories,
)

Write = Callable[[str], Path]
TOPICS, ACTORS = ("tax", "bell"), ("Japan", "outlet")


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(text: str) -> Path:
        (tmp_path / "rows").write_text(text, encoding="utf-8")
        return tmp_path / "rows"

    return written


def refused(read: Callable[[], object]) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read()
    return [f"{problem.line}: {problem.message}" for problem in caught.value.problems]


def test_stances_are_read_without_headings_comments_and_empty_lines(write: Write):
    text = (
        "\ufeff# text holder target label\nText\tHolder\tTarget\tLabel\r\n\n"
        "They like it.\tJapan\ttax\tFavor\r\nNobody asked.\t \ttax\tneutral\n"
        "#tax is theft\t-\ttax\tagainst\n# a\tcomment\tof\tfour\n"
    )

    assert read_stance(write(text)) == [
        StanceRow("They like it.", "Japan", "tax", "favor"),
        StanceRow("Nobody asked.", "-", "tax", "neutral"),
        StanceRow("#tax is theft", "-", "tax", "against"),
    ]


def test_relevance_is_read_without_comments_however_many_columns_they_have(write: Write):
    text = "#a\tcomment\tof\tfour\n# another\ntopic\tlabel\ttitle\ttext\ntax\t1\tThe tax\tIt rose.\nbell\t0\t\tIt rang.\n"

    assert read_relevance(write(text), TOPICS) == [
        RelevanceRow("tax", True, "The tax", "It rose."),
        RelevanceRow("bell", False, "", "It rang."),
    ]


def test_bytes_that_are_no_text_are_shown_as_such(tmp_path: Path):
    (tmp_path / "rows").write_bytes(b"M\xe1laga agrees\tSpain\ttax\tfavor\n")

    assert read_stance(tmp_path / "rows")[0].text == "M\ufffdlaga agrees"


def article(**more: Any) -> str:
    return json.dumps({"text": "Japan supports the tax.", **more})


def test_an_article_says_what_it_is_about_who_stands_where_and_where_that_is_seen(write: Write):
    holders = {"Japan": {"label": "favor", "evidence": ["Japan supports the tax."]}, "outlet": {"label": "neutral"}}
    told = article(id=7, lang="en", title="The tax", about=["tax"], not_about=["bell"], topics={"tax": {"holders": holders}})

    whole, bare = read_articles(write(f"# articles\n{told}\n{article()}\n"), TOPICS, ACTORS)

    assert whole == ArticleRow(
        "7", "en", "The tax", "Japan supports the tax.", ("tax",), ("bell",),
        {("tax", "Japan"): ("favor", ("Japan supports the tax.",)), ("tax", "outlet"): ("neutral", ())},
    )  # fmt: skip
    assert (bare.title, bare.about, bare.holders) == ("", (), {})


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (article(about=["rice"]), "the topic 'rice' is not in the rules"),
        (article(not_about=["rice"]), "the topic 'rice' is not in the rules"),
        (article(topics={"rice": {}}), "the topic 'rice' is not in the rules"),
        (article(topics=["tax"]), "topics is not an object"),
        (article(topics={"tax": []}), "holders is missing"),
        (article(topics={"tax": {"holders": {"Peru": {"label": "favor"}}}}), "the holder 'Peru' is not an actor of the rules"),
        (article(topics={"tax": {"holders": {"Japan": {}}}}), "label is missing"),
        (article(topics={"tax": {"holders": {"Japan": {"label": "glad"}}}}), "the label 'glad' of Japan is none of"),
        (article(topics={"tax": {"holders": {"Japan": {"label": "favor", "evidence": "x"}}}}), "evidence is not a list"),
        (article(text=5), "text is not a text"),
        ('{"title": "x"}', "text is missing"),
        ("nothing", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "is not a JSON object"),
    ],
)
def test_a_mistake_in_an_article_is_named(write: Write, row: str, said: str):
    (problem,) = refused(lambda: read_articles(write(f"{article()}\n{row}\n"), TOPICS, ACTORS))

    assert problem.startswith(f"2: {said}")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("tax\t1\tno text", "has 3 columns, not 4"),
        ("rice\t1\ta\tb", "the topic 'rice' is not defined"),
        ("tax\tyes\ta\tb", "the label 'yes'"),
    ],
)
def test_a_mistake_in_a_row_of_relevance_is_named(write: Write, row: str, said: str):
    (problem,) = refused(lambda: read_relevance(write(f"{row}\n"), TOPICS))

    assert problem.startswith(f"1: {said}")


def test_all_mistakes_of_a_file_are_told_together_but_not_hundreds(write: Write):
    some = "They like it.\tJapan\ttax\tfavor\na\tb\t\tfavor\na\tb\tc\tglad\n"
    assert refused(lambda: read_stance(write(some))) == [
        "2: the target is empty",
        "3: the label 'glad' is none of favor, against, neutral",
    ]
    assert len(refused(lambda: read_stance(write("one column\n" * 500)))) == 20


@pytest.mark.parametrize("text", ["", "\n \n", "# text holder target label\n"])
def test_a_file_without_a_labelled_line_says_so(write: Write, text: str):
    assert refused(lambda: read_stance(write(text))) == ["None: has no labelled line"]


def test_a_file_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(ConfigError, match=r"none\.tsv: cannot be read: No such file"):
        read_stance(tmp_path / "none.tsv")


@pytest.mark.parametrize(
    ("published", "moment"),
    [
        ("2025-05-16T10:00:00Z", datetime(2025, 5, 16, 10, tzinfo=UTC)),
        ("2025-05-16T10:00:00+09:00", datetime(2025, 5, 16, 1, tzinfo=UTC)),
        ("2025-05-16T10:00:00", datetime(2025, 5, 16, 10, tzinfo=UTC)),
        ("", None),
    ],
)
def test_stories_have_their_time_in_utc(write: Write, published: str, moment: datetime | None):
    (row,) = read_stories(write(json.dumps({"id": 1, "cluster": 4, "title": "A", "text": "B.", "published": published})))

    assert (row.story, row.published) == ("4", moment)


def test_a_story_is_named_and_its_time_is_one(write: Write):
    rows = '# stories\n{"title": "A"}\n{"story": "a", "published": "soon"}\n{"story": "a", "title": 4}\n'

    assert refused(lambda: read_stories(write(rows))) == [
        "2: story is missing",
        "3: published 'soon' is not a time",
        "4: title is not a text",
    ]

"""`monitor eval` and `monitor score` on labelled files and texts, through the command line, on tiny graphs."""

from __future__ import annotations

import contextlib
import json
import re

import pytest
from typer.testing import CliRunner

from monitor.cli import app
from monitor.errors import ConfigError
from tests.tinymodels import make_weights

RULES = """
topics:
  tax: {name: tax, description: the tax, threshold: 0.5}
  bell: {name: bell, description: the bell}
actors:
  Japan: {aliases: [Tokyo]}
  China: {}
rules: {}
receivers: {}
"""
STANCE = """# text holder target label
text\tholder\ttarget\tlabel
Japan supports the tax .\tJapan\ttax\tfavor
Japan opposes the tax .\tJapan\ttax\tagainst
the bell .\t-\tbell\tneutral
#tax the tax\tChina\tbell\tneutral
"""
RELEVANCE = "tax\t1\tTokyo and the tax\tthe tax\nbell\t1\tthe bell\tthe bell\nbell\t0\tJapan\ttax tax tax\n"
TEXT = "the tax . Tokyo supports the tax ."
ARTICLES = [
    {
        "id": "a1",
        "lang": "en",
        "title": "the tax",
        "text": "China said the tax. Japan supports the tax.",
        "about": ["tax"],
        "not_about": ["bell"],
        "topics": {
            "tax": {
                "holders": {
                    "Japan": {"label": "favor", "evidence": ["Japan supports the tax."]},
                    "China": {"label": "neutral", "evidence": []},
                }
            }
        },
    }
]
STORIES = [
    {"id": 1, "story": "a", "title": "the tax", "text": "Japan said the tax", "published": "2026-01-01T10:00:00Z"},
    {"id": 2, "story": "b", "title": "the bell", "text": "China", "published": ""},
]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("eval")
    make_weights(folder / "weights")
    (folder / "rules.yaml").write_text(RULES)
    (folder / "feeds.yaml").write_text("feeds: []\n")
    (folder / "stance.tsv").write_text(STANCE)
    (folder / "relevance.tsv").write_text(RELEVANCE)
    (folder / "articles.jsonl").write_text("\n".join(map(json.dumps, ARTICLES)))
    (folder / "stories.jsonl").write_text("\n".join(map(json.dumps, STORIES)))
    (folder / "text.txt").write_text(TEXT)
    return folder


def run(place, *arguments, text=None):
    environment = {
        "MONITOR_SCORER__KIND": "onnx",
        "MONITOR_SCORER__WEIGHTS": str(place / "weights"),
        "MONITOR_FEEDS": str(place / "feeds.yaml"),
        "MONITOR_ARCHIVE": str(place / "monitor.db"),
    }
    with contextlib.chdir(place):
        result = CliRunner().invoke(app, list(arguments), env=environment, input=text)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def as_json(place, *arguments, text=None):
    result = run(place, *arguments, "--json", text=text)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_stance(place):
    found = as_json(place, "eval", "stance", "stance.tsv")
    assert found["n"] == 4
    assert found["accuracy"] == 1
    assert found["macro_f1"] == 1
    assert found["f1"] == {"favor": 1, "against": 1, "neutral": 1}
    assert 0 <= found["ece"] <= 1
    assert found["per_second"] > 0


def test_relevance(place):
    found = as_json(place, "eval", "relevance", "relevance.tsv", "--topics", "rules.yaml")
    assert found["n"] == 3
    assert set(found) >= {"average_precision", "f1", "precision", "recall", "ece", "per_second"}
    assert found["recall"] == 1


def test_articles(place):
    found = as_json(place, "eval", "articles", "articles.jsonl", "--rules", "rules.yaml")
    assert found["n"] == 1
    assert set(found["relevance"]) == {"precision", "recall", "f1"}
    assert found["relevance"]["recall"] == 1
    assert set(found["holders"]) == {"precision", "recall", "f1", "accuracy"}
    assert found["holders"]["recall"] == found["holders"]["accuracy"] == 1
    assert found["evidence"] == {"hit_rate": 1}
    assert found["per_second"] > 0


def test_stories(place):
    found = as_json(place, "eval", "stories", "stories.jsonl")
    assert found["n"] == 2
    assert set(found) >= {"precision", "recall", "f1"}


@pytest.mark.parametrize("arguments", [("stance", "stance.tsv"), ("articles", "articles.jsonl", "--rules", "rules.yaml")])
def test_people_get_a_table(place, arguments):
    result = run(place, "eval", *arguments)
    assert result.exit_code == 0
    assert "per second" in result.stdout


@pytest.mark.parametrize(
    ("command", "content", "message"),
    [
        (("stance",), "only\ttwo\n", "bad:1: has 2 columns, not 4"),
        (("stance",), "# comment\na\tb\tc\tgood\n", "bad:2: the label 'good' is none of favor, against, neutral"),
        (("stance",), "a\tb\t\tfavor\n", "bad:1: the target is empty"),
        (("stance",), "", "bad: has no labelled line"),
        (("relevance", "--topics", "rules.yaml"), "rice\t1\ta\tb\n", "bad:1: the topic 'rice' is not defined"),
        (("relevance", "--topics", "rules.yaml"), "tax\tyes\ta\tb\n", "bad:1: the label 'yes' is neither 1 nor 0"),
        (("articles", "--rules", "rules.yaml"), "{", "bad:1: is not JSON"),
        (("articles", "--rules", "rules.yaml"), "[]", "bad:1: is not a JSON object"),
        (("articles", "--rules", "rules.yaml"), '{"title": "a"}', "bad:1: text is missing"),
        (("articles", "--rules", "rules.yaml"), '{"text": "a", "about": "tax"}', "bad:1: about is not a list"),
        (
            ("articles", "--rules", "rules.yaml"),
            '{"text": "a", "about": ["rice"]}',
            "bad:1: the topic 'rice' is not in the rules",
        ),
        (
            ("articles", "--rules", "rules.yaml"),
            '{"text": "a", "topics": {"tax": {"holders": {"Peru": {"label": "favor"}}}}}',
            "bad:1: the holder 'Peru' is not an actor",
        ),
        (("stories",), '{"title": "a"}', "bad:1: story is missing"),
        (("stories",), '{"story": "a", "published": "soon"}', "bad:1: published 'soon' is not a time"),
    ],
)
def test_mistakes_are_told_with_their_line(place, command, content, message):
    (place / "bad").write_text(content)
    with pytest.raises(ConfigError) as caught:
        run(place, "eval", command[0], "bad", *command[1:])
    assert message in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_missing_file_is_named(place):
    with pytest.raises(ConfigError, match=r"nowhere\.tsv: cannot be read"):
        run(place, "eval", "stance", "nowhere.tsv")


def test_score_a_file(place):
    found = as_json(place, "score", "text.txt", "--rules", "rules.yaml")
    assert found["language"]
    assert set(found["topics"]) == {"tax"}
    tax = found["topics"]["tax"]
    assert 0.5 <= tax["relevance"] <= 1
    assert set(tax["stance"]) == {"label", "favor", "against", "neutral"}
    japan = tax["holders"]["Japan"]
    assert japan["label"] == "favor"
    assert japan["confidence"] == japan["favor"]
    assert TEXT[japan["start"] : japan["end"]] == japan["evidence"]
    assert japan["voice"] in {"outlet", "quoted"}


def test_score_what_is_piped_about_one_topic(place):
    found = as_json(place, "score", "-", "--topic", "bell", "--rules", "rules.yaml", text="China opposes it .")
    assert set(found["topics"]) == {"bell"}
    assert found["topics"]["bell"]["holders"]["China"]["label"] == "against"


def test_score_tells_what_is_wrong(place):
    unknown = run(place, "score", "text.txt", "--topic", "rice", "--rules", "rules.yaml")
    assert unknown.exit_code == 2
    assert "no topic 'rice'" in unknown.output
    missing = run(place, "score", "nowhere.txt", "--rules", "rules.yaml")
    assert missing.exit_code == 2
    assert "cannot be read" in missing.output


def test_score_for_people(place):
    result = run(place, "score", "text.txt", "--rules", "rules.yaml")
    assert result.exit_code == 0
    assert "favor" in result.stdout


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Japan opposes Japan .", r"none comes near; --topic TOPIC asks about one all the same"),
        ("[UNK]", r"none reaches its threshold; nearest: bell 0\.\d\d \(--topic bell shows it\)"),
    ],
)
def test_a_text_that_is_about_no_topic_is_told_what_comes_nearest(place, text, told):
    result = run(place, "score", "-", "--rules", "rules.yaml", text=text)

    assert re.fullmatch(told, result.stdout.splitlines()[1])

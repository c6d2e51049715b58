"""The form of a rule and the file it makes."""

from dataclasses import replace
from pathlib import Path

import pytest

from monitor import kinds
from monitor.config.rulebook import load_rulebook
from monitor.core.queries.query_form import QueryForm
from monitor.errors import ConfigError
from monitor.model import Rulebook
from monitor.services.ruleform import blank, kind_choices, of_rule, slug, written
from tests.unit.test_rules_page import SECTIONS, TOPICS, example_of
from tests.webstage import RULES


def loaded(text: str, tmp_path: Path) -> Rulebook:
    file = tmp_path / "desk.yaml"
    file.write_text(text, encoding="utf-8")
    return load_rulebook(file)


@pytest.mark.parametrize("kind", sorted(SECTIONS))
def test_a_rule_of_any_kind_shown_and_saved_unchanged_stays_to_the_letter(kind: str, tmp_path: Path):
    text = TOPICS + example_of(kind)
    for rule in loaded(text, tmp_path).rules.values():
        assert written(text, of_rule(rule), rule, rule.id) == text


def test_what_changes_is_written_and_nothing_else(tmp_path: Path):
    rule = loaded(RULES, tmp_path).rules["toll-opposed"]
    form = of_rule(rule)
    changed = written(RULES, replace(form, common={**form.common, "cooldown": "6h", "title": ""}), rule, rule.id)
    assert changed == RULES.replace("    title: Somebody opposes the toll\n", "").replace(
        "notify: [desk]\n", "notify: [desk]\n    cooldown: 6h\n"
    )
    back = written(changed, form, loaded(changed, tmp_path).rules["toll-opposed"], rule.id)
    assert loaded(back, tmp_path).rules["toll-opposed"] == replace(rule, text=loaded(back, tmp_path).rules["toll-opposed"].text)


def test_another_kind_takes_its_own_options_and_leaves_the_old_ones(tmp_path: Path):
    rule = loaded(RULES, tmp_path).rules["toll-opposed"]
    form = of_rule(rule)
    counting = replace(
        form,
        common={**form.common, "kind": "frequency"},
        options={**form.options, "frequency.threshold": "3", "spike.ratio": "9"},
    )
    text = written(RULES, counting, rule, rule.id)
    made = loaded(text, tmp_path).rules["toll-opposed"]
    assert (made.kind, made.options.threshold) == ("frequency", 3)
    assert "ratio" not in text
    assert written(text, replace(of_rule(made), common={**form.common}), made, rule.id) == RULES


def test_a_new_rule_may_bring_its_topic(tmp_path: Path):
    form = replace(
        blank(),
        query=QueryForm(stance="against"),
        common={**blank().common, "title": "Against the ferry"},
        notify=("desk",),
        new_topic="Night ferry",
        new_topic_description="A ferry at night.",
    )
    book = loaded(written(RULES, form, None, "against-the-ferry", topics={"toll"}), tmp_path)
    assert book.topics["night-ferry"].description == "A ferry at night."
    assert book.rules["against-the-ferry"].when == "topic:night-ferry stance:against"
    assert book.rules["against-the-ferry"].notify == ("desk",)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"common": {"cooldown": "6 hours", "min_outlets": "0"}}, "cooldown: '6 hours'.*\n.*min outlets"),
        ({"common": {"kind": "frequency"}}, "threshold: is needed"),
        ({"query": QueryForm()}, "nothing to look for"),
    ],
)
def test_mistakes_are_told_by_the_name_of_the_field(change: dict, words: str):
    form = replace(blank("topic:toll"), **change)
    with pytest.raises(ConfigError, match=words):
        written(RULES, form, None, "new")


def test_every_kind_says_what_it_is_for():
    offered = kind_choices()
    assert {one.kind for one in offered} == set(kinds.names("rule"))
    assert all(one.meaning for one in offered)


def test_ids_are_short_plain_and_free():
    assert slug("Beijing answers the chip controls: again & again", (), "rule") == "beijing-answers-the-chip-controls-again"
    assert slug("한국", {"rule"}, "rule") == "rule-2"

"""docs/rules.md says everything there is: every kind with a rule that loads, every reason, every common key."""

import re
from pathlib import Path

import pytest

from monitor import kinds
from monitor.config.rulebook import load_rulebook
from monitor.config.rulefile import RuleEntry
from monitor.model import Reason

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/rules.md").read_text()
SECTIONS = dict(re.findall(r"### ([\w-]+)\n.*?```yaml\n(.*?)```", PAGE, re.DOTALL))
TOPICS = "topics: {freedom-edge: {name: Freedom Edge}, russia-dprk-pact: {name: Pact}}\nactors: {North Korea: {}, China: {}}\n"


def test_every_kind_has_its_section():
    assert set(SECTIONS) == set(kinds.names("rule"))


@pytest.mark.parametrize("kind", sorted(SECTIONS))
def test_the_example_of_a_kind_loads_and_names_every_option(kind: str, tmp_path: Path):
    (tmp_path / "rules.yaml").write_text(TOPICS + SECTIONS[kind])
    (rule,) = load_rulebook(tmp_path).rules.values()
    assert rule.kind == kind


def test_every_reason_and_common_key_is_explained():
    for reason in set(Reason) - {Reason.SEND}:
        assert f"| {reason} |" in PAGE
    for key in RuleEntry.model_fields:
        assert f"| `{key}` |" in PAGE

"""docs/rules.md says everything there is: every kind with a rule that loads, every reason, every common key."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from monitor import kinds
from monitor.config.rulebook import load_rulebook
from monitor.config.rulefile import RuleEntry
from monitor.model import Reason

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/rules.md").read_text()
SECTIONS = dict(re.findall(r"^### ([\w-]+)\n(.*?)(?=^##)", PAGE, re.DOTALL | re.MULTILINE))
EXAMPLE = re.compile(r"```yaml\n(.*?)```", re.DOTALL)
TOPICS = "topics: {freedom-edge: {name: Freedom Edge}, russia-dprk-pact: {name: Pact}}\nactors: {North Korea: {}, China: {}}\n"


def example_of(kind: str) -> str:
    """The one rule that a kind's section shows."""
    (example,) = EXAMPLE.findall(SECTIONS[kind])
    return example


def test_every_kind_has_its_section():
    assert set(SECTIONS) == set(kinds.names("rule"))


@pytest.mark.parametrize("kind", sorted(SECTIONS))
def test_the_section_of_a_kind_names_every_option_and_its_example_loads(kind: str, tmp_path: Path):
    (tmp_path / "rules.yaml").write_text(TOPICS + example_of(kind))
    (rule,) = load_rulebook(tmp_path).rules.values()
    assert rule.kind == kind
    options = {field.name for field in fields(kinds.load("rule", kind).Options)}
    assert {name for name in options if not re.search(rf"`{name}`|^    {name}: ", SECTIONS[kind], re.MULTILINE)} == set()


def test_every_reason_and_common_key_is_explained():
    for reason in set(Reason) - {Reason.SEND}:
        assert f"| {reason} |" in PAGE
    for key in RuleEntry.model_fields:
        assert f"| `{key}` |" in PAGE

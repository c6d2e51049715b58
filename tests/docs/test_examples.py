"""What the pages show can be pasted: beside the shipped rules, or in the place of a line they name."""

from __future__ import annotations

import re
import shutil
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from monitor.config.rulebook import load_rulebook

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)
SECTIONS = ("topics", "actors", "rules", "receivers")


@dataclass(frozen=True)
class Example:
    """One block of YAML with the paragraph above it."""

    page: str
    above: str
    names: frozenset[tuple[str, str]]


def names_of(text: str) -> frozenset[tuple[str, str]]:
    parsed = YAML(typ="safe").load(text)
    return frozenset((section, name) for section in SECTIONS for name in parsed.get(section) or ())


def examples() -> list[Example]:
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for block in FENCE.finditer(text):
            above = text[: block.start()].rstrip().rpartition("\n\n")[2]
            found.append(Example(page.relative_to(ROOT).as_posix(), above, names_of(block[1])))
    return [example for example in found if example.names]


SHIPPED = {name: file.name for file in (ROOT / "rules").glob("*.yaml") for name in names_of(file.read_text(encoding="utf-8"))}
EXAMPLES = examples()


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"{example.page}: {', '.join(min(example.names))}")
def test_an_example_that_repeats_a_shipped_name_says_in_which_file_it_stands(example: Example):
    missing = {SHIPPED[name] for name in example.names & SHIPPED.keys() if f"rules/{SHIPPED[name]}" not in example.above}
    assert not missing, f"{example.page}: {sorted(example.names & SHIPPED.keys())}"


def test_the_example_of_the_readme_loads_beside_the_shipped_rules(tmp_path: Path):
    shutil.copytree(ROOT / "rules", tmp_path, dirs_exist_ok=True)
    (example,) = FENCE.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    (tmp_path / "mine.yaml").write_text(example, encoding="utf-8")
    assert {name for section, name in names_of(example) if section == "rules"} <= load_rulebook(tmp_path).rules.keys()


def test_every_extra_that_a_hint_names_is_one_of_ours():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "monitor").rglob("*.py")]
    named = {name for source in sources for name in re.findall(r"how_to_install\([\"'](\w+)[\"']\)", source)}
    assert {"cluster", "mcp", "otel"} <= named <= extras.keys()
    assert not [source for source in sources if "news-monitor[" in source]

"""The site's list of pages, the links of all pages, and the reference made from the code."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from monitor import kinds
from monitor.cli import COMMANDS, GROUPS
from monitor.config.settings import Settings
from monitor.core.queries.clauses import FIELDS

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").rglob("*.md"))]
MADE = {"reference.md"}
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def anchors(page: Path) -> set[str]:
    headings = HEADING.findall(page.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page: Path):
    for target in LINK.findall(CODE.sub("", page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists() or file.name in MADE, target
        if anchor and file.suffix == ".md":
            assert anchor in anchors(file), target


def listed(nav: object) -> list[str]:
    if isinstance(nav, str):
        return [nav]
    parts = nav.values() if isinstance(nav, dict) else nav
    return [page for part in parts for page in listed(part)]


def test_the_list_of_pages_names_each_once():
    pages = listed(YAML(typ="safe").load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"])
    assert len(pages) == len(set(pages))
    assert [page for page in pages if page not in MADE and not (ROOT / "docs" / page).exists()] == []
    assert {page.relative_to(ROOT / "docs").as_posix() for page in (ROOT / "docs").rglob("*.md")} == set(pages) - MADE


def test_the_reference_names_everything_there_is():
    spec = importlib.util.spec_from_file_location("site_reference", ROOT / "docs/site_reference.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    text = module.reference()
    for name in (*COMMANDS, *GROUPS):
        assert f"### `monitor {name}" in text
    for name in Settings.model_fields:
        assert f"| `{name}" in text
    for name in FIELDS:
        assert f"| `{name}` |" in text
    for family in ("channel", "rule", "scorer", "fetcher"):
        for kind in kinds.names(family):
            assert f"| `{kind}` |" in text
    assert "CREATE VIEW alert_log" in text
    assert "| `/api/v1/search` | GET |" in text

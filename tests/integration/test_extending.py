"""docs/extending.md is walked through: its files are put beside the shipped ones and used as a stranger would use them."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import pytest

from monitor import kinds
from monitor.app import open_app
from monitor.clock import FixedClock
from monitor.core.queries import clauses
from monitor.core.queries.clauses import About, Field, Kind
from monitor.core.queries.query import parse
from monitor.errors import ConfigError
from monitor.model import Article, Feed
from monitor.worker import Worker

PAGE = Path(__file__).parents[2] / "docs/extending.md"
BLOCKS = dict(re.findall(r"```python\n# ([^\n]+)\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL))
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
RULES = """
topics: {{tax: {{name: the tax}}}}
rules:
  sample: {{when: tax, kind: every-nth, n: 2, group_by: source, notify: [pager]}}
  by-address: {{when: 'url:"https://wire.example/*"', notify: [pager]}}
receivers:
  pager: {{kind: pager, path: "{path}"}}
"""


@contextmanager
def put_beside(tmp_path: Path, family: str, name: str) -> Iterator[None]:
    """The page's file of this name, in a directory that the family's package is told to look into too."""
    package = import_module(kinds.FAMILIES[family])
    directory = tmp_path / family
    directory.mkdir()
    file = f"{kinds.FAMILIES[family].replace('.', '/')}/{name}.py"
    (directory / f"{name}.py").write_text(BLOCKS[file], encoding="utf-8")
    package.__path__.append(str(directory))
    kinds.names.cache_clear()
    try:
        yield
    finally:
        package.__path__.remove(str(directory))
        kinds.names.cache_clear()
        sys.modules.pop(f"{kinds.FAMILIES[family]}.{name}", None)


@pytest.fixture
def extended(tmp_path: Path) -> Iterator[Path]:
    entry = BLOCKS["an entry of FIELDS in monitor/core/queries/clauses.py"]
    field = eval(entry, {"Field": Field, "Kind": Kind, "About": About})  # noqa: S307 - the page's own text
    with (
        put_beside(tmp_path, "channel", "pager"),
        put_beside(tmp_path, "rule", "every_nth"),
        put_beside(tmp_path, "scorer", "constant"),
    ):
        clauses.FIELDS[field.name] = field
        try:
            yield tmp_path
        finally:
            del clauses.FIELDS[field.name]


def test_a_channel_a_kind_a_field_and_a_scorer_added_as_the_page_says(extended: Path):
    (extended / "rules.yaml").write_text(RULES.format(path=extended / "lines"))
    (extended / "feeds.yaml").write_text("feeds: []\n")
    flags = {
        "feeds": extended / "feeds.yaml", "rules": extended / "rules.yaml", "archive": ":memory:", "outbox": extended / "outbox",
        "scorer": {"kind": "constant"},
    }  # fmt: skip
    with open_app(flags, environment={}, clock=FixedClock(NOW)) as app:
        worker = Worker(app)
        app.archive.feeds.configure([Feed("wire", "https://wire.example/", "Wire")])
        for number in range(4):
            app.archive.articles.add([article(number)])
            worker.analyse()
        worker.deliver()

        assert {one.rule for one in app.archive.alerts.recent(NOW)} == {"sample", "by-address"}
        assert app.archive.scores.get(1).model == "constant-1"
        assert app.archive.search.search(parse('url:"https://wire.example/2*"'), now=NOW)[1] == 1
    lines = (extended / "lines").read_text().splitlines()
    assert len(lines) == len({line.split("\t")[0] for line in lines}) >= 2


def article(number: int) -> Article:
    return Article(
        id=0, feed="wire", url=f"https://wire.example/{number}", title=f"The tax, report {number} of {'abcd'[number] * 9}",
        text=f"Talk of the tax at table {number}.", keys=(f"k{number}",), content_hash=str(number), published=NOW, seen=NOW,
        source="wire.example", language="en",
    )  # fmt: skip


def test_a_mistake_in_a_new_kinds_keys_is_told_with_its_line(extended: Path):
    (extended / "rules.yaml").write_text(
        "rules:\n  a: {when: tax, kind: every-nth, n: 0}\nreceivers:\n  p: {kind: pager, pat: x}\n"
    )
    (extended / "feeds.yaml").write_text("feeds: []\n")
    flags = {"feeds": extended / "feeds.yaml", "rules": extended / "rules.yaml", "archive": ":memory:"}
    with open_app(flags, environment={}) as app, pytest.raises(ConfigError) as caught:
        _ = app.rulebook
    told = str(caught.value)
    assert "rules.yaml:2" in told
    assert "n must be at least 1" in told
    assert "did you mean path?" in told


def test_every_block_of_the_page_is_walked_through():
    assert len(BLOCKS) == 4
    assert PAGE.read_text(encoding="utf-8").count("```python") == len(BLOCKS)

"""Every shell block of README and docs is run, page by page, in a project of its own on loopback servers."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

from monitor.archives.sqlite import Config, build
from monitor.cli import app
from monitor.clock import SystemClock
from monitor.config.settings import load_settings
from tests.messages import plan
from tests.newsroom import open_newsroom
from tests.postoffice import post_office, web_desk
from tests.rig import fault_server, feed_of
from tests.tinymodels import make_weights

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
SHELL = {"sh", "bash", "shell", "console"}

RUN_ELSEWHERE = {
    "monitor run": "tests/acceptance/test_worker.py",
    "monitor worker": "tests/acceptance/test_cluster.py",
    "monitor schedule": "tests/acceptance/test_cluster.py",
    "monitor archive copy --from db/monitor.db --to postgresql": "tests/integration/test_copying.py",
    "monitor web": "tests/integration/test_web_security.py",
    "monitor demo": "tests/acceptance/test_demo.py",
    "monitor user add": "tests/integration/test_web_security.py",
    "monitor briefing freedom-edge --format pdf": "tests/integration/test_briefing_pdf.py",
    "monitor briefing freedom-edge --rewrite-url": "tests/unit/test_rewriting.py",
    "docker compose": "tests/acceptance/test_container.py",
    "docker stack": "tests/acceptance/test_container.py",
    "curl": "tests/integration/test_web_api.py",
    "git clone": "tests/acceptance/test_container.py",
}
"""What serves until it is stopped, asks a question, or needs what not every machine has: its beginning, and who runs it."""

NAMES = {
    "https://www.example.org/": "{site}",
    "/backups/": "",
    "/run/secrets/smtp": "secret.txt",
    "1042": "1",
    "4711": "2",
    "story:17": "story:1",
    "3fa9": "{alert}",
    "812 9041 9044": "{story} {first} {second}",
    "812 830": "{story} {other}",
    "812": "{story}",
    "ARTICLE": "1",
    "db/demo/monitor.db": "db/monitor.db",
}
"""What the pages call things, and what they are called in the project."""
ARTICLES = '{"title": "A tunnel under the harbour", "text": "City hall welcomed it.", "url": "https://a.example/1"}\n'
OPML = '<opml version="2.0"><body><outline text="Courier" xmlUrl="{site}feed"/></body></opml>'


@dataclass(frozen=True)
class Block:
    """The commands of one fenced block."""

    page: str
    lines: tuple[str, ...]


def blocks() -> list[Block]:
    found = []
    for page in PAGES:
        for language, body in FENCE.findall(page.read_text(encoding="utf-8")):
            joined = body.replace("\\\n", " ").splitlines()
            is_shell = language in SHELL or (not language and any(line.startswith("monitor ") for line in joined))
            lines = [line.strip() for line in joined if line.strip() and not line.lstrip().startswith("#")]
            if is_shell and lines:
                found.append(Block(page.relative_to(ROOT).as_posix(), tuple(lines)))
    return found


BLOCKS = blocks()


def recipes(rules: Path, mail: int, slack: str) -> None:
    """All rules of the pages, beside the shipped ones, on receivers of this machine."""
    yaml = YAML(typ="safe")
    written: dict[str, dict[str, object]] = {"topics": {}, "actors": {}, "rules": {}}
    for page in ("docs/rules-cookbook.md", "docs/get-started.md", "docs/rules.md"):
        for recipe in re.findall(r"```yaml\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL):
            parsed = yaml.load(recipe)
            for section in set(parsed) & set(written):
                written[section].update(parsed[section])
    for file in (ROOT / "rules").glob("*.yaml"):
        if file.name != "receivers.yaml":
            (rules / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
            for section, entries in yaml.load(file.read_text(encoding="utf-8")).items():
                for name in set(entries or {}) & set(written.get(section, {})):
                    del written[section][name]
    receivers = {
        "desk": {"kind": "email", "to": ["desk@example.org"], "host": "127.0.0.1", "port": mail, "security": "none"},
        "korea-channel": {"kind": "slack", "webhook": {"value": slack}},
    }
    with (rules / "pages.yaml").open("w", encoding="utf-8") as stream:
        yaml.dump({**written, "receivers": receivers}, stream)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, str]]]:
    """A directory as the pages suppose it, and what its things are called."""
    root = tmp_path_factory.mktemp("project")
    with post_office() as office, web_desk() as slack, fault_server() as server:
        server.serve("/feed", feed_of(3))
        page = b'<html><head><link rel="alternate" type="application/rss+xml" href="/feed"></head></html>'
        server.serve("/", page, "text/html")
        (root / "rules").mkdir()
        recipes(root / "rules", office.port, slack.url("/T/B/hook"))
        (root / "feeds.yaml").write_text((ROOT / "feeds.yaml").read_text(encoding="utf-8"), encoding="utf-8")
        settings = {
            "allow": ["127.0.0.1"],
            "scorer": {"kind": "onnx", "threads": 1, "weights": str(make_weights(root / "weights"))},
            "fetcher": {"kind": "http", "spacing_seconds": 0},
        }
        (root / "monitor.yaml").write_text(json.dumps(settings))
        (root / "article.txt").write_text("Japan opposes the Freedom Edge tax. The author said so.")
        (root / "articles.ndjson").write_text(ARTICLES)
        (root / "subscriptions.opml").write_text(OPML.format(site=server.url("/")))
        (root / "secret.txt").write_text("word\n")
        open_newsroom(str(root / "db/monitor.db")).close()
        archive = build(Config(path=str(root / "db/monitor.db")))
        (alert,) = plan(archive, "desk", now=SystemClock().now())
        told = archive.stories.get([3, 4])
        numbers = [one.id for one in archive.articles.get(range(1, 10)) if one.story == told[0].id]
        archive.close()
        names = {
            "site": server.url("/"), "alert": alert, "story": str(told[0].id), "other": str(told[1].id),
            "first": str(numbers[0]), "second": str(numbers[1]),
        }  # fmt: skip
        for words in ("git init -q", "git add rules", "git -c user.name=a -c user.email=a@a.example commit -qm rules"):
            subprocess.run(words.split(), cwd=root, check=True, capture_output=True)
        yield root, names


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
@pytest.mark.parametrize("page", sorted({block.page for block in BLOCKS}))
def test_every_shell_block_of_a_page_runs(page: str, project: tuple[Path, dict[str, str]], monkeypatch: pytest.MonkeyPatch):
    root, names = project
    monkeypatch.chdir(root)
    if page in {"README.md", "docs/get-started.md"}:
        # The shipped feeds lie on the internet; here the list begins empty, as a newcomer's own would.
        (root / "feeds.yaml").write_text("feeds: []\n")
    for block in (block for block in BLOCKS if block.page == page):
        assignments = {}
        for line in block.lines:
            if assigned := re.fullmatch(r"(?:export )?([A-Z_]+)=(\S+)", line):
                assignments[assigned[1]] = in_project(assigned[2], names)
            else:
                run(line, names)
        if assignments:
            load_settings({**assignments, "MONITOR_CONFIG": "monitor.yaml"})
            for name, value in assignments.items():
                if not name.startswith("MONITOR_"):
                    monkeypatch.setenv(name, value)


def run(line: str, names: dict[str, str]) -> None:
    """One line of a block; a mistake fails the test with what the command said."""
    command = re.sub(r"^(?:[A-Z_]+=\S+ )*(?:\.venv/bin/)?", "", line.removeprefix("$ "))
    words = shlex.split(command, comments=True)
    if words[0] == "make":
        assert re.search(rf"^{words[1]}:", (ROOT / "Makefile").read_text(), re.MULTILINE), line
        return
    if words[:4] == ["python", "-m", "pip", "install"]:
        extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
        named = re.fullmatch(r"\.\[([\w,]+)\]", words[-1])
        assert named, f"the package is on no index, so it is installed from the checkout: {line}"
        assert set(named[1].split(",")) <= extras.keys(), line
        return
    elsewhere = [test for beginning, test in RUN_ELSEWHERE.items() if command.startswith(beginning)]
    if elsewhere:
        assert (ROOT / elsewhere[0]).exists()
        return
    assert words[0] == "monitor", f"nobody says how to run this: {line}"
    words = [*words[:3], "--help"] if is_synopsis(command) else shlex.split(in_project(shlex.join(words), names))
    done = CliRunner().invoke(app, words[1:], input="Japan opposes the tax.\n")
    assert done.exit_code == 0, (line, words, done.output, done.stderr, done.exception)


def is_synopsis(command: str) -> bool:
    """The form of a command rather than one: with brackets, dots or a bar."""
    return bool(re.search(r"\[--|\.\.\.| \| ", command))


def in_project(text: str, names: dict[str, str]) -> str:
    """A text of the pages with the project's own names."""
    for said, meant in NAMES.items():
        text = text.replace(said, meant.format(**names))
    return text


def test_there_are_blocks_and_the_tests_named_for_others_exist():
    assert len(BLOCKS) >= 20
    for test in RUN_ELSEWHERE.values():
        assert (ROOT / test).exists()

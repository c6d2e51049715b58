"""Every shell block of README and docs is run, page by page, in a project of its own on loopback servers."""

from __future__ import annotations

import ast
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

from monitor.cli import app
from monitor.config.settings import load_settings
from monitor.services._briefing.pdf import BROWSERS
from tests.shellproject import NAMES, ROOT, in_project, opened_project, programs

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
SHELL = {"sh", "bash", "shell", "console"}
PREFIX = re.compile(r"^(?:\$ )?((?:[A-Z_]+=\S+ )*)(?:\S*/bin/)?")
PROGRAMS = {"cp", "mv", "rm", "git", "createdb", "pg_restore"}
"""What is run in the project as it stands."""
COMMAND = re.compile(PREFIX.pattern + rf"(?:monitor|make|docker|systemctl|curl|python|{'|'.join(sorted(PROGRAMS))}) ")

RUN_ELSEWHERE = {
    "monitor run": "tests/acceptance/test_worker.py::test_a_second_worker_refuses_and_sigterm_ends_the_first_well",
    "monitor worker --queue": "tests/acceptance/test_cluster.py::test_killed_processes_lose_nothing_and_double_nothing",
    "monitor schedule": "tests/acceptance/test_cluster.py::test_killed_processes_lose_nothing_and_double_nothing",
    "monitor mcp": "tests/acceptance/test_mcp.py::test_an_assistant_reads_and_changes_nothing",
    "monitor demo": "tests/acceptance/test_demo.py::test_a_demo_then_another_pass_that_adds_nothing_then_a_second_demo_that_starts_anew",
    "monitor search 'missile topic:fredom-edge'": "tests/acceptance/test_search_cli.py::test_a_mistake_is_pointed_at",
}
"""What serves until it is stopped, or ends with a mistake: its beginning, and the test that runs it."""
THIS_RUN = "python -m pytest"
TYPED = {"monitor user add": "long enough, or so\n" * 2, "monitor score -": "Japan opposes the tax.\n"}
"""What somebody types after a command."""


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
            is_session = any(line.startswith("$ ") for line in joined)
            lines = [line.strip() for line in joined if line.strip() and not line.lstrip().startswith("#")]
            if language in SHELL or (not language and any(COMMAND.match(line) for line in lines)):
                typed = tuple(line for line in lines if line.startswith("$ ")) if is_session else tuple(lines)
                found.append(Block(page.relative_to(ROOT).as_posix(), typed))
    return found


BLOCKS = blocks()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, str]]]:
    root = tmp_path_factory.mktemp("project")
    with opened_project(root) as names:
        yield root, names


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
@pytest.mark.parametrize("page", sorted({block.page for block in BLOCKS}))
def test_every_shell_block_of_a_page_runs(page: str, project: tuple[Path, dict[str, str]], monkeypatch: pytest.MonkeyPatch):
    root, names = project
    monkeypatch.chdir(root)
    monkeypatch.setenv("PATH", str(programs()), prepend=os.pathsep)
    if page in {"README.md", "docs/get-started.md"}:
        # The shipped feeds lie on the internet; here the list begins empty, as a newcomer's own would.
        (root / "feeds.yaml").write_text("feeds: []\n")
    skipped = []
    for block in (block for block in BLOCKS if block.page == page):
        assignments = {}
        for line in block.lines:
            if assigned := re.fullmatch(r"(?:export )?([A-Z_]+)=(\S+)", line):
                assignments[assigned[1]] = in_project(assigned[2], names)
            elif missing := lacking(line):
                skipped.append(f"{missing}: {line}")
            else:
                run(line, names)
        if assignments:
            load_settings({**assignments, "MONITOR_CONFIG": "monitor.yaml"})
            for name, value in assignments.items():
                if not name.startswith("MONITOR_"):
                    monkeypatch.setenv(name, value)
    if skipped:
        pytest.skip("; ".join(skipped))


def lacking(line: str) -> str:
    """What this machine lacks to run a line; everything else of the page is run all the same."""
    if " --format pdf" in line and not any(shutil.which(name) for name in BROWSERS):
        return "no Chromium or Chrome is installed"
    return "curl is not installed" if line.startswith("curl ") and not shutil.which("curl") else ""


def run(line: str, names: dict[str, str]) -> None:
    """One line of a block; a mistake fails the test with what the command said."""
    prefix = PREFIX.match(line)
    assert prefix
    environment = dict(word.split("=", 1) for word in prefix[1].split())
    command = line[prefix.end() :]
    words = shlex.split(in_project(command, names), comments=True)
    if command.startswith(THIS_RUN) or elsewhere(command):
        return
    if words[0] == "make":
        # What it would do is a line like others; a `make test` around this one must not have its say.
        alone = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
        done = subprocess.run(["make", "--dry-run", *words[1:]], cwd=ROOT, check=True, capture_output=True, text=True, env=alone)
        run(done.stdout.splitlines()[-1], names)
    elif words[:4] == ["python", "-m", "pip", "install"]:
        assert_installable(words[4:], line)
    elif words[:2] == ["docker", "compose"]:
        inner = composed(words[2:])
        if inner:
            run(shlex.join(inner), names)
    elif words[0] == "systemctl":
        units = [re.sub(r"@\w+", "@", unit) for unit in words[2:]]
        assert all((ROOT / f"docs/deploy/systemd/{unit}.service").exists() for unit in units), line
    elif words[0] in PROGRAMS:
        subprocess.run(words, check=True)
    elif words[0] == "curl":
        with pages(["web"]) as address:
            words = [word.replace("http://127.0.0.1:8321/", address) for word in words]
            subprocess.run(["curl", "--fail", "--silent", "--show-error", "--noproxy", "*", *words[1:]], check=True)
    elif words[:2] == ["monitor", "web"]:
        with pages(words[1:]):
            pass
    else:
        assert words[0] == "monitor", f"nobody says how to run this: {line}"
        words = [*words[1:3], "--help"] if is_synopsis(command) else words[1:]
        typed = next((text for beginning, text in TYPED.items() if command.startswith(beginning)), None)
        done = CliRunner().invoke(app, words, input=typed, env=environment)
        assert done.exit_code == 0, (line, words, done.output, done.stderr, done.exception)


def elsewhere(command: str) -> list[str]:
    """The beginnings in RUN_ELSEWHERE of a command."""
    return [beginning for beginning in RUN_ELSEWHERE if command == beginning or command.startswith(f"{beginning} ")]


@contextmanager
def pages(words: list[str]) -> Iterator[str]:
    """The address of a command that serves the pages until it is stopped, and then ends well."""
    command = [sys.executable, "-m", "monitor", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}) as serving:
        try:
            assert serving.stdout is not None
            said = re.search(r"http://\S+/", serving.stdout.readline())
            assert said, command
            yield said[0].replace("//0.0.0.0", "//127.0.0.1")
            serving.terminate()
            assert serving.wait(60) == 0
        finally:
            serving.kill()


def assert_installable(words: list[str], line: str) -> None:
    """The package comes from the checkout (it is on no index), with extras that it has; nothing is installed here."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    named = re.fullmatch(r"\.(?:\[([\w,]+)\])?", words[-1])
    assert named, f"the package is on no index, so it is installed from the checkout: {line}"
    assert set((named[1] or "").split(",")) - {""} <= extras.keys(), line


def composed(words: list[str]) -> list[str]:
    """What a line of `docker compose` runs inside, for want of an engine; its file and its services are checked."""
    file = words[1] if words[0] == "--file" else "compose.yaml"
    verb, *rest = words[2:] if words[0] == "--file" else words
    services = YAML(typ="safe").load((ROOT / file).read_text(encoding="utf-8"))["services"]
    assert verb in {"up", "run", "exec", "cp"}, words
    while rest and rest[0].startswith("--"):
        rest = rest[1:]
    assert {word.partition(":")[0] for word in rest[:1]} <= services.keys(), words
    return rest[1:] if verb in {"run", "exec"} else []


def is_synopsis(command: str) -> bool:
    """The form of a command rather than one: with brackets, dots or a bar."""
    return bool(re.search(r"\[--|\.\.\.| \| ", command))


LINES = [PREFIX.sub("", line, count=1) for block in BLOCKS for line in block.lines]


def test_there_are_blocks_and_every_entry_here_is_for_one():
    assert len(BLOCKS) >= 30
    used = {beginning for line in LINES for beginning in elsewhere(line)}
    assert used == set(RUN_ELSEWHERE)
    assert [said for said in NAMES if not any(said in line for block in BLOCKS for line in block.lines)] == []
    assert [beginning for beginning in TYPED if not any(beginning in line for line in LINES)] == []


@pytest.mark.parametrize(("beginning", "where"), sorted(RUN_ELSEWHERE.items()))
def test_what_is_run_elsewhere_is_run_there(beginning: str, where: str):
    file, _, name = where.partition("::")
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    for word in shlex.split(beginning):
        # A query stands there alone or with others.
        assert any(set(word.split()) & set(text.split()) for text in texts), f"{file} has no {word!r}"

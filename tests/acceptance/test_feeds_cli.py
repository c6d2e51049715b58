"""`monitor feeds` as people and scripts use it: through the command line, in a folder of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.rig import FaultServer, fault_server, feed_of, item, rss

ROOT = Path(__file__).parents[2]
PROBES = ROOT / "tests" / "data" / "probes"


class Shell:
    """Runs the command in a folder with its own feeds.yaml, with one loopback server allowed."""

    def __init__(self, folder: Path, server: FaultServer) -> None:
        self.folder, self.server = folder, server
        (folder / "feeds.yaml").write_text(
            f"# mine\nfeeds:\n  - {{id: one, name: One, url: {server.url('/one')}, tags: [world]}}  # first\n", encoding="utf-8"
        )
        (folder / "rules").mkdir()

    def run(self, *arguments: str, given: bytes = b"") -> tuple[int, str, str]:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "MONITOR_ALLOW": self.server.address, "MONITOR_ARCHIVE": "m.db"}
        command = [sys.executable, "-m", "monitor", "feeds", *arguments]
        done = subprocess.run(
            command, cwd=self.folder, input=given, env=environment, capture_output=True, check=False, timeout=120
        )
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def json(self, *arguments: str, code: int = 0) -> Any:
        status, out, error = self.run(*arguments, "--json")
        assert status == code, error
        return json.loads(out)

    @property
    def text(self) -> str:
        return (self.folder / "feeds.yaml").read_text(encoding="utf-8")


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    with fault_server() as server:
        server.serve("/one", feed_of(2))
        yield Shell(tmp_path, server)


def test_the_life_of_a_feed(shell: Shell) -> None:
    before = shell.text
    shell.server.serve("/", b'<head><link rel="alternate" type="application/rss+xml" href="/two"></head>', "text/html")
    shell.server.serve("/two", rss(item(1)))
    found = shell.json("discover", shell.server.url("/"))
    assert [one["url"] for one in found] == [shell.server.url("/two")]
    assert shell.json("add", shell.server.url("/"), "--name", "Two", "--dry-run")["added"] == []
    assert shell.text == before
    assert shell.json("add", shell.server.url("/"), "--name", "Two", "--tag", "asia")["added"] == ["two"]
    assert shell.text.startswith(before)
    rows = shell.json("list")
    assert [(row["id"], row["health"]) for row in rows] == [("one", "new"), ("two", "new")]
    assert shell.json("disable", "two") == {"id": "two", "enabled": False}
    assert [row["health"] for row in shell.json("list")] == ["new", "disabled"]
    shell.json("enable", "two")
    assert shell.json("remove", "two") == {"removed": "two"}
    assert shell.text == before


def test_check_tries_feeds_and_tells_by_its_exit_code(shell: Shell) -> None:
    assert [row["verdict"] for row in shell.json("check")] == ["ok"]
    shell.server.on("/one", lambda call: call.reply(404))
    assert [row["verdict"] for row in shell.json("check", "one", code=1)] == ["failing"]
    assert shell.run("check", "nope")[0] == 2


def test_opml_goes_both_ways(shell: Shell) -> None:
    assert shell.json("export", "out.opml") == {"feeds": 1, "file": "out.opml"}
    status, out, _ = shell.run("export")
    assert status == 0
    assert out == (shell.folder / "out.opml").read_text(encoding="utf-8")
    assert shell.json("import", "out.opml") == {"listed": 1, "added": []}
    shell.json("remove", "one")
    assert shell.json("import", "out.opml", "--dry-run") == {"listed": 1, "added": []}
    assert shell.json("import", "out.opml") == {"listed": 1, "added": ["one"]}
    assert shell.json("list")[0]["tags"] == ["world"]
    status, _, error = shell.run("export", "none/out.opml")
    assert (status, "none/out.opml cannot be written" in error, "Traceback" in error) == (2, True, False)
    (shell.folder / "no.opml").write_text("<html/>", encoding="utf-8")
    status, _, error = shell.run("import", "no.opml")
    assert status == 2
    assert "not an OPML list" in error


def test_a_site_without_a_feed_is_an_error_in_words(shell: Shell) -> None:
    shell.server.serve("/", b"<html>nothing", "text/html")
    status, _, error = shell.run("add", shell.server.url("/"))
    assert status == 1
    assert "no feed could be found" in error
    assert "Traceback" not in error
    status, _, error = shell.run("add", "http://169.254.169.254/")
    assert status == 1
    assert "not on the public internet" in error


def test_parse_prints_one_line_for_each_document(shell: Shell) -> None:
    documents = shell.folder / "documents"
    documents.mkdir()
    (documents / "a.xml").write_bytes(rss(item(1, link="/a/1", guid="g")))
    (documents / "b.json").write_text(
        '{"version": "https://jsonfeed.org/version/1.1", "title": "J", "items": [{"id": "1", "content_text": "x"}]}'
    )
    status, out, _ = shell.run("parse", "documents", "--base", "https://base.example/", "--content-type", "text/xml", "--json")
    assert status == 0
    first, second = (json.loads(line) for line in out.splitlines())
    assert (first["path"], first["format"], first["title"], first["errors"]) == ("documents/a.xml", "rss20", "Rig", [])
    assert first["entries"] == [
        {
            "id": "g",
            "link": "https://base.example/a/1",
            "title": "Article number 1",
            "published": "2024-11-01T09:30:00Z",
            "updated": None,
            "author": "",
            "summary": "What happened in case 1.",
            "text": "What happened in case 1.",
            "language": None,
        }
    ]
    assert (second["format"], second["entries"][0]["text"]) == ("json11", "x")


def test_parse_says_what_is_not_a_feed(shell: Shell) -> None:
    status, out, _ = shell.run("parse", "-", "--json", given=b"<html>no")
    assert status == 1
    line = json.loads(out)
    assert (line["path"], line["format"], line["entries"]) == ("-", None, [])
    assert line["errors"]
    assert shell.run("parse", "-", "--json", given=feed_of(1))[0] == 0
    assert shell.run("parse", "missing.xml")[0] == 2


def test_parse_survives_every_probe(shell: Shell) -> None:
    files = sorted(str(path) for path in PROBES.iterdir() if path.suffix not in (".md", ".csv"))
    status, out, error = shell.run("parse", *files, "--json")
    assert status == 1
    lines = [json.loads(line) for line in out.splitlines()]
    assert [line["path"] for line in lines] == files
    assert {Path(line["path"]).name for line in lines if line["format"] is None} == {"empty.xml", "html-cookie-wall.html"}
    assert "Traceback" not in error

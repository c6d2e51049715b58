"""A page becomes a PDF where a browser is installed; where it does not, what went wrong is said in words."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from monitor.errors import MonitorError
from monitor.services._briefing.pdf import BROWSERS, to_pdf

PAGE = "<!doctype html><meta charset=utf-8><title>x</title><p>프리덤 에지 – Freedom Edge</p>"
PRINTS = """
for word in "$@"; do
  case "$word" in --print-to-pdf=*) target="${word#*=}" ;; file://*) page="${word#file://}" ;; esac
done
{ printf '%%PDF-'; cat "$page"; } > "$target"
"""


def browser(folder: Path, script: str, name: str = "chromium") -> str:
    """A program that is called as a browser is."""
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}")
    program.chmod(0o755)
    return str(program)


@pytest.mark.skipif(not any(shutil.which(name) for name in BROWSERS), reason="no Chromium or Chrome is installed")
def test_a_page_is_printed():
    printed = to_pdf(PAGE)
    assert printed.startswith(b"%PDF-")
    assert len(printed) > 1_000


def test_the_browser_gets_the_page_and_its_file_is_the_document(tmp_path: Path):
    assert to_pdf(PAGE, browser(tmp_path, PRINTS)) == b"%PDF-" + PAGE.encode()


@pytest.mark.parametrize("name", [BROWSERS[0], BROWSERS[-1]])
def test_any_of_the_known_browsers_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str):
    cat = shutil.which("cat")
    browser(tmp_path, PRINTS.replace("cat ", f"{cat} "), name)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert to_pdf(PAGE).endswith(PAGE.encode())


def test_without_a_browser_another_form_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(MonitorError, match="none is installed; install one, or use --format html"):
        to_pdf(PAGE)


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo first >&2; echo 'cannot open display' >&2; exit 7", r"printed no PDF \(exit 7\): cannot open display$"),
        ("exit 0", r"printed no PDF \(exit 0\): it gave no reason$"),
    ],
)
def test_a_browser_that_prints_nothing_is_quoted(tmp_path: Path, script: str, said: str):
    with pytest.raises(MonitorError, match=said):
        to_pdf(PAGE, browser(tmp_path, script))

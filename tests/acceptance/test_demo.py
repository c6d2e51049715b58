"""`monitor demo` as a person runs it: once with tiny weights for the way through, once with the real ones for what it says."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import httpx
import pytest

from monitor.demo.servers import payload_error
from tests.tinymodels import make_weights

PATIENCE_SECONDS = 900
PROJECT = Path(__file__).parents[2]


def monitor(*words: str, cwd: Path, weights: Path | None = None, code: int = 0) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MONITOR_")}
    if weights:
        environment["MONITOR_SCORER__WEIGHTS"] = str(weights)
    done = subprocess.run(
        [sys.executable, "-m", "monitor", *words],
        cwd=cwd, env=environment, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stderr
    return done.stdout


def places(root: Path) -> tuple[str, ...]:
    return ("--archive", f"{root}/monitor.db", "--feeds", f"{root}/feeds.yaml", "--rules", f"{root}/rules")


def once_more(cwd: Path, root: Path, weights: Path | None = None) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(monitor("once", "--json", *places(root), cwd=cwd, weights=weights))
    return found


def backtested(rule: str, cwd: Path, root: Path) -> int:
    return int(json.loads(monitor("rules", "backtest", rule, "--since", "30d", "--json", *places(root), cwd=cwd))["alerts"])


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_weights(tmp_path_factory.mktemp("weights"))


def test_a_demo_then_another_pass_that_adds_nothing_then_a_second_demo_that_starts_anew(tmp_path: Path, tiny: Path):
    shown = monitor("demo", cwd=tmp_path, weights=tiny)
    for words in ("81 scored", "WHO TAKES WHICH SIDE", "WHAT WAS SENT", "AN EMAIL AS IT ARRIVED", "db/demo/monitor.db"):
        assert words in shown

    again = once_more(tmp_path, tmp_path / "db/demo", tiny)
    assert (again["articles"], again["alerts"], again["sent"]) == (0, 0, 0)

    report, page = served(tmp_path, tiny)
    assert (report["feeds"], report["articles"], report["scored"]) == (14, 81, 81)
    assert "Freedom Edge" in page

    for rule in ("drills-big-story", "troops-for-russia"):
        assert backtested(rule, tmp_path, tmp_path / "db/demo") == report["rules"].get(rule, 0)


def served(cwd: Path, weights: Path) -> tuple[dict[str, Any], str]:
    """The report of `demo --serve --json` and the front page it serves, before SIGTERM ends it with exit code 0."""
    environment = {**os.environ, "MONITOR_SCORER__WEIGHTS": str(weights)}
    words = [sys.executable, "-m", "monitor", "demo", "--json", "--serve"]
    with subprocess.Popen(words, cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        try:
            return front_page(running)
        finally:
            # A demo that serves never ends by itself: without this a failed test would wait for it for ever.
            if running.poll() is None:
                running.kill()


def front_page(running: subprocess.Popen[str]) -> tuple[dict[str, Any], str]:
    assert running.stdout is not None
    assert running.stderr is not None
    report: dict[str, Any] = json.loads(running.stdout.readline())
    address = next(line.split("http://")[1].split("/")[0] for line in running.stderr if "http://" in line)
    with httpx.Client(transport=httpx.HTTPTransport(retries=5), timeout=180) as client:
        page = client.get(f"http://{address}/").text
    running.send_signal(signal.SIGTERM)
    assert running.wait(60) == 0
    return report, page


def test_a_directory_that_is_no_demo_is_refused(tmp_path: Path, tiny: Path):
    (tmp_path / "thesis.txt").write_text("years of work")

    monitor("demo", "--directory", str(tmp_path), cwd=tmp_path, weights=tiny, code=2)

    assert (tmp_path / "thesis.txt").exists()


def test_what_the_demo_says_with_the_shipped_models(tmp_path: Path):
    report = json.loads(monitor("demo", "--json", cwd=tmp_path))
    root = tmp_path / "db/demo"

    assert report["articles"] >= 60
    assert report["deliveries"]["email"] >= 1
    assert report["deliveries"]["slack"] >= 1
    assert Path(tmp_path, report["archive"]).exists()
    assert_sides(tmp_path / report["archive"])
    asked = ("briefing", "freedom-edge", "--archive", f"{root}/monitor.db", "--rules", f"{root}/rules")
    assert_positions(monitor(*asked, cwd=PROJECT), root / "monitor.db")
    assert_letters(root / "mail", report["deliveries"]["email"])
    payloads = [json.loads(file.read_text(encoding="utf-8")) for file in (root / "slack").glob("*.json")]
    assert len(payloads) == report["deliveries"]["slack"]
    assert not any(payload_error(payload) for payload in payloads)
    assert once_more(tmp_path, root)["alerts"] == 0
    assert backtested("dprk-condemns-drills", tmp_path, root) == report["rules"]["dprk-condemns-drills"]


def assert_sides(archive: Path) -> None:
    """Most articles that see a holder take a side see the right one."""
    with closing(sqlite3.connect(archive)) as db:
        rows = db.execute("SELECT topic, holder, stance, count(*) FROM statements GROUP BY topic, holder, stance").fetchall()
    counts = {(topic, holder, stance): count for topic, holder, stance, count in rows}
    for topic, holder, right, wrong in (
        ("freedom-edge", "United States", "favor", "against"),
        ("freedom-edge", "Japan", "favor", "against"),
        ("freedom-edge", "South Korea", "favor", "against"),
        ("freedom-edge", "North Korea", "against", "favor"),
        ("russia-dprk-pact", "Ukraine", "against", "favor"),
        ("russia-dprk-pact", "United States", "against", "favor"),
        ("russia-dprk-pact", "Russia", "favor", "against"),
    ):
        assert counts.get((topic, holder, right), 0) > counts.get((topic, holder, wrong), 0), (topic, holder)


def assert_positions(briefing: str, archive: Path) -> None:
    """The allies are for their drills and North Korea is against them, each in words that the archive holds."""
    with closing(sqlite3.connect(archive)) as db:
        stored = [
            f"{title}\n{text}"
            for title, text in db.execute("SELECT a.title, t.text FROM articles a JOIN texts t ON t.article = a.id")
        ]
    positions = briefing.partition("## Positions")[2].partition("\n## ")[0]
    for holder, side in (
        ("United States", "in favour"),
        ("Japan", "in favour"),
        ("South Korea", "in favour"),
        ("North Korea", "against"),
    ):
        _, found, rest = positions.partition(f"**{holder}: {side}**")
        assert found, (holder, positions)
        words = rest.partition("“")[2].partition("”")[0].replace("\\", "")
        assert words
        assert any(words in text for text in stored), words


def assert_letters(folder: Path, count: int) -> None:
    letters = [message_from_bytes(file.read_bytes(), policy=policy.default) for file in sorted(folder.glob("*.eml"))]
    assert len(letters) == len(list(folder.glob("*.html"))) == count
    for letter in letters:
        assert letter.get_content_type() == "multipart/alternative"
        assert letter["Message-ID"]
    assert len({letter["Message-ID"] for letter in letters}) == count

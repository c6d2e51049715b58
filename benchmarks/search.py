"""Search: questions to an archive, beside the bare FTS5 statement on the same file, Datasette's JSON and reader's search.

python -m benchmarks.search ours FILE REPEAT | datasette FILE REPEAT | reader COUNT REPEAT
"""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.archive_corpus import NOW, QUERIES, batches, build, sizes
from benchmarks.runs import ROOT, ask, percentile, spread

WORK = ROOT / "benchmarks" / "work"
WORDS = ("two words", "two common words", "phrase", "prefix", "korean")
PAGE = """
SELECT a.id, a.title, a.url, a.published, a.source, t.text FROM words JOIN articles a ON a.id = words.rowid
JOIN texts t ON t.article = a.id WHERE words MATCH :match ORDER BY a.published DESC LIMIT 50
"""
COUNT = "SELECT count(*) FROM words WHERE words MATCH :match"


def archive_of(articles: int) -> Path:
    """A made-up archive of this size; built once and kept below benchmarks/work."""
    WORK.mkdir(exist_ok=True)
    (WORK / ".gitignore").write_text("*\n")
    path = WORK / f"archive-{articles}.db"
    done = path.with_suffix(".json")
    if not done.exists():
        for old in WORK.glob(f"{path.name}*"):
            old.unlink()
        done.write_text(json.dumps(build(articles, str(path)), indent=1))
    return path


def ours(path: str, repeat: int) -> dict[str, Any]:
    """Milliseconds of every question, asked in turn: the first page with its text and the number of all; and the bare statements."""
    from monitor.archives import sqlite
    from monitor.core.queries.query import parse

    archive = sqlite.build(sqlite.Config(path=path))
    plain = sqlite3.connect(path)
    plain.execute("PRAGMA cache_size = -65536")
    asked: dict[str, Callable[[], object]] = {}
    expressions = {}
    for name, text in QUERIES.items():
        query = parse(text)
        asked[name] = lambda query=query: archive.search.search(query, now=NOW)  # type: ignore[misc]
        if name in WORDS:
            match = {"match": _expression(plain, text)}
            expressions[name] = match["match"]
            asked[f"bare {name}"] = lambda match=match: _bare(plain, match)  # type: ignore[misc]
    taken = _timed(asked, repeat)
    found = {"milliseconds": taken, "expressions": expressions, "sizes": sizes(plain)}
    archive.close()
    return found


def _expression(db: sqlite3.Connection, text: str) -> str:
    """What the archive asks its text index for these words, so that both look for the same."""
    from monitor.archives._sqlite_source import compiler
    from monitor.core.queries.query import parse

    match = compiler(db, NOW).conditions(parse(text).root).match
    return match.text if match else ""


def _bare(db: sqlite3.Connection, match: dict[str, str]) -> object:
    return db.execute(COUNT, match).fetchall(), db.execute(PAGE, match).fetchall()


def _timed(asked: dict[str, Callable[[], object]], repeat: int) -> dict[str, list[float]]:
    taken: dict[str, list[float]] = {name: [] for name in asked}
    for turn in range(repeat + 1):
        for name, question in asked.items():
            began = time.perf_counter()
            question()
            if turn:
                taken[name].append(1000 * (time.perf_counter() - began))
    return taken


def datasette(path: str, repeat: int) -> dict[str, Any]:
    """Milliseconds of Datasette's JSON endpoint for the same statement."""
    import httpx

    match = _expression(sqlite3.connect(path), QUERIES["two words"])
    words = [sys.executable, "-m", "datasette", "serve", path, "--port", "8765", "--setting", "sql_time_limit_ms", "20000"]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            with httpx.Client(base_url="http://127.0.0.1:8765", timeout=30) as client:
                _patient(lambda: client.get("/-/versions.json"))

                def question() -> None:
                    for statement in (COUNT, PAGE):
                        answer = client.get(
                            f"/{Path(path).stem}.json", params={"sql": statement, "match": match, "_shape": "array"}
                        )
                        answer.raise_for_status()

                return {"milliseconds": _timed({"two words": question}, repeat)}
        finally:
            server.terminate()


def _patient(question: Callable[[], object]) -> None:
    for _ in range(200):
        try:
            question()
        except OSError:
            time.sleep(0.1)
        except Exception as error:
            if "onnect" not in type(error).__name__:
                raise
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the server did not start")


def reader(count: int, repeat: int) -> dict[str, Any]:
    """Milliseconds of the reader library's search over the same articles."""
    from reader import make_reader

    with tempfile.TemporaryDirectory() as folder:
        held = make_reader(f"{folder}/reader.db")
        held.add_feed("https://feed.example/", allow_invalid_url=True)
        for articles in batches(count):
            for article in articles:
                held.add_entry(
                    {
                        "feed_url": "https://feed.example/",
                        "id": article.keys[0],
                        "title": article.title,
                        "summary": article.text,
                        "link": article.url,
                        "published": article.published,
                    }
                )
        held.enable_search()
        held.update_search()

        def question() -> None:
            found = list(held.search_entries("missile drill", sort="recent", limit=50))
            list(held.get_entries(limit=1))
            held.search_entry_counts("missile drill")
            if not found:
                raise RuntimeError("reader finds nothing")

        return {"milliseconds": _timed({"two words": question}, repeat)}


def measure(*, sizes_: tuple[int, ...], peer_size: int, repeat: int, runs: int) -> dict[str, Any]:
    """Every size in a process of its own, `runs` times; the peers on one size."""
    found: dict[str, Any] = {"queries": QUERIES, "sizes": {}}
    for size in sizes_:
        path = archive_of(size)
        taken = [ask("search", "ours", path, repeat) for _ in range(runs)]
        asked = {name: [run["milliseconds"][name] for run in taken] for name in taken[0]["milliseconds"]}
        mixed = [[value for name in QUERIES for value in run["milliseconds"][name]] for run in taken]
        found["sizes"][str(size)] = {
            "p50_ms": spread([percentile(values, 0.5) for values in mixed]),
            "p95_ms": spread([percentile(values, 0.95) for values in mixed]),
            "by_query_ms": {name: spread([percentile(values, 0.5) for values in lists]) for name, lists in asked.items()},
            "vs_raw_fts5": {
                name: spread(
                    [
                        percentile(one, 0.5) / percentile(other, 0.5)
                        for one, other in zip(asked[name], asked[f"bare {name}"], strict=True)
                    ]
                )
                for name in WORDS
            },
            "megabytes": {"file": path.stat().st_size / 1e6, **taken[0]["sizes"]},
        }
    path = archive_of(peer_size)
    beside = {
        "ours": [ask("search", "ours", path, repeat)["milliseconds"]["two words"] for _ in range(runs)],
        "datasette": [ask("search", "datasette", path, repeat)["milliseconds"]["two words"] for _ in range(runs)],
        "reader": [ask("search", "reader", peer_size, repeat)["milliseconds"]["two words"] for _ in range(1)],
    }
    found["peers"] = {"articles": peer_size, **{name: _percentiles(lists) for name, lists in beside.items()}}
    return found


def _percentiles(lists: list[list[float]]) -> dict[str, Any]:
    return {f"p{share}_ms": spread([percentile(values, share / 100) for values in lists]) for share in (50, 95)}


if __name__ == "__main__":
    if sys.argv[1] == "reader":
        print(json.dumps(reader(int(sys.argv[2]), int(sys.argv[3]))))
    else:
        print(json.dumps((ours if sys.argv[1] == "ours" else datasette)(sys.argv[2], int(sys.argv[3]))))

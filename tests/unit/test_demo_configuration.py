import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from monitor.config.feeds import load_feeds
from monitor.config.rulebook import load_rulebook
from monitor.demo.configuration import Place, clear, shipped_rules, write_feeds, write_rules, write_settings
from monitor.demo.news import bundled_news
from monitor.errors import ConfigError

ROOT = Path(__file__).parents[2]
OUTLETS = bundled_news(datetime(2026, 3, 1, tzinfo=UTC))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place(tmp_path / "demo")
    clear(place)
    write_feeds(place, OUTLETS, "http://127.0.0.1:8000")
    write_rules(place, mail_host="127.0.0.1", mail_port=2525, webhook="http://127.0.0.1:8001/hook")
    write_settings(place, ["127.0.0.1"])
    return place


def tags_of(feeds: Path) -> set[str]:
    return {tag for feed in load_feeds(feeds) for tag in feed.tags}


def test_the_demo_feeds_are_the_outlets(place: Place):
    feeds = load_feeds(place.feeds)

    assert [feed.id for feed in feeds] == [outlet.id for outlet in OUTLETS]
    assert all(feed.url.startswith("http://127.0.0.1:8000/") for feed in feeds)


def test_the_demo_rules_are_the_shipped_rules_with_receivers_of_its_own(place: Place):
    demo = load_rulebook(place.rules, tags=tags_of(place.feeds))
    shipped = load_rulebook(shipped_rules(), tags=tags_of(ROOT / "feeds.yaml"))

    assert demo.rules == shipped.rules
    assert demo.topics == shipped.topics
    assert demo.actors == shipped.actors
    assert {name: receiver.kind for name, receiver in demo.receivers.items()} == {"desk": "email", "korea-channel": "slack"}


def test_an_earlier_demo_is_replaced(place: Place):
    (place.mail / "01-old.html").write_text("old")

    clear(place)

    assert not (place.mail / "01-old.html").exists()


def test_a_directory_that_is_no_demo_is_left_alone(tmp_path: Path):
    (tmp_path / "thesis.txt").write_text("years of work")

    with pytest.raises(ConfigError, match="not from an earlier demo"):
        clear(Place(tmp_path))

    assert (tmp_path / "thesis.txt").exists()


def test_the_shipped_feeds_cover_five_languages():
    feeds = load_feeds(ROOT / "feeds.yaml")

    assert len(feeds) >= 30
    assert {"en", "ko", "ja", "zh", "ru"} <= {feed.language for feed in feeds}


def test_the_shipped_rules_need_no_secret():
    rulebook = load_rulebook(ROOT / "rules", tags=tags_of(ROOT / "feeds.yaml"))

    assert {receiver.kind for receiver in rulebook.receivers.values()} <= {"console", "file"}
    assert {rule.kind for rule in rulebook.rules.values()} == {
        "match", "first", "frequency", "spike", "stance-shift", "silence", "digest",
    }  # fmt: skip


def test_every_shipped_file_names_its_schema():
    for file in (ROOT / "feeds.yaml", *(ROOT / "rules").glob("*.yaml")):
        first = file.read_text(encoding="utf-8").splitlines()[0]
        found = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
        assert found
        assert (file.parent / found[1]).resolve().parent == ROOT / "docs" / "schema"


@pytest.mark.parametrize("page", ["rules-cookbook.md", "get-started.md"])
def test_every_recipe_of_the_documents_is_valid(page: str, tmp_path: Path):
    yaml = YAML(typ="safe")
    written: dict[str, dict[str, object]] = {"topics": {}, "actors": {}, "rules": {}}
    for recipe in re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / page).read_text(encoding="utf-8"), re.DOTALL):
        for section, entries in yaml.load(recipe).items():
            written.setdefault(section, {}).update(entries)
    receivers = written.pop("receivers")
    shipped = [file for file in (ROOT / "rules").glob("*.yaml") if file.name != "receivers.yaml"]
    for file in shipped:
        (tmp_path / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    for name in ("desk", "korea-channel"):
        receivers.setdefault(name, {"kind": "console"})
    with (tmp_path / "documents.yaml").open("w", encoding="utf-8") as stream:
        yaml.dump({**written, "receivers": receivers}, stream)

    found = load_rulebook(tmp_path, tags=tags_of(ROOT / "feeds.yaml"))

    assert set(written["rules"]) <= set(found.rules)

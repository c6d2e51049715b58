"""What every fetcher kind must do, whatever it fetches from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML

from monitor import kinds
from monitor.clock import FixedClock
from monitor.fetchers import file, http
from monitor.model import Feed, FeedState
from monitor.ports import Fetcher
from tests.collecting import NOW
from tests.rig import FaultServer, fault_server, feed_of


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with fault_server() as made:
        yield made


@pytest.fixture(params=kinds.names("fetcher"))
def fetcher(request: pytest.FixtureRequest, server: FaultServer, tmp_path: Path) -> Iterator[tuple[Fetcher, str]]:
    """A fetcher of the kind, and the address of a feed it can get."""
    web = http.build(http.Config(allow=(server.address,), spacing_seconds=0, total_seconds=5), FixedClock(NOW))
    if request.param == "file":
        (tmp_path / "feed.xml").write_bytes(feed_of(2))
        made: tuple[Fetcher, str] = (file.build(file.Config(root=tmp_path), behind=web), "file://feed.xml")
    else:
        made = (web, server.serve("/feed.xml", feed_of(2)))
    yield made
    made[0].close()


def wanted(*urls: str) -> list[tuple[Feed, FeedState]]:
    return [(Feed(str(number), url, "F"), FeedState(str(number))) for number, url in enumerate(urls)]


@pytest.mark.parametrize("kind", kinds.names("fetcher"))
def test_a_kind_explains_itself(kind: str) -> None:
    module: Any = kinds.load("fetcher", kind)
    example = YAML(typ="safe").load(module.EXAMPLE)
    assert example.pop("kind") == kind
    assert issubclass(module.Config, BaseModel)
    module.Config.model_validate(example)
    with pytest.raises(ValidationError):
        module.Config.model_validate({"no_such_setting": 1})
    assert all(field.description for field in module.Config.model_fields.values())


def test_one_answer_for_each_feed_and_failures_are_answers(fetcher: tuple[Fetcher, str]) -> None:
    made, url = fetcher
    answers = {answer.feed: answer for answer in made.fetch(wanted(url, url + ".missing", "http://127.0.0.1:1/closed"))}
    assert set(answers) == {"0", "1", "2"}
    assert answers["0"].body == feed_of(2)
    for answer in answers.values():
        assert [answer.body is not None, answer.is_unchanged, answer.error is not None].count(True) == 1
    assert answers["2"].reason == "blocked"


def test_nothing_wanted_is_nothing_fetched(fetcher: tuple[Fetcher, str]) -> None:
    assert list(fetcher[0].fetch([])) == []


def test_a_reader_may_leave_early_and_come_back(fetcher: tuple[Fetcher, str]) -> None:
    made, url = fetcher
    answers = made.fetch(wanted(*[url] * 10))
    next(answers)
    answers.close()  # type: ignore[attr-defined]
    assert len(list(made.fetch(wanted(url)))) == 1


def test_pages_are_guarded_and_never_files(fetcher: tuple[Fetcher, str], server: FaultServer) -> None:
    made, _ = fetcher
    server.serve("/page", b"<html>", "text/html")
    assert made.page(server.url("/page")).body == b"<html>"
    for url in ("file:///etc/passwd", "http://127.0.0.1:1/", "http://[::1]/"):
        assert made.page(url).reason == "blocked"


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "file://../secret.xml", "file://a/../../secret.xml", "file://%2e%2e/secret.xml", "file://link.xml"],
)
def test_no_file_outside_the_root_is_opened(tmp_path: Path, url: str) -> None:
    root = tmp_path / "project"
    root.mkdir()
    (tmp_path / "secret.xml").write_bytes(feed_of(1))
    (root / "link.xml").symlink_to(tmp_path / "secret.xml")
    web = http.build(http.Config(), FixedClock(NOW))
    answer = next(iter(file.build(file.Config(root=root), behind=web).fetch(wanted(url))))
    assert answer.body is None
    assert answer.reason in ("blocked", "file")


def test_a_private_address_needs_a_readable_entry() -> None:
    with pytest.raises(ValidationError):
        http.Config(allow=("10.0.0.0/99",))

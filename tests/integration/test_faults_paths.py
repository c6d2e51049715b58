"""Names that climb out of their directory, on the page and in files; two senders on one archive."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from monitor.web import build_web
from tests.deliveries import Scripted, bench
from tests.webstage import stage

CLIMBING = (
    "/static/../site.py", "/static/%2e%2e/site.py", "/static/..%2f..%2fapp.py", "/static//etc/passwd", "/static/%2fetc%2fpasswd",
    "/articles/..%2f..%2fetc%2fpasswd", "/articles/../../feeds.yaml", "/alerts/%2e%2e%2f%2e%2e%2ffeeds.yaml", "/topics/..%5c..%5cx",
    "/rules/%2e%2e/desk.yaml", "/api/v1/articles/..%2f1", "/stories/-1", "/articles/99999999999999999999",
)  # fmt: skip


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with (
        stage(tmp_path_factory.mktemp("desk") / "desk") as app,
        TestClient(build_web(app), base_url="http://localhost", headers={"Sec-Fetch-Site": "same-origin"}) as client,
    ):
        yield client


@pytest.mark.parametrize("path", CLIMBING)
def test_76_a_path_that_climbs_is_not_found(web: TestClient, path: str):
    answer = web.get(path)
    assert answer.status_code in {404, 405, 422}, answer.status_code
    assert "root:" not in answer.text
    assert "the desk's feeds" not in answer.text


def test_44_two_senders_on_one_archive_share_the_deliveries_and_double_none(tmp_path: Path):
    path = tmp_path / "monitor.db"
    with bench(path) as first, bench(path) as second:
        planned = first.plan("desk", count=300)
        channels = [Scripted(), Scripted()]
        for made, channel in zip((first, second), channels, strict=True):
            made.channels["desk"], made.rates["desk"] = channel, 1e6
        begin = threading.Barrier(2)

        def send(made) -> None:
            begin.wait(10)
            made.run()

        senders = [threading.Thread(target=send, args=(made,)) for made in (first, second)]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join(120)

        assert not first.pending()
    took = [set(channel.taken) for channel in channels]
    assert sorted(channels[0].taken + channels[1].taken) == sorted(planned)
    assert all(took)

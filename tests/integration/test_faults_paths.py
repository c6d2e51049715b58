"""Names that climb out of their directory, on the page and in files; two senders on one archive."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from monitor.services.accounts import Accounts
from monitor.services.subscriptions import feed_rows
from monitor.web import build_web
from monitor.worker import Worker
from tests.deliveries import Scripted, bench
from tests.rig import fault_server
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


def test_76_an_imported_list_wants_a_login_and_passes_the_guard_of_feeds(tmp_path: Path):
    with stage(tmp_path / "desk", is_filled=False) as app, fault_server() as inner:
        app.settings.feeds.write_text("feeds: []\n")
        addresses = (
            inner.url("/feed"),
            "http://169.254.169.254/latest",
            "file:///etc/passwd",
            "feeds.yaml",
            "javascript:alert(1)",
        )
        outlines = "".join(f'<outline text="F{number}" xmlUrl="{one}"/>' for number, one in enumerate(addresses))
        listed = {"file": ("../../list.opml", f'<opml version="2.0"><body>{outlines}</body></opml>'.encode(), "text/x-opml")}
        for name, role in (("vic", "viewer"), ("eve", "editor")):
            Accounts(app.archive).set_user(name, "correct horse battery", role)
        with TestClient(
            build_web(app), base_url="http://localhost", headers={"Sec-Fetch-Site": "same-origin"}, follow_redirects=False
        ) as web:
            for name, status, where in (("", 303, "/login"), ("vic", 403, None), ("eve", 303, "/feeds")):
                if name:
                    web.post("/login", data={"name": name, "password": "correct horse battery"})
                assert app.read_feeds() == ()
                answer = web.post("/feeds.opml", files=listed)
                assert (answer.status_code, answer.headers.get("location")) == (status, where), name

        assert [feed.url for feed in app.read_feeds()] == list(addresses[:2])
        Worker(app).collect()
        rows = feed_rows(app.read_feeds(), app.archive)
        assert not inner.asked
    assert ["not on the public internet" in row["error"] for row in rows] == [True, True]


def test_44_two_senders_on_one_archive_share_the_deliveries_and_double_none(tmp_path: Path):
    path = tmp_path / "monitor.db"
    with bench(path) as first, bench(path) as second:
        planned = first.plan("desk", count=1000)
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

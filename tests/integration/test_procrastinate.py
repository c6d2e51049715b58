"""The queue in PostgreSQL: jobs commit with rows, wait for one another, are tried again, and outlive their workers."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import timedelta

import pytest

from monitor import kinds
from monitor.archives import postgres
from monitor.cluster import by_host
from monitor.core.feeds.backpressure import share
from monitor.model import Feed, FeedState
from monitor.queues import procrastinate
from tests.postgres import empty_database


@pytest.fixture
def archive():
    with empty_database() as url:
        built = postgres.build(postgres.Config(url=url, connections=4))
        yield built
        built.close()


@pytest.fixture
def queue(archive):
    config = procrastinate.Config(url=archive.config.url, heartbeat_seconds=1, poll_seconds=0.1, host_batch=2)
    built = procrastinate.build(config, archive.joined)
    yield built
    built.close()


class Desk:
    """Does jobs and remembers them; stops the worker after so many."""

    def __init__(self, count: int) -> None:
        self.done: list[tuple[str, object]] = []
        self.stopping = threading.Event()
        self.at_once = self.most_at_once = 0
        self._count, self._lock = count, threading.Lock()

    def step(self, name: str):
        def do(**words: object) -> None:
            with self._lock:
                self.at_once += 1
                self.most_at_once = max(self.most_at_once, self.at_once)
            with self._lock:
                self.at_once -= 1
                self.done.append((name, *words.values()))
                if len(self.done) >= self._count:
                    self.stopping.set()

        return do

    def work(self, queue, *names: str) -> list[tuple[str, object]]:
        queue.work({name: self.step(name) for name in names}, 1, self.stopping)
        return self.done


def test_every_kind_has_an_example():
    from ruamel.yaml import YAML

    for kind in kinds.names("queue"):
        module = kinds.load("queue", kind)
        assert module.Config(url="postgresql:///x", **YAML(typ="safe").load(module.EXAMPLE)).kind == kind


def test_a_job_is_committed_with_the_rows_or_not_at_all(archive, queue):
    def broken_off() -> None:
        with archive.transaction():
            archive.states.save("rule", {"a": 1})
            queue.analyse([1])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken_off()
    assert archive.states.load("rule") == {}
    assert queue.depths() == {"collect": 0, "analyse": 0, "deliver": 0, "maintain": 0}
    with archive.transaction():
        archive.states.save("rule", {"a": 1})
        queue.deliver(["desk", "desk"])
        queue.deliver(["desk"])
    assert queue.depths()["deliver"] == 1
    assert archive.states.load("rule") == {"a": 1}


def test_fresh_articles_come_before_old_ones(queue):
    queue.analyse([1], is_fresh=False)
    queue.analyse([])
    queue.analyse([2])
    assert Desk(3).work(queue, "analyse") == [("analyse", [2]), ("analyse", []), ("analyse", [1])]
    assert queue.depths()["analyse"] == 0


def test_feeds_of_a_host_are_told_in_batches_and_not_twice(queue):
    assert queue.collect({"a.example": ["1", "2", "3"], "b.example": ["4"]}) == 3
    assert queue.collect({"a.example": ["1", "2", "3"]}) == 0
    assert sorted(Desk(3).work(queue, "collect")) == [("collect", ["1", "2"]), ("collect", ["3"]), ("collect", ["4"])]


def test_a_job_that_fails_waits_and_is_tried_again(queue):
    queue.deliver(["desk"])
    stopping = threading.Event()

    def fail(receiver: str) -> None:
        stopping.set()
        raise RuntimeError(receiver)

    queue.work({"deliver": fail}, 1, stopping)
    assert queue.depths()["deliver"] == 1


def test_the_job_of_a_dead_worker_is_given_on(archive, queue):
    queue.deliver(["desk"])
    with archive.joined() as db:
        worker = db.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 minute') RETURNING id"
        )
        db.execute("SELECT procrastinate_fetch_job_v2(ARRAY['deliver'], %s)", (worker.fetchone()["id"],))
    assert queue.maintain(timedelta(minutes=5)) == 0
    assert queue.maintain(timedelta(seconds=30)) == 1
    assert Desk(1).work(queue, "deliver") == [("deliver", "desk")]


def test_a_job_lost_between_the_database_and_a_living_worker_is_given_on(archive):
    config = procrastinate.Config(url=archive.config.url, heartbeat_seconds=0.2, poll_seconds=0.1)
    queue = procrastinate.build(config, archive.joined)
    queue.deliver(["one", "other"])
    desk = Desk(2)
    note = desk.step("deliver")

    def do(receiver: str) -> None:
        if not desk.done:
            # Handed out to this worker, whose connection was cut before it heard of it.
            with archive.joined() as db:
                db.execute(
                    """
                    UPDATE procrastinate_jobs SET status = 'doing', worker_id = (SELECT id FROM procrastinate_workers)
                    WHERE status = 'todo'
                    """
                )
        note(receiver=receiver)

    queue.work({"deliver": do}, 1, desk.stopping)
    queue.close()
    assert desk.done == [("deliver", "one"), ("deliver", "other")]


def test_one_leads_and_the_lock_goes_with_the_connection(archive):
    with archive.hold("schedule") as is_held:
        assert is_held()
        with archive.joined() as db:
            db.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'schedule: %'")
        assert not is_held()
        with archive.hold("schedule"):
            pass


def test_claims_are_shared_out(archive):
    with archive.claim("article", [1, 2, 3], 2) as mine, archive.claim("article", [1, 2, 3], 2) as yours:
        assert (mine, yours) == ([1, 2], [3])


def test_what_is_let_go_can_be_had_at_once(archive):
    left = []
    for _ in range(50):
        with archive.claim("article", [1], 1) as again, archive.hold("schedule"):
            assert again == [1]
        with archive.joined() as db:
            left += db.execute(
                """
                SELECT * FROM pg_locks WHERE locktype = 'advisory'
                  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                """
            ).fetchall()
    assert left == []


def test_hosts_and_back_pressure():
    due = [(Feed(str(n), f"https://{host}/{n}", ""), FeedState(str(n))) for n, host in enumerate("aab")]
    assert by_host(due) == {"a": ["0", "1"], "b": ["2"]}
    assert [share(waiting, 100) for waiting in (0, 100, 150, 200, 900)] == [1, 1, 0.5, 0, 0]


@pytest.mark.parametrize(
    ("family", "kind", "missing"), [("queue", "procrastinate", "procrastinate"), ("archive", "postgres", "psycopg")]
)
def test_without_the_extra_the_error_says_what_to_install(family, kind, missing):
    script = f"import sys; sys.modules[{missing!r}] = None\nfrom monitor import kinds\nkinds.names({family!r})\nkinds.load({family!r}, {kind!r})"
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert ".venv/bin/python -m pip install -e '.[cluster]'" in told.stderr

"""The queue in the archive's own PostgreSQL, by Procrastinate: jobs are committed with the rows they are about."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from threading import Event, Lock
from typing import Any, Literal

import structlog
from pydantic import BaseModel, ConfigDict, Field

from monitor import tracing
from monitor.errors import ArchiveError, ConfigError, MonitorError, Problem, how_to_install

try:
    import procrastinate
    import psycopg
    from procrastinate import exceptions
    from procrastinate.jobs import Status
except ImportError as error:
    _missing = f"a cluster's queue needs {error.name}, which is not installed"
    raise ConfigError([Problem(_missing, "settings", hint=how_to_install("cluster"))]) from error

log = structlog.get_logger(__name__)

EXAMPLE = """\
kind: procrastinate
heartbeat_seconds: 10
"""
QUEUES = ("collect", "analyse", "deliver", "maintain")
FRESH, PLAIN, BACKFILL = 10, 5, 0
"""Priorities: what is new before what must be done now and then, and that before what is old."""

PART = "part"
"""The task of a part of large work; it waits in the queue of those who have models."""
_TRACE = "trace"
"""The argument in which a job carries the trace it belongs to."""
_ATTEMPTS = 5
_LONGEST_REST = 30.0
_GRACE_SECONDS = 9.0
_KEPT_HOURS = 72
_TICK_SECONDS = 0.2
_MISSED = 3
"""Heartbeats missed, and a worker is taken for dead."""

_PARTS = "FROM procrastinate_jobs WHERE task_name = %s AND args ->> 'order' = %s"

Steps = Mapping[str, Callable[..., object]]
Joined = Callable[[], AbstractContextManager["psycopg.Connection[Any]"]]


class Config(BaseModel):
    """How quickly jobs are noticed, and dead workers missed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["procrastinate"] = "procrastinate"
    url: str = Field(min_length=1, description="The address of the archive's database.")
    heartbeat_seconds: float = Field(10, gt=0, le=60, description="How often a worker says that it is alive.")
    poll_seconds: float = Field(5, gt=0, le=60, description="How often to look for jobs that no notification told of.")
    host_batch: int = Field(50, ge=1, description="Most feeds of one host in one job.")


class ProcrastinateQueue:
    """Answers the ports Queue and Sharing."""

    def __init__(self, config: Config, joined: Joined) -> None:
        self._config, self._joined = config, joined
        # Jobs are told of in the archive's transactions; these connections are for counting and for what is nobody's transaction.
        self._app = self._declared(procrastinate.SyncPsycopgConnector(conninfo=config.url, min_size=0, max_size=2))
        self._opening = Lock()
        self._is_open = False
        self._prepare()

    def collect(self, hosts: Mapping[str, Sequence[str]]) -> int:
        told = 0
        with self._joined() as db:
            for host, feeds in hosts.items():
                for at in range(0, len(feeds), self._config.host_batch):
                    name = f"collect:{host}"
                    batch = list(feeds[at : at + self._config.host_batch])
                    told += self._tell(db, "collect", PLAIN, lock=name, once=f"{name}:{at}", feeds=batch)
        return told

    def analyse(self, articles: Sequence[int], *, is_fresh: bool = True) -> None:
        with self._joined() as db:
            if articles:
                self._tell(db, "analyse", FRESH if is_fresh else BACKFILL, articles=list(articles))
            else:
                self._tell(db, "analyse", PLAIN, once="analyse:rules", articles=[])

    def deliver(self, receivers: Iterable[str]) -> None:
        with self._joined() as db:
            for receiver in receivers:
                self._tell(db, "deliver", FRESH, lock=f"deliver:{receiver}", once=f"deliver:{receiver}", receiver=receiver)

    def maintain(self, after: timedelta) -> int:
        with self._joined() as db:
            self._tell(db, "maintain", PLAIN, lock="maintain", once="maintain")
        with _translated():
            return asyncio.run(self._given_on(after.total_seconds()))

    def depths(self) -> Mapping[str, int]:
        with _translated():
            rows = {row["name"]: row for row in self._open().job_manager.list_queues()}
        return {name: rows[name]["todo"] + rows[name]["doing"] if name in rows else 0 for name in QUEUES}

    def workers(self) -> int:
        with self._joined() as db:
            row = db.execute(
                "SELECT count(*) AS n FROM procrastinate_workers WHERE last_heartbeat > now() - make_interval(secs => %s)",
                (_MISSED * self._config.heartbeat_seconds,),
            ).fetchone()
        return int(row["n"]) if row else 0

    def share(self, order: str, parts: Mapping[int, Any]) -> None:
        with self._joined() as db:
            for number, part in parts.items():
                self._tell(db, PART, PLAIN, order=order, number=number, part=part)

    def left(self, order: str) -> int:
        with self._joined() as db:
            row = db.execute(f"SELECT count(*) AS n {_PARTS} AND status IN ('todo', 'doing')", (PART, order)).fetchone()
        return int(row["n"]) if row else 0

    def withdraw(self, order: str) -> None:
        with self._joined() as db:
            db.execute(f"DELETE {_PARTS} AND status = 'todo'", (PART, order))

    def work(self, steps: Steps, concurrency: int, stopping: Event) -> None:
        attempts = 0
        while not stopping.is_set():
            try:
                asyncio.run(self._work(steps, concurrency, stopping))
                attempts = 0
            except (exceptions.ConnectorException, psycopg.Error, OSError) as error:
                log.warning("the queue cannot be reached; trying again", error=str(error.__cause__ or error))
            if not stopping.is_set():
                attempts += 1
                stopping.wait(min(_LONGEST_REST, 2.0 ** (attempts - 1) / 2))

    def close(self) -> None:
        """Give back connections."""
        with self._opening:
            if self._is_open:
                self._app.close()
                self._is_open = False

    # -- telling ------------------------------------------------------------------------------------------------------

    def _tell(
        self,
        db: psycopg.Connection[Any],
        task: str,
        priority: int,
        lock: str | None = None,
        once: str | None = None,
        **words: Any,
    ) -> bool:
        """Add a job, unless one that begins with the same `once` already waits; whether it was added."""
        job = self._app.configure_task(
            task, queue=_queue_of(task), priority=priority, lock=lock, queueing_lock=once, allow_unknown=False, connection=db
        )
        if trace := tracing.carried():
            words[_TRACE] = trace
        try:
            # A refusal would end the whole transaction; inside a nested one it ends that one alone.
            with db.transaction():
                job.defer(**words)
        except exceptions.AlreadyEnqueued:
            return False
        return True

    def _declared(self, connector: Any, steps: Steps | None = None) -> procrastinate.App:
        app = procrastinate.App(connector=connector)
        for name in (*QUEUES, PART):
            retry = procrastinate.RetryStrategy(max_attempts=_ATTEMPTS, exponential_wait=3)
            app.task(name=name, queue=_queue_of(name), retry=retry)(_runner(name, (steps or {}).get(name)))
        return app

    def _prepare(self) -> None:
        """Make Procrastinate's tables when the database has none."""
        with _translated():
            if self._open().job_manager.check_connection():
                return
        with self._joined() as db:
            db.execute("SELECT pg_advisory_xact_lock(hashtextextended('monitor:queue', 0))")
            row = db.execute("SELECT to_regclass('procrastinate_jobs') IS NOT NULL AS is_there").fetchone()
            if not (row and row["is_there"]):
                schema: Any = self._app.schema_manager.get_schema()
                db.execute(schema)

    def _open(self) -> procrastinate.App:
        with self._opening:
            if not self._is_open:
                self._app.open()
                self._is_open = True
        return self._app

    # -- working ------------------------------------------------------------------------------------------------------

    async def _work(self, steps: Steps, concurrency: int, stopping: Event) -> None:
        app = self._declared(self._connector(concurrency + 3), steps)
        # Steps are synchronous and run in threads; the default number of them is for small machines.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(concurrency + 4, thread_name_prefix="job"))
        async with app.open_async():
            hand = _Hand(app, _MISSED * self._config.heartbeat_seconds)
            working = asyncio.create_task(
                app.run_worker_async(
                    queues=[name for name in QUEUES if name in steps],
                    concurrency=concurrency,
                    delete_jobs="successful",
                    install_signal_handlers=False,
                    fetch_job_polling_interval=self._config.poll_seconds,
                    update_heartbeat_interval=self._config.heartbeat_seconds,
                    stalled_worker_timeout=_MISSED * self._config.heartbeat_seconds,
                    shutdown_graceful_timeout=_GRACE_SECONDS,
                    worker_middleware=[hand.holding],
                )
            )
            looking = asyncio.create_task(hand.look_again_and_again(self._config.heartbeat_seconds))
            while not stopping.is_set() and not working.done():
                await asyncio.wait([working], timeout=_TICK_SECONDS)
            looking.cancel()
            if not working.done():
                working.cancel()
            try:
                await working
            except asyncio.CancelledError:
                log.info("worker stopped")

    async def _given_on(self, after: float) -> int:
        app = self._declared(self._connector(2))
        async with app.open_async():
            stalled = list(await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=after))
            for job in stalled:
                await _give_on(app, job)
            await app.job_manager.delete_old_jobs(
                nb_hours=_KEPT_HOURS, include_failed=True, include_cancelled=True, include_aborted=True
            )
        if stalled:
            log.warning("jobs of dead workers given on", jobs=len(stalled))
        return len(stalled)

    def _connector(self, most: int) -> procrastinate.PsycopgConnector:
        return procrastinate.PsycopgConnector(conninfo=self._config.url, min_size=1, max_size=most)


class _Hand:
    """What a worker really has in hand, beside what the database says it has.

    A connection that is cut while a job is handed out, or while its end is told, leaves a job with a worker that lives and knows
    nothing of it. Nobody else would ever take it, nor another job under its lock.
    """

    def __init__(self, app: procrastinate.App, patience: float) -> None:
        self._app, self._patience = app, patience
        self._worker: int | None = None
        self._held: set[int] = set()
        self._missed: dict[int, float] = {}

    async def holding(self, process: Callable[[], Any], context: Any, worker: Any) -> Any:
        """Note a job for as long as it is done."""
        self._worker = worker.worker_id
        self._held.add(context.job.id)
        try:
            return await process()
        finally:
            self._held.discard(context.job.id)

    async def look_again_and_again(self, seconds: float) -> None:
        """Give on, until cancelled, what nobody has in hand."""
        while True:
            await asyncio.sleep(seconds)
            try:
                await self.look(time.monotonic())
            except (exceptions.ConnectorException, psycopg.Error, OSError) as error:
                log.debug("the jobs in hand could not be compared", error=str(error))

    async def look(self, at: float) -> int:
        """Give on what has been in nobody's hand for so long as a dead worker's jobs are left with it; how many."""
        if self._worker is None:
            return 0
        told = await self._app.job_manager.list_jobs_async(status=Status.DOING.value, worker_id=self._worker)
        unknown = {job.id: job for job in told if job.id is not None and job.id not in self._held}
        self._missed = {number: self._missed.get(number, at) for number in unknown}
        lost = [number for number, since in self._missed.items() if at - since >= self._patience]
        for number in lost:
            await _give_on(self._app, unknown[number])
        if lost:
            log.warning("jobs that were lost on the way given on", jobs=len(lost))
        return len(lost)


async def _give_on(app: procrastinate.App, job: Any) -> None:
    try:
        await app.job_manager.retry_job(job)
    except exceptions.UniqueViolation:
        # The same is already waiting again.
        await app.job_manager.finish_job(job, Status.FAILED, delete_job=True)


def build(config: Config, joined: Joined) -> ProcrastinateQueue:
    """The queue beside an archive; `joined` gives the connection of the transaction that a thread is in.

    Raises:
        ArchiveError: the database cannot be reached.
    """
    with _translated():
        return ProcrastinateQueue(config, joined)


def _queue_of(task: str) -> str:
    return "analyse" if task == PART else task


def _runner(name: str, step: Callable[..., object] | None) -> Callable[..., None]:
    def run(**words: Any) -> None:
        if step is None:
            raise MonitorError(f"this worker does not do {name}")
        with tracing.resumed(words.pop(_TRACE, None)):
            step(**words)

    return run


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (exceptions.ConnectorException, psycopg.Error) as error:
        raise ArchiveError(f"the queue cannot be reached ({error.__cause__ or error}); check that PostgreSQL runs") from error

"""A pool of parser processes: documents go in, values come out, and whatever hangs or swells is killed."""

from __future__ import annotations

import os
import queue
import select
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, TypeAlias

from monitor.core.feeds.parse import not_a_feed
from monitor.core.shown import without_credentials
from monitor.errors import ParseError
from monitor.model import Fetched, PageText, ParsedFeed
from monitor.sandbox.wire import frame, opened_frame, unpack_feed, unpack_page

Answer: TypeAlias = tuple[Fetched, ParsedFeed | None]
PACKAGE_ROOT = Path(__file__).parents[2]
_PART = 1 << 18
_MOST_TOGETHER = 32


@dataclass(frozen=True, slots=True)
class Limits:
    """What one document may cost. `processes` = 0 means one for each core, four at most."""

    processes: int = 0
    wall_seconds: float = 30.0
    cpu_seconds: int = 20
    memory_mb: int = 600


class Sandbox:
    """Answers the Parser port with processes that start when first needed and live until `close`."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._count = self._limits.processes or min(os.cpu_count() or 1, 4)
        self._idle: queue.LifoQueue[_Process] = queue.LifoQueue()
        for _ in range(self._count):
            self._idle.put(_Process(self._limits))
        self._threads = ThreadPoolExecutor(self._count, thread_name_prefix="parse")

    def parse(self, documents: Iterable[Fetched]) -> Iterator[tuple[Fetched, ParsedFeed | None]]:
        for group in self.parse_together(documents):
            yield from group

    def parse_together(self, documents: Iterable[Fetched]) -> Iterator[list[Answer]]:
        return _Batch(documents, self._read_later, room=4 * self._count).groups()

    def extract(self, page: Fetched) -> PageText:
        if page.body is None:
            return PageText(error=page.error or "there is no page to read")
        try:
            return unpack_page(self._ask("page", page))
        except ParseError as error:
            return PageText(error=str(error))

    def close(self) -> None:
        self._threads.shutdown(wait=True)
        while not self._idle.empty():
            self._idle.get().stop()

    def _read_later(self, fetched: Fetched) -> Future[ParsedFeed]:
        return self._threads.submit(self._read_feed, fetched)

    def _read_feed(self, fetched: Fetched) -> ParsedFeed:
        try:
            # Links of articles are made from it and shown to everybody.
            return unpack_feed(self._ask("feed", replace(fetched, url=without_credentials(fetched.url))))
        except ParseError as error:
            return not_a_feed(str(error))

    def _ask(self, kind: str, document: Fetched) -> dict[str, Any]:
        process = self._idle.get()
        try:
            head = {"kind": kind, "base": document.url, "content_type": document.content_type}
            return process.ask(head, document.body or b"")
        finally:
            self._idle.put(process)


class _Batch:
    """One run over documents: a thread takes them in, so that answers are given while the next document is awaited."""

    def __init__(self, documents: Iterable[Fetched], read_later: Callable[[Fetched], Future[ParsedFeed]], room: int) -> None:
        self._documents, self._read_later = documents, read_later
        self._done: queue.SimpleQueue[Answer | BaseException | None] = queue.SimpleQueue()
        self._room = threading.Semaphore(room)
        self._is_stopped = threading.Event()

    def groups(self) -> Iterator[list[Answer]]:
        feeder = threading.Thread(target=self._feed_in, name="parse-feeder", daemon=True)
        feeder.start()
        try:
            while (item := self._done.get()) is not None:
                group: list[Answer] = []
                while isinstance(item, tuple):
                    if item[1] is not None:
                        # Only here, so that no more answers wait in memory than their reader can use soon.
                        self._room.release()
                    group.append(item)
                    if len(group) == _MOST_TOGETHER or self._done.empty():
                        break
                    item = self._done.get()
                if group:
                    yield group
                if item is None:
                    return
                if isinstance(item, BaseException):
                    raise item
        finally:
            self._is_stopped.set()
            self._room.release()
            feeder.join()

    def _feed_in(self) -> None:
        pending: list[Future[ParsedFeed]] = []
        try:
            for fetched in self._documents:
                if fetched.body is None:
                    self._done.put((fetched, None))
                else:
                    self._room.acquire()
                    pending = [*(one for one in pending if not one.done()), self._begin(fetched)]
                if self._is_stopped.is_set():
                    break
            wait(pending)
        except BaseException as error:  # noqa: BLE001 (it is raised again in the thread that asked)
            self._done.put(error)
        self._done.put(None)

    def _begin(self, fetched: Fetched) -> Future[ParsedFeed]:
        future = self._read_later(fetched)
        future.add_done_callback(lambda done: self._done.put(done.exception() or (fetched, done.result())))
        return future


class _Process:
    """One parser process, started when asked and started anew after it died."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._running: subprocess.Popen[bytes] | None = None

    def ask(self, head: dict[str, Any], body: bytes) -> dict[str, Any]:
        """The answer to one request.

        Raises:
            ParseError: the process died of the document, or took too long and was killed.
        """
        process = self._started()
        answer, why = None, "needed more memory or time than it may"
        try:
            answer = self._exchanged(process, frame(head, body))
        except TimeoutError:
            why = f"took longer than {self._limits.wall_seconds:g} s"
        except ConnectionError:
            # It died while it was being written to.
            answer = None
        finally:
            if answer is None:
                self.stop()
        if answer is None:
            raise ParseError(f"the document {why}, so its parser was ended")
        return answer

    def _exchanged(self, process: subprocess.Popen[bytes], request: bytes) -> dict[str, Any] | None:
        """What the process answers; None when it ends without a whole answer to the whole request."""
        assert process.stdin is not None  # noqa: S101 (both are pipes, see _started)
        assert process.stdout is not None  # noqa: S101
        mouth, ear = process.stdin.fileno(), process.stdout.fileno()
        both = select.poll()
        both.register(mouth, select.POLLOUT)
        both.register(ear, select.POLLIN)
        unsaid, heard = memoryview(request), bytearray()
        until = time.monotonic() + self._limits.wall_seconds
        while (left := until - time.monotonic()) > 0:
            for pipe, _ in both.poll(left * 1000):
                if pipe == mouth:
                    unsaid = unsaid[os.write(mouth, unsaid) :]
                    if not unsaid:
                        both.unregister(mouth)
                    continue
                part = os.read(ear, _PART)
                heard += part
                answer = opened_frame(heard)
                if answer is not None or not part:
                    return None if unsaid else answer
        raise TimeoutError

    def stop(self) -> None:
        """End the process, if there is one."""
        process, self._running = self._running, None
        if process is None:
            return
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream:
                _close(stream)

    def _started(self) -> subprocess.Popen[bytes]:
        if self._running is not None and self._running.poll() is None:
            return self._running
        self.stop()
        limits = self._limits
        # No variables of ours: a parser has no use for secrets.
        self._running = subprocess.Popen(  # noqa: S603 (our own interpreter and module)
            [sys.executable, "-m", "monitor.sandbox.worker", str(limits.memory_mb), str(limits.cpu_seconds)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            env={"PYTHONPATH": str(PACKAGE_ROOT), "PYTHONUTF8": "1", "TZ": "UTC"},
            start_new_session=True,
        )
        assert self._running.stdin is not None  # noqa: S101 (it is a pipe)
        os.set_blocking(self._running.stdin.fileno(), False)
        return self._running


def _close(stream: IO[bytes]) -> None:
    """Close a pipe whose other end may be dead."""
    try:
        stream.close()
    except OSError:
        return

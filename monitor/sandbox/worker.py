"""The parser process: reads frames from its input, answers on its output, and lives under limits."""

from __future__ import annotations

import resource
import sys
from typing import Any, BinaryIO

from monitor.model import PageText, ParsedFeed
from monitor.sandbox.documents import read_feed
from monitor.sandbox.wire import pack_feed, pack_page, read_frame, write_frame

MEGABYTE = 1_000_000


def main() -> None:
    """Serve until the input ends; the arguments are the limits: megabytes of memory, CPU seconds for one document."""
    memory_mb, cpu_seconds = int(sys.argv[1]), int(sys.argv[2])
    requests, replies = sys.stdin.buffer, sys.stdout.buffer
    # Whatever a library prints must not end up between two frames.
    sys.stdout = sys.stderr
    _confine(memory_mb)
    _serve(requests, replies, cpu_seconds)


def _confine(memory_mb: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory_mb * MEGABYTE, memory_mb * MEGABYTE))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _serve(requests: BinaryIO, replies: BinaryIO, cpu_seconds: int) -> None:
    while (frame := read_frame(requests)) is not None:
        head, body = frame
        _allow_cpu(cpu_seconds)
        try:
            write_frame(replies, _answer(head, body))
        except MemoryError:
            # What is left of this process cannot be trusted; the pool starts another.
            sys.exit(1)


def _allow_cpu(seconds: int) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + seconds + 1, hard))


def _answer(head: dict[str, Any], body: bytes) -> dict[str, Any]:
    base, content_type = str(head.get("base", "")), str(head.get("content_type", ""))
    if head.get("kind") == "page":
        return pack_page(_page(body, base, content_type))
    return pack_feed(_feed(body, base, content_type))


def _feed(body: bytes, base: str, content_type: str) -> ParsedFeed:
    return read_feed(body, base, content_type)


def _page(body: bytes, base: str, content_type: str) -> PageText:
    from monitor.sandbox.pages import read_page  # noqa: PLC0415 (loads much, and most processes never read a page)

    return read_page(body, base, content_type)


if __name__ == "__main__":
    main()

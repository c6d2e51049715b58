"""Large work in parts that the workers of a cluster do: whoever asked waits, and puts together what came of them.

The work and its parts' results are kept in the archive under `spread:…` until they were fetched. A part stores its result in the
transaction of what it changes: done again after its worker was killed, it finds the result there and changes nothing.
"""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter

from monitor.core.queries.query import Query, Vocabulary, parse, seen_between
from monitor.errors import MonitorError
from monitor.failpoints import failpoint
from monitor.model import Actor, Hit, Rulebook, Topic
from monitor.ports import Archive, Scorer, Sharing
from monitor.services.rescore import BATCH, Progress, Rescored, Turned, score_part
from monitor.services.tuning import load_heads

NAME = "spread:"
KEPT = timedelta(days=3)
"""How long what nobody fetched is kept."""
MOST_STRETCHES = 64
_SHORTEST_STRETCH = timedelta(hours=1)
_LOOK_SECONDS, _LOOK_SOON_SECONDS = 0.25, 0.01
"""How long to wait before looking again: from soon, after something was done, twice as long each time."""
_AT_ONCE = 3
"""Parts that wait for each worker."""
_QUIET_SECONDS = 30.0

_TOPICS, _ACTORS = TypeAdapter(tuple[Topic, ...]), TypeAdapter(tuple[Actor, ...])
_HITS, _TURNED = TypeAdapter(list[Hit]), TypeAdapter(list[Turned])

Tell = Callable[[str], None]
"""Told what somebody who waits should know."""


def untold(_words: str) -> None:
    """Nobody waits."""


def rescore(
    archive: Archive,
    queue: Sharing,
    rulebook: Rulebook,
    query: Query,
    now: datetime,
    *,
    is_stored: bool = True,
    note: Progress = lambda _done, _all: None,
    tell: Tell = untold,
) -> Rescored:
    """What `services.rescore.rescore` does, done by the workers: their models, this rulebook's topics and actors.

    Raises:
        MonitorError: a part could not be done, or workers run different models.
    """
    articles = [hit.article for hit in reversed(archive.search.hits(query, now=now))]
    parts = [articles[at : at + BATCH] for at in range(0, len(articles), BATCH)]
    work = {
        "kind": "rescore",
        "topics": _TOPICS.dump_python(tuple(rulebook.topics.values()), mode="json"),
        "actors": _ACTORS.dump_python(tuple(rulebook.actors.values()), mode="json"),
        "is_stored": is_stored,
    }
    done = _spread(archive, queue, work, parts, now, lambda count: note(min(count * BATCH, len(articles)), len(articles)), tell)
    models = {result["model"] for result in done}
    if len(models) > 1:
        raise MonitorError(f"the workers run different models ({', '.join(sorted(models))}); start them all anew and repeat this")
    found = Rescored()
    for result in done:
        found.add(
            Rescored(
                result["articles"],
                result["failed"],
                result["waiting"],
                Counter(result["gained"]),
                Counter(result["lost"]),
                _TURNED.validate_python(result["turned"]),
            )
        )
    return found


def find(
    archive: Archive,
    queue: Sharing,
    vocabulary: Vocabulary,
    query: Query,
    since: datetime,
    now: datetime,
    *,
    note: Progress = lambda _done, _all: None,
    tell: Tell = untold,
) -> list[Hit]:
    """What a query finds published or seen after a moment, looked for by the workers in stretches of first sight.

    Raises:
        MonitorError: a part could not be done.
    """
    parts = [[first and first.isoformat(), before and before.isoformat()] for first, before in stretches(since, now)]
    work = {
        "kind": "find",
        "query": query.text,
        "holders": None if vocabulary.holders is None else dict(vocabulary.holders),
        "since": since.isoformat(),
        "now": now.isoformat(),
    }
    done = _spread(archive, queue, work, parts, now, lambda count: note(count, len(parts)), tell)
    return [hit for result in done for hit in _HITS.validate_python(result["hits"])]


def stretches(since: datetime, now: datetime) -> list[tuple[datetime | None, datetime | None]]:
    """All of time in equal stretches between two moments, [first, before); the outer ones are open."""
    count = max(1, min(MOST_STRETCHES, (now - since) // _SHORTEST_STRETCH))
    ends = [since + (now - since) * number / count for number in range(1, count)]
    return list(zip([None, *ends], [*ends, None], strict=True))


def do_part(archive: Archive, scorer: Scorer, order: str, number: int, part: Sequence[Any]) -> None:
    """Do one part, unless it was done before or nobody wants it any more; called by a worker."""
    work, name = archive.states.load(order), _result(order, number)
    if not work or archive.states.load(name):
        return
    if work["kind"] == "find":
        archive.states.save(name, _found(archive, work, part))
    else:
        _rescored(archive, scorer, work, name, part)


def forget_old(archive: Archive, now: datetime) -> int:
    """Forget work, and what came of it, that nobody fetched; how many rows."""
    # Names begin with their time.
    old = [name for name in archive.states.names(NAME) if name < f"{NAME}{_stamp(now - KEPT)}"]
    if old:
        archive.states.forget(old)
    return len(old)


def _spread(
    archive: Archive,
    queue: Sharing,
    work: Mapping[str, Any],
    parts: Sequence[Sequence[Any]],
    now: datetime,
    note: Callable[[int], None],
    tell: Tell,
) -> list[dict[str, Any]]:
    order = f"{NAME}{_stamp(now)}-{secrets.token_hex(4)}"
    try:
        archive.states.save(order, work)
        _wait(archive, queue, order, parts, note, tell)
        return [archive.states.load(_result(order, number)) for number in range(len(parts))]
    finally:
        queue.withdraw(order)
        archive.states.forget(archive.states.names(order))


def _wait(archive: Archive, queue: Sharing, order: str, parts: Sequence[Any], note: Callable[[int], None], tell: Tell) -> None:
    count, told, done, since = len(parts), 0, 0, time.monotonic()
    rest = _LOOK_SOON_SECONDS
    while True:
        # A few at once: the rules that watch for silence wait for those told before them, and no longer.
        until = min(count, done + _AT_ONCE * max(1, queue.workers()))
        if told < until:
            queue.share(order, {number: parts[number] for number in range(told, until)})
            told = until
        # Asked before the results are counted: a part that ends in between is then counted.
        left = queue.left(order)
        now_done = len(archive.states.names(f"{order}:"))
        note(now_done)
        if now_done == count:
            return
        if not left and now_done < told:
            raise MonitorError(f"{told - now_done} of {count} parts could not be done; the workers' logs say why")
        if now_done > done:
            done, since, rest = now_done, time.monotonic(), _LOOK_SOON_SECONDS
        elif time.monotonic() - since > _QUIET_SECONDS:
            tell(f"no part was done for {_QUIET_SECONDS:.0f} seconds; is a worker with --queue analyse running?")
            since = time.monotonic()
        time.sleep(rest)
        rest = min(_LOOK_SECONDS, 2 * rest)


def _found(archive: Archive, work: Mapping[str, Any], part: Sequence[str | None]) -> dict[str, Any]:
    first, before = (datetime.fromisoformat(moment) if moment else None for moment in part)
    query = seen_between(parse(work["query"], Vocabulary(holders=work["holders"])), first, before)
    since, now = (datetime.fromisoformat(work[name]) for name in ("since", "now"))
    return {"hits": _HITS.dump_python(archive.search.hits(query, now=now, since=since), mode="json")}


def _rescored(archive: Archive, scorer: Scorer, work: Mapping[str, Any], name: str, part: Sequence[int]) -> None:
    topics, actors = _TOPICS.validate_python(work["topics"]), _ACTORS.validate_python(work["actors"])
    rulebook = Rulebook({topic.id: topic for topic in topics}, {actor.name: actor for actor in actors}, rules={}, receivers={})
    told = [(article, archive.scores.get(article.id)) for article in archive.articles.get(part)]
    found, kept = score_part(told, rulebook, scorer, load_heads(archive, scorer.revision))
    with archive.transaction():
        if archive.states.load(name):
            return  # A worker taken for dead has done it after all; what it compared with is no longer stored.
        if work["is_stored"]:
            archive.scores.save(kept)
        archive.states.save(
            name,
            {
                "model": scorer.revision,
                "articles": found.articles,
                "failed": found.failed,
                "waiting": found.waiting,
                "gained": found.gained,
                "lost": found.lost,
                "turned": [list(one) for one in found.turned],
            },
        )
    failpoint("post-part")


def _result(order: str, number: int) -> str:
    return f"{order}:{number:07}"


def _stamp(at: datetime) -> str:
    return f"{at:%Y%m%dT%H%M%S}"

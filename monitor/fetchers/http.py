"""Feeds and pages over HTTP: conditional, counted, timed, polite and guarded; asyncio lives inside."""

from __future__ import annotations

import asyncio
import queue
import threading
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import urljoin, urlsplit

import httpx
from pydantic import BaseModel, ConfigDict, Field, field_validator

from monitor import __version__
from monitor.core.addresses import check_url, read_openings
from monitor.core.feeds.headers import max_age, retry_after
from monitor.errors import FetchError, in_words
from monitor.fetchers._decoding import ACCEPTED, decode
from monitor.fetchers._politeness import Politeness
from monitor.guard import Resolver, guarded_transport
from monitor.guard.failures import why
from monitor.model import Feed, FeedState, Fetched
from monitor.ports import Clock

PERMANENT = (301, 308)
REDIRECTS = (301, 302, 303, 307, 308)
BUSY = (429, 503)
MOST_HEADERS = 200
LONGEST_HOLD = timedelta(hours=24)
WANTED_FEED = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5"
WANTED_PAGE = "text/html, application/xhtml+xml, */*;q=0.5"
EXAMPLE = """\
kind: http
user_agent: news-monitor (+https://example.org/about-our-reader)
concurrency: 20
per_host: 2
spacing_seconds: 0.5
"""


class Config(BaseModel):
    """How to fetch."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    user_agent: str = Field(
        f"news-monitor/{__version__} (feed reader)", description="Who we say we are; add an address where people reach you."
    )
    total_seconds: float = Field(30.0, gt=0, description="Longest time for one document, redirects included.")
    connect_seconds: float = Field(10.0, gt=0, description="Longest time to open a connection.")
    max_bytes: int = Field(10_000_000, gt=0, description="Largest document, counted after unpacking.")
    max_redirects: int = Field(5, ge=0, description="Most redirects followed.")
    concurrency: int = Field(20, ge=1, description="Requests at once.")
    per_host: int = Field(2, ge=1, description="Requests at once to one host.")
    spacing_seconds: float = Field(0.5, ge=0, description="Shortest time between two requests to one host.")
    allow: tuple[str, ...] = Field((), description="Private addresses that may be opened: host, host:port or a network.")

    @field_validator("allow")
    @classmethod
    def _readable(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        read_openings(value)
        return value


def build(config: Config, clock: Clock, resolve: Resolver | None = None) -> HttpFetcher:
    """A fetcher; its thread starts with the first request."""
    return HttpFetcher(config, clock, resolve)


@dataclass(frozen=True, slots=True)
class _Want:
    """One document to get."""

    id: str
    url: str
    accept: str
    etag: str | None = None
    last_modified: str | None = None
    form: dict[str, str] | None = None


class HttpFetcher:
    """Answers the Fetcher port."""

    def __init__(self, config: Config, clock: Clock, resolve: Resolver | None) -> None:
        self._config, self._clock, self._resolve = config, clock, resolve
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._transport: httpx.AsyncBaseTransport | None = None
        self._politeness: Politeness | None = None
        self._patience = httpx.Timeout(config.total_seconds, connect=config.connect_seconds).as_dict()
        self._starting = threading.Lock()

    def fetch(self, wanted: Iterable[tuple[Feed, FeedState]]) -> Iterator[Fetched]:
        wants = [_Want(feed.id, state.url or feed.url, WANTED_FEED, state.etag, state.last_modified) for feed, state in wanted]
        if not wants:
            return
        loop = self._running()
        # Bodies fetched and not yet taken: a slow reader slows the fetching instead of filling the memory.
        room = asyncio.Semaphore(2 * self._config.concurrency)
        answers: queue.SimpleQueue[Fetched | None] = queue.SimpleQueue()
        batch = asyncio.run_coroutine_threadsafe(self._fetch_all(wants, answers.put, room), loop)
        batch.add_done_callback(lambda _: answers.put(None))
        try:
            while (fetched := answers.get()) is not None:
                if fetched.body is not None:
                    loop.call_soon_threadsafe(room.release)
                yield fetched
            batch.result()
        finally:
            batch.cancel()

    def page(self, url: str) -> Fetched:
        return asyncio.run_coroutine_threadsafe(self._get(_Want("", url, WANTED_PAGE)), self._running()).result()

    def post(self, url: str, form: dict[str, str]) -> Fetched:
        want = _Want("", url, "*/*", form=form)
        return asyncio.run_coroutine_threadsafe(self._get(want), self._running()).result()

    def close(self) -> None:
        loop, thread = self._loop, self._thread
        self._loop = self._thread = None
        if loop is None or thread is None:
            return
        asyncio.run_coroutine_threadsafe(self._end(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()

    async def _end(self) -> None:
        # What a reader who left early had asked for may still be under way.
        under_way = asyncio.all_tasks() - {asyncio.current_task()}
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        if self._transport is not None:
            await self._transport.aclose()

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._starting:
            if self._loop is None:
                loop = asyncio.new_event_loop()
                # Names are resolved in threads; a slow name server must not hold up the others.
                loop.set_default_executor(ThreadPoolExecutor(self._config.concurrency, thread_name_prefix="resolve"))
                self._thread = threading.Thread(target=loop.run_forever, name="fetch", daemon=True)
                self._thread.start()
                self._loop = loop
                asyncio.run_coroutine_threadsafe(self._open(), loop).result()
            return self._loop

    async def _open(self) -> None:
        config = self._config
        self._transport = guarded_transport(config.allow, resolve=self._resolve)
        self._politeness = Politeness(config.concurrency, config.per_host, config.spacing_seconds)

    async def _fetch_all(self, wants: list[_Want], tell: Callable[[Fetched], None], room: asyncio.Semaphore) -> None:
        async def one(want: _Want) -> None:
            visit = _Visit(want, self._config, room)
            answer = await self._fetch(visit)
            if visit.has_room and answer.body is None:
                room.release()
            tell(answer)

        async with asyncio.TaskGroup() as group:
            for want in wants:
                group.create_task(one(want))

    async def _get(self, want: _Want) -> Fetched:
        return await self._fetch(_Visit(want, self._config))

    async def _fetch(self, visit: _Visit) -> Fetched:
        """One answer, whatever happens."""
        try:
            return await self._followed(visit)
        except FetchError as error:
            return visit.failure(str(error), error.reason)
        except TimeoutError:
            return visit.failure(f"took longer than {self._config.total_seconds:g} s", "timeout")
        except httpx.TimeoutException as error:
            return visit.failure(why(error), "timeout")
        except httpx.InvalidURL as error:
            return visit.failure(f"leads to what is no address: {error}", "blocked")
        except httpx.HTTPError as error:
            return visit.failure(why(error), _reason(error))
        except (ValueError, OSError) as error:
            return visit.failure(in_words(error), _reason(error))

    async def _followed(self, visit: _Visit) -> Fetched:
        assert self._politeness is not None  # noqa: S101 (opened with the loop, see _open)
        while True:
            refusal = check_url(visit.url)
            if refusal:
                raise FetchError(refusal.why, "blocked")
            host = urlsplit(visit.url).hostname or ""
            async with self._politeness.turn(host):
                closed = self._politeness.closed_for(host)
                if closed:
                    return replace(visit.failure(f"{host} asked to be left alone", "status"), status=429, retry_after=closed)
                await visit.find_room()
                answer = await self._asked(visit)
            if answer is not None:
                if answer.status in BUSY and answer.retry_after:
                    self._politeness.close(host, min(answer.retry_after, LONGEST_HOLD))
                return answer

    async def _asked(self, visit: _Visit) -> Fetched | None:
        """The answer of one hop, or None when it leads on to `visit.url`."""
        assert self._transport is not None  # noqa: S101
        clock = asyncio.get_running_loop().time
        started = clock()
        try:
            async with asyncio.timeout(max(self._config.total_seconds - visit.seconds, 0)):
                response = await self._transport.handle_async_request(self._request(visit))
                try:
                    return await self._answer(visit, response)
                finally:
                    await response.aclose()
        finally:
            visit.seconds += clock() - started

    def _request(self, visit: _Visit) -> httpx.Request:
        # Without a client around it: what that adds, such as cookies and redirects, is not wanted here, and costs most.
        url = httpx.URL(visit.url)
        headers = {"User-Agent": self._config.user_agent, "Accept-Encoding": ACCEPTED, **visit.headers()}
        if url.userinfo:
            headers["Authorization"] = f"Basic {b64encode(f'{url.username}:{url.password}'.encode()).decode()}"
        return httpx.Request(visit.method, url, headers=headers, data=visit.want.form, extensions={"timeout": self._patience})

    async def _answer(self, visit: _Visit, response: httpx.Response) -> Fetched | None:
        visit.status = response.status_code
        headers = dict(response.headers.items())
        if len(response.headers.raw) > MOST_HEADERS:
            raise FetchError(f"the answer has more than {MOST_HEADERS} headers", "protocol")
        if response.status_code in REDIRECTS and "location" in headers:
            visit.follow(response.status_code, headers["location"])
            return None
        now = self._clock.now()
        answer = visit.answer(
            etag=headers.get("etag"),
            last_modified=headers.get("last-modified"),
            content_type=headers.get("content-type", ""),
            retry_after=retry_after(headers.get("retry-after"), now),
            max_age=max_age(headers.get("cache-control")),
        )
        if response.status_code == httpx.codes.NOT_MODIFIED:
            # Read to its end, though there is nothing in it: only then is the connection kept for the host's next feed.
            await _bounded(response, self._config.max_bytes)
            return replace(answer, is_unchanged=True)
        if not response.is_success:
            reason = "gone" if response.status_code == httpx.codes.GONE else "status"
            return replace(answer, error=f"the server answers {response.status_code} {response.reason_phrase}", reason=reason)
        body = await _bounded(response, self._config.max_bytes)
        coding = headers.get("content-encoding", "")
        return replace(answer, body=decode(body, coding, self._config.max_bytes))


class _Visit:
    """One document's way through redirects."""

    def __init__(self, want: _Want, config: Config, room: asyncio.Semaphore | None = None) -> None:
        self.want, self.config = want, config
        self._room = room
        self.url = want.url
        self.status = 0
        self.seconds = 0.0
        self.has_room = False
        self.method = "GET" if want.form is None else "POST"
        self._hops = 0
        self._permanent_url: str | None = None
        self._is_permanent = True

    async def find_room(self) -> None:
        """Wait until the memory has room for one more body."""
        if self._room is not None and not self.has_room:
            self.has_room = await self._room.acquire()

    def headers(self) -> dict[str, str]:
        """What to send; validators belong to the first address and are not shown to another."""
        headers = {"Accept": self.want.accept}
        if self._hops == 0 or _same_site(self.want.url, self.url):
            if self.want.etag:
                headers["If-None-Match"] = self.want.etag
            if self.want.last_modified:
                headers["If-Modified-Since"] = self.want.last_modified
        return headers

    def follow(self, status: int, location: str) -> None:
        """Go on to where a redirect leads."""
        self._hops += 1
        most = self.config.max_redirects if self.want.form is None else 0
        if self._hops > most:
            raise FetchError(f"redirects more than {most} times", "redirect")
        location = urljoin(self.url, location.strip())
        refusal = check_url(location)
        if refusal:
            raise FetchError(refusal.why, "blocked")
        target = httpx.URL(location)
        if not target.fragment and not target.userinfo:
            self.url = str(target)
        else:
            # Neither a fragment nor somebody's credentials belong into the next request.
            self.url = str(target.copy_with(fragment=None, username=None, password=None))
        self._is_permanent = self._is_permanent and status in PERMANENT
        if self._is_permanent:
            self._permanent_url = self.url

    def answer(self, **fields: object) -> Fetched:
        return Fetched(
            self.want.id,
            self.url,
            self.status,
            seconds=self.seconds,
            permanent_url=self._permanent_url,
            **fields,  # type: ignore[arg-type]
        )

    def failure(self, error: str, reason: str) -> Fetched:
        return Fetched(self.want.id, self.url, self.status, error=error, reason=reason, seconds=self.seconds)


async def _bounded(response: httpx.Response, limit: int) -> bytes:
    """The body as sent, still packed; reading ends at the first byte past the limit."""
    declared = response.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise FetchError(f"the answer announces {int(declared):,} bytes, more than {limit:,}", "too-large")
    parts, size = [], 0
    async for part in response.aiter_raw():
        size += len(part)
        if size > limit:
            raise FetchError(f"the answer is larger than {limit:,} bytes", "too-large")
        parts.append(part)
    return b"".join(parts)


def _same_site(first: str, second: str) -> bool:
    one, other = urlsplit(first), urlsplit(second)
    return (one.scheme, one.netloc) == (other.scheme, other.netloc)


def _reason(error: Exception) -> str:
    text = f"{error} {error.__cause__}".lower()
    if "ssl" in text or "certificate" in text:
        return "tls"
    return "connect" if isinstance(error, httpx.ConnectError) else "protocol"

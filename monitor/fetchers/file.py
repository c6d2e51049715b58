"""Feeds from files below one folder; every other address goes to the fetcher behind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field

from monitor.errors import FetchError
from monitor.model import Feed, FeedState, Fetched
from monitor.ports import Fetcher

EXAMPLE = """\
kind: file
root: .
"""
SCHEME = "file"


class Config(BaseModel):
    """Where files may be read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    root: Path = Field(Path(), description="The project's folder; no file outside it is opened.")
    max_bytes: int = Field(10_000_000, gt=0, description="Largest document.")


def build(config: Config, behind: Fetcher) -> FileFetcher:
    """A fetcher of file: addresses in front of another that takes all the rest."""
    return FileFetcher(config, behind)


class FileFetcher:
    """Answers the Fetcher port. Pages are never files."""

    def __init__(self, config: Config, behind: Fetcher) -> None:
        self._root, self._limit, self._behind = config.root.resolve(), config.max_bytes, behind

    def fetch(self, wanted: Iterable[tuple[Feed, FeedState]]) -> Iterator[Fetched]:
        others = []
        for feed, state in wanted:
            if urlsplit(feed.url).scheme == SCHEME:
                yield self._read(feed)
            else:
                others.append((feed, state))
        yield from self._behind.fetch(others)

    def page(self, url: str) -> Fetched:
        return self._behind.page(url)

    def post(self, url: str, form: dict[str, str]) -> Fetched:
        return self._behind.post(url, form)

    def close(self) -> None:
        self._behind.close()

    def _read(self, feed: Feed) -> Fetched:
        try:
            path = self._below_root(feed.url)
            with path.open("rb") as file:
                body = file.read(self._limit + 1)
        except FetchError as error:
            return Fetched(feed.id, feed.url, 0, error=str(error), reason=error.reason)
        except OSError as error:
            return Fetched(feed.id, feed.url, 0, error=f"the file cannot be read: {error.strerror}", reason="file")
        if len(body) > self._limit:
            return Fetched(feed.id, feed.url, 0, error=f"the file is larger than {self._limit:,} bytes", reason="too-large")
        return Fetched(feed.id, feed.url, 200, body=body)

    def _below_root(self, url: str) -> Path:
        parts = urlsplit(url)
        # file://feeds/a.xml is how people write a path relative to the project; its "host" is the first folder.
        written = unquote(f"{parts.netloc}{parts.path}")
        path = (self._root / written).resolve()
        if not path.is_relative_to(self._root) or "\x00" in written:
            raise FetchError(f"{url} lies outside {self._root}", "blocked")
        return path

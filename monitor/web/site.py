"""What every request needs of the App: the rulebook as its files stand now, who may do what, and the present."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request

from monitor.app import App
from monitor.config.documents import yaml_files
from monitor.core.queries.query import Query, Vocabulary, parse
from monitor.errors import ConfigError
from monitor.model import Feed, Rulebook
from monitor.ports import Archive
from monitor.services.accounts import Accounts
from monitor.web.proxies import Proxies

NOTHING = Rulebook({}, {}, {}, {})


@dataclass
class Site:
    """One App as the pages see it."""

    app: App
    accounts: Accounts
    proxies: Proxies = field(default_factory=Proxies)
    rules_error: str = ""
    _book: Rulebook = NOTHING
    _feeds: tuple[Feed, ...] = ()
    _stamps: tuple[object, ...] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def archive(self) -> Archive:
        """The archive."""
        return self.app.archive

    def now(self) -> datetime:
        """The present."""
        return self.app.clock.now()

    @property
    def rulebook(self) -> Rulebook:
        """The rulebook last found good; `rules_error` says what is wrong with the files since."""
        self._refresh()
        return self._book

    @property
    def feeds(self) -> tuple[Feed, ...]:
        """The feeds last found good."""
        self._refresh()
        return self._feeds

    def query(self, text: str) -> Query:
        """A query over the names in force.

        Raises:
            QueryError: it cannot be read.
        """
        return parse(text, Vocabulary.of(self.rulebook))

    def _refresh(self) -> None:
        with self._lock:
            stamps = tuple(_stamp(path) for path in (*yaml_files(self.app.settings.rules), self.app.settings.feeds))
            if stamps == self._stamps:
                return
            self._stamps = stamps
            try:
                # The App keeps what it once read; a page shows what the files say now.
                self.app.__dict__.pop("feeds", None)
                self._feeds = self.app.feeds
                self._book = self.app.read_rulebook()
                self.rules_error = ""
            except ConfigError as error:
                self.rules_error = str(error)


def site_of(request: Request) -> Site:
    """The site a request is for."""
    site: Site = request.app.state.site
    return site


On = Annotated[Site, Depends(site_of)]


def _stamp(path: Path) -> tuple[str, int, int]:
    try:
        stat = path.stat()
    except OSError:
        return str(path), 0, 0
    return str(path), stat.st_mtime_ns, stat.st_size

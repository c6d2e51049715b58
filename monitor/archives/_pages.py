"""Cursors: where a page of a search ended, so that the next one goes on there in any archive."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from monitor.archives._values import read_time, time_text
from monitor.errors import QueryError

_MOST = 1 << 62


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: a moment and an id, or for relevance the first page's moment and how many articles came before."""

    order: str
    moment: str
    number: int
    total: int

    @property
    def text(self) -> str:
        """The place as an opaque cursor."""
        plain = f"{self.order} {self.moment} {self.number} {self.total}"
        return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")

    @classmethod
    def read(cls, cursor: str, order: str) -> Place:
        """The place of a cursor.

        Raises:
            QueryError: it is none, or one of another order.
        """
        try:
            name, moment, number, total = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split(" ")
            place = cls(name, time_text(read_time(moment)), int(number), int(total))
        except (ValueError, OverflowError):
            place = cls("", "", 0, 0)
        if place.order != order or not (0 <= place.number < _MOST and 0 <= place.total < _MOST):
            raise QueryError("this cursor belongs to another search", "", 0, "start again without a cursor")
        return place

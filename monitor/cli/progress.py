"""A live line on the terminal that counts what the worker does."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.live import Live
from rich.table import Table

COUNTED = {
    "collect": (("feeds", "feeds"), ("failed", "failed"), ("new", "new articles")),
    "analyse": (("scored", "scored"), ("unscored", "unscored"), ("alerts", "alerts")),
    "deliver": (("sent", "sent"), ("retried", "to retry"), ("dead", "given up")),
}


class Progress:
    """Sums the steps' reports into one table that is redrawn in place; silent when `is_live` is False."""

    def __init__(self, *, is_live: bool) -> None:
        self._totals: dict[str, int] = {}
        self._live = Live(console=Console(stderr=True), refresh_per_second=4) if is_live else None

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
            self._live.update(self._table())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._live is not None:
            self._live.update(self._table())
            self._live.stop()

    def note(self, step: str, report: Any) -> None:
        """Add one step's report to the totals."""
        for attribute, label in COUNTED[step]:
            self._totals[label] = self._totals.get(label, 0) + int(getattr(report, attribute, 0))
        if self._live is not None:
            self._live.update(self._table())

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 2))
        for _ in COUNTED:
            table.add_column()
        table.add_row(*(f"[bold]{step}[/]" for step in COUNTED))
        cells = ("  ".join(f"{self._totals.get(label, 0):,} {label}" for _, label in pairs) for pairs in COUNTED.values())
        table.add_row(*cells)
        return table

"""Pages in headless Chromium: what is watched while they are open, and where Chromium is."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium: apt-get install chromium")
PATIENCE_MS = 300_000
AT_ONCE = 6
"""Pages that a test has open side by side."""
_REFUSALS = ("Content Security Policy", "Content-Security-Policy")


class Watched:
    """A page that notes dialogs, script errors and violations of the content security policy."""

    def __init__(self, browser: object, **context: object) -> None:
        self.context = browser.new_context(**context)  # type: ignore[attr-defined]
        # A crowded machine may take its time; what a test judges is what comes.
        self.context.set_default_timeout(PATIENCE_MS)
        self.trouble: list[str] = []
        self.page = self.tab()

    def tab(self) -> object:
        """Another page beside the first, watched like it."""
        page = self.context.new_page()
        page.on("dialog", self._dialog)
        page.on("pageerror", lambda error: self.trouble.append(f"error: {error}"))
        page.on("console", lambda message: self._console(page.url, message.text))
        return page

    def _dialog(self, dialog: object) -> None:
        self.trouble.append(f"a dialog opened at {dialog.page.url}")  # type: ignore[attr-defined]
        dialog.dismiss()  # type: ignore[attr-defined]

    def _console(self, address: str, text: str) -> None:
        if any(words in text for words in _REFUSALS):
            self.trouble.append(f"{address}: {text}")

    def close(self) -> None:
        self.context.close()


def batched(paths: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """Paths in groups of at most so many."""
    return (paths[at : at + size] for at in range(0, len(paths), size))


def settle(pages: Iterable[object]) -> None:
    """Wait until all of them are quiet: side by side, so that the half second without traffic is waited for once."""
    for page in pages:
        page.wait_for_load_state("networkidle")  # type: ignore[attr-defined]

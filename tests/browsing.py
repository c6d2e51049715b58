"""Pages in headless Chromium: what is watched while they are open, and where Chromium is."""

from __future__ import annotations

import shutil

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium: apt-get install chromium")
PATIENCE_MS = 300_000
_REFUSALS = ("Content Security Policy", "Content-Security-Policy")


class Watched:
    """A page that notes dialogs, script errors and violations of the content security policy."""

    def __init__(self, browser: object, **context: object) -> None:
        self.context = browser.new_context(**context)  # type: ignore[attr-defined]
        # A crowded machine may take its time; what a test judges is what comes.
        self.context.set_default_timeout(PATIENCE_MS)
        self.page = self.context.new_page()
        self.trouble: list[str] = []
        self.page.on("dialog", self._dialog)
        self.page.on("pageerror", lambda error: self.trouble.append(f"error: {error}"))
        self.page.on("console", self._console)

    def _dialog(self, dialog: object) -> None:
        self.trouble.append(f"a dialog opened at {self.page.url}")
        dialog.dismiss()  # type: ignore[attr-defined]

    def _console(self, message: object) -> None:
        text = message.text  # type: ignore[attr-defined]
        if any(words in text for words in _REFUSALS):
            self.trouble.append(f"{self.page.url}: {text}")

    def close(self) -> None:
        self.context.close()

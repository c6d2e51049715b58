"""One Chromium for all browser tests of a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browsing import CHROMIUM, PATIENCE_MS


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install playwright")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"], timeout=PATIENCE_MS
        )
        yield started
        started.close()

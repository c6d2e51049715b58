"""Prints a briefing's page to PDF with a headless Chromium, where one is installed."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from monitor.errors import MonitorError

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
_SECONDS = 120


def to_pdf(page: str, browser: str | None = None) -> bytes:
    """The page as a PDF document.

    Raises:
        MonitorError: there is no browser, or it printed nothing.
    """
    program = browser or next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if program is None:
        raise MonitorError(
            "a PDF needs Chromium or Chrome, and none is installed; install one, or use --format html and print it"
        )
    with tempfile.TemporaryDirectory(prefix="briefing-") as directory:
        source, target = Path(directory, "briefing.html"), Path(directory, "briefing.pdf")
        source.write_text(page, encoding="utf-8")
        return _print(program, source, target, directory)


def _print(program: str, source: Path, target: Path, directory: str) -> bytes:
    # The page is ours and has no scripts; the sandbox of the browser does not start for root, as in containers.
    command = [
        program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
        f"--user-data-dir={directory}/profile", "--no-pdf-header-footer", f"--print-to-pdf={target}", source.as_uri(),
    ]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)  # noqa: S603 - no shell, our arguments
    except (OSError, subprocess.TimeoutExpired) as error:
        reason = getattr(error, "strerror", None) or f"it took longer than {_SECONDS} seconds"
        raise MonitorError(f"{program} could not print the briefing: {reason}") from error
    if not target.is_file():
        said = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["it gave no reason"]
        raise MonitorError(f"{program} printed no PDF (exit {done.returncode}): {said[0]}")
    return target.read_bytes()

"""What the figures were measured on."""

from __future__ import annotations

import os
import platform
import sqlite3
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psutil

from monitor import __version__

PACKAGES = "onnxruntime numpy httpx feedparser lxml reader transformers torch sentence-transformers datasette".split()


def facts() -> dict[str, Any]:
    """Processor, memory, load and versions."""
    found = {"news-monitor": __version__, "python": platform.python_version(), "sqlite": sqlite3.sqlite_version}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return {
        "name": platform.node() or "unknown",
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "load_at_start": round(psutil.getloadavg()[0], 1),
        "versions": found,
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    rows = info.read_text().splitlines() if info.exists() else []
    return next((row.split(":", 1)[1].strip() for row in rows if row.startswith("model name")), platform.processor())

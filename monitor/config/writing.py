"""Configuration files written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from monitor.errors import ConfigError, Problem


def write_whole(path: Path, text: str) -> None:
    """Replace a file's text in one step, so that no reader ever sees half of it; its permissions stay.

    Raises:
        ConfigError: the folder cannot be written or the disk is full; the file is as it was.
    """
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise _unwritten(path, error) from error
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise _unwritten(path, error) from error


def _unwritten(path: Path, error: OSError) -> ConfigError:
    hint = "give this user write access to the folder, or make room; the file is as it was"
    return ConfigError([Problem(f"cannot be written: {error.strerror}", str(path), hint=hint)])

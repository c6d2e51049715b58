"""Lets a test kill the process at a named point, to prove that nothing is lost; off unless CHAOS_POINT names it."""

from __future__ import annotations

import os

EXIT_CODE = 137
"""What a process killed by SIGKILL ends with."""

_WANTED, _, _COUNT = os.environ.get("CHAOS_POINT", "").partition(":")
_left = int(_COUNT or 1)


def failpoint(name: str) -> None:
    """End the process at once, without any clean-up, when CHAOS_POINT is this name (`name:3`: the third time it is reached)."""
    global _left  # noqa: PLW0603 - a counter of this process, which ends with it
    if not _WANTED or name != _WANTED:
        return
    _left -= 1
    if _left <= 0:
        os._exit(EXIT_CODE)

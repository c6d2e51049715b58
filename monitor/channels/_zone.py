"""The time zone a receiver reads times in."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field


def _known(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is not an IANA time zone such as Asia/Seoul") from error
    return name


Zone = Annotated[str, AfterValidator(_known), Field(description="Times are told by the clocks of this IANA zone.")]

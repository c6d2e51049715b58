"""Why a request failed, in words for people: no class of a library, no number of the system."""

from __future__ import annotations

import re

import httpx

_NUMBER = re.compile(r"^\[Errno -?\d+\] ")
_LATE = {
    httpx.ConnectTimeout: "nobody took the connection in time",
    httpx.ReadTimeout: "no answer came in time",
    httpx.WriteTimeout: "what was sent was not taken in time",
}


def why(error: httpx.HTTPError) -> str:
    """What happened on the way; neither the address nor the headers are in it, for both may hold secrets."""
    if isinstance(error, httpx.TimeoutException):
        return _LATE.get(type(error), "no connection was free in time")
    if isinstance(error, (httpx.NetworkError, httpx.RemoteProtocolError)):
        return _NUMBER.sub("", str(error)) or "the connection broke"
    return "the request could not be made"

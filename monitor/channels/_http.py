"""Posts to a receiver's address through the guarded client and reads the answer as a receipt."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

import httpx

from monitor.core.alerts.render import clean, shorten
from monitor.core.alerts.retry import retry_after
from monitor.errors import FetchError
from monitor.guard.failures import why
from monitor.model import Receipt

_TRANSIENT = {408, 425, 429}
_READ_BYTES = 1000
"""More of an answer is never read: it only serves an error message."""


def post(client: httpx.Client, url: str, body: bytes, headers: Mapping[str, str]) -> Receipt:
    """One POST. 2xx is sent; 408, 425, 429, 5xx and outages are tried again; every other answer is permanent.

    Errors name the host only: the rest of a webhook's address is a secret.
    """
    host = urlsplit(url).hostname or "the address"
    try:
        with client.stream("POST", url, content=body, headers=dict(headers)) as answer:
            return _read(answer, host)
    except FetchError as error:
        return Receipt(is_sent=False, error=f"{host}: {error}", is_permanent=error.reason == "blocked")
    except (httpx.InvalidURL, httpx.UnsupportedProtocol):
        return Receipt(is_sent=False, error="the receiver's address is not a web address", is_permanent=True)
    except httpx.HTTPError as error:
        return Receipt(is_sent=False, error=f"{host} could not be reached: {shorten(clean(why(error)), 200)}")


def _read(answer: httpx.Response, host: str) -> Receipt:
    if answer.is_success:
        return Receipt(is_sent=True)
    said = shorten(clean(_beginning(answer)), 200)
    error = f"{host} answered {answer.status_code}{f': {said}' if said else ''}"
    if answer.status_code in _TRANSIENT or answer.is_server_error:
        pause = retry_after(answer.headers.get("Retry-After", ""), answer.headers.get("Date", ""))
        return Receipt(is_sent=False, error=error, retry_after=pause)
    return Receipt(is_sent=False, error=error, is_permanent=True)


def _beginning(answer: httpx.Response) -> str:
    # The status is the verdict; a body that breaks off changes nothing.
    try:
        return next(answer.iter_bytes(_READ_BYTES), b"").decode("utf-8", "replace")
    except httpx.HTTPError:
        return ""

"""What people are told of a request or a file that failed: words, no class of a library, no number of the system."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import cannot_be_written
from monitor.guard.failures import why


def below(kind: type[httpx.HTTPError]) -> set[type[httpx.HTTPError]]:
    return {kind, *(one for inner in kind.__subclasses__() for one in below(inner))}


KINDS = sorted(below(httpx.TransportError), key=lambda kind: kind.__name__)


@given(st.sampled_from(KINDS), st.sampled_from(["", "[Errno 111] Connection refused", "[Errno -2] Name or service not known"]))
def test_every_failure_of_a_request_is_told_in_words(kind: type[httpx.HTTPError], said: str):
    told = why(kind(said))

    assert told
    assert "Errno" not in told
    assert kind.__name__ not in told


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (httpx.ConnectError("[Errno 111] Connection refused"), "Connection refused"),
        (httpx.ReadError(""), "the connection broke"),
        (httpx.ConnectTimeout(""), "nobody took the connection in time"),
        (httpx.PoolTimeout(""), "no connection was free in time"),
        (httpx.RemoteProtocolError("Server disconnected"), "Server disconnected"),
        (httpx.LocalProtocolError("Illegal header value b'Bearer very-secret'"), "the request could not be made"),
        (httpx.UnsupportedProtocol("https://hooks.example/very-secret"), "the request could not be made"),
    ],
)
def test_the_address_and_the_headers_stay_untold(error: httpx.HTTPError, told: str):
    assert why(error) == told


@given(st.sampled_from(sorted(errno.errorcode)))
def test_every_file_that_cannot_be_written_is_named_with_the_systems_words(number: int):
    told = cannot_be_written(Path("/srv/out/x.csv"), OSError(number, os.strerror(number)))

    assert told.startswith(f"/srv/out/x.csv cannot be written: {os.strerror(number)}")
    assert "Errno" not in told


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.ENOENT, "make the folder /srv/out first"),
        (errno.EACCES, "give this user write access to /srv/out"),
        (errno.ENOSPC, "make room"),
    ],
)
def test_what_to_do_is_said_where_it_is_plain(number: int, remedy: str):
    assert remedy in cannot_be_written(Path("/srv/out/x.csv"), OSError(number, os.strerror(number)))

"""Content codings undone with the decoded bytes counted, so that no small answer can become a large one."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable

import brotli  # type: ignore[import-untyped]
import zstandard

from monitor.errors import FetchError

ACCEPTED = "gzip, deflate, br, zstd"


def decode(body: bytes, coding: str, limit: int) -> bytes:
    """The body without its content coding, at most `limit` bytes.

    Raises:
        FetchError: `too-large` past the limit, `protocol` for broken data, an unknown coding or more than one.
    """
    names = [name for name in (part.strip().lower() for part in coding.split(",")) if name and name != "identity"]
    if not names:
        return body
    if len(names) > 1:
        raise FetchError(f"the answer is packed {len(names)} times over ({coding})", "protocol")
    reader = _READERS.get(names[0])
    if reader is None:
        raise FetchError(f"the answer is packed in an unknown way ({names[0]!r})", "protocol")
    try:
        decoded = reader(body, limit + 1)
    except (zlib.error, brotli.error, zstandard.ZstdError) as error:
        raise FetchError(f"the answer says it is {names[0]}, but it cannot be unpacked: {error}", "protocol") from error
    if len(decoded) > limit:
        raise FetchError(f"the answer unpacks to more than {limit:,} bytes", "too-large")
    return decoded


def _gzip(body: bytes, limit: int) -> bytes:
    # Several members in a row are one file.
    parts, room = [], limit
    while body and room > 0:
        reader = zlib.decompressobj(wbits=31)
        parts.append(reader.decompress(body, room))
        if not reader.eof and len(parts[-1]) < room:
            raise zlib.error("it ends too early")
        room -= len(parts[-1])
        body = reader.unused_data.lstrip(b"\x00")
    return b"".join(parts)


def _deflate(body: bytes, limit: int) -> bytes:
    try:
        return zlib.decompressobj().decompress(body, limit)
    except zlib.error:
        # Many servers send raw deflate under the name of zlib.
        return zlib.decompressobj(wbits=-15).decompress(body, limit)


def _brotli(body: bytes, limit: int) -> bytes:
    reader = brotli.Decompressor()
    parts = [reader.process(body, output_buffer_limit=limit)]
    size = len(parts[0])
    while size < limit and not reader.is_finished():
        part = reader.process(b"", output_buffer_limit=limit - size)
        if not part:
            raise brotli.error("it ends too early")
        parts.append(part)
        size += len(part)
    return b"".join(parts)


def _zstd(body: bytes, limit: int) -> bytes:
    with zstandard.ZstdDecompressor(max_window_size=2**27).stream_reader(io.BytesIO(body), read_across_frames=True) as reader:
        return bytes(reader.read(limit))


_READERS: dict[str, Callable[[bytes, int], bytes]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}

"""A request's body: read as it streams in, never more than the limit, also after decompression."""

from __future__ import annotations

import zlib
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from backports import zstd

from backend.errors import BadRequest, TooLarge, TooMany, UnsupportedMedia

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

IN_FLIGHT_LIMIT_MIB: Final = 256
"""Most bytes of bodies that one process works on at once."""

_WINDOW = {"gzip": 31, "x-gzip": 31, "deflate": 15}
_ZSTD_WINDOW_LOG = 27
"""Frames whose window is larger than 128 MiB are refused; memory follows the window, not what comes out."""
_DRAIN = 4


class Disconnected(BadRequest):
    """The client went away before its body was whole."""

    code = "disconnected"


class InFlight:
    """How many bytes this process works on."""

    def __init__(self, limit_mib: int = IN_FLIGHT_LIMIT_MIB) -> None:
        self.size = 0
        self._limit = limit_mib * 2**20

    def add(self, size: int) -> None:
        """Take on more.

        Raises:
            TooMany: it would be more than the limit.
        """
        if self.size and self.size + size > self._limit:
            raise TooMany(f"{mib(self.size)} of requests are being read, and the limit is {mib(self._limit)}")
        self.size += size

    def remove(self, size: int) -> None:
        """Be done with so much."""
        self.size -= size


async def read(receive: Receive, length: int | None, limit: int) -> bytes:
    """Read the whole body, with or without a length.

    Raises:
        TooLarge: it is larger than the limit.
        Disconnected: the client left.
    """
    chunks: list[bytes] = []
    size = 0
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected("the client left before the body was whole")
        chunk = message.get("body", b"")
        more = message.get("more_body", False)
        size += len(chunk)
        if size <= limit:
            chunks.append(chunk)
        elif not more or size > _DRAIN * limit:
            # Up to here the rest was read and thrown away: a client that is cut off while it sends sees a broken
            # connection, tries again and never learns why.
            raise too_large(length or size, limit, exact=length is not None or not more)
        else:
            chunks.clear()
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def decompress(body: bytes, encoding: str, limit: int) -> bytes:
    """Undo the content encoding, and stop at the limit: a bomb is not unpacked to see how large it is.

    Raises:
        UnsupportedMedia: the encoding is none that we read.
        BadRequest: the body is not what its encoding says.
        TooLarge: there is more in it than the limit.
    """
    if encoding in {"", "identity"}:
        return body
    if encoding != "zstd" and encoding not in _WINDOW:
        raise UnsupportedMedia(f"content encoding is {encoding[:40]}; gzip, deflate, zstd and identity are read")
    plain, rest = b"", body
    try:
        while rest:
            engine = _engine(encoding)
            plain += engine.decompress(rest, limit + 1 - len(plain))
            if len(plain) > limit:
                raise TooLarge(
                    f"body is {mib(len(body))} and more than {mib(limit)} after decompression;"
                    f" the limit is {mib(limit)} (ASSAY_INGEST_BODY_LIMIT_MIB)"
                )
            if not engine.eof:
                raise BadRequest(f"body of {len(body):,} bytes ends in the middle of its {encoding} stream")
            rest = engine.unused_data
    except (zlib.error, zstd.ZstdError) as fault:
        raise BadRequest(f"body of {len(body):,} bytes is no {encoding} stream: {fault}") from None
    return plain


def _engine(encoding: str) -> Any:
    """Give the decompressor; zlib's and zstd's decompressors have the same face and no common type."""
    if encoding == "zstd":
        return zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: _ZSTD_WINDOW_LOG})
    return zlib.decompressobj(_WINDOW[encoding])


def too_large(size: int, limit: int, *, exact: bool) -> TooLarge:
    """The refusal of a body, with both sizes."""
    return TooLarge(
        f"body is {'' if exact else 'more than '}{mib(size)}; the limit is {mib(limit)} (ASSAY_INGEST_BODY_LIMIT_MIB)"
    )


def mib(size: int) -> str:
    """A size for people."""
    return f"{size / 2**20:.1f} MiB" if size >= 2**20 // 10 else f"{size / 2**10:.1f} KiB"

"""A request's body: read as it streams in, never more than the limit, also after decompression."""

from __future__ import annotations

import zlib
from collections import Counter
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
    """How many bytes this process holds of requests, in all and of each project."""

    def __init__(self, limit_mib: int = IN_FLIGHT_LIMIT_MIB, share: float = 1.0) -> None:
        """Begin empty.

        Args:
            limit_mib: most of all projects together.
            share: most of one project, as a part of that, so that one cannot take the room of all others.
        """
        self.size = 0
        self._of: Counter[int] = Counter()
        self._limit = limit_mib * 2**20
        self._share = int(self._limit * share)

    def room(self, project_id: int) -> Room:
        """Room for one request of a project, nothing taken yet."""
        return Room(self, project_id)

    def take(self, size: int, room: Room) -> None:
        """Take on more for a request; the only one there is, is always let in.

        Raises:
            TooMany: it would be more than the limit, or than the project's share.
        """
        if self.size > room.size and self.size + size > self._limit:
            raise TooMany(f"{mib(self.size)} of requests are being taken in, and the limit is {mib(self._limit)}")
        mine = self._of[room.project_id]
        if mine > room.size and mine + size > self._share:
            raise TooMany(
                f"{mib(mine)} of this project's requests are being taken in, and its share is {mib(self._share)} of"
                f" {mib(self._limit)}"
            )
        self.size += size
        self._of[room.project_id] += size

    def leave(self, room: Room) -> None:
        """Be done with a request."""
        self.size -= room.size
        self._of[room.project_id] -= room.size
        if not self._of[room.project_id]:
            del self._of[room.project_id]


class Room:
    """What one request takes."""

    def __init__(self, owner: InFlight, project_id: int) -> None:
        self._owner, self.project_id, self.size = owner, project_id, 0

    def __enter__(self) -> Room:
        return self

    def __exit__(self, *_: object) -> None:
        self._owner.leave(self)

    def take(self, size: int) -> None:
        """Take more.

        Raises:
            TooMany: there is no room.
        """
        self._owner.take(size, self)
        self.size += size


class Watched:
    """What a client sends, and whether that was all."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.ended = False

    async def __call__(self) -> MutableMapping[str, Any]:
        """The next message."""
        message = await self._receive()
        self.ended = message["type"] == "http.disconnect" or not message.get("more_body", False)
        return message


async def drain(receive: Watched, limit: int) -> None:
    """Read the rest of a body and throw it away, up to a limit.

    A client that is answered while it still sends sees a broken connection, tries again and never learns why.
    """
    size = 0
    while not receive.ended and size <= limit:
        size += len((await receive()).get("body", b""))


async def read(receive: Receive, length: int | None, limit: int, room: Room | None = None) -> bytes:
    """Read the whole body, with or without a length.

    Args:
        receive: the client.
        length: of the body, where the client said it.
        limit: most bytes of it.
        room: takes what is read, as it comes.

    Raises:
        TooLarge: it is larger than the limit.
        Disconnected: the client left.
        TooMany: there is no room.
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
            if room is not None:
                room.take(len(chunk))
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

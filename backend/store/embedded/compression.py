"""Bodies packed and unpacked piece by piece, in the encodings of clickhouse-connect: lz4, zstd, gzip, deflate."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any, Protocol

import lz4.frame
from backports import zstd

from backend.store.embedded.errors import Code, Fault, fault

# Cheapest for the processor first: the other end is on the same machine.
_ENCODINGS = ("lz4", "zstd", "gzip", "deflate")
_PIECE = 1 << 20


class Packer(Protocol):
    """Packs an answer."""

    def pack(self, piece: bytes) -> bytes:
        """Pack a piece; the other end can unpack all that was packed so far."""

    def finish(self) -> bytes:
        """The end of the stream."""


class _Lz4Packer:
    def __init__(self) -> None:
        self._frame = lz4.frame.LZ4FrameCompressor(auto_flush=True)
        self._start = self._frame.begin()

    def pack(self, piece: bytes) -> bytes:
        packed: bytes = self._start + self._frame.compress(piece)
        self._start = b""
        return packed

    def finish(self) -> bytes:
        end: bytes = self._start + self._frame.flush()
        return end


class _ZstdPacker:
    def __init__(self) -> None:
        self._stream = zstd.ZstdCompressor(level=1)

    def pack(self, piece: bytes) -> bytes:
        return self._stream.compress(piece, mode=zstd.ZstdCompressor.FLUSH_BLOCK)

    def finish(self) -> bytes:
        return self._stream.flush()


class _ZlibPacker:
    def __init__(self, wbits: int) -> None:
        self._stream = zlib.compressobj(1, wbits=wbits)

    def pack(self, piece: bytes) -> bytes:
        return self._stream.compress(piece) + self._stream.flush(zlib.Z_SYNC_FLUSH)

    def finish(self) -> bytes:
        return self._stream.flush()


def chosen(accepted: str) -> str:
    """The encoding for an answer, from the words of Accept-Encoding; empty for none."""
    words = (word.replace(" ", "").lower().partition(";q=") for word in accepted.split(","))
    offered = {name for name, _, weight in words if weight.rstrip("0.") or not weight}
    return next((encoding for encoding in _ENCODINGS if encoding in offered), "")


def packer(encoding: str) -> Packer:
    """A packer for one of the encodings that ``chosen`` gives."""
    if encoding == "lz4":
        return _Lz4Packer()
    if encoding == "zstd":
        return _ZstdPacker()
    return _ZlibPacker(31 if encoding == "gzip" else zlib.MAX_WBITS)


class Unpacker:
    """Unpacks a body of one or more frames, never more than a MiB at once, so that a bomb is seen while it opens."""

    def __init__(self, encoding: str) -> None:
        """Start.

        Raises:
            Fault: the encoding is none that is read here.
        """
        if encoding not in _ENCODINGS:
            raise fault(Code.NOT_IMPLEMENTED, f"Unknown Content-Encoding {encoding}; send {', '.join(_ENCODINGS)}.")
        self._encoding = encoding
        self._frame: Any = None

    def unpack(self, piece: bytes) -> Iterator[bytes]:
        """Unpack a piece.

        Raises:
            Fault: the bytes are not of this encoding.
        """
        try:
            while piece:
                self._frame = self._frame or self._new()
                yield from self._drain(piece)
                piece = self._frame.unused_data if self._frame.eof else b""
                self._frame = None if self._frame.eof else self._frame
        except (zlib.error, zstd.ZstdError, RuntimeError, EOFError) as problem:
            raise self._broken(problem) from problem

    def finish(self) -> None:
        """Check that the last frame is whole.

        Raises:
            Fault: the body stops inside a frame.
        """
        if self._frame is not None:
            raise self._broken("the body stops in the middle")

    def _drain(self, piece: bytes) -> Iterator[bytes]:
        frame = self._frame
        yield frame.decompress(piece, _PIECE)
        while not frame.eof and (rest := self._rest(frame)) is not None:
            opened = frame.decompress(rest, _PIECE)
            if not opened:
                break
            yield opened

    @staticmethod
    def _rest(frame: Any) -> bytes | None:
        if hasattr(frame, "unconsumed_tail"):
            return frame.unconsumed_tail or None
        return None if frame.needs_input else b""

    def _new(self) -> Any:
        if self._encoding == "lz4":
            return lz4.frame.LZ4FrameDecompressor()
        if self._encoding == "zstd":
            return zstd.ZstdDecompressor()
        return zlib.decompressobj(31 if self._encoding == "gzip" else zlib.MAX_WBITS)

    def _broken(self, why: object) -> Fault:
        return fault(Code.CANNOT_DECOMPRESS, f"Body cannot be read as {self._encoding}: {why}.")

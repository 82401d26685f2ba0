"""Packing and unpacking, piece by piece and hostile."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib

import lz4.frame
import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from backend.store.embedded import compression
from backend.store.embedded.errors import Fault

ENCODINGS = ["lz4", "zstd", "gzip", "deflate"]
PACK = {"gzip": gzip.compress, "deflate": zlib.compress, "zstd": zstd.compress, "lz4": lz4.frame.compress}
UNPACK = {"gzip": gzip.decompress, "deflate": zlib.decompress, "zstd": zstd.decompress, "lz4": lz4.frame.decompress}


def unpacked(encoding: str, packed: bytes, size: int) -> bytes:
    """Fed in pieces of that size."""
    unpacker = compression.Unpacker(encoding)
    pieces = [out for at in range(0, len(packed), size) for out in unpacker.unpack(packed[at : at + size])]
    unpacker.finish()
    return b"".join(pieces)


@given(st.sampled_from(ENCODINGS), st.lists(st.binary(max_size=3000), max_size=4), st.integers(1, 5000))
def test_frames_come_back_however_they_are_cut(encoding: str, blocks: list[bytes], size: int) -> None:
    """Several frames, empty ones included, unpack to their bytes wherever a piece ends."""
    assert unpacked(encoding, b"".join(PACK[encoding](block) for block in blocks), size) == b"".join(blocks)


@given(st.sampled_from(ENCODINGS), st.lists(st.binary(max_size=3000), max_size=4))
def test_what_is_packed_is_read_by_others(encoding: str, pieces: list[bytes]) -> None:
    """The usual library of each encoding reads what is packed here, no piece included."""
    packer = compression.packer(encoding)
    packed = b"".join([*(packer.pack(piece) for piece in pieces), packer.finish()])
    assert UNPACK[encoding](packed) == b"".join(pieces)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_bomb_opens_a_mib_at_a_time(encoding: str) -> None:
    """64 MiB of zeros never stand in memory."""
    packed = PACK[encoding](bytes(64 << 20))
    unpacker = compression.Unpacker(encoding)
    tracemalloc.start()
    size = sum(len(piece) for piece in unpacker.unpack(packed))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size == 64 << 20
    assert most < 8 << 20


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_torn_frame_is_refused(encoding: str) -> None:
    """Bytes that stop early or are of no frame are errors, never a shorter body."""
    packed = PACK[encoding](b"abc" * 5000)
    for torn in (packed[:-3], packed[: len(packed) // 2], b"\xff\xfe not packed", packed + b"\xff\xff\xff\xff\xff"):
        with pytest.raises(Fault) as refused:
            unpacked(encoding, torn, 100)
        assert refused.value.number == 271


@pytest.mark.parametrize(
    ("accepted", "chosen"),
    [
        ("", ""),
        ("br", ""),
        ("gzip", "gzip"),
        ("gzip, deflate, zstd", "zstd"),
        ("lz4,zstd,gzip,deflate", "lz4"),
        ("gzip;q=0, deflate", "deflate"),
        ("gzip;q=0.5", "gzip"),
        ("identity", ""),
    ],
)
def test_an_encoding_is_chosen_among_those_offered(accepted: str, chosen: str) -> None:
    """The cheapest that the client reads, and never one that it declines."""
    assert compression.chosen(accepted) == chosen

"""Reading a body that may be a bomb: bounded as sent, and bounded again as unpacked."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator

from core.errors import FeedError, FeedFault

BYTES_MAX = 1_000_000
# gzip by its header, zlib by its header; anything else is not asked for.
_WINDOWS = {"gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}
ENCODINGS = ", ".join(_WINDOWS)


async def read_bounded(parts: AsyncIterator[bytes], encoding: str) -> bytes:
    """Return the unpacked body. Raises FeedError beyond `BYTES_MAX`, or when it cannot be unpacked.

    `parts` are as they came over the wire; nothing more is read, or unpacked, than is kept.
    """
    name = encoding.strip().lower()
    unpacker = zlib.decompressobj(_WINDOWS[name]) if name in _WINDOWS else None
    if unpacker is None and name not in {"", "identity"}:
        raise FeedError(FeedFault.PACKING, detail=name[:40])
    kept, size, sent = [], 0, 0
    async for part in parts:
        sent += len(part)
        if sent > BYTES_MAX:
            raise FeedError(FeedFault.TOO_LARGE, BYTES_MAX)
        plain = part if unpacker is None else _unpacked(unpacker, part, BYTES_MAX + 1 - size)
        size += len(plain)
        if size > BYTES_MAX:
            raise FeedError(FeedFault.BOMB, BYTES_MAX)
        kept.append(plain)
    if unpacker is not None and not unpacker.eof:
        raise FeedError(FeedFault.CUT_OFF)
    return b"".join(kept)


def _unpacked(unpacker: zlib._Decompress, part: bytes, room: int) -> bytes:
    try:
        return unpacker.decompress(part, room)
    except zlib.error as error:
        raise FeedError(FeedFault.NOT_UNPACKED) from error

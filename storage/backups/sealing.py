"""Encryption of a stream with a passphrase: scrypt and AES-256-GCM in chunks.

The construction is STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015, as used by age): each chunk
has its number and a flag for the last one in its nonce, so that chunks cannot be reordered,
repeated or cut off unnoticed. The header is authenticated with every chunk.
"""

from __future__ import annotations

import io
import os
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from core.errors import DataError

MAGIC = b"autotrade backup 1\n"
SALT_BYTES, PREFIX_BYTES, TAG_BYTES = 16, 7, 16
CHUNK_BYTES = 64 * 1024
# 32 MiB and a tenth of a second for each guess (RFC 7914 names n=2**14 for a login).
SCRYPT_N, SCRYPT_R, SCRYPT_P = 2**15, 8, 1


class Unopened(DataError):
    """A sealed stream cannot be opened: another passphrase, or another byte somewhere."""


class SealedWriter(io.RawIOBase):
    """Encrypts what is written to `stream`; `close` ends the stream and leaves `stream` open."""

    def __init__(self, stream: BinaryIO, passphrase: str) -> None:
        salt, prefix = os.urandom(SALT_BYTES), os.urandom(PREFIX_BYTES)  # noqa: TID251 - a key needs the system's own
        header = MAGIC + salt + prefix
        stream.write(header)
        self._stream = stream
        self._chunks = _Chunks(passphrase, header)
        self._waiting = bytearray()

    def writable(self) -> bool:
        """It takes bytes."""
        return True

    def write(self, data: bytes | bytearray | memoryview) -> int:  # type: ignore[override]
        """Take bytes; whole chunks go out, but for the last that might be the end."""
        self._waiting += data
        while len(self._waiting) > CHUNK_BYTES:
            self._put(bytes(self._waiting[:CHUNK_BYTES]), is_last=False)
            del self._waiting[:CHUNK_BYTES]
        return len(data)

    def close(self) -> None:
        """Write the last chunk."""
        if not self.closed:
            self._put(bytes(self._waiting), is_last=True)
        super().close()

    def _put(self, chunk: bytes, *, is_last: bool) -> None:
        self._stream.write(self._chunks.seal(chunk, is_last=is_last))


class SealedReader(io.RawIOBase):
    """Decrypts `stream`. Reading raises `Unopened` where a byte is not as it was written."""

    def __init__(self, stream: BinaryIO, passphrase: str) -> None:
        header = stream.read(len(MAGIC) + SALT_BYTES + PREFIX_BYTES)
        if len(header) < len(MAGIC) + SALT_BYTES + PREFIX_BYTES or not header.startswith(MAGIC):
            raise Unopened("not a sealed backup")
        self._stream = stream
        self._chunks = _Chunks(passphrase, header)
        self._next = stream.read(CHUNK_BYTES + TAG_BYTES)
        self._open = memoryview(b"")
        self._is_ended = False

    def readable(self) -> bool:
        """It gives bytes."""
        return True

    def readinto(self, target: bytearray | memoryview) -> int:  # type: ignore[override]
        """Give bytes; nothing of a chunk before the whole chunk is known to be true."""
        while not self._open and not self._is_ended:
            chunk, self._next = self._next, self._stream.read(CHUNK_BYTES + TAG_BYTES)
            self._is_ended = not self._next
            self._open = memoryview(self._chunks.open(chunk, is_last=self._is_ended))
        count = min(len(target), len(self._open))
        target[:count] = self._open[:count]
        self._open = self._open[count:]
        return count


class _Chunks:
    """The key of one stream, and the number of the chunk that comes next."""

    def __init__(self, passphrase: str, header: bytes) -> None:
        salt = header[len(MAGIC) : -PREFIX_BYTES]
        derive = Scrypt(salt=salt, length=32, n=SCRYPT_N, r=SCRYPT_R, p=SCRYPT_P)
        self._cipher = AESGCM(derive.derive(passphrase.encode("utf-8")))
        self._header = header
        self._number = 0

    def seal(self, chunk: bytes, *, is_last: bool) -> bytes:
        return self._cipher.encrypt(self._nonce(is_last=is_last), chunk, self._header)

    def open(self, chunk: bytes, *, is_last: bool) -> bytes:
        try:
            return self._cipher.decrypt(self._nonce(is_last=is_last), chunk, self._header)
        except InvalidTag:
            raise Unopened("the passphrase is another, or the file was altered") from None

    def _nonce(self, *, is_last: bool) -> bytes:
        number, self._number = self._number, self._number + 1
        return self._header[-PREFIX_BYTES:] + number.to_bytes(4, "big") + bytes([is_last])

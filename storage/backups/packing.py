"""Packing a copy into a backup file and taking it out again."""

from __future__ import annotations

import gzip
import io
import os
import shutil
import zlib
from pathlib import Path
from typing import BinaryIO

from core.errors import DataError
from storage.backups.sealing import MAGIC, SealedReader, SealedWriter

BLOCK_BYTES = 1024 * 1024
# A level higher takes twice as long for a twentieth less.
LEVEL = 6
_GZIP = b"\x1f\x8b"


class Unpackable(DataError):
    """A backup file is not whole."""


def pack(copy: Path, target: Path, passphrase: str) -> None:
    """Write `copy` by gzip, whose checksum covers every byte; sealed with a passphrase.

    `target` is a new file, mode 0600, and is on the disk afterwards. Raises OSError.
    """
    descriptor = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "wb") as stream, copy.open("rb") as source:
        if passphrase:
            with SealedWriter(stream, passphrase) as sealed:
                _squeeze(source, sealed)
        else:
            _squeeze(source, stream)
        stream.flush()
        os.fsync(stream.fileno())


def is_sealed(backup: Path) -> bool:
    """Whether `backup` needs a passphrase. Raises OSError."""
    with backup.open("rb") as stream:
        return stream.read(len(MAGIC)) == MAGIC


def unpack(backup: Path, target: Path, passphrase: str) -> None:
    """Write what `backup` holds to the new file `target`, mode 0600.

    Raises Unpackable or Unopened where a byte is not as it was written, OSError.
    """
    descriptor = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "wb") as out, backup.open("rb") as stream:
        try:
            opened = SealedReader(stream, passphrase) if is_sealed(backup) else stream
            with gzip.GzipFile(fileobj=_checked(opened), mode="rb") as source:
                shutil.copyfileobj(source, out, BLOCK_BYTES)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise Unpackable(f"{backup.name}: {error}") from error
        out.flush()
        os.fsync(out.fileno())


def _squeeze(source: BinaryIO, target: BinaryIO | SealedWriter) -> None:
    # No name and no time inside: the file's own say both.
    with gzip.GzipFile("", "wb", LEVEL, target, mtime=0) as packed:
        shutil.copyfileobj(source, packed, BLOCK_BYTES)


def _checked(stream: BinaryIO | SealedReader) -> BinaryIO:
    """Return a stream that begins as gzip does. An empty one would count as an empty file."""
    buffered = (
        io.BufferedReader(stream, BLOCK_BYTES) if isinstance(stream, SealedReader) else stream
    )
    begins = buffered.peek(len(_GZIP)) if isinstance(buffered, io.BufferedReader) else b""
    if not begins.startswith(_GZIP):
        raise gzip.BadGzipFile("not a backup of this program")
    return buffered

"""A consistent copy of a SQLite database that is in use."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from core.errors import ConfigurationError, StorageError

_BUSY = "database is locked"
_BEGINS = b"SQLite format 3\0"


def copy_whole(source: Path, target: Path) -> None:
    """Copy `source` as it is at one instant into the new file `target`, mode 0600.

    A connection of its own in the process that asks: in WAL mode it sees one committed state, and
    whoever writes meanwhile does not wait for it. All pages go in one step, because a copy in
    several begins anew at every commit of a writer. Blocks; raises StorageError.
    """
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        with (
            closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as read,
            closing(sqlite3.connect(target)) as copy,
        ):
            read.backup(copy, pages=-1)
            # One file, without a log beside it; whoever opens it next chooses the mode anew.
            copy.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        raise StorageError(f"{source} cannot be copied: {error}") from error


def claim(path: Path) -> bool:
    """Fold the log of `path` into the file, which works only while nobody else has it open.

    Return whether it is a database that SQLite can read. What does not begin like one is not even
    opened: SQLite would throw its log away, which is then all that is left of it. Raises
    ConfigurationError while another process uses it, OSError.
    """
    with path.open("rb") as stream:
        if stream.read(len(_BEGINS)) != _BEGINS:
            return False
    try:
        with closing(sqlite3.connect(path, timeout=0.0)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.OperationalError as error:
        if _BUSY in str(error):
            raise ConfigurationError(f"{path} is in use by another process") from error
        return False
    except sqlite3.DatabaseError:
        # Damaged further in: that is what people restore for.
        return False
    return True


def swap_in(new: Path, place: Path, aside: Path) -> None:
    """Put `new` at `place`; what stood there, its log included, is kept at `aside`.

    There is a whole database at `place` at every instant: the old one is linked aside before the
    new one takes its name. Raises OSError.
    """
    if place.exists():
        os.link(place, aside)
        aside.chmod(0o600)
    for ending in ("-wal", "-shm"):
        log = place.with_name(place.name + ending)
        if log.exists():
            log.rename(aside.with_name(aside.name + ending))
    new.replace(place)
    settle(place.parent)


def settle(folder: Path) -> None:
    """Make the names in `folder` survive a power cut. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

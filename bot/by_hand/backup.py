"""`python -m bot backup` and `verify`: a proved copy of the database, also while the bot runs."""

from __future__ import annotations

import filecmp
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bot import locales
from bot.by_hand.loading import loaded
from bot.operations.process_lock import ProcessLock
from bot.settings import Settings
from core.domain.krx import KST
from core.domain.modes import Mode
from core.errors import ConfigurationError, DataError, StorageError
from core.ports.phrases import Phrases
from core.runtime.clock import SystemClock
from storage.backups.copying import copy_whole, settle
from storage.backups.examining import Contents, examine
from storage.backups.packing import pack, unpack
from storage.backups.shelf import Shelf
from storage.engine import database_url
from storage.moving import copy_to_file
from storage.opening import has_database

_WORK = ".copy-"
_LOCK = ".lock"


@dataclass(frozen=True, slots=True)
class Place:
    """The SQLite file that the settings name, and where its backups lie.

    Of a PostgreSQL server `file` is None: its backups are SQLite files, too.
    """

    file: Path | None
    shelf: Shelf
    phrases: Phrases


def place_of(settings: Settings) -> Place:
    """Return where database and backups are."""
    phrases = locales.load(settings.locale)
    url = database_url(settings.database)
    if url.get_backend_name() != "sqlite":
        # By what it holds and not by its name: a restore goes into a database of another name.
        kind = Mode.REAL if settings.mode is Mode.OBSERVE else settings.mode
        name = f"autotrade-{kind.value}-{settings.broker}-postgresql"
        return Place(None, Shelf(settings.backups, name), phrases)
    file = Path(url.database or "").absolute()
    return Place(file, Shelf(settings.backups, file.stem), phrases)


async def backup() -> str:
    """Copy, prove, pack, read back, and delete what need not be kept; say what was done.

    Raises DataError without a database, StorageError where it is damaged or nothing can be written.
    """
    settings = loaded()
    place = place_of(settings)
    if not await has_database(settings.database):
        raise DataError(place.phrases.say("console.no_database"))
    try:
        return await _backed_up(settings, place)
    except OSError as error:
        why = error.strerror or str(error)
        raise StorageError(
            place.phrases.say("backup.unwritable", folder=place.shelf.folder, error=why)
        ) from error


async def _backed_up(settings: Settings, place: Place) -> str:
    phrases, shelf, passphrase = place.phrases, place.shelf, settings.passphrase()
    shelf.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with ProcessLock(shelf.folder / _LOCK, busy=phrases.say("backup.busy")):
        # What a backup that was killed left behind.
        for left in shelf.folder.glob(f"{_WORK}*"):
            shutil.rmtree(left)
        target = shelf.place(SystemClock().now(), is_sealed=bool(passphrase))
        with tempfile.TemporaryDirectory(dir=shelf.folder, prefix=_WORK) as folder:
            copy, packed, proof = (
                Path(folder) / name for name in ("copy.db", "packed", "proof.db")
            )
            await _copied(settings, place, copy)
            found = await examine(copy)
            pack(copy, packed, passphrase)
            unpack(packed, proof, passphrase)
            if not filecmp.cmp(copy, proof, shallow=False):
                raise StorageError(phrases.say("backup.misread", file=target))
            # Only what was proved takes the name of a backup; a restore would take the newest.
            packed.replace(target)
        settle(shelf.folder)
        gone = shelf.clear(settings.backup_keep, settings.backup_keep_months)
    lines = [phrases.say("backup.done", file=target), described(found, phrases)]
    if gone:
        lines.append(phrases.say("backup.cleared", count=len(gone)))
    return "\n".join(lines)


async def _copied(settings: Settings, place: Place, copy: Path) -> None:
    if place.file is not None:
        copy_whole(place.file, copy)
        return
    rows = copy.with_name("rows.db")
    await copy_to_file(settings.database, rows)
    # Its log is folded in by this: one file, as of a SQLite database.
    copy_whole(rows, copy)


async def verify(file: Path | None) -> str:
    """Prove one backup, by default the newest, and say what is in it. Changes nothing.

    Raises DataError where it cannot be opened, StorageError where what is in it does not hold.
    """
    settings = loaded()
    place = place_of(settings)
    chosen = chosen_backup(place, file)
    with tempfile.TemporaryDirectory(prefix="backup-verify-") as folder:
        copy = Path(folder) / "copy.db"
        found = await opened(chosen, copy, settings, place.phrases)
    return "\n".join(
        [place.phrases.say("backup.whole", file=chosen), described(found, place.phrases)]
    )


def chosen_backup(place: Place, file: Path | None) -> Path:
    """Return `file`, or the newest backup of the database. Raises DataError when there is none."""
    if file is not None:
        if not file.is_file():
            raise DataError(place.phrases.say("backup.no_file", file=file))
        return file
    found = place.shelf.backups()
    if not found:
        raise DataError(place.phrases.say("backup.none", folder=place.shelf.folder))
    return found[-1].path


async def opened(backup: Path, target: Path, settings: Settings, phrases: Phrases) -> Contents:
    """Take the database out of `backup` into `target` and prove it.

    Raises DataError where it cannot be opened, StorageError where what is in it does not hold.
    """
    try:
        unpack(backup, target, settings.passphrase())
        return await examine(target)
    except ConfigurationError as error:
        raise DataError(f"{backup}: {error}") from error
    except OSError as error:
        why = error.strerror or str(error)
        raise DataError(phrases.say("backup.unreadable", file=backup, error=why)) from error


def described(found: Contents, phrases: Phrases) -> str:
    """Say what is in a proved copy."""
    at = "-" if found.last_at is None else f"{found.last_at.astimezone(KST):%Y-%m-%d %H:%M:%S}"
    return phrases.say(
        "backup.contents",
        broker=found.broker,
        mode=found.mode.value,
        revision=found.revision,
        orders=found.orders,
        lines=found.journal.lines,
        hash=found.journal.line_hash[:12],
        at=at,
    )

"""`python -m bot restore`: an earlier database in the place of the present one, halted.

The copy knows nothing of what happened since. So it is halted and asks for nothing any more
(`core.services.orders.older_copy`), and the start compares it with the broker before anything.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bot.build_id import build_id
from bot.by_hand.backup import Place, chosen_backup, described, opened, place_of
from bot.by_hand.loading import loaded
from bot.operations.process_lock import ProcessLock
from bot.settings import Settings
from bot.wiring.foundations import LOCK_FILE
from core.domain.krx import KST
from core.domain.modes import Mode
from core.errors import DataError, StorageError, TradingError
from core.ports.phrases import Phrases
from core.runtime.clock import SystemClock
from core.runtime.interlock import take_back
from core.services.orders.older_copy import Restored, quieten
from storage.backups.copying import claim, swap_in
from storage.backups.examining import Contents, address_of, examine
from storage.engine import database_url
from storage.ledger import SqlLedger
from storage.moving import copy_database
from storage.opening import has_database, open_database
from storage.server_lock import server_lock

ACTOR = "command line"
Say = Callable[[str], None]
Ask = Callable[[str], str]
_REAL = frozenset({Mode.REAL, Mode.OBSERVE})


@dataclass(frozen=True, slots=True)
class _Work:
    settings: Settings
    place: Place
    backup: Path
    draft: Path

    @property
    def phrases(self) -> Phrases:
        return self.place.phrases


async def restore(file: Path | None, say: Say, ask: Ask) -> None:
    """Prove a backup, show it beside what it replaces, ask for the typed word, and swap.

    Only while nobody uses the database; of PostgreSQL, into an empty one. Raises ConfigurationError
    while somebody does, DataError when the backup cannot be opened or is another account's or the
    server's database is not empty, StorageError when it is damaged.
    """
    settings = loaded()
    place = place_of(settings)
    backup = chosen_backup(place, file)
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with ProcessLock(settings.data_dir / LOCK_FILE, busy=place.phrases.say("backup.bot_runs")):
        if place.file is None:
            with tempfile.TemporaryDirectory(dir=settings.data_dir, prefix=".restoring-") as folder:
                work = _Work(settings, place, backup, Path(folder) / "draft.db")
                # Also a bot of another machine stays off until the rows are there.
                async with server_lock(settings.database):
                    await _restored_to_server(work, say, ask)
        else:
            await _restored_to_file(settings, place, place.file, backup, say, ask)


async def _restored_to_file(
    settings: Settings, place: Place, file: Path, backup: Path, say: Say, ask: Ask
) -> None:
    draft = file.with_name(f".{file.name}.restoring-{os.getpid()}")
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        await _restored(_Work(settings, place, backup, draft), file, say, ask)
    except OSError as error:
        why = error.strerror or str(error)
        raise StorageError(
            place.phrases.say("backup.unwritable", folder=file.parent, error=why)
        ) from error
    finally:
        for left in draft.parent.glob(f"{draft.name}*"):
            with suppress(OSError):
                left.unlink()


async def _restored_to_server(work: _Work, say: Say, ask: Ask) -> None:
    """Fill an empty database: one that holds something is left as it is, and stays the way back."""
    phrases, address = work.phrases, work.settings.database
    found = await opened(work.backup, work.draft, work.settings, phrases)
    _check_account(work, found, None)
    name = database_url(address).database
    if await has_database(address):
        raise DataError(phrases.say("backup.not_empty", name=name))
    say(phrases.say("backup.restoring", file=work.backup))
    say(f"  {described(found, phrases)}")
    say(phrases.say("backup.into_empty", name=name))
    _ask_for_the_word(phrases, ask)
    ended = await _quietened(work, "")
    await copy_database(address_of(work.draft), address, lambda _table, _rows: None)
    say(phrases.say("backup.restored", tickets=ended.tickets, orders=ended.orders))


def _ask_for_the_word(phrases: Phrases, ask: Ask) -> None:
    word = phrases.say("backup.word")
    if ask(phrases.say("backup.type_this", word=word)).strip() != word:
        raise DataError(phrases.say("backup.not_typed"))


async def _restored(work: _Work, file: Path, say: Say, ask: Ask) -> None:
    phrases = work.phrases
    found = await opened(work.backup, work.draft, work.settings, phrases)
    was_there = _stands(file)
    is_readable = was_there and claim(file)
    present = await _present(file) if is_readable else None
    _check_account(work, found, present)
    say(phrases.say("backup.restoring", file=work.backup))
    say(f"  {described(found, phrases)}")
    say(phrases.say("backup.replacing", file=file))
    missing = "backup.unreadable_now" if was_there else "backup.nothing_now"
    say(f"  {described(present, phrases) if present else phrases.say(missing)}")
    _ask_for_the_word(phrases, ask)
    replaced = f"{present.journal.lines}:{present.journal.line_hash}" if present else ""
    ended = await _quietened(work, replaced)
    now = SystemClock().now().astimezone(KST)
    aside = file.with_name(f"{file.name}.before-restore-{now:%Y%m%d-%H%M%S}")
    swap_in(work.draft, file, aside)
    if was_there:
        say(phrases.say("backup.aside", file=aside))
    say(phrases.say("backup.restored", tickets=ended.tickets, orders=ended.orders))


def _stands(file: Path) -> bool:
    return file.exists()


async def _present(file: Path) -> Contents | None:
    """Return what the present database holds; None where nobody can read it."""
    try:
        return await examine(file)
    except TradingError:
        return None


def _check_account(work: _Work, found: Contents, present: Contents | None) -> None:
    settings, phrases = work.settings, work.phrases
    same_mode = found.mode is settings.mode or {found.mode, settings.mode} <= _REAL
    same = same_mode and found.broker == settings.broker
    if not same or (present is not None and present.account_hash != found.account_hash):
        raise DataError(
            phrases.say(
                "backup.other_account",
                file=work.backup,
                theirs=f"{found.broker}/{found.mode.value}",
                ours=f"{settings.broker}/{settings.mode.value}",
            )
        )


async def _quietened(work: _Work, replaced: str) -> Restored:
    """Bring the copy to the newest revision, halt it and end what waits in it."""
    now = SystemClock().now()
    database = await open_database(address_of(work.draft))
    try:
        async with SqlLedger(database, build_id()).transaction() as tx:
            ended = await quieten(
                tx,
                at=now,
                actor=ACTOR,
                reason=work.phrases.say("orders.reason_restored"),
                source=work.backup.name,
                replaced=replaced,
            )
            if work.settings.mode in _REAL:
                await take_back(tx, now, ACTOR)
    finally:
        await database.close()
    # What halts it lies in its log until then, and the file alone goes to its place.
    if not claim(work.draft):
        raise StorageError(work.phrases.say("backup.misread", file=work.draft))
    return ended

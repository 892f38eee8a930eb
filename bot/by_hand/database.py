"""`python -m bot db …`: which schema the database is on, its upgrade, and its move to PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable

from bot import locales
from bot.by_hand.loading import loaded
from bot.operations.process_lock import ProcessLock
from core.errors import DataError
from storage.backups.dumping import dump_before_upgrade
from storage.engine import Database
from storage.migrations import HEAD, copy_of, stored_revision, upgrade
from storage.moving import copy_database, refuse_while_orders_are_open
from storage.opening import has_database
from storage.server_lock import server_lock

LOCK_FILE = "bot.lock"


async def current() -> str:
    """Say which revision the database is on, read-only. Raises DataError without one."""
    settings = loaded()
    phrases = locales.load(settings.locale)
    if not await has_database(settings.database):
        raise DataError(phrases.say("console.no_database"))
    found = await _revision(settings.database)
    key = "database.newest" if found == HEAD else "database.behind"
    return phrases.say(key, found=found, head=HEAD)


async def upgrade_now(*, with_backup: bool = True) -> str:
    """Upgrade while the bot is off and no order is open, after a backup; say where that is.

    A SQLite file is copied beside itself, always. A PostgreSQL database is dumped among the
    backups, unless `with_backup` is False. Raises ConfigurationError, StorageError or DataError.
    """
    settings = loaded()
    phrases = locales.load(settings.locale)
    if not await has_database(settings.database):
        raise DataError(phrases.say("console.no_database"))
    busy = phrases.say("resuming.bot_runs")
    with ProcessLock(settings.data_dir / LOCK_FILE, busy=busy):
        async with server_lock(settings.database):
            if await _revision(settings.database) == HEAD:
                # Upgrading again would put a copy of today over the one from before the upgrade.
                return phrases.say("database.newest", found=HEAD, head=HEAD)
            await refuse_while_orders_are_open(settings.database)
            copy = copy_of(settings.database)
            if copy is None and with_backup:
                copy = await dump_before_upgrade(settings.database, settings.backups)
            await upgrade(settings.database)
    if copy is None:
        return phrases.say("database.upgraded_bare", head=HEAD)
    return phrases.say("database.upgraded", head=HEAD, copy=copy)


async def copy(target: str, say: Callable[[str], None]) -> None:
    """Copy the SQLite database to PostgreSQL while the bot is off, row by row compared."""
    settings = loaded()
    phrases = locales.load(settings.locale)

    def told(table: str, rows: int) -> None:
        say(phrases.say("database.copied_table", table=table, rows=f"{rows:,}"))

    with ProcessLock(settings.data_dir / LOCK_FILE, busy=phrases.say("resuming.bot_runs")):
        await copy_database(settings.database, target, told)
    say(phrases.say("database.copied"))


async def _revision(address: str) -> str | None:
    database = Database(address, read_only=True)
    try:
        return await stored_revision(database)
    finally:
        await database.close()

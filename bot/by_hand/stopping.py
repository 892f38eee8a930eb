"""Halting, resuming and disarming from the command line."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from bot import locales
from bot.by_hand.loading import loaded
from bot.settings import HALT_FILE, data_dir
from core.domain.halt import HaltOrder, read_halt
from core.domain.modes import TradingState
from core.errors import ConfigurationError, DataError
from core.runtime.clock import SystemClock
from core.runtime.halt_file import HaltFile

if TYPE_CHECKING:
    from core.ports.ledger import Ledger
    from core.ports.switch import TradingSwitch
    from core.services.orders.open_points import OpenPoints

ACTOR = "command line"

Say = Callable[[str], None]
Ask = Callable[[str], str]


def halt(*, reduce_only: bool = False, cancel_open: bool = False) -> str:
    """Write the halt file, which the bot obeys whatever else is broken, its settings included.

    Raises ConfigurationError when the file cannot be written.
    """
    file = HaltFile(data_dir() / HALT_FILE)
    state = TradingState.REDUCE_ONLY if reduce_only else TradingState.HALTED
    try:
        file.write(HaltOrder(state=state, cancel_open=cancel_open))
    except OSError as error:
        # On a full disk the file is made and stays empty, and an empty file halts.
        is_halted = _asks_for_halt(file)
        if cancel_open or not is_halted:
            done = "HALTED, but nothing is cancelled" if is_halted else "NOT HALTED"
            raise ConfigurationError(
                f"{done}: {file.path} cannot be written: {error.strerror}"
            ) from error
    key = (
        "console.reduced"
        if file.order() == HaltOrder(state=TradingState.REDUCE_ONLY, cancel_open=cancel_open)
        else "console.halted"
    )
    return " / ".join(locales.load(name).say(key, path=file.path) for name in locales.LOCALES)


def _asks_for_halt(file: HaltFile) -> bool:
    """Whether the file is there and was read to halt; `order` would guess where we cannot read."""
    try:
        text = file.path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return read_halt(text).state is TradingState.HALTED


async def resume(say: Say, ask: Ask) -> None:
    """Show what stands open, ask for the typed word, and switch trading on for the next start.

    Only while the bot is off: it holds the data folder. Raises ConfigurationError while it runs,
    DataError when there is no record yet or the word was not typed.
    """
    settings = loaded()
    from bot.operations.process_lock import ProcessLock
    from bot.operations.resuming import points_in_words
    from bot.wiring.foundations import LOCK_FILE
    from core.runtime.trading_switch import LedgerTradingSwitch
    from storage.ledger import SqlLedger
    from storage.opening import has_database, open_database

    phrases = locales.load(settings.locale)
    if not await has_database(settings.database):
        raise DataError(phrases.say("console.no_database"))
    with ProcessLock(settings.data_dir / LOCK_FILE, busy=phrases.say("resuming.bot_runs")):
        database = await open_database(settings.database, migrate=False)
        try:
            ledger = SqlLedger(database)
            switch = LedgerTradingSwitch(ledger, SystemClock(), settings.data_dir / HALT_FILE)
            found = await _open_points(ledger, switch)
            points = points_in_words(found, phrases)
            say(phrases.say("resuming.plan" if points else "resuming.nothing"))
            for point in points:
                say(f"  · {point}")
            word = phrases.say("resuming.word")
            if ask(phrases.say("resuming.type_this", word=word)).strip() != word:
                raise DataError(phrases.say("resuming.not_typed"))
            reason = phrases.say("resuming.reason")
            for trip in found.owner_trips:
                await switch.release(trip.breaker, actor=ACTOR, reason=reason)
            await switch.set_state(TradingState.ACTIVE, actor=ACTOR, reason=reason)
            after = await switch.state()
            say(
                phrases.say(
                    "resuming.done", state=phrases.say(f"status.state_{after.value.lower()}")
                )
            )
        finally:
            await database.close()


async def disarm(say: Say) -> None:
    """Take the arming of the real account back for the next start, and say so.

    Only while the bot is off, as `resume`; while it runs there are /risk disarm and `halt`. Raises
    ConfigurationError while it runs, DataError where there is no real account or no record.
    """
    settings = loaded()
    from bot.operations.process_lock import ProcessLock
    from bot.wiring.foundations import LOCK_FILE
    from core.domain.modes import Mode
    from core.runtime.interlock import take_back
    from storage.ledger import SqlLedger
    from storage.opening import has_database, open_database

    phrases = locales.load(settings.locale)
    if settings.mode not in {Mode.OBSERVE, Mode.REAL}:
        raise DataError(phrases.say("resuming.not_real"))
    if not await has_database(settings.database):
        raise DataError(phrases.say("console.no_database"))
    with ProcessLock(settings.data_dir / LOCK_FILE, busy=phrases.say("resuming.bot_runs_armed")):
        database = await open_database(settings.database, migrate=False)
        try:
            async with SqlLedger(database).transaction() as tx:
                was_armed = await take_back(tx, SystemClock().now(), ACTOR)
        finally:
            await database.close()
    say(phrases.say("resuming.disarmed" if was_armed else "resuming.not_armed"))


async def _open_points(ledger: Ledger, switch: TradingSwitch) -> OpenPoints:
    from core.domain.orders import IN_DOUBT_STATES
    from core.services.orders.open_points import OpenPoints

    async with ledger.transaction() as tx:
        return OpenPoints(
            in_force=await switch.within(tx),
            doubtful=await tx.orders_in(IN_DOUBT_STATES),
            holds=await tx.symbol_holds(),
            undelivered=await tx.undelivered(),
        )

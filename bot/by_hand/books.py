"""`python -m bot reconcile`: ours against theirs, beside a running bot, changing nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AsyncExitStack

from bot import locales
from bot.brokerage import open_brokerage
from bot.by_hand.loading import loaded
from bot.wiring.desk import session_of
from core.domain.reconciliation import Reconciliation
from core.errors import ConfigurationError, DataError
from core.ports.phrases import Phrases
from core.runtime.clock import SystemClock
from core.runtime.supervisor import TaskSupervisor
from core.services.orders.reconciling import Reconciler
from storage.engine import Database
from storage.ledger import SqlLedger
from storage.opening import has_database


async def reconcile() -> tuple[bool, str]:
    """Compare and return (agrees, text). The database is opened read-only.

    Raises ConfigurationError where the exchange is our own, DataError without a record.
    """
    settings = loaded()
    phrases = locales.load(settings.locale)
    if settings.broker == "sim" or settings.sandbox_url:
        raise ConfigurationError(phrases.say("console.nothing_to_compare"))
    if not await has_database(settings.database):
        raise DataError(phrases.say("console.no_database"))
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        supervisor = TaskSupervisor()
        stack.push_async_callback(supervisor.aclose)
        database = Database(settings.database, read_only=True)
        stack.push_async_callback(database.close)
        brokerage = open_brokerage(settings, clock, ())
        stack.push_async_callback(brokerage.adapter.close)
        reconciler = Reconciler(
            session_of(settings, brokerage, clock, supervisor),
            SqlLedger(database),
            clock,
            settings.costs,
        )
        found = await reconciler.compare()
    return found.agrees, "\n".join(lines_of(found, phrases))


def lines_of(found: Reconciliation, phrases: Phrases) -> Iterator[str]:
    """Yield the comparison line by line; what was not read is not claimed."""
    say = phrases.say
    yield say("books.title", day=found.day.isoformat())
    for what in found.unread:
        yield say("books.unread", what=say(f"books.unread_{what}"))
    if found.agrees:
        yield say("books.agrees")
    if "orders" not in found.unread:
        yield say("books.counts", ours=found.orders_ours, theirs=found.orders_theirs)
    for item in found.positions:
        key = "books.position_live" if item.symbol in found.live else "books.position"
        yield "  " + say(key, name=item.symbol, ours=item.ours, theirs=item.theirs)
    for order in found.orders:
        yield "  " + say(
            "books.order",
            order=order.order_id or "-",
            number=order.number or "-",
            name=order.symbol,
            ours=order.ours or say("books.absent"),
            theirs=order.theirs or say("books.absent"),
        )
    for hold in found.holds:
        yield f"  {hold.symbol}: {hold.reason}"
    if found.cash is not None:
        yield (
            say("books.cash")
            + ": "
            + say(
                "books.cash_line",
                since=f"{found.cash.since:%Y-%m-%d %H:%M}",
                expected=found.cash.expected_won,
                theirs=found.cash.broker_won,
                difference=found.cash.difference_won,
            )
        )

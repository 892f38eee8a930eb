"""Our shares against the broker's: opens the books, holds symbols that differ, lets go of the rest."""

from __future__ import annotations

from collections.abc import Mapping

import structlog

from core.domain.account import AccountSnapshot
from core.domain.books import Adjustment, AdjustmentKind, Difference, SymbolHold
from core.domain.instrument import Symbol
from core.domain.journal import CASH_SUBJECT, JournalEntry
from core.domain.orders import LIVE_STATES
from core.errors import BrokerError
from core.ports.ledger import LedgerTransaction
from core.services.orders.alarms import Alarms
from core.services.orders.context import DeskContext
from core.services.orders.reconciling import CASH_MARK, cash_since, differences, mark_of
from core.services.orders.values import Click, ClickOutcome

_LOG = structlog.get_logger(__name__)
OPENED_MARK = "books_opened_at"
# The broker's holdings may lag behind a fill: a difference counts when it is seen again after this.
LOOKS_APART_SECONDS = 30.0
# Cash differs by tax and rounding; less than this is not worth a message.
CASH_TOLD_WON = 1_000


class Positions:
    """Keeps the holds true."""

    def __init__(self, context: DeskContext, alarms: Alarms) -> None:
        """Keep the ports."""
        self._context = context
        self._alarms = alarms

    async def check(self) -> tuple[Difference, ...]:
        """Compare, look again where something differs, and hold or let go. Raises BrokerError.

        The first check ever takes what the broker holds for the beginning of our books.
        """
        account = await self._context.broker.account()
        async with self._context.ledger.transaction() as tx:
            if await tx.setting(OPENED_MARK) is None:
                await self._open(tx, account)
            first = await self._settled(tx, account)
            held = {hold.symbol for hold in await tx.symbol_holds()}
            if held.issuperset(item.symbol for item in first):
                await self._agree(tx, account, first)
                return first
        await self._context.clock.sleep(LOOKS_APART_SECONDS)
        account = await self._context.broker.account()
        async with self._context.ledger.transaction() as tx:
            both = tuple(item for item in await self._settled(tx, account) if item in first)
            await self._agree(tx, account, both)
        return both

    async def _settled(
        self, tx: LedgerTransaction, account: AccountSnapshot
    ) -> tuple[Difference, ...]:
        """Return the differences of symbols in which nothing of ours is on its way."""
        live = {order.envelope.symbol for order in await tx.orders_in(LIVE_STATES)}
        found = differences(await tx.book_shares(), account)
        return tuple(item for item in found if item.symbol not in live)

    async def _open(self, tx: LedgerTransaction, account: AccountSnapshot) -> None:
        now = self._context.clock.now()
        for item in differences(await tx.book_shares(), account):
            await tx.adjust(
                Adjustment(
                    symbol=item.symbol,
                    shares=item.theirs - item.ours,
                    kind=AdjustmentKind.OPENING,
                    at=now,
                    actor="recovery",
                    reason="held before the first start",
                )
            )
        await tx.put_setting(OPENED_MARK, now.isoformat())
        await self._note(
            tx, "books.opened", "books", "recovery", {"symbols": len(account.positions)}
        )

    async def _agree(
        self, tx: LedgerTransaction, account: AccountSnapshot, differing: tuple[Difference, ...]
    ) -> None:
        """Hold what differs, release what agrees again, and say what the cash tells."""
        held = {hold.symbol: hold for hold in await tx.symbol_holds()}
        for item in differing:
            await self._hold(tx, item, is_new=item.symbol not in held)
        still = {item.symbol for item in await self._settled(tx, account)}
        live = {order.envelope.symbol for order in await tx.orders_in(LIVE_STATES)}
        for symbol in held:
            if symbol not in still and symbol not in live:
                await tx.release_symbol(symbol)
                await self._note(tx, "books.agree_again", symbol, "desk", {})
                await self._tell(tx, "symbol_released", symbol, symbol=symbol)
        await self._tell_cash(tx, account)

    async def _hold(self, tx: LedgerTransaction, item: Difference, *, is_new: bool) -> None:
        say, now = self._context.phrases.say, self._context.clock.now()
        reason = say("orders.hold_difference", ours=item.ours, theirs=item.theirs)
        await tx.hold_symbol(SymbolHold(symbol=item.symbol, since=now, reason=reason))
        if not is_new:
            return
        _LOG.error("position differs", symbol=item.symbol, ours=item.ours, theirs=item.theirs)
        facts = {"ours": item.ours, "theirs": item.theirs}
        await self._note(tx, "incident.position", item.symbol, "broker", facts)
        await self._tell(
            tx,
            "symbol_held",
            item.symbol,
            symbol=item.symbol,
            ours=item.ours,
            theirs=item.theirs,
        )

    async def _tell(self, tx: LedgerTransaction, name: str, subject: str, **values: object) -> None:
        """Alarm about something that can happen again: its instant is part of the key."""
        key = f"{name}:{subject}:{self._context.clock.now().isoformat()}"
        await self._alarms.tell(tx, key, name, **values)

    async def _tell_cash(self, tx: LedgerTransaction, account: AccountSnapshot) -> None:
        """Say what our trades do not explain; the next comparison begins here."""
        costs = self._context.costs
        cash = await cash_since(tx, account, costs)
        if cash is not None and abs(cash.difference_won) >= CASH_TOLD_WON:
            facts = {"expected": cash.expected_won, "broker": cash.broker_won}
            await self._note(tx, "books.cash_moved", CASH_SUBJECT, "broker", facts)
            await self._tell(tx, "cash_moved", "cash", amount=cash.difference_won)
        await tx.put_setting(CASH_MARK, await mark_of(tx, account, costs))

    async def accept(self, click: Click, symbol: Symbol) -> ClickOutcome:
        """Take the broker's number of shares for ours, on a person's word, and release the hold."""
        try:
            account = await self._context.broker.account()
        except BrokerError:
            return ClickOutcome.ACCOUNT_UNREADABLE
        async with self._context.ledger.transaction() as tx:
            found = {item.symbol: item for item in await self._settled(tx, account)}
            item = found.get(symbol)
            if item is None:
                return ClickOutcome.NO_DIFFERENCE
            now = self._context.clock.now()
            await tx.adjust(
                Adjustment(
                    symbol=symbol,
                    shares=item.theirs - item.ours,
                    kind=AdjustmentKind.ACCEPTED,
                    at=now,
                    actor=str(click.user_id),
                    reason=click.user_name,
                )
            )
            await tx.release_symbol(symbol)
            facts = {"ours": item.ours, "theirs": item.theirs, "name": click.user_name}
            await self._note(tx, "books.accepted", symbol, str(click.user_id), facts)
        return ClickOutcome.DIFFERENCE_ACCEPTED

    async def _note(
        self,
        tx: LedgerTransaction,
        kind: str,
        subject: str,
        actor: str,
        facts: Mapping[str, object],
    ) -> None:
        now = self._context.clock.now()
        await tx.append_journal(
            JournalEntry(at=now, kind=kind, actor=actor, subject=subject, facts=facts)
        )

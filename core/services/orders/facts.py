"""Reads the facts an order is judged by. What cannot be read is None, and None blocks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from core.domain.account import AccountSnapshot
from core.domain.instrument import Symbol
from core.domain.krx import KST, SessionHours
from core.domain.market import Quote
from core.domain.modes import TradingState
from core.domain.money import Won
from core.domain.orders import (
    IN_DOUBT_STATES,
    LIVE_STATES,
    Attempt,
    Order,
    OrderType,
    Side,
)
from core.errors import BrokerError
from core.ports.ledger import LedgerTransaction
from core.services.orders.context import DeskContext
from core.services.risk.guard import AccountFacts, LegFacts

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayFacts:
    """What this bot did today, from the ledger. Amounts in won, buys only."""

    amount_won: int
    count: int
    minute_count: int
    oldest_in_minute: Attempt | None
    doubtful_buys_won: int
    frozen: frozenset[tuple[str, str]]


def order_amount_won(order: Order) -> int:
    """Return what a buy order may cost: its price (or bound) times its quantity."""
    request = order.request
    price = request.price_won if request else order.envelope.limit_won
    quantity = request.quantity if request else order.envelope.quantity_max
    return (price or 0) * quantity


class FactReader:
    """Asks broker and ledger; never decides."""

    def __init__(self, context: DeskContext) -> None:
        """Keep the ports."""
        self._context = context

    async def hours(self) -> SessionHours | None:
        """Return today's session."""
        return self._context.calendar.hours(self._context.clock.now().date())

    async def account(self) -> AccountSnapshot | None:
        """Return the account, or None when it cannot be read."""
        try:
            return await self._context.broker.account()
        except BrokerError:
            return None

    async def quote(self, symbol: Symbol) -> Quote | None:
        """Return a fresh quote, or None when it cannot be read."""
        try:
            return await self._context.broker.quote(symbol)
        except BrokerError:
            return None

    async def day(self, tx: LedgerTransaction) -> DayFacts:
        """Sum up what was armed today and what is in doubt."""
        now = self._context.clock.now()
        attempts = await tx.attempts_on(now.astimezone(KST).date())
        orders = [await tx.order(attempt.order_id) for attempt in attempts]
        buys = [o for o in orders if o is not None and o.envelope.side is Side.BUY]
        recent = [attempt for attempt in attempts if attempt.armed_at > now - _MINUTE]
        doubtful = await tx.orders_in(IN_DOUBT_STATES)
        return DayFacts(
            amount_won=sum(order_amount_won(order) for order in buys),
            count=len(attempts),
            minute_count=len(recent),
            oldest_in_minute=recent[0] if recent else None,
            doubtful_buys_won=sum(
                order_amount_won(o) for o in doubtful if o.envelope.side is Side.BUY
            ),
            frozen=frozenset((o.envelope.symbol, o.envelope.side.value) for o in doubtful),
        )

    async def account_facts(
        self, account: AccountSnapshot | None, day: DayFacts
    ) -> AccountFacts | None:
        """Return the account's totals with our live buys counted as if already filled."""
        if account is None:
            return None
        async with self._context.ledger.transaction() as tx:
            live = await tx.orders_in(LIVE_STATES)
        coming = sum(
            (order.request.price_won or 0) * order.remaining
            for order in live
            if order.request is not None and order.envelope.side is Side.BUY
        )
        return AccountFacts(
            nav_won=min(account.nav_won, self._context.limits.capital_won),
            securities_won=account.securities_won + coming,
            day_amount_won=day.amount_won,
            day_count=day.count,
            minute_count=day.minute_count,
        )

    async def leg(
        self,
        symbol: Symbol,
        side: Side,
        order_type: OrderType,
        *,
        price_won: Won | None,
        account: AccountSnapshot | None,
        in_window: bool,
    ) -> LegFacts:
        """Read everything one order is judged by. `price_won` None asks at the last price."""
        context = self._context
        async with context.ledger.transaction() as tx:
            day = await self.day(tx)
        cash: int | None = None
        sellable: int | None = None
        if side is Side.SELL:
            sellable = await self._sellable(symbol)
        elif price_won is not None:
            cash = await self._cash(symbol, order_type, price_won)
        # The quote is read last where it can be, so that it is young when the order is armed.
        quote = await self.quote(symbol)
        if side is Side.BUY and price_won is None and quote is not None:
            cash = await self._cash(symbol, order_type, quote.last_won)
        held = account.position(symbol) if account else None
        return LegFacts(
            instrument=context.market.instrument(symbol),
            quote=quote,
            account=await self.account_facts(account, day),
            cash_won=None if cash is None else max(cash - day.doubtful_buys_won, 0),
            sellable=sellable,
            holding_won=held.value_won if held else 0,
            in_window=in_window,
            in_doubt=(symbol, side.value) in day.frozen,
            state=await self.trading_state(),
            mode=context.broker.identity.mode,
            now=context.clock.now(),
        )

    async def trading_state(self) -> TradingState:
        """Return the switch, HALTED as well on a day that was stopped."""
        context = self._context
        if await context.switch.stopped_on(context.clock.now().date()):
            return TradingState.HALTED
        return await context.switch.state()

    async def _cash(self, symbol: Symbol, order_type: OrderType, price_won: Won) -> int | None:
        try:
            power = await self._context.broker.buying_power(symbol, price_won, order_type)
        except BrokerError:
            return None
        return power.cash_won

    async def _sellable(self, symbol: Symbol) -> int | None:
        try:
            return await self._context.broker.sellable(symbol)
        except BrokerError:
            return None


def carried(facts: LegFacts, *, cash_won: int, buys_won: int, count: int) -> LegFacts:
    """Return `facts` after earlier legs of the same proposal.

    `cash_won` is what those legs add to (sells) or take from (buys) the orderable cash, `buys_won`
    what they buy in all and `count` how many they are.
    """
    account = facts.account
    if account is not None:
        account = replace(
            account,
            day_amount_won=account.day_amount_won + buys_won,
            day_count=account.day_count + count,
            securities_won=max(account.securities_won - cash_won, 0),
            minute_count=0,
        )
    cash = None if facts.cash_won is None else max(facts.cash_won + cash_won, 0)
    return replace(facts, account=account, cash_won=cash)

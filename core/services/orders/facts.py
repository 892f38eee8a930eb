"""Reads the facts an order is judged by. What cannot be read is None, and None blocks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

import structlog

from core.domain.account import AccountSnapshot
from core.domain.books import ArmedTerms
from core.domain.breakers import InForce
from core.domain.calendar import CalendarUnknown
from core.domain.instrument import Symbol
from core.domain.journal import JournalEntry
from core.domain.krx import KST, SessionHours
from core.domain.market import Quote
from core.domain.money import Won, round_won
from core.domain.orders import (
    IN_DOUBT_STATES,
    LIVE_STATES,
    BrokerOrder,
    Order,
    OrderType,
    Side,
)
from core.domain.rule_effects import NO_RULES, RuleSight
from core.errors import BrokerError
from core.ports.ledger import BooksReading
from core.services.orders.context import DeskContext
from core.services.orders.fair_values import read_nav, was_overridden
from core.services.risk.guard import AccountFacts, LegFacts

_LOG = structlog.get_logger(__name__)
_MINUTE = timedelta(minutes=1)
RESERVED = "reserve_won"
# Under which position cap a ticket was shown: a fact of ``ticket.presented``.
CAP_PERCENT = "cap_percent"
# What was asked of each symbol before the user's rules took some off: also a fact of it.
ASKED = "asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class DayFacts:
    """What was ordered today, by us and by others, from the ledger. Amounts in won, buys only.

    `coming_won` is what live buys may still add to each symbol, `recent` how often each signature
    was armed within the time of `RiskLimits.repeat_minutes`.
    """

    amount_won: int
    count: int
    minute_count: int
    doubtful_buys_won: int
    coming_won: Mapping[str, int]
    frozen: frozenset[tuple[str, str]]
    recent: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """The position cap a ticket was shown with, and whether a person overrode what it says of iNAV.

    `asked` are the shares of each symbol before the user's rules took some off.
    """

    cap_percent: int | None = None
    waives_nav: bool = False
    asked: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Books:
    """What one read of the ledger says about an order: `noted` is what its ticket says."""

    day: DayFacts
    holds: Mapping[str, str]
    standing: InForce
    locked_because: str
    noted: Noted


async def price_at_most(tx: BooksReading, order: Order) -> int:
    """Return the highest price a buy order may trade at.

    A market order names none; the broker reserves at the day's upper limit, which the gate wrote
    down when it let the order through.
    """
    named = order.request.price_won if order.request else order.envelope.limit_won
    return await _reserved_price(tx, order.order_id) if named is None else named


async def _reserved_price(tx: BooksReading, order_id: str) -> int:
    lines = await tx.journal_of(order_id)
    found = (line.facts[RESERVED] for line in reversed(lines) if RESERVED in line.facts)
    reserved = next(found, 0)
    return reserved if isinstance(reserved, int) else 0


async def cost_at_most(tx: BooksReading, armed: Sequence[ArmedTerms]) -> int:
    """Return what the whole of the `armed` orders may cost, filled or not; sells cost nothing."""
    total = 0
    for item in armed:
        if item.side is Side.BUY:
            price = item.price_won
            named = await _reserved_price(tx, item.order_id) if price is None else price
            total += named * item.quantity
    return total


def bought_by_others_won(row: BrokerOrder) -> int:
    """Return what an EXTERNAL buy counts in the day's limits: at its price, filled or not."""
    if row.side is Side.SELL:
        return 0
    price = max(row.price_won, round_won(row.average_price_won or Decimal(0)))
    return price * row.ordered


async def noted_on(tx: BooksReading, ticket_id: str) -> Noted:
    """Return what the journal says of a ticket's terms beside its envelopes."""
    lines = await tx.journal_of(ticket_id)
    caps = (line.facts.get(CAP_PERCENT) for line in lines)
    return Noted(
        cap_percent=next((cap for cap in caps if isinstance(cap, int)), None),
        waives_nav=was_overridden(lines),
        asked=_asked(lines),
    )


def _asked(lines: Sequence[JournalEntry]) -> Mapping[str, int]:
    found = next((line.facts[ASKED] for line in lines if ASKED in line.facts), None)
    if not isinstance(found, dict):
        return {}
    return {symbol: shares for symbol, shares in found.items() if isinstance(shares, int)}


class FactReader:
    """Asks broker and ledger; never decides."""

    def __init__(self, context: DeskContext) -> None:
        """Keep the ports."""
        self._context = context

    async def hours(self) -> SessionHours | None:
        """Return today's session; a day outside the calendar's table has none."""
        try:
            return self._context.calendar.hours(self._context.clock.now().date())
        except CalendarUnknown as error:
            _LOG.error("no trading on a day the calendar does not know", error=str(error))
            return None

    async def account(self) -> AccountSnapshot | None:
        """Return the account, or None when it cannot be read."""
        try:
            return await self._context.broker.account()
        except BrokerError:
            return None

    async def quote(self, symbol: Symbol) -> Quote | None:
        """Return a fresh quote, or None when it cannot be read."""
        try:
            return await self._context.market.quote(symbol)
        except BrokerError:
            return None

    async def day(self, tx: BooksReading) -> DayFacts:
        """Sum up what was armed today and what is in doubt."""
        now = self._context.clock.now()
        session = now.astimezone(KST).date()
        since = now - timedelta(minutes=self._context.limits.repeat_minutes)
        armed = await tx.armed_terms_on(session)
        others = [item.row for item in await tx.externals_on(session)]
        placed = [item.armed_at for item in armed] + [row.placed_at for row in others]
        live = await tx.orders_in(LIVE_STATES | IN_DOUBT_STATES)
        doubtful = [order for order in live if order.state in IN_DOUBT_STATES]
        held = {item.order_id: item.won for item in await tx.reservations()}
        coming: Counter[str] = Counter()
        for order in live:
            # A sell holds shares, not won: it adds nothing.
            whole = order.remaining + order.filled
            coming[order.envelope.symbol] += -(
                -held.get(order.order_id, 0) * order.remaining // whole
            )
        return DayFacts(
            amount_won=await cost_at_most(tx, armed)
            + sum(bought_by_others_won(row) for row in others),
            count=len(placed),
            minute_count=sum(at > now - _MINUTE for at in placed),
            doubtful_buys_won=sum(held.get(order.order_id, 0) for order in doubtful),
            coming_won=coming,
            frozen=frozenset((o.envelope.symbol, o.envelope.side.value) for o in doubtful),
            recent=Counter(item.signature for item in armed if item.armed_at > since),
        )

    def account_facts(self, account: AccountSnapshot | None, day: DayFacts) -> AccountFacts | None:
        """Return the account's totals with our live buys counted as if already filled."""
        if account is None:
            return None
        return AccountFacts(
            nav_won=min(account.nav_won, self._context.limits.capital_won),
            securities_won=account.securities_won + sum(day.coming_won.values()),
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
        cap_percent: int | None = None,
        ticket_id: str | None = None,
    ) -> LegFacts:
        """Read everything one order is judged by. `price_won` None asks at the last price.

        `cap_percent` is the position cap of the proposal, None the tight one; of an order of a
        ticket `ticket_id` it is the one that was shown.
        """
        context = self._context
        books = await self._books(ticket_id)
        day = books.day
        nav = await read_nav(context, symbol)
        ruled = await self._ruled(symbol, side)
        quote, cash, sellable = await self._means(symbol, side, order_type, price_won)
        held = account.position(symbol) if account else None
        return LegFacts(
            instrument=context.market.instrument(symbol),
            quote=quote,
            account=self.account_facts(account, day),
            cash_won=None if cash is None else max(cash - day.doubtful_buys_won, 0),
            sellable=sellable,
            holding_won=(held.value_won if held else 0) + day.coming_won.get(symbol, 0),
            in_window=in_window,
            in_doubt=(symbol, side.value) in day.frozen,
            state=books.standing.state,
            stopped_because=books.standing.stopped_because,
            tripped_because=books.standing.tripped_because,
            waits_for_clock=books.standing.waits_for_clock,
            held_because=books.holds.get(symbol),
            locked_because=books.locked_because,
            cap_percent=cap_percent if ticket_id is None else books.noted.cap_percent,
            nav=nav,
            waives_nav=books.noted.waives_nav,
            recent=day.recent,
            ruled=ruled,
            asked=books.noted.asked.get(symbol),
            mode=context.broker.identity.mode,
            now=context.clock.now(),
        )

    async def _ruled(self, symbol: Symbol, side: Side) -> RuleSight:
        rules = self._context.rules
        if rules is None or side is Side.SELL:
            return NO_RULES
        return await rules.for_entry(symbol)

    async def _means(
        self, symbol: Symbol, side: Side, order_type: OrderType, price_won: Won | None
    ) -> tuple[Quote | None, int | None, int | None]:
        """Return the quote, the cash of a buy and the sellable shares of a sale.

        The quote is read last where it can be, so that it is young when the order is armed.
        """
        cash = sellable = None
        if side is Side.SELL:
            sellable = await self._sellable(symbol)
        elif price_won is not None:
            cash = await self._cash(symbol, order_type, price_won)
        quote = await self.quote(symbol)
        if side is Side.BUY and price_won is None and quote is not None:
            cash = await self._cash(symbol, order_type, quote.last_won)
        return quote, cash, sellable

    async def _books(self, ticket_id: str | None) -> _Books:
        """Read the ledger once for one order; what it decides on is compared again at the arm."""
        async with self._context.books.reading() as tx:
            return _Books(
                day=await self.day(tx),
                holds={item.symbol: item.reason for item in await tx.symbol_holds()},
                standing=await self._context.switch.within(tx),
                locked_because=await self._locked(tx),
                noted=Noted() if ticket_id is None else await noted_on(tx, ticket_id),
            )

    async def _locked(self, tx: BooksReading) -> str:
        """Return what a watched account is short of; nothing where orders may be sent."""
        if self._context.broker.identity.mode.may_send_orders:
            return ""
        return await self._context.interlock.refusal(tx) or ""

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

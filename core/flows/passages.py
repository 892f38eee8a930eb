"""What each holding has been through: looked up, brought up to the decision's closes, and kept.

Once a day, in step 4. Everything is taken from rows and bars, so a step that runs again, and a
morning after days without the bot, come to the same answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from core.domain.calendar import CalendarUnknown, TradingCalendar
from core.domain.closes import Close, closes_of
from core.domain.cycle import Step
from core.domain.exit_offers import ExitKind
from core.domain.instrument import Symbol
from core.domain.orders import Side
from core.domain.passages import WatchedPosition
from core.flows.gathering import LoadedBars
from core.flows.kit import CycleKit
from core.flows.rebalancing import done
from core.flows.successors import line_of
from core.flows.values import MarketState, Presented, StrategyPlan, decoded
from core.ports.ledger import LedgerTransaction
from core.services.watch.standing import sold_by
from core.strategy.exits import Passage
from core.strategy.passages import begin, take_in

# How far back a first fill is looked for: about what the strategy's bars cover.
SESSIONS_MAX = 260
# A fill may be found out about days after its order was offered, hardly later.
FOUND_LATE = timedelta(days=45)


async def look(
    kit: CycleKit, day: date, market: MarketState, bars: LoadedBars, *, dry_run: bool
) -> Mapping[Symbol, Passage]:
    """Return the passages of all holdings that have a close, and keep them unless `dry_run`.

    A holding without a close today keeps its memory as it is; what is held no more loses it.
    Raises BrokerError and StorageError.
    """
    stored = {item.symbol: item for item in await kit.stores.passages.watched()}
    held = {item.symbol: item.quantity for item in market.portfolio.account.positions}
    held = {symbol: quantity for symbol, quantity in held.items() if quantity > 0}
    closes = dict(market.closes)
    priced = {symbol: quantity for symbol, quantity in held.items() if symbol in closes}
    async with kit.stores.ledger.transaction() as books:
        first = await _first_fills(books, kit.rules.calendar, day, priced, stored)
    found = []
    for symbol in sorted(priced):
        position = _continued(kit, market, stored.get(symbol), symbol, first.get(symbol))
        series = await _closes(kit, position, market.decided_on, bars)
        found.append(take_in(position, series, kit.rules.clock.now()))
    found = await _with_halves(kit, day, found, stored)
    unseen = [stored[symbol] for symbol in held if symbol in stored and symbol not in closes]
    if not dry_run and {*found, *unseen} != set(stored.values()):
        await kit.stores.passages.replace_watched([*found, *unseen])
    return {
        item.symbol: Passage(peak_won=item.peak_won, half_taken=item.half_sold) for item in found
    }


def _continued(
    kit: CycleKit,
    market: MarketState,
    stored: WatchedPosition | None,
    symbol: Symbol,
    first_fill: date | None,
) -> WatchedPosition:
    """Return what is remembered, or a beginning: at the first fill, or where it is first seen.

    A first fill later than what is remembered means that all was sold and bought anew since.
    """
    if stored is not None and (first_fill is None or first_fill <= stored.begun_on):
        return stored
    return begin(symbol, first_fill or market.decided_on, kit.rules.clock.now())


async def _first_fills(
    books: LedgerTransaction,
    calendar: TradingCalendar,
    day: date,
    held: Mapping[Symbol, int],
    stored: Mapping[Symbol, WatchedPosition],
) -> dict[Symbol, date]:
    """Return the session at which each holding began, where orders that we know tell it.

    They are taken back one by one, the newest first, until nothing is left. What was looked at
    before is not looked at again.
    """
    left, found = dict(held), dict[Symbol, date]()
    for session in _sessions_back(calendar, day):
        for symbol in [item for item in left if item in stored]:
            if session <= stored[symbol].seen_through:
                del left[symbol]
        if not left:
            break
        for symbol, shares in reversed(await _traded(books, session)):
            if symbol in left:
                left[symbol] -= shares
                if left[symbol] <= 0:
                    found[symbol] = session
                    del left[symbol]
    return found


async def _traded(books: LedgerTransaction, session: date) -> list[tuple[Symbol, int]]:
    """Return what was filled on a session, ours and others', as signed shares, oldest order first."""
    orders = [
        (attempt.armed_at, order.envelope.symbol, order.envelope.side, order.filled)
        for order, attempt in await books.armed_on(session)
    ]
    orders += [
        (item.row.placed_at, item.row.symbol, item.row.side, item.row.filled)
        for item in await books.externals_on(session)
    ]
    return [
        (symbol, filled if side is Side.BUY else -filled)
        for _, symbol, side, filled in sorted(orders, key=lambda item: item[0])
        if filled > 0
    ]


async def _closes(
    kit: CycleKit, position: WatchedPosition, decided_on: date, bars: LoadedBars
) -> Sequence[Close]:
    """Return the closes since the last look, and the last one that was seen, for its shares."""
    rows = bars.adjusted.get(position.symbol, ())
    fresh = sum(1 for bar in rows if bar.session > position.seen_through)
    if fresh == 0:
        return ()
    raw = await kit.desk.market.bars(position.symbol, fresh + 1, decided_on, adjusted=False)
    return closes_of(raw.bars, rows)


async def _with_halves(
    kit: CycleKit,
    day: date,
    positions: Sequence[WatchedPosition],
    stored: Mapping[Symbol, WatchedPosition],
) -> list[WatchedPosition]:
    """Note where a half take-profit was filled, whenever that became known.

    Only what was offered after the position began is its own; only a fill counts.
    """
    waiting = {}
    for item in positions:
        if not item.half_sold:
            known = item.symbol in stored
            late = item.seen_through - FOUND_LATE if known else item.begun_on
            waiting[item.symbol] = max(item.begun_on, late)
    sold = set()
    for session in _sessions_back(kit.rules.calendar, day):
        waiting = {symbol: since for symbol, since in waiting.items() if since < session}
        if not waiting:
            break
        for symbol in await _halves_filled(kit, session):
            if waiting.pop(symbol, None) is not None:
                sold.add(symbol)
    return [replace(item, half_sold=True) if item.symbol in sold else item for item in positions]


async def _halves_filled(kit: CycleKit, session: date) -> frozenset[Symbol]:
    """Return the symbols of which shares were sold by a half take-profit offered on `session`.

    The morning's basket may have offered it, or the watchtower later in the day.
    """
    return await _halves_of_the_cycle(kit, session) | await _halves_of_the_watch(kit, session)


async def _halves_of_the_watch(kit: CycleKit, session: date) -> frozenset[Symbol]:
    found = set[Symbol]()
    async with kit.stores.ledger.transaction() as books:
        for offer in await books.exit_offers_on(session):
            if offer.kind is ExitKind.TAKE_PROFIT:
                sold = await sold_by(books, await line_of(books, offer.ticket_id))
                found |= sold & {offer.symbol}
    return frozenset(found)


async def _halves_of_the_cycle(kit: CycleKit, session: date) -> frozenset[Symbol]:
    rows = {row.step: row for row in await kit.stores.cycle.steps_of(session)}
    strategy, execute = done(rows, Step.STRATEGY), done(rows, Step.BROKER_EXECUTE)
    if strategy is None or execute is None:
        return frozenset()
    plan = decoded(StrategyPlan, strategy.output).plan
    take_profit = ExitKind.TAKE_PROFIT.value
    halves = frozenset(item.symbol for item in plan.actions if item.rule == take_profit)
    ticket_id = decoded(Presented, execute.output).ticket_id if halves else None
    if ticket_id is None:
        return frozenset()
    async with kit.stores.ledger.transaction() as books:
        return halves & await sold_by(books, await line_of(books, ticket_id))


def _sessions_back(calendar: TradingCalendar, day: date) -> Iterator[date]:
    """Yield `day` and the sessions before it, as far as the calendar knows them."""
    for _ in range(SESSIONS_MAX):
        yield day
        try:
            day = calendar.previous_session(day)
        except CalendarUnknown:
            return

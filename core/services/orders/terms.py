"""Pure terms: the envelope a person approves, and the request that is sent inside it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from core.domain.krx import KST, SessionHours, next_tick_down, next_tick_up, round_down_to_tick
from core.domain.market import Quote
from core.domain.money import Shares, Won
from core.domain.orders import Envelope, OrderRequest, OrderType, Side
from core.domain.tickets import DraftLeg, TicketKind, TicketLeg
from core.services.risk.guard import collar_won

CHAT_TICKET_LIFE = timedelta(minutes=10)
EXIT_TICKET_LIFE = timedelta(minutes=30)
BASKET_BEFORE_CLOSE = timedelta(minutes=30)
# How far a price may be bettered to tell two orders apart: farther it would no longer trade.
BETTER_TICKS_MAX = 10


@dataclass(frozen=True, slots=True)
class Deadlines:
    """When the button stops working, and until when orders of the ticket may trade."""

    press_until: datetime
    good_until: datetime


def deadlines(kind: TicketKind, now: datetime, hours: SessionHours) -> Deadlines:
    """Return the deadlines of a ticket presented at `now` on a session day.

    A basket can be pressed and traded until 15:00 (close - 30 minutes); a chat ticket is pressed
    within 10 minutes, an urgent exit within 30, and both may trade until the window closes.
    """
    window_end = hours.execution_window()[1]
    if kind is TicketKind.BASKET:
        end = min(hours.closes - BASKET_BEFORE_CLOSE, window_end)
        return Deadlines(end, end)
    life = EXIT_TICKET_LIFE if kind is TicketKind.EXIT else CHAT_TICKET_LIFE
    return Deadlines(min(now + life, window_end), window_end)


def named_price(leg: TicketLeg) -> int | None:
    """Return the price only if a person had named it (then it is itself the bound)."""
    return leg.price_won if leg.price_won == leg.envelope.limit_won else None


def target_price(leg: DraftLeg, quote: Quote) -> Won:
    """Return the price a ticket shows as its target: the asked one, or the best opposite price."""
    if leg.price_won is not None:
        return Won(leg.price_won)
    best = quote.best_ask_won if leg.side is Side.BUY else quote.best_bid_won
    return best if best is not None else quote.last_won


def envelope_for(
    leg: DraftLeg, quote: Quote, quantity: int, good_until: datetime, collar_percent: int
) -> Envelope:
    """Return the bounds of one leg.

    A price the person named is itself the bound. Otherwise the bound is the collar around the
    last price, on a legal tick and inside the day's band.
    """
    return Envelope(
        symbol=leg.symbol,
        side=leg.side,
        quantity_max=Shares(quantity),
        limit_won=_bound(leg, quote, good_until, collar_percent),
        good_until=good_until,
        order_type=leg.order_type,
    )


def _bound(leg: DraftLeg, quote: Quote, good_until: datetime, collar_percent: int) -> Won | None:
    if leg.order_type is OrderType.MARKET:
        return None
    if leg.price_won is not None:
        return Won(leg.price_won)
    day = good_until.astimezone(KST).date()
    worst = collar_won(leg.side, quote.last_won, collar_percent)
    if leg.side is Side.BUY:
        return Won(min(round_down_to_tick(worst, day), quote.upper_limit_won))
    lower = round_down_to_tick(worst, day)
    if lower < worst:
        lower = next_tick_up(lower, day)
    return Won(max(lower, quote.lower_limit_won))


def request_within(
    leg: TicketLeg, quote: Quote, quantity: int, now: datetime
) -> OrderRequest | None:
    """Return what to send for `leg` at this quote, or None when no legal price lies inside.

    The price is the best opposite price plus one tick, never worse than the envelope. A price the
    person named may rest in the book; an unnamed one must be able to trade now.
    """
    envelope = leg.envelope
    price: Won | None = None
    if envelope.order_type is OrderType.LIMIT and envelope.limit_won is not None:
        price = _sent_price(leg, quote, envelope.limit_won, now)
        if price is None:
            return None
    return OrderRequest(
        symbol=envelope.symbol,
        side=envelope.side,
        quantity=Shares(quantity),
        price_won=price,
        order_type=envelope.order_type,
    )


def distinct(
    request: OrderRequest, taken: Collection[str], band: tuple[int, int], now: datetime
) -> OrderRequest | None:
    """Return `request`, or the nearest one inside its bounds whose signature is not `taken`.

    The broker has no client order id, so two orders of one signature could not be told apart. A
    share less comes first, then a better price tick by tick inside `band`; None when all are taken.
    """
    return next(
        (item for item in _variants(request, band, now) if item.signature not in taken), None
    )


def _variants(
    request: OrderRequest, band: tuple[int, int], now: datetime
) -> Iterator[OrderRequest]:
    yield request
    for quantity in range(request.quantity - 1, 0, -1):
        yield replace(request, quantity=Shares(quantity))
    if request.price_won is not None:
        for price in _better(request.price_won, request.side, now.astimezone(KST).date()):
            if band[0] <= price <= band[1]:
                yield replace(request, price_won=price)


def _better(price_won: int, side: Side, day: date) -> Iterator[Won]:
    for _ in range(BETTER_TICKS_MAX):
        move = next_tick_down if side is Side.BUY else next_tick_up
        price_won = move(price_won, day)
        yield Won(price_won)


def _sent_price(leg: TicketLeg, quote: Quote, bound: Won, now: datetime) -> Won | None:
    person_named_it = named_price(leg) is not None
    day = now.astimezone(KST).date()
    if leg.envelope.side is Side.BUY:
        best = quote.best_ask_won or quote.last_won
        eager = min(next_tick_up(best, day), quote.upper_limit_won)
        reachable = best <= bound
        price = min(eager, bound)
    else:
        best = quote.best_bid_won or quote.last_won
        eager = max(next_tick_down(best, day), quote.lower_limit_won)
        reachable = best >= bound
        price = max(eager, bound)
    return Won(price) if reachable or person_named_it else None

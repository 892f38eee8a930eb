"""When a breaker goes out: pure judgements over numbers that somebody else read."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum

from core.domain.breakers import BreakerLimits
from core.domain.costs import CostModel
from core.domain.instrument import Symbol
from core.domain.orders import Side
from core.services.risk.day_result import TaxOf

# The alarm of the floor is told again only after the value had risen this far above it.
REARM_PERCENT = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """One ended order of which something was filled.

    `cost_hint_won` is the mean cost a sale is judged by where our own buys do not explain the
    shares; None when nobody knows.
    """

    symbol: Symbol
    side: Side
    quantity: int
    price_won: Decimal
    ended_at: datetime
    cost_hint_won: Decimal | None = None


@dataclass(slots=True)
class _Lot:
    quantity: int
    cost_won: Decimal


def is_day_lost(trading_won: int, opening_nav_won: int, limits: BreakerLimits) -> bool:
    """Whether the day's loss by trading has reached its share of the opening net asset value."""
    if opening_nav_won <= 0:
        return False
    return -trading_won * 100 >= limits.day_loss_percent * opening_nav_won


def realised(
    trades: Sequence[Trade], costs: CostModel, tax_of: TaxOf
) -> list[tuple[datetime, Decimal]]:
    """Return (when, profit in won after fee and tax) of each sale, first in first out.

    A sale of shares whose cost nobody knows is left out: it is neither a gain nor a loss.
    """
    lots: defaultdict[Symbol, deque[_Lot]] = defaultdict(deque)
    found: list[tuple[datetime, Decimal]] = []
    for trade in sorted(trades, key=lambda item: item.ended_at):
        amount = trade.price_won * trade.quantity
        fee = costs.fee_won(int(amount))
        if trade.side is Side.BUY:
            lots[trade.symbol].append(_Lot(trade.quantity, (amount + fee) / trade.quantity))
            continue
        cost = _taken(lots[trade.symbol], trade)
        if cost is not None:
            gain = amount - cost
            tax = costs.gain_tax_won(tax_of(trade.symbol), gain)
            found.append((trade.ended_at, gain - fee - tax))
    return found


def _taken(lots: deque[_Lot], trade: Trade) -> Decimal | None:
    """Take the oldest shares; return what they cost, or None when nobody knows."""
    left, cost = trade.quantity, Decimal(0)
    while left and lots:
        lot = lots[0]
        part = min(left, lot.quantity)
        cost += part * lot.cost_won
        lot.quantity -= part
        left -= part
        if lot.quantity == 0:
            lots.popleft()
    if not left:
        return cost
    return None if trade.cost_hint_won is None else cost + left * trade.cost_hint_won


def losing_streak(results: Sequence[tuple[datetime, Decimal]], since: datetime | None) -> int:
    """Return how many of the newest sales after `since` lost in a row."""
    streak = 0
    for at, profit in reversed(results):
        if (since is not None and at <= since) or profit >= 0:
            break
        streak += 1
    return streak


def has_too_many_errors(errors: int, limits: BreakerLimits) -> bool:
    """Whether more than the allowed share of the last calls failed.

    The share is of the whole window, also before it is full: six failures of ten calls after a
    start are as bad as six of fifty.
    """
    return errors * 100 > limits.broker_error_percent * limits.broker_calls


class FloorStep(Enum):
    """What the net asset value means for the alarm of the floor."""

    STAYS = "stays"
    FELL = "fell"
    RECOVERED = "recovered"


def floor_step(nav_won: int, floor_won: int, *, is_told: bool) -> FloorStep:
    """Tell of a fall below the floor once, and again only after a rise well above it."""
    if floor_won <= 0:
        return FloorStep.RECOVERED if is_told else FloorStep.STAYS
    if not is_told:
        return FloorStep.FELL if nav_won < floor_won else FloorStep.STAYS
    is_above = nav_won * 100 >= floor_won * (100 + REARM_PERCENT)
    return FloorStep.RECOVERED if is_above else FloorStep.STAYS

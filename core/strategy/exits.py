"""When a holding is let go: one policy for the cycle and whoever watches prices.

Standard library only, so that an idle process may use it.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from core.domain.account import Position
from core.strategy.parameters import Parameters


class ExitKind(Enum):
    """Why a holding is let go."""

    STOP_LOSS = "stop_loss"
    TAKE_PROFIT = "take_profit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit:
    """How many shares to let go and the change against the average cost, in percent."""

    kind: ExitKind
    quantity: int
    change_percent: Decimal


def exit_of(position: Position, price_won: int, parameters: Parameters) -> Exit | None:
    """Return the exit that `price_won` calls for: all at the stop, half at the profit mark."""
    if position.sellable < 1 or position.average_cost_won <= 0 or price_won < 1:
        return None
    change = (price_won / position.average_cost_won - 1) * 100
    if change <= parameters.stop_loss_percent:
        return Exit(kind=ExitKind.STOP_LOSS, quantity=position.sellable, change_percent=change)
    half = position.sellable // 2
    if change >= parameters.take_profit_percent and half:
        return Exit(kind=ExitKind.TAKE_PROFIT, quantity=half, change_percent=change)
    return None

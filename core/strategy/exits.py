"""When a holding is let go: one policy for the cycle, whoever watches prices, and the backtest.

- The stop: all shares once the price is `stop_loss_percent` below the average cost.
- The profit mark, `take_profit_percent` above it: half of the shares (rounded down), once.
- Once the mark was reached, the stop of what is left rises to the average cost, and follows the
  highest price since at `trailing_stop_percent`. A single share cannot be halved; it is kept with
  the raised stop.

Standard library only, so that an idle process may use it. What must be remembered of a position is
a `Passage`; without one the mark counts as never reached before.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from core.domain.account import Position
from core.domain.exit_offers import ExitKind
from core.strategy.parameters import Parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit:
    """How many shares to let go and the change against the average cost, in percent."""

    kind: ExitKind
    quantity: int
    change_percent: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """What a position has been through: its highest price, and whether half was taken already."""

    peak_won: int = 0
    half_taken: bool = False

    def seen(self, price_won: int) -> Passage:
        """Return the passage after a price."""
        return self if price_won <= self.peak_won else replace(self, peak_won=price_won)


NEW = Passage()


def exit_of(
    position: Position, price_won: int, parameters: Parameters, passage: Passage = NEW
) -> Exit | None:
    """Return the exit that `price_won` calls for, after what `passage` remembers."""
    if position.sellable < 1 or position.average_cost_won <= 0 or price_won < 1:
        return None
    change = (price_won / position.average_cost_won - 1) * 100
    kind, level = stop_level(position.average_cost_won, parameters, passage)
    if price_won <= level:
        return Exit(kind=kind, quantity=position.sellable, change_percent=change)
    half = position.sellable // 2
    if price_won >= profit_mark(position.average_cost_won, parameters) and half:
        if passage.half_taken:
            return None
        return Exit(kind=ExitKind.TAKE_PROFIT, quantity=half, change_percent=change)
    return None


def profit_mark(cost_won: Decimal, parameters: Parameters) -> Decimal:
    """Return the price at which half is taken, in won."""
    return cost_won * (100 + parameters.take_profit_percent) / 100


def stop_level(
    cost_won: Decimal, parameters: Parameters, passage: Passage
) -> tuple[ExitKind, Decimal]:
    """Return the price at or below which everything is sold, and which rule set it."""
    levels = [(cost_won * (100 + parameters.stop_loss_percent) / 100, ExitKind.STOP_LOSS)]
    if passage.peak_won >= profit_mark(cost_won, parameters):
        levels.append((cost_won, ExitKind.BREAK_EVEN))
        if parameters.trailing_stop_percent:
            trail = Decimal(passage.peak_won) * (100 + parameters.trailing_stop_percent) / 100
            levels.append((trail, ExitKind.TRAILING))
    level, kind = max(levels, key=lambda item: item[0])
    return kind, level

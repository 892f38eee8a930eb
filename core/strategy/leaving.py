"""Which holdings the exit policy lets go at a close, and the reasons that are told."""

from __future__ import annotations

from core.domain.account import Position
from core.domain.exit_offers import ExitKind
from core.domain.orders import Side
from core.strategy.exits import NEW, Exit, Passage, exit_of
from core.strategy.parameters import Parameters
from core.strategy.situation import Action, Reason, Situation


def exits_due(situation: Situation, parameters: Parameters) -> tuple[Action, ...]:
    """Return the exits that the closes call for, on any day.

    Half of a position is taken only where its passage is remembered, or it would be taken daily,
    and not at a rebalance, which sizes it anyway.
    """
    found = []
    for position in situation.holdings:
        close = situation.closes.get(position.symbol, 0)
        passage = situation.passages.get(position.symbol)
        leaving = exit_of(position, close, parameters, passage or NEW)
        if leaving is None:
            continue
        halves = leaving.kind is ExitKind.TAKE_PROFIT
        if halves and (passage is None or situation.is_rebalance):
            continue
        values = {
            "change": float(leaving.change_percent),
            "limit": _limit_of(leaving, parameters),
            **_below_peak(leaving, close, passage),
        }
        found.append(sale(position, leaving.quantity, close, Reason(leaving.kind.value, values)))
    return tuple(found)


def _below_peak(leaving: Exit, close: int, passage: Passage | None) -> dict[str, object]:
    """Return what the reason of a trailing stop names besides: the peak, and how far below it is."""
    if leaving.kind is not ExitKind.TRAILING or passage is None:
        return {}
    return {"peak": passage.peak_won, "fall": (close / passage.peak_won - 1) * 100}


def _limit_of(leaving: Exit, parameters: Parameters) -> int:
    """Return the percent that the reason of an exit names."""
    return {
        ExitKind.STOP_LOSS: parameters.stop_loss_percent,
        ExitKind.TAKE_PROFIT: parameters.take_profit_percent,
        ExitKind.BREAK_EVEN: parameters.take_profit_percent,
        ExitKind.TRAILING: parameters.trailing_stop_percent,
    }[leaving.kind]


def sale(position: Position, quantity: int, close: int, reason: Reason) -> Action:
    """Return the action that sells part or all of a holding at its close."""
    return Action(
        symbol=position.symbol, side=Side.SELL, quantity=quantity, price_won=close, reason=reason
    )

"""From prices and holdings to what should be bought and sold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from core.domain.account import Position
from core.domain.costs import CostModel
from core.domain.instrument import Instrument, Symbol
from core.domain.orders import Side
from core.strategy.allocate import Line, allocate
from core.strategy.capping import capped_weight, tight_percent, value_max_won, wide_percent
from core.strategy.fit import Fit, fit_of, fit_reasons
from core.strategy.leaving import exits_due, sale
from core.strategy.momentum import Score, leaders, scores, sized
from core.strategy.parameters import Parameters
from core.strategy.situation import Action, Decision, Ranked, Reason, Situation

RANKINGS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class _Pick:
    """A leader: its place, its score as a ratio and its share of what is invested."""

    rank: int
    score: float
    weight: float


_Picks = Mapping[Symbol, _Pick]


@dataclass(frozen=True, slots=True)
class _Sizing:
    """What the rebalance wants, and the amounts that explain an empty result."""

    buys: tuple[Action, ...] = ()
    sells: tuple[Action, ...] = ()
    reason_for_none: Reason | None = None
    budget_won: int = 0
    fit: Fit | None = None


def decide(situation: Situation, parameters: Parameters, costs: CostModel) -> Decision:
    """Decide on the closes of `decided_on`: exits on any day, entries only at a rebalance."""
    ours = {item.symbol: item for item in situation.instruments if item.is_plain}
    ranked = [item for item in scores(situation.panel, parameters) if _has(situation, ours, item)]
    stops = exits_due(situation, parameters)
    stopped = {action.symbol for action in stops}
    chosen = leaders(
        [item for item in ranked if item.symbol not in stopped],
        parameters.top_k,
        _held(situation).keys(),
    )
    share = sized(chosen, parameters, wide_percent(situation, parameters) / 100)
    picks = {
        item.symbol: _Pick(rank, item.score, share[item.symbol])
        for rank, item in enumerate(chosen, start=1)
    }
    if situation.is_rebalance:
        sizing = _rebalance(situation, parameters, costs, picks, stops)
        tight = tight_percent(situation, (action.price_won for action in sizing.buys))
        if tight is not None:
            picks = _capped(situation, picks, tight, sizing.budget_won)
            sizing = _rebalance(situation, parameters, costs, picks, stops, tight)
    else:
        sizing = _Sizing(reason_for_none=Reason("nothing_no_rebalance"))
    actions = (*stops, *sizing.sells, *sizing.buys)
    why = None
    if not sizing.buys:
        why = sizing.reason_for_none or _why_none(situation, parameters, ranked, chosen)
    return Decision(
        actions=actions,
        rankings=_rankings(situation, ranked, picks),
        risk=_risk(situation, parameters, actions),
        outcome=_outcome(situation, actions),
        why_nothing=why,
        notes=fit_reasons(sizing.fit, situation) if sizing.fit else (),
    )


def _has(situation: Situation, ours: Mapping[Symbol, Instrument], item: Score) -> bool:
    return item.symbol in ours and situation.closes.get(item.symbol, 0) > 0


def _rebalance(
    situation: Situation,
    parameters: Parameters,
    costs: CostModel,
    picks: _Picks,
    stops: Sequence[Action],
    tight: int | None = None,
) -> _Sizing:
    held = _held(situation)
    stopped = {action.symbol for action in stops}
    exits = _exits(situation, held, picks, stopped)
    leaving = (*stops, *exits)
    budget = _investable(situation, parameters, held, leaving)
    band = budget * parameters.no_trade_band_percent // 100
    targets = {symbol: int(budget * pick.weight) for symbol, pick in picks.items()}
    kept = {
        symbol
        for symbol, target in targets.items()
        if symbol in held and abs(_value(situation, held[symbol]) - target) <= band
    }
    open_symbols = [symbol for symbol in targets if symbol not in kept]
    lines = [
        Line(
            price_won=situation.closes[symbol],
            target_won=targets[symbol],
            value_won_max=value_max_won(
                situation,
                parameters,
                budget,
                tight=tight,
                price_won=situation.closes[symbol],
                held_won=_value(situation, held[symbol]) if symbol in held else 0,
            ),
            held=held[symbol].quantity if symbol in held else 0,
        )
        for symbol in open_symbols
    ]
    proceeds = sum(_proceeds(action, held, situation, costs) for action in leaving)
    # Targets may be overshot by a share, but never into the part that is not to be invested.
    room = budget - sum(_value(situation, held[symbol]) for symbol in targets if symbol in held)
    cash = max(min(situation.cash_won + proceeds, room), 0)
    sized = dict(zip(open_symbols, allocate(lines, cash, costs), strict=True))
    quantities = {symbol: held[symbol].quantity for symbol in kept} | sized
    return replace(
        _trades(situation, sized, held, exits, picks),
        budget_won=budget,
        fit=fit_of(situation, targets, quantities),
    )


def _held(situation: Situation) -> dict[Symbol, Position]:
    return {item.symbol: item for item in situation.holdings if item.quantity > 0}


def _capped(situation: Situation, picks: _Picks, tight: int, budget: int) -> dict[Symbol, _Pick]:
    held = _held(situation)
    worth = {symbol: _value(situation, item) for symbol, item in held.items()}
    return {
        symbol: replace(
            pick, weight=capped_weight(pick.weight, tight, worth.get(symbol, 0), budget)
        )
        for symbol, pick in picks.items()
    }


def _exits(
    situation: Situation,
    held: Mapping[Symbol, Position],
    picks: _Picks,
    stopped: set[Symbol],
) -> tuple[Action, ...]:
    """Sell what no longer leads. What lies outside the universe is not ours to sell."""
    ours = {item.symbol for item in situation.instruments}
    return tuple(
        sale(position, position.sellable, situation.closes[symbol], Reason("exit_momentum"))
        for symbol, position in sorted(held.items())
        if symbol in ours
        and symbol not in picks
        and symbol not in stopped
        and position.sellable > 0
        and situation.closes.get(symbol, 0) > 0
    )


def _investable(
    situation: Situation,
    parameters: Parameters,
    held: Mapping[Symbol, Position],
    leaving: Sequence[Action],
) -> int:
    """Return how many won the targets share: the managed capital less what stays outside them."""
    worth = situation.cash_won + sum(_value(situation, item) for item in held.values())
    capital = min(worth, parameters.capital_won_max) * parameters.invested_percent // 100
    ours = {item.symbol for item in situation.instruments}
    gone = {action.symbol for action in leaving}
    foreign = sum(
        _value(situation, item)
        for symbol, item in held.items()
        if symbol not in ours and symbol not in gone
    )
    return max(capital - foreign, 0)


def _value(situation: Situation, position: Position) -> int:
    return situation.closes.get(position.symbol, position.price_won) * position.quantity


def _proceeds(
    action: Action,
    held: Mapping[Symbol, Position],
    situation: Situation,
    costs: CostModel,
) -> int:
    amount = action.quantity * action.price_won
    tax_type = next(
        (item.tax_type for item in situation.instruments if item.symbol == action.symbol), None
    )
    gain = amount - held[action.symbol].average_cost_won * action.quantity
    tax = costs.gain_tax_won(tax_type, gain) if tax_type else 0
    return amount - costs.fee_won(amount) - tax


def _trades(
    situation: Situation,
    sized: Mapping[Symbol, int],
    held: Mapping[Symbol, Position],
    exits: Sequence[Action],
    picks: _Picks,
) -> _Sizing:
    buys, trims = [], []
    for symbol, quantity in sized.items():
        close = situation.closes[symbol]
        position = held.get(symbol)
        change = quantity - (position.quantity if position else 0)
        pick = picks[symbol]
        values = {"weight": pick.weight * 100, "score": pick.score * 100, "rank": pick.rank}
        if change > 0:
            buys.append(
                Action(
                    symbol=symbol,
                    side=Side.BUY,
                    quantity=change,
                    price_won=close,
                    reason=Reason("entry_momentum", values),
                )
            )
        elif position and min(-change, position.sellable) > 0:
            less = min(-change, position.sellable)
            trims.append(sale(position, less, close, Reason("trim", values)))
    return _Sizing(tuple(buys), (*exits, *trims))


def _why_none(
    situation: Situation,
    parameters: Parameters,
    ranked: Sequence[Score],
    chosen: Sequence[Score],
) -> Reason:
    if not ranked:
        values = {"needed": parameters.sessions_needed, "have": len(situation.panel.sessions)}
        return Reason("nothing_short_history", values)
    if not chosen:
        best = ranked[0]
        if best.score > 0:
            return Reason("nothing_all_stopped")
        return Reason(
            "nothing_negative",
            {"count": len(ranked), "symbol": best.symbol, "score": best.score * 100},
        )
    cheapest = min(chosen, key=lambda item: situation.closes[item.symbol])
    held = {item.symbol for item in situation.holdings if item.quantity > 0}
    if any(item.symbol in held for item in chosen):
        return Reason("nothing_in_place", {"band": parameters.no_trade_band_percent})
    return Reason(
        "nothing_too_dear",
        {
            "cash": situation.cash_won,
            "symbol": cheapest.symbol,
            "price": situation.closes[cheapest.symbol],
        },
    )


def _rankings(situation: Situation, ranked: Sequence[Score], picks: _Picks) -> tuple[Ranked, ...]:
    return tuple(
        Ranked(
            symbol=item.symbol,
            score=item.score,
            weight=_weight(picks, item) if situation.is_rebalance else 0.0,
            close_won=situation.closes[item.symbol],
        )
        for item in ranked[:RANKINGS_SHOWN]
    )


def _weight(picks: _Picks, item: Score) -> float:
    pick = picks.get(item.symbol)
    return pick.weight if pick else 0.0


def _risk(situation: Situation, parameters: Parameters, actions: Sequence[Action]) -> Reason:
    bought = [item.quantity * item.price_won for item in actions if item.side is Side.BUY]
    if not bought:
        return Reason("risk_none", {"limit": parameters.stop_loss_percent})
    worth = situation.cash_won + sum(_value(situation, item) for item in situation.holdings)
    return Reason(
        "risk_bought",
        {
            "count": len(bought),
            "amount": sum(bought),
            "largest": 100 * max(bought) / worth,
            "limit": parameters.stop_loss_percent,
            "loss": -sum(bought) * parameters.stop_loss_percent // 100,
        },
    )


def _outcome(situation: Situation, actions: Sequence[Action]) -> Reason:
    bought = sum(item.quantity * item.price_won for item in actions if item.side is Side.BUY)
    sold = sum(item.quantity * item.price_won for item in actions if item.side is Side.SELL)
    cash = situation.cash_won + sold - bought
    return Reason("outcome", {"bought": bought, "sold": sold, "cash": cash})

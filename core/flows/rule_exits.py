"""What the user's own rules about holdings add to the day's plan: sales, each waiting for its ✅."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from core.domain.account import Position
from core.domain.instrument import Symbol
from core.domain.orders import Side
from core.domain.plan import PlannedAction, TradingPlan
from core.domain.plan_review import RULE_EXIT
from core.domain.rule_figures import holding_figures
from core.domain.rules import Rule, in_order, takes_effect
from core.flows.kit import CycleKit
from core.flows.values import MarketState
from core.services.rules.wording import rule_words


async def with_rule_exits(
    kit: CycleKit, day: date, plan: TradingPlan, market: MarketState
) -> TradingPlan:
    """Return `plan` with a sale of every holding that a rule lets go, in place of what it did to it.

    The plan itself where no rule about holdings is obeyed. Raises StorageError.
    """
    source = kit.rules.own
    if source is None:
        return plan
    begun: Mapping[Symbol, date] | None = None
    exits = []
    for position in market.portfolio.account.positions:
        close = dict(market.closes).get(position.symbol, 0)
        sight = await source.for_holding(position.symbol)
        if not sight.rules or position.sellable < 1 or close < 1:
            continue
        if begun is None:
            watched = await kit.stores.passages.watched()
            begun = {item.symbol: item.begun_on for item in watched}
        own = holding_figures(close, position.average_cost_won, day, begun.get(position.symbol))
        values = {**sight.values, **own}
        due = [rule for rule in sight.rules if takes_effect(rule, values)]
        if due:
            exits.append(_sale(kit, position, close, in_order(due)))
    leaving = {item.symbol for item in exits}
    kept = (item for item in plan.actions if item.symbol not in leaving)
    return replace(plan, actions=(*exits, *kept)) if exits else plan


def _sale(kit: CycleKit, position: Position, close: int, due: Sequence[Rule]) -> PlannedAction:
    """Return the sale in the words of the most important rule, with the ids of all that call for it."""
    rule = due[0]
    return PlannedAction(
        symbol=position.symbol,
        name=kit.name_of(position.symbol),
        side=Side.SELL,
        quantity=position.sellable,
        price_won=close,
        justification=kit.say(
            "cycle.rule_exit", rule=rule.rule_id, words=rule_words(rule, kit.outlets.phrases)
        ),
        rule=RULE_EXIT,
        by_rules=", ".join(item.rule_id for item in due),
    )

"""What the user's own rules about holdings add to the day's plan: sales, each waiting for its ✅."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from core.domain.account import Position
from core.domain.instrument import Symbol
from core.domain.orders import Side
from core.domain.plan import PlannedAction, TradingPlan
from core.domain.plan_review import RULE_EXIT
from core.domain.rule_effects import RuleSight
from core.domain.rule_figures import holding_figures
from core.domain.rules import Rule, in_order, takes_effect
from core.flows.kit import CycleKit
from core.flows.values import DecisionBasis, MarketState
from core.services.rules.wording import rule_words


@dataclass(frozen=True, slots=True)
class RuleExit:
    """A holding that `rules` let go at its last close, the most important one first."""

    position: Position
    close_won: int
    rules: tuple[Rule, ...]

    @property
    def by_rules(self) -> str:
        """The ids of the rules that call for it."""
        return ", ".join(rule.rule_id for rule in self.rules)


async def with_rule_exits(
    kit: CycleKit, day: date, plan: TradingPlan, market: MarketState, basis: DecisionBasis
) -> TradingPlan:
    """Return `plan` with a sale of every holding that a rule lets go, in place of what it did to it.

    The plan itself where no rule about holdings is obeyed. Raises StorageError.
    """
    source = kit.rules.own
    if source is None:
        return plan
    sights = {
        position.symbol: await source.for_holding(position.symbol)
        for position in market.portfolio.account.positions
    }
    exits = [_sale(kit, item) for item in exits_due(day, market, basis, sights)]
    leaving = {item.symbol for item in exits}
    kept = (item for item in plan.actions if item.symbol not in leaving)
    return replace(plan, actions=(*exits, *kept)) if exits else plan


def exits_due(
    day: date, market: MarketState, basis: DecisionBasis, sights: Mapping[Symbol, RuleSight]
) -> Iterator[RuleExit]:
    """Yield the holdings that the rules of `sights` let go on `day`, in the account's order."""
    closes, begun = dict(market.closes), dict(basis.begun)
    for position in market.portfolio.account.positions:
        close, sight = closes.get(position.symbol, 0), sights.get(position.symbol)
        if sight is None or not sight.rules or position.sellable < 1 or close < 1:
            continue
        own = holding_figures(close, position.average_cost_won, day, begun.get(position.symbol))
        values = {**sight.values, **own}
        due = [rule for rule in sight.rules if takes_effect(rule, values)]
        if due:
            yield RuleExit(position, close, in_order(due))


def _sale(kit: CycleKit, item: RuleExit) -> PlannedAction:
    """Return the sale in the words of the most important rule, with the ids of all that call for it."""
    rule = item.rules[0]
    return PlannedAction(
        symbol=item.position.symbol,
        name=kit.name_of(item.position.symbol),
        side=Side.SELL,
        quantity=item.position.sellable,
        price_won=item.close_won,
        justification=kit.say(
            "cycle.rule_exit", rule=rule.rule_id, words=rule_words(rule, kit.outlets.phrases)
        ),
        rule=RULE_EXIT,
        by_rules=item.by_rules,
    )

"""What the live strategy would have bought on the bars that are stored, had there been no rule."""

from __future__ import annotations

from core.domain.rule_evidence import Missing, Unshown
from core.domain.rule_reach import SIZE_FACTS, Situation
from core.strategy.backtest.daily import DailyRules, run_of
from core.strategy.backtest.market import Market
from core.strategy.backtest.rule_replay import SESSIONS_MIN
from core.strategy.backtest.ruled import Purse, Ruled, RuleSet
from core.strategy.panel import Floats
from core.strategy.situation import Action


class _Noting(Ruled):
    """Obeys no rule, and notes each purchase with what a rule would have compared."""

    def __init__(
        self, market: Market, surroundings: DailyRules, market_closes: Floats | None
    ) -> None:
        super().__init__(market, surroundings, RuleSet((), None, market_closes))
        self.noted: list[Situation] = []

    def decided(self, row: int) -> tuple[Action, ...]:
        return self._allowed(row, super().decided(row))

    def _left(self, row: int, item: Action, purse: Purse) -> int:
        column = self.column[item.symbol]
        size = self._size(row, item, purse)
        known = {
            fact: value
            for fact, value in self._figures(row, column).items()
            if fact not in SIZE_FACTS
        }
        self.noted.append(
            Situation(
                day=self.days[row],
                known=known,
                shares=item.quantity,
                price_won=item.price_won,
                worth_won=size.worth_won,
                held_won=size.held_won,
                left_won=size.left_won(item.quantity * item.price_won),
            )
        )
        return item.quantity


def past_purchases(
    market: Market, surroundings: DailyRules, market_closes: Floats | None
) -> tuple[Situation, ...] | Missing:
    """Return every purchase of the strategy on `market`, oldest first; Missing on too few sessions."""
    first = surroundings.parameters.sessions_needed - 1
    if len(market.sessions) - first < SESSIONS_MIN:
        return Missing(Unshown.NO_BARS)
    simulation = _Noting(market, surroundings, market_closes)
    run_of(simulation, first)
    return tuple(simulation.noted)

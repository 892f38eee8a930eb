"""The live strategy's surroundings, out of a request."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from bot.backtesting.request import BacktestRequest, LivePlan
from core.domain.costs import CostModel

if TYPE_CHECKING:
    from core.strategy.backtest.daily import DailyRules


def daily_rules(request: BacktestRequest, live: LivePlan) -> DailyRules:
    """Return the rules of the faithful engine."""
    # Late: the live strategy costs more to load than the plain one to run.
    from core.strategy.backtest.daily import DailyRules

    rules = request.rules
    return DailyRules(
        cash_won=rules.cash_won,
        parameters=live.parameters,
        instruments=request.instruments,
        costs=CostModel(Decimal(str(rules.commission)), rules.tax.account),
        taxed=rules.tax.withholds,
        fill=rules.fill,
        protection=live.protection,
        loss_limit_percent=live.loss_limit_percent,
    )

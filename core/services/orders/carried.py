"""What the earlier legs of one proposal do to the facts of the next one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from core.domain.costs import CostModel
from core.domain.instrument import Symbol
from core.domain.orders import Side
from core.services.risk.guard import LegFacts


@dataclass(slots=True)
class Carried:
    """What earlier legs of the same proposal do to the facts of the next one.

    `cash_won` is what they add to (sells) or take from (buys) the orderable cash, `buys_won` what
    they buy of each symbol, `count` how many they are. `sold` counts shares by symbol.
    """

    cash_won: int = 0
    count: int = 0
    buys_won: Counter[str] = field(default_factory=Counter)
    sold: Counter[str] = field(default_factory=Counter)

    def add(
        self, symbol: Symbol, side: Side, quantity: int, price_won: int, costs: CostModel
    ) -> None:
        """Count one more leg, at the price that it needs (a buy) or surely fetches (a sell)."""
        amount = price_won * quantity
        self.count += 1
        if side is Side.SELL:
            self.cash_won += amount - costs.fee_won(amount)
            self.sold[symbol] += quantity
        else:
            self.cash_won -= amount + costs.fee_won(amount)
            self.buys_won[symbol] += amount


def carried(facts: LegFacts, symbol: Symbol, earlier: Carried) -> LegFacts:
    """Return `facts` of a leg in `symbol` after the `earlier` legs."""
    cash_won = earlier.cash_won
    account = facts.account
    if account is not None:
        account = replace(
            account,
            day_amount_won=account.day_amount_won + earlier.buys_won.total(),
            day_count=account.day_count + earlier.count,
            securities_won=max(account.securities_won - cash_won, 0),
            minute_count=0,
        )
    cash = None if facts.cash_won is None else max(facts.cash_won + cash_won, 0)
    sellable = None if facts.sellable is None else max(facts.sellable - earlier.sold[symbol], 0)
    holding_won = facts.holding_won + earlier.buys_won[symbol]
    return replace(
        facts, account=account, cash_won=cash, sellable=sellable, holding_won=holding_won
    )

"""`affordable` against counting down share by share: the largest quantity that no rule refuses."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as some

from core.domain.costs import CostModel
from core.domain.money import Shares, Won
from core.domain.orders import OrderRequest, Side
from core.domain.risk import AMOUNT_RULES, RiskLimits
from core.services.risk.guard import AccountFacts, LegFacts, affordable, assess
from tests.core.services.risk.test_guard import FACTS, QUOTE
from tests.fakes.desk_kit import KODEX

_WON = some.integers(0, 600_000)


@settings(max_examples=300, deadline=None)
@given(
    asked=some.integers(1, 80),
    ticks=some.integers(-60, 60),
    side=some.sampled_from(Side),
    cash=_WON,
    held=_WON,
    securities=_WON,
    bought=_WON,
    nav=some.integers(-1, 1_500_000),
    cap=some.sampled_from((None, 10, 40, 100)),
    floor=some.integers(0, 200_000),
    order=some.integers(1, 500_000),
    rate=some.sampled_from(("0", "0.00015", "0.01", "0.3")),
)
def test_affordable_is_the_largest_that_the_amount_rules_allow(
    *, asked, ticks, side, cash, held, securities, bought, nav, cap, floor, order, rate
):
    costs = CostModel(Decimal(rate))
    limits = RiskLimits(cash_floor_won=Won(floor), order_amount_won=Won(order))
    facts: LegFacts = replace(
        FACTS,
        quote=QUOTE,
        account=AccountFacts(
            nav_won=nav,
            securities_won=securities,
            day_amount_won=bought,
            day_count=0,
            minute_count=0,
        ),
        cash_won=cash,
        sellable=held // 10_000,
        holding_won=held,
        cap_percent=cap,
    )
    request = OrderRequest(
        symbol=KODEX, side=side, quantity=Shares(asked), price_won=Won(10_000 + 5 * ticks)
    )

    def fits(quantity: int) -> bool:
        found = assess(replace(request, quantity=Shares(quantity)), facts, limits, costs)
        return not any(item.rule in AMOUNT_RULES for item in found)

    largest = next((n for n in range(asked, 0, -1) if fits(n)), 0)
    assert affordable(request, facts, limits, costs) == largest

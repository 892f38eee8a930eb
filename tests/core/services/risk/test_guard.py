from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from core.domain.costs import CostModel
from core.domain.instrument import Instrument
from core.domain.market import Designation
from core.domain.modes import Mode, TradingState
from core.domain.money import Shares, Won
from core.domain.orders import OrderRequest, OrderType, Side
from core.domain.risk import RiskLimits, Rule, Violation
from core.services.risk.guard import AccountFacts, LegFacts, affordable, assess, collar_won
from tests.fakes.desk_kit import KODEX, at
from tests.fakes.quotes import quote_of

LIMITS = RiskLimits()
NO_FEE = CostModel(Decimal(0))
NOW = at(10)
QUOTE = quote_of(KODEX, 10_000, NOW)
ACCOUNT = AccountFacts(
    nav_won=1_000_000, securities_won=0, day_amount_won=0, day_count=0, minute_count=0
)
FACTS = LegFacts(
    instrument=Instrument(symbol=KODEX, name="KODEX 200"),
    quote=QUOTE,
    account=ACCOUNT,
    cash_won=1_000_000,
    sellable=10,
    holding_won=0,
    in_window=True,
    in_doubt=False,
    state=TradingState.ACTIVE,
    mode=Mode.SIM,
    now=NOW,
    cap_percent=100,
)


def asked(quantity=1, price=10_000, side=Side.BUY):
    return OrderRequest(
        symbol=KODEX,
        side=side,
        quantity=Shares(quantity),
        price_won=None if price is None else Won(price),
        order_type=OrderType.MARKET if price is None else OrderType.LIMIT,
    )


def account(**values):
    return replace(FACTS, account=replace(ACCOUNT, **values))


def found(request, facts=FACTS, limits=LIMITS, costs=NO_FEE):
    return assess(request, facts, limits, costs)


def test_nothing_is_wrong_with_a_plain_order():
    assert found(asked()) == ()
    assert found(asked(10, side=Side.SELL)) == ()
    assert found(asked(1, None)) == ()


@pytest.mark.parametrize(
    ("facts", "request_", "expected"),
    [
        (replace(FACTS, mode=Mode.OBSERVE), asked(), Violation(rule=Rule.OBSERVE_ONLY)),
        (replace(FACTS, state=TradingState.HALTED), asked(), Violation(rule=Rule.HALTED)),
        (replace(FACTS, state=TradingState.REDUCE_ONLY), asked(), Violation(rule=Rule.REDUCE_ONLY)),
        (replace(FACTS, in_window=False), asked(), Violation(rule=Rule.SESSION_CLOSED)),
        (replace(FACTS, in_doubt=True), asked(), Violation(rule=Rule.IN_DOUBT, symbol=KODEX)),
        (
            replace(FACTS, instrument=None),
            asked(),
            Violation(rule=Rule.UNKNOWN_SYMBOL, symbol=KODEX),
        ),
        (
            replace(FACTS, instrument=Instrument(symbol=KODEX, name="곱버스", multiple=-2)),
            asked(),
            Violation(rule=Rule.NOT_PLAIN_ETF, symbol=KODEX, limit=1, value=-2, unit="x"),
        ),
        (
            replace(FACTS, quote=replace(QUOTE, is_halted=True)),
            asked(),
            Violation(rule=Rule.INSTRUMENT_HALTED, symbol=KODEX),
        ),
        (
            replace(FACTS, now=NOW - timedelta(seconds=6)),
            asked(),
            Violation(rule=Rule.QUOTE_STALE, symbol=KODEX, limit=5, value=6, unit="s"),
        ),
        (
            replace(FACTS, now=NOW + timedelta(seconds=5, milliseconds=1)),
            asked(),
            Violation(rule=Rule.QUOTE_STALE, symbol=KODEX, limit=5, value=6, unit="s"),
        ),
        (
            replace(FACTS, state=TradingState.HALTED, tripped_because="증권사 오류"),
            asked(side=Side.SELL),
            Violation(rule=Rule.HALTED, because="증권사 오류"),
        ),
        (
            replace(FACTS, state=TradingState.REDUCE_ONLY, tripped_because="하루 손실"),
            asked(),
            Violation(rule=Rule.REDUCE_ONLY, because="하루 손실"),
        ),
        (
            replace(FACTS, held_because="잔고가 다릅니다."),
            asked(side=Side.SELL),
            Violation(rule=Rule.SYMBOL_HELD, symbol=KODEX, because="잔고가 다릅니다."),
        ),
        (
            replace(
                FACTS,
                quote=replace(
                    QUOTE, designations=frozenset({Designation.WARNING, Designation.CAUTION})
                ),
            ),
            asked(),
            Violation(rule=Rule.INSTRUMENT_DESIGNATED, symbol=KODEX, because="caution,warning"),
        ),
        (
            replace(FACTS, recent={asked().signature: 2}),
            asked(),
            Violation(
                rule=Rule.REPEATED, symbol=KODEX, limit=2, value=3, unit="orders", because="10"
            ),
        ),
        (
            replace(FACTS, now=NOW + timedelta(seconds=6)),
            asked(),
            Violation(rule=Rule.QUOTE_STALE, symbol=KODEX, limit=5, value=6, unit="s"),
        ),
        (
            FACTS,
            asked(1, 10_001),
            Violation(rule=Rule.PRICE_OFF_TICK, symbol=KODEX, limit=5, value=10_001, unit="won"),
        ),
        (
            FACTS,
            asked(1, 10_305),
            Violation(
                rule=Rule.PRICE_OUTSIDE_COLLAR, symbol=KODEX, limit=10_300, value=10_305, unit="won"
            ),
        ),
        (
            FACTS,
            asked(1, 9_695, Side.SELL),
            Violation(
                rule=Rule.PRICE_OUTSIDE_COLLAR, symbol=KODEX, limit=9_700, value=9_695, unit="won"
            ),
        ),
        (
            account(day_count=10),
            asked(),
            Violation(rule=Rule.DAY_COUNT, limit=10, value=11, unit="orders"),
        ),
        (
            account(minute_count=3),
            asked(),
            Violation(rule=Rule.MINUTE_COUNT, limit=3, value=4, unit="orders"),
        ),
        (
            FACTS,
            asked(11, side=Side.SELL),
            Violation(rule=Rule.SELLABLE, symbol=KODEX, limit=10, value=11, unit="shares"),
        ),
        (
            replace(FACTS, sellable=None),
            asked(side=Side.SELL),
            Violation(rule=Rule.FACTS_MISSING, symbol=KODEX),
        ),
        (replace(FACTS, cash_won=None), asked(), Violation(rule=Rule.FACTS_MISSING, symbol=KODEX)),
        (replace(FACTS, quote=None), asked(), Violation(rule=Rule.FACTS_MISSING, symbol=KODEX)),
        (replace(FACTS, account=None), asked(), Violation(rule=Rule.FACTS_MISSING, symbol=KODEX)),
        (
            account(day_amount_won=999_999),
            asked(),
            Violation(
                rule=Rule.DAY_AMOUNT, symbol=KODEX, limit=1_000_000, value=1_009_999, unit="won"
            ),
        ),
        (
            replace(FACTS, holding_won=390_001),
            asked(),
            Violation(
                rule=Rule.POSITION_WEIGHT,
                symbol=KODEX,
                limit=400_000,
                value=400_001,
                unit="won",
                percent=40,
            ),
        ),
        (
            account(securities_won=990_001),
            asked(),
            Violation(
                rule=Rule.CAPITAL, symbol=KODEX, limit=1_000_000, value=1_000_001, unit="won"
            ),
        ),
        (
            replace(FACTS, cash_won=9_999),
            asked(),
            Violation(rule=Rule.CASH, symbol=KODEX, limit=9_999, value=10_000, unit="won"),
        ),
    ],
)
def test_each_rule_says_no_with_its_limit_value_and_unit(facts, request_, expected):
    assert found(request_, facts) == (expected,)


@pytest.mark.parametrize(
    ("facts", "request_"),
    [
        (replace(FACTS, now=NOW + timedelta(seconds=5)), asked()),
        (FACTS, asked(1, 10_300)),
        (FACTS, asked(1, 9_700, Side.SELL)),
        (account(day_count=9), asked()),
        (account(minute_count=2), asked()),
        (FACTS, asked(10, side=Side.SELL)),
        (FACTS, asked(40)),
        (account(day_amount_won=990_000), asked()),
        (replace(FACTS, holding_won=390_000), asked()),
        (account(securities_won=990_000), asked()),
        (replace(FACTS, cash_won=10_000), asked()),
        (replace(FACTS, state=TradingState.REDUCE_ONLY), asked(side=Side.SELL)),
        (replace(FACTS, instrument=None), asked(side=Side.SELL)),
        (replace(FACTS, now=NOW - timedelta(seconds=5)), asked()),
        (replace(FACTS, recent={asked().signature: 1}), asked()),
        (replace(FACTS, recent={asked(2).signature: 9}), asked()),
        (
            replace(FACTS, quote=replace(QUOTE, designations=frozenset(Designation))),
            asked(side=Side.SELL),
        ),
    ],
)
def test_each_rule_allows_its_very_limit(facts, request_):
    assert found(request_, facts) == ()


def test_the_band_is_the_brokers_and_both_ends_belong_to_it():
    wide = replace(LIMITS, collar_percent=50, order_amount_won=Won(10**9))
    assert found(asked(1, 13_000), limits=wide) == ()
    assert found(asked(1, 7_000, Side.SELL), limits=wide) == ()
    (above,) = found(asked(1, 13_005), limits=wide)
    (below,) = found(asked(1, 6_995, Side.SELL), limits=wide)
    assert (above.rule, above.limit, above.value) == (Rule.PRICE_OUTSIDE_BAND, 13_000, 13_005)
    assert (below.rule, below.limit, below.value) == (Rule.PRICE_OUTSIDE_BAND, 7_000, 6_995)


def test_quantity_and_amount_limits_at_one_above():
    cheap = replace(FACTS, quote=replace(QUOTE, last_won=Won(1), lower_limit_won=Won(1)))
    assert found(asked(10_000, 1), cheap) == ()
    (violation,) = found(asked(10_001, 1), cheap)
    assert (violation.rule, violation.limit, violation.value, violation.unit) == (
        Rule.QUANTITY_MAXIMUM,
        10_000,
        10_001,
        "shares",
    )
    over = found(asked(41), limits=replace(LIMITS, position_weight_percent=100))
    assert [(item.rule, item.limit, item.value) for item in over] == [
        (Rule.ORDER_AMOUNT, 400_000, 410_000)
    ]


def test_a_market_buy_is_judged_at_the_upper_limit():
    assert found(asked(30, None)) == ()
    over = {item.rule for item in found(asked(31, None))}
    assert over == {Rule.ORDER_AMOUNT, Rule.POSITION_WEIGHT}


def test_the_fee_counts_against_the_cash():
    fee = CostModel(Decimal("0.01"))
    assert found(asked(), replace(FACTS, cash_won=10_100), costs=fee) == ()
    (violation,) = found(asked(), replace(FACTS, cash_won=10_099), costs=fee)
    assert (violation.rule, violation.value) == (Rule.CASH, 10_100)


def test_all_that_is_broken_is_named_at_once():
    facts = replace(
        account(day_count=10, minute_count=3, securities_won=1_000_000),
        state=TradingState.HALTED,
        in_window=False,
        cash_won=0,
    )
    assert [item.rule for item in found(asked(50, 10_501), facts)] == [
        Rule.HALTED,
        Rule.SESSION_CLOSED,
        Rule.PRICE_OFF_TICK,
        Rule.PRICE_OUTSIDE_COLLAR,
        Rule.DAY_COUNT,
        Rule.MINUTE_COUNT,
        Rule.ORDER_AMOUNT,
        Rule.POSITION_WEIGHT,
        Rule.CAPITAL,
        Rule.CASH,
    ]


def test_nothing_read_blocks_and_says_so_for_each_missing_fact():
    facts = replace(FACTS, quote=None, account=None, cash_won=None)
    assert {item.rule for item in found(asked(), facts)} == {Rule.FACTS_MISSING}
    assert affordable(asked(), facts, LIMITS, NO_FEE) == 0


def test_the_collar_is_never_wider_than_its_percent():
    assert collar_won(Side.BUY, 101, 3) == 104
    assert collar_won(Side.SELL, 101, 3) == 98


@pytest.mark.parametrize(
    ("facts", "limits", "expected"),
    [
        (FACTS, LIMITS, 40),
        (FACTS, replace(LIMITS, order_amount_won=Won(55_000)), 5),
        (account(day_amount_won=970_000), LIMITS, 3),
        (replace(FACTS, holding_won=380_000), LIMITS, 2),
        (account(securities_won=990_000), LIMITS, 1),
        (account(securities_won=2_000_000), LIMITS, 0),
        (replace(FACTS, cash_won=20_000), LIMITS, 1),
        (replace(FACTS, cash_won=9_000), LIMITS, 0),
    ],
)
def test_what_is_affordable_fits_every_amount_rule(facts, limits, expected):
    costs = CostModel(Decimal("0.01"))
    quantity = affordable(asked(1_000), facts, limits, costs)
    assert quantity == expected
    if quantity:
        assert found(asked(quantity), facts, limits, costs) == ()


def test_quantities_are_only_ever_reduced():
    assert affordable(asked(2), FACTS, LIMITS, NO_FEE) == 2
    assert affordable(asked(12, side=Side.SELL), FACTS, LIMITS, NO_FEE) == 10
    assert affordable(asked(3, side=Side.SELL), FACTS, LIMITS, NO_FEE) == 3
    nothing = replace(FACTS, sellable=None)
    assert affordable(asked(3, side=Side.SELL), nothing, LIMITS, NO_FEE) == 0


def test_the_cap_is_the_one_the_proposal_was_judged_by():
    for chosen, percent in ((10, 10), (40, 40), (100, 40), (None, 10)):
        facts = replace(FACTS, cap_percent=chosen)
        bound = percent * 10_000
        assert affordable(asked(100), facts, LIMITS, NO_FEE) == percent
        (violation,) = [
            item for item in found(asked(percent + 1), facts) if item.rule is Rule.POSITION_WEIGHT
        ]
        assert (violation.limit, violation.percent) == (bound, percent)


def test_the_cash_floor_stays_after_a_buy():
    limits = replace(LIMITS, cash_floor_won=Won(100_000))
    facts = replace(FACTS, cash_won=150_000)
    assert found(asked(5), facts, limits) == ()
    (violation,) = found(asked(6), facts, limits)
    assert violation == Violation(
        rule=Rule.CASH_FLOOR, symbol=KODEX, limit=100_000, value=90_000, unit="won"
    )
    assert [item.rule for item in found(asked(16), facts, limits)] == [Rule.CASH]
    assert affordable(asked(100), facts, limits, NO_FEE) == 5
    assert affordable(asked(), replace(FACTS, cash_won=99_999), limits, NO_FEE) == 0


def test_leveraged_products_are_bought_only_when_the_settings_say_so():
    facts = replace(FACTS, instrument=Instrument(symbol=KODEX, name="곱버스", multiple=-2))
    assert found(asked(), facts, replace(LIMITS, leveraged_allowed=True)) == ()


def test_a_quote_of_zeros_is_no_quote():
    for odd in (
        replace(QUOTE, last_won=Won(0)),
        replace(QUOTE, upper_limit_won=Won(0)),
        replace(QUOTE, lower_limit_won=Won(0)),
    ):
        facts = replace(FACTS, quote=odd)
        for request in (asked(), asked(1, None), asked(side=Side.SELL)):
            assert Rule.FACTS_MISSING in {item.rule for item in found(request, facts)}
    nothing = replace(FACTS, quote=replace(QUOTE, upper_limit_won=Won(0)))
    assert affordable(asked(5, None), nothing, LIMITS, NO_FEE) == 0


def test_a_stock_in_the_account_counts_and_may_be_sold_but_is_never_bought():
    stock = replace(account(securities_won=995_000), instrument=None)
    assert found(asked(side=Side.SELL), stock) == ()
    assert {item.rule for item in found(asked(), stock)} == {Rule.UNKNOWN_SYMBOL, Rule.CAPITAL}

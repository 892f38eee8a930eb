from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from core.domain.account import Position
from core.domain.costs import CostModel
from core.domain.exit_offers import ExitKind
from core.domain.instrument import Instrument, Symbol
from core.domain.market import Bar
from core.domain.money import Won
from core.domain.orders import Side
from core.domain.risk import PositionCap
from core.strategy.decide import decide
from core.strategy.exits import Passage, exit_of
from core.strategy.panel import PricePanel
from core.strategy.parameters import Parameters
from core.strategy.situation import Decision, Situation
from tests.fakes.fake_cycle_desk import rising, sessions_before

DAY = date(2023, 3, 2)
DAYS = sessions_before(DAY, 260)
DECIDED_ON = DAYS[-1]
PARAMETERS = Parameters()


def held(code: str, quantity: int, cost: int, price: int) -> Position:
    return Position(
        symbol=Symbol(code),
        name=code,
        quantity=quantity,
        sellable=quantity,
        average_cost_won=Decimal(cost),
        price_won=Won(price),
    )


def market(**steps: int) -> dict[Symbol, list[Bar]]:
    """One symbol per keyword (``s000001=10``): its close moves by so many won a session."""
    return {Symbol(name[1:]): rising(name[1:], DAYS, 20_000, step) for name, step in steps.items()}


def situation(
    bars: dict[Symbol, list[Bar]],
    *positions: Position,
    cash: int = 1_000_000,
    rebalance: bool = True,
) -> Situation:
    return Situation(
        instruments=tuple(Instrument(symbol=code, name=code) for code in sorted(bars)),
        panel=PricePanel.from_bars(bars, DECIDED_ON),
        closes={
            code: next(bar.close_won for bar in reversed(rows) if bar.session <= DECIDED_ON)
            for code, rows in bars.items()
            if rows
        },
        holdings=positions,
        cash_won=cash,
        day=DAY,
        decided_on=DECIDED_ON,
        is_rebalance=rebalance,
    )


def decided(given: Situation, parameters: Parameters = PARAMETERS) -> Decision:
    return decide(given, parameters, CostModel())


def test_the_leaders_are_bought_within_the_money() -> None:
    bars = market(s000001=60, s000002=50, s000003=40, s000004=30, s000005=20, s000006=-5)
    found = decided(situation(bars))
    assert [item.symbol for item in found.actions] == ["000001", "000002", "000003", "000004"]
    assert all(item.side is Side.BUY for item in found.actions)
    amounts = [item.quantity * item.price_won for item in found.actions]
    assert 900_000 < sum(amounts) <= 970_000
    assert max(amounts) <= 388_000
    assert found.why_nothing is None
    assert found.rankings[0].symbol == "000001"
    assert found.actions[0].reason.values["rank"] == 1


def test_later_bars_change_nothing() -> None:
    bars = market(s000001=60, s000002=-5)
    later = rising("000001", [DAY], 1, 1) + rising("000002", [DAY], 900_000, 1)
    poisoned = {
        code: [*rows, *(x for x in later if x.symbol == code)] for code, rows in bars.items()
    }
    assert decided(situation(poisoned)) == decided(situation(bars))


def test_a_rebalance_sells_before_it_buys() -> None:
    bars = market(s000001=60, s000002=-5)
    found = decided(situation(bars, held("000002", 10, 18_000, 18_705), cash=300_000))
    assert [(item.side, item.symbol) for item in found.actions] == [
        (Side.SELL, "000002"),
        (Side.BUY, "000001"),
    ]
    assert found.actions[0].reason.key == "exit_momentum"


def test_between_rebalances_only_stops() -> None:
    bars = market(s000001=60, s000002=-5)
    close = bars[Symbol("000002")][-1].close_won
    stopped = held("000002", 10, int(close / 0.93) + 1, close)
    fine = held("000001", 3, 35_000, 35_540)
    found = decided(situation(bars, stopped, fine, rebalance=False))
    assert [(item.symbol, item.quantity, item.reason.key) for item in found.actions] == [
        ("000002", 10, "stop_loss")
    ]
    assert found.why_nothing is not None
    assert found.why_nothing.key == "nothing_no_rebalance"
    assert {item.weight for item in found.rankings} == {0.0}


def test_what_is_stopped_is_not_bought_back_the_same_day() -> None:
    bars = market(s000001=60)
    found = decided(situation(bars, held("000001", 2, 60_000, 35_540)))
    assert [item.side for item in found.actions] == [Side.SELL]
    assert found.why_nothing is not None
    assert found.why_nothing.key == "nothing_all_stopped"


def test_a_holding_near_its_target_is_left_alone_and_a_large_one_trimmed() -> None:
    bars = market(s000001=60, s000002=50)
    close = bars[Symbol("000001")][-1].close_won
    near = held("000001", 10, close, close)  # 355,400 of a target of 388,000 less the band
    kept = decided(situation(bars, near, cash=620_000))
    assert [item.symbol for item in kept.actions] == ["000002"]
    large = held("000001", 20, close, close)
    trimmed = decided(situation(bars, large, cash=290_000))
    assert [(item.side, item.reason.key) for item in trimmed.actions] == [
        (Side.SELL, "trim"),
        (Side.BUY, "entry_momentum"),
    ]


def test_holdings_outside_the_universe_are_counted_but_not_sold() -> None:
    bars = market(s000001=60)
    found = decided(situation(bars, held("999999", 10, 50_000, 50_000), cash=500_000))
    assert [item.side for item in found.actions] == [Side.BUY]
    assert found.actions[0].quantity * found.actions[0].price_won <= 470_000 * 40 // 100


def test_leveraged_funds_are_never_chosen() -> None:
    bars = market(s000001=60, s000002=10)
    given = situation(bars)
    leveraged = replace(given.instruments[0], multiple=2)
    found = decided(replace(given, instruments=(leveraged, given.instruments[1])))
    assert [item.symbol for item in found.actions] == ["000002"]


@pytest.mark.parametrize(
    ("given", "key"),
    [
        (situation(market(s000001=-5, s000002=-9)), "nothing_negative"),
        (
            situation({Symbol("000001"): rising("000001", DAYS[-100:], 9_000, 9)}),
            "nothing_short_history",
        ),
        (situation({}), "nothing_short_history"),
        (situation(market(s000001=60), cash=20_000), "nothing_too_dear"),
        (
            situation(market(s000001=60), held("000001", 10, 35_540, 35_540), cash=600_000),
            "nothing_in_place",
        ),
    ],
)
def test_why_nothing_was_bought(given: Situation, key: str) -> None:
    found = decided(given)
    assert found.actions == ()
    assert found.why_nothing is not None
    assert found.why_nothing.key == key


def test_an_abandoned_symbol_is_not_ranked() -> None:
    bars = market(s000001=60)
    rows = bars[Symbol("000001")]
    flat = rows[-6]
    for number in range(len(rows) - 5, len(rows)):
        rows[number] = replace(flat, session=rows[number].session, volume_shares=0, high_won=0)
    assert decided(situation(bars)).rankings == ()


@pytest.mark.parametrize(
    ("price", "kind", "quantity"),
    [
        (930, ExitKind.STOP_LOSS, 5),
        (931, None, 0),
        (1149, None, 0),
        (1150, ExitKind.TAKE_PROFIT, 2),
        (0, None, 0),
    ],
)
def test_exit_marks(price: int, kind: ExitKind | None, quantity: int) -> None:
    found = exit_of(held("000001", 5, 1000, price), price, PARAMETERS)
    assert (found.kind if found else None, found.quantity if found else 0) == (kind, quantity)


def test_one_share_has_no_half() -> None:
    assert exit_of(held("000001", 1, 1000, 2000), 2000, PARAMETERS) is None


CAP = PositionCap(nav_won=1_000_000, tight_percent=10, wide_percent=40)


def test_a_plan_keeps_to_the_guards_tight_cap_where_that_buys_a_share_of_each() -> None:
    bars = market(s000001=60, s000002=50, s000003=40, s000004=30)
    found = decided(replace(situation(bars), cap=CAP))
    assert len(found.actions) == 4
    for action in found.actions:
        assert 0 < action.quantity * action.price_won <= 100_000
    assert {item.weight for item in found.rankings} == {0.1}


def test_one_dear_share_opens_the_wide_cap_for_the_plan_as_for_its_ticket() -> None:
    bars = market(s000001=60, s000002=50) | {Symbol("000003"): rising("000003", DAYS, 120_000, 400)}
    given = replace(situation(bars), cap=CAP)
    found = decided(given)
    prices = [item.price_won for item in found.actions]
    assert max(prices) > 100_000
    assert CAP.percent_for(prices) == 40
    assert found == decided(replace(given, cap=None))


def test_a_lower_wide_cap_of_the_guard_wins_over_the_strategys() -> None:
    bars = market(s000001=60, s000002=50)
    low = PositionCap(nav_won=1_000_000, tight_percent=20, wide_percent=20)
    found = decided(replace(situation(bars), cap=low))
    assert found.actions
    assert all(item.quantity * item.price_won <= 200_000 for item in found.actions)


def test_a_share_between_our_cap_and_the_guards_is_bought_singly() -> None:
    bars = {Symbol("000001"): rising("000001", DAYS, 70_000, 100)}
    given = situation(bars)
    price = given.closes[Symbol("000001")]
    nav = price * 10 + 50
    found = decided(
        replace(
            given, cash_won=nav, cap=PositionCap(nav_won=nav, tight_percent=10, wide_percent=40)
        )
    )
    assert [item.quantity for item in found.actions] == [1]


def test_the_tight_cap_sells_nothing_that_was_bought_under_the_wide_one() -> None:
    bars = market(s000001=60, s000002=50, s000003=40)
    price = situation(bars).closes[Symbol("000001")]
    owned = held("000001", 300_000 // price, price, price)
    found = decided(replace(situation(bars, owned, cash=700_000), cap=CAP))
    assert {item.side for item in found.actions} == {Side.BUY}
    assert {item.symbol for item in found.actions} == {"000002", "000003"}


def test_half_is_taken_only_where_somebody_remembers_and_never_at_a_rebalance() -> None:
    bars = market(s000001=1)
    position = held("000001", 4, 10_000, 20_000)
    unknown = situation(bars, position, rebalance=False)
    assert decided(unknown).actions == ()
    watched = replace(unknown, passages={position.symbol: Passage(peak_won=20_000)})
    (action,) = decided(watched).actions
    assert (action.reason.key, action.quantity) == ("take_profit", 2)
    assert "take_profit" not in {
        item.reason.key for item in decided(replace(watched, is_rebalance=True)).actions
    }


def test_a_raised_stop_sells_everything_and_names_its_rule() -> None:
    bars = market(s000001=1)
    position = held("000001", 4, 20_000, 20_000)
    given = situation(bars, position, rebalance=False)
    given = replace(given, passages={position.symbol: Passage(peak_won=30_000, half_taken=True)})
    (action,) = decided(given).actions
    assert (action.reason.key, action.quantity) == ("trailing_stop", 4)
    assert action.reason.values["limit"] == -10

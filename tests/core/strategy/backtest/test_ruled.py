"""The backtest under rules: judged as the guard does, with and without one, never by the future."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from core.domain.market import Bar
from core.domain.money import Won
from core.domain.risk import RiskLimits
from core.domain.rule_evidence import Missing, ReplayFigures, Unshown
from core.domain.rule_facts import Fact
from core.domain.rule_figures import SESSIONS_NEEDED, market_figures, symbol_figures
from core.domain.rules import Rule
from core.strategy.backtest.daily import run_daily, run_of
from core.strategy.backtest.market import Market
from core.strategy.backtest.past_purchases import past_purchases
from core.strategy.backtest.rule_replay import replay_rule
from core.strategy.backtest.ruled import (
    RULE_EXIT,
    Ruled,
    RuleSet,
    figures_at,
    market_figures_at,
)
from tests.core.domain.rule_cases import comparison, rule
from tests.core.strategy.backtest.markets import seeded
from tests.core.strategy.backtest.test_daily import PARAMETERS, in_whole_won, rules

EXIT: dict[str, Any] = {"category": "exit_criteria", "action": "propose_exit"}
SIZE: dict[str, Any] = {"category": "position_sizing"}
SESSIONS = 400


def market_of(sessions: int = SESSIONS, *, with_volume: bool = True, gaps: bool = False) -> Market:
    market = in_whole_won(seeded(sessions, 6, 3, gaps=gaps))
    dice = np.random.default_rng(8)
    volume = np.rint(dice.uniform(1_000, 9_000, market.signal.close.shape))
    return replace(market, volume=volume if with_volume else None)


def on(fact: Fact, operator: str, number: int, rule_id: str = "R1", **changes: Any) -> Rule:
    return rule(rule_id, condition=[comparison(fact, operator, number)], **changes)


def ran(market: Market, *obeyed: Rule, **changes: Any) -> Ruled:
    simulation = Ruled(
        market, rules(market, **changes), RuleSet(obeyed, obeyed[-1] if obeyed else None)
    )
    run_of(simulation, 0)
    return simulation


def bought(simulation: Ruled) -> int:
    return sum(trade.shares for trade in simulation.book.trades if trade.shares > 0)


def replayed(
    market: Market, tried: Rule, *standing: Rule, **changes: Any
) -> ReplayFigures | Missing:
    closes = market.signal.close[:, 0]
    return replay_rule(market, rules(market, **changes), tried, standing, market_closes=closes)


def figures(market: Market, tried: Rule, *standing: Rule, **changes: Any) -> ReplayFigures:
    found = replayed(market, tried, *standing, **changes)
    assert isinstance(found, ReplayFigures)
    return found


def test_without_rules_it_is_the_faithful_backtest() -> None:
    market = market_of(gaps=True)
    run = run_of(Ruled(market, rules(market), RuleSet(())), 0)
    plain = run_daily(market, rules(market))
    assert run.trades == plain.trades
    assert run.nav.tolist() == plain.nav.tolist()


def test_a_blocked_purchase_is_never_made_and_is_noted() -> None:
    market = market_of()
    high = on(Fact.RETURN_5_BPS, ">", 200)
    free, blocked = ran(market), ran(market, high)
    assert bought(blocked) < bought(free)
    assert blocked.acted
    for item in blocked.acted:
        value = figures_at(market, item.row, item.column)[Fact.RETURN_5_BPS]
        assert value is not None
        assert value > 200
        assert item.is_known
    for trade in blocked.book.trades:
        if trade.shares > 0:
            value = figures_at(market, trade.decided, trade.column)[Fact.RETURN_5_BPS]
            assert value is not None
            assert value <= 200


def test_it_shrinks_to_what_the_guard_would_leave() -> None:
    market = market_of()
    small = on(Fact.ORDER_AMOUNT_WON, ">", 200_000, action="shrink_to_fit", **SIZE)
    simulation = ran(market, small)
    decided_at = market.order.close
    purchases = [trade for trade in simulation.book.trades if trade.shares > 0]
    assert purchases
    for trade in purchases:
        assert trade.shares * int(decided_at[trade.decided, trade.column]) <= 200_000
    assert all(item.is_known for item in simulation.acted)


def test_a_weight_is_of_the_money_that_is_managed() -> None:
    market = market_of()
    tight = on(Fact.WEIGHT_AFTER_BPS, ">", 1_000, action="shrink_to_fit", **SIZE)
    limits = RiskLimits(capital_won=Won(1_000_000))
    simulation = ran(market, tight, limits=limits)
    for trade in simulation.book.trades:
        if trade.shares > 0:
            assert trade.shares * int(market.order.close[trade.decided, trade.column]) <= 100_000


def test_a_basket_leaves_the_cash_that_a_rule_asks_for() -> None:
    market = market_of()
    keep = on(Fact.CASH_AFTER_BPS, "<", 5_000, action="shrink_to_fit", **SIZE)
    simulation = ran(market, keep)
    assert bought(simulation)
    decided = {trade.decided for trade in simulation.book.trades if trade.shares > 0}
    # Prices move until the fill, so that a little less than half may be left.
    for row in decided:
        invested = simulation.told.invested[row + 1]
        assert invested < 0.55


def test_a_holding_is_sold_when_a_rule_lets_it_go() -> None:
    market = market_of()
    old = on(Fact.HOLDING_DAYS, ">=", 10, **EXIT)
    simulation = ran(market, old)
    sales = [trade for trade in simulation.book.trades if trade.reason == RULE_EXIT]
    assert sales
    assert {(item.row, item.column) for item in simulation.acted} >= {
        (trade.decided, trade.column) for trade in sales
    }
    begun: dict[int, int] = {}
    for trade in simulation.book.trades:
        if trade.shares > 0:
            begun.setdefault(trade.column, trade.row)
        elif trade.reason == RULE_EXIT:
            held = market.sessions[trade.row] - market.sessions[begun.pop(trade.column)]
            assert 10 <= held.astype(int) <= 14
        else:
            begun.pop(trade.column, None)


def test_a_loss_is_cut_at_the_rules_own_mark() -> None:
    market = market_of()
    losing = on(Fact.GAIN_BPS, "<=", -300, **EXIT)
    assert any(trade.reason == RULE_EXIT for trade in ran(market, losing).book.trades)


def test_what_another_rule_does_already_is_not_the_tried_ones_doing() -> None:
    market = market_of()
    standing = on(Fact.RETURN_5_BPS, ">", 200, "R1")
    weaker = on(Fact.RETURN_5_BPS, ">", 300, "R2", action="shrink_to_50_percent", **SIZE)
    assert ran(market, standing, weaker).acted == []
    first, second = (on(Fact.HOLDING_DAYS, ">=", 10, name, **EXIT) for name in ("R1", "R2"))
    assert ran(market, first, second).acted == []


def test_figures_are_those_of_the_live_rules() -> None:
    market = market_of(90)
    row, column = 80, 2
    signal, volume = market.signal, market.volume
    assert volume is not None
    bars = [
        Bar(
            symbol=market.symbols[column],
            session=market.sessions[at].item(),
            open_won=int(signal.open[at, column]),
            high_won=int(signal.high[at, column]),
            low_won=int(signal.low[at, column]),
            close_won=int(signal.close[at, column]),
            volume_shares=int(volume[at, column]),
        )
        for at in range(row + 1)
    ]
    assert figures_at(market, row, column) == symbol_figures(bars)
    assert market_figures_at(market, signal.close[:, column], row) == market_figures(bars)
    assert set(market_figures_at(market, None, row).values()) == {None}


def test_what_was_traded_is_told_in_the_won_of_its_day() -> None:
    market = market_of(90)
    # A split to come halves every adjusted price of the past; what was paid stays what it was.
    halved = replace(
        market,
        signal=replace(
            market.signal,
            **{name: getattr(market.signal, name) / 2 for name in ("open", "high", "low", "close")},
        ),
    )
    before = figures_at(market, 80, 1)[Fact.MEAN_VALUE_WON]
    assert before is not None
    assert figures_at(halved, 80, 1)[Fact.MEAN_VALUE_WON] == before


def test_a_short_history_or_an_untraded_day_makes_nothing_up() -> None:
    market = market_of(90, gaps=True)
    early = figures_at(market, SESSIONS_NEEDED // 4, 0)
    assert early[Fact.RETURN_60_BPS] is None
    assert early[Fact.MEAN_VALUE_WON] is None
    without = figures_at(market_of(90, with_volume=False), 80, 0)
    assert without[Fact.VOLUME_PERCENT] is without[Fact.MEAN_VALUE_WON] is None
    assert without[Fact.ATR_BPS] is not None


TRIED = on(Fact.RETURN_5_BPS, ">", 100)


def test_with_and_without_are_two_runs_on_the_same_bars() -> None:
    market = market_of()
    found = figures(market, TRIED)
    first = PARAMETERS.sessions_needed - 1
    plain = run_daily(market, rules(market), first)
    with_it = run_of(Ruled(market, rules(market), RuleSet((TRIED,))), first)
    assert (found.orders_without, found.orders_with) == (len(plain.trades), len(with_it.trades))
    assert found.without_bps == round((plain.nav[-1] / 5_000_000 - 1) * 10_000)
    assert found.with_bps == round((with_it.nav[-1] / 5_000_000 - 1) * 10_000)
    assert (found.first_day, found.last_day) == (
        market.sessions[first].item(),
        market.sessions[-1].item(),
    )
    assert found.outcomes > 0
    assert found.unknown == 0
    assert found.drawdown_with_bps < 0


def test_a_rule_that_sells_everything_is_seen_to_empty_the_account() -> None:
    leaving = on(Fact.HOLDING_DAYS, ">=", 2, **EXIT)
    found = figures(market_of(), leaving)
    assert found.held is not None
    assert found.held.recent is None
    assert found.held.whole.bare_bps == found.held.whole.before_bps > 5_000
    assert found.held.whole.after_bps < 2_000
    assert found.held.is_heavy
    assert found.held.is_halved
    plain = run_daily(market_of(), rules(market_of()), PARAMETERS.sessions_needed - 1)
    assert found.held.whole.bare_bps == round(plain.invested.mean() * 10_000)


def test_rules_that_each_take_less_than_half_are_seen_to_take_more_together() -> None:
    market = market_of(250)
    old = on(Fact.HOLDING_DAYS, ">=", 20, "R1", **EXIT)
    risen = on(Fact.GAIN_BPS, ">=", 300, "R2", **EXIT)
    alone, beside = figures(market, old).held, figures(market, risen, old).held
    assert alone is not None
    assert beside is not None
    # The strategy without any rule is the measure of both.
    assert alone.whole.bare_bps == alone.whole.before_bps == beside.whole.bare_bps
    assert alone.whole.after_bps == beside.whole.before_bps
    assert not alone.is_heavy
    assert beside.is_heavy
    assert not beside.is_halved


def test_what_is_held_in_the_last_year_is_told_by_itself() -> None:
    market = market_of(460)
    found = figures(market, TRIED).held
    assert found is not None
    assert found.recent is not None
    run = run_daily(market, rules(market), PARAMETERS.sessions_needed - 1)
    recent = run.sessions > run.sessions[-1] - np.timedelta64(365)
    assert 200 < recent.sum() < 300
    assert found.recent.bare_bps == round(run.invested[recent].mean() * 10_000)
    assert found.whole.bare_bps == round(run.invested.mean() * 10_000)


def test_years_in_which_no_order_could_be_filled_are_not_told_of() -> None:
    market = market_of()
    late = market.fillable.copy()
    late[:200] = False
    found = figures(replace(market, fillable=late), TRIED)
    assert found.first_day == market.sessions[200].item()
    assert found.windows[0].name == "2020-H2"
    nothing = replace(market, fillable=np.zeros_like(late))
    assert replayed(nothing, TRIED) == Missing(Unshown.NO_BARS)


def test_the_windows_are_whole_half_years_and_make_up_the_way() -> None:
    market = market_of()
    found = figures(market, TRIED)
    assert [item.name for item in found.windows] == ["2020-H1", "2020-H2", "2021-H1"]
    way = 1.0
    for item in found.windows:
        way *= 1 + item.without_bps / 10_000
    last = max(row for row, day in enumerate(market.sessions.astype(str)) if day < "2021-07-01")
    plain = run_daily(market, rules(market), PARAMETERS.sessions_needed - 1)
    nav = plain.nav[last - plain.first]
    assert way == pytest.approx(nav / 5_000_000, abs=0.0005)


def test_the_same_question_has_the_same_answer() -> None:
    assert replayed(market_of(), TRIED) == replayed(market_of(), TRIED)


def test_cutting_the_future_changes_no_window_before_it() -> None:
    market = market_of()
    whole = figures(market, TRIED)
    cut = SESSIONS - 90
    known = figures(market.until(cut), TRIED)
    assert known.windows
    assert known.windows == whole.windows[: len(known.windows)]
    assert known.outcomes <= whole.outcomes
    acted = ran(market, TRIED).acted
    before = [item for item in acted if item.row < cut - 1]
    assert [item for item in ran(market.until(cut), TRIED).acted if item.row < cut - 1] == before


def test_an_outcome_is_measured_as_trade_records_are() -> None:
    market = market_of()
    found = figures(market, TRIED)
    simulation = Ruled(market, rules(market), RuleSet((TRIED,), TRIED))
    run_of(simulation, PARAMETERS.sessions_needed - 1)
    rates = []
    for item in simulation.acted:
        ends = [
            row
            for row, day in enumerate(market.sessions)
            if item.row + 1 < len(market.sessions)
            and (day - market.sessions[item.row + 1]).astype(int) >= 30
        ]
        if ends:
            closes = market.signal.close[:, item.column]
            rates.append(Decimal(int(closes[ends[0]])) / Decimal(int(closes[item.row])) - 1)
    assert found.outcomes == len(rates)
    assert found.acted_mean_30_bps is not None
    mean = sum(rates, start=Decimal(0)) / len(rates)
    assert abs(Decimal(found.acted_mean_30_bps) - mean * 10_000) < 1
    assert found.acted_rose_percent == 100 * sum(rate > 0 for rate in rates) // len(rates)


def test_what_was_refused_for_want_of_a_fact_is_counted_apart() -> None:
    long = on(Fact.RETURN_60_BPS, ">", 19_000)
    short: dict[str, Any] = {"formation": 40, "skip": 0, "atr_period": 5}
    found = figures(market_of(), long, parameters=replace(PARAMETERS, **short))
    # At the first decisions 60 sessions are not there yet, and what is unknown is not bought.
    assert found.unknown > 0
    assert found.outcomes == 0
    assert found.acted_mean_30_bps is None


def test_what_would_have_been_bought_is_what_the_run_without_rules_buys() -> None:
    market = market_of()
    closes = market.signal.close[:, 2]
    found = past_purchases(market, rules(market), closes)
    assert not isinstance(found, Missing)
    first = PARAMETERS.sessions_needed - 1
    plain = run_daily(market, rules(market), first)
    days = [day.item() for day in market.sessions]
    # Decided on a close, traded in the session after it.
    traded = {days[item.row - 1] for item in plain.trades if item.shares > 0}
    assert {item.day for item in found} >= traded
    assert len(traded) > 5
    for item in found:
        row = days.index(item.day)
        column = next(
            at
            for at in range(len(market.symbols))
            if item.known == figures_at(market, row, at) | market_figures_at(market, closes, row)
        )
        assert item.price_won == int(market.order.close[row, column])
        assert item.worth_won > 0
        assert item.left_won < item.worth_won
    assert past_purchases(market.until(PARAMETERS.sessions_needed), rules(market), None) == (
        Missing(Unshown.NO_BARS)
    )


def test_purchases_before_a_day_do_not_change_by_what_comes_after_it() -> None:
    market = market_of()
    whole = past_purchases(market, rules(market), None)
    cut = past_purchases(market.until(SESSIONS - 90), rules(market), None)
    assert not isinstance(whole, Missing)
    assert not isinstance(cut, Missing)
    assert cut
    assert cut == whole[: len(cut)]


def test_what_the_bars_do_not_hold_is_said_and_no_figure_made() -> None:
    market = market_of(with_volume=False)
    thin = on(Fact.VOLUME_PERCENT, "<", 150)
    falling = on(Fact.MARKET_RETURN_20_BPS, "<", 0)
    missing = Missing(Unshown.NOT_STORED, (Fact.VOLUME_PERCENT,))
    assert replayed(market, thin) == missing
    # Also where another rule would block everything for want of it.
    assert replayed(market, TRIED, thin) == missing
    found = replay_rule(market, rules(market), falling, (), market_closes=None)
    assert found == Missing(Unshown.NOT_STORED, (Fact.MARKET_RETURN_20_BPS,))
    assert isinstance(replayed(market, falling), ReplayFigures)
    assert replayed(market.until(PARAMETERS.sessions_needed), TRIED) == Missing(Unshown.NO_BARS)

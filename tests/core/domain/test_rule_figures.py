"""The figures that rules compare, against what a person would compute from the same bars."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from core.domain.instrument import Symbol
from core.domain.market import Bar
from core.domain.rule_facts import FACT_TERMS, Fact
from core.domain.rule_figures import SESSIONS_NEEDED, market_figures, symbol_figures

KODEX = Symbol("069500")


def bar(number: int, close: int = 10_000, volume: int = 1_000, spread: int = 100) -> Bar:
    return Bar(
        symbol=KODEX,
        session=date(2025, 1, 1) + timedelta(days=number),
        open_won=close,
        high_won=close + spread,
        low_won=close - spread,
        close_won=close,
        volume_shares=volume,
    )


FLAT = [bar(number) for number in range(SESSIONS_NEEDED)]


def test_flat_bars() -> None:
    assert symbol_figures(FLAT) == {
        Fact.VOLUME_PERCENT: 100,
        Fact.MEAN_VALUE_WON: 10_000_000,
        Fact.RETURN_1_BPS: 0,
        Fact.RETURN_5_BPS: 0,
        Fact.RETURN_20_BPS: 0,
        Fact.RETURN_60_BPS: 0,
        Fact.ATR_BPS: 200,
        Fact.DRAWDOWN_60_BPS: 0,
        Fact.OVER_MEAN_60_BPS: 0,
    }
    assert market_figures(FLAT) == {
        Fact.MARKET_RETURN_20_BPS: 0,
        Fact.MARKET_OVER_MEAN_60_BPS: 0,
    }


def test_the_last_session_falls_by_a_tenth_on_double_volume() -> None:
    found = symbol_figures([*FLAT[1:], bar(99, 9_000, 2_000)])
    assert found[Fact.VOLUME_PERCENT] == 200
    assert found[Fact.MEAN_VALUE_WON] == (19 * 10_000_000 + 18_000_000) // 20
    assert found[Fact.RETURN_1_BPS] == found[Fact.RETURN_60_BPS] == -1_000
    assert found[Fact.DRAWDOWN_60_BPS] == -1_000
    # 9,000 against a mean of (59 × 10,000 + 9,000) / 60 = 9,983.3
    assert found[Fact.OVER_MEAN_60_BPS] == -985
    # Nineteen ranges of 200 and one of 10,000 − 8,900, over 9,000.
    assert found[Fact.ATR_BPS] == round((19 * 200 + 1_100) / 20 / 9_000 * 10_000)


@pytest.mark.parametrize(
    ("kept", "known"),
    [
        (1, set()),
        (2, {Fact.RETURN_1_BPS}),
        (20, {Fact.RETURN_1_BPS, Fact.RETURN_5_BPS, Fact.MEAN_VALUE_WON}),
        (60, set(symbol_figures(FLAT)) - {Fact.RETURN_60_BPS}),
        (61, set(symbol_figures(FLAT))),
    ],
)
def test_too_few_sessions_leave_a_figure_unknown(kept: int, known: set[Fact]) -> None:
    found = symbol_figures(FLAT[-kept:])
    assert {fact for fact, value in found.items() if value is not None} == known
    assert symbol_figures([]) == dict.fromkeys(found)


def test_zeros_are_no_prices_and_no_volumes() -> None:
    dead = [replace(item, close_won=0, low_won=0, volume_shares=0) for item in FLAT]
    found = symbol_figures(dead)
    assert {fact for fact, value in found.items() if value is not None} == {Fact.MEAN_VALUE_WON}
    assert set(market_figures(dead).values()) == {None}
    ended = symbol_figures([*FLAT[1:], replace(bar(99), close_won=0, low_won=0)])
    assert ended[Fact.RETURN_1_BPS] is None
    assert ended[Fact.ATR_BPS] is None


def test_every_fact_of_bars_has_a_figure() -> None:
    of_bars = {fact for fact, term in FACT_TERMS.items() if term.source == "bars"}
    assert of_bars == set(symbol_figures(FLAT)) | set(market_figures(FLAT))

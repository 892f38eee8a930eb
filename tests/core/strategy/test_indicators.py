from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
import talib

from core.domain.instrument import Symbol
from core.domain.market import Bar
from core.strategy.indicators import (
    above_monthly_mean,
    average_range_at,
    breadth,
    mean_value_won,
    roc_12_1,
    roc_at,
)
from core.strategy.panel import PricePanel, is_traded
from core.strategy.parameters import AtrMethod

START = date(2023, 1, 2)


def bar(day: int, o: int, h: int, low: int, c: int, volume: int = 10, code: str = "000001") -> Bar:
    return Bar(
        symbol=Symbol(code),
        session=START + timedelta(days=day),
        open_won=o,
        high_won=h,
        low_won=low,
        close_won=c,
        volume_shares=volume,
    )


def atr_of(bars: list[Bar], period: int) -> float:
    panel = PricePanel.from_bars({Symbol("000001"): bars}, date(2030, 1, 1))
    columns = (panel.high[:, 0], panel.low[:, 0], panel.close[:, 0], panel.traded[:, 0])
    last = np.array([len(bars) - 1])
    found = average_range_at(*columns, last, period=period, method=AtrMethod.WILDER)
    return float(found[0])


def test_roc_is_the_close_21_sessions_ago_over_the_close_252_sessions_ago() -> None:
    close = np.full((253, 1), 50.0)
    close[0], close[231], close[252] = 100.0, 130.0, 999.0
    assert roc_12_1(close, 252, 21)[0] == pytest.approx(0.30)


def test_roc_needs_one_session_more_than_the_formation() -> None:
    assert np.isnan(roc_12_1(np.full((252, 1), 1.0), 252, 21)[0])


def test_atr_by_hand() -> None:
    # True ranges: 20 (110-90), 30 (130-100), 15 (gap: |115-100| > 5)... worked out below.
    bars = [
        bar(0, 100, 105, 95, 100),
        bar(1, 100, 110, 90, 105),  # max(20, 10, 10) = 20
        bar(2, 110, 130, 100, 120),  # max(30, 25, 5) = 30
        bar(3, 100, 105, 95, 100),  # max(10, 15, 25) = 25
        bar(4, 140, 145, 140, 142),  # max(5, 45, 40) = 45
    ]
    # Seed: mean(20, 30, 25) = 25; then (25·2 + 45) / 3 = 31.666…
    assert atr_of(bars, 3) == pytest.approx(95 / 3)
    assert atr_of(bars[:4], 3) == pytest.approx(25)
    assert np.isnan(atr_of(bars[:3], 3))


def test_days_without_trades_do_not_enter_the_range() -> None:
    traded = [bar(day, 100, 110, 90, 100) for day in (0, 1, 3, 4)]
    gaps = [bar(2, 0, 0, 0, 100, 0), bar(5, 100, 100, 100, 100, 0)]
    assert atr_of(sorted([*traded, *gaps], key=lambda item: item.session), 3) == pytest.approx(20)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (bar(0, 0, 0, 0, 100, 0), False),
        (bar(0, 100, 100, 100, 100, 0), False),
        (bar(0, 100, 100, 100, 100, 7), True),
        (bar(0, 100, 110, 90, 100, 0), True),  # a source without volumes
    ],
)
def test_what_counts_as_traded(row: Bar, expected: bool) -> None:
    assert is_traded(row) is expected


def test_panel_aligns_carries_and_widens() -> None:
    panel = PricePanel.from_bars(
        {
            Symbol("000002"): [bar(1, 10, 10, 10, 12, code="000002")],
            Symbol("000001"): [bar(0, 5, 6, 4, 5), bar(2, 5, 6, 4, 5)],
            Symbol("000003"): [],
        },
        date(2030, 1, 1),
    )
    assert panel.symbols == (Symbol("000001"), Symbol("000002"))
    assert len(panel.sessions) == 3
    assert panel.close[:, 0].tolist() == [5, 5, 5]
    assert np.isnan(panel.close[0, 1])
    assert panel.close[2, 1] == 12
    assert (panel.high[1, 1], panel.low[1, 1]) == (12, 10)


def test_an_empty_panel_is_no_error() -> None:
    assert PricePanel.from_bars({}, date(2030, 1, 1)).symbols == ()


def test_breadth_counts_symbols_above_their_mean() -> None:
    up = [bar(day, 1, 2, 1, 10 + day) for day in range(5)]
    down = [bar(day, 1, 2, 1, 50 - day, code="000002") for day in range(5)]
    short = [bar(4, 1, 2, 1, 50, code="000003")]
    panel = PricePanel.from_bars(
        {Symbol("000001"): up, Symbol("000002"): down, Symbol("000003"): short}, date(2030, 1, 1)
    )
    assert breadth(panel, 5) == (1, 2)
    assert breadth(panel, 6) == (0, 0)


def random_bars(rows: int, seed: int = 4) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    dice = np.random.default_rng(seed)
    close = 10_000 * np.exp(np.cumsum(dice.normal(0, 0.02, rows)))
    opened = close * np.exp(dice.normal(0, 0.01, rows))
    high = np.maximum(opened, close) * (1 + dice.uniform(0, 0.02, rows))
    return high, np.minimum(opened, close) * (1 - dice.uniform(0, 0.02, rows)), close


@pytest.mark.parametrize("period", [2, 14, 20])
def test_wilder_is_talibs_atr(period: int) -> None:
    high, low, close = random_bars(600)
    expected = talib.ATR(high, low, close, timeperiod=period)
    rows = np.arange(600)
    found = average_range_at(
        high, low, close, np.ones(600, bool), rows, period=period, method=AtrMethod.WILDER
    )
    assert np.isnan(found[:period]).all()
    assert found == pytest.approx(expected, rel=1e-9, nan_ok=True)


def test_the_plain_mean_is_talibs_sma_of_its_true_range() -> None:
    high, low, close = random_bars(300)
    expected = talib.SMA(talib.TRANGE(high, low, close), timeperiod=20)
    found = average_range_at(
        high, low, close, np.ones(300, bool), np.arange(300), period=20, method=AtrMethod.SMA
    )
    assert found == pytest.approx(expected, rel=1e-9, nan_ok=True)


def test_the_score_is_talibs_roc_of_the_days_between_shifted_by_the_skip() -> None:
    _, _, close = random_bars(600)
    expected = np.full(600, np.nan)
    expected[21:] = talib.ROCP(close, timeperiod=231)[:-21]
    found = roc_at(close.reshape(-1, 1), np.arange(600), 252, 21)[:, 0]
    assert found == pytest.approx(expected, rel=1e-9, nan_ok=True)


def test_the_regime_is_the_close_above_the_mean_of_month_ends() -> None:
    # Month ends are the days 29 (30 January), 57 (28 February) ... of START = 2 January 2023.
    days = range(120)
    up = [bar(day, 1, 2, 1, 100 + day) for day in days]
    down = [bar(day, 1, 2, 1, 300 - day, code="000002") for day in days]
    late = [bar(day, 1, 2, 1, 100 + day, code="000003") for day in range(100, 120)]
    panel = PricePanel.from_bars(
        {Symbol("000001"): up, Symbol("000002"): down, Symbol("000003"): late}, date(2030, 1, 1)
    )
    assert above_monthly_mean(panel, 3).tolist() == [True, False, False]
    assert not above_monthly_mean(panel, 9).any()


def test_the_mean_value_counts_days_without_trades_as_nothing() -> None:
    rows = [bar(0, 9, 10, 9, 10, 100), bar(1, 10, 10, 10, 10, 0), bar(2, 9, 20, 9, 20, 100)]
    panel = PricePanel.from_bars({Symbol("000001"): rows}, date(2030, 1, 1))
    assert mean_value_won(panel, 3).tolist() == [1_000]

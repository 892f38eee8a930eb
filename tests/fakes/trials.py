"""One answer of a backtest, for whoever words it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from core.ports.backtests import BacktestAnswer, BacktestFigures

FIGURES = BacktestFigures(
    final_won=1_234_567,
    total_return=0.2345,
    cagr=0.05,
    volatility=None,
    sharpe=None,
    max_drawdown=-0.125,
)
ANSWER = BacktestAnswer(
    first=date(2020, 1, 2),
    last=date(2023, 2, 28),
    ours=FIGURES,
    benchmark=replace(FIGURES, sharpe=0.514),
    orders=12,
    fees_won=1_000,
    taxes_won=0,
    warnings=("표본이 짧습니다.",),
    png=b"\x89PNG",
)

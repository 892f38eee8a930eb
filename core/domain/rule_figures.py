"""The facts of one symbol from its daily bars, in whole numbers, as the rules compare them.

Standard library only: an idle process computes them for one order, and the backtest with the same
function for each decision of the past.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from math import floor

from core.domain.market import Bar
from core.domain.rule_facts import Fact

MEAN_SESSIONS = 20
LONG_SESSIONS = 60
# The longest of them, and the session before it.
SESSIONS_NEEDED = LONG_SESSIONS + 1
_BPS = 10_000


def symbol_figures(bars: Sequence[Bar]) -> dict[Fact, int | None]:
    """Return the figures of finished adjusted bars, oldest first; None where there are too few.

    Closes and volumes of zero are what a broker says for nothing: a figure over one is unknown.
    """
    closes = [bar.close_won for bar in bars]
    return {
        Fact.VOLUME_PERCENT: _volume_percent([bar.volume_shares for bar in bars]),
        Fact.MEAN_VALUE_WON: _mean_value(bars),
        Fact.RETURN_1_BPS: _return_bps(closes, 1),
        Fact.RETURN_5_BPS: _return_bps(closes, 5),
        Fact.RETURN_20_BPS: _return_bps(closes, MEAN_SESSIONS),
        Fact.RETURN_60_BPS: _return_bps(closes, LONG_SESSIONS),
        Fact.ATR_BPS: _range_bps(bars),
        Fact.DRAWDOWN_60_BPS: _drawdown_bps(closes),
        Fact.OVER_MEAN_60_BPS: _over_mean_bps(closes),
    }


def market_figures(bars: Sequence[Bar]) -> dict[Fact, int | None]:
    """Return the same of the market's bars (KODEX 200)."""
    closes = [bar.close_won for bar in bars]
    return {
        Fact.MARKET_RETURN_20_BPS: _return_bps(closes, MEAN_SESSIONS),
        Fact.MARKET_OVER_MEAN_60_BPS: _over_mean_bps(closes),
    }


def size_figures(
    amount_won: int, *, worth_won: int | None, held_won: int, left_won: int | None
) -> dict[Fact, int | None]:
    """Return the facts that a larger purchase changes; a weight is rounded up, cash down.

    `worth_won` is the money that is managed, `held_won` what is held of the symbol already, and
    `left_won` the cash after the purchase and its fee; None where one is not known.
    """
    held = held_won + amount_won
    worth = worth_won if worth_won is not None and worth_won > 0 else None
    return {
        Fact.ORDER_AMOUNT_WON: amount_won,
        Fact.WEIGHT_AFTER_BPS: None if worth is None else -(-held * _BPS // worth),
        Fact.CASH_AFTER_BPS: None
        if worth is None or left_won is None
        else left_won * _BPS // worth,
    }


def holding_figures(
    close_won: int, cost_won: Decimal, day: date, begun: date | None
) -> dict[Fact, int | None]:
    """Return the facts of one holding on `day`: its gain at the last close, and how old it is."""
    return {
        # Rounded down: a loss is never told smaller than it is.
        Fact.GAIN_BPS: floor((close_won / cost_won - 1) * _BPS) if cost_won > 0 else None,
        Fact.HOLDING_DAYS: None if begun is None else (day - begun).days,
    }


def _return_bps(closes: Sequence[int], sessions: int) -> int | None:
    if len(closes) <= sessions or closes[-1 - sessions] < 1 or closes[-1] < 1:
        return None
    return _rounded(Fraction(closes[-1], closes[-1 - sessions]) - 1)


def _volume_percent(volumes: Sequence[int]) -> int | None:
    """Return the last session's volume as a share of the mean of the sessions before it."""
    before = volumes[-1 - MEAN_SESSIONS : -1]
    total = sum(before)
    if len(before) < MEAN_SESSIONS or total < 1:
        return None
    return volumes[-1] * MEAN_SESSIONS * 100 // total


def _mean_value(bars: Sequence[Bar]) -> int | None:
    window = bars[-MEAN_SESSIONS:]
    if len(window) < MEAN_SESSIONS:
        return None
    return sum(bar.close_won * bar.volume_shares for bar in window) // MEAN_SESSIONS


def _range_bps(bars: Sequence[Bar]) -> int | None:
    """Return the plain mean of the last true ranges over the last close (Wilder 1978, unsmoothed)."""
    window = bars[-1 - MEAN_SESSIONS :]
    if len(window) <= MEAN_SESSIONS or min(bar.low_won for bar in window) < 1:
        return None
    total = sum(
        max(
            bar.high_won - bar.low_won,
            abs(bar.high_won - before.close_won),
            abs(bar.low_won - before.close_won),
        )
        for before, bar in pairwise(window)
    )
    return _rounded(Fraction(total, MEAN_SESSIONS * max(window[-1].close_won, 1)))


def _drawdown_bps(closes: Sequence[int]) -> int | None:
    window = closes[-LONG_SESSIONS:]
    if len(window) < LONG_SESSIONS or min(window) < 1:
        return None
    return _rounded(Fraction(window[-1], max(window)) - 1)


def _over_mean_bps(closes: Sequence[int]) -> int | None:
    window = closes[-LONG_SESSIONS:]
    if len(window) < LONG_SESSIONS or min(window) < 1:
        return None
    return _rounded(Fraction(window[-1] * LONG_SESSIONS, sum(window)) - 1)


def _rounded(ratio: Fraction) -> int:
    """Return basis points, half a point to the even one."""
    return round(ratio * _BPS)

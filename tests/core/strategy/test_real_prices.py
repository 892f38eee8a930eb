"""The whole decision on real KRX prices, where they are at hand."""

from __future__ import annotations

import csv
import gzip
from datetime import date
from pathlib import Path

import pytest

from core.domain.costs import CostModel
from core.domain.instrument import Instrument, Symbol
from core.domain.market import Bar
from core.strategy.decide import decide
from core.strategy.panel import PricePanel
from core.strategy.parameters import Parameters
from core.strategy.situation import Situation

PRICES = (
    Path(__file__).parents[3]
    / ".."
    / "shared"
    / "data"
    / "krx"
    / "etf_raw_ohlcv_nav_2020_2024.csv.gz"
)
FIRST, LAST = "2020-01-01", "2021-12-31"


@pytest.fixture(scope="module")
def bars() -> dict[Symbol, list[Bar]]:
    found: dict[Symbol, list[Bar]] = {}
    with gzip.open(PRICES, "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if FIRST <= row["date"] <= LAST:
                code = Symbol(row["symbol"])
                found.setdefault(code, []).append(
                    Bar(
                        symbol=code,
                        session=date.fromisoformat(row["date"]),
                        open_won=int(row["open"]),
                        high_won=int(row["high"]),
                        low_won=int(row["low"]),
                        close_won=int(row["close"]),
                        volume_shares=int(row["volume"]),
                    )
                )
    return {code: sorted(rows, key=lambda bar: bar.session) for code, rows in found.items()}


@pytest.mark.skipif(not PRICES.is_file(), reason="the shared KRX prices are not on this machine")
@pytest.mark.parametrize("decided_on", [date(2021, 1, 29), date(2021, 6, 30), date(2021, 11, 30)])
def test_a_million_won_is_invested_in_the_best_by_their_own_returns(
    bars: dict[Symbol, list[Bar]], decided_on: date
) -> None:
    known = {
        code: [bar for bar in rows if bar.session <= decided_on][-253:]
        for code, rows in bars.items()
    }
    whole = {code: rows for code, rows in known.items() if len(rows) == 253}
    decision = decide(
        Situation(
            instruments=tuple(Instrument(symbol=code, name=code) for code in whole),
            panel=PricePanel.from_bars(whole, decided_on),
            closes={code: rows[-1].close_won for code, rows in whole.items()},
            holdings=(),
            cash_won=1_000_000,
            day=decided_on,
            decided_on=decided_on,
            is_rebalance=True,
        ),
        Parameters(),
        CostModel(),
    )
    returns = {code: rows[-22].close_won / rows[0].close_won - 1 for code, rows in whole.items()}
    best = sorted(returns, key=lambda code: -returns[code])[:4]
    assert [item.symbol for item in decision.rankings][:4] == best
    assert {item.symbol for item in decision.actions} <= set(best)
    spent = sum(item.quantity * item.price_won for item in decision.actions)
    assert 900_000 < spent <= 970_000

"""Four years of real KRX closes: the ledger agrees with another reckoning, and looks at no tomorrow.

Raw closes and closes adjusted for splits and distributions come from two independent files. The
strategy is a stand-in (the best of six months, once a month, cut by a stand-in of the model); what
is tested is the reckoning.
"""

from __future__ import annotations

import csv
import gzip
import random
from datetime import date, datetime, time
from fractions import Fraction
from pathlib import Path

import pytest

from core.domain.closes import Close
from core.domain.costs import CostModel
from core.domain.instrument import Symbol, TaxType
from core.domain.krx import KST
from core.domain.orders import Side
from core.domain.plan_review import PlanLine, ReviewState
from core.domain.purse import turns_of
from core.domain.what_if import Course, Deal, History, Origin, Start, StoredPlan, Terms
from core.domain.what_if_replay import replayed
from core.domain.what_if_verdict import ModelWorth, what_if_of
from tests.core.domain.what_if_cases import cut
from tests.core.domain.what_if_judge import judged

FOLDER = Path(__file__).parents[2] / ".." / "shared" / "data" / "krx"
RAW = FOLDER / "etf_raw_ohlcv_nav_2020_2024.csv.gz"
ADJUSTED = FOLDER / "etf_adjusted_ohlc_2014_2023.csv.gz"
INDEX = Symbol("069500")
LOOK_BACK, HELD, CASH = 120, 3, 1_000_000
TERMS = Terms(costs=CostModel(), tax_types={INDEX: TaxType.EXEMPT}, index=INDEX, deposit_bps=250)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.untraced,
    pytest.mark.skipif(
        not (RAW.is_file() and ADJUSTED.is_file()),
        reason="the shared KRX prices are not on this machine",
    ),
]


def read(path: Path) -> dict[Symbol, dict[date, int]]:
    found: dict[Symbol, dict[date, int]] = {}
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            day, close = date.fromisoformat(row["date"]), round(float(row["close"]))
            if date(2020, 1, 1) <= day <= date(2023, 12, 31) and close > 0:
                found.setdefault(Symbol(row["symbol"]), {})[day] = close
    return found


@pytest.fixture(scope="module")
def closes() -> dict[Symbol, tuple[Close, ...]]:
    raw, adjusted = read(RAW), read(ADJUSTED)
    paths = {
        symbol: tuple(
            Close(day, close, adjusted[symbol][day])
            for day, close in sorted(raw[symbol].items())
            if day in adjusted[symbol]
        )
        for symbol in sorted(raw.keys() & adjusted.keys())
    }
    found = {symbol: path for symbol, path in paths.items() if len(path) > 900}
    assert INDEX in found
    return found


def history(closes: dict[Symbol, tuple[Close, ...]]) -> History:
    """The best of six months, once a month; a person presses two of three, a model halves some."""
    dice = random.Random(20_261_127)
    sessions = [close.session for close in closes[INDEX]]
    by_day = {symbol: {one.session: one for one in path} for symbol, path in closes.items()}
    held: dict[Symbol, int] = {}
    deals: list[Deal] = []
    plans: list[StoredPlan] = []
    for place in range(LOOK_BACK + 1, len(sessions)):
        day, before = sessions[place], sessions[place - 1]
        for symbol in list(held):
            turn = turns_of([one for one in closes[symbol] if before <= one.session <= day])
            if day in turn:
                held[symbol] = int(held[symbol] * turn[day].ratio)
        if day.month == before.month:
            continue
        known = {one: path[before] for one, path in by_day.items() if before in path}
        past = sessions[place - LOOK_BACK]
        ranked = sorted(
            (one for one in known if past in by_day[one]),
            key=lambda one: -known[one].adjusted_won / by_day[one][past].adjusted_won,
        )
        lines = [
            PlanLine(
                symbol=symbol,
                side=side,
                rule="",
                price_won=known[symbol].raw_won,
                planned=shares,
                followed=shares if dice.random() < 0.7 else shares // 2,
                reason="",
            )
            for symbol, side, shares in _wanted(ranked[:HELD], held, known)
        ]
        plans.append(
            StoredPlan(
                day=day,
                is_rebalance=True,
                state=ReviewState.REVIEWED,
                lines=tuple(lines),
                closes={one: known[one].raw_won for one in ranked},
            )
        )
        for line in sorted(lines, key=lambda one: one.side is Side.BUY):
            pressed = line.side is Side.SELL or dice.random() < 2 / 3
            if line.followed:
                deals.append(_deal(line, day, is_real=pressed))
            if line.followed and pressed:
                sign = 1 if line.side is Side.BUY else -1
                held[line.symbol] = held.get(line.symbol, 0) + sign * line.followed
    start = sessions[LOOK_BACK]
    return History(
        start=Start(day=start, cash_won=CASH, holdings=()),
        sessions=tuple(sessions[LOOK_BACK + 1 :]),
        deals=tuple(deals),
        plans=tuple(plans),
        flows={sessions[300]: 200_000, sessions[700]: -150_000},
        closes=closes,
        recorded={},
        model_milliwon={plan.day: 50_000 for plan in plans},
    )


def _wanted(best, held, known):
    for symbol, shares in held.items():
        if shares and symbol not in best and symbol in known:
            yield symbol, Side.SELL, shares
    for symbol in best:
        want = CASH // (HELD + 1) // known[symbol].raw_won - held.get(symbol, 0)
        if want > 0:
            yield symbol, Side.BUY, want


def _deal(line: PlanLine, day: date, *, is_real: bool) -> Deal:
    return Deal(
        key=f"{day}-{line.symbol}",
        at=datetime.combine(day, time(9, 5), tzinfo=KST),
        session=day,
        symbol=line.symbol,
        side=line.side,
        shares=line.followed,
        price_won=Fraction(line.price_won),
        origin=Origin.PROPOSAL,
        is_real=is_real,
    )


def test_another_reckoning_of_four_years_agrees_to_the_won(closes) -> None:
    whole = history(closes)
    ledger, judge = replayed(whole, TERMS), judged(whole, TERMS)
    for course in Course:
        ours = [
            (day.points[course].worth_won, day.points[course].paid_in_won) for day in ledger.days
        ]
        assert ours == judge[course], course
    paid = [turn for path in closes.values() for turn in turns_of(path).values() if turn.paid_won]
    # It met what it is about: years, many distributions, declined and pressed proposals.
    assert len(ledger.days) > 800
    assert len(paid) > 50
    assert {deal.is_real for deal in whole.deals} == {True, False}


def test_a_cut_after_any_quarter_changes_nothing_before_it(closes) -> None:
    whole = history(closes)
    days = replayed(whole, TERMS).days
    for sessions in range(60, len(days), 61):
        assert replayed(cut(whole, sessions), TERMS).days == days[:sessions]


def test_kodex_200_is_what_its_adjusted_closes_say(closes) -> None:
    """A fund that is only held: its total return, less fees, the tax of its distributions and cash."""
    whole = history(closes)
    flowless = History(
        **{**{name: getattr(whole, name) for name in History.__slots__}, "flows": {}, "deals": ()}
    )
    ledger = replayed(flowless, TERMS)
    made = ledger.profit(ledger.days[-1], Course.INDEX)
    path = [one for one in closes[INDEX] if one.session >= whole.sessions[0]]
    gain = CASH * (Fraction(path[-1].adjusted_won, path[0].adjusted_won) - 1)
    assert made is not None
    # Short by what idles below the price of a share, and by the tax of what was paid out.
    assert gain - CASH * 3 // 100 < made < gain
    found = what_if_of(whole, replayed(whole, TERMS))
    assert found is not None
    assert found.sessions > 800
    assert found.model.looks > 35
    # A stand-in that halves at random is not told from chance, or has not earned its cost.
    assert found.model.worth in (ModelWorth.OPEN, ModelWorth.NOT_EARNED)
    index = next(line for line in found.lines if line.course is Course.INDEX)
    assert index.more_band is not None
    assert index.more_won is not None
    assert index.more_band.low_won < index.more_won < index.more_band.high_won

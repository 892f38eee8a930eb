from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.instrument import Instrument, Symbol
from core.domain.krx import KST
from core.domain.market import Bar
from core.domain.market_analysis import (
    BrokerView,
    Gap,
    IndexFigure,
    MarketAnalysis,
    Mover,
    Sentiment,
    Source,
    Strength,
    analysed,
    change_bps,
    mean_absolute,
    moves_of,
)
from core.domain.money import Won
from core.domain.ranking import ChangeRank, VolumeRank
from tests.fakes.flat_bar import flat_bar

SESSION = date(2026, 11, 26)
AT = datetime(2026, 11, 27, 8, 0, tzinfo=KST)


def code(number: int) -> Symbol:
    return Symbol(f"{100_000 + number}")


def mover(number: int, *, change: int = 0, volume: int = 1_000) -> Mover:
    return Mover(
        symbol=code(number),
        name=f"ETF {number}",
        price_won=10_000,
        change_bps=change,
        volume_shares=volume,
    )


def volume_rank(number: int, *, volume: int = 500) -> VolumeRank:
    return VolumeRank(
        rank=number,
        code=code(number),
        name="the broker's name",
        price_won=Won(9_900),
        change_won=-100,
        change_percent=Decimal("-1.00"),
        volume_shares=volume,
        average_shares=None,
        increase_percent=None,
        turnover_won=None,
    )


def change_rank(number: int, percent: str = "-1.23") -> ChangeRank:
    return ChangeRank(
        rank=number,
        code=code(number),
        name="the broker's name",
        price_won=Won(9_900),
        change_won=-100,
        change_percent=Decimal(percent),
        volume_shares=500,
        days=-1,
    )


def of(moves: list[Mover], broker: BrokerView | None = None, *held: Symbol) -> MarketAnalysis:
    return analysed(moves, set(held), broker or BrokerView(), session=SESSION, taken_at=AT)


def bar(symbol: Symbol, day: date, close: int, volume: int = 7) -> Bar:
    return flat_bar(symbol, day, close, volume)


def test_moves_are_of_the_last_two_bars_with_the_raw_close_shown() -> None:
    universe = [Instrument(symbol=code(n), name=f"ETF {n}") for n in range(4)]
    before = SESSION - timedelta(days=1)
    bars = {
        code(0): [bar(code(0), before, 10_000), bar(code(0), SESSION, 10_150, 42)],
        code(1): [bar(code(1), SESSION, 10_000)],
        code(2): [bar(code(2), before, 0), bar(code(2), SESSION, 10)],
    }
    found = moves_of(universe, bars, {code(0): 20_300})
    assert found == (
        Mover(symbol=code(0), name="ETF 0", price_won=20_300, change_bps=150, volume_shares=42),
    )
    assert moves_of(universe[:1], bars, {})[0].price_won == 10_150


@pytest.mark.parametrize(
    ("before", "after", "bps"),
    [(10_000, 10_150, 150), (30_000, 29_999, 0), (3, 2, -3_333), (1, 3, 20_000)],
)
def test_changes_round_towards_zero(before: int, after: int, bps: int) -> None:
    assert change_bps(before, after) == bps


def test_volatility_is_the_mean_absolute_change_of_the_holdings() -> None:
    moves = [mover(1, change=120), mover(2, change=-60), mover(3, change=900)]
    found = of(moves, None, code(1), code(2), Symbol("999999"))
    assert (found.volatility_bps, found.volatility_of) == (90, 2)
    nothing_held = of(moves)
    assert (nothing_held.volatility_bps, nothing_held.volatility_of) == (None, 0)


@given(st.lists(st.integers(-3_000, 3_000), max_size=12))
def test_the_mean_lies_between_the_smallest_and_the_largest_move(changes: list[int]) -> None:
    found = mean_absolute(changes)
    if not changes:
        assert found is None
    else:
        sizes = [abs(change) for change in changes]
        assert found is not None
        assert min(sizes) <= found <= max(sizes)


@pytest.mark.parametrize(
    ("rising", "known", "sentiment"),
    [
        (7, 10, Sentiment.BULLISH),
        (69, 100, Sentiment.NEUTRAL),
        (31, 100, Sentiment.NEUTRAL),
        (3, 10, Sentiment.BEARISH),
        (0, 10, Sentiment.BEARISH),
        (0, 0, Sentiment.UNKNOWN),
    ],
)
def test_sentiment_turns_at_70_and_30_percent(
    rising: int, known: int, sentiment: Sentiment
) -> None:
    # Unchanged ones did not rise.
    moves = [mover(n, change=1 if n < rising else 0) for n in range(known)]
    found = of(moves)
    assert (found.rising, found.known, found.sentiment) == (rising, known, sentiment)


def test_rankings_are_from_our_bars_where_the_broker_ranks_too_little_of_the_universe() -> None:
    moves = [mover(n, change=n * 10 - 60, volume=n) for n in range(12)]
    broker = BrokerView(by_volume=(volume_rank(3),), falling=(change_rank(3),))
    found = of(moves, broker)
    assert (found.by_volume.source, found.by_volume.gap) == (Source.BARS, Gap.TOO_FEW)
    assert [item.symbol for item in found.by_volume.rows] == [code(n) for n in range(11, 1, -1)]
    assert (found.decliners.source, found.decliners.gap) == (Source.BARS, Gap.TOO_FEW)
    assert [item.change_bps for item in found.decliners.rows] == [-60, -50, -40, -30, -20, -10]


def test_why_the_broker_was_not_asked_is_kept() -> None:
    broker = BrokerView(volume_gap=Gap.NOT_OFFERED, falling_gap=Gap.FAILED)
    found = of([mover(1)], broker)
    assert (found.by_volume.gap, found.decliners.gap) == (Gap.NOT_OFFERED, Gap.FAILED)
    assert found.decliners.rows == ()


def test_the_brokers_ranking_counts_when_it_fills_the_list_under_our_own_names() -> None:
    moves = [mover(n) for n in range(3)]
    stranger = volume_rank(77)
    broker = BrokerView(
        by_volume=(stranger, *(volume_rank(n) for n in (2, 0, 1))),
        falling=tuple(change_rank(n) for n in (1, 2, 0)),
    )
    found = of(moves, broker)
    assert (found.by_volume.source, found.by_volume.gap) == (Source.BROKER, Gap.NONE)
    assert [item.symbol for item in found.by_volume.rows] == [code(2), code(0), code(1)]
    first = found.by_volume.rows[0]
    assert (first.name, first.price_won, first.change_bps) == ("ETF 2", 9_900, -100)
    assert found.decliners.source is Source.BROKER
    assert [item.change_bps for item in found.decliners.rows] == [-123] * 3


def test_a_ranking_of_shares_that_nobody_traded_is_none() -> None:
    broker = BrokerView(by_volume=(volume_rank(1, volume=0),), falling=(change_rank(1, "0.00"),))
    found = of([mover(1)], broker)
    assert (found.by_volume.source, found.decliners.source) == (Source.BARS, Source.BARS)


def test_an_empty_universe_ranks_nothing() -> None:
    found = of([])
    assert (found.by_volume.rows, found.by_volume.source) == ((), Source.BARS)


def test_what_only_the_broker_knows_is_taken_as_it_is() -> None:
    strength = Strength(symbol=code(1), name="ETF 1", percent=Decimal("112.30"))
    kospi = IndexFigure(level=Decimal("2650.12"), change_percent=Decimal("0.53"), at=AT)
    broker = BrokerView(strengths=(strength,), kospi=kospi)
    found = of([mover(1)], broker)
    assert (found.strengths, found.kospi) == ((strength,), kospi)
    assert (found.session, found.taken_at) == (SESSION, AT)
    assert (found.strength_gap, found.kospi_gap) == (Gap.NONE, Gap.NONE)

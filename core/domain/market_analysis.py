"""What the market looks like before a decision, each figure with where it comes from.

Sources of the figures: the user's own document on the trading graph (node 2). Two readings of it
are ours: rankings are of the universe, because nothing else is traded, and the sentiment is of the
universe too, because the few holdings of a small account are no market.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from fractions import Fraction

from core.domain.instrument import Instrument, Symbol
from core.domain.market import Bar
from core.domain.ranking import ChangeRank, VolumeRank

RANKS_SHOWN = 10
BULLISH_FROM_PERCENT = 70
BEARISH_TO_PERCENT = 30
_BPS = 10_000


class Source(Enum):
    """Where a ranking comes from: the broker as it stands, or our own bars of finished sessions."""

    BROKER = "broker"
    BARS = "bars"


class Gap(Enum):
    """Why a figure is missing, or was not taken from the broker."""

    NONE = "none"
    NOT_OFFERED = "not_offered"
    FAILED = "failed"
    # The broker ranks everything that is listed, and too little of the universe is among it.
    TOO_FEW = "too_few"
    NO_HOLDINGS = "no_holdings"


class Sentiment(Enum):
    """How much of the universe rose."""

    BULLISH = "bullish"
    NEUTRAL = "neutral"
    BEARISH = "bearish"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mover:
    """One instrument: price in won, change against the close before in basis points, shares."""

    symbol: Symbol
    name: str
    price_won: int
    change_bps: int
    volume_shares: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Movers:
    """A ranking, first rank first. `gap` says why it is from bars and not from the broker."""

    rows: tuple[Mover, ...]
    source: Source
    gap: Gap = Gap.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Strength:
    """체결강도 of one holding in percent as the broker states it: 100 is even."""

    symbol: Symbol
    name: str
    percent: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexFigure:
    """An index as the broker stated it at `at`."""

    level: Decimal
    change_percent: Decimal
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerView:
    """What the broker was asked for, as far as it answered; each gap says why there is nothing."""

    by_volume: tuple[VolumeRank, ...] = ()
    volume_gap: Gap = Gap.NONE
    falling: tuple[ChangeRank, ...] = ()
    falling_gap: Gap = Gap.NONE
    strengths: tuple[Strength, ...] = ()
    strength_gap: Gap = Gap.NONE
    kospi: IndexFigure | None = None
    kospi_gap: Gap = Gap.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketAnalysis:
    """The market before a decision, and the snapshot that is kept with every trade of it.

    Figures from bars are of `session`, those from the broker of `taken_at`. `volatility_bps` is the
    mean absolute change of the `volatility_of` holdings whose bars are known, None without any.
    `rising` of `known` instruments of the universe closed higher than the session before.
    """

    session: date
    taken_at: datetime
    by_volume: Movers
    decliners: Movers
    strengths: tuple[Strength, ...]
    strength_gap: Gap
    kospi: IndexFigure | None
    kospi_gap: Gap
    volatility_bps: int | None
    volatility_of: int
    rising: int
    known: int

    @property
    def sentiment(self) -> Sentiment:
        """Bullish from 70 % rising on, bearish up to 30 %; unchanged ones did not rise."""
        if self.known < 1:
            return Sentiment.UNKNOWN
        if self.rising * 100 >= self.known * BULLISH_FROM_PERCENT:
            return Sentiment.BULLISH
        if self.rising * 100 <= self.known * BEARISH_TO_PERCENT:
            return Sentiment.BEARISH
        return Sentiment.NEUTRAL


def analysed(
    moves: Sequence[Mover],
    holdings: Collection[Symbol],
    broker: BrokerView,
    *,
    session: date,
    taken_at: datetime,
) -> MarketAnalysis:
    """Return the analysis. `moves` are those of the universe, from our own bars."""
    held = [item.change_bps for item in moves if item.symbol in holdings]
    return MarketAnalysis(
        session=session,
        taken_at=taken_at,
        by_volume=_by_volume(moves, broker),
        decliners=_decliners(moves, broker),
        strengths=broker.strengths,
        strength_gap=broker.strength_gap,
        kospi=broker.kospi,
        kospi_gap=broker.kospi_gap,
        volatility_bps=mean_absolute(held),
        volatility_of=len(held),
        rising=sum(item.change_bps > 0 for item in moves),
        known=len(moves),
    )


def moves_of(
    universe: Iterable[Instrument],
    bars: Mapping[Symbol, Sequence[Bar]],
    closes: Mapping[Symbol, int],
) -> tuple[Mover, ...]:
    """Return the last session's move of each instrument with two bars.

    `bars` are adjusted, so that a split is no move; `closes` are the raw closes that are shown.
    """
    found = []
    for item in universe:
        last_two = bars.get(item.symbol, ())[-2:]
        if len(last_two) < 2 or last_two[0].close_won < 1:  # noqa: PLR2004 - a change takes two
            continue
        before, last = last_two
        found.append(
            Mover(
                symbol=item.symbol,
                name=item.name,
                price_won=closes.get(item.symbol, last.close_won),
                change_bps=change_bps(before.close_won, last.close_won),
                volume_shares=last.volume_shares,
            )
        )
    return tuple(found)


def change_bps(before_won: int, after_won: int) -> int:
    """Return the change in basis points, rounded towards zero. `before_won` is positive."""
    return int(Fraction((after_won - before_won) * _BPS, before_won))


def mean_absolute(changes_bps: Sequence[int]) -> int | None:
    """Return the mean of the absolute changes, rounded to a basis point; None for none."""
    if not changes_bps:
        return None
    return round(Fraction(sum(abs(change) for change in changes_bps), len(changes_bps)))


def _by_volume(moves: Sequence[Mover], broker: BrokerView) -> Movers:
    # Before the open a broker may rank shares that nobody has traded yet.
    ranked = [row for row in broker.by_volume if row.volume_shares > 0]
    found = _of_universe(moves, ranked)
    if len(found) >= _wanted(moves):
        return Movers(rows=found, source=Source.BROKER)
    rows = sorted(moves, key=lambda item: (-item.volume_shares, item.symbol))
    gap = Gap.TOO_FEW if broker.volume_gap is Gap.NONE else broker.volume_gap
    return Movers(rows=tuple(rows[:RANKS_SHOWN]), source=Source.BARS, gap=gap)


def _decliners(moves: Sequence[Mover], broker: BrokerView) -> Movers:
    found = _of_universe(moves, [row for row in broker.falling if row.change_percent < 0])
    if len(found) >= _wanted(moves):
        return Movers(rows=found, source=Source.BROKER)
    fallen = [item for item in moves if item.change_bps < 0]
    rows = sorted(fallen, key=lambda item: (item.change_bps, item.symbol))
    gap = Gap.TOO_FEW if broker.falling_gap is Gap.NONE else broker.falling_gap
    return Movers(rows=tuple(rows[:RANKS_SHOWN]), source=Source.BARS, gap=gap)


def _wanted(moves: Sequence[Mover]) -> int:
    """Return how many ranks make a ranking; an empty universe has none that would do."""
    return max(min(RANKS_SHOWN, len(moves)), 1)


def _of_universe(
    moves: Sequence[Mover], ranked: Sequence[VolumeRank | ChangeRank]
) -> tuple[Mover, ...]:
    """Return the rows of the universe in the broker's order, under our own names."""
    ours = {str(item.symbol): item for item in moves}
    return tuple(
        Mover(
            symbol=ours[row.code].symbol,
            name=ours[row.code].name,
            price_won=row.price_won,
            change_bps=int(row.change_percent * 100),
            volume_shares=row.volume_shares,
        )
        for row in ranked
        if row.code in ours
    )[:RANKS_SHOWN]

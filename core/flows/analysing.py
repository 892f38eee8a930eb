"""The market analysis of step 3: the broker's rankings and index, and our own bars for the rest."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, TypeVar

import structlog

from core.domain.account import Portfolio, Position
from core.domain.instrument import Symbol
from core.domain.market_analysis import (
    BrokerView,
    Gap,
    IndexFigure,
    MarketAnalysis,
    Strength,
    analysed,
    moves_of,
)
from core.domain.market_index import MarketIndex
from core.domain.order_book import Trade
from core.domain.ranking import Direction, VolumeOrder
from core.errors import BrokerError, NotOfferedHere
from core.flows.kit import CycleKit

if TYPE_CHECKING:
    from core.flows.gathering import LoadedBars

_LOG = structlog.get_logger(__name__)
# Host seconds for one figure, retries and pacing included: none of them is worth a late basket.
FIGURE_SECONDS_MAX = 20.0
STRENGTHS_MAX = 10
T = TypeVar("T")


async def analyse(
    kit: CycleKit, portfolio: Portfolio, bars: LoadedBars, session: date
) -> MarketAnalysis:
    """Return the analysis. What the broker does not offer or answer is a gap, never a failure."""
    universe = kit.desk.market.instruments()[: kit.rules.parameters.universe_max]
    taken_at = kit.rules.clock.now()
    held = [item for item in portfolio.account.positions if item.quantity > 0]
    view = await _rankings(kit)
    view = await _with_kospi(kit, view)
    view = await _with_strengths(kit, view, held)
    return analysed(
        moves_of(universe, bars.adjusted, bars.closes),
        {item.symbol for item in held},
        view,
        session=session,
        taken_at=taken_at,
    )


async def _rankings(kit: CycleKit) -> BrokerView:
    source = kit.sources.market_data
    volume, volume_gap = await _asked(
        "volume_ranking", lambda: source.volume_ranking(VolumeOrder.SHARES)
    )
    falling, falling_gap = await _asked(
        "change_ranking", lambda: source.change_ranking(Direction.DOWN)
    )
    return BrokerView(
        by_volume=volume or (),
        volume_gap=volume_gap,
        falling=falling or (),
        falling_gap=falling_gap,
    )


async def _with_kospi(kit: CycleKit, view: BrokerView) -> BrokerView:
    level, gap = await _asked("index", lambda: kit.sources.market_data.index(MarketIndex.KOSPI))
    if level is None:
        return replace(view, kospi_gap=gap)
    figure = IndexFigure(
        level=level.level, change_percent=level.change_percent, at=level.received_at
    )
    return replace(view, kospi=figure)


async def _with_strengths(kit: CycleKit, view: BrokerView, held: Sequence[Position]) -> BrokerView:
    """Read 체결강도 of the largest of `held`; the first gap ends it, the next would be the same."""
    if not held:
        return replace(view, strength_gap=Gap.NO_HOLDINGS)
    found: list[Strength] = []
    for item in sorted(held, key=lambda each: -each.value_won)[:STRENGTHS_MAX]:
        trades, gap = await _trades_of(kit, item.symbol)
        if gap is not Gap.NONE:
            return replace(view, strengths=tuple(found), strength_gap=gap)
        percent = trades[0].strength_percent if trades else None
        if percent is not None:
            name = kit.name_of(item.symbol)
            found.append(Strength(symbol=item.symbol, name=name, percent=percent))
    return replace(view, strengths=tuple(found))


async def _trades_of(kit: CycleKit, symbol: Symbol) -> tuple[tuple[Trade, ...] | None, Gap]:
    return await _asked("trades", lambda: kit.sources.market_data.trades(symbol))


async def _asked(
    what: str, read: Callable[[], Awaitable[T | NotOfferedHere]]
) -> tuple[T | None, Gap]:
    """Return the answer, or None and why there is none."""
    try:
        async with asyncio.timeout(FIGURE_SECONDS_MAX):
            answer = await read()
    except (BrokerError, TimeoutError) as error:
        _LOG.warning("no such figure for the analysis", figure=what, error=repr(error))
        return None, Gap.FAILED
    return (None, Gap.NOT_OFFERED) if isinstance(answer, NotOfferedHere) else (answer, Gap.NONE)

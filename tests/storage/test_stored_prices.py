from __future__ import annotations

from datetime import date

from core.domain.instrument import Symbol
from core.domain.market import Bar, BarSeries
from storage.bars import SqlBarArchive
from storage.stored_prices import stored_prices
from tests.contracts.ledger_values import MORNING

FIRST, SECOND, THIRD = Symbol("069500"), Symbol("229200"), Symbol("360750")
DAYS = (date(2026, 11, 17), date(2026, 11, 18))


def series(symbol: Symbol, *prices: tuple[int, int, int], adjusted: bool = False) -> BarSeries:
    """Bars of (high, low, volume)."""
    return BarSeries(
        symbol=symbol,
        adjusted=adjusted,
        source="kis",
        bars=tuple(
            Bar(
                symbol=symbol,
                session=day,
                open_won=low,
                high_won=high,
                low_won=low,
                close_won=high,
                volume_shares=volume,
            )
            for day, (high, low, volume) in zip(DAYS, prices, strict=True)
        ),
    )


async def test_stored_bars_come_as_one_table(database) -> None:
    archive = SqlBarArchive(database)
    await archive.save_bars(series(SECOND, (210, 200, 7), (210, 210, 0)), MORNING)
    await archive.save_bars(series(FIRST, (110, 100, 0), (120, 120, 0)), MORNING)
    await archive.save_bars(series(THIRD, (1, 1, 1), (1, 1, 1), adjusted=True), MORNING)
    table = await stored_prices(database, adjusted=False)
    assert (table.codes, len(table), table.has_volume) == ((FIRST, SECOND), 4, True)
    column = table.column(SECOND)
    assert column.dates() == DAYS
    assert (column.high.tolist(), column.low.tolist()) == ([210, 210], [200, 210])
    # A flat day without volume was not traded, unless nobody ever told the volume.
    assert column.traded.tolist() == [True, False]
    assert table.column(FIRST).traded.tolist() == [True, True]


async def test_only_what_is_asked_for_and_no_row_with_a_price_of_zero(database) -> None:
    archive = SqlBarArchive(database)
    await archive.save_bars(series(FIRST, (0, 0, 0), (120, 110, 5)), MORNING)
    await archive.save_bars(series(SECOND, (0, 0, 0), (0, 0, 0)), MORNING)
    table = await stored_prices(database, adjusted=False, symbols=[FIRST, SECOND, THIRD])
    assert (table.codes, table.days.tolist()) == ((FIRST,), [DAYS[1].toordinal()])
    nothing = await stored_prices(database, adjusted=True)
    assert (len(nothing), nothing.codes, nothing.has_volume) == (0, (), False)

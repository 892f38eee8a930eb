"""The market analysis over each broker's own wire: what it offers is taken, the rest is a gap."""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from bot.settings import load
from bot.wiring.graph import build
from core.domain.account import AccountSnapshot, Portfolio, Position
from core.domain.krx import KST
from core.domain.market import Bar
from core.domain.market_analysis import Gap, MarketAnalysis, Source
from core.domain.money import Won
from core.flows.analysing import analyse
from core.flows.gathering import LoadedBars
from sandbox import commands
from sandbox.world import WorldSettings, build_world
from tests.bot.environment import only
from tests.fakes.flat_bar import flat_bar

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=KST)
SESSIONS = (date(2026, 11, 18), date(2026, 11, 19))


def bar(symbol, session: date, close: int) -> Bar:
    return flat_bar(symbol, session, close)


async def analysed_at(
    broker: str, monkeypatch: pytest.MonkeyPatch, folder: Path, profile: str = "vts"
) -> MarketAnalysis:
    settings = WorldSettings(start=NOON, rate=1.0, broker=broker, profile=profile)
    world = build_world(settings)
    async with AsyncExitStack() as stack:
        control = await commands.open_world(world, stack)
        lines = commands.environment(world, control.url).splitlines()
        given = dict(line.split("=", 1) for line in lines)
        given = {k: v for k, v in given.items() if not k.startswith(("DISCORD_", "OPENAI_"))}
        only(monkeypatch, folder, **given, DATA_DIR=str(folder / "data"))
        app = await stack.enter_async_context(build(load(local_only=True)))
        kit = app.cycle.kit
        first = kit.desk.market.instruments()[0]
        held = Position(
            symbol=first.symbol,
            name=first.name,
            quantity=1,
            sellable=1,
            average_cost_won=Decimal(1),
            price_won=Won(1),
        )
        account = AccountSnapshot(
            deposit_won=Won(0), settled_d2_won=Won(0), positions=(held,), taken_at=NOON
        )
        bars = LoadedBars(
            {
                item.symbol: (
                    bar(item.symbol, SESSIONS[0], 10_000),
                    bar(item.symbol, SESSIONS[1], 9_900),
                )
                for item in kit.desk.market.instruments()
            },
            {},
            (),
        )
        portfolio = Portfolio(account=account, orderable_won=Won(0), reserved_won=Won(0))
        return await analyse(kit, portfolio, bars, SESSIONS[1])


@pytest.mark.parametrize("broker", ["kis", "kiwoom"])
async def test_what_the_broker_offers_is_taken_from_it(broker, monkeypatch, tmp_path):
    seen = await analysed_at(broker, monkeypatch, tmp_path)
    assert seen.kospi is not None, seen.kospi_gap
    assert seen.kospi.level > 0
    assert Gap.FAILED not in {
        seen.by_volume.gap,
        seen.decliners.gap,
        seen.strength_gap,
        seen.kospi_gap,
    }
    assert len(seen.by_volume.rows) == 10
    assert (seen.volatility_bps, seen.volatility_of) == (100, 1)
    for movers in (seen.by_volume, seen.decliners):
        # Each ranking is whole from one source, and says of a broker's why it was not taken.
        assert (movers.source is Source.BROKER) == (movers.gap is Gap.NONE)

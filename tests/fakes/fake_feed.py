"""A feed that says what a test puts into it, at the `MarketFeed` port."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from core.domain.instrument import Symbol
from core.domain.money import Won
from core.domain.ticks import (
    FeedHealth,
    FeedStatus,
    FeedTrouble,
    NavTick,
    SymbolState,
    Tick,
    Wish,
)
from core.ports.clock import Clock


@dataclass
class FakeFeed:
    """Keeps the newest state per symbol; whatever is put in wakes `changed`."""

    clock: Clock
    states: dict[Symbol, SymbolState] = field(default_factory=dict)
    wishes: dict[str, tuple[Wish, ...]] = field(default_factory=dict)
    _news: set[Symbol] = field(default_factory=set)
    _bell: asyncio.Event = field(default_factory=asyncio.Event)

    def put(
        self,
        symbol: Symbol,
        last_won: int,
        *,
        base_won: int = 0,
        volume: int = 0,
        nav: str | None = None,
        in_vi: bool | None = None,
        is_halted: bool = False,
        health: FeedHealth = FeedHealth.LIVE,
        traded_at: datetime | None = None,
    ) -> None:
        now = self.clock.now()
        tick = Tick(
            symbol=symbol,
            last_won=Won(last_won),
            base_won=Won(base_won or last_won),
            volume_shares=volume,
            best_ask_won=None,
            best_bid_won=None,
            is_halted=is_halted,
            in_vi=in_vi,
            traded_at=traded_at or now,
            received_at=now,
        )
        live = health is FeedHealth.LIVE
        self.states[symbol] = SymbolState(
            symbol=symbol,
            tick=tick if live else None,
            nav=None
            if nav is None
            else NavTick(symbol=symbol, nav_won=Decimal(nav), last_won=None, received_at=now),
            health=health,
            since=now,
        )
        self._news.add(symbol)
        self._bell.set()

    def wish(self, owner: str, wishes: Sequence[Wish]) -> None:
        self.wishes[owner] = tuple(wishes)

    def state(self, symbol: Symbol) -> SymbolState:
        unknown = SymbolState(
            symbol=symbol, tick=None, nav=None, health=FeedHealth.OFF, since=self.clock.now()
        )
        return self.states.get(symbol, unknown)

    async def changed(self) -> frozenset[Symbol]:
        await self._bell.wait()
        self._bell.clear()
        news, self._news = frozenset(self._news), set()
        return news

    def left_out(self) -> tuple[Wish, ...]:
        return ()

    def status(self) -> FeedStatus:
        return FeedStatus(
            source="fake",
            health=FeedHealth.LIVE,
            since=self.clock.now(),
            trouble=FeedTrouble.NONE,
            followed=len(self.states),
            left_out=0,
            restarts=0,
        )

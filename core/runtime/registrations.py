"""Who is followed when a source cannot hold everything that is wished for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from core.domain.instrument import Symbol
from core.domain.ticks import Channel, Registration, Wish

# A price for everybody comes before more than a price for anybody.
CHANNEL_ORDER = (Channel.TRADE, Channel.MARKET_STATE, Channel.NAV, Channel.BOOK)


@dataclass(frozen=True, slots=True)
class Shares:
    """What fits, the most wanted first, and what does not."""

    kept: tuple[Registration, ...]
    left_out: tuple[Wish, ...]


def share_out(wishes: Iterable[Wish], offered: frozenset[Channel], budget: int) -> Shares:
    """Share `budget` registrations out: channel by channel, within one by priority.

    Wishes of several owners for one symbol are one, with the most urgent priority. Among equals the
    first comes first.
    """
    merged: dict[Symbol, Wish] = {}
    for wish in wishes:
        before = merged.get(wish.symbol, wish)
        merged[wish.symbol] = replace(
            wish,
            priority=min(wish.priority, before.priority),
            channels=(wish.channels | before.channels) & offered,
        )
    ranked = sorted(merged.values(), key=lambda wish: wish.priority)
    asked = [
        Registration(wish.symbol, channel)
        for channel in CHANNEL_ORDER
        for wish in ranked
        if channel in wish.channels
    ]
    kept, beyond = asked[:budget], asked[budget:]
    lost: dict[Symbol, set[Channel]] = {}
    for one in beyond:
        lost.setdefault(one.symbol, set()).add(one.channel)
    return Shares(
        kept=tuple(kept),
        left_out=tuple(
            replace(wish, channels=frozenset(lost[wish.symbol]))
            for wish in ranked
            if wish.symbol in lost
        ),
    )

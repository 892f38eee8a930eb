"""What cancelling everything and selling everything look like."""

from __future__ import annotations

from collections.abc import Sequence

import discord

from bot.chat.account_embed import holding_line
from bot.chat.budget import AMBER, BLUE, FittedEmbed, lines_within
from bot.chat.report_embeds import order_line
from core.domain.orders import Order
from core.ports.desk import MarketReader
from core.ports.phrases import Phrases
from core.services.orders.flattening import CancelFate, CancelResult, Exposure


def _named(order: Order, phrases: Phrases, market: MarketReader) -> str:
    known = market.instrument(order.envelope.symbol)
    return f"`{order.order_id}` {order_line(order, phrases, known.name if known else '')}"


def cancel_embed(
    results: Sequence[CancelResult], phrases: Phrases, market: MarketReader
) -> discord.Embed:
    """Return what came of every open order. A cancel that was asked for is not a cancel."""
    asked = any(item.fate is CancelFate.REQUESTED for item in results)
    fitted = FittedEmbed(
        phrases=phrases,
        title=phrases.say("embeds.cancel_title"),
        description=phrases.say(
            "embeds.cancel_asked" if asked else "embeds.cancel_none_asked", count=len(results)
        )
        if results
        else phrases.say("embeds.cancel_nothing_open"),
        colour=AMBER,
    )
    more = phrases.say("embeds.more", count="{count}")
    for fate in CancelFate:
        lines = [_named(item.order, phrases, market) for item in results if item.fate is fate]
        if lines:
            fitted.add(phrases.say(f"orders.fate_{fate.value}"), lines_within(lines, more))
    return fitted.embed


def exposure_embed(
    found: Exposure, phrases: Phrases, market: MarketReader, *, is_halted: bool
) -> discord.Embed:
    """Return what would be sold, what cannot be, and what still buys."""
    fitted = FittedEmbed(
        phrases=phrases,
        title=phrases.say("embeds.flatten_title"),
        description=_may_sell(found, phrases, is_halted=is_halted),
        colour=BLUE,
    )
    more = phrases.say("embeds.more", count="{count}")
    if found.sellable:
        lines = [holding_line(item, phrases) for item in found.sellable]
        fitted.add(phrases.say("embeds.flatten_sellable"), lines_within(lines, more))
    if found.stuck:
        lines = [holding_line(item, phrases) for item in found.stuck]
        fitted.add(phrases.say("embeds.flatten_stuck"), lines_within(lines, more))
    if found.open_buys:
        lines = [_named(order, phrases, market) for order in found.open_buys]
        fitted.add(phrases.say("embeds.flatten_open_buys"), lines_within(lines, more))
    return fitted.embed


def _may_sell(found: Exposure, phrases: Phrases, *, is_halted: bool) -> str:
    if is_halted:
        return phrases.say("embeds.flatten_halted")
    return phrases.say("embeds.flatten_ask" if found.sellable else "embeds.flatten_nothing")

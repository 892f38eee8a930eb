"""Ours against theirs as an embed: what differs comes first, and what was not read is not claimed."""

from __future__ import annotations

import discord

from bot.chat.budget import AMBER, GREY, FittedEmbed, lines_within
from bot.chat.leg_words import listed, side_word, state_word
from bot.chat.text import one_line
from bot.chat.ticket_words import relative
from core.domain.books import Difference, ExternalOrder
from core.domain.orders import OrderState
from core.domain.reconciliation import OrderDifference, Reconciliation
from core.ports.desk import MarketReader
from core.ports.phrases import Phrases

LINE_MAX = 160


def books_embed(found: Reconciliation, phrases: Phrases, market: MarketReader) -> discord.Embed:
    """Return the comparison. Read-only: nothing in here changes anything."""
    fitted = FittedEmbed(
        phrases=phrases,
        title=phrases.say("books.title", day=found.day.isoformat()),
        description=_verdict(found, phrases),
        colour=GREY if found.agrees and not found.holds else AMBER,
        footer=phrases.say("books.footer"),
    )
    more = phrases.say("embeds.more", count="{count}")

    def add(key: str, lines: list[str]) -> None:
        if lines:
            fitted.add(phrases.say(f"books.{key}", count=len(lines)), lines_within(lines, more))

    add("positions", [_position(item, found, phrases, market) for item in found.positions])
    add("orders", [_order(item, phrases, market) for item in found.orders])
    add("holds", [
        f"{listed(hold.symbol, market)} — {one_line(hold.reason, LINE_MAX)}" for hold in found.holds
    ])  # fmt: skip
    add("externals", [_external(item, phrases, market) for item in found.externals])
    if found.cash is not None:
        fitted.add(
            phrases.say("books.cash"),
            phrases.say(
                "books.cash_line",
                since=relative(found.cash.since),
                expected=found.cash.expected_won,
                theirs=found.cash.broker_won,
                difference=found.cash.difference_won,
            ),
        )
    return fitted.embed


def settled_symbols(found: Reconciliation) -> list[str]:
    """Return the symbols that differ and are not being traded now, or are held."""
    if "account" in found.unread:
        return []
    differing = [item.symbol for item in found.positions if item.symbol not in found.live]
    held = [hold.symbol for hold in found.holds if hold.symbol not in found.live]
    return list(dict.fromkeys([*map(str, differing), *map(str, held)]))


def _verdict(found: Reconciliation, phrases: Phrases) -> str:
    lines = [
        phrases.say("books.unread", what=phrases.say(f"books.unread_{what}"))
        for what in found.unread
    ]
    settled = [item for item in found.positions if item.symbol not in found.live]
    if found.orders or settled:
        lines.append(phrases.say("books.differs"))
    elif not found.unread:
        lines.append(phrases.say("books.agrees"))
    if "orders" not in found.unread:
        lines.append(
            phrases.say("books.counts", ours=found.orders_ours, theirs=found.orders_theirs)
        )
    lines.append(phrases.say("embeds.as_of", when=relative(found.made_at)))
    return "\n".join(lines)


def _position(
    item: Difference, found: Reconciliation, phrases: Phrases, market: MarketReader
) -> str:
    key = "books.position_live" if item.symbol in found.live else "books.position"
    name = listed(item.symbol, market)
    return phrases.say(key, name=name, ours=item.ours, theirs=item.theirs)


def _order(item: OrderDifference, phrases: Phrases, market: MarketReader) -> str:
    return phrases.say(
        "books.order",
        order=item.order_id or "-",
        number=item.number or "-",
        name=listed(item.symbol, market),
        ours=_side(item.ours, phrases),
        theirs=_side(item.theirs, phrases),
    )


def _side(text: str, phrases: Phrases) -> str:
    """Return ``WORKING 0`` in words; a side that has no such order says so."""
    state, _, filled = text.partition(" ")
    if state not in OrderState.__members__:
        return phrases.say("books.absent")
    word = state_word(OrderState[state], phrases)
    return phrases.say("books.side", state=word, filled=int(filled or 0))


def _external(item: ExternalOrder, phrases: Phrases, market: MarketReader) -> str:
    row = item.row
    return phrases.say(
        "books.external",
        number=row.ref.number,
        side=side_word(row.side, phrases),
        name=listed(row.symbol, market),
        filled=row.filled,
        ordered=row.ordered,
    )

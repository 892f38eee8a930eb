"""Prices in words: a quote, and the figures beside a chart."""

from __future__ import annotations

import discord

from bot.chat.account_embed import colour_of, mark_of
from bot.chat.budget import FittedEmbed
from bot.chat.text import one_line
from bot.chat.ticket_words import relative
from core.domain.instrument import Instrument
from core.domain.market import BarSeries, Quote
from core.domain.money import Won
from core.ports.phrases import Phrases

NAME_MAX = 80


def _percent(now: int, before: int) -> float:
    return (now - before) * 100 / before if before > 0 else 0.0


def quote_embed(quote: Quote, instrument: Instrument, phrases: Phrases) -> discord.Embed:
    """Return the newest price, the best of the book, the day so far and what may not be traded."""
    say = phrases.say
    percent = _percent(quote.last_won, quote.base_won)
    change = quote.last_won - quote.base_won
    lines = [
        say(
            "market.last",
            mark=mark_of(change),
            price=quote.last_won,
            change=change,
            percent=percent,
        ),
        say("market.book", ask=_won(quote.best_ask_won), bid=_won(quote.best_bid_won)),
        say("market.day", open=quote.open_won, high=quote.high_won, low=quote.low_won),
        say("market.band", lower=quote.lower_limit_won, upper=quote.upper_limit_won),
        say("market.volume", volume=quote.volume_shares),
    ]
    if quote.is_halted:
        lines.append(say("market.halted"))
    lines += [
        say("market.designated", what=say(f"risk.designated_{item.value}"))
        for item in sorted(quote.designations, key=lambda item: item.value)
    ]
    lines.append(say("embeds.as_of", when=relative(quote.received_at)))
    title = f"{one_line(instrument.name, NAME_MAX)} ({instrument.symbol})"
    return FittedEmbed(
        phrases=phrases, title=title, description="\n".join(lines), colour=colour_of(change)
    ).embed


def chart_embed(
    series: BarSeries, instrument: Instrument, phrases: Phrases, *, picture: str
) -> discord.Embed:
    """Return what the picture shows in figures; `picture` is its file name or empty."""
    bars = [bar for bar in series.bars if bar.close_won > 0]
    first, last = bars[0], bars[-1]
    percent = _percent(last.close_won, first.close_won)
    text = phrases.say(
        "market.chart",
        first=first.session,
        last=last.session,
        close=last.close_won,
        mark=mark_of(percent),
        percent=percent,
        high=max(bar.high_won for bar in bars),
        low=min(bar.low_won for bar in bars),
    )
    if not picture:
        text += "\n" + phrases.say("market.no_picture")
    fitted = FittedEmbed(
        phrases=phrases,
        title=f"{one_line(instrument.name, NAME_MAX)} ({instrument.symbol})",
        description=text,
        colour=colour_of(percent),
        footer=phrases.say("market.chart_footer"),
    )
    if picture:
        fitted.embed.set_image(url=f"attachment://{picture}")
    return fitted.embed


def _won(price: Won | None) -> str:
    return f"{price:,}" if price is not None else "–"

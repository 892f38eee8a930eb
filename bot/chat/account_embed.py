"""Cash and holdings as text and as the /portfolio embed."""

from __future__ import annotations

import discord

from bot.chat.budget import AMBER, BLUE, GREY, RED, FittedEmbed, lines_within
from bot.chat.leg_words import NAME_MAX
from bot.chat.text import one_line
from bot.chat.ticket_words import relative
from core.domain.account import Portfolio, Position
from core.ports.phrases import Phrases

# Text marks for gain and loss: embed text has no colour of its own.
_UP, _DOWN, _FLAT = "🔺", "🔻", "▪️"


def mark_of(change: float) -> str:
    """Return the mark of a gain, a loss or neither."""
    if change == 0:
        return _FLAT
    return _UP if change > 0 else _DOWN


def colour_of(change: float) -> int:
    """Return the colour of a gain, a loss or neither."""
    return GREY if change == 0 else RED if change > 0 else BLUE


def cash_line(portfolio: Portfolio, phrases: Phrases) -> str:
    """Return net value, orderable cash and what live orders hold back."""
    account = portfolio.account
    return phrases.say(
        "embeds.account",
        nav=account.nav_won,
        orderable=portfolio.orderable_won,
        reserved=portfolio.reserved_won,
        securities=account.securities_won,
    )


def holding_line(position: Position, phrases: Phrases) -> str:
    """Return one holding: quantity, price, value and unrealised gain."""
    cost = position.cost_won
    percent = position.profit_won * 100 / cost if cost else 0.0
    return phrases.say(
        "embeds.holding",
        mark=mark_of(position.profit_won),
        name=one_line(position.name, NAME_MAX),
        symbol=position.symbol,
        quantity=position.quantity,
        price=position.price_won,
        value=position.value_won,
        profit=position.profit_won,
        percent=percent,
    )


def holdings(portfolio: Portfolio, phrases: Phrases) -> str:
    """Return all holdings as lines that fit one embed field."""
    found = sorted(portfolio.account.positions, key=lambda item: -item.value_won)
    if not found:
        return phrases.say("embeds.no_holdings")
    more = phrases.say("embeds.more", count="{count}")
    return lines_within([holding_line(item, phrases) for item in found], more)


def portfolio_embed(portfolio: Portfolio, phrases: Phrases) -> discord.Embed:
    """Return the answer to /portfolio."""
    profit = sum(item.profit_won for item in portfolio.account.positions)
    fitted = FittedEmbed(
        phrases=phrases,
        title=phrases.say("embeds.portfolio_title"),
        description=cash_line(portfolio, phrases)
        + "\n"
        + phrases.say("embeds.as_of", when=relative(portfolio.account.taken_at)),
        colour=colour_of(profit),
    )
    fitted.add(phrases.say("embeds.holdings"), holdings(portfolio, phrases))
    return fitted.embed


def warning_colour(*, has_warnings: bool) -> int:
    """Return the colour of a report: amber when something went wrong on the way."""
    return AMBER if has_warnings else GREY

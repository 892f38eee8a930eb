"""/chart and /market quote: what a symbol costs now, and how it came there."""

from __future__ import annotations

import io
from typing import Literal

import discord
from discord import app_commands
from discord.ext import commands

from bot.chat.access import Right
from bot.chat.host import ChatHost, Interaction, tell
from bot.chat.market_embed import chart_embed, quote_embed
from bot.chat.symbols import chosen_symbol, instrument_choices
from bot.chat.text import label
from core.domain.instrument import Instrument
from core.domain.krx import KST
from core.domain.market import BarSeries
from core.domain.money import round_won
from core.domain.orders import Side
from core.domain.period import PeriodKind, period_of
from core.ports.pictures import Mark
from core.services.sessions.charting import candle_chart, chart_alt

# Sessions in so many months; a phone shows no more candles side by side.
SPANS = {"1m": 21, "2m": 42, "4m": 84}
PICTURE = "chart.png"
Span = Literal["1m", "2m", "4m"]


class MarketCog(commands.Cog):
    """Reads prices. Viewers may."""

    def __init__(self, host: ChatHost) -> None:
        """Keep the services."""
        self.host = host

    @app_commands.command(name="quote", description="quote", extras={"right": Right.LOOK})
    async def quote(self, interaction: Interaction, symbol: str) -> None:
        """Ask the broker for the newest price and show it."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        found = await self._found(interaction, symbol)
        if found is None:
            return
        quote = await self.host.services.market.quote(found.symbol)
        embed = quote_embed(quote, found, self.host.words(interaction))
        await interaction.followup.send(embed=embed, ephemeral=True)

    @app_commands.command(name="chart", description="chart", extras={"right": Right.LOOK})
    async def chart(self, interaction: Interaction, symbol: str, span: Span = "2m") -> None:
        """Draw the finished sessions as candles; without a picture the figures still come."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        found, phrases = await self._found(interaction, symbol), self.host.words(interaction)
        if found is None:
            return
        services = self.host.services
        last = services.calendar.previous_session(services.clock.now().astimezone(KST).date())
        series = await services.market.bars(found.symbol, SPANS[span], last, adjusted=False)
        if not series.bars:
            await tell(interaction, phrases.say("market.no_bars", name=label(found.name, 60)))
            return
        marks = await self._marks(series)
        png = await candle_chart(services.painter, series, found, phrases, marks)
        embed = chart_embed(series, found, phrases, picture=PICTURE if png else "")
        if png is None:
            await interaction.followup.send(embed=embed, ephemeral=True)
            return
        alt = chart_alt(series, found, phrases)
        file = discord.File(io.BytesIO(png), PICTURE, description=label(alt, 1000))
        await interaction.followup.send(embed=embed, file=file, ephemeral=True)

    async def _marks(self, series: BarSeries) -> tuple[Mark, ...]:
        """Return the account's own trades in the sessions of `series`."""
        services = self.host.services
        span = period_of(PeriodKind.ALL, services.clock.now())
        trades = await services.performance.trades_of(series.symbol, span)
        sessions = {bar.session for bar in series.bars}
        return tuple(
            Mark(session=day, price_won=round_won(item.price_won), is_buy=item.side is Side.BUY)
            for item in trades
            if (day := item.at.astimezone(KST).date()) in sessions
        )

    @quote.autocomplete("symbol")
    @chart.autocomplete("symbol")
    async def symbols(
        self, interaction: Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        """Offer instruments by code, Korean name or initial consonants."""
        del interaction  # the universe is the same for everybody
        return instrument_choices(self.host.services.market, current)

    async def _found(self, interaction: Interaction, text: str) -> Instrument | None:
        """Return the instrument, or say that there is none."""
        market = self.host.services.market
        symbol = chosen_symbol(market, text)
        found = None if symbol is None else market.instrument(symbol)
        if found is None:
            phrases = self.host.words(interaction)
            await tell(interaction, phrases.say("chat.unknown_symbol", symbol=label(text, 40)))
        return found

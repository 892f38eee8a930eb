"""/strategy backtest: the live strategy on the stored prices, in a child process."""

from __future__ import annotations

import io
from datetime import date
from typing import Literal

import discord
from discord import app_commands
from discord.ext import commands

from bot.chat.access import Right
from bot.chat.backtest_embed import PICTURE, backtest_embed
from bot.chat.host import ChatHost, Interaction
from bot.chat.text import one_line
from core.errors import DataError
from core.ports.backtests import BacktestAsk, BacktestRefusal, BacktestStage
from core.ports.phrases import Phrases

WAIT_SECONDS = 900.0  # as long as Discord lets the first answer be edited


class CancelView(discord.ui.View):
    """One button under the progress. It need not outlive the process: nor does the backtest."""

    def __init__(self, host: ChatHost, phrases: Phrases) -> None:
        """Keep the services."""
        super().__init__(timeout=WAIT_SECONDS)
        self._host = host
        button: discord.ui.Button[CancelView] = discord.ui.Button(
            style=discord.ButtonStyle.secondary, label=phrases.say("backtest.cancel")
        )
        button.callback = self._pressed  # type: ignore[method-assign]
        self.add_item(button)

    async def _pressed(self, interaction: discord.Interaction) -> None:
        await interaction.response.defer()
        self._host.services.backtests.cancel()


class BacktestCog(commands.Cog):
    """Tries the strategy on past prices."""

    def __init__(self, host: ChatHost) -> None:
        """Keep the services."""
        self.host = host

    @app_commands.command(name="backtest", description="backtest", extras={"right": Right.LOOK})
    async def backtest(
        self,
        interaction: Interaction,
        start: str | None = None,
        end: str | None = None,
        cash: app_commands.Range[int, 10_000, 1_000_000_000] = 1_000_000,
        protect: Literal["close", "touch", "none"] = "close",
    ) -> None:
        """Show progress with a button to cancel, then figures and picture in one embed."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        phrases = self.host.words(interaction)
        days = {}
        for name, text in (("start", start), ("end", end)):
            try:
                days[name] = date.fromisoformat(text.strip()) if text else None
            except ValueError:
                shown = phrases.say(
                    "backtest.bad_date", option=name, found=one_line(text or "", 40)
                )
                await interaction.edit_original_response(content=shown)
                return
        asked = BacktestAsk(
            start=days["start"],
            end=days["end"],
            cash_won=cash,
            protection=protect,
            locale=phrases.say("backtest.locale"),
        )
        await self._run(interaction, asked, phrases)

    async def _run(self, interaction: Interaction, asked: BacktestAsk, phrases: Phrases) -> None:
        view = CancelView(self.host, phrases)

        async def told(stage: BacktestStage) -> None:
            text = phrases.say(f"backtest.stage_{stage.value}")
            await interaction.edit_original_response(content=text, view=view)

        try:
            found = await self.host.services.backtests.run(asked, told)
        except DataError as error:
            text = one_line(str(error), 1500)
            await interaction.edit_original_response(content=text, view=None)
            return
        finally:
            view.stop()
        if isinstance(found, BacktestRefusal):
            text = phrases.say(f"backtest.refusal_{found.value}")
            await interaction.edit_original_response(content=text, view=None)
            return
        await interaction.edit_original_response(
            content=None,
            embed=backtest_embed(found, phrases),
            attachments=[discord.File(io.BytesIO(found.png), PICTURE)],
            view=None,
        )

"""/report export: the books as files or into a spreadsheet, or the conversation of a thread."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Sequence
from typing import Literal

import discord
from discord import app_commands
from discord.ext import commands

from bot.chat.access import Right
from bot.chat.host import ChatHost, Interaction
from bot.exports.asked import KINDS, ExportKind, stem_of
from bot.exports.files import FILE_BYTES_MAX, ExportedFile, FileKind, exported
from bot.exports.sheet_words import sheet_fault_words
from bot.exports.transcript import LINES_MAX, transcript
from core.domain.period import PeriodKind, period_of
from core.errors import TradingError


class ExportCog(commands.Cog):
    """Reads the books; the files go to who asked, and to nobody else."""

    def __init__(self, host: ChatHost) -> None:
        """Keep the services."""
        self.host = host

    @app_commands.command(name="export", description="export", extras={"right": Right.LOOK})
    async def export(
        self,
        interaction: Interaction,
        period: Literal["day", "week", "month", "all"] = "month",
        kind: Literal["all", "trades", "fills", "tax", "nav", "talk", "sheet"] = "all",
        form: Literal["xlsx", "csv"] = "xlsx",
    ) -> None:
        """Attach the files; too large ones are refused in words."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        services, phrases = self.host.services, self.host.words(interaction)
        if kind == "talk":
            await self._talk(interaction)
            return
        if kind == "sheet":
            await self._sheet(interaction)
            return
        span = period_of(PeriodKind(period), services.clock.now())
        tables = await services.exports.tables(span, KINDS[ExportKind(kind)])
        # Beside the loop: a workbook of thousands of rows takes a while.
        files = await asyncio.to_thread(
            exported, tables, FileKind(form), stem_of(ExportKind(kind), span), phrases
        )
        rows = sum(len(table.rows) for table in tables)
        about = phrases.say(f"report.period_{period}")
        await self._send(interaction, files, phrases.say("exports.done", rows=rows, period=about))

    async def _sheet(self, interaction: Interaction) -> None:
        """Write the spreadsheet of the settings anew; what goes wrong is said with what to do."""
        sheet, phrases = self.host.services.sheet, self.host.words(interaction)
        if not self.host.access.may(interaction.user.id, Right.TRADE):
            words = phrases.say("chat.refused_trade")
        elif sheet is None:
            words = phrases.say("sheets.none")
        else:
            try:
                rows = await sheet.write()
            except TradingError as error:
                why = sheet_fault_words(phrases, error, sheet.writes_as)
                words = phrases.say("sheets.not_written", why=why)
            else:
                counts = " · ".join(f"{title} {count:,}" for title, count in rows.items())
                words = phrases.say("sheets.written", counts=counts)
        await interaction.followup.send(words, ephemeral=True)

    async def _talk(self, interaction: Interaction) -> None:
        """Attach the conversation of the thread in which this was asked, for who opened it."""
        archive, thread_id = self.host.services.transcripts, interaction.channel_id or 0
        phrases = self.host.words(interaction)
        session = await archive.session(thread_id)
        if session is None:
            await interaction.followup.send(phrases.say("exports.no_talk"), ephemeral=True)
            return
        user = interaction.user.id
        if user != session.owner_id and not self.host.access.may(user, Right.OWN):
            await interaction.followup.send(phrases.say("exports.not_yours"), ephemeral=True)
            return
        lines = await archive.lines(thread_id, LINES_MAX)
        file = transcript(session, lines, phrases)
        words = phrases.say("exports.talk_done", count=len(lines))
        await self._send(interaction, (file,), words)

    async def _send(
        self, interaction: Interaction, files: Sequence[ExportedFile], words: str
    ) -> None:
        phrases = self.host.words(interaction)
        if sum(len(item.content) for item in files) > FILE_BYTES_MAX:
            await interaction.followup.send(phrases.say("exports.too_large"), ephemeral=True)
            return
        await interaction.followup.send(
            words,
            files=[discord.File(io.BytesIO(item.content), filename=item.name) for item in files],
            ephemeral=True,
        )

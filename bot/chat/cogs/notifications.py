"""/system notifications: how loud what is told, and when a person wants quiet."""

from __future__ import annotations

from typing import Literal

from discord import app_commands
from discord.ext import commands

from bot.chat.access import Right
from bot.chat.host import ChatHost, Interaction, tell
from bot.chat.notice_embed import chosen_text, kind_name, notices_embed
from bot.chat.text import label
from core.domain.notices import Loudness, NoticeKind
from core.domain.quiet_hours import QuietHours, clock_time


class NotificationsCog(commands.Cog):
    """Viewers read. Approvers choose the loudness for all, and quiet hours each for themselves."""

    notifications = app_commands.Group(name="notifications", description="notifications")

    def __init__(self, host: ChatHost) -> None:
        """Keep the services."""
        self.host = host

    @notifications.command(name="list", description="list", extras={"right": Right.LOOK})
    async def show(self, interaction: Interaction) -> None:
        """Show how everything is told, my quiet hours, and what is kept for a digest."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        notices, phrases = self.host.services.notices, self.host.words(interaction)
        waiting = await notices.waiting()
        embed = notices_embed(notices.current, interaction.user.id, waiting, phrases)
        await interaction.followup.send(embed=embed, ephemeral=True)

    @notifications.command(name="set", description="set", extras={"right": Right.TRADE})
    async def choose(
        self, interaction: Interaction, kind: str, loudness: Literal["on", "silent", "off"]
    ) -> None:
        """Tell one kind so loud from now on."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        phrases = self.host.words(interaction)
        known = next((one for one in NoticeKind if one.value == kind), None)
        if known is None:
            text = phrases.say("notices.no_kind", kind=label(kind, 40))
            await tell(interaction, f"{text}\n{phrases.say('notices.always')}")
            return
        how = Loudness(loudness)
        await self.host.services.notices.choose(known, how, by=interaction.user.id)
        await tell(interaction, chosen_text(known, how, phrases))

    @choose.autocomplete("kind")
    async def kinds(self, interaction: Interaction, current: str) -> list[app_commands.Choice[str]]:
        """Offer the kinds by their names."""
        phrases, typed = self.host.words(interaction), current.strip().casefold()
        named = {one.value: kind_name(one, phrases) for one in NoticeKind}
        return [
            app_commands.Choice(name=label(words, 100), value=value)
            for value, words in named.items()
            if typed in words.casefold() or typed in value
        ]

    @notifications.command(name="quiet", description="quiet", extras={"right": Right.TRADE})
    async def quiet(
        self, interaction: Interaction, begins: str | None = None, ends: str | None = None
    ) -> None:
        """Call me for nothing that can wait between two times of day; neither given ends that."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        phrases, hours = self.host.words(interaction), None
        if begins is not None or ends is not None:
            first, last = clock_time(begins or ""), clock_time(ends or "")
            if first is None or last is None or first == last:
                await tell(interaction, phrases.say("notices.bad_clock"))
                return
            hours = QuietHours(first, last)
        await self.host.services.notices.set_quiet(hours, by=interaction.user.id)
        done = "notices.quiet_off" if hours is None else "notices.quiet_on"
        text = phrases.say(done, hours=str(hours))
        await tell(interaction, f"{text}\n{phrases.say('notices.always')}")

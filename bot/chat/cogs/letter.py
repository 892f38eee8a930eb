"""/report letter: what a month brought, in plain words, to who asks."""

from __future__ import annotations

from discord import app_commands
from discord.ext import commands

from bot.chat.access import Right
from bot.chat.host import ChatHost, Interaction
from bot.chat.letter_embed import letter_embed
from bot.chat.pictured import send_pictured
from bot.chat.text import one_line
from core.domain.month import last_month, parse_month

# Discord offers 25 at most; nobody asks for a letter of three years ago from a phone.
CHOICES = 12


class LetterCog(commands.Cog):
    """Reads the books; what the channel was told is not told again."""

    def __init__(self, host: ChatHost) -> None:
        """Keep the services."""
        self.host = host

    @app_commands.command(name="letter", description="letter", extras={"right": Right.LOOK})
    async def letter(self, interaction: Interaction, month: str | None = None) -> None:
        """Show the letter of a month that is over, the last one if none is named."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        phrases, services = self.host.words(interaction), self.host.services
        newest = last_month(services.clock.now())
        chosen = newest if month is None else parse_month(month.strip())
        if chosen is None:
            text = phrases.say("letter.bad_month", found=one_line(month or "", 40))
        elif chosen > newest:
            text = phrases.say("letter.not_over", month=chosen)
        else:
            found = await services.letters.read(chosen)
            if not found.says_nothing:
                embed = letter_embed(found, phrases)
                png = await services.letters.picture(found, phrases)
                alt = phrases.say("letter.chart_alt", month=chosen.first_day)
                await send_pictured(interaction, embed, png, name=f"letter-{chosen}", alt=alt)
                return
            text = phrases.say("letter.nothing", month=chosen)
        await interaction.followup.send(text, ephemeral=True)

    @letter.autocomplete("month")
    async def months(
        self, interaction: Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        """Offer the last twelve months that are over."""
        del interaction
        month, names = last_month(self.host.services.clock.now()), []
        for _ in range(CHOICES):
            names.append(str(month))
            month = month.before
        return [
            app_commands.Choice(name=name, value=name) for name in names if current.strip() in name
        ]

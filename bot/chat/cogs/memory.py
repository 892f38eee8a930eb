"""/system memory: what is remembered, found by words, and forgotten by whoever it belongs to."""

from __future__ import annotations

from discord import app_commands
from discord.ext import commands

from bot.chat.access import Right
from bot.chat.host import ChatHost, Interaction, tell
from bot.chat.memory_embed import NOTES_PER_PAGE, memory_embed, note_choice

PAGE_MAX = 10_000
CHOICES_MAX = 25
# As many digits as a number of the database may have.
NUMBER_DIGITS_MAX = 18
_Page = app_commands.Range[int, 1, PAGE_MAX]
_Words = app_commands.Range[str, 1, 200]


class MemoryCog(commands.Cog):
    """Everybody reads and deletes what is theirs; owners also delete what is everybody's."""

    memory = app_commands.Group(name="memory", description="memory")

    def __init__(self, host: ChatHost) -> None:
        """Keep the services."""
        self.host = host

    @memory.command(name="list", description="list", extras={"right": Right.LOOK})
    async def show(self, interaction: Interaction, page: _Page = 1) -> None:
        """Show what is remembered."""
        await self._show(interaction, "", page)

    @memory.command(name="search", description="search", extras={"right": Right.LOOK})
    async def search(self, interaction: Interaction, words: _Words, page: _Page = 1) -> None:
        """Show what contains all the words."""
        await self._show(interaction, words, page)

    @memory.command(name="delete", description="delete", extras={"right": Right.LOOK})
    async def delete(self, interaction: Interaction, note: str) -> None:
        """Delete one note for good."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        phrases, number = self.host.words(interaction), note.strip().removeprefix("#")
        if not (number.isascii() and number.isdecimal() and len(number) <= NUMBER_DIGITS_MAX):
            await tell(interaction, phrases.say("memory.bad_number"))
            return
        user = interaction.user.id
        outcome = await self.host.services.memories.forget(
            user, int(number), may_forget_shared=self.host.access.may(user, Right.OWN)
        )
        await tell(interaction, phrases.say(f"memory.forgotten_{outcome.value}", number=number))

    @delete.autocomplete("note")
    async def notes(self, interaction: Interaction, current: str) -> list[app_commands.Choice[str]]:
        """Offer the newest notes, or those that contain what is typed."""
        phrases = self.host.words(interaction)
        found = await self.host.services.memories.look(
            interaction.user.id, current, limit=CHOICES_MAX
        )
        return [
            app_commands.Choice(name=note_choice(note, phrases), value=str(note.note_id))
            for note in found.notes
        ]

    async def _show(self, interaction: Interaction, words: str, page: int) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        found = await self.host.services.memories.look(
            interaction.user.id, words, limit=NOTES_PER_PAGE, skipped=(page - 1) * NOTES_PER_PAGE
        )
        embed = memory_embed(found, words, page, self.host.words(interaction))
        await interaction.followup.send(embed=embed, ephemeral=True)

"""/report why: the story of a ticket or an order, from the audit trail."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence

import discord
from discord import app_commands
from discord.ext import commands

from bot.chat.access import Right
from bot.chat.budget import GREY, FittedEmbed, lines_within
from bot.chat.call_words import call_sections
from bot.chat.host import ChatHost, Interaction
from bot.chat.leg_words import side_word, state_word
from bot.chat.story_words import Section, sections
from bot.chat.text import label, one_line, units
from core.domain.foreign_text import visible
from core.domain.orders import Order
from core.ports.phrases import Phrases

CHOICES_MAX = 25
# Enough of the journal's end for a busy day; older ids can still be typed.
LINES_LOOKED_AT = 600
LINE_MAX = 260
SECTION_MAX = 900
_SUBJECT = re.compile(r"[0-9A-Z]{6,16}(?:-[0-9]{1,3})?")


class WhyCog(commands.Cog):
    """Tells why."""

    def __init__(self, host: ChatHost) -> None:
        """Keep the services."""
        self.host = host

    @app_commands.command(name="why", description="why", extras={"right": Right.LOOK})
    async def why(self, interaction: Interaction, subject: str) -> None:
        """Tell the story of `subject`; what does not fit is in the attached file."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        phrases = self.host.words(interaction)
        wanted = subject.strip().upper()
        known = _SUBJECT.fullmatch(wanted) is not None
        services = self.host.services
        story = await services.audit.story(wanted) if known else None
        calls = await services.model.calls_about(wanted) if known else ()
        if story is None and not calls:
            text = phrases.say("story.unknown", subject=one_line(subject, 40))
            await interaction.followup.send(text, ephemeral=True)
            return
        told = (*(sections(story, phrases) if story else ()), *call_sections(calls, phrases))
        embed, is_whole = story_embed(wanted, told, phrases)
        if is_whole:
            await interaction.followup.send(embed=embed, ephemeral=True)
            return
        file = discord.File(io.BytesIO(as_text(wanted, told, phrases)), f"why-{wanted}.txt")
        await interaction.followup.send(embed=embed, file=file, ephemeral=True)

    @why.autocomplete("subject")
    async def subjects(
        self, interaction: Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        """Offer today's orders, then every ticket and order of the journal's end, newest first."""
        services, phrases = self.host.services, self.host.words(interaction)
        names: dict[str, str] = {}
        for order in reversed(await services.orders.orders_today()):
            names[order.order_id] = self._named(order, phrases)
        for line in reversed(await services.audit.last(LINES_LOOKED_AT)):
            subject = line.entry.subject
            if _SUBJECT.fullmatch(subject):
                names.setdefault(subject, f"{subject} · {line.entry.at:%m-%d %H:%M}")
        typed = current.strip().casefold()
        found = [item for item in names.items() if typed in item[1].casefold()]
        return [
            app_commands.Choice(name=label(name, 100), value=subject)
            for subject, name in found[:CHOICES_MAX]
        ]

    def _named(self, order: Order, phrases: Phrases) -> str:
        known = self.host.services.market.instrument(order.envelope.symbol)
        name = known.name if known else order.envelope.symbol
        side = side_word(order.envelope.side, phrases)
        return f"{order.order_id} · {side} {name} · {state_word(order.state, phrases)}"


def story_embed(
    subject: str, told: Sequence[Section], phrases: Phrases
) -> tuple[discord.Embed, bool]:
    """Return the story within Discord's limits, and whether all of it is in there."""
    more = phrases.say("embeds.more", count="{count}")
    fields: list[tuple[str, str]] = []
    is_whole = True
    for section in told:
        lines = [one_line(line, LINE_MAX) for line in section.lines]
        value = lines_within(lines, more, SECTION_MAX)
        long = any(units(line) > LINE_MAX for line in section.lines)
        is_whole = is_whole and not long and value == "\n".join(lines)
        fields.append((section.title, value))
    fitted = FittedEmbed(
        phrases=phrases,
        title=phrases.say("story.title", subject=subject),
        description="",
        colour=GREY,
    )
    is_whole = is_whole and fitted.fits(fields)
    if not is_whole:
        fitted = FittedEmbed(
            phrases=phrases,
            title=phrases.say("story.title", subject=subject),
            description=phrases.say("story.attached"),
            colour=GREY,
        )
    fitted.add_all(fields, more)
    return fitted.embed, is_whole


def as_text(subject: str, told: Sequence[Section], phrases: Phrases) -> bytes:
    """Return the whole story as a text file."""
    parts = [phrases.say("story.title", subject=subject)]
    for section in told:
        lines = (f"  {' '.join(visible(line).split())}" for line in section.lines)
        parts.append("\n".join([f"[{section.title}]", *lines]))
    return ("\n\n".join(parts) + "\n").encode()

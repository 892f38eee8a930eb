"""The letter about a month as an embed."""

from __future__ import annotations

import discord

from bot.chat.account_embed import colour_of
from bot.chat.budget import FittedEmbed
from bot.chat.text import harmless
from bot.letter_words import lead, sections
from core.ports.letters import MonthlyLetter
from core.ports.phrases import Phrases


def letter_embed(letter: MonthlyLetter, phrases: Phrases) -> discord.Embed:
    """Return the letter, a field to each heading; red for a gain, blue for a loss."""
    rate = letter.numbers.time_weighted
    fitted = FittedEmbed(
        phrases=phrases,
        title=phrases.say("letter.title", month=letter.month.first_day),
        mode=letter.mode,
        description=lead(letter, phrases),
        colour=colour_of(0 if rate is None else float(rate)),
        footer=phrases.say("letter.footer", account=letter.account),
    )
    for name, text in sections(letter, phrases):
        fitted.add(name, harmless(text))
    return fitted.embed

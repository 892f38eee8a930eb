"""Building embeds that Discord cannot refuse for their length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import discord

from bot.chat.modes import mode_word
from bot.chat.text import clip, units
from core.domain.modes import Mode
from core.ports.phrases import Phrases

TITLE_MAX = 256
DESCRIPTION_MAX = 4096
FIELDS_MAX = 25
NAME_MAX = 256
VALUE_MAX = 1024
FOOTER_MAX = 2048
TOTAL_MAX = 6000
# The line "… N more" must always find room.
_RESERVE = 120

# Korean convention: red is up and buy, blue is down and sell.
RED = 0xD6_2F_2F
BLUE = 0x2F_6F_D6
GREY = 0x7A_7F_87
AMBER = 0xD9_9A_1C


@dataclass(slots=True, kw_only=True)
class FittedEmbed:
    """An embed under construction that counts what it has used: the one place where they are made.

    Its title begins with the mode: that of `mode`, where what is shown has one of its own, else the
    one that the account is in now, which the `phrases` of the chat know.
    """

    phrases: Phrases
    title: str
    description: str
    colour: int
    mode: Mode | None = None
    footer: str = ""
    embed: discord.Embed = field(init=False)
    used: int = field(init=False)

    def __post_init__(self) -> None:
        word = mode_word(self.phrases, self.mode)
        title, footer = (
            clip(f"[{word}] {self.title}", TITLE_MAX),
            clip(self.footer, FOOTER_MAX // 8),
        )
        description = clip(self.description, min(DESCRIPTION_MAX, TOTAL_MAX // 2))
        self.embed = discord.Embed(title=title, description=description, colour=self.colour)
        if footer:
            self.embed.set_footer(text=footer)
        self.used = units(title) + units(description) + units(footer)

    def fits(self, fields: Sequence[tuple[str, str]]) -> bool:
        """Whether all `fields` fit unclipped."""
        if len(self.embed.fields) + len(fields) > FIELDS_MAX:
            return False
        if any(units(name) > NAME_MAX or units(value) > VALUE_MAX for name, value in fields):
            return False
        return self.used + sum(units(n) + units(v) for n, v in fields) <= TOTAL_MAX

    def add(self, name: str, value: str, *, inline: bool = False) -> bool:
        """Add one field, its value clipped; False when there is no room left for it."""
        name, value = clip(name, NAME_MAX), clip(value, VALUE_MAX)
        size = units(name) + units(value)
        is_full = len(self.embed.fields) >= FIELDS_MAX - 1
        if not value or is_full or self.used + size > TOTAL_MAX - _RESERVE:
            return False
        self.embed.add_field(name=name, value=value, inline=inline)
        self.used += size
        return True

    def add_all(self, fields: Sequence[tuple[str, str]], more: str) -> None:
        """Add `fields` while they fit, then one that says how many are missing (`more` has {count})."""
        whole = self.fits(fields)
        for index, (name, value) in enumerate(fields):
            if whole:
                self.embed.add_field(name=name, value=value, inline=False)
                self.used += units(name) + units(value)
            elif not self.add(name, value):
                rest = more.format(count=len(fields) - index)
                self.embed.add_field(name=rest, value="…", inline=False)
                self.used += units(rest) + 1
                return


def lines_within(
    lines: Sequence[str], more: str, limit: int = VALUE_MAX, *, most: int | None = None
) -> str:
    """Join `lines`, at most `most`, while they fit in `limit`; the last says how many are missing."""
    kept: list[str] = []
    room = limit - units(more.format(count=len(lines))) - 1
    for line in lines[:most]:
        if units("\n".join([*kept, line])) > (limit if len(kept) == len(lines) - 1 else room):
            break
        kept.append(line)
    if len(kept) < len(lines):
        kept.append(more.format(count=len(lines) - len(kept)))
    return "\n".join(kept)

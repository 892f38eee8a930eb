"""/risk limits: each limit, what is used and left, and tightening one."""

from __future__ import annotations

from collections.abc import Sequence

import discord
import structlog
from discord import app_commands
from discord.ext import commands

from bot.chat.access import Right
from bot.chat.budget import AMBER, GREY, FittedEmbed, lines_within
from bot.chat.host import ChatHost, Interaction, tell
from bot.chat.text import clip, harmless, label
from core.domain.limits import LIMIT_TERMS, LimitAnswer, LimitLine, LimitOutcome, is_tighter
from core.ports.phrases import Phrases

_LOG = structlog.get_logger(__name__)
# Nothing of ours counts further; Discord itself takes numbers up to 2^53.
VALUE_MAX = 1_000_000_000


class LimitsCog(commands.Cog):
    """Shows limits to all, tightens for approvers; loosening is an owner's wish for later."""

    def __init__(self, host: ChatHost) -> None:
        """Keep the services."""
        self.host = host

    @app_commands.command(name="limits", description="limits", extras={"right": Right.LOOK})
    async def limits(
        self,
        interaction: Interaction,
        limit: str | None = None,
        value: app_commands.Range[int, 0, VALUE_MAX] | None = None,
    ) -> None:
        """Show the limits, or change one when both are given."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        phrases = self.host.words(interaction)
        lines = await self.host.services.limits.lines()
        if limit is None and value is None:
            await interaction.followup.send(embed=limits_embed(lines, phrases), ephemeral=True)
            return
        found = next((line for line in lines if line.name == limit), None)
        if found is None or value is None:
            await tell(interaction, phrases.say("limits.both"))
            return
        await self._change(interaction, found, value)

    async def _change(self, interaction: Interaction, line: LimitLine, value: int) -> None:
        phrases, who = self.host.words(interaction), interaction.user
        tighter = is_tighter(line.name, value, line.in_force)
        right = Right.TRADE if tighter or value == line.in_force else Right.OWN
        if not self.host.access.may(who.id, right):
            _LOG.info("refused", limit=line.name, value=value, user=who.id)
            await tell(interaction, phrases.say(f"chat.refused_{right.value}"))
            return
        answer = await self.host.services.limits.tighten(line.name, value, actor=str(who.id))
        await tell(interaction, answer_text(answer, phrases))
        public = self.host.services.public
        if answer.outcome in {LimitOutcome.TIGHTENED, LimitOutcome.FROM_NEXT_START}:
            name = clip(harmless(who.display_name), 60)
            text = answer_text(answer, public)
            await interaction.followup.send(public.say("limits.announced", text=text, who=name))

    @limits.autocomplete("limit")
    async def names(self, interaction: Interaction, current: str) -> list[app_commands.Choice[str]]:
        """Offer the limits by their names in words."""
        phrases = self.host.words(interaction)
        named = {name: phrases.say(f"limits.name_{name}") for name in LIMIT_TERMS}
        typed = current.strip().casefold()
        return [
            app_commands.Choice(name=label(words, 100), value=name)
            for name, words in named.items()
            if typed in words.casefold() or typed in name
        ][:25]


def _amount(number: int, unit: str, phrases: Phrases) -> str:
    return phrases.say(f"limits.unit_{unit}", number=number)


def limits_embed(lines: Sequence[LimitLine], phrases: Phrases) -> discord.Embed:
    """Return the limits that add up over the day with what is left, then the others."""
    tightened = any(line.in_force != line.hard for line in lines)
    fitted = FittedEmbed(
        phrases=phrases,
        title=phrases.say("limits.title"),
        description=phrases.say("limits.intro"),
        colour=AMBER if tightened else GREY,
    )
    more = phrases.say("embeds.more", count="{count}")
    counted = [line for line in lines if line.used is not None]
    others = [line for line in lines if line.used is None]
    for key, some in (("counted", counted), ("each", others)):
        if some:
            told = [line_text(line, phrases) for line in some]
            fitted.add(phrases.say(f"limits.{key}"), lines_within(told, more))
    return fitted.embed


def line_text(line: LimitLine, phrases: Phrases) -> str:
    """Return one limit: in force, used and left, whether tightened, and what the next start does."""
    text = phrases.say(
        "limits.line",
        name=phrases.say(f"limits.name_{line.name}"),
        value=_amount(line.in_force, line.unit, phrases),
    )
    if line.used is not None and line.left is not None:
        text += phrases.say(
            "limits.used",
            used=_amount(line.used, line.unit, phrases),
            left=_amount(line.left, line.unit, phrases),
        )
    if line.in_force != line.hard:
        text += phrases.say("limits.tightened", hard=_amount(line.hard, line.unit, phrases))
    if line.next_start != line.in_force:
        after = _amount(line.next_start, line.unit, phrases)
        text += phrases.say("limits.next_start", value=after)
    return text


def answer_text(answer: LimitAnswer, phrases: Phrases) -> str:
    """Return what came of a wish to change a limit."""
    known = answer.outcome is not LimitOutcome.UNKNOWN_NAME
    return phrases.say(
        f"limits.outcome_{answer.outcome.value}",
        name=phrases.say(f"limits.name_{answer.name}") if known else label(answer.name, 40),
        value=_amount(answer.value, answer.unit, phrases) if known else str(answer.value),
        in_force=_amount(answer.in_force, answer.unit, phrases) if known else "-",
        bound=_amount(answer.bound, answer.unit, phrases) if known else "-",
    )

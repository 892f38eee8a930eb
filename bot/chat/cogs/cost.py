"""/report cost: what the language model has cost, and what may still be spent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import discord
from discord import app_commands
from discord.ext import commands

from bot.chat.access import Right
from bot.chat.budget import AMBER, GREY, FittedEmbed, lines_within
from bot.chat.call_words import cost_text
from bot.chat.host import ChatHost, Interaction
from bot.chat.text import one_line
from core.domain.krx import KST
from core.domain.model_calls import NOBODY, ModelCosts, TokenPrice, UsageLine
from core.ports.phrases import Phrases

_NEARLY = 0.8


class CostCog(commands.Cog):
    """Shows the costs: one's own to everybody, everybody's to owners."""

    def __init__(self, host: ChatHost) -> None:
        """Keep the services."""
        self.host = host

    @app_commands.command(name="cost", description="cost", extras={"right": Right.LOOK})
    async def cost(self, interaction: Interaction) -> None:
        """Show what was spent and what is left."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        costs = await self.host.services.model.costs()
        user_id = interaction.user.id
        embed = cost_embed(
            costs,
            user_id,
            self.host.words(interaction),
            shows_all=self.host.access.may(user_id, Right.OWN),
        )
        await interaction.followup.send(embed=embed, ephemeral=True)


def cost_embed(
    costs: ModelCosts, user_id: int, phrases: Phrases, *, shows_all: bool
) -> discord.Embed:
    """Return today, this month, by model, and for owners by user."""
    say = phrases.say
    today, mine = _sum(costs.today), _sum(line for line in costs.today if line.user_id == user_id)
    tight = today >= costs.budget.day_won * 1000 * _NEARLY
    fitted = FittedEmbed(
        phrases=phrases,
        title=say("model.cost_title"),
        description=_state(costs, phrases),
        colour=AMBER if tight or costs.resting_until else GREY,
        footer=_prices(costs, phrases),
    )
    spent = [
        say("model.cost_today", spent=cost_text(today, phrases), budget=costs.budget.day_won),
        say("model.cost_mine", spent=cost_text(mine, phrases), budget=costs.budget.user_won),
        say("model.cost_month", spent=cost_text(_sum(costs.month), phrases)),
    ]
    fitted.add(say("model.cost_spent"), "\n".join(spent))
    more = say("embeds.more", count="{count}")
    if costs.month:
        told = [_line(line, phrases) for line in _by_model(costs.month)]
        fitted.add(say("model.cost_by_model"), lines_within(told, more))
    if shows_all and costs.month:
        fitted.add(say("model.cost_by_user"), lines_within(_by_user(costs.month, phrases), more))
    return fitted.embed


def _state(costs: ModelCosts, phrases: Phrases) -> str:
    if not costs.model:
        return phrases.say("model.cost_no_key")
    if costs.resting_until is not None:
        at = f"{costs.resting_until.astimezone(KST):%H:%M}"
        return phrases.say("model.resting", model=one_line(costs.model, 100), until=at)
    return phrases.say("model.cost_intro", model=one_line(costs.model, 100))


def _prices(costs: ModelCosts, phrases: Phrases) -> str:
    def words(price: TokenPrice) -> str:
        return f"{price.input_won:,}/{price.output_won:,}"

    return phrases.say(
        "model.cost_prices", strong=words(costs.price), flash=words(costs.flash_price)
    )


def _sum(lines: Iterable[UsageLine]) -> int:
    return sum(line.cost_milliwon for line in lines)


def _by_model(lines: Sequence[UsageLine]) -> list[UsageLine]:
    """Return one line per model and purpose, the dearest first."""
    groups: dict[tuple[str, str], list[UsageLine]] = {}
    for line in lines:
        groups.setdefault((line.model, line.purpose.value), []).append(line)
    found = [
        UsageLine(
            user_id=NOBODY,
            model=some[0].model,
            purpose=some[0].purpose,
            calls=sum(line.calls for line in some),
            failed=sum(line.failed for line in some),
            prompt_tokens=sum(line.prompt_tokens for line in some),
            completion_tokens=sum(line.completion_tokens for line in some),
            cost_milliwon=_sum(some),
        )
        for some in groups.values()
    ]
    return sorted(found, key=lambda line: -line.cost_milliwon)


def _line(line: UsageLine, phrases: Phrases) -> str:
    return phrases.say(
        "model.cost_line",
        model=one_line(line.model, 60),
        purpose=phrases.say(f"model.purpose_{line.purpose.value}"),
        calls=line.calls,
        failed=line.failed,
        tokens=line.prompt_tokens + line.completion_tokens,
        cost=cost_text(line.cost_milliwon, phrases),
    )


def _by_user(lines: Sequence[UsageLine], phrases: Phrases) -> list[str]:
    """Return one line per user, the dearest first. A mention in an embed pings nobody."""
    sums: dict[int, int] = {}
    for line in lines:
        sums[line.user_id] = sums.get(line.user_id, 0) + line.cost_milliwon
    ranked = sorted(sums.items(), key=lambda item: -item[1])
    return [
        phrases.say(
            "model.cost_user",
            who=phrases.say("model.itself") if user == NOBODY else f"<@{user}>",
            cost=cost_text(cost, phrases),
        )
        for user, cost in ranked
    ]

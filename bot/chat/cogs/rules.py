"""/strategy rules: what is in force and what is proposed; an owner switches, adopts and declines."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date

import discord
from discord import app_commands
from discord.ext import commands

from bot.chat.access import Right
from bot.chat.budget import GREY, FittedEmbed, lines_within
from bot.chat.host import ChatHost, Interaction, tell
from bot.chat.symbols import chosen_symbol, instrument_choices
from bot.chat.text import CHUNK_MAX, clip, harmless, label, one_line
from core.domain.krx import KST
from core.domain.rule_proposals import Answer, Decided, RuleProposal
from core.domain.rules import Rule, RuleMove
from core.ports.phrases import Phrases
from core.services.rules.desk import rule_called
from core.services.rules.proposal_words import answered, proposal_line, proposal_lines
from core.services.rules.telling import explained, listed, summary, switched, tried
from core.services.rules.wording import rule_words

CHOICES_MAX = 25
WAITING_MAX = 4
LINE_MAX = 500
Press = Callable[[str, str], Awaitable[Decided]]
_Name = app_commands.Range[str, 1, 20]


class RulesCog(commands.Cog):
    """Everybody reads; an owner decides. Nothing here makes a rule or changes its words."""

    rules = app_commands.Group(name="rules", description="rules")

    def __init__(self, host: ChatHost) -> None:
        """Keep the services."""
        self.host = host

    @rules.command(name="list", description="list", extras={"right": Right.LOOK})
    async def show(self, interaction: Interaction) -> None:
        """Show every rule that stands, in one line each."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        services = self.host.services
        waiting = await services.rule_proposals.open_proposals()
        phrases = self.host.words(interaction)
        embed = rules_embed(await services.rules.current(), waiting, phrases)
        await interaction.followup.send(embed=embed, ephemeral=True)

    @rules.command(name="explain", description="explain", extras={"right": Right.LOOK})
    async def explain(self, interaction: Interaction, rule: _Name) -> None:
        """Show one rule in full, also one that has ended."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        found, phrases = await self._found(interaction, rule), self.host.words(interaction)
        if found is not None:
            await tell(interaction, _text(explained(found, phrases), phrases))

    @rules.command(name="test", description="test", extras={"right": Right.LOOK})
    async def test(
        self, interaction: Interaction, rule: _Name, symbol: str, day: str | None = None
    ) -> None:
        """Say what a rule would have done to a symbol on a day; nothing is ordered."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        found, phrases = await self._found(interaction, rule), self.host.words(interaction)
        if found is None:
            return
        services = self.host.services
        code = chosen_symbol(services.market, symbol)
        instrument = None if code is None else services.market.instrument(code)
        if instrument is None:
            text = phrases.say("chat.unknown_symbol", symbol=label(symbol, 40))
            await tell(interaction, text)
            return
        on = _day(day, services.clock.now().astimezone(KST).date())
        if on is None:
            await tell(interaction, phrases.say("rules.bad_day", found=one_line(day or "", 40)))
            return
        trial = await services.rules.trial(found, instrument.symbol, on)
        await tell(interaction, _text(tried(trial, instrument.name, phrases), phrases))

    @rules.command(name="enable", description="enable", extras={"right": Right.OWN})
    async def enable(self, interaction: Interaction, rule: _Name) -> None:
        """Keep a rule from now on."""
        await self._switch(interaction, rule, is_on=True)

    @rules.command(name="disable", description="disable", extras={"right": Right.OWN})
    async def disable(self, interaction: Interaction, rule: _Name) -> None:
        """Keep a rule no more."""
        await self._switch(interaction, rule, is_on=False)

    @rules.command(name="evidence", description="evidence", extras={"right": Right.LOOK})
    async def evidence(self, interaction: Interaction, proposal: _Name) -> None:
        """Show a proposal in full, with what the past says of its rule."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        found = await self.host.services.rule_proposals.proposal(proposal)
        phrases = self.host.words(interaction)
        if found is None:
            text = phrases.say("rules.unknown_proposal", id=one_line(proposal, 20))
            await tell(interaction, text)
        else:
            await tell(interaction, _text(proposal_lines(found, phrases), phrases))

    @rules.command(name="adopt", description="adopt", extras={"right": Right.OWN})
    async def adopt(self, interaction: Interaction, proposal: _Name) -> None:
        """Do what a proposal wishes for."""
        await self._decide(interaction, proposal, self.host.services.rule_proposals.adopt)

    @rules.command(name="decline", description="decline", extras={"right": Right.OWN})
    async def decline(self, interaction: Interaction, proposal: _Name) -> None:
        """Refuse what a proposal wishes for, for good."""
        await self._decide(interaction, proposal, self.host.services.rule_proposals.decline)

    @evidence.autocomplete("proposal")
    @adopt.autocomplete("proposal")
    @decline.autocomplete("proposal")
    async def proposals(
        self, interaction: Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        """Offer the proposals that wait, by their id and by what they wish for."""
        phrases, typed = self.host.words(interaction), current.strip().casefold()
        waiting = await self.host.services.rule_proposals.open_proposals()
        told = ((one, proposal_line(one, phrases)) for one in waiting)
        return [
            app_commands.Choice(name=label(words, 100), value=one.proposal_id)
            for one, words in told
            if typed in words.casefold()
        ][:CHOICES_MAX]

    @explain.autocomplete("rule")
    @test.autocomplete("rule")
    @enable.autocomplete("rule")
    @disable.autocomplete("rule")
    async def names(self, interaction: Interaction, current: str) -> list[app_commands.Choice[str]]:
        """Offer the rules by their id and by what they do."""
        phrases, typed = self.host.words(interaction), current.strip().casefold()
        told = ((one, summary(one, phrases)) for one in listed(self.host.services.rules.rules))
        return [
            app_commands.Choice(name=label(words, 100), value=one.rule_id)
            for one, words in told
            if typed in words.casefold()
        ][:CHOICES_MAX]

    @test.autocomplete("symbol")
    async def symbols(
        self, interaction: Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        """Offer instruments by code, Korean name or initial consonants."""
        del interaction  # the universe is the same for everybody
        return instrument_choices(self.host.services.market, current)

    async def _found(self, interaction: Interaction, typed: str) -> Rule | None:
        """Return the rule, or say that there is none."""
        found = rule_called(await self.host.services.rules.current(), typed)
        if found is None:
            phrases = self.host.words(interaction)
            await tell(interaction, phrases.say("rules.unknown_rule", id=one_line(typed, 20)))
        return found

    async def _switch(self, interaction: Interaction, typed: str, *, is_on: bool) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        found = await self._found(interaction, typed)
        if found is None:
            return
        services, who = self.host.services, interaction.user
        done = await services.rules.switch(found.rule_id, is_on=is_on, actor=str(who.id))
        phrases = self.host.words(interaction)
        after = services.rules.rules
        await tell(interaction, switched(found.rule_id, done, after, phrases))
        if done.answer is RuleMove.DONE:
            text = switched(found.rule_id, done, after, services.public)
            name = clip(harmless(who.display_name), 60)
            told = services.public.say("rules.announced", text=text, who=name)
            await interaction.followup.send(told)

    async def _decide(self, interaction: Interaction, typed: str, press: Press) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        services, who = self.host.services, interaction.user
        decided = await press(typed, str(who.id))
        shown, phrases = one_line(typed, 20), self.host.words(interaction)
        await tell(interaction, one_line(answered(decided, shown, phrases), CHUNK_MAX))
        if decided.answer is Answer.DONE:
            text = one_line(answered(decided, shown, services.public), LINE_MAX)
            name = clip(harmless(who.display_name), 60)
            told = services.public.say("rules.proposal_announced", text=text, who=name)
            await interaction.followup.send(told)


def rules_embed(
    rules: tuple[Rule, ...], waiting: tuple[RuleProposal, ...], phrases: Phrases
) -> discord.Embed:
    """Return the rules that the bot keeps or could keep, most important first, and what waits."""
    fitted = FittedEmbed(
        phrases=phrases,
        title=phrases.say("rules.title"),
        description=phrases.say("rules.intro"),
        colour=GREY,
    )
    fields = []
    for one in listed(rules):
        name = phrases.say(
            "rules.name",
            id=one.rule_id,
            state=phrases.say(f"rules.state_{one.state.value}"),
            origin=phrases.say(f"rules.origin_{one.origin.value}"),
        )
        told = [one_line(rule_words(one, phrases), LINE_MAX)]
        if one.enforced_by:
            told.append(phrases.say("rules.enforced", setting=one_line(one.enforced_by, 100)))
        fields.append((name, "\n".join(told)))
    if waiting:
        told = [one_line(proposal_line(one, phrases), LINE_MAX) for one in waiting]
        fields.insert(0, (phrases.say("rules.proposals"), "\n".join(told[:WAITING_MAX])))
    fitted.add_all(fields, phrases.say("embeds.more", count="{count}"))
    return fitted.embed


def _text(lines: tuple[str, ...], phrases: Phrases) -> str:
    more = phrases.say("embeds.more", count="{count}")
    return lines_within([one_line(line, LINE_MAX) for line in lines], more, CHUNK_MAX)


def _day(text: str | None, today: date) -> date | None:
    """Return the day that was meant, today without one; None for none, or one that is to come."""
    if text is None:
        return today
    try:
        found = date.fromisoformat(text.strip())
    except ValueError:
        return None
    return found if found <= today else None

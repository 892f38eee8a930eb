"""/market alerts: what people want to be told of, and what fired today."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from discord import app_commands
from discord.ext import commands

from bot.chat.access import Right
from bot.chat.host import ChatHost, Interaction, tell
from bot.chat.standing_words import stop_line
from bot.chat.symbols import chosen_symbol, instrument_choices
from bot.chat.text import label
from bot.chat.ticket_buttons import click_of
from bot.chat.watch_embed import alerts_embed, bad_threshold_text, outcome_text, rule_text
from core.domain.alerts import ALL_RULES, AlertKind, AlertRule, Repeat
from core.services.watch.wishes import (
    MUTE_HOURS_MAX,
    RULES_MAX,
    RuleDraft,
    WishBook,
    WishOutcome,
)

VALUE_MAX = 10_000_000_000.0
PERCENT_MAX = 1_000.0
_Value = app_commands.Range[float, 0.01, VALUE_MAX]
_Percent = app_commands.Range[float, -PERCENT_MAX, PERCENT_MAX]


class AlertsCog(commands.Cog):
    """Viewers read, approvers change. An alert is a message, never an order."""

    alerts = app_commands.Group(name="alerts", description="alerts")

    def __init__(self, host: ChatHost) -> None:
        """Keep the services."""
        self.host = host

    @property
    def _wishes(self) -> WishBook:
        return self.host.services.watching.wishes

    @alerts.command(name="list", description="list", extras={"right": Right.LOOK})
    async def show(self, interaction: Interaction) -> None:
        """Show rules, mutes and what fired today."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        services, phrases = self.host.services, self.host.words(interaction)
        wishes, fired = await self._wishes.load(), await self._wishes.fired_today()
        stops = await services.tickets.standing_stops()
        now = services.clock.now()
        embed = alerts_embed(wishes, fired, services.market, now, phrases, stops)
        await interaction.followup.send(embed=embed, ephemeral=True)

    @alerts.command(name="add", description="add", extras={"right": Right.TRADE})
    async def add(
        self,
        interaction: Interaction,
        kind: str,
        value: _Value,
        symbol: str | None = None,
        repeat: Literal["daily", "once"] = "daily",
        profit_min: _Percent | None = None,
        profit_max: _Percent | None = None,
    ) -> None:
        """Store a rule; without a symbol it counts for all that is held or watched."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        services, phrases = self.host.services, self.host.words(interaction)
        chosen = None if symbol is None else chosen_symbol(services.market, symbol)
        if symbol is not None and chosen is None:
            text = outcome_text(WishOutcome.UNKNOWN_SYMBOL, phrases, symbol=label(symbol, 40))
            await tell(interaction, text)
            return
        known = next((item for item in AlertKind if item.value == kind), None)
        if known is None:
            await tell(interaction, outcome_text(WishOutcome.NOT_THERE, phrases))
            return
        draft = RuleDraft(
            kind=known,
            value=_exact(value),
            symbol=chosen,
            repeat=Repeat(repeat),
            profit_min_percent=None if profit_min is None else _exact(profit_min),
            profit_max_percent=None if profit_max is None else _exact(profit_max),
        )
        made = await self._wishes.add_rule(draft, by=interaction.user.id)
        if isinstance(made, AlertRule):
            what = rule_text(made, services.market, phrases)
            await tell(interaction, phrases.say("watch.added_rule", rule=made.rule_id, what=what))
        elif made is WishOutcome.BAD_THRESHOLD:
            await tell(interaction, bad_threshold_text(known, phrases))
        else:
            await tell(interaction, outcome_text(made, phrases, limit=RULES_MAX))

    @alerts.command(name="remove", description="remove", extras={"right": Right.TRADE})
    async def remove(self, interaction: Interaction, rule: str) -> None:
        """Forget a rule."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        outcome = await self._wishes.drop_rule(rule, by=interaction.user.id)
        await tell(interaction, outcome_text(outcome, self.host.words(interaction)))

    @alerts.command(name="mute", description="mute", extras={"right": Right.TRADE})
    async def mute(
        self,
        interaction: Interaction,
        hours: app_commands.Range[int, 0, MUTE_HOURS_MAX],
        rule: str = ALL_RULES,
    ) -> None:
        """Let a rule, or all of them, say nothing for some hours; 0 ends that."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        phrases = self.host.words(interaction)
        outcome = await self._wishes.mute(rule, hours, by=interaction.user.id)
        until = phrases.say("watch.hours", hours=hours)
        await tell(interaction, outcome_text(outcome, phrases, until=until))

    @alerts.command(name="revoke", description="revoke", extras={"right": Right.TRADE})
    async def revoke(self, interaction: Interaction, ticket: str) -> None:
        """End a stop that was approved in advance, by the entry's ticket."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        phrases = self.host.words(interaction)
        # Written down and spoken ids differ in case and space only.
        click = click_of(interaction, ticket.strip().upper())
        outcome = await self.host.services.tickets.revoke_stop(click)
        await tell(interaction, phrases.say(f"orders.click_{outcome.value}"))

    @revoke.autocomplete("ticket")
    async def granted(
        self, interaction: Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        """Offer the entries whose stops are good."""
        services, phrases = self.host.services, self.host.words(interaction)
        named = {
            item.ticket_id: stop_line(item, services.market, phrases)
            for item in await services.tickets.standing_stops()
        }
        return _matching(named, current)

    @add.autocomplete("kind")
    async def kinds(self, interaction: Interaction, current: str) -> list[app_commands.Choice[str]]:
        """Offer the kinds by their names in words."""
        phrases = self.host.words(interaction)
        named = {item.value: phrases.say(f"watch.kind_{item.value}") for item in AlertKind}
        return _matching(named, current)

    @add.autocomplete("symbol")
    async def symbols(
        self, interaction: Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        """Offer instruments by code, Korean name or initial consonants."""
        del interaction  # the universe is the same for everybody
        return instrument_choices(self.host.services.market, current)

    @remove.autocomplete("rule")
    async def own(self, interaction: Interaction, current: str) -> list[app_commands.Choice[str]]:
        """Offer the rules that people made."""
        return _matching(self._named(interaction, self._wishes.current.rules), current)

    @mute.autocomplete("rule")
    async def every(self, interaction: Interaction, current: str) -> list[app_commands.Choice[str]]:
        """Offer all rules, and all of them at once."""
        phrases, wishes = self.host.words(interaction), self._wishes.current
        named = {ALL_RULES: phrases.say("watch.rule_all")}
        named |= self._named(interaction, (*wishes.rules, *wishes.defaults))
        return _matching(named, current)

    def _named(self, interaction: Interaction, rules: tuple[AlertRule, ...]) -> dict[str, str]:
        phrases, market = self.host.words(interaction), self.host.services.market
        return {item.rule_id: rule_text(item, market, phrases) for item in rules}


def _exact(number: float) -> Decimal:
    """Return the number as it was typed: Discord sends 0.1 as a float whose shortest text is it."""
    return Decimal(str(number))


def _matching(named: dict[str, str], current: str) -> list[app_commands.Choice[str]]:
    typed = current.strip().casefold()
    return [
        app_commands.Choice(name=label(words, 100), value=value)
        for value, words in named.items()
        if typed in words.casefold() or typed in value.casefold()
    ][:25]

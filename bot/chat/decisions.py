"""Answers the forms in which a person decides what the bot may not: typed, so never by accident."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from bot.chat import modals
from bot.chat.access import Right
from bot.chat.cogs.arm import standing_embed
from bot.chat.cogs.limits import VALUE_MAX, answer_text
from bot.chat.host import ChatHost, Interaction, tell
from bot.chat.text import clip, harmless
from bot.chat.ticket_buttons import click_of
from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.limits import LimitOutcome
from core.services.orders.flattening import EVERYTHING
from core.services.orders.values import Adopt, ClickOutcome, Decision, Void

# "No such order", whichever language the form was shown in.
NONE_WORDS = frozenset({"없음", "none"})
Handler = Callable[[Interaction], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Decisions:
    """One method per form."""

    host: ChatHost

    def handler(self, custom_id: str) -> tuple[Right, Handler] | None:
        """Return who may submit this form and what answers it, or None when it is none of these."""
        if modals.RESOLVE.fullmatch(custom_id):
            return Right.TRADE, self._resolve
        if modals.ACCEPT.fullmatch(custom_id):
            return Right.OWN, self._accept
        if modals.LIMITS.fullmatch(custom_id):
            return Right.OWN, self._limits
        return (Right.OWN, self._arm) if modals.ARM.fullmatch(custom_id) else None

    async def _resolve(self, interaction: Interaction) -> None:
        """Tell the desk what a person found in the broker's app, and say what came of it."""
        phrases = self.host.words(interaction)
        await interaction.response.defer(ephemeral=True, thinking=True)
        custom_id, values = modals.submitted(interaction)
        order_id = custom_id.rsplit(":", 1)[1]
        decision = _decision(values)
        if decision is None:
            none = phrases.say("chat.resolve_none")
            await tell(interaction, phrases.say("chat.resolve_unclear", none=none))
            return
        click = click_of(interaction, order_id.rpartition("-")[0])
        outcome = await self.host.services.tickets.resolve(click, order_id, decision)
        await tell(interaction, phrases.say(f"orders.click_{outcome.value}"))

    async def _accept(self, interaction: Interaction) -> None:
        """Take the broker's number of shares for ours, if the symbol was typed."""
        phrases = self.host.words(interaction)
        await interaction.response.defer(ephemeral=True, thinking=True)
        custom_id, values = modals.submitted(interaction)
        symbol = custom_id.rsplit(":", 1)[1]
        if values.get(modals.TYPED_INPUT, "").strip().upper() != symbol:
            await tell(interaction, phrases.say("chat.typed_differs"))
            return
        outcome = await self.host.services.books.accept_difference(
            click_of(interaction, EVERYTHING), Symbol(symbol)
        )
        refused = outcome is ClickOutcome.NOT_ALLOWED
        key = "chat.refused_own" if refused else f"orders.click_{outcome.value}"
        await tell(interaction, phrases.say(key))

    async def _limits(self, interaction: Interaction) -> None:
        """Tighten what was changed in the form of limits, one after the other, and tell of each."""
        phrases, public = self.host.words(interaction), self.host.services.public
        await interaction.response.defer(ephemeral=True, thinking=True)
        values = modals.submitted(interaction)[1]
        desk, told, news = self.host.services.limits, [], []
        for line in await desk.lines():
            typed = values.get(line.name, "").strip().removesuffix("%").removesuffix("건")
            value = modals.whole_number(typed)
            if typed and value is None:
                name = phrases.say(f"limits.name_{line.name}")
                told.append(phrases.say("setup.limit_no_number", name=name))
            elif value is not None and value != line.in_force:
                actor = str(interaction.user.id)
                answer = await desk.tighten(line.name, min(value, VALUE_MAX), actor=actor)
                told.append(answer_text(answer, phrases))
                if answer.outcome in {LimitOutcome.TIGHTENED, LimitOutcome.FROM_NEXT_START}:
                    news.append(answer_text(answer, public))
        await tell(interaction, "\n".join(told) or phrases.say("setup.limits_same"))
        if news:
            who = clip(harmless(interaction.user.display_name), 60)
            text = public.say("limits.announced", text="\n".join(news), who=who)
            await interaction.followup.send(text)

    async def _arm(self, interaction: Interaction) -> None:
        """Ask the interlock, and say to everybody when the real account is open to orders."""
        phrases, services = self.host.words(interaction), self.host.services
        await interaction.response.defer(ephemeral=True, thinking=True)
        if services.arming is None:
            await tell(interaction, phrases.say("chat.arm_not_real"))
            return
        typed = modals.submitted(interaction)[1].get(modals.TYPED_INPUT, "")
        found = await services.arming.arm(interaction.user.id, typed)
        await interaction.followup.send(embed=standing_embed(found, phrases), ephemeral=True)
        if not found.is_complete or found.arming is None:
            await tell(interaction, phrases.say("chat.arm_not_done"))
            return
        text = services.public.say(
            "chat.arm_announced",
            who=clip(harmless(interaction.user.display_name), 60),
            until=f"{found.arming.expires_at.astimezone(KST):%Y-%m-%d %H:%M}",
        )
        await interaction.followup.send(text)


def _decision(values: Mapping[str, str]) -> Decision | None:
    """Return what was written: a number, or a word for none in either language."""
    number = values.get(modals.NUMBER_INPUT, "").strip()
    typed = values.get(modals.TYPED_INPUT, "").strip()
    if number.casefold() in NONE_WORDS:
        return Void(typed=typed)
    return Adopt(number=number, typed=typed) if number.isascii() and number.isdigit() else None

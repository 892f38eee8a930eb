"""Confirmations of /stopentry, /halt and /resume. They carry what they do: a restart loses none."""

from __future__ import annotations

import re
from enum import Enum

import discord
import structlog

from bot.chat.access import Right
from bot.chat.exit_words import cancel_embed
from bot.chat.host import ChatHost, Interaction, host_of, refused, tell
from bot.chat.rows import button_row
from bot.chat.switch_words import standing
from bot.chat.text import clip, harmless
from bot.chat.ticket_buttons import click_of
from core.domain.modes import TradingState
from core.domain.orders import Side
from core.errors import TradingError
from core.ports.phrases import Phrases
from core.services.orders.flattening import EVERYTHING
from core.services.orders.values import ClickOutcome

_LOG = structlog.get_logger(__name__)


class SwitchAction(Enum):
    """What a button does. Labels are ``chat.button_…``."""

    HALT = "HALTED"
    REDUCE_ONLY = "REDUCE_ONLY"
    HALT_AND_CANCEL = "HALTED_CANCEL"
    CANCEL_OPEN = "CANCEL"
    CANCEL_BUYS = "CANCEL_BUYS"
    RESUME = "ACTIVE"


_STYLES = {
    SwitchAction.CANCEL_OPEN: discord.ButtonStyle.secondary,
    SwitchAction.CANCEL_BUYS: discord.ButtonStyle.secondary,
    SwitchAction.RESUME: discord.ButtonStyle.success,
}


class SwitchButton(
    discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]],
    template=re.compile(r"h1:(?:HALTED|REDUCE_ONLY|HALTED_CANCEL|CANCEL|CANCEL_BUYS|ACTIVE)"),
):
    """One confirmation."""

    def __init__(self, action: SwitchAction, text: str = "🛑") -> None:
        super().__init__(
            discord.ui.Button(
                style=_STYLES.get(action, discord.ButtonStyle.danger),
                label=text,
                custom_id=f"h1:{action.value}",
            )
        )
        self.action = action

    @classmethod
    def made(cls, action: SwitchAction, phrases: Phrases) -> SwitchButton:
        """Return the button with its label."""
        return cls(action, phrases.say(f"chat.button_{action.name.lower()}"))

    @classmethod
    async def from_custom_id(
        cls,
        interaction: Interaction,  # noqa: ARG003 - the signature is discord.py's
        item: discord.ui.Item[discord.ui.View],  # noqa: ARG003 - the signature is discord.py's
        match: re.Match[str],
        /,
    ) -> SwitchButton:
        """Rebuild the button from its custom_id."""
        return cls(SwitchAction(match.string.removeprefix("h1:")))

    async def callback(self, interaction: Interaction) -> None:
        """Acknowledge, do it, and say to everybody what came of it."""
        if await refused(interaction, Right.TRADE):
            return
        await interaction.response.defer()
        host = host_of(interaction)
        try:
            await self._act(interaction, host)
        except TradingError:
            _LOG.exception("switch failed", action=self.action.value, user=interaction.user.id)
            key = f"chat.failed_{self.action.name.lower()}"
            await tell(interaction, host.words(interaction).say(key))

    async def _act(self, interaction: Interaction, host: ChatHost) -> None:
        match self.action:
            case SwitchAction.HALT:
                await _stop(interaction, host, TradingState.HALTED)
            case SwitchAction.REDUCE_ONLY:
                await _stop(interaction, host, TradingState.REDUCE_ONLY)
            case SwitchAction.HALT_AND_CANCEL:
                await _stop(interaction, host, TradingState.HALTED)
                # The halt stands by now: what fails from here on fails the cancels alone.
                self.action = SwitchAction.CANCEL_OPEN
                await _cancel(interaction, host, frozenset(Side))
            case SwitchAction.CANCEL_OPEN:
                await _cancel(interaction, host, frozenset(Side))
            case SwitchAction.CANCEL_BUYS:
                await _cancel(interaction, host, frozenset({Side.BUY}))
            case SwitchAction.RESUME:
                await _resume(interaction, host)


async def _stop(interaction: Interaction, host: ChatHost, state: TradingState) -> None:
    """Set the state; what stays offered is to cancel what is open."""
    services, phrases = host.services, host.words(interaction)
    key = "chat.halt_reason" if state is TradingState.HALTED else "chat.stopentry_reason"
    await services.switch.set_state(
        state,
        actor=str(interaction.user.id),
        reason=services.public.say(key, who=interaction.user.display_name),
    )
    found = await services.switch.reasons()
    again = SwitchAction.CANCEL_OPEN
    if state is TradingState.REDUCE_ONLY:
        again = SwitchAction.CANCEL_BUYS
    await interaction.edit_original_response(
        content=standing(found, phrases), view=button_row(SwitchButton.made(again, phrases))
    )
    await _announce(interaction, host, standing(found, services.public))


async def _announce(interaction: Interaction, host: ChatHost, sentence: str) -> None:
    who = clip(harmless(interaction.user.display_name), 60)
    text = host.services.public.say("chat.state_changed", sentence=sentence, who=who)
    await interaction.followup.send(clip(text, 1900))


async def _cancel(interaction: Interaction, host: ChatHost, sides: frozenset[Side]) -> None:
    services = host.services
    results = await services.exits.cancel_open(click_of(interaction, EVERYTHING), sides)
    if isinstance(results, ClickOutcome):
        await tell(interaction, host.words(interaction).say(f"orders.click_{results.value}"))
        return
    embed = cancel_embed(results, services.public, services.market)
    await interaction.followup.send(embed=embed)


async def _resume(interaction: Interaction, host: ChatHost) -> None:
    services, phrases = host.services, host.words(interaction)
    is_owner = host.access.may(interaction.user.id, Right.OWN)
    done = await services.resumption.resume(click_of(interaction, EVERYTHING), is_owner=is_owner)
    if isinstance(done, ClickOutcome):
        await tell(interaction, phrases.say(f"orders.click_{done.value}"))
        return
    public = services.public
    lines = [standing(done.after.in_force, public)]
    lines += [
        public.say("chat.trip_released", reason=clip(harmless(trip.reason), 200))
        for trip in done.released
    ]
    if done.after.owner_trips and not is_owner:
        lines.append(public.say("chat.resume_needs_owner"))
    await interaction.edit_original_response(
        content=standing(done.after.in_force, phrases), embed=None, view=None
    )
    await _announce(interaction, host, "\n".join(lines))

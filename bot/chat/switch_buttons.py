"""Confirmations of /stopentry, /halt and /resume. They carry what they do: a restart loses none."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from enum import Enum
from functools import partial

import discord
import structlog

from bot.chat.access import Right
from bot.chat.exit_words import cancel_embed
from bot.chat.host import ChatHost, Interaction, host_of, refused, taken, tell
from bot.chat.rows import button_row
from bot.chat.switch_words import standing
from bot.chat.text import clip, harmless
from bot.chat.ticket_buttons import click_of
from core.domain.breakers import Breaker, InForce, Trip
from core.domain.krx import KST
from core.domain.modes import TradingState
from core.domain.orders import Side
from core.errors import TradingError
from core.ports.phrases import Phrases
from core.services.orders.flattening import EVERYTHING, CancelResult
from core.services.orders.open_points import Resumed
from core.services.orders.values import ClickOutcome

_LOG = structlog.get_logger(__name__)
# Says what came of an action; what it says was found out before.
Tell = Callable[[Interaction, ChatHost], Awaitable[None]]


class SwitchAction(Enum):
    """What a button does. Labels are ``chat.button_…``."""

    HALT = "HALTED"
    REDUCE_ONLY = "REDUCE_ONLY"
    HALT_AND_CANCEL = "HALTED_CANCEL"
    CANCEL_OPEN = "CANCEL"
    CANCEL_BUYS = "CANCEL_BUYS"
    RESUME = "ACTIVE"
    REST = "REST"


_STYLES = {
    SwitchAction.CANCEL_OPEN: discord.ButtonStyle.secondary,
    SwitchAction.CANCEL_BUYS: discord.ButtonStyle.secondary,
    SwitchAction.RESUME: discord.ButtonStyle.success,
}


class SwitchButton(
    discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]],
    template=re.compile(r"h1:(?:HALTED|REDUCE_ONLY|HALTED_CANCEL|CANCEL|CANCEL_BUYS|ACTIVE|REST)"),
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
        """Do it, and say to everybody what came of it.

        What stops or cancels does not wait for Discord to take the acknowledgement, nor the
        cancels for the halt to be told: the press has arrived, and on a bad line nothing is worse
        than a stop that was pressed and did not happen. A resume that is not acknowledged does
        nothing.
        """
        if await refused(interaction, Right.TRADE):
            return
        host = host_of(interaction)
        tells: list[Tell] = []
        acknowledged, act = taken(interaction.response.defer()), self._guarded(interaction, tells)
        if self.action is SwitchAction.RESUME:
            if not await acknowledged:
                act.close()
                return
            await act
        else:
            await asyncio.gather(acknowledged, act)
        for tell_one in tells:
            await tell_one(interaction, host)

    async def _guarded(self, interaction: Interaction, tells: list[Tell]) -> None:
        """Act; what is to be said of it, a failure included, is added to `tells`."""
        try:
            await self._act(interaction, host_of(interaction), tells)
        except TradingError:
            _LOG.exception("switch failed", action=self.action.value, user=interaction.user.id)
            tells.append(partial(_tell_failure, f"chat.failed_{self.action.name.lower()}"))

    async def _act(self, interaction: Interaction, host: ChatHost, tells: list[Tell]) -> None:
        match self.action:
            case SwitchAction.HALT:
                tells.append(await _stop(interaction, host, TradingState.HALTED))
            case SwitchAction.REDUCE_ONLY:
                tells.append(await _stop(interaction, host, TradingState.REDUCE_ONLY))
            case SwitchAction.HALT_AND_CANCEL:
                tells.append(await _stop(interaction, host, TradingState.HALTED))
                # The halt stands by now: what fails from here on fails the cancels alone.
                self.action = SwitchAction.CANCEL_OPEN
                tells.append(await _cancel(interaction, host, frozenset(Side)))
            case SwitchAction.CANCEL_OPEN:
                tells.append(await _cancel(interaction, host, frozenset(Side)))
            case SwitchAction.CANCEL_BUYS:
                tells.append(await _cancel(interaction, host, frozenset({Side.BUY})))
            case SwitchAction.RESUME:
                tells.append(await _resume(interaction, host))
            case SwitchAction.REST:
                tells.append(await _rest(interaction, host))


async def _tell_failure(key: str, interaction: Interaction, host: ChatHost) -> None:
    await tell(interaction, host.words(interaction).say(key))


async def _stop(interaction: Interaction, host: ChatHost, state: TradingState) -> Tell:
    """Set the state; what stays offered is to cancel what is open."""
    services = host.services
    key = "chat.halt_reason" if state is TradingState.HALTED else "chat.stopentry_reason"
    await services.switch.set_state(
        state,
        actor=str(interaction.user.id),
        reason=services.public.say(key, who=interaction.user.display_name),
    )
    again = SwitchAction.CANCEL_OPEN
    if state is TradingState.REDUCE_ONLY:
        again = SwitchAction.CANCEL_BUYS
    return partial(_tell_stop, await services.switch.reasons(), again)


async def _rest(interaction: Interaction, host: ChatHost) -> Tell:
    """Buy nothing more today, whoever is asked: nobody puts this breaker back in."""
    services, now = host.services, host.services.clock.now()
    until = now.astimezone(KST).date() + timedelta(days=1)
    who = clip(harmless(interaction.user.display_name), 60)
    trip = Trip(
        breaker=Breaker.COOLING_OFF,
        effect=TradingState.REDUCE_ONLY,
        at=now,
        until=until,
        reason=services.public.say("safety.breaker_cooling_off", who=who, until=until.isoformat()),
    )
    await services.switch.trip(trip, actor=str(interaction.user.id))
    return partial(_tell_stop, await services.switch.reasons(), SwitchAction.CANCEL_BUYS)


async def _tell_stop(
    found: InForce, again: SwitchAction, interaction: Interaction, host: ChatHost
) -> None:
    phrases = host.words(interaction)
    view = button_row(SwitchButton.made(again, phrases))
    text = standing(found, phrases)
    await taken(interaction.edit_original_response(content=text, view=view))
    await _announce(interaction, host, standing(found, host.services.public))


async def _announce(interaction: Interaction, host: ChatHost, sentence: str) -> None:
    who = clip(harmless(interaction.user.display_name), 60)
    text = host.services.public.say("chat.state_changed", sentence=sentence, who=who)
    await taken(interaction.followup.send(clip(text, 1900)))


async def _cancel(interaction: Interaction, host: ChatHost, sides: frozenset[Side]) -> Tell:
    results = await host.services.exits.cancel_open(click_of(interaction, EVERYTHING), sides)
    return partial(_tell_cancel, results)


async def _tell_cancel(
    results: tuple[CancelResult, ...] | ClickOutcome, interaction: Interaction, host: ChatHost
) -> None:
    services = host.services
    if isinstance(results, ClickOutcome):
        await tell(interaction, host.words(interaction).say(f"orders.click_{results.value}"))
        return
    embed = cancel_embed(results, services.public, services.market)
    await taken(interaction.followup.send(embed=embed))


async def _resume(interaction: Interaction, host: ChatHost) -> Tell:
    is_owner = host.access.may(interaction.user.id, Right.OWN)
    click = click_of(interaction, EVERYTHING)
    done = await host.services.resumption.resume(click, is_owner=is_owner)
    if isinstance(done, ClickOutcome):
        return partial(_tell_failure, f"orders.click_{done.value}")
    return partial(_tell_resume, done)


async def _tell_resume(done: Resumed, interaction: Interaction, host: ChatHost) -> None:
    phrases, public = host.words(interaction), host.services.public
    lines = [standing(done.after.in_force, public)]
    lines += [
        public.say("chat.trip_released", reason=clip(harmless(trip.reason), 200))
        for trip in done.released
    ]
    if done.after.owner_trips and not host.access.may(interaction.user.id, Right.OWN):
        lines.append(public.say("chat.resume_needs_owner"))
    text = standing(done.after.in_force, phrases)
    await taken(interaction.edit_original_response(content=text, embed=None, view=None))
    await _announce(interaction, host, "\n".join(lines))

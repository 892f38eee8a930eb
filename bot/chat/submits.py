"""Answers every interaction that discord.py would drop.

Form submits (also of forms opened before a restart), and presses whose custom_id nobody knows.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import discord
import structlog

from bot.chat import modals
from bot.chat.access import Right
from bot.chat.conversation import Conversations, PrivateThreadRefused, ThreadNotBegun
from bot.chat.decisions import Decisions
from bot.chat.host import ChatHost, Interaction, refused, tell
from bot.chat.streaming import Place
from bot.chat.text import label
from bot.chat.ticket_buttons import click_of
from core.domain.instrument import Symbol
from core.domain.risk import Denied
from core.domain.tickets import Ticket
from core.errors import TradingError
from core.services.risk.wording import explain

_LOG = structlog.get_logger(__name__)
ControlClass = type[discord.ui.DynamicItem[Any]]


@dataclass(slots=True)
class Submits:
    """The listener behind `on_interaction`."""

    host: ChatHost
    conversations: Conversations
    decisions: Decisions
    controls: Sequence[ControlClass]

    async def on_interaction(self, interaction: Interaction) -> None:
        """Route a form submit by its custom_id; answer unknown ids in words."""
        custom_id = modals.submitted(interaction)[0]
        if interaction.type is discord.InteractionType.component:
            if not self._is_known_control(custom_id):
                await self._unknown(interaction, custom_id)
        elif interaction.type is discord.InteractionType.modal_submit:
            decided = self.decisions.handler(custom_id)
            right, handler = decided or (Right.TRADE, self._handler(custom_id))
            await self._guarded(interaction, right, handler)

    def _is_known_control(self, custom_id: str) -> bool:
        return any(
            one.__discord_ui_compiled_template__.fullmatch(custom_id) for one in self.controls
        )

    def _handler(self, custom_id: str) -> Callable[[Interaction], Awaitable[None]]:
        if modals.TRADE.fullmatch(custom_id):
            return self._trade
        if modals.REPLY.fullmatch(custom_id):
            return self._reply
        if modals.EDIT.fullmatch(custom_id):
            return self._edit

        async def unknown(interaction: Interaction) -> None:
            await self._unknown(interaction, custom_id)

        return unknown

    async def _guarded(
        self,
        interaction: Interaction,
        right: Right,
        handler: Callable[[Interaction], Awaitable[None]],
    ) -> None:
        try:
            if not await refused(interaction, right):
                await handler(interaction)
        except (TradingError, discord.HTTPException):
            _LOG.exception("form failed", interaction=interaction.id)
            await tell(interaction, self.host.words(interaction).say("chat.failed"))

    async def _unknown(self, interaction: Interaction, custom_id: str) -> None:
        _LOG.info("unknown custom_id", custom_id=custom_id[:100], user=interaction.user.id)
        await tell(interaction, self.host.words(interaction).say("chat.unknown_control"))

    async def _trade(self, interaction: Interaction) -> None:
        phrases = self.host.words(interaction)
        await interaction.response.defer(ephemeral=True, thinking=True)
        channel = self._parent(interaction)
        request = self._request(interaction)
        if channel is None or not request:
            key = "chat.request_empty" if channel else "chat.no_thread_here"
            await tell(interaction, phrases.say(key))
            return
        try:
            thread = await self.conversations.begin(channel, interaction.user, request)
        except PrivateThreadRefused as error:
            _LOG.warning("no private thread", error=str(error))
            await tell(interaction, phrases.say("chat.private_thread_refused"))
            return
        except ThreadNotBegun as error:
            _LOG.warning("no conversation", error=str(error))
            await tell(interaction, phrases.say("chat.thread_not_begun"))
            return
        await tell(interaction, phrases.say("chat.thread_opened", thread=thread.mention))
        await self.conversations.answer(thread, interaction.user, request)

    def _request(self, interaction: Interaction) -> str:
        """Return what was asked, led by the symbol that /trade was called with."""
        custom_id, values = modals.submitted(interaction)
        text = values.get(modals.REQUEST_INPUT, "").strip()
        match = modals.TRADE.fullmatch(custom_id)
        symbol = match[1] if match else ""
        if not text or not symbol or symbol in text.upper():
            return text
        known = self.host.services.market.instrument(Symbol(symbol))
        if known is not None and known.name in text:
            return text
        return f"{known.name if known else ''}({symbol}) {text}".strip()

    def _parent(self, interaction: Interaction) -> discord.TextChannel | None:
        place = interaction.channel
        channel = place.parent if isinstance(place, discord.Thread) else place
        return channel if isinstance(channel, discord.TextChannel) else None

    async def _reply(self, interaction: Interaction) -> None:
        await interaction.response.defer()
        thread_id = interaction.channel_id or 0
        text = modals.submitted(interaction)[1].get(modals.REQUEST_INPUT, "").strip()
        session = await self.host.services.sessions.session(thread_id)
        if session is None or not text:
            key = "chat.request_empty" if session else "chat.no_session_here"
            await tell(interaction, self.host.words(interaction).say(key))
            return
        place: Place = self.host.get_partial_messageable(
            thread_id, guild_id=interaction.guild_id, type=discord.ChannelType.public_thread
        )
        await self.conversations.repeat(place, interaction.user, text)
        await self.conversations.answer(place, interaction.user, text)

    async def _edit(self, interaction: Interaction) -> None:
        phrases = self.host.words(interaction)
        await interaction.response.defer(ephemeral=True, thinking=True)
        custom_id, values = modals.submitted(interaction)
        leg = modals.whole_number(values.get(modals.LEG_INPUT, "") or "1")
        quantity = modals.whole_number(values.get(modals.QUANTITY_INPUT, ""))
        price_text = values.get(modals.PRICE_INPUT, "").strip()
        price = modals.whole_number(price_text) if price_text else None
        if not leg or quantity is None or (price_text and price is None):
            await tell(interaction, phrases.say("chat.edit_not_numbers"))
            return
        ticket_id = custom_id.rsplit(":", 1)[1]
        view = await self.host.services.tickets.view(ticket_id)
        if view is not None and leg > len(view.ticket.legs):
            await tell(interaction, phrases.say("chat.edit_no_leg", count=len(view.ticket.legs)))
            return
        outcome = await self.host.services.tickets.edit(
            click_of(interaction, ticket_id), leg, quantity, price
        )
        if isinstance(outcome, Ticket):
            text = phrases.say("chat.edit_done", ticket=outcome.ticket_id)
        elif isinstance(outcome, Denied):
            reasons = explain(outcome.violations, phrases, self.host.services.market)
            text = phrases.say("chat.edit_denied", reasons=label(reasons, 1500))
        else:
            text = phrases.say(f"orders.click_{outcome.value}")
        await tell(interaction, text)

"""✅ 🛡️ ✏️ ❌ ⚠️ and 취소. They carry only the ticket id: a press after a restart works."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from functools import partial

import discord
import structlog

from bot.chat.access import Right
from bot.chat.host import ChatHost, Interaction, host_of, misplaced, taken, tell
from bot.chat.modals import edit_modal, open_modal
from bot.chat.ticket_desk import TicketDesk
from bot.chat.ticket_words import headline
from core.domain.krx import KST
from core.domain.tickets import TicketAction, custom_id, parse_custom_id
from core.errors import TradingError
from core.ports.phrases import Phrases
from core.ports.surface import TicketView
from core.services.orders.values import Click, ClickOutcome

_LOG = structlog.get_logger(__name__)

_TERMS_SECONDS = 1.0
"""How long a form waits for what it is filled with, of the three seconds that Discord gives."""

_STYLES = {
    TicketAction.APPROVE: (discord.ButtonStyle.success, "✅"),
    TicketAction.EDIT: (discord.ButtonStyle.secondary, "✏️"),
    TicketAction.DECLINE: (discord.ButtonStyle.danger, "❌"),
    TicketAction.CANCEL: (discord.ButtonStyle.danger, "🛑"),
    TicketAction.OVERRIDE: (discord.ButtonStyle.secondary, "⚠️"),
    TicketAction.STAND: (discord.ButtonStyle.secondary, "🛡️"),
}


_APPROVING = frozenset({TicketAction.APPROVE, TicketAction.OVERRIDE, TicketAction.STAND})


def click_of(interaction: Interaction, ticket_id: str) -> Click:
    """Return who pressed what, and when by the interaction's own snowflake."""
    return Click(
        ticket_id=ticket_id,
        interaction_id=interaction.id,
        user_id=interaction.user.id,
        user_name=interaction.user.display_name,
        guild_id=interaction.guild_id,
        channel_id=interaction.channel_id or 0,
        parent_id=getattr(interaction.channel, "parent_id", None),
        message_id=interaction.message.id if interaction.message else 0,
        clicked_at=discord.utils.snowflake_time(interaction.id).astimezone(KST),
    )


class TicketButton(
    discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]],
    template=re.compile(r"t1:(?:ok|no|edit|cancel|anyway|stop):[0-9A-Z]{6,16}"),
):
    """A button that is rebuilt from its custom_id at each press."""

    def __init__(self, action: TicketAction, ticket_id: str, label: str = "") -> None:
        style, emoji = _STYLES[action]
        super().__init__(
            discord.ui.Button(
                style=style,
                emoji=emoji,
                label=label or None,
                custom_id=custom_id(action, ticket_id),
            )
        )
        self.action = action
        self.ticket_id = ticket_id

    @classmethod
    def made(
        cls, action: TicketAction, ticket_id: str, phrases: Phrases, suffix: str = ""
    ) -> TicketButton:
        """Return the button with its label; `suffix` tells several apart."""
        label = phrases.say(f"chat.button_{action.name.lower()}")
        return cls(action, ticket_id, f"{label} {suffix}".strip())

    @classmethod
    async def from_custom_id(
        cls,
        interaction: Interaction,  # noqa: ARG003 - the signature is discord.py's
        item: discord.ui.Item[discord.ui.View],  # noqa: ARG003 - the signature is discord.py's
        match: re.Match[str],
        /,
    ) -> TicketButton:
        """Rebuild the button from its custom_id."""
        parsed = parse_custom_id(match.string)
        if parsed is None:
            raise ValueError(f"not a ticket button: {match.string!r}")
        return cls(*parsed)

    async def callback(self, interaction: Interaction) -> None:
        """Acknowledge, ask the desk once, and say what came of it to the person who pressed."""
        if await misplaced(interaction):
            return
        host = host_of(interaction)
        if not host.access.may(interaction.user.id, Right.TRADE):
            await self._turn_away(interaction, host)
            return
        if self.action is TicketAction.EDIT:
            await self._open_form(interaction, host)
            return
        call, click = self._call(host.services.tickets), click_of(interaction, self.ticket_id)
        if self.action in _APPROVING:
            await interaction.response.defer()
            outcome = await _decide(call, click)
        else:
            # ❌ and 취소 only ever make less: they do not wait for Discord to take an answer.
            acknowledged = taken(interaction.response.defer())
            _, outcome = await asyncio.gather(acknowledged, _decide(call, click))
        await self._answer(interaction, host, outcome)

    async def _open_form(self, interaction: Interaction, host: ChatHost) -> None:
        """Open the form of ✏️ with the ticket's present terms.

        A modal must be the first answer, within Discord's three seconds. A ledger that does not
        tell in time leaves the form empty: what is typed counts, and is checked as ever.
        """
        view = None
        try:
            async with asyncio.timeout(_TERMS_SECONDS):
                view = await _seen(host.services.tickets, self.ticket_id)
        except TimeoutError:
            _LOG.warning("the form is opened without the present terms", ticket=self.ticket_id)
        legs = view.ticket.legs if view is not None else ()
        await open_modal(interaction, edit_modal(self.ticket_id, host.words(interaction), legs))

    async def _turn_away(self, interaction: Interaction, host: ChatHost) -> None:
        """Let the desk refuse a person without the right, so that the journal keeps the press."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        _LOG.info("press refused", ticket=self.ticket_id, user=interaction.user.id)
        call = self._call(host.services.tickets)
        outcome = await _decide(call, click_of(interaction, self.ticket_id))
        await self._answer(interaction, host, outcome)

    async def _answer(
        self, interaction: Interaction, host: ChatHost, outcome: ClickOutcome | None
    ) -> None:
        desk, phrases = host.services.tickets, host.words(interaction)
        text = phrases.say(_answer_key(self.action, outcome))
        view = await _seen(desk, self.ticket_id) if outcome in _ASK_AGAIN else None
        if view is not None and view.sends_at and outcome is ClickOutcome.APPROVED_QUEUED:
            at = f"{view.sends_at.astimezone(KST):%H:%M}"
            text = phrases.say("orders.click_approved_queued_at", at=at)
        elif view is not None and outcome is ClickOutcome.ALREADY_DECIDED:
            text += _now(view, phrases)
        await tell(interaction, text)

    def _call(self, desk: TicketDesk) -> Callable[[Click], Awaitable[ClickOutcome]]:
        if self.action is TicketAction.APPROVE:
            return desk.approve
        if self.action is TicketAction.OVERRIDE:
            return desk.override
        if self.action is TicketAction.STAND:
            return desk.approve_with_stop
        if self.action is TicketAction.EDIT:
            return partial(_edit_nothing, desk)
        return desk.decline if self.action is TicketAction.DECLINE else desk.request_cancel


# The usual sentences of these say that no order went out: of a live order that would be untrue.
_CANCEL_ANSWERS = {
    ClickOutcome.NOT_ALLOWED: "orders.click_cancel_not_allowed",
    ClickOutcome.ERROR: "orders.click_cancel_failed",
    ClickOutcome.EXPIRED: "orders.click_cancel_failed",
    ClickOutcome.UNKNOWN_TICKET: "orders.click_cancel_failed",
    ClickOutcome.WRONG_MESSAGE: "orders.click_cancel_failed",
}
# What the ticket says after these is part of the answer.
_ASK_AGAIN = frozenset({ClickOutcome.APPROVED_QUEUED, ClickOutcome.ALREADY_DECIDED})


def _answer_key(action: TicketAction, outcome: ClickOutcome | None) -> str:
    """Return the phrase of an answer; None is a press of which nobody knows what came."""
    if outcome is None:
        is_cancel = action is TicketAction.CANCEL
        return "orders.click_cancel_failed" if is_cancel else "orders.click_failed"
    usual = f"orders.click_{outcome.value}"
    return _CANCEL_ANSWERS.get(outcome, usual) if action is TicketAction.CANCEL else usual


async def _edit_nothing(desk: TicketDesk, click: Click) -> ClickOutcome:
    """Tell the desk of a ✏️ by somebody who may not; leg 0 does not exist, so nothing changes."""
    outcome = await desk.edit(click, 0, 0, None)
    return outcome if isinstance(outcome, ClickOutcome) else ClickOutcome.ERROR


async def _decide(
    call: Callable[[Click], Awaitable[ClickOutcome]], click: Click
) -> ClickOutcome | None:
    try:
        return await call(click)
    except TradingError:
        # discord.py only logs what a dynamic item raises; the person would see nothing. The
        # decision may be stored for all we know, so the answer must not say that it is not.
        _LOG.exception("ticket press failed", ticket=click.ticket_id, user=click.user_id)
        return None


async def present_state(desk: TicketDesk, ticket_id: str, phrases: Phrases) -> str:
    """Return a line on what the ticket says now, to put under an answer; "" if nobody can tell."""
    view = await _seen(desk, ticket_id)
    return "" if view is None else _now(view, phrases)


def _now(view: TicketView, phrases: Phrases) -> str:
    return "\n" + phrases.say("orders.click_now", state=headline(view, phrases))


async def _seen(desk: TicketDesk, ticket_id: str) -> TicketView | None:
    try:
        return await desk.view(ticket_id)
    except TradingError:
        _LOG.warning("the ticket could not be read at a press", ticket=ticket_id)
        return None

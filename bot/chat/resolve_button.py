"""확인이 필요합니다: how a person ends the doubt about one order."""

from __future__ import annotations

import re
from collections.abc import Sequence

import discord

from bot.chat.access import Right
from bot.chat.host import Interaction, host_of, misplaced, tell
from bot.chat.modals import open_modal, resolve_modal
from bot.chat.text import label
from bot.chat.ticket_buttons import click_of
from core.domain.orders import Order, OrderState
from core.errors import TradingError
from core.ports.phrases import Phrases
from core.services.orders.values import ClickOutcome, Void

# Of these a person can say more than the bot can find out; SUBMITTING is still being answered.
RESOLVABLE = frozenset({OrderState.UNKNOWN, OrderState.OPERATOR_HOLD})


class ResolveButton(
    discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]],
    template=re.compile(r"r1:ask:(?P<order>[0-9A-Z]{6,16}-[0-9]{1,3})"),
):
    """Opens the form for one order. It carries the order's id: a press after a restart works."""

    def __init__(self, order_id: str, text: str = "❓") -> None:
        super().__init__(
            discord.ui.Button(
                style=discord.ButtonStyle.primary,
                emoji="🔎",
                label=label(text, 80),
                custom_id=f"r1:ask:{order_id}",
            )
        )
        self.order_id = order_id

    @classmethod
    async def from_custom_id(
        cls,
        interaction: Interaction,  # noqa: ARG003 - the signature is discord.py's
        item: discord.ui.Item[discord.ui.View],  # noqa: ARG003 - the signature is discord.py's
        match: re.Match[str],
        /,
    ) -> ResolveButton:
        """Rebuild the button from its custom_id."""
        return cls(match["order"])

    async def callback(self, interaction: Interaction) -> None:
        """Open the form; a person without the right is refused by the desk, which notes it."""
        if await misplaced(interaction):
            return
        host = host_of(interaction)
        phrases = host.words(interaction)
        if host.access.may(interaction.user.id, Right.TRADE):
            await open_modal(interaction, resolve_modal(self.order_id, phrases))
            return
        await interaction.response.defer(ephemeral=True, thinking=True)
        click = click_of(interaction, self.order_id.rpartition("-")[0])
        try:
            # Nothing is typed, so nothing but a refusal can come of it.
            await host.services.tickets.resolve(click, self.order_id, Void(typed=""))
        except TradingError:
            await tell(interaction, phrases.say("chat.failed"))
            return
        await tell(interaction, phrases.say(f"orders.click_{ClickOutcome.NOT_ALLOWED.value}"))


def resolve_buttons(orders: Sequence[Order], phrases: Phrases) -> list[ResolveButton]:
    """Return one button for each order that waits for a person's look."""
    unproven = [order for order in orders if order.state in RESOLVABLE]
    text = phrases.say("chat.button_resolve")
    return [
        ResolveButton(order.order_id, f"{text} {order.order_id}" if len(unproven) > 1 else text)
        for order in unproven
    ]

"""☑ and ☐: one button for each leg of a ticket that may be left out."""

from __future__ import annotations

import re

import discord
import structlog

from bot.chat.access import Right
from bot.chat.host import Interaction, host_of, misplaced, tell
from bot.chat.leg_words import side_word
from bot.chat.text import label
from bot.chat.ticket_buttons import click_of, present_state
from core.domain.risk import Denied
from core.domain.shown import CHOICES_MAX, LegChoice
from core.domain.tickets import Ticket, TicketState, leg_custom_id, parse_leg_custom_id
from core.errors import TradingError
from core.ports.phrases import Phrases
from core.ports.surface import TicketView
from core.services.orders.values import ClickOutcome
from core.services.risk.wording import explain

_LOG = structlog.get_logger(__name__)
_NAME_MAX = 24
_IN_A_ROW = 5
# The first row is the ticket's own.
_FIRST_ROW = 1
_REASONS_MAX = 1500


class LegButton(
    discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]],
    template=re.compile(r"t1:leg:[0-9A-Z]{6,16}:[1-9][0-9]?"),
):
    """Takes one leg out, or puts it back in. It carries ticket and number: a restart forgets none."""

    def __init__(
        self, ticket_id: str, number: int, text: str = "?", *, is_in: bool = True, row: int = 1
    ) -> None:
        super().__init__(
            discord.ui.Button(
                style=discord.ButtonStyle.primary if is_in else discord.ButtonStyle.secondary,
                label=text,
                custom_id=leg_custom_id(ticket_id, number),
                row=row,
            ),
            row=row,
        )
        self.ticket_id = ticket_id
        self.number = number

    @classmethod
    async def from_custom_id(
        cls,
        interaction: Interaction,  # noqa: ARG003 - the signature is discord.py's
        item: discord.ui.Item[discord.ui.View],  # noqa: ARG003 - the signature is discord.py's
        match: re.Match[str],
        /,
    ) -> LegButton:
        """Rebuild the button from its custom_id."""
        parsed = parse_leg_custom_id(match.string)
        if parsed is None:
            raise ValueError(f"not a leg's button: {match.string!r}")
        return cls(*parsed)

    async def callback(self, interaction: Interaction) -> None:
        """Ask the desk for the ticket without, or with, this leg.

        Its message changes by itself; only what did not change is told.
        """
        if await misplaced(interaction):
            return
        host = host_of(interaction)
        phrases = host.words(interaction)
        if host.access.may(interaction.user.id, Right.TRADE):
            await interaction.response.defer()
        else:
            await interaction.response.defer(ephemeral=True, thinking=True)
        click = click_of(interaction, self.ticket_id)
        try:
            outcome = await host.services.tickets.toggle(click, self.number)
        except TradingError:
            _LOG.exception("leg press failed", ticket=self.ticket_id, user=click.user_id)
            await tell(interaction, phrases.say("orders.click_failed"))
            return
        if isinstance(outcome, Denied):
            reasons = explain(outcome.violations, phrases, host.services.market)
            await tell(
                interaction, phrases.say("chat.leg_denied", reasons=label(reasons, _REASONS_MAX))
            )
        elif not isinstance(outcome, Ticket):
            text = phrases.say(f"orders.click_{outcome.value}")
            if outcome is ClickOutcome.ALREADY_DECIDED:
                text += await present_state(host.services.tickets, self.ticket_id, phrases)
            await tell(interaction, text)


def leg_buttons(view: TicketView, phrases: Phrases) -> list[LegButton]:
    """Return the buttons of a ticket's legs while it can be pressed; nothing for a lone leg."""
    ticket = view.ticket
    if ticket.state is not TicketState.PRESENTED or not ticket.mode.may_send_orders:
        return []
    return [
        LegButton(
            ticket.ticket_id,
            choice.number,
            _text(choice, phrases),
            is_in=choice.is_in,
            row=_FIRST_ROW + place // _IN_A_ROW,
        )
        for place, choice in enumerate(view.choices[:CHOICES_MAX])
    ]


def _text(choice: LegChoice, phrases: Phrases) -> str:
    mark = "☑" if choice.is_in else "☐"
    return f"{mark} {side_word(choice.leg.side, phrases)} {label(choice.name, _NAME_MAX)}"

"""/orders, with a cancel button for each ticket that can still be cancelled."""

from __future__ import annotations

from collections.abc import Sequence

import discord
from discord import app_commands
from discord.ext import commands

from bot.chat.access import Right
from bot.chat.budget import GREY, FittedEmbed, lines_within
from bot.chat.host import ChatHost, Interaction
from bot.chat.picture_specs import life_alt, life_spec
from bot.chat.pictured import painted, send_pictured
from bot.chat.report_embeds import order_line
from bot.chat.resolve_button import resolve_buttons
from bot.chat.rows import button_row
from bot.chat.ticket_buttons import TicketButton
from bot.chat.ticket_embed import BUTTONS_MAX, CANCELLABLE
from bot.order_counts import order_counts
from core.domain.orders import Order
from core.domain.tickets import TicketAction
from core.ports.desk import MarketReader
from core.ports.phrases import Phrases


class OrdersCog(commands.Cog):
    """Shows today's orders."""

    def __init__(self, host: ChatHost) -> None:
        """Keep the services."""
        self.host = host

    @app_commands.command(name="orders", description="orders", extras={"right": Right.LOOK})
    async def orders(self, interaction: Interaction) -> None:
        """Show today's orders to the person who asked."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        services = self.host.services
        phrases = self.host.words(interaction)
        found = await services.orders.orders_today()
        embed = orders_embed(found, phrases, services.market)
        may = self.host.access.may(interaction.user.id, Right.TRADE)
        # The newest order's life: it is the one that people wait for.
        story = await services.audit.story(found[-1].order_id) if found else None
        spec = life_spec(story, phrases)
        png = await painted(services.painter, spec)
        alt = life_alt(spec, phrases) if spec else ""
        view = order_buttons(found, phrases) if may else None
        await send_pictured(interaction, embed, png, name="life", alt=alt, view=view)


def orders_embed(orders: Sequence[Order], phrases: Phrases, market: MarketReader) -> discord.Embed:
    """Return today's orders, the newest first."""
    fitted = FittedEmbed(
        phrases=phrases,
        title=phrases.say("embeds.orders_title"),
        description=phrases.say(
            "embeds.orders_count", count=len(orders), counts=order_counts(orders, phrases)
        )
        if orders
        else phrases.say("embeds.no_orders"),
        colour=GREY,
    )
    lines = []
    for order in reversed(orders):
        known = market.instrument(order.envelope.symbol)
        line = order_line(order, phrases, known.name if known else "")
        lines.append(f"`{order.order_id}` {line}")
    more = phrases.say("embeds.more", count="{count}")
    if lines:
        fitted.add(phrases.say("embeds.orders"), lines_within(lines, more))
    return fitted.embed


def order_buttons(orders: Sequence[Order], phrases: Phrases) -> discord.ui.View:
    """Return a button per unproven order, then one per ticket with something to cancel."""
    tickets = dict.fromkeys(
        order.ticket_id for order in reversed(orders) if order.state in CANCELLABLE
    )
    buttons = [
        *resolve_buttons(orders, phrases),
        *(
            TicketButton.made(TicketAction.CANCEL, ticket_id, phrases, ticket_id)
            for ticket_id in tickets
        ),
    ]
    return button_row(*buttons[:BUTTONS_MAX])

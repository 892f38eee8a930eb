"""The Discord client: one guild, few intents, no memory of its own."""

from __future__ import annotations

from typing import Any

import aiohttp
import discord
import structlog
from discord import app_commands
from discord.ext import commands

from bot.chat.access import Access, Right
from bot.chat.calendar_button import CalendarButton
from bot.chat.cogs.alerts import AlertsCog
from bot.chat.cogs.arm import ArmCog
from bot.chat.cogs.backtest import BacktestCog
from bot.chat.cogs.books import BooksCog
from bot.chat.cogs.briefing import BriefingCog
from bot.chat.cogs.cost import CostCog
from bot.chat.cogs.export import ExportCog
from bot.chat.cogs.flatten import FlattenCog
from bot.chat.cogs.halt import HaltCog
from bot.chat.cogs.help import HelpCog
from bot.chat.cogs.letter import LetterCog
from bot.chat.cogs.limits import LimitsCog
from bot.chat.cogs.market import MarketCog
from bot.chat.cogs.memory import MemoryCog
from bot.chat.cogs.notifications import NotificationsCog
from bot.chat.cogs.orders import OrdersCog
from bot.chat.cogs.pnl import PnlCog
from bot.chat.cogs.portfolio import PortfolioCog
from bot.chat.cogs.reflect import ReflectCog
from bot.chat.cogs.rules import RulesCog
from bot.chat.cogs.setup import SetupCog
from bot.chat.cogs.status import StatusCog
from bot.chat.cogs.system import SystemCog
from bot.chat.cogs.trade import TradeCog
from bot.chat.cogs.watch import WatchCog
from bot.chat.cogs.what_if import WhatIfCog
from bot.chat.cogs.why import WhyCog
from bot.chat.command_groups import arrange
from bot.chat.conversation import Conversations, ReplyButton
from bot.chat.decisions import Decisions
from bot.chat.failures import failure_key
from bot.chat.flatten_button import FlattenButton
from bot.chat.help_controls import HELP_CONTROLS
from bot.chat.host import ChatHost, Interaction, refused, tell
from bot.chat.leg_buttons import LegButton
from bot.chat.owner_buttons import AcceptButton, ArmButton
from bot.chat.panel import PanelButton
from bot.chat.prompt_buttons import PromptButton
from bot.chat.resolve_button import ResolveButton
from bot.chat.rule_buttons import RuleButton
from bot.chat.services import ChatServices, ChatSettings
from bot.chat.setup_controls import CONTROLS as SETUP_CONTROLS
from bot.chat.submits import Submits
from bot.chat.switch_buttons import SwitchButton
from bot.chat.ticket_buttons import TicketButton
from bot.chat.translation import CommandTranslator, word_command

_LOG = structlog.get_logger(__name__)
BUTTONS = (
    TicketButton,
    LegButton,
    ReplyButton,
    SwitchButton,
    FlattenButton,
    ResolveButton,
    AcceptButton,
    ArmButton,
    CalendarButton,
    PanelButton,
    PromptButton,
    *SETUP_CONTROLS,
    *HELP_CONTROLS,
    RuleButton,
)


def intents_for(settings: ChatSettings) -> discord.Intents:
    """Return the least that is needed: guilds, their messages and, when granted, the content."""
    intents = discord.Intents.none()
    intents.guilds = True
    intents.guild_messages = True
    intents.message_content = settings.message_content
    return intents


class GuardedTree(app_commands.CommandTree[Any]):
    """Commands that check place and person first and never show a traceback."""

    async def interaction_check(self, interaction: Interaction, /) -> bool:
        """Refuse in words; an autocomplete cannot carry words and gets no choices."""
        command = interaction.command
        right = command.extras.get("right", Right.TRADE) if command else Right.LOOK
        if interaction.type is discord.InteractionType.autocomplete:
            host: ChatHost = interaction.client
            allowed = host.access.refusal(interaction, right) is None
            if not allowed:
                await interaction.response.autocomplete([])
            return allowed
        return not await refused(interaction, right)

    async def on_error(
        self, interaction: Interaction, error: app_commands.AppCommandError, /
    ) -> None:
        """Answer one clear sentence in the person's language; the log has the rest."""
        cause = error.original if isinstance(error, app_commands.CommandInvokeError) else error
        _LOG.error(
            "command failed",
            command=interaction.command.name if interaction.command else "",
            interaction=interaction.id,
            exc_info=cause,
        )
        host: ChatHost = interaction.client
        await tell(interaction, host.words(interaction).say(failure_key(cause)))


class TradeBot(ChatHost):
    """Hosts commands, buttons, forms and threads. Start it with `start(token)`."""

    def __init__(self, services: ChatServices, *, ready_seconds: float = 1.0) -> None:
        """Build the client; nothing is connected yet.

        `ready_seconds` is how long it waits for further guilds before it counts as ready; we
        have one.
        """
        super().__init__(
            command_prefix=commands.when_mentioned,
            help_command=None,
            tree_cls=GuardedTree,
            intents=intents_for(services.settings),
            allowed_mentions=discord.AllowedMentions.none(),
            allowed_contexts=app_commands.AppCommandContext(guild=True),
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,
            guild_ready_timeout=ready_seconds,
        )
        self.services = services
        self.access = Access(services.settings)
        self.conversations = Conversations(self)
        self._submits = Submits(self, self.conversations, Decisions(self), BUTTONS)

    async def setup_hook(self) -> None:
        """Register buttons and commands and sync the commands to our guild."""
        self.add_dynamic_items(*BUTTONS)
        guild = discord.Object(self.services.settings.guild_id)
        for cog in (
            TradeCog(self, self.conversations),
            PortfolioCog(self),
            OrdersCog(self),
            BriefingCog(self),
            StatusCog(self),
            LimitsCog(self),
            CostCog(self),
            WhyCog(self),
            BooksCog(self),
            FlattenCog(self),
            HaltCog(self),
            ArmCog(self),
            BacktestCog(self),
            WhatIfCog(self),
            RulesCog(self),
            MarketCog(self),
            PnlCog(self),
            LetterCog(self),
            ExportCog(self),
            SystemCog(self),
            SetupCog(self),
            NotificationsCog(self),
            WatchCog(self),
            AlertsCog(self),
            MemoryCog(self),
            ReflectCog(self),
            HelpCog(self),
        ):
            await self.add_cog(cog, guild=guild)
        arrange(self.tree, guild)
        for command in self.tree.walk_commands(guild=guild):
            word_command(command, self.services.public)
        await self.tree.set_translator(CommandTranslator(self.services.languages))
        await self.tree.sync(guild=guild)

    async def on_message(self, message: discord.Message, /) -> None:
        """Do nothing: there are no prefix commands; the trade cog listens to threads itself."""

    async def on_interaction(self, interaction: Interaction) -> None:
        """Answer forms, and whatever discord.py would drop."""
        await self._submits.on_interaction(interaction)

    async def on_raw_message_delete(self, payload: discord.RawMessageDeleteEvent) -> None:
        """Tell the desk: a ticket that nobody can read must not be approved."""
        await self.services.tickets.gone(payload.channel_id, payload.message_id)

    async def on_raw_bulk_message_delete(self, payload: discord.RawBulkMessageDeleteEvent) -> None:
        """Tell the desk of each."""
        for message_id in payload.message_ids:
            await self.services.tickets.gone(payload.channel_id, message_id)

    async def on_raw_thread_delete(self, payload: discord.RawThreadDeleteEvent) -> None:
        """Tell the desk that all messages of a thread are gone."""
        await self.services.tickets.gone(payload.thread_id)

    async def on_ready(self) -> None:
        """Say in the log that Discord is reached, and look for what was deleted meanwhile."""
        _LOG.info("discord ready", guilds=[guild.id for guild in self.guilds])
        for channel_id, message_id in await self.services.tickets.waiting_messages():
            try:
                await self.get_partial_messageable(channel_id).fetch_message(message_id)
            except discord.NotFound:
                await self.services.tickets.gone(channel_id, message_id)
            except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
                _LOG.warning("a ticket's message was not looked for", error=repr(error))

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        """Log what a listener raised; discord.py would print it to stderr."""
        del args, kwargs
        _LOG.exception("listener failed", listener=event_method)

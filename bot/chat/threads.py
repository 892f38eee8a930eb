"""Idle conversations: summarised, the summary posted, the thread archived."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import aiohttp
import discord
import structlog

from bot.chat.host import ChatHost
from bot.chat.text import CHUNK_MAX, clip, harmless
from core.domain.conversation import ChatSession, SessionState
from core.errors import TradingError

_LOG = structlog.get_logger(__name__)
CALL_SECONDS = 60.0
# One sweep stays short even after a long outage; the next one continues.
SESSIONS_PER_SWEEP = 10


@dataclass(frozen=True, slots=True)
class IdleThreads:
    """The sweep that the scheduler runs every minute."""

    host: ChatHost

    async def sweep(self) -> int:
        """Summarise idle sessions and archive their threads; return how many were archived.

        A thread with a live ticket or order is summarised but stays open until that has ended.
        A session that fails is logged and tried again by the next sweep.
        """
        archived = 0
        sessions = self.host.services.sessions
        idle = (await sessions.idle())[:SESSIONS_PER_SWEEP]
        # Those that wait for their order cost one read each, so all of them are looked at.
        for session in (*idle, *await sessions.awaiting_archive()):
            try:
                async with asyncio.timeout(CALL_SECONDS):
                    archived += await self._rest(session)
            except (TradingError, discord.DiscordException, aiohttp.ClientError, OSError) as error:
                _LOG.warning("idle thread left", thread=session.thread_id, error=repr(error))
        return archived

    async def _rest(self, session: ChatSession) -> int:
        services = self.host.services
        place = self.host.get_partial_messageable(session.thread_id)
        try:
            is_live = await services.orders.has_live(session.thread_id)
            if session.state is SessionState.OPEN:
                summary = await services.sessions.summarise(session.thread_id)
                text = services.public.say(
                    "chat.idle_summary_live" if is_live else "chat.idle_summary",
                    minutes=services.settings.idle_minutes,
                    summary=clip(harmless(summary), CHUNK_MAX - 200),
                )
                await place.send(text)
            if is_live:
                return 0
            await self._archive(session.thread_id)
        except discord.NotFound:
            # The thread was deleted by hand: nothing is left to archive.
            _LOG.info("idle thread is gone", thread=session.thread_id)
        await services.sessions.mark_archived(session.thread_id)
        return 1

    async def _archive(self, thread_id: int) -> None:
        thread = self.host.get_channel(thread_id) or await self.host.fetch_channel(thread_id)
        if isinstance(thread, discord.Thread):
            await thread.edit(archived=True)

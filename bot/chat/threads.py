"""Idle conversations: summarised, the summary posted, the thread archived."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import aiohttp
import discord
import structlog

from bot.chat.conversation import way_on
from bot.chat.decided import decided_title, decision_lines
from bot.chat.host import ChatHost
from bot.chat.sources import news_read_at, reads_of, source_lines
from bot.chat.surfaces import NONCE_MAX
from bot.chat.text import CHUNK_MAX, CONTENT_MAX, clip, harmless
from core.domain.conversation import ChatSession, SessionState
from core.domain.krx import KST
from core.domain.news_facts import NewsFact
from core.errors import TradingError
from core.services.sessions.reading_recall import FACT_DAYS, FACT_ROWS

_LOG = structlog.get_logger(__name__)
CALL_SECONDS = 60.0
# One sweep stays short even after a long outage; the next one continues.
SESSIONS_PER_SWEEP = 10


@dataclass(frozen=True, slots=True)
class IdleThreads:
    """The sweep that the scheduler runs every minute."""

    host: ChatHost
    # How often a session failed: those that cannot be told must not keep the others waiting.
    _failures: Counter[int] = field(default_factory=Counter, repr=False)

    async def sweep(self) -> int:
        """Summarise idle sessions and archive their threads; return how many were archived.

        A thread with a live ticket or order is summarised but stays open until that has ended.
        A session that fails is logged and tried again by the next sweep: until its summary is
        posted it stays open, also over a restart.
        """
        archived = 0
        sessions = self.host.services.sessions
        idle = sorted(await sessions.idle(), key=lambda one: self._failures[one.thread_id])
        # Those that wait for their order cost one read each, so all of them are looked at.
        for session in (*idle[:SESSIONS_PER_SWEEP], *await sessions.awaiting_archive()):
            try:
                async with asyncio.timeout(CALL_SECONDS):
                    archived += await self._rest(session)
                self._failures.pop(session.thread_id, None)
            except (TradingError, discord.DiscordException, aiohttp.ClientError, OSError) as error:
                self._failures[session.thread_id] += 1
                _LOG.warning("idle thread left", thread=session.thread_id, error=repr(error))
        return archived

    async def _rest(self, session: ChatSession) -> int:
        services = self.host.services
        place = self.host.get_partial_messageable(session.thread_id)
        try:
            is_live = await services.orders.has_live(session.thread_id)
            shown = await services.tickets.shown_in(session.thread_id)
            if session.state is SessionState.OPEN:
                summary = await services.sessions.summarise(session.thread_id)
                text = services.public.say(
                    "chat.idle_summary_live" if is_live else "chat.idle_summary",
                    minutes=services.settings.idle_minutes,
                    summary=clip(harmless(summary), CHUNK_MAX - 200),
                )
                decisions = decision_lines(shown, services.public)
                parts = [text, decisions, await self._sources(session.thread_id)]
                text = clip("\n".join(part for part in parts if part), CONTENT_MAX)
                # A repeat after a lost answer shows nothing twice.
                await place.send(text, nonce=_nonce(session), **way_on(services))
                if not await services.sessions.mark_told(session):
                    return 0
            if is_live:
                return 0
            title = decided_title(session.title, shown, services.public)
            await self._archive(session.thread_id, title)
        except discord.NotFound:
            # The thread was deleted by hand: nothing is left to archive.
            _LOG.info("idle thread is gone", thread=session.thread_id)
        await services.sessions.mark_archived(session.thread_id)
        return 1

    async def _sources(self, thread_id: int) -> str:
        """Return what the answers were made of, from what is stored."""
        services = self.host.services
        reads = reads_of(await services.transcripts.lines(thread_id))
        facts: tuple[NewsFact, ...] = ()
        read_at = news_read_at(reads)
        if read_at is not None:
            since = read_at.astimezone(KST).date() - timedelta(days=FACT_DAYS)
            facts = await services.news_facts.facts_since(since, FACT_ROWS)
        return source_lines(reads, facts, services.market, services.public)

    async def _archive(self, thread_id: int, title: str) -> None:
        """Close the thread under a name that says what was decided."""
        thread = self.host.get_channel(thread_id) or await self.host.fetch_channel(thread_id)
        if isinstance(thread, discord.Thread):
            # Its name may be changed twice in ten minutes only: one that is right is left alone.
            name: Any = discord.utils.MISSING if thread.name == title else title
            await thread.edit(archived=True, name=name)


def _nonce(session: ChatSession) -> str:
    told = f"{session.thread_id}:{session.last_activity_at.isoformat()}"
    return hashlib.sha256(told.encode()).hexdigest()[:NONCE_MAX]

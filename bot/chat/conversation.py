"""A question in a thread and its streamed answer."""

from __future__ import annotations

import asyncio
import io
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import discord
import structlog

from bot.chat.access import Right
from bot.chat.host import ChatHost, Interaction, refused, taken
from bot.chat.modals import open_modal, reply_modal
from bot.chat.rows import button_row
from bot.chat.services import ChatServices
from bot.chat.streaming import Place, StreamedAnswer
from bot.chat.text import CHUNK_MAX, clip, harmless, label
from core.domain.conversation import SessionState
from core.errors import TradingError
from core.services.sessions.values import AnswerChart, AnswerEvent, AnswerNotice, AnswerText

_LOG = structlog.get_logger(__name__)
# Discord allows about one edit a second per channel; slower looks slow, faster is throttled.
EDIT_SECONDS = 1.0
# It also allows 50 calls a second in all: answers that stream at once share less than half of them.
EDITS_PER_SECOND = 20
# A whole answer, model and tools included.
ANSWER_SECONDS = 180.0
THREAD_NAME_MAX = 90


class ReplyButton(
    discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]],
    template=re.compile(r"c1:reply"),
):
    """답장: how people continue a thread when the bot may not read messages."""

    def __init__(self, text: str = "↩") -> None:
        super().__init__(
            discord.ui.Button(
                style=discord.ButtonStyle.primary, label=label(text, 80), custom_id="c1:reply"
            )
        )

    @classmethod
    async def from_custom_id(
        cls,
        interaction: Interaction,  # noqa: ARG003 - the signature is discord.py's
        item: discord.ui.Item[discord.ui.View],  # noqa: ARG003 - the signature is discord.py's
        match: re.Match[str],  # noqa: ARG003 - the signature is discord.py's
        /,
    ) -> ReplyButton:
        """Rebuild the button."""
        return cls()

    async def callback(self, interaction: Interaction) -> None:
        """Open the form."""
        if not await refused(interaction, Right.TRADE):
            host: ChatHost = interaction.client
            await open_modal(interaction, reply_modal(host.words(interaction)))


class PrivateThreadRefused(TradingError):
    """The server does not let the bot open a private thread."""


class ThreadNotBegun(TradingError):
    """A thread was opened and nothing could be begun in it; it is closed again if that is possible."""


@dataclass(slots=True)
class _Answering:
    """One answer on its way. `is_said`: all of it is known, and only has to be shown."""

    is_said: bool = False
    is_over: asyncio.Event = field(default_factory=asyncio.Event)


def reply_row(services: ChatServices) -> discord.ui.View | None:
    """Return the way on in a thread whose messages the bot cannot read; None where it can."""
    if services.settings.message_content:
        return None
    return button_row(ReplyButton(services.public.say("chat.button_reply")))


def way_on(services: ChatServices) -> dict[str, Any]:
    """Return the same as what a new message is sent with."""
    view = reply_row(services)
    return {} if view is None else {"view": view}


@dataclass(slots=True)
class Conversations:
    """Opens threads and answers in them, one question per thread at a time."""

    host: ChatHost
    _busy: dict[int, _Answering] = field(default_factory=dict)

    async def begin(
        self, channel: discord.TextChannel, user: discord.abc.User, request: str
    ) -> discord.Thread:
        """Open a thread named after the request, its session, and repeat the request.

        Raises PrivateThreadRefused where the settings want a private one and the server has none
        for us: what is meant for few is never shown to all instead. Raises ThreadNotBegun where
        whoever asked cannot be let in, or the session cannot be stored.
        """
        services = self.host.services
        title = label(request, THREAD_NAME_MAX) or services.public.say("chat.thread_name")
        if services.settings.private_threads:
            thread = await self._private(channel, title)
        else:
            thread = await channel.create_thread(
                name=title, type=discord.ChannelType.public_thread, auto_archive_duration=1440
            )
        try:
            if services.settings.private_threads:
                await self._let_in(thread, user)
            await services.sessions.open(
                thread_id=thread.id, channel_id=channel.id, owner_id=user.id, title=title
            )
        except (TradingError, discord.DiscordException, aiohttp.ClientError, OSError) as error:
            # An empty thread in which nobody answers, and which its asker may not even see.
            await taken(thread.edit(archived=True))
            raise ThreadNotBegun(f"nothing begun in {thread.id}: {error!r}") from error
        await self.repeat(thread, user, request)
        return thread

    async def _private(self, channel: discord.TextChannel, title: str) -> discord.Thread:
        """Open a thread that only those see whom we let in, and nobody can add others to."""
        try:
            return await channel.create_thread(
                name=title,
                type=discord.ChannelType.private_thread,
                auto_archive_duration=1440,
                invitable=False,
            )
        except discord.Forbidden as error:
            raise PrivateThreadRefused(f"no private thread in {channel.id}: {error}") from error

    async def _let_in(self, thread: discord.Thread, user: discord.abc.User) -> None:
        """Let in whoever asked, and the approvers."""
        await thread.add_user(user)
        for person in sorted(self.host.services.settings.called_ids - {user.id}):
            # An approver who has left the server must not keep the others from their thread.
            await taken(thread.add_user(discord.Object(person)))

    async def repeat(self, place: Place, user: discord.abc.User, request: str) -> None:
        """Write what a form said into the thread, so that the conversation reads whole."""
        who = clip(harmless(user.display_name), 60)
        said = self.host.services.public.say(
            "chat.request_line", who=who, text=clip(harmless(request), CHUNK_MAX - 100)
        )
        await place.send(said)

    async def answer(self, place: Place, user: discord.abc.User, text: str) -> None:
        """Stream the answer to `text` into the thread. Never raises for a failed answer."""
        services = self.host.services
        phrases = services.public
        while (before := self._busy.get(place.id)) is not None:
            if not before.is_said:
                await place.send(phrases.say("chat.answer_busy"))
                return
            # Its last words may stand there already: who reads them may ask on at once.
            await before.is_over.wait()
        mine = self._busy[place.id] = _Answering()
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await self._wake(place.id)
                await self._stream(place, user, text, mine)
        except (TradingError, TimeoutError) as error:
            _LOG.warning("answer failed", thread=place.id, error=repr(error))
            # The way on must not end here: it may be the first answer of the thread.
            await place.send(phrases.say("chat.answer_failed"), **way_on(services))
        finally:
            del self._busy[place.id]
            mine.is_over.set()

    async def _wake(self, thread_id: int) -> None:
        """Continue a summarised or archived session with its memory."""
        session = await self.host.services.sessions.session(thread_id)
        if session is not None and session.state is not SessionState.OPEN:
            await self.host.services.sessions.reopen(thread_id)

    async def _stream(
        self, place: Place, user: discord.abc.User, text: str, answering: _Answering
    ) -> None:
        services = self.host.services
        phrases = services.public
        first = await place.send(phrases.say("chat.answer_wait"))
        pace = max(EDIT_SECONDS, len(self._busy) / EDITS_PER_SECOND)
        stream = StreamedAnswer(place, phrases, [first], pace)
        events = services.sessions.ask(place.id, user.id, user.display_name, text)
        # Side by side: a slow Discord must not slow down the reading of the model's stream.
        later, _ = await asyncio.gather(_read(events, stream), stream.show())
        answering.is_said = True
        if not stream.text.strip() and later:
            stream.text = "\n".join(e.text for e in later if isinstance(e, AnswerNotice))
            later = [event for event in later if isinstance(event, AnswerChart)]
        await stream.finish(reply_row(services))
        for event in later:
            # The answer stands; what belongs to it and is not taken is logged.
            await taken(self._send_extra(place, event))

    async def _send_extra(self, place: Place, event: AnswerChart | AnswerNotice) -> None:
        if isinstance(event, AnswerChart):
            file = discord.File(
                io.BytesIO(event.png),
                filename=event.filename,
                description=label(event.alt, 1000),
            )
            await place.send(file=file)
        else:
            await place.send(clip(harmless(event.text), CHUNK_MAX))


async def _read(
    events: AsyncGenerator[AnswerEvent, None], stream: StreamedAnswer
) -> list[AnswerChart | AnswerNotice]:
    """Let the answer grow, and return what is shown after it."""
    later: list[AnswerChart | AnswerNotice] = []
    try:
        async with aclosing(events):
            # Closed at once also when Discord or the time limit ends this loop: the thread must
            # not stay "busy" until a garbage collector comes by.
            async for event in events:
                if isinstance(event, AnswerText):
                    stream.grow(event.text)
                else:
                    later.append(event)
    finally:
        stream.end()
    return later

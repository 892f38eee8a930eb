"""An answer that grows in its messages, at a pace that Discord allows."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

import discord

from bot.chat.host import taken
from bot.chat.text import chunks, flat_tables, harmless
from core.ports.phrases import Phrases

# Without its last edit an answer would end in its middle.
FINISH_TRIES = 3
_CURSOR = " ▌"

Place = discord.Thread | discord.PartialMessageable


@dataclass(slots=True)
class StreamedAnswer:
    """The messages that show one answer while it grows. The first one is there already."""

    place: Place
    phrases: Phrases
    messages: list[discord.Message]
    pace_seconds: float
    text: str = ""
    _shown: list[str] = field(default_factory=list)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _ended: asyncio.Event = field(default_factory=asyncio.Event)

    def grow(self, piece: str) -> None:
        """Take a piece; `show` will show it when its time has come."""
        self.text += piece
        if self.text.strip():
            self._changed.set()

    def end(self) -> None:
        """Nothing more will come."""
        self._ended.set()
        self._changed.set()

    async def show(self) -> None:
        """Show what has grown, the first words at once, until the end. Never raises for Discord.

        What Discord does not take here is no loss: `finish` shows all of it.
        """
        while True:
            await self._changed.wait()
            if self._ended.is_set():
                return
            self._changed.clear()
            await taken(self._edit(_CURSOR))
            with suppress(TimeoutError):
                async with asyncio.timeout(self.pace_seconds):
                    await self._ended.wait()

    async def finish(self, view: discord.ui.View | None) -> None:
        """Show the whole text, in as many messages as it needs, with `view` under the last.

        Raises what Discord answers when it takes it at none of `FINISH_TRIES` times.
        """
        for _again in range(FINISH_TRIES - 1):
            if await taken(self._edit("", view)):
                return
        await self._edit("", view)

    async def _edit(self, cursor: str, view: discord.ui.View | None = None) -> None:
        """Bring the messages to what the text is now; those that show it already are left alone."""
        whole = harmless(flat_tables(self.text))
        parts = chunks(whole) or (self.phrases.say("chat.answer_empty"),)
        for index, part in enumerate(parts):
            is_last = index == len(parts) - 1
            content = part + cursor if is_last else part
            buttons = view if is_last else None
            if index >= len(self.messages):
                self.messages.append(await self._sent(content, buttons))
            elif buttons is not None:
                await self.messages[index].edit(content=content, view=buttons)
            elif index >= len(self._shown) or self._shown[index] != content:
                await self.messages[index].edit(content=content)
            self._shown[index : index + 1] = [content]

    async def _sent(self, content: str, view: discord.ui.View | None) -> discord.Message:
        if view is None:
            return await self.place.send(content)
        return await self.place.send(content, view=view)

"""A crowd that never stops pressing, and one owner who approves what is offered."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from sandbox.demo.director import APPROVE
from sandbox.discord.acting import DeskError
from sandbox.discord.desk import DiscordDesk
from sandbox.discord.events import DiscordEvent
from sandbox.discord.wire import Json

IN_FLIGHT_MAX = 400
OWNER_SHARE = 0.1
_STATUS = "p1:status"


@dataclass(slots=True)
class Wall:
    """What hangs on the wall of the channels: messages with buttons, and the titles posted."""

    buttons: dict[str, tuple[str, ...]] = field(default_factory=dict)
    titles: Counter[str] = field(default_factory=Counter)

    def saw(self, event: DiscordEvent) -> None:
        """Take one event of the desk."""
        message = event.message
        if message is None or event.private:
            return
        if event.kind == "message_posted":
            self.titles.update(str(one.get("title") or "") for one in message["embeds"])
        if event.kind in {"message_posted", "message_edited", "interaction_reply"}:
            self.buttons[message["id"]] = tuple(_enabled(message))

    def posted(self, title: str) -> int:
        """Return how many embeds with this in their title have been posted."""
        return sum(count for text, count in self.titles.items() if title in text)

    def offers(self) -> list[str]:
        """Return the ids of the messages that wait for a ✅."""
        return [key for key, ids in self.buttons.items() if _approval(ids)]


@dataclass(slots=True)
class Clicks:
    """What became of the clicks: seconds from the press to the first answer, and those without."""

    seconds: list[float] = field(default_factory=list)
    unanswered: int = 0
    late: int = 0
    """Clicks that were not made because too many were still waiting."""


@dataclass(slots=True)
class Crowd:
    """Presses `per_second` buttons a second: strangers whatever hangs there, the owner /status."""

    desk: DiscordDesk
    wall: Wall
    per_second: float
    dice: random.Random
    clicks: Clicks = field(default_factory=Clicks)
    approved: set[str] = field(default_factory=set)
    _flying: set[asyncio.Task[None]] = field(default_factory=set)

    async def press_on(self) -> None:
        """Press until cancelled, at the pace of the host's clock."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        try:
            while True:
                due += 1 / self.per_second
                await asyncio.sleep(max(due - loop.time(), 0))
                self._send_one()
        finally:
            for task in self._flying:
                task.cancel()
            await asyncio.gather(*self._flying, return_exceptions=True)

    async def approve_on(self) -> None:
        """Approve every offer as the owner, with two presses at once, until cancelled."""
        while True:
            for message_id in self.wall.offers():
                if message_id not in self.approved:
                    self.approved.add(message_id)
                    button = _approval(self.wall.buttons[message_id])
                    presses = (self._press("owner", message_id, button) for _ in range(2))
                    await asyncio.gather(*presses)
            await asyncio.sleep(0.5)

    def _send_one(self) -> None:
        if len(self._flying) >= IN_FLIGHT_MAX:
            self.clicks.late += 1
            return
        task = asyncio.get_running_loop().create_task(self._click())
        self._flying.add(task)
        task.add_done_callback(self._flying.discard)

    async def _click(self) -> None:
        hanging = [key for key, ids in self.wall.buttons.items() if ids]
        if not hanging:
            return
        panels = [key for key in hanging if _STATUS in self.wall.buttons[key]]
        if panels and self.dice.random() < OWNER_SHARE:
            await self._press("owner", panels[0], _STATUS)
            return
        message_id = self.dice.choice(hanging)
        await self._press("stranger", message_id, self.dice.choice(self.wall.buttons[message_id]))

    async def _press(self, user: str, message_id: str, button: str) -> None:
        began = time.monotonic()
        try:
            result = await self.desk.press(user, message_id, button)
        except DeskError:  # the button went away, or the thread is not one the person sees
            return
        if result.failed:
            self.clicks.unanswered += 1
        else:
            self.clicks.seconds.append(time.monotonic() - began)


def _enabled(message: Json) -> Iterator[str]:
    for row in message.get("components") or []:
        for item in row.get("components") or []:
            if item.get("custom_id") and not item.get("disabled") and item.get("type") == 2:
                yield str(item["custom_id"])


def _approval(ids: tuple[str, ...]) -> str:
    return next((one for one in ids if one.startswith(APPROVE)), "")

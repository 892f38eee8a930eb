"""The acts of one soaked day: fewer than the demo's, with waits instead of looks."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, time, timedelta

from sandbox.clock import KST
from sandbox.demo.director import IDLE, REPORT_AFTER_CLOSE, WINDOW_AFTER_OPEN
from sandbox.demo.stage import CHANNEL, Stage
from tests.prove.judges import BRIEFING, CLOSING
from tests.soak_day.crowd import Wall

RATE = 20.0
# The steps of a cycle have time-outs of the host beside deadlines of the day.
CYCLE_RATE = 4.0
TALKS = 4
WAIT_SECONDS = 300.0


class SoakedDay:
    """Moves the clock through one trading day and opens conversations that ask for orders."""

    def __init__(self, stage: Stage, wall: Wall, day: date) -> None:
        """Play `day` on `stage`."""
        self._stage, self._wall, self._day = stage, wall, day
        self._opens, self._closes = stage.world.prices.hours(day)

    async def play(self) -> None:
        """Play from the morning to the backup of the night. Raises TimeoutError or BotEnded."""
        await self._until_posted(BRIEFING, self._at(7, 59, 55), CYCLE_RATE)
        await self._run(self._opens + WINDOW_AFTER_OPEN - timedelta(seconds=10), 20, 10.0)
        await self._run(self._opens + timedelta(minutes=20), 20, RATE)
        for number in range(TALKS):
            await self._talk(number)
        await self._run(self._at(13, 0), 20, RATE)
        await self._stage.desk.drop("reconnect")
        await self._run(self._closes - timedelta(minutes=16), 50, RATE)
        await self._until_posted(
            CLOSING, self._closes + REPORT_AFTER_CLOSE - timedelta(seconds=2), RATE
        )
        for moment in (self._at(17, 19, 55), self._at(20, 39, 55), self._at(20, 59, 55)):
            await self._run(moment, 8, RATE)

    async def _talk(self, number: int) -> None:
        """Ask for one share in a new conversation; the owner's other hand approves it."""
        stage = self._stage
        begins = self._opens + timedelta(minutes=40) + (IDLE + timedelta(minutes=5)) * number
        stage.go_to(begins, 4.0)
        shown = await stage.desk.slash("owner", CHANNEL, "trade")
        if shown.modal is not None:
            await stage.desk.submit_modal("owner", shown, {"request": self._request(number)})
        await self._run(begins, 15, 4.0)

    def _request(self, number: int) -> str:
        world = self._stage.world
        held = [one for one in world.exchange.holdings(world.clock.now()) if one.sellable > 0]
        if held and number % 2 == 0:
            largest = max(held, key=lambda one: (one.sellable, one.symbol))
            return f"{world.prices.name(largest.symbol)} 1주 팔아줘"
        symbol = world.universe[(self._day.toordinal() + number) % len(world.universe)]
        return f"{world.prices.name(symbol)} 1주 사줘"

    async def _until_posted(self, title: str, from_here: datetime, rate: float) -> None:
        before = self._wall.posted(title)
        self._stage.go_to(from_here, rate)
        await self._stage.until(lambda: self._wall.posted(title) > before, title, WAIT_SECONDS)

    async def _run(self, from_here: datetime, host_seconds: float, rate: float) -> None:
        """Jump to an instant (never back) and let `host_seconds` go by at a rate."""
        stage = self._stage
        stage.go_to(from_here, rate)
        ends = asyncio.get_running_loop().time() + host_seconds
        while asyncio.get_running_loop().time() < ends:
            stage.world.exchange.advance(stage.world.clock.now())
            stage.bot.check()
            await asyncio.sleep(0.1)

    def _at(self, hour: int, minute: int, second: int = 0) -> datetime:
        return datetime.combine(self._day, time(hour, minute, second), tzinfo=KST)

"""One seed from its first second to its last: lives come and go, the world stays."""

from __future__ import annotations

import asyncio
import random
import shutil
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from pathlib import Path

from bot.settings import Settings
from core.errors import BrokerError, TradingError
from tests.simulation import rules_end
from tests.simulation.accidents import Accidents
from tests.simulation.ambush import Ambush
from tests.simulation.border import Border
from tests.simulation.broker import BrokerHost
from tests.simulation.clock import TrueTime
from tests.simulation.driver import Disk
from tests.simulation.events import EventLog
from tests.simulation.falls import DAYS
from tests.simulation.judge import Judge
from tests.simulation.life import DATABASE_FILE, Incarnation, Place, first_of
from tests.simulation.loop import VirtualLoop
from tests.simulation.machines import Machines
from tests.simulation.market import Tape
from tests.simulation.network import Wire
from tests.simulation.people import People
from tests.simulation.plan import BASES, GUILD, OWNERS, Ending, Plan, ending
from tests.simulation.rows import LIVE, WAITING
from tests.simulation.surface import Channel, Posted
from tests.simulation.weather import Weather

CALM_SECONDS = 120.0
LATE_SECONDS = 75.0
BOOT_SECONDS_MAX = 400.0
# A close-out reads the lists twice, 60 s apart. In a rough evening each of up to four pages may
# take four tries of 20 s and the 7 s between them.
ROUGH_SECONDS_MAX = 60 + 2 * 4 * (4 * 20 + 7)


class Simulation:
    """The world of one seed. `template` is a migrated, empty database."""

    def __init__(
        self,
        plan: Plan,
        loop: VirtualLoop,
        folder: Path,
        template: Path,
        border: Border,
        show: Callable[[str], None] | None = None,
    ) -> None:
        self.plan = plan
        self.loop = loop
        self.log = EventLog(loop, show)
        self.weather = Weather(self.dice("weather"))
        self.true_time = TrueTime(loop, plan.start)
        tape = Tape(plan.seed, BASES, wildness=plan.wildness)
        self.host = BrokerHost(
            tape,
            border,
            self.true_time,
            self.weather,
            cash_won=plan.cash_won,
            orders_page=plan.orders_page,
            skew=plan.broker_skew,
            dice=self.dice("broker"),
        )
        for symbol, quantity in plan.holdings.items():
            if quantity:
                self.host.exchange.grant(symbol, quantity, BASES[symbol])
        self.wire = Wire(loop, self.weather, self.host)
        self.channel = Channel(loop, self.weather)
        self.channel.on_alert = self._told
        self._folder = folder
        self._template = template
        self._number = 0
        self._crash_dice = self.dice("crashes")
        self.life: Incarnation | None = None
        self.lives: list[Incarnation] = []
        self.is_over = False
        self.has_evening = False
        self.ended = asyncio.Event()
        self.violated = asyncio.Event()
        self.judge = Judge(self)
        self.disk = self._new_disk(None)
        self.people = People(self, self.dice("people"))
        self.accidents = Accidents(self, self.dice("accidents"))
        self.machines = Machines(self)
        self.wire.on_quote = Ambush(self, self.dice("ambush")).quoted
        self.channel.on_show = self._shown
        self.wire.on_request = self.judge.asked
        self.wire.on_departure = self.judge.truth.departs
        self.wire.on_arrival = self.judge.truth.arrives
        self.wire.on_answer = self.judge.truth.answered

    def dice(self, purpose: str) -> random.Random:
        """Chance of its own for one purpose."""
        return random.Random(f"{self.plan.seed} {purpose}")

    def forget(self) -> None:
        """Let go of the lives."""
        self.lives.clear()
        self.life = None

    async def play(self) -> None:
        """Live through the day, or up to the first violation."""
        day = asyncio.ensure_future(self._day())
        broken = asyncio.ensure_future(self.violated.wait())
        await asyncio.wait({day, broken}, return_when=asyncio.FIRST_COMPLETED)
        broken.cancel()
        if day.done():
            day.result()
        day.cancel()

    async def _day(self) -> None:
        """The busy time, the calm, and the close."""
        self.accidents.begin()
        self.people.begin()
        self.machines.begin()
        keeper = asyncio.ensure_future(self._keep())
        await asyncio.sleep(self.plan.busy_seconds)
        self.log.tell("calm")
        self.weather.is_calm = True
        if self.life is not None:
            self.life.fence.plan = None
        if not self.plan.has_rough_evening:
            # Else the machine goes off in the middle, and finds what is left after the close.
            await self._settle()
        keeper.cancel()
        await asyncio.wait({keeper})
        live = [row for row in self.judge.now.orders.values() if row["state"] in LIVE | WAITING]
        late = self.weather.counts["fill_after_cancel"]
        if self.plan.ends_at_close or self.plan.has_rough_evening or live or late:
            self.has_evening = True
            await self._close_day()
        rules_end.final(self.judge)

    async def _settle(self) -> None:
        """Wait until everything has come to rest at one instant, at most as long as is promised."""
        # Posts that are still on their way arrive within 75 s; the promise counts from then.
        until = self.loop.time() + LATE_SECONDS + CALM_SECONDS
        await asyncio.sleep(20)
        while open_ends := rules_end.open_ends(self.judge):
            if self.loop.time() >= until:
                for text in open_ends:
                    self.judge.blame("I16", text)
                return
            await asyncio.sleep(4)

    @property
    def is_up(self) -> bool:
        """Whether a life is there and ready."""
        return self.life is not None and self.life.is_ready and not self.life.fence.is_down

    async def _keep(self) -> None:
        """Start the next life whenever one has ended."""
        while True:
            life = await self._start()
            if life is not None:
                await self.ended.wait()
            await asyncio.sleep(2 + 10 * self._crash_dice.random())

    async def _start(self, *, may_crash: bool = True) -> Incarnation | None:
        self._number += 1
        calm = self.weather.is_calm or self._number >= self.plan.lives_max or not may_crash
        how = Ending() if calm else ending(self._crash_dice, self.plan.busy_seconds)
        self.ended = asyncio.Event()
        life = self.life = Incarnation(
            f"life {self._number}",
            self.place(),
            self.dice(f"life {self._number}"),
            skew=self.plan.skew,
            plan=how.step,
            on_crash=self._crashed,
            on_failure=self.failed,
            on_lost=lambda: None,
        )
        self.lives.append(life)
        if self.plan.skew:
            self.weather.counts["clock_skew"] += 1
        self.log.tell("start", f"{life.name} {how}")
        opening = life.spawn(life.open(), "open")
        if not await first_of(opening, self.ended):
            return None
        if (error := opening.exception()) is not None:
            if not isinstance(error, TradingError):
                self.judge.blame("start", f"{life.name} broke: {error!r}")
            self.log.tell("refused", repr(error))
            self.end(life, "refused")
            return None
        if how.crash_after:
            self.wire.later(how.crash_after, lambda: self._power_cut(life))
        elif how.stop_after:
            self.wire.later(how.stop_after, lambda: asyncio.ensure_future(self._sigterm(life)))
        return life

    def _power_cut(self, life: Incarnation) -> None:
        if not self.weather.is_calm and not self.machines.has_rival:
            life.fence.crash("power cut")

    async def _sigterm(self, life: Incarnation) -> None:
        """Stop in good order; what takes longer than a minute is killed."""
        if self.weather.is_calm or self.machines.has_rival or life.fence.is_down:
            return
        self.weather.counts["sigterm"] += 1
        self.log.tell("sigterm", life.name)
        stopping = life.spawn(life.close(), "close")
        try:
            async with asyncio.timeout(60):
                await first_of(stopping, self.ended)
        except TimeoutError:
            life.fence.crash("killed")
            return
        self.log.tell("stopped", life.name)
        self.end(life, "stopped")

    def place(self) -> Place:
        """What a life finds that starts now."""
        return Place(
            loop=self.loop,
            true_time=self.true_time,
            wire=self.wire,
            channel=self.channel,
            settings=_settings().model_copy(
                update={
                    "data_dir": self.disk.path.parent,
                    "account_is_dedicated": self.plan.is_dedicated,
                    "day_order_limit": self.plan.day_count,
                    "standing_stop_days": DAYS if self.people.falls.may_come else 0,
                }
            ),
            disk=self.disk,
            folder=self.disk.path.parent,
        )

    def end(self, life: Incarnation, why: str) -> None:
        """End a life that stopped by itself."""
        life.fence.on_crash = lambda _name: None
        life.fence.crash(why)
        # A process that is gone holds no lock, whatever it was still waiting for.
        for close in life.fence.closing:
            close()
        if life is self.life:
            self.ended.set()

    def _crashed(self, where: str) -> None:
        assert self.life is not None
        self.log.tell("crash", f"{self.life.name} at {where}")
        self.weather.counts["crash" if self.life.is_ready else "crash_in_recovery"] += 1
        # The next life finds what was committed by now, whatever this one's wreck still does.
        self.disk = self._new_disk(self.disk)
        self.loop.call_soon(self.ended.set, context=self.wire.nobody)

    def _new_disk(self, old: Disk | None) -> Disk:
        folder = self._folder / f"disk{self._number}"
        if old is None:
            folder.mkdir(mode=0o700)
            shutil.copyfile(self._template, folder / DATABASE_FILE)
            dice = self.dice("disk")
        else:
            shutil.copytree(old.path.parent, folder, ignore=shutil.ignore_patterns("*-shm"))
            dice = old.dice
        disk = Disk(folder / DATABASE_FILE, dice)
        disk.on_commit = self.judge.committed
        self.judge.reads(disk.path)
        return disk

    def _told(self, title: str, text: str) -> None:
        # A scratch folder has another name each time.
        text = text.replace(str(self._folder), "(folder)")
        self.log.tell("alert", f"{title} {text!r}")
        self.judge.keeps_secrets(title + text)

    def _shown(self, posted: Posted) -> None:
        ticket = posted.view.ticket
        self.log.tell(
            "shown",
            f"{posted.message_id} {ticket.ticket_id} {ticket.state.value} v{ticket.version}",
        )
        rules_end.shown(self.judge, posted.view)
        self.people.saw(posted)

    def failed(self, name: str, error: BaseException) -> None:
        """A task of a life died."""
        if self.is_over:
            return
        self.judge.blame("task", f"{name} died: {error!r}")

    async def _close_out(self, life: Incarnation, *, may_fail: bool = False) -> None:
        """Run the end of the day; where the lists cannot be read it says so and ends nothing."""
        closing = life.spawn(life.desk.close_out(self.plan.start.date()), "close-out")
        async with asyncio.timeout(ROUGH_SECONDS_MAX if may_fail else BOOT_SECONDS_MAX):
            await first_of(closing, self.ended)
        error = closing.exception()
        if error is not None and not (may_fail and isinstance(error, BrokerError)):
            self.judge.blame("close-out", repr(error))

    async def _close_day(self) -> None:
        """Stop, come back after the close, and run the end of the day."""
        # A second process that comes meanwhile would live on across the jump of the clock.
        await self.machines.settled()
        life = self.life
        if life is not None and not life.fence.is_down:
            stopping = life.spawn(life.close(), "close")
            await first_of(stopping, self.ended)
            self.end(life, "stopped")
        # What this life had asked last arrives first: nobody starts in the same second.
        await asyncio.sleep(3)
        closes = self.host.state.prices.hours(self.plan.start.date())[1]
        self.true_time.jump(closes + timedelta(seconds=30))
        self.host.orders_today()
        self.log.tell("after the close")
        # Whoever held the file that noon holds it no more.
        self.disk.busy_until = 0.0
        if self.plan.has_rough_evening:
            self.weather.rough_evening()
        life = await self._start(may_crash=False)
        if life is None:
            self.judge.blame("start", "the evening's start failed")
            return
        await asyncio.sleep(30)
        if self.plan.has_rough_evening:
            await self._close_out(life, may_fail=True)
            self.weather.is_calm = True
            await asyncio.sleep(60)
        await self._close_out(life)
        await asyncio.sleep(15)
        stopping = life.spawn(life.close(), "close")
        await first_of(stopping, self.ended)
        self.end(life, "stopped")


@cache
def _settings() -> Settings:
    return Settings.model_validate(
        {
            "broker": "kis",
            "discord_guild_id": str(GUILD),
            "discord_channel_id": "70",
            "discord_approver_ids": ",".join(map(str, OWNERS)),
        }
    )

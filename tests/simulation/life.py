"""One process of the application: the graph that the wiring builds for the desk, until it ends.

The wiring's own functions make the parts; only what reaches outside (randomness, files, sockets,
the driver's thread) is replaced by its seeded, fenced counterpart.
"""

from __future__ import annotations

import asyncio
import contextvars
import random
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from bot import locales
from bot.brokerage import Brokerage
from bot.files.strategy import SEED_FILE, StrategySettings, read_strategy
from bot.operations.halt_watch import HaltWatch
from bot.settings import HALT_FILE, Settings
from bot.wiring import desk as wiring
from bot.wiring.foundations import Stores, World
from core.domain.calendar import TradingCalendar
from core.errors import StorageError
from core.ports.broker import AccessToken
from core.ports.phrases import Phrases
from core.runtime.emergency_file import EmergencyFile
from core.runtime.interlock import OpenInterlock
from core.runtime.lease import LedgerLease
from core.runtime.limit_book import LimitBook
from core.runtime.outbox import LedgerOutbox
from core.runtime.supervisor import TaskSupervisor
from core.runtime.token_store import FileTokenStore
from core.runtime.trading_switch import LedgerTradingSwitch
from core.services.market.service import MarketService
from core.services.memory.service import MemoryService
from core.services.orders.desk import OrderDesk
from storage.bars import SqlBarArchive
from storage.cycles import SqlCycleArchive
from storage.ledger import SqlLedger
from storage.memory.notes import SqlMemoryArchive
from storage.model_calls import SqlModelCallArchive
from storage.news_facts import SqlNewsFactArchive
from storage.opening import open_database
from storage.prompts import SqlPromptArchive
from storage.sessions import SqlSessionArchive
from tests.simulation.clock import SeededIdentifiers, TrueTime, VirtualClock
from tests.simulation.driver import Disk, InlineConnection
from tests.simulation.fence import CrashPlan, Fence
from tests.simulation.loop import LIFE, Life, SimTask, VirtualLoop
from tests.simulation.network import SimTransport, Wire
from tests.simulation.surface import Channel, FencedSurface

DATABASE_FILE = "trade.db"
HOLDER = "the host: its data folder"


@cache
def _language(name: str) -> Phrases:
    return locales.load(name)


@cache
def strategy() -> StrategySettings:
    return read_strategy(SEED_FILE, SEED_FILE.read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What one life finds when it starts."""

    loop: VirtualLoop
    true_time: TrueTime
    wire: Wire
    channel: Channel
    settings: Settings
    disk: Disk
    folder: Path


@dataclass(frozen=True, slots=True)
class FencedTokens:
    """The token file; each use of it is a step."""

    inner: FileTokenStore
    fence: Fence

    def load(self, key: str) -> AccessToken | None:
        self.fence.step("file.read")
        return self.inner.load(key)

    def save(self, key: str, token: AccessToken) -> None:
        self.fence.step("file.write")
        self.inner.save(key, token)
        self.fence.step("file.written")

    def delete(self, key: str) -> None:
        self.fence.step("file.write")
        self.inner.delete(key)

    def last_issue(self, key: str) -> Any:
        self.fence.step("file.read")
        return self.inner.last_issue(key)

    def note_issue(self, key: str, at: Any) -> None:
        self.fence.step("file.write")
        self.inner.note_issue(key, at)
        self.fence.step("file.written")


class FencedNotes(EmergencyFile):
    """The last-resort file; each use of it is a step."""

    def __init__(self, path: Path, fence: Fence) -> None:
        super().__init__(path)
        self._fence = fence

    def append(self, answer: Any) -> None:
        self._fence.step("file.write")
        super().append(answer)
        self._fence.step("file.written")

    def read(self) -> Any:
        self._fence.step("file.read")
        return super().read()

    def clear(self) -> None:
        self._fence.step("file.write")
        super().clear()


class Incarnation:
    """One start of the application, and everything it holds."""

    desk: OrderDesk
    switch: LedgerTradingSwitch
    ledger: SqlLedger

    def __init__(
        self,
        name: str,
        place: Place,
        dice: random.Random,
        *,
        skew: timedelta,
        plan: CrashPlan | None,
        on_crash: Callable[[str], None],
        on_failure: Callable[[str, BaseException], None],
        on_lost: Callable[[], None],
        holder: str = HOLDER,
    ) -> None:
        self.name = name
        self.life = Life(name)
        self.fence = Fence(self.life, on_crash, plan)
        self.is_ready = False
        self._place = place
        self._dice = dice
        self._on_failure = on_failure
        self._on_lost = on_lost
        self._holder = holder
        self.clock = VirtualClock(place.true_time, skew)
        self.supervisor = TaskSupervisor(self._failed)
        self._context = contextvars.copy_context()
        self._context.run(LIFE.set, self.life)

    def spawn(self, coroutine: Coroutine[Any, Any, Any], name: str) -> SimTask:
        """Run something inside this life. After a crash it never ends."""
        task = self._place.loop.create_task(coroutine, name=name, context=self._context)
        assert isinstance(task, SimTask)
        return task

    async def open(self) -> None:
        """Open the committed bytes, build the graph, and start the desk."""
        place = self._place
        border = place.wire.host.border
        self._adapter = border.adapter(SimTransport(place.wire, self.fence), self.clock)
        self._database = await open_database(
            f"sqlite:///{place.disk.path}", async_creator=self._connection, migrate=False
        )
        identity = self._adapter.identity
        await self._database.stamp(identity.broker, identity.mode, identity.account_hash)
        self.ledger = SqlLedger(self._database)
        self._lease = LedgerLease(self.ledger, self.clock, self._holder)
        await self._lease.take()
        self._lease.when_lost(self._on_lost)
        self.supervisor.start("lease", self._lease.run())
        self._assemble()
        self.supervisor.start("desk", self.desk.start(self.supervisor))
        self.is_ready = True

    async def close(self) -> None:
        """Stop in good order, as SIGTERM does."""
        await self.desk.stop()
        await self.supervisor.aclose()
        with suppress(StorageError):
            await self._lease.release()
        await self._adapter.close()
        await self._database.close()

    async def _connection(self, *_args: Any, **_kwargs: Any) -> Any:
        return await InlineConnection(self._place.disk, self.fence, self._place.loop)

    def _assemble(self) -> None:
        place, settings = self._place, self._place.settings
        world = World(
            settings=settings,
            strategy=strategy(),
            clock=self.clock,
            supervisor=self.supervisor,
            calendar=TradingCalendar(),
            rulings={},
            languages={settings.locale: _language(settings.locale)},
            sandbox=None,
        )
        border = place.wire.host.border
        brokerage = Brokerage(adapter=self._adapter, **border.brokerage(self._adapter, self.clock))
        sessions = SqlSessionArchive(self._database)
        stores = Stores(
            database=self._database,
            ledger=self.ledger,
            sessions=sessions,
            memory=MemoryService(SqlMemoryArchive(self._database), sessions, self.clock),
            cycles=SqlCycleArchive(self._database),
            calls=SqlModelCallArchive(self._database),
            bars=SqlBarArchive(self._database),
            facts=SqlNewsFactArchive(self._database),
            prompts=SqlPromptArchive(self._database),
        )
        surface = FencedSurface(place.channel, self.fence)
        with self._outside():
            broker = wiring.broker_session(world, brokerage)
            self.switch = LedgerTradingSwitch(self.ledger, self.clock, place.folder / HALT_FILE)
            market = MarketService(
                broker, stores.bars, world.strategy.universe, self.clock, world.calendar
            )
            guards = wiring.Guards(
                lease=self._lease,
                interlock=OpenInterlock(),
                limits=LimitBook(world.settings.risk_limits, self.ledger, self.clock),
            )
            context = wiring.desk_context(world, stores, broker, market, self.switch, guards)
        outbox = LedgerOutbox(self.ledger, self.clock, surface)
        self.desk = OrderDesk(context, surface, outbox)
        watch = HaltWatch(
            place.folder / HALT_FILE, self.clock, outbox, world.phrases, self._cancel_all
        )
        self.supervisor.start("halt-watch", watch.run())

    async def _cancel_all(self, actor: str, reason: str) -> tuple[int, int]:
        return len(await self.desk.flattener.cancel_all(actor, reason)), 0

    @contextmanager
    def _outside(self) -> Iterator[None]:
        """Let the wiring make fenced and seeded counterparts of what reaches outside."""
        replaced: dict[str, Any] = {
            "SystemIdentifiers": lambda: SeededIdentifiers(self._dice),
            "FileTokenStore": lambda folder: FencedTokens(FileTokenStore(folder), self.fence),
            "EmergencyFile": lambda path: FencedNotes(path, self.fence),
        }
        kept = {name: getattr(wiring, name) for name in replaced}
        try:
            for name, value in replaced.items():
                setattr(wiring, name, value)
            yield
        finally:
            for name, value in kept.items():
                setattr(wiring, name, value)

    async def _failed(self, name: str, error: BaseException) -> None:
        self._on_failure(name, error)


async def first_of(task: asyncio.Task[Any], ended: asyncio.Event) -> bool:
    """Wait for `task` or for the end of its life; return whether the task ended."""
    waiting = asyncio.ensure_future(ended.wait())
    try:
        await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
    return task.done()

"""The bot dies by SIGKILL again and again while its basket is on the way."""

from __future__ import annotations

import asyncio
import io
import random
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path

from rich.console import Console

from brokers.sim import rules
from sandbox.clock import KST
from sandbox.demo.director import Director, approved_legs
from sandbox.demo.place import DATA_FOLDER
from sandbox.demo.stage import Stage, set_up
from sandbox.demo.teller import Teller
from sandbox.discord.wire import Json
from sandbox.world import WorldSettings, build_world
from tests.prove.kill_judges import judge_books, read_books
from tests.prove.proof import Outcome, Tell, Unit, repeat, silent

KILLS_MAX = 6
FINE_LOOK_SECONDS = 0.004
LOOKS_FOR_SECONDS = 15.0
RATE_WHILE_KILLED = 3
DAYS_TRIED = 4
_ON_THE_WIRE = "전송"


@dataclass(frozen=True, slots=True)
class SigKill:
    """A basket whose bot is killed during the execution window."""

    name: str = "sigkill"
    proves: str = "SIGKILL at any moment doubles no order and forgets none"
    weight: int = 22

    def run(self, seed: int, budget_seconds: float, tell: Tell = silent) -> Outcome:
        """One seed is one world and several kills."""
        return repeat("kills", seed, budget_seconds, _one, tell)


@dataclass(slots=True)
class _Act:
    """What happened on the stage."""

    kills: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def _one(seed: int) -> Unit:
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="prove-kill-"))
        for attempt in range(DAYS_TRIED):
            day = _day(seed, attempt)
            place = Path(folder) / str(attempt)
            place.mkdir()
            act = asyncio.run(_world(seed, day, place))
            if act is not None:
                faults = [f"{day}: {fault}" for fault in act.faults]
                verdict = "ok" if not faults else "faults"
                note = f"{day} seed {seed}: killed at {', '.join(act.kills)}: {verdict}"
                return Unit(faults, count=max(len(act.kills), 1), note=note)
    return Unit([f"none of {DAYS_TRIED} days had a basket"])


def _day(seed: int, attempt: int) -> date:
    dice = random.Random(f"kill {seed} {attempt}")
    day = date(2026, 1, 5) + timedelta(days=dice.randint(0, 700))
    while not rules.is_session(day):
        day += timedelta(days=1)
    return day


async def _world(seed: int, day: date, folder: Path) -> _Act | None:
    """Play one day up to its end with kills in the window; None when it has no basket."""
    start = datetime.combine(day, time(7, 58), tzinfo=KST)
    world = build_world(WorldSettings(seed=seed, start=start))
    teller = Teller(world, Console(file=io.StringIO()), folder / "transcript.jsonl")
    dice = random.Random(f"moments {seed}")
    act = _Act()
    try:
        async with set_up(world, teller, folder) as stage:
            director = Director(stage, day)
            await director.curtain()
            basket = await director.morning()
            if not basket:
                return None
            legs = approved_legs(stage.desk.message(basket["id"]))
            await director.approve_basket(basket)
            opens, closes = world.prices.hours(day)
            stage.go_to(opens + timedelta(minutes=5), RATE_WHILE_KILLED)
            await _kill_often(stage, director, basket, act, dice)
            said = await _let_it_end(stage, director, basket, closes)
            await stage.bot.stop()
        database = next((folder / DATA_FOLDER).glob("*.db"))
        books = read_books(database, world.exchange.orders(day), legs, said)
        act.faults += judge_books(books)
    except (TimeoutError, RuntimeError) as error:
        act.faults.append(f"{type(error).__name__}: {str(error)[:300]}")
    finally:
        teller.close()
    return act


async def _kill_often(
    stage: Stage, director: Director, basket: Json, act: _Act, dice: random.Random
) -> None:
    """Kill until the basket has ended or enough is enough."""
    for _ in range(dice.randint(3, KILLS_MAX)):
        if director._ended(basket):
            return
        if dice.random() < 0.5:
            await _until_on_the_wire(stage, director, basket)
            await asyncio.sleep(dice.random() * 0.35)
        else:
            await asyncio.sleep(dice.random() * 2.5)
        act.kills.append(f"{stage.world.clock.now():%H:%M:%S} ({director._headline(basket)[:28]})")
        await stage.bot.kill()
        await stage.until(lambda: not stage.desk.connected, "the end of the connection", 20.0)
        await stage.bot.start()
        await stage.until(lambda: stage.desk.connected, "the new connection", 60.0)


async def _until_on_the_wire(stage: Stage, director: Director, basket: Json) -> None:
    """Return as soon as a leg is said to be on its way, or after a while without."""
    loop = asyncio.get_running_loop()
    ends = loop.time() + LOOKS_FOR_SECONDS
    while loop.time() < ends and not director._ended(basket):
        if _ON_THE_WIRE in director._headline(basket):
            return
        stage.bot.check()
        await asyncio.sleep(FINE_LOOK_SECONDS)


async def _let_it_end(stage: Stage, director: Director, basket: Json, closes: datetime) -> str:
    """Run to after the closing report and return the last headline of the basket."""
    stage.go_to(stage.world.clock.now(), 10)
    try:
        await stage.until(lambda: director._ended(basket), "the end of the basket", 30.0)
    except TimeoutError:
        stage.go_to(closes - timedelta(minutes=14), 20)
        await asyncio.sleep(3.0)
    await director.evening()
    await asyncio.sleep(1.0)
    return director._headline(basket)

"""Reads at the broker's pace and what they cost: `python -m benchmarks.reads`.

- pace: 900 quotes at 20 a second, against a sandbox that allows 20 in any sliding second;
- CPU: one typed quote, from the session to the value, beside the same GET of bare httpx and its
  JSON, call by call in turn;
- charts: 30 ETFs x 3 years, read and then asked for again.

Exit code 1 when a goal is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import httpx

from brokers.kis import endpoints
from brokers.kis.account import KisAccount
from brokers.kis.broker import KisBroker, open_kis
from core.domain.calendar import TradingCalendar
from core.domain.instrument import Instrument, Symbol
from core.domain.krx import KST
from core.domain.modes import Mode
from core.runtime.broker_session import BrokerSession
from core.runtime.clock import SteppedClock
from core.runtime.identifiers import SystemIdentifiers
from core.runtime.rate_limiter import Pace, RateLimiter
from core.runtime.supervisor import TaskSupervisor
from core.runtime.token_cache import TokenCache
from core.runtime.token_store import FileTokenStore, token_key
from core.services.market.service import MarketService
from storage.bars import SqlBarArchive
from storage.opening import open_database

START = datetime(2025, 3, 5, 10, 0, tzinfo=KST)
YESTERDAY = date(2025, 3, 4)
THREE_YEARS = 732
LIMIT = 20
FREE = 100_000
PACE_TIMES_MAX, CPU_TIMES_MAX = 1.02, 1.15
_SECRETS = ("authorization", "appkey", "appsecret")


def _serve(pipe: Any, limit: int) -> None:
    from sandbox.servers import serve_kis
    from sandbox.world import WorldSettings, build_world

    async def live() -> None:
        world = build_world(WorldSettings(start=START, profile="real", requests_per_second=limit))
        server = await serve_kis(world)
        kis = world.kis
        facts = (server.url, kis.app_key, kis.app_secret, kis.account, kis.product)
        pipe.send((facts, tuple(world.prices.symbols())))
        while True:
            await asyncio.to_thread(pipe.recv)
            pipe.send([seen.msg_cd for seen in kis.requests])

    asyncio.run(live())


@dataclass(frozen=True, slots=True)
class Desk:
    """A session on a sandbox in a process of its own."""

    adapter: KisBroker
    session: BrokerSession
    limiter: RateLimiter
    clock: SteppedClock
    symbols: tuple[Symbol, ...]
    pipe: Any

    def codes(self) -> list[str]:
        """Return the message code of every answer that the sandbox gave."""
        self.pipe.send(None)
        found: list[str] = self.pipe.recv()
        return found


@asynccontextmanager
async def desk(limit: int) -> AsyncIterator[Desk]:
    """Start a sandbox that allows `limit` requests a second, and a session of that pace."""
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(
        target=_serve, args=(theirs, limit), daemon=True
    )
    server.start()
    tasks = TaskSupervisor()
    try:
        (url, key, secret, number, product), codes = await asyncio.to_thread(ours.recv)
        account = KisAccount(
            mode=Mode.REAL,
            app_key=key,
            app_secret=secret,
            account_no=number,
            product_code=product,
            base_url=url,
            use_hashkey=False,
        )
        clock = SteppedClock(START)
        adapter = open_kis(account, clock)
        limiter = RateLimiter(clock, _pace(limit))
        with tempfile.TemporaryDirectory() as folder:
            store = FileTokenStore(Path(folder))
            tokens = TokenCache(adapter.issue_token, store, token_key(key, Mode.REAL), clock)
            session = BrokerSession(adapter, tokens, limiter, clock, SystemIdentifiers(), tasks)
            symbols = tuple(Symbol(code) for code in codes)
            yield Desk(adapter, session, limiter, clock, symbols, ours)
        await adapter.close()
    finally:
        await tasks.aclose()
        server.kill()
        server.join()


def _pace(limit: int) -> Pace:
    return Pace(
        start=limit,
        ceiling=limit,
        ledger_start=1,
        ledger_ceiling=1,
        timeout_seconds=10,
        queue_max=1_000,
    )


async def paced(count: int) -> dict[str, object]:
    """Ask for `count` quotes at once; return how long it took against what the limit allows."""
    trips: list[float] = []
    async with desk(LIMIT) as at:
        await at.session.quote(at.symbols[0])
        await asyncio.sleep(2.5)  # what the token and the first one took is forgotten
        send = at.adapter.wire.reads.send

        async def timed(request: httpx.Request) -> httpx.Response:
            began = time.perf_counter()
            try:
                return await send(request)
            finally:
                trips.append(time.perf_counter() - began)

        at.adapter.wire.reads.send = timed  # type: ignore[method-assign, assignment]
        began = time.perf_counter()
        await asyncio.gather(
            *(at.session.quote(at.symbols[n % len(at.symbols)]) for n in range(count))
        )
        took = time.perf_counter() - began
        refused = at.codes().count("EGW00201")
    trip = sum(trips) / len(trips)
    floor = (count / LIMIT - 1) * (1 + trip)
    return {
        "quotes": count,
        "seconds": round(took, 2),
        "mean_trip_ms": round(1e3 * trip, 1),
        "times_floor": round(took / floor, 4),
        "refused": refused + len(trips) - count,
    }


async def cpu(rounds: int) -> dict[str, object]:
    """Return the median CPU time of a typed quote and of the same GET by httpx alone."""
    async with desk(FREE) as at, httpx.AsyncClient(trust_env=False) as client:
        symbol, sent = at.symbols[0], []

        async def seen(request: httpx.Request) -> None:
            sent.append(request)

        at.adapter.wire.reads.event_hooks["request"] = [seen]
        await at.session.quote(symbol)
        at.adapter.wire.reads.event_hooks["request"] = []
        wire = at.adapter.wire.account
        own = {name: sent[-1].headers[name] for name in (*_SECRETS, "tr_id", "custtype", "tr_cont")}
        own["content-type"] = sent[-1].headers["content-type"]
        address = wire.base_url + endpoints.PRICE.path
        params = dict(sent[-1].url.params)

        async def bare() -> None:
            (await client.get(address, params=params, headers=own)).json()

        async def typed() -> None:
            await at.session.quote(symbol)

        calls: dict[str, Callable[[], Awaitable[None]]] = {"bare": bare, "typed": typed}
        used: dict[str, list[float]] = {name: [] for name in calls}
        for _ in range(rounds):
            for name, call in calls.items():
                began = time.process_time()
                await call()
                used[name].append(time.process_time() - began)
    middle = {name: sorted(values)[rounds // 2] for name, values in used.items()}
    return {
        "bare_us": round(1e6 * middle["bare"]),
        "typed_us": round(1e6 * middle["typed"]),
        "times_bare": round(middle["typed"] / middle["bare"], 3),
    }


async def charts() -> dict[str, object]:
    """Return the calls and seconds of three years of every chart, read and then asked for again."""
    found: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as folder:
        database = await open_database(f"sqlite:///{Path(folder, 'bars.db')}")
        async with desk(FREE) as at:
            market = MarketService(
                broker=at.session,
                archive=SqlBarArchive(database),
                universe=tuple(Instrument(symbol=code, name=code) for code in at.symbols),
                clock=at.clock,
                calendar=TradingCalendar(),
            )
            for run in ("first", "again"):
                before, began = len(at.codes()), time.perf_counter()
                for symbol in at.symbols:
                    await market.bars(symbol, THREE_YEARS, YESTERDAY, adjusted=True)
                found[f"{run}_s"] = round(time.perf_counter() - began, 2)
                found[f"{run}_calls"] = len(at.codes()) - before
        await database.close()
    return found


def missed(report: dict[str, Any]) -> list[str]:
    """Return the goals that a report misses."""
    pace, typed, kept = report["pace"], report["cpu"], report["charts"]
    wrong = []
    if pace["refused"]:
        wrong.append(f"{pace['refused']} quotes came too fast")
    if pace["times_floor"] > PACE_TIMES_MAX:
        wrong.append(f"900 quotes take {pace['times_floor']} x what the limit allows")
    if typed["times_bare"] > CPU_TIMES_MAX:
        wrong.append(f"a typed quote is {typed['times_bare']} x bare httpx")
    if kept["again_calls"]:
        wrong.append(f"{kept['again_calls']} calls for charts that are stored")
    return wrong


async def measure(quotes: int, rounds: int) -> dict[str, Any]:
    """Return every figure."""
    return {
        "load": os.getloadavg()[0],
        "cpu": await cpu(rounds),
        "charts": await charts(),
        "pace": await paced(quotes),
    }


def main(argv: list[str] | None = None) -> int:
    """Measure, print JSON, and say which goals were missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reads")
    parser.add_argument("--quotes", type=int, default=900)
    parser.add_argument("--rounds", type=int, default=1_000, help="calls of each kind for the CPU")
    asked = parser.parse_args(argv)
    report = asyncio.run(measure(asked.quotes, asked.rounds))
    report["missed"] = missed(report)
    sys.stdout.write(json.dumps(report, indent=1) + "\n")
    return 1 if report["missed"] else 0


if __name__ == "__main__":
    sys.exit(main())

"""How ticks are read, beside the peers and the bare library: `python -m benchmarks.ticks`.

- losses: 1,000,000 records in messages of 1 to 20 records, each found again;
- typed parse: records per second of CPU time beside mojito2's and python-kis', round by round
  in one process at every count (`--peer PYTHON` names a Python of our version that has both);
- receive loop: messages per second of CPU time of the whole stream, registered, read and handed
  on, beside a bare `websockets` loop on the same server.

Exit code 1 when a record is lost or a goal is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog

from benchmarks.tick_frames import COUNTS, FIRST_SYMBOL, messages
from brokers.kis.stream import KisStream, StreamTerms
from brokers.kis.stream_trades import ONE_TRADE, one_trade, several_trades
from brokers.wire.stream import open_socket
from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.ticks import (
    BookTop,
    Channel,
    FeedTrouble,
    FillHint,
    MarketState,
    NavTick,
    Registration,
    Trade,
)
from core.runtime.clock import SystemClock
from core.runtime.identifiers import SystemIdentifiers

BLOCK = 100
WRITTEN_MAX = 1 << 20
GOALS = {"mojito2": 1.3, "python-kis": 12.0, "bare websockets": 0.88}
AT = datetime(2026, 11, 26, 10, 0, tzinfo=KST)
_ANSWER = json.dumps(
    {
        "header": {"tr_id": "H0STCNT0", "tr_key": f"{FIRST_SYMBOL}", "encrypt": "N"},
        "body": {"rt_cd": "0", "msg_cd": "OPSP0000", "msg1": "SUBSCRIBE SUCCESS"},
    }
)


@dataclass(slots=True)
class CountingSink:
    """A sink that counts what it is given, and notes when the stream went down."""

    symbols: set[str] = field(default_factory=set)
    taken: int = 0
    trouble: FeedTrouble = FeedTrouble.STARTING
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    def trade(self, trade: Trade) -> None:
        """Count a trade."""
        self.taken += 1
        self.symbols.add(trade.symbol)

    def book(self, book: BookTop) -> None:
        """Pass over."""

    def nav(self, nav: NavTick) -> None:
        """Pass over."""

    def market_state(self, state: MarketState) -> None:
        """Pass over."""

    def hint(self, hint: FillHint) -> None:
        """Pass over."""

    def alive(self) -> None:
        """Pass over."""

    def up(self) -> None:
        """Pass over."""

    def down(self, trouble: FeedTrouble) -> None:
        """Note the end."""
        self.trouble = trouble
        self.ended.set()


def lost(total: int) -> int:
    """Return how many of `total` records, shared out over all counts, are not found again."""
    each, rest = divmod(total, len(COUNTS))
    missing = 0
    for count in COUNTS:
        size = each + (rest if count == 1 else 0)
        expected = 1
        for message in messages(count, size, seed=count):
            for trade in _found(message):
                missing += trade.volume_shares != expected
                expected += 1
        missing += size + 1 - expected
    return missing


def _found(message: str) -> list[Trade]:
    """Read a message as the receive loop does."""
    is_one = message.startswith(ONE_TRADE)
    return [one_trade(message, AT)] if is_one else several_trades(message, AT)


def parse_table(peer: str | None, rounds: int, records: int) -> list[dict[str, object]]:
    """Return the rates per record count, and ours beside each peer's, from a child process.

    `peer` is a Python of our version that has the peers; raises RuntimeError for another version.
    """
    words = [sys.executable, "-m", "benchmarks.tick_frames", str(rounds), str(records)]
    if peer is not None:
        asked = "import sys, sysconfig; print(sys.version_info[:2], sysconfig.get_path('purelib'))"
        version, folder = _said([peer, "-c", asked]).strip().rsplit(" ", 1)
        if version != str(sys.version_info[:2]):
            raise RuntimeError(f"{peer} is not Python {sys.version_info[:2]}")
        words.append(folder)
    rows: list[dict[str, object]] = json.loads(_said(words))
    return rows


def _said(words: list[str]) -> str:
    done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout


async def _feed(port: Any, total: int) -> None:
    """Answer one registration with `total` messages and hang up, for every connection."""
    from websockets.asyncio.server import ServerConnection, serve

    # Written in blocks of ready frames: it is the client that must be the slower one.
    frames = [_frame(message.encode()) for message in messages(1, total)]
    blocks = [b"".join(frames[at : at + BLOCK]) for at in range(0, total, BLOCK)]

    async def answer(socket: ServerConnection) -> None:
        await socket.recv()
        await socket.send(_ANSWER)
        for block in blocks:
            socket.transport.write(block)
            while socket.transport.get_write_buffer_size() > WRITTEN_MAX:  # noqa: ASYNC110  it tells nobody
                await asyncio.sleep(0.001)

    async with serve(answer, "127.0.0.1", 0, compression=None) as server:
        port.send(next(iter(server.sockets)).getsockname()[1])
        await asyncio.Event().wait()


def _frame(payload: bytes) -> bytes:
    """Return a text frame of 126 to 65,535 bytes, as a server writes it."""
    return b"\x81\x7e" + len(payload).to_bytes(2, "big") + payload


def _serve(port: Any, total: int) -> None:
    asyncio.run(_feed(port, total))


async def bare(url: str, total: int) -> float:
    """Receive everything with the library alone; return messages per second of CPU time."""
    from websockets.exceptions import ConnectionClosed

    began, size = time.process_time(), 0
    async with open_socket(url) as socket:
        await socket.send("{}")
        try:
            while True:
                await socket.recv()
                size += 1
        except ConnectionClosed:
            pass
    return _rate(total, size - 1, began)


async def streamed(url: str, total: int) -> float:
    """Receive everything with our stream, as the bot runs it."""

    async def approval() -> str:
        return "approved"

    sink = CountingSink()
    terms = StreamTerms(url=url, is_vts=False, account="")
    stream = KisStream(terms, approval, SystemClock(), SystemIdentifiers())
    stream.follow([Registration(Symbol(f"{FIRST_SYMBOL}"), Channel.TRADE)])
    began = time.process_time()
    running = asyncio.create_task(stream.run(sink))
    await sink.ended.wait()
    rate = _rate(total, total if sink.taken else 0, began)
    running.cancel()
    return rate


def _rate(total: int, size: int, began: float) -> float:
    used = time.process_time() - began
    if size != total:
        raise RuntimeError(f"{size} of {total} messages arrived")
    return total / used


def loop_figures(rounds: int, total: int) -> dict[str, object]:
    """Return the rates of both loops, in interleaved rounds against one server."""
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(
        target=_serve, args=(theirs, total), daemon=True
    )
    server.start()
    try:
        url = f"ws://127.0.0.1:{ours.recv()}/"
        loops: dict[str, Callable[[str, int], Coroutine[Any, Any, float]]]
        loops = {"bare": bare, "stream": streamed}
        seen: dict[str, list[float]] = {name: [] for name in loops}
        for _ in range(rounds):
            for name, loop in loops.items():
                seen[name].append(asyncio.run(loop(url, total)))
    finally:
        server.kill()
        server.join()
    best = {name: max(values) for name, values in seen.items()}
    return {
        "bare_per_s": round(best["bare"]),
        "stream_per_s": round(best["stream"]),
        "times_bare": round(best["stream"] / best["bare"], 3),
    }


def missed(report: dict[str, Any]) -> list[str]:
    """Return the goals that a report misses; those beside a peer only where it ran."""
    wrong = [f"{report['lost']} records lost"] if report["lost"] else []
    for row in report["parse"]:
        wrong += [
            f"{row['records_per_message']} a message: {row[f'times_{name}']} x {name}"
            for name, goal in GOALS.items()
            if row.get(f"times_{name}", goal) < goal
        ]
    if report["loop"]["times_bare"] < GOALS["bare websockets"]:
        wrong.append(f"the receive loop is {report['loop']['times_bare']} x the bare one")
    return wrong


def main(argv: list[str] | None = None) -> int:
    """Measure, print JSON, and say which goals were missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ticks")
    parser.add_argument("--peer", help="a Python that has mojito2, python-kis and what they need")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--parse-rounds", type=int, default=25)
    parser.add_argument("--records", type=int, default=1_000_000, help="to look for losses in")
    parser.add_argument("--parse", type=int, default=2_000, help="records per parse round")
    parser.add_argument("--messages", type=int, default=60_000, help="messages per loop round")
    asked = parser.parse_args(argv)
    # Each round ends with a connection that breaks, which is worth a line elsewhere only.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    report: dict[str, Any] = {
        "load": os.getloadavg()[0],
        "records": asked.records,
        "lost": lost(asked.records),
        "parse": parse_table(asked.peer, asked.parse_rounds, asked.parse),
        "loop": loop_figures(asked.rounds, asked.messages),
    }
    report["missed"] = missed(report)
    sys.stdout.write(json.dumps(report, indent=1) + "\n")
    return 1 if report["missed"] else 0


if __name__ == "__main__":
    sys.exit(main())

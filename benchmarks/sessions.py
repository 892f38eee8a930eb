"""Conversations in Discord: how soon the first words stand there, and whether the loop ever stands.

`python -m benchmarks.sessions [--sessions 50] [--singles 10]` runs the whole bot in this process:
discord.py, sessions and tools, the openai client, a real SQLite file. Discord and a model that
streams like a provider are on loopback in another process, so that this loop is the bot's alone.

- first words: from the provider's first token on the wire to the moment Discord shows it; of one
  conversation at a time, and of all at once;
- the loop: by how much a timer of the bot's loop is late during the day's cycle, which begins as soon
  as the bot is there, and while all conversations answer at once, without the time for which the
  machine had no core for it; what kept it is printed.

Exit code 1 when a goal is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import multiprocessing
import os
import signal
import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import structlog

from benchmarks.loop_watch import LoopWatch
from benchmarks.sessions_world import WAIT_SECONDS, play

FIRST_WORDS_SECONDS_MAX = 1.5
BLOCKED_MS_MAX = 50.0
STACKS_SHOWN = 3
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "PYTHONPATH")


@contextmanager
def only_environment(folder: Path, given: Mapping[str, str]) -> Iterator[None]:
    """Work in `folder` with nothing of the developer's environment but paths, and `given`."""
    before, place = dict(os.environ), Path.cwd()
    kept = {name: before[name] for name in _KEPT if name in before}
    os.environ.clear()
    os.environ.update(kept | dict(given))
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(place)
        os.environ.clear()
        os.environ.update(before)


async def _watched(pipe: Connection, watch: LoopWatch) -> Any:
    """Run the bot until the world has asked everything; return what the world has measured."""
    from bot import running
    from bot.settings import load

    bot = asyncio.create_task(running.run(load()))
    beating = asyncio.create_task(watch.run())
    try:
        async with asyncio.timeout(4 * WAIT_SECONDS):
            while watch.phase != "done":
                hearing = asyncio.ensure_future(asyncio.to_thread(pipe.recv))
                await asyncio.wait({hearing, bot}, return_when=asyncio.FIRST_COMPLETED)
                if bot.done():
                    bot.result()
                    raise RuntimeError("the bot ended before the end")
                watch.phase = hearing.result()
            found = await asyncio.to_thread(pipe.recv)
    finally:
        beating.cancel()
        await asyncio.wait({beating})
        if not bot.done():
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.wait({bot})
    return found


def measure(sessions: int, singles: int) -> dict[str, Any]:
    """Return every figure of one run."""
    ours, theirs = multiprocessing.Pipe()
    world = multiprocessing.get_context("spawn").Process(
        target=play, args=(theirs, sessions, singles), daemon=True
    )
    world.start()
    # Only the other process holds its end now: if it dies, waiting for it ends.
    theirs.close()
    watch = LoopWatch()
    try:
        given, strategy = ours.recv()
        with tempfile.TemporaryDirectory() as folder:
            data = Path(folder, "data")
            data.mkdir()
            (data / "strategy.toml").write_text(strategy, encoding="utf-8")
            with only_environment(Path(folder), {**given, "DATA_DIR": str(data)}):
                waited = asyncio.run(_watched(ours, watch))
        ours.send("gone")
        world.join(WAIT_SECONDS)
    finally:
        world.kill()
        world.join()
    return report_of(waited, watch, sessions)


def report_of(waited: Mapping[str, list[float]], watch: LoopWatch, sessions: int) -> dict[str, Any]:
    """Return the figures in seconds and milliseconds."""
    return {
        "load": round(os.getloadavg()[0], 1),
        "sessions": sessions,
        "first_words_s": {
            name: {
                "p50": round(statistics.median(found), 3),
                "worst": round(max(found), 3),
                "measured": len(found),
            }
            for name, found in waited.items()
        },
        "loop_ms": {
            name: {
                "p99": round(sorted(found)[int(len(found) * 0.99)], 1),
                "worst": round(max(found), 1),
                "over": sum(one > BLOCKED_MS_MAX for one in found),
                "worst_with_waits_for_a_core": round(max(watch.wall_ms[name]), 1),
                "beats": len(found),
            }
            for name, found in watch.own_ms.items()
            if name not in {"", "done"}
        },
        "blocks": [
            {**asdict(one), "stacks": one.stacks[:STACKS_SHOWN]}
            for one in watch.blocks
            if one.phase not in {"", "done"}
        ],
    }


def missed(report: Mapping[str, Any]) -> list[str]:
    """Return the goals that a report misses."""
    wrong = [
        f"{name}: the first words came {found['worst']} s after the provider's first token"
        for name, found in report["first_words_s"].items()
        if found["worst"] > FIRST_WORDS_SECONDS_MAX
    ]
    for phase, what in (
        ("morning", "during the day's cycle"),
        ("at once", f"while {report['sessions']} answered at once"),
    ):
        worst = report["loop_ms"][phase]["worst"]
        if worst > BLOCKED_MS_MAX:
            wrong.append(f"the loop stood for {worst} ms {what}")
    return wrong


def main(argv: list[str] | None = None) -> int:
    """Measure, print JSON, and say which goals were missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sessions")
    parser.add_argument("--sessions", type=int, default=50)
    parser.add_argument("--singles", type=int, default=10, help="conversations one after the other")
    asked = parser.parse_args(argv)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    report = measure(asked.sessions, asked.singles)
    report["missed"] = missed(report)
    sys.stdout.write(json.dumps(report, indent=1, ensure_ascii=False) + "\n")
    return 1 if report["missed"] else 0


if __name__ == "__main__":
    sys.exit(main())

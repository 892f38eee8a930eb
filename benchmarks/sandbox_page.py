"""`python -m benchmarks.sandbox_page`: the page in a headless Chromium, with a long channel.

First paint by the browser's own timing; the frames of a scroll through everything; the time from
the server's push to the message drawn.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from sandbox import commands
from sandbox.clock import KST
from sandbox.demo.bot_process import BotProcess
from sandbox.demo.stage import CHANNEL, Stage
from sandbox.demo.teller import Teller
from sandbox.web.server import serve_page
from sandbox.world import WorldSettings, build_world
from tests.sandbox.web import browser

FIRST_PAINT_GOAL_MS = 1_000
FRAME_CPU_GOAL_MS = 16
FRAMES = 60
APPENDED = 30
COUNT = "document.querySelectorAll('#messages article').length"
# A frame of a scroll through everything, screen by screen: time between two of the browser's frames.
SCROLL = """
(async () => {
  const log = document.querySelector('#log'), took = [];
  log.scrollTop = 0;
  await new Promise(requestAnimationFrame);
  let last = await new Promise(requestAnimationFrame);
  const step = Math.max(log.clientHeight, log.scrollHeight / FRAMES);
  for (let at = 0; at < FRAMES; at++) {
    log.scrollTop += step;
    const now = await new Promise(requestAnimationFrame);
    took.push(now - last);
    last = now;
  }
  return took;
})()
"""
# Script, style and layout of one more message, to the frame that shows it.
APPEND = """
(async () => {
  const list = document.querySelector('#messages'), log = document.querySelector('#log'), took = [];
  log.scrollTop = log.scrollHeight;
  const {show} = await import('/static/chat.js');
  const last = list.lastElementChild;
  for (let at = 1; at <= APPENDED; at++) {
    await new Promise(requestAnimationFrame);
    const id = String(BigInt(last.dataset.id) + BigInt(at)), began = performance.now();
    show({type: 'message', id, channel_id: CHANNEL_ID, is_new: true, by_bot: true,
      html: last.outerHTML.replace(last.dataset.id, id)});
    log.getBoundingClientRect();
    took.push(performance.now() - began);
  }
  return took;
})()
"""
PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


@asynccontextmanager
async def _page(folder: Path, messages: int) -> AsyncIterator[tuple[Stage, str]]:
    """Serve the page of a stage without a bot, whose channel holds that many messages."""
    world = build_world(WorldSettings(start=datetime(2026, 11, 2, 9, 30, tzinfo=KST)))
    teller = Teller(world, Console(file=io.StringIO()), None)
    async with AsyncExitStack() as stack:
        await commands.open_world(world, stack)
        if world.discord is None:
            raise RuntimeError("the Discord server did not open")
        stage = Stage(world, world.discord, BotProcess(folder, {}), teller, folder)
        for at in range(messages):
            await stage.desk.say(
                "owner", CHANNEL, f"{at}번째 말. KODEX 200 3주 사줘, **지정가**로."
            )
        running = await serve_page(stage)
        stack.push_async_callback(running.close)
        yield stage, running.url


async def _measure(messages: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with _page(folder, messages) as (stage, url), browser.running(folder / "p") as chrome:
            blank = await chrome.tab(url)
            await blank.until(f"{COUNT} >= 100")
            tab = await chrome.tab(url)
            paint = await tab.until(PAINT)
            await tab.until(f"{COUNT} >= 100")
            began, seen = time.perf_counter(), 0
            top = "document.querySelector('#log').scrollTo(0, 0)"
            while seen < messages:
                seen = await tab.until(f"({top}, {COUNT} > {seen} && {COUNT})", 120)
            loaded = time.perf_counter() - began
            # The main thread's own CPU time: what else the machine does is not the page's.
            await tab.call("Performance.enable", timeDomain="threadTicks")
            before = await _busy(tab)
            frames = sorted(await tab.run(SCROLL.replace("FRAMES", str(FRAMES))))
            busy = (await _busy(tab) - before) / FRAMES
            channel = json.dumps(str(stage.desk.channel(CHANNEL)["id"]))
            script = APPEND.replace("APPENDED", str(APPENDED)).replace("CHANNEL_ID", channel)
            appended = sorted(await tab.run(script))
    return {
        "messages": messages,
        "first_paint_ms": round(paint, 1),
        "all_loaded_s": round(loaded, 2),
        "frame_p50_ms": _at(frames, 0.5),
        "frame_p95_ms": _at(frames, 0.95),
        "frame_max_ms": _at(frames, 1.0),
        "frame_cpu_ms": round(busy * 1_000, 2),
        "append_p50_ms": _at(appended, 0.5),
        "append_max_ms": _at(appended, 1.0),
        "load_average": round(os.getloadavg()[0], 1),
    }


async def _busy(tab: browser.Tab) -> float:
    """Return the seconds that the page's main thread has worked."""
    metrics = (await tab.call("Performance.getMetrics"))["metrics"]
    return float(next(one["value"] for one in metrics if one["name"] == "TaskDuration"))


def _at(values: list[float], share: float) -> float:
    return round(values[min(len(values) - 1, int(len(values) * share))], 2)


def main() -> int:
    """Measure and print; 1 when a goal is missed, 2 when no Chromium is installed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sandbox_page")
    parser.add_argument("--messages", type=int, default=5_000)
    arguments = parser.parse_args()
    if browser.found() is None:
        sys.stderr.write("no Chromium is installed (Debian: apt install chromium)\n")
        return 2
    found = asyncio.run(_measure(arguments.messages))
    sys.stdout.write(json.dumps(found, indent=2) + "\n")
    is_good = (
        found["first_paint_ms"] <= FIRST_PAINT_GOAL_MS
        and found["frame_cpu_ms"] <= FRAME_CPU_GOAL_MS
    )
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())

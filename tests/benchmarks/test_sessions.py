"""That the benchmark runs, and what it calls late and missed; what it measures is no test's business."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
import time
from typing import Any

import pytest

from benchmarks import sessions, sessions_world
from benchmarks.loop_watch import LoopWatch
from sandbox.model.brain import Said
from tests.bot.environment import ROOT

pytestmark = pytest.mark.untraced


@pytest.mark.slow
def test_it_measures_everything():
    # A process of its own: it points discord.py at its world and works in a folder of its own.
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.sessions", "--sessions", "3", "--singles", "2"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    report = json.loads(
        "{" + done.stdout.partition("\n{")[2] if "\n{" in done.stdout else done.stdout
    )
    assert report["first_words_s"]["single"]["measured"] == 2
    assert report["first_words_s"]["at once"]["measured"] == 3
    assert all(figures["p50"] > 0 for figures in report["first_words_s"].values())
    assert report["loop_ms"]["at once"]["beats"] > 0
    assert report["loop_ms"]["morning"]["beats"] > 100
    assert done.returncode == bool(report["missed"])


async def test_a_loop_that_stands_is_seen_with_what_it_did():
    watch = LoopWatch(phase="standing")
    beating = asyncio.create_task(watch.run())
    async with asyncio.timeout(30):
        while not watch.blocks or not watch.blocks[0].stacks:
            stood_still()
            await asyncio.sleep(0.02)
    beating.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await beating
    block = watch.blocks[0]
    assert block.phase == "standing"
    assert block.wall_ms >= block.own_ms > 25
    assert any("stood_still" in stack for one in watch.blocks for stack in one.stacks)
    assert max(watch.own_ms["standing"]) == pytest.approx(block.own_ms, abs=0.1)


def stood_still() -> None:
    until = time.perf_counter() + 0.1
    while time.perf_counter() < until:
        pass


def report(single: float, at_once: float, stood: float) -> dict[str, Any]:
    return {
        "sessions": 50,
        "first_words_s": {"single": {"worst": single}, "at once": {"worst": at_once}},
        "loop_ms": {"at once": {"worst": stood}, "morning": {"worst": stood}},
    }


def test_goals():
    assert sessions.missed(report(1.5, 1.5, 50.0)) == []
    assert sessions.missed(report(1.501, 1.502, 50.1)) == [
        "single: the first words came 1.501 s after the provider's first token",
        "at once: the first words came 1.502 s after the provider's first token",
        "the loop stood for 50.1 ms during the day's cycle",
        "the loop stood for 50.1 ms while 50 answered at once",
    ]


def test_the_provider_knows_which_question_it_is_asked():
    asked = {"role": "user", "content": '<data kind="user">\n[3.12] 지금\n</data>'}
    assert sessions_world.tag_of([]) == (None, False)
    assert sessions_world.tag_of([{"role": "user", "content": "[x]"}]) == (None, False)
    assert sessions_world.tag_of([asked]) == ((3, 12), False)
    answered = [asked, {"role": "tool", "content": "{}"}]
    assert sessions_world.tag_of(answered) == ((3, 12), True)
    names = frozenset[str]()
    assert sessions_world.thought_of([asked], names) == sessions_world.TOOLS[2]
    assert sessions_world.thought_of(answered, names) == Said(sessions_world.ANSWER)
    assert sessions_world.thought_of([], names) == Said("요약할 것이 없습니다.")

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.operations.health import BEAT_SECONDS, STALE_SECONDS, Heartbeat, judge
from bot.operations.process_lock import ProcessLock
from core.domain.ticks import FeedHealth, FeedStatus, FeedTrouble
from core.errors import ConfigurationError
from core.ports.outbox import OutboxState
from core.runtime.clock import SteppedClock
from tests.bot.environment import child_environment
from tests.bot.full_disk import full_disk
from tests.bot.operations.kit import FakeSettingsLedger, at, turns

NOW = at("2026-11-20", "09:00:00")


RESTING = FeedStatus(
    source="REST quotes",
    health=FeedHealth.OFF,
    since=NOW,
    trouble=FeedTrouble.RESTING,
    followed=0,
    left_out=0,
    restarts=0,
)
LOOPS = ("alarms", "deadlines", "publisher", "runner", "tracker")


class Delivery:
    """How delivery of alarms goes."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds

    async def state(self) -> OutboxState:
        return OutboxState(waiting=3, failing_for=timedelta(seconds=self.seconds))


def beats(path: Path, *, broken: bool = False, connected: bool = True, tasks=LOOPS, stuck: int = 0):
    clock = SteppedClock(NOW, rate=0)
    ledger: Any = FakeSettingsLedger(broken=broken)
    return clock, Heartbeat(
        path,
        ledger=ledger,
        host_clock=clock,
        is_connected=lambda: connected,
        tasks=lambda: tasks,
        outbox=Delivery(stuck),
        feed=lambda: RESTING,
    )


async def test_a_fine_beat_is_fine_until_it_is_old(tmp_path: Path) -> None:
    path = tmp_path / "heartbeat.json"
    _, heart = beats(path)
    await heart.beat()
    assert json.loads(path.read_text())["feed"] == "off resting"
    assert judge(path, NOW + timedelta(seconds=3)) == (True, "alive 3 s ago")
    assert judge(path, NOW + timedelta(seconds=STALE_SECONDS))[0]
    late = judge(path, NOW + timedelta(seconds=STALE_SECONDS + 1))
    assert late == (False, "last heartbeat 91 s ago")
    assert not judge(path, NOW - timedelta(hours=1))[0]
    assert json.loads(path.read_text())["process"] == os.getpid()


async def test_a_dead_database_or_gateway_is_not_fine(tmp_path: Path) -> None:
    path = tmp_path / "heartbeat.json"
    await beats(path, broken=True)[1].beat()
    assert judge(path, NOW) == (False, "database: disk full")
    await beats(path, connected=False)[1].beat()
    assert judge(path, NOW) == (False, "the Discord gateway is not connected")


@pytest.mark.parametrize(
    ("tasks", "words"),
    [
        (("alarms", "desk", "publisher"), "alive 0 s ago"),
        (("desk",), "not running: publisher, alarms"),
        (("alarms", "publisher", "runner", "tracker"), "not running: deadlines"),
        ((), "not running: publisher, alarms, runner, tracker, deadlines"),
    ],
)
async def test_a_loop_that_ended_is_not_fine(
    tmp_path: Path, tasks: tuple[str, ...], words: str
) -> None:
    path = tmp_path / "heartbeat.json"
    await beats(path, tasks=tasks)[1].beat()
    assert judge(path, NOW) == (words.startswith("alive"), words)


async def test_alarms_that_reach_nobody_are_not_fine(tmp_path: Path) -> None:
    path = tmp_path / "heartbeat.json"
    await beats(path, stuck=59)[1].beat()
    assert judge(path, NOW)[0]
    await beats(path, stuck=75)[1].beat()
    says = "3 alarms reach nobody: the alert channel took none for 75 s"
    assert judge(path, NOW) == (False, says)


def test_a_beat_that_names_no_tasks_is_not_fine(tmp_path: Path) -> None:
    path = tmp_path / "heartbeat.json"
    body = {"at": NOW.isoformat(), "database": "ok", "gateway": "connected"}
    path.write_text(json.dumps(body))
    assert judge(path, NOW) == (False, "the heartbeat does not say what runs")


async def test_a_disk_that_is_full_does_not_end_the_beat(tmp_path: Path) -> None:
    path = tmp_path / "late" / "heartbeat.json"
    clock, heart = beats(path)
    task = asyncio.create_task(heart.run())
    await turns()
    assert not task.done()
    path.parent.mkdir()
    clock.set(NOW + timedelta(seconds=BEAT_SECONDS))
    await turns(10)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert path.exists()


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"at": 1}', '{"at": "2026-11-20T09:00:00"}', '{"at": "x"}']
)
def test_what_cannot_be_read_is_not_fine(tmp_path: Path, text: str) -> None:
    path = tmp_path / "heartbeat.json"
    path.write_text(text)
    healthy, sentence = judge(path, NOW)
    assert not healthy
    assert sentence.startswith(f"no readable heartbeat at {path}: ")


async def test_it_beats_again_and_again(tmp_path: Path) -> None:
    path = tmp_path / "heartbeat.json"
    clock, heart = beats(path)
    task = asyncio.create_task(heart.run())
    await turns()
    clock.set(NOW + timedelta(seconds=BEAT_SECONDS))
    await turns(10)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert json.loads(path.read_text())["at"] == (NOW + timedelta(seconds=BEAT_SECONDS)).isoformat()


def test_a_second_process_is_refused_by_name_until_the_first_ends(tmp_path: Path) -> None:
    path = tmp_path / "bot.lock"
    text = f"""
import sys
from pathlib import Path
from bot.operations.process_lock import ProcessLock
with ProcessLock(Path({str(path)!r})):
    print("held", flush=True)
    sys.stdin.read()
"""
    with subprocess.Popen(
        [sys.executable, "-c", text],
        env=child_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(ConfigurationError, match=f"process {other.pid}.*already uses"):
            ProcessLock(path).__enter__()
        other.kill()
        other.wait(10)
        # A process that was killed leaves its file, and no lock.
        with ProcessLock(path):
            assert path.read_text() == str(os.getpid())
    with ProcessLock(path):
        assert path.stat().st_mode & 0o777 == 0o600


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"DATA_DIR: .*cannot be written"):
        ProcessLock(tmp_path / "missing" / "bot.lock").__enter__()
    lock = ProcessLock(tmp_path / "bot.lock")
    lock.__exit__(None, None, None)


def test_a_full_disk_keeps_no_lock_from_being_one(tmp_path: Path) -> None:
    path = tmp_path / "bot.lock"
    with full_disk(), ProcessLock(path), pytest.raises(ConfigurationError, match="already uses"):
        ProcessLock(path).__enter__()
    assert path.read_text() == ""

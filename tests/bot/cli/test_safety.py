"""What keeps trading safe from outside, with real processes: signals, files, leases, many at once."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from core.runtime.clock import SystemClock
from storage.migrations.runner import upgrade_here
from tests.bot.cli.test_commands import INPUT, SECONDS, forked, forked_end, quick_bot, refused
from tests.bot.environment import child_environment
from tests.bot.forked import Forked

pytestmark = [pytest.mark.slow, pytest.mark.untraced]
LEASE = 5
# Forked, they all arrive at once.
MANY = 20
MANY_SECONDS = 300


def until(process: Forked, path: Path) -> None:
    """Wait until `path` exists, or fail when the process ended before."""
    deadline = SystemClock().now() + timedelta(seconds=SECONDS)
    while not path.exists():
        assert process.poll() is None, process.said()
        assert SystemClock().now() < deadline
        signal.sigtimedwait([], 0.05)


def sentence(err: str) -> str:
    """Return the one line that is no log line."""
    said = [line for line in err.splitlines() if not line.startswith("{")]
    assert len(said) == 1, err
    return said[0]


def settled(processes: list[Forked]) -> list[Forked]:
    """Wait until all but one have ended; return those that have."""
    deadline = SystemClock().now() + timedelta(seconds=MANY_SECONDS)
    while sum(one.poll() is None for one in processes) > 1:
        assert SystemClock().now() < deadline
        signal.sigtimedwait([], 0.05)
    return [one for one in processes if one.poll() is not None]


def one_runs(processes: list[Forked], words: str) -> None:
    """Exactly one process goes on; every other ended with one sentence that has `words`."""
    try:
        over = settled(processes)
        assert len(over) == len(processes) - 1
        for one in over:
            code, out, err = forked_end(one)
            assert (code, out) == (INPUT, ""), err
            assert words in sentence(err)
    finally:
        for one in processes:
            if one.poll() is None:
                one.send_signal(signal.SIGTERM)
    (last,) = [one for one in processes if one not in over]
    code, _, err = forked_end(last)
    assert code == 0, err


def test_of_twenty_on_one_folder_one_runs(tmp_path: Path) -> None:
    one_runs([forked(tmp_path, "run", "--local-only") for _ in range(MANY)], "another bot (process")


def test_of_many_folders_on_one_database_one_runs(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path / 'shared.db'}"
    upgrade_here(address)
    processes = [
        forked(tmp_path, "run", "--local-only", DATA_DIR=f"folder-{n}", DATABASE_URL=address)
        for n in range(MANY // 2)
    ]
    one_runs(processes, "holds the lease of this database")
    with closing(sqlite3.connect(tmp_path / "shared.db")) as rows:
        ((epoch, holder),) = rows.execute("SELECT epoch, holder FROM lease").fetchall()
    # Taken once, and given back at the end.
    assert (epoch, holder) == (1, "")


def taken_over(sleeper: Forked, database: Path) -> bool:
    """Stop the process and take its lease; False when it stopped inside a transaction."""
    sleeper.send_signal(signal.SIGSTOP)
    try:
        with closing(sqlite3.connect(database, timeout=1)) as rows, rows:
            rows.execute("UPDATE lease SET epoch = epoch + 1, holder = 'elsewhere'")
    except sqlite3.OperationalError:
        return False
    return True


def test_a_process_that_slept_through_the_loss_of_its_lease_ends(tmp_path: Path) -> None:
    sleeper = forked(tmp_path, "run", "--local-only")
    database = tmp_path / "data" / "autotrade-sim.db"
    try:
        until(sleeper, tmp_path / "data" / "heartbeat.json")
        while not taken_over(sleeper, database):
            sleeper.send_signal(signal.SIGCONT)
            signal.sigtimedwait([], 0.2)
    finally:
        sleeper.send_signal(signal.SIGCONT)
    code, _, err = forked_end(sleeper)
    assert code == LEASE, err
    assert "another bot (elsewhere) took the lease (epoch 2)" in sentence(err)


def test_a_signal_halts_and_only_a_typed_word_resumes(tmp_path: Path) -> None:
    running = forked(tmp_path, "run", "--local-only")
    data = tmp_path / "data"
    try:
        until(running, data / "heartbeat.json")
        running.send_signal(signal.SIGUSR1)
        until(running, data / "HALT")
        refused(tmp_path, INPUT, "봇이 실행 중입니다", "resume")
    finally:
        running.send_signal(signal.SIGTERM)
    code, _, err = forked_end(running)
    assert code == 0, err
    logged = [json.loads(line)["event"] for line in err.splitlines()]
    assert "halted by signal" in logged

    code, out, err = quick_bot(tmp_path, "resume")
    assert code == INPUT
    assert "정지 파일(HALT)이 있습니다" in out
    assert "재개하지 않았습니다" in err
    assert (data / "HALT").exists()

    process = subprocess.run(
        [sys.executable, "-m", "bot", "resume"],
        cwd=tmp_path,
        env=child_environment(),
        input="재개\n",
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    assert "매매 상태: " in process.stdout
    assert not (data / "HALT").exists()


def test_a_halt_can_leave_the_exits_open(tmp_path: Path) -> None:
    code, out, _ = quick_bot(tmp_path, "halt", "--reduce-only", "--cancel-open")
    assert code == 0
    assert "매수를 멈췄습니다" in out
    assert (tmp_path / "data" / "HALT").read_text() == "REDUCE_ONLY CANCEL_OPEN\n"
    code, out, _ = quick_bot(tmp_path, "halt")
    assert "매매를 정지했습니다" in out
    assert (tmp_path / "data" / "HALT").read_text() == "HALTED CANCEL_OPEN\n"

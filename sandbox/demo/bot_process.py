"""The bot as a child process: started, killed without warning, started again."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parents[2]
STOP_SECONDS = 15.0
LOG_LINES = 12
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
# What a child needs of our environment; everything else, keys above all, stays outside.
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "SYSTEMROOT", "TMPDIR")


class BotEnded(RuntimeError):
    """The bot ended when it should have run; the text holds its last log lines."""


class BotProcess:
    """One bot in one data folder."""

    def __init__(self, folder: Path, settings: dict[str, str]) -> None:
        """`settings` are its environment; `folder` is its working folder, without a .env."""
        self._folder = folder
        self._log_path = folder / "bot.log"
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        self._environment = {**kept, **settings, "PYTHONPATH": str(ROOT), "TZ": "UTC"}
        self._process: asyncio.subprocess.Process | None = None
        self._log: IO[bytes] | None = None
        # Two tabs may press at once, and two bots on one ledger is what must never be.
        self._turn = asyncio.Lock()

    @property
    def process_id(self) -> int:
        """Process id of the running bot (0: none)."""
        return self._process.pid if self._process else 0

    @property
    def is_running(self) -> bool:
        """Whether the bot was started and has not ended."""
        return self._process is not None and self._process.returncode is None

    @property
    def has_ended(self) -> bool:
        """Whether the bot ended by itself since it was started."""
        return self._process is not None and self._process.returncode is not None

    async def start(self) -> None:
        """Start the bot unless it runs; its log goes on in the same file."""
        async with self._turn:
            if not self.is_running:
                self._close_log()
                await self._launch()

    async def _launch(self) -> None:
        self._log = self._log_path.open("ab")
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot",
            "run",
            cwd=self._folder,
            env=self._environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            preexec_fn=_ends_with_us(),
        )

    def check(self) -> None:
        """Raise BotEnded if the bot is gone."""
        process = self._process
        if process is not None and process.returncode is not None:
            raise BotEnded(f"봇이 끝났습니다 (코드 {process.returncode})\n{self.last_lines()}")

    async def kill(self) -> None:
        """SIGKILL: no goodbye, as when the machine loses power."""
        async with self._turn:
            if self._process is not None and self._process.returncode is None:
                self._process.send_signal(signal.SIGKILL)
                await self._process.wait()
            self._close_log()
            self._process = None

    async def stop(self) -> int:
        """SIGTERM, then wait; SIGKILL if it does not end in time. Return its exit code."""
        async with self._turn:
            return await self._end()

    async def _end(self) -> int:
        process = self._process
        if process is None:
            return 0
        if process.returncode is None:
            process.terminate()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
        self._close_log()
        return process.returncode or 0

    def last_lines(self) -> str:
        """Return the end of the log."""
        try:
            lines = self._log_path.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return ""
        return "\n".join(lines[-LOG_LINES:])

    def _close_log(self) -> None:
        if self._log is not None:
            self._log.close()
            self._log = None


def _ends_with_us() -> Callable[[], object] | None:
    """Return what a child does before it becomes the bot, so that it ends when we are killed.

    A demo that gets SIGKILL cannot end its bot, which would go on alone. Only Linux offers a way
    that the bot need not know of; elsewhere nothing is done. The library is loaded before the fork:
    between fork and exec there is room for one system call and nothing else.
    """
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)

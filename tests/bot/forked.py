"""Bots as processes of their own, forked from one that has imported everything.

A fresh interpreter spends two seconds on imports before its first statement; twenty of them on two
cores hardly ever meet. A fork begins at once: same command line, environment, folder, signals and
exit codes, and its own process id, locks and files.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(
    [
        __name__,
        "bot.running",
        "bot.by_hand.cycle",
        "bot.by_hand.stopping",
        "storage.migrations.runner",
    ]
)


@dataclass(frozen=True, slots=True)
class Forked:
    """One bot; what it says goes into two files."""

    process: ForkServerProcess
    out: Path
    err: Path

    @property
    def pid(self) -> int:
        found = self.process.pid
        assert found is not None
        return found

    def poll(self) -> int | None:
        """Return the exit code, negative for a signal; None while it runs."""
        return self.process.exitcode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def said(self) -> str:
        """Return what it has said on its error stream by now."""
        return self.err.read_text(encoding="utf-8")

    def ended(self, seconds: float) -> tuple[int, str, str]:
        """Wait for its end; return exit code, output and error stream."""
        self.process.join(seconds)
        code = self.poll()
        assert code is not None, f"still running after {seconds} s: {self.said()}"
        return code, self.out.read_text(encoding="utf-8"), self.said()


def fork(folder: Path, environment: dict[str, str], *arguments: str) -> Forked:
    """Start `python -m bot` with these arguments, as if in `folder`."""
    number = sum(1 for _ in folder.glob("said-*.out"))
    out, err = folder / f"said-{number}.out", folder / f"said-{number}.err"
    out.touch()
    err.touch()
    values = (folder, environment, arguments, out, err)
    process = CONTEXT.Process(target=_live, args=values)
    process.start()
    return Forked(process, out, err)


def _live(
    folder: Path, environment: dict[str, str], arguments: tuple[str, ...], out: Path, err: Path
) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for number, path in ((1, out), (2, err)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_APPEND), number)
    sys.argv = ["bot", *arguments]
    _run()


def _run() -> None:
    from bot.cli.start import main

    main(sys.argv[1:])

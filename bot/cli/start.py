"""Where a command line begins: what computes and ends is answered without the other commands' libraries."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from bot.cli import backtest
from bot.cli.ending import EXIT_FAULT, EXIT_INPUT, EXIT_INTERRUPTED, fail

LIGHT: dict[str, Callable[[Sequence[str]], None]] = {
    "backtest": backtest.backtest,
    "metrics": backtest.metrics,
}


def main(arguments: Sequence[str]) -> None:
    """Run the command that `arguments` name; raises SystemExit with its code."""
    check_one_root()
    light = LIGHT.get(arguments[0]) if arguments else None
    if light is None:
        # Late: this is what the light ones do without.
        from bot.cli.app import app
        from bot.operations.logs import configure

        # Before there are settings, and for commands that read none: left to itself the library
        # would print to standard output, and local variables under every traceback.
        configure("WARNING")
        app(arguments)
        return
    try:
        light(arguments[1:])
        sys.stdout.flush()
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)
    except BrokenPipeError:
        # Whoever read has seen enough; what is left in the buffer must not complain at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(EXIT_FAULT)


def check_one_root() -> None:
    """Refuse to start when our generically named packages come from different places."""
    import bot
    import brokers
    import core
    import storage

    roots = {Path(str(item.__file__)).parents[1] for item in (bot, brokers, core, storage)}
    if len(roots) != 1:
        places = ", ".join(sorted(str(root) for root in roots))
        raise fail(f"packages come from different folders: {places}", EXIT_INPUT)

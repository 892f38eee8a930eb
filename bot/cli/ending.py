"""How a command ends: exit codes, and errors as one sentence.

Exit codes: 0 done · 1 an unexpected fault · 2 settings or input are wrong · 3 the database is not
usable · 4 unhealthy · 5 another process took over this ledger · 130 the person left.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Coroutine
from datetime import date
from functools import partial
from typing import TypeVar

from core.domain.calendar import CalendarUnknown
from core.errors import ConfigurationError, DataError, LeaseLost, StorageError, TradingError

T = TypeVar("T")
# As shells count a process that was interrupted.
EXIT_INTERRUPTED = 130
EXIT_FAULT, EXIT_INPUT, EXIT_STORAGE, EXIT_UNHEALTHY, EXIT_LEASE = 1, 2, 3, 4, 5


def finish(work: Coroutine[object, object, None]) -> None:
    """Run `work`; expected errors end in one sentence and their exit code."""
    said(partial(ran, work))


def ran(work: Coroutine[object, object, T]) -> T:
    """Run `work` in a loop of its own and return its answer."""
    import asyncio  # late: the commands that compute do without

    return asyncio.run(work)


def said(work: Callable[[], T]) -> T:
    """Return what `work` returns; what it raises on purpose becomes a sentence and a code."""
    try:
        return work()
    except (ConfigurationError, DataError, CalendarUnknown) as error:
        raise fail(str(error), EXIT_INPUT) from None
    except StorageError as error:
        raise fail(str(error), EXIT_STORAGE) from None
    except LeaseLost as error:
        raise fail(str(error), EXIT_LEASE) from None
    except TradingError as error:
        raise fail(str(error), EXIT_FAULT) from None


def fail(text: str, code: int) -> SystemExit:
    """Print `text` on one line and return the exit to raise."""
    # No control characters: the text may quote a file or a server.
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    sys.stderr.write(f"오류 / error: {line}\n")
    sys.stderr.flush()
    return SystemExit(code)


def day_of(text: str, option: str) -> date:
    """Return the date that `option` was given. Raises SystemExit with a sentence."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        from bot import locales  # late: it is seldom needed

        words = locales.in_all("backtest.bad_date", option=option, found=text)
        raise fail(words, EXIT_INPUT) from None

"""How long the bot's event loop stands still while a backtest runs: `python -m benchmarks.loop_beside_backtest`.

The real child process of `/strategy backtest` on stored bars of 30 symbols × 10 years, and beside it in the
loop a clock that wants to tick every millisecond. Exit code 1 when the goal is missed.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from benchmarks.backtest import write_csv
from benchmarks.synthetic_bars import codes, make_bars
from bot.operations.backtest_child import ChildBacktests
from core.ports.backtests import BacktestAnswer, BacktestAsk, BacktestStage
from storage.migrations.runner import upgrade_here

ROOT = Path(__file__).parents[1]
SYMBOLS = 30
TICK_SECONDS = 0.001
P99_MS_MAX = 20.0
ASK = BacktestAsk(start=None, end=None, cash_won=1_000_000, protection="touch", locale="ko")


def stored(folder: Path) -> ChildBacktests:
    """Return the backtests of a bot whose stored bars lie in `folder`."""
    bars, prices = make_bars(SYMBOLS), folder / "prices.csv"
    write_csv(bars, prices)
    upgrade_here(f"sqlite:///{folder / 'autotrade-sim.db'}")
    environment = {**os.environ, "BROKER": "sim", "DATA_DIR": str(folder)}
    subprocess.run(  # noqa: S603 - our own command
        [sys.executable, *("-m", "bot", "data", "import"), str(prices), "--basis", "adjusted"],
        cwd=ROOT,
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    strategy = folder / "strategy.toml"
    universe = "".join(
        f'[[universe]]\nsymbol = "{code}"\nname = "{code}"\n' for code in codes(SYMBOLS)
    )
    strategy.write_text("[parameters]\n" + universe, encoding="utf-8")
    changes = {"BROKER": "sim", "DATA_DIR": str(folder), "ACCOUNT_KIND": "general"}
    return ChildBacktests(folder, strategy, changes)


async def late_ms(backtests: ChildBacktests | None, seconds: float) -> list[float]:
    """Return by how many milliseconds each tick was late, sorted: of a backtest, or of waiting."""
    late: list[float] = []

    async def told(_: BacktestStage) -> None:
        return None

    async def tick() -> None:
        while True:
            due = time.perf_counter() + TICK_SECONDS
            await asyncio.sleep(TICK_SECONDS)
            late.append(1e3 * (time.perf_counter() - due))

    async with asyncio.TaskGroup() as tasks:
        ticking = tasks.create_task(tick())
        if backtests is None:
            await asyncio.sleep(seconds)
        else:
            answer = await backtests.run(ASK, told)
            if not isinstance(answer, BacktestAnswer):
                raise RuntimeError(f"the backtest did not answer: {answer}")
        ticking.cancel()
    return sorted(late)


def shown(late: list[float]) -> dict[str, float]:
    """Return the figures of one measurement."""
    places = {"p50": len(late) // 2, "p99": int(len(late) * 0.99), "max": len(late) - 1}
    return {"ticks": len(late)} | {name: round(late[row], 2) for name, row in places.items()}


def main() -> int:
    """Measure with the backtest and without one, and print JSON."""
    with tempfile.TemporaryDirectory() as name:
        backtests = stored(Path(name))
        began = time.perf_counter()
        beside = asyncio.run(late_ms(backtests, 0))
        took = timedelta(seconds=time.perf_counter() - began)
        alone = asyncio.run(late_ms(None, took.total_seconds()))
    report = {
        "load": os.getloadavg()[0],
        "backtest_s": round(took.total_seconds(), 2),
        "late_ms": shown(beside),
        "late_ms_without": shown(alone),
    }
    missed = report["late_ms"]["p99"] > P99_MS_MAX  # type: ignore[index]
    sys.stdout.write(json.dumps({**report, "missed": missed}, indent=1) + "\n")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

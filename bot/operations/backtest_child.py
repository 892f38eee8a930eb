"""Backtests in a child process: our own command, so the event loop never waits for numpy."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import structlog

from core.errors import DataError
from core.ports.backtests import (
    BacktestAnswer,
    BacktestAsk,
    BacktestFigures,
    BacktestRefusal,
    BacktestStage,
    Told,
)

_LOG = structlog.get_logger(__name__)
RUN_SECONDS = 600.0
_STAGES = {f"stage {stage.value}": stage for stage in BacktestStage}
_PREFIX = "오류 / error: "


class ChildBacktests:
    """Runs `python -m bot backtest --stored`, one at a time (core.ports.backtests.Backtests)."""

    def __init__(
        self,
        data_dir: Path,
        strategy: Path,
        changes: Mapping[str, str],
        *,
        seconds: float = RUN_SECONDS,
    ) -> None:
        """`changes` are the settings that the child must see as they are in force here."""
        self._data_dir = data_dir
        self._strategy = strategy
        self._changes = dict(changes)
        self._seconds = seconds
        self._busy = False
        self._cancelled = False
        self._child: asyncio.subprocess.Process | None = None

    async def run(self, asked: BacktestAsk, told: Told) -> BacktestAnswer | BacktestRefusal:
        """Run and answer. Raises DataError with what the command said."""
        if self._busy:
            return BacktestRefusal.BUSY
        self._busy, self._cancelled = True, False
        try:
            self._data_dir.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=self._data_dir, prefix="backtest-") as folder:
                async with asyncio.timeout(self._seconds):
                    return await self._answer(Path(folder), asked, told)
        except TimeoutError:
            return BacktestRefusal.TOO_LONG
        except OSError as error:
            _LOG.error("the backtest did not start", error=str(error))
            return BacktestRefusal.NOT_STARTED
        finally:
            self._busy = False

    def cancel(self) -> None:
        """Kill the child, if one runs."""
        self._cancelled = True
        if self._child is not None and self._child.returncode is None:
            self._child.kill()

    async def _answer(
        self, folder: Path, asked: BacktestAsk, told: Told
    ) -> BacktestAnswer | BacktestRefusal:
        output, chart = folder / "answer.json", folder / "chart.png"
        with output.open("wb") as stream:
            child = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "bot", "backtest"),
                *self._options(asked, chart),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=stream,
                stderr=asyncio.subprocess.PIPE,
                env={**os.environ, **self._changes, "MPLCONFIGDIR": str(folder)},
            )
            self._child = child
            try:
                said = await self._listen(child, told)
                status = await child.wait()
            finally:
                # Also reached by the time-out and by a cancelled caller: no child outlives its call.
                self._child = None
                if child.returncode is None:
                    child.kill()
                    await child.wait()
        if self._cancelled:
            return BacktestRefusal.CANCELLED
        if status != 0 and not said.startswith(_PREFIX):
            _LOG.error("the backtest died", status=status, said=said)
            return BacktestRefusal.DIED
        if status != 0:
            raise DataError(said.removeprefix(_PREFIX))
        return _read(json.loads(output.read_bytes()), chart.read_bytes())

    def _options(self, asked: BacktestAsk, chart: Path) -> list[str]:
        options = ["--stored", "--strategy", str(self._strategy), "--tax", "etf", "--json"]
        options += ["--stages", "--chart", str(chart), "--cash", str(asked.cash_won)]
        options += ["--protect", asked.protection, "--locale", asked.locale]
        options += ["--account", self._changes["ACCOUNT_KIND"]]
        for name, day in (("--start", asked.start), ("--end", asked.end)):
            if day is not None:
                options += [name, day.isoformat()]
        return options

    async def _listen(self, child: asyncio.subprocess.Process, told: Told) -> str:
        """Pass stages on and return the last other line, which is why it failed if it did."""
        said = ""
        if child.stderr is None:
            return said
        async for raw in child.stderr:
            line = raw.decode("utf-8", "replace").strip()
            stage = _STAGES.get(line)
            if stage is not None:
                await told(stage)
            elif line.startswith(_PREFIX) or not said:
                said = line or said
        return said


def _read(found: dict[str, Any], png: bytes) -> BacktestAnswer:
    days = sorted(found["nav"])
    beside = found["benchmark"]
    return BacktestAnswer(
        first=date.fromisoformat(days[0]),
        last=date.fromisoformat(days[-1]),
        ours=_figures(found["metrics"], found["nav"][days[-1]]),
        benchmark=_figures(beside["metrics"], beside["nav"][days[-1]]),
        orders=len(found["orders"]),
        fees_won=round(found["metrics"]["fees"]),
        taxes_won=round(found["metrics"]["taxes"]),
        warnings=tuple(found["warnings"]),
        png=png,
    )


def _figures(metrics: dict[str, Any], final: float) -> BacktestFigures:
    return BacktestFigures(
        final_won=round(final),
        total_return=metrics["total_return"],
        cagr=metrics["cagr"],
        volatility=metrics["volatility"],
        sharpe=metrics["sharpe"],
        max_drawdown=metrics["max_drawdown"],
    )

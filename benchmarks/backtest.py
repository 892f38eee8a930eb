"""How fast a backtest is, beside the numpy limit and the peer `bt`: `python -m benchmarks.backtest`.

Interleaved rounds in one run, because a shared machine is slower at one moment than at the next.
Exit code 1 when a golden value or a goal is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from benchmarks.numpy_limit import run_limit
from benchmarks.synthetic_bars import GOLDEN, Bars, codes, make_bars
from core.strategy.backtest.monthly import run_monthly
from core.strategy.backtest.rules import Rules

ROOT = Path(__file__).parents[1]
RULES = Rules(cash_won=100_000_000)
LIMIT_TIMES_MAX, PEER_TIMES_MIN, COLD_TIMES_MIN, MEMORY_MAX = 3.0, 100.0, 5.0, 0.5
COLD_ROUNDS = 5
COMMAND = ("-m", "bot", "backtest", "--cash", "100000000", "--atr-method", "sma", "--json")


@dataclass(frozen=True, slots=True)
class Cold:
    """One process from start to end."""

    wall_seconds: float
    cpu_seconds: float
    peak_mb: float
    output: str


def cpu_of(work: Callable[[], object], rounds: int) -> float:
    """Return the least CPU time of `rounds` runs, in seconds."""
    best = float("inf")
    for _ in range(rounds):
        began = time.process_time()
        work()
        best = min(best, time.process_time() - began)
    return best


# The measuring process is a small one: a child of this one would begin with its memory.
_MEASURE = """
import json, resource, subprocess, sys, time
began = time.perf_counter()
done = subprocess.run(sys.argv[1:], capture_output=True, text=True)
wall = time.perf_counter() - began
use = resource.getrusage(resource.RUSAGE_CHILDREN)
cpu, peak = use.ru_utime + use.ru_stime, use.ru_maxrss / 1024
json.dump([done.returncode, wall, cpu, peak, done.stdout, done.stderr], sys.stdout)
"""


def cold(*command: str, cwd: Path) -> Cold:
    """Run a process and measure it. Raises RuntimeError with what it said when it fails."""
    done = subprocess.run(  # noqa: S603 - our own commands
        [sys.executable, "-I", "-c", _MEASURE, *command],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=True,
    )
    status, wall, cpu, peak, output, said = json.loads(done.stdout)
    if status != 0:
        raise RuntimeError(said)
    return Cold(wall, cpu, peak, output)


def write_csv(bars: Bars, path: Path) -> None:
    """Write the bars as a price file."""
    days = bars.days.astype(str).tolist()
    with path.open("w", encoding="utf-8") as stream:
        stream.write("date,symbol,open,high,low,close,volume\n")
        for column, code in enumerate(codes(bars.close.shape[1])):
            parts = (bars.open, bars.high, bars.low, bars.close, bars.volume)
            columns = [part[:, column].astype(int).tolist() for part in parts]
            stream.writelines(
                f"{day},{code},{','.join(map(str, row))}\n"
                for day, *row in zip(days, *columns, strict=True)
            )


def measure(count: int, rounds: int, peer: tuple[str, Path] | None) -> dict[str, object]:
    """Return every figure of one size."""
    bars = make_bars(count)
    market = bars.market()
    run, (limit_nav, limit_orders) = run_monthly(market, RULES), run_limit(bars)
    found = (round(run.nav[-1]), len(run.trades))
    result: dict[str, object] = {
        "instruments": count,
        "golden": found == (round(limit_nav[-1]), limit_orders) == GOLDEN[count],
        "work_ms": 1e3 * cpu_of(lambda: run_monthly(market, RULES), rounds),
        "limit_ms": 1e3 * cpu_of(lambda: run_limit(bars), rounds),
    }
    with tempfile.TemporaryDirectory() as folder:
        text, arrays = Path(folder, "p.csv"), Path(folder, "p.npz")
        write_csv(bars, text)
        from_text = cold(
            sys.executable, *COMMAND, "--prices", str(text), "--keep", str(arrays), cwd=ROOT
        )
        ours, theirs = [], []
        for _ in range(COLD_ROUNDS):
            ours.append(cold(sys.executable, *COMMAND, "--prices", str(arrays), cwd=ROOT))
            if peer:
                theirs.append(cold(peer[0], "b_bt.py", str(count), cwd=peer[1]))
    nav = list(json.loads(ours[0].output)["nav"].values())[-1]
    result["golden"] = result["golden"] and round(nav) == GOLDEN[count][0]
    result["cold_csv"] = _shown([from_text])
    result["cold"] = _shown(ours)
    if theirs:
        result["peer_work_ms"] = 1e3 * min(json.loads(run.output)["work_cpu"] for run in theirs)
        result["peer_cold"] = _shown(theirs)
    return result


def _shown(runs: list[Cold]) -> dict[str, float]:
    middle = len(runs) // 2
    return {
        "wall_s": round(sorted(run.wall_seconds for run in runs)[middle], 3),
        "cpu_s": round(sorted(run.cpu_seconds for run in runs)[middle], 3),
        "peak_mb": round(max(run.peak_mb for run in runs), 1),
    }


def missed(result: dict[str, object]) -> list[str]:
    """Return the goals that a result misses; those beside the peer only where it ran."""
    wrong = [] if result["golden"] else ["golden values"]
    work, limit = _number(result["work_ms"]), _number(result["limit_ms"])
    if work > LIMIT_TIMES_MAX * limit:
        wrong.append(f"work is {work / limit:.1f} x the limit")
    if "peer_work_ms" in result and result["instruments"] == max(GOLDEN):
        times = _number(result["peer_work_ms"]) / work
        faster = _ratio(result, "peer_cold", "cold", "wall_s")
        memory = _ratio(result, "cold", "peer_cold", "peak_mb")
        result |= {"faster": times, "cold_faster": faster, "memory": memory}
        if times < PEER_TIMES_MIN:
            wrong.append(f"work is only {times:.0f} x faster than the peer")
        if faster < COLD_TIMES_MIN:
            wrong.append(f"cold is only {faster:.1f} x faster than the peer")
        if memory > MEMORY_MAX:
            wrong.append(f"memory is {memory:.2f} x the peer's")
    return wrong


def _ratio(result: dict[str, object], above: str, below: str, figure: str) -> float:
    one, other = cast("dict[str, float]", result[above]), cast("dict[str, float]", result[below])
    return one[figure] / other[figure]


def _number(value: object) -> float:
    return float(str(value))


def main() -> int:
    """Measure, print JSON, and say which goals were missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.backtest")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--peer", help="a Python that has bt")
    parser.add_argument("--peer-scripts", type=Path, help="the folder of b_bt.py and its data")
    asked = parser.parse_args()
    peer = (asked.peer, asked.peer_scripts) if asked.peer else None
    results = [measure(count, asked.rounds, peer) for count in GOLDEN]
    wrong = [f"{item['instruments']}: {text}" for item in results for text in missed(item)]
    report = {"load": os.getloadavg()[0], "results": results, "missed": wrong}
    sys.stdout.write(json.dumps(report, indent=1) + "\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

"""The nearest notes by vectors, beside 64-bit arithmetic over all of them.

`python -m benchmarks.memory_vectors [--notes 100000] [--dimensions 384] [--queries 40]`. Times are
CPU time; exit code 1 when an answer differs.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
from time import process_time

import numpy as np

from storage.memory.vectors import VectorTable

SEED = 20_230_302
NEAREST = 10
# Two scores that 32-bit arithmetic cannot tell apart may stand in either order.
EQUAL = 1e-6


def main() -> int:
    """Print the figures; 1 when an answer differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--notes", type=int, default=100_000)
    parser.add_argument("--dimensions", type=int, default=384)
    parser.add_argument("--queries", type=int, default=40)
    asked = parser.parse_args()
    dice = np.random.default_rng(SEED)
    rows = dice.standard_normal((asked.notes, asked.dimensions), np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    table = VectorTable(asked.dimensions)
    table.add(range(asked.notes), [0] * asked.notes, rows)
    times, different = [], 0
    for _ in range(asked.queries):
        query = dice.standard_normal(asked.dimensions, np.float32)
        query /= np.linalg.norm(query)
        began = process_time()
        found = table.best(query, None, NEAREST)
        times.append((process_time() - began) * 1_000)
        exact = rows @ query.astype(np.float64)
        best = np.sort(exact)[-NEAREST:][::-1]
        different += bool(np.abs(exact[found] - best).max() > EQUAL)
    lines = {
        "notes × dimensions": f"{asked.notes} × {asked.dimensions}",
        "answers that differ": different,
        "p50 ms": round(statistics.median(times), 2),
        "worst ms": round(max(times), 2),
        "numpy": np.__version__,
        "load": round(os.getloadavg()[0], 1),
    }
    sys.stdout.write("\n".join(f"{name:22} {value}" for name, value in lines.items()) + "\n")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())

"""The nearest notes by vectors, beside 64-bit arithmetic and qdrant-client's local mode.

`python -m benchmarks.memory_vectors [--notes 100000] [--dimensions 384] [--queries 40]`. Both
answer each query in turn; times are CPU time. Exit code 1 when an answer differs or
the goal is missed.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import warnings
from time import process_time

import numpy as np
from numpy.typing import NDArray
from qdrant_client import QdrantClient, models

from storage.memory.vectors import VectorTable

SEED = 20_230_302
NEAREST = 10
# Two scores that 32-bit arithmetic cannot tell apart may stand in either order.
EQUAL = 1e-6
GOAL = 0.15
COLLECTION = "notes"


def filled_client(rows: NDArray[np.float32]) -> QdrantClient:
    """Return Qdrant's client in its local mode with every vector in it."""
    client = QdrantClient(":memory:")
    shape = models.VectorParams(size=rows.shape[1], distance=models.Distance.COSINE)
    client.create_collection(COLLECTION, vectors_config=shape)
    # It advises a server from some size on; beside it is what this is about.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        client.upload_collection(COLLECTION, vectors=rows, ids=range(len(rows)))
    return client


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
    client = filled_client(rows)
    times, theirs, different = [], [], 0
    for _ in range(asked.queries):
        query = dice.standard_normal(asked.dimensions, np.float32)
        query /= np.linalg.norm(query)
        began = process_time()
        found = table.best(query, None, NEAREST)
        times.append((process_time() - began) * 1_000)
        began = process_time()
        client.query_points(COLLECTION, query=query, limit=NEAREST, with_payload=False)
        theirs.append((process_time() - began) * 1_000)
        exact = rows @ query.astype(np.float64)
        best = np.sort(exact)[-NEAREST:][::-1]
        different += bool(np.abs(exact[found] - best).max() > EQUAL)
    client.close()
    ratio = statistics.median(times) / statistics.median(theirs)
    lines = {
        "notes × dimensions": f"{asked.notes} × {asked.dimensions}",
        "answers that differ": different,
        "p50 ms": round(statistics.median(times), 2),
        "worst ms": round(max(times), 2),
        "qdrant-client p50 ms": round(statistics.median(theirs), 2),
        "of qdrant-client": f"{ratio:.3f} (goal {GOAL})",
        "numpy": np.__version__,
        "load": round(os.getloadavg()[0], 1),
    }
    sys.stdout.write("\n".join(f"{name:22} {value}" for name, value in lines.items()) + "\n")
    return 1 if different or ratio > GOAL else 0


if __name__ == "__main__":
    sys.exit(main())

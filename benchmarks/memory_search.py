"""Memory search over many notes beside a scan of all their texts, in the same run.

`python -m benchmarks.memory_search [--notes 100000] [--queries 200] [--json]`. Both go through the
same database layer on the same SQLite file; times are CPU time. The hits of every query are
compared, all of them; exit code 1 when one differs or the goal is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import random
import sqlite3
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time

from sqlalchemy import desc, select, text

from storage.engine import Database
from storage.memory.grams import folded, note_tokens, query_words, readers_of
from storage.memory.notes import SqlMemoryArchive
from storage.memory.word_index import SqliteIndex, Wanted
from storage.migrations.runner import upgrade_here
from storage.opening import open_database

GOAL = 0.02
SEED = 20_230_302
# Of the most used syllables of Korean market news; the words themselves are drawn.
SYLLABLES = (
    "가기다하지이사는고은을의에로한시금리환율주식장매수도반체전망상승락국채권달러원유물"
    "배당실적발표지수코스피닥외인기관개투자연준인상동결물가경제성장률수출입무역적자흑"
)
ENDINGS = ("", "", "이", "은", "을", "의", "에서", "으로", "까지")
LATIN = ("KODEX", "TIGER", "ETF", "FOMC", "CPI", "069500", "102110", "S&P500")
WORDS = 4_000
WORDS_PER_NOTE = 40
NOTES_PER_INSERT = 1_000
PAGE = 20


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds of CPU time of each query, of all threads: what else runs does not count."""

    scan: list[float]
    complete: list[float]
    page: list[float]
    hits: list[int]
    different: int


def vocabulary(rolls: random.Random) -> list[str]:
    """Return invented words, the most used first."""
    drawn = ["".join(rolls.choices(SYLLABLES, k=rolls.randint(2, 4))) for _ in range(WORDS)]
    return [*LATIN, *drawn]


def notes(count: int, words: Sequence[str], rolls: random.Random) -> Iterator[str]:
    """Yield texts whose words are used as words are: the n-th 1/n as often as the first."""
    weights = [1 / (rank + 10) for rank in range(len(words))]
    for _ in range(count):
        chosen = rolls.choices(words, weights, k=WORDS_PER_NOTE)
        yield " ".join(word + rolls.choice(ENDINGS) for word in chosen)


def queries(count: int, words: Sequence[str], rolls: random.Random) -> list[str]:
    """Return what people type: words used often and seldom, parts of words, two words, no word."""
    found = []
    for _ in range(count):
        word = rolls.choice(words[: 10 ** rolls.randint(1, 4)])
        forms = (
            word,
            word[:2],
            f"{word} {rolls.choice(words)}",
            "".join(rolls.choices(SYLLABLES, k=3)),
        )
        found.append(rolls.choice(forms))
    return found


def fill(path: Path, count: int) -> None:
    """Write the notes as the archive writes them, many to a transaction."""
    rolls = random.Random(SEED)  # noqa: S311 - texts, not secrets
    words = vocabulary(rolls)
    reading = readers_of(0, 0)
    with sqlite3.connect(path) as raw:
        made = notes(count, words, rolls)
        for start in range(1, count + 1, NOTES_PER_INSERT):
            batch = [
                (number, item, folded(f"session {item}"))
                for number, item in zip(range(start, start + NOTES_PER_INSERT), made, strict=False)
            ]
            raw.executemany(
                "INSERT INTO memory_notes VALUES"
                " (?, 0, 0, 0, 'session', ?, ?, '2023-03-02', 's' || ?1, '[]',"
                " '2023-03-02T00:00:00.000000+00:00')",
                batch,
            )
            raw.executemany(
                "INSERT INTO memory_index (rowid, tokens) VALUES (?, ?)",
                [(number, " ".join(note_tokens(what, reading))) for number, _, what in batch],
            )
            raw.commit()


async def measured(database: Database, asked: Sequence[str]) -> Times:
    """Run each query in the three ways, one after the other."""
    archive, times = SqlMemoryArchive(database), Times([], [], [], [], 0)
    different = 0
    for query in asked:
        words = query_words(query)
        began = process_time()
        scanned = await _scan(database, words)
        times.scan.append((process_time() - began) * 1_000)
        began = process_time()
        found = await _complete(database, words)
        times.complete.append((process_time() - began) * 1_000)
        began = process_time()
        page = await archive.search(query, reader=None, limit=PAGE)
        times.page.append((process_time() - began) * 1_000)
        same = found == scanned and page.total == len(scanned)
        different += not (same and [n.note_id for n in page.notes] == scanned[:PAGE])
        times.hits.append(len(scanned))
    return Times(times.scan, times.complete, times.page, times.hits, different)


async def _scan(database: Database, words: Sequence[str]) -> list[int]:
    checks = " AND ".join(f"instr(folded, :word{number}) > 0" for number in range(len(words)))
    statement = text(f"SELECT note_id FROM memory_notes WHERE {checks} ORDER BY note_id DESC")  # noqa: S608 - only numbers are put in
    values = {f"word{number}": word for number, word in enumerate(words)}
    async with database.reading() as sql:
        return [row["note_id"] for row in await sql.rows(statement, values)]


async def _complete(database: Database, words: tuple[str, ...]) -> list[int]:
    async with database.reading() as sql:
        found, values = await SqliteIndex().found(sql, Wanted(words, 0, None))
        rows = await sql.rows(select(found.subquery()).order_by(desc("note_id")), values)
    return [row["note_id"] for row in rows]


async def run(count: int, query_count: int, folder: Path) -> tuple[dict[str, object], bool]:
    """Fill a new file, measure, and return the figures and whether the goal is reached."""
    path = folder / "notes.sqlite"
    began = perf_counter()
    await asyncio.to_thread(fill_new, path, count)
    filled = perf_counter() - began
    database = await open_database(f"sqlite:///{path}", migrate=False)
    rolls = random.Random(SEED)  # noqa: S311 - texts, not secrets
    asked = queries(query_count, vocabulary(rolls), rolls)
    try:
        await measured(database, asked[:5])
        times = await measured(database, asked)
    finally:
        await database.close()
    p50 = {name: statistics.median(getattr(times, name)) for name in ("scan", "complete", "page")}
    ratio = p50["page"] / p50["scan"]
    figures: dict[str, object] = {
        "notes": count,
        "queries": len(asked),
        "queries_with_other_hits": times.different,
        "hits_median": statistics.median(times.hits),
        "hits_most": max(times.hits),
        **{f"{name}_p50_ms": round(value, 3) for name, value in p50.items()},
        "page_p95_ms": round(statistics.quantiles(times.page, n=20)[-1], 3),
        "page_to_scan": round(ratio, 4),
        "complete_to_scan": round(p50["complete"] / p50["scan"], 4),
        "fill_s": round(filled, 1),
        "file_mb": round(path.stat().st_size / 1e6, 1),
        "sqlite": sqlite3.sqlite_version,
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 1),
    }
    return figures, times.different == 0 and ratio <= GOAL


def fill_new(path: Path, count: int) -> None:
    """Make the database and fill it."""
    upgrade_here(f"sqlite:///{path}")
    fill(path, count)


def main() -> int:
    """Print the figures; 1 when a hit differs or the goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--notes", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures, reached = asyncio.run(run(asked.notes, asked.queries, Path(folder)))
    if asked.json:
        sys.stdout.write(json.dumps(figures) + "\n")
    else:
        lines = [f"{name:26} {value}" for name, value in figures.items()]
        lines.append(f"{'goal':26} same hits, page ≤ {GOAL} × scan: {'yes' if reached else 'NO'}")
        sys.stdout.write("\n".join(lines) + "\n")
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())

"""Memory search over many notes beside a scan of all their texts, in the same run.

`python -m benchmarks.memory_search [--notes 100000] [--queries 200] [--postgresql] [--json]`. Both
go through the same database layer on the same SQLite file; times are CPU time. `--postgresql` asks a
server that is started for it, and takes wall time: the server works in other processes. The hits of
every query are compared, all of them; exit code 1 when one differs or the goal is missed.
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
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from time import perf_counter, process_time

from sqlalchemy import ARRAY, Text, bindparam, desc, select, text

from core.domain.krx import KST
from storage.engine import Database
from storage.kept import kept_in
from storage.memory.grams import folded, note_tokens, query_words, readers_of
from storage.memory.notes import SqlMemoryArchive
from storage.memory.word_index import PostgresqlIndex, SqliteIndex, Wanted, WordIndex
from storage.migrations.runner import upgrade_here
from storage.opening import open_database
from storage.schema import memory_notes
from tests.postgresql import named
from tests.postgresql import postgresql as started

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
_DAY = date(2023, 3, 2)
_TOKENS = text("INSERT INTO memory_index (note_id, tokens) VALUES (:note_id, :tokens)").bindparams(
    bindparam("tokens", type_=ARRAY(Text()))
)


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds of each query: on SQLite CPU time of all threads, else by the wall clock."""

    scan: list[float]
    complete: list[float]
    page: list[float]
    hits: list[int]
    different: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where the notes are, how that dialect looks into a text, and the clock that is fair there."""

    database: Database
    index: WordIndex
    contains: str
    clock: Callable[[], float]
    version: str


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


def rows_of(count: int) -> Iterator[tuple[int, str, str, list[str]]]:
    """Yield number, text, folded text and tokens of each note, as the archive makes them."""
    rolls = random.Random(SEED)  # noqa: S311 - texts, not secrets
    reading = readers_of(0, 0)
    for number, item in enumerate(notes(count, vocabulary(rolls), rolls), start=1):
        what = folded(f"session {item}")
        yield number, item, what, list(note_tokens(what, reading))


def fill(path: Path, count: int) -> None:
    """Write the notes into a SQLite file, many to a transaction."""
    with sqlite3.connect(path) as raw:
        for batch in batched(rows_of(count)):
            raw.executemany(
                "INSERT INTO memory_notes VALUES"
                " (?, 0, 0, 0, 'session', ?, ?, '2023-03-02', 's' || ?1, '[]',"
                " '2023-03-02T00:00:00.000000+00:00')",
                [row[:3] for row in batch],
            )
            raw.executemany(
                "INSERT INTO memory_index (rowid, tokens) VALUES (?, ?)",
                [(number, " ".join(tokens)) for number, _, _, tokens in batch],
            )
            raw.commit()


async def fill_server(database: Database, count: int) -> None:
    """Write the notes into a server."""
    for batch in batched(rows_of(count)):
        async with database.transaction() as sql:
            await sql.run(memory_notes.insert(), [_note(*row[:3]) for row in batch])
            await sql.run(_TOKENS, [{"note_id": row[0], "tokens": row[3]} for row in batch])


def _note(number: int, item: str, what: str) -> dict[str, object]:
    return {
        "note_id": number,
        **dict.fromkeys(("guild_id", "owner_id", "thread_id"), 0),
        "kind": "session",
        "text": item,
        "folded": what,
        "day": _DAY,
        "source": f"s{number}",
        "symbols": "[]",
        "created_at": datetime.combine(_DAY, time(0), tzinfo=KST),
    }


def batched(
    rows: Iterator[tuple[int, str, str, list[str]]],
) -> Iterator[list[tuple[int, str, str, list[str]]]]:
    """Yield as many rows at a time as go into one insert."""
    while batch := list(islice(rows, NOTES_PER_INSERT)):
        yield batch


async def measured(place: Place, asked: Sequence[str]) -> Times:
    """Run each query in the three ways, one after the other."""
    archive, times, clock = SqlMemoryArchive(place.database), Times([], [], [], [], 0), place.clock
    different = 0
    for query in asked:
        words = query_words(query)
        began = clock()
        scanned = await _scan(place, words)
        times.scan.append((clock() - began) * 1_000)
        began = clock()
        found = await _complete(place, words)
        times.complete.append((clock() - began) * 1_000)
        began = clock()
        page = await archive.search(query, reader=None, limit=PAGE)
        times.page.append((clock() - began) * 1_000)
        same = found == scanned and page.total == len(scanned)
        different += not (same and [n.note_id for n in page.notes] == scanned[:PAGE])
        times.hits.append(len(scanned))
    return Times(times.scan, times.complete, times.page, times.hits, different)


async def _scan(place: Place, words: Sequence[str]) -> list[int]:
    checks = " AND ".join(place.contains.format(f":word{number}") for number in range(len(words)))
    statement = text(f"SELECT note_id FROM memory_notes WHERE {checks} ORDER BY note_id DESC")  # noqa: S608 - only numbers are put in
    values = {f"word{number}": word for number, word in enumerate(words)}
    async with place.database.reading() as sql:
        return [row["note_id"] for row in await sql.rows(statement, values)]


async def _complete(place: Place, words: tuple[str, ...]) -> list[int]:
    async with place.database.reading() as sql:
        found, values = await place.index.found(sql, Wanted(words, 0, None))
        rows = await sql.rows(select(found.subquery()).order_by(desc("note_id")), values)
    return [row["note_id"] for row in rows]


@asynccontextmanager
async def sqlite(folder: Path, count: int) -> AsyncIterator[Place]:
    """Make a file, fill it and open it."""
    path = folder / "notes.sqlite"
    await asyncio.to_thread(fill_new, path, count)
    database = await open_database(f"sqlite:///{path}", migrate=False)
    try:
        yield Place(
            database,
            SqliteIndex(),
            "instr(folded, {}) > 0",
            process_time,
            f"SQLite {sqlite3.sqlite_version}",
        )
    finally:
        await database.close()


@asynccontextmanager
async def postgresql(folder: Path, count: int) -> AsyncIterator[Place]:
    """Start a server, make a database, fill it and open it."""
    with started(folder / "server") as server:
        server.psql("CREATE DATABASE notes")
        database = await open_database(named(server, "notes"))
        try:
            # Built at once in the end, as the same index is: row by row it takes an hour.
            server.psql("\\c notes\nDROP INDEX ix_memory_index_tokens;")
            await fill_server(database, count)
            server.psql(
                "\\c notes\nCREATE INDEX ix_memory_index_tokens ON memory_index USING gin (tokens);"
                "\nANALYZE memory_notes;\nANALYZE memory_index;"
            )
            async with database.reading() as sql:
                version = (await sql.rows(text("SHOW server_version")))[0]["server_version"]
            yield Place(
                database,
                PostgresqlIndex(),
                "position({} in folded) > 0",
                perf_counter,
                f"PostgreSQL {version}",
            )
        finally:
            await database.close()


async def run(
    count: int, query_count: int, folder: Path, *, on_server: bool
) -> tuple[dict[str, object], bool]:
    """Fill a new database, measure, and return the figures and whether the goal is reached."""
    rolls = random.Random(SEED)  # noqa: S311 - texts, not secrets
    asked = queries(query_count, vocabulary(rolls), rolls)
    began = perf_counter()
    async with (postgresql if on_server else sqlite)(folder, count) as place:
        filled = perf_counter() - began
        await measured(place, asked[:5])
        times = await measured(place, asked)
        size = (await kept_in(place.database)).size
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
        "database_mb": round(size / 1e6, 1),
        "database": place.version,
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
    parser.add_argument("--postgresql", action="store_true")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures, reached = asyncio.run(
            run(asked.notes, asked.queries, Path(folder), on_server=asked.postgresql)
        )
    if asked.json:
        sys.stdout.write(json.dumps(figures) + "\n")
    else:
        lines = [f"{name:26} {value}" for name, value in figures.items()]
        lines.append(f"{'goal':26} same hits, page ≤ {GOAL} × scan: {'yes' if reached else 'NO'}")
        sys.stdout.write("\n".join(lines) + "\n")
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())

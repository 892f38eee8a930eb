"""The index of words: FTS5 on SQLite, an array with a GIN index on PostgreSQL. One table each.

Both find the notes that hold all wanted tokens; a word of other than two characters is then looked
for in the note's folded text, because its pairs may stand apart. So what is found is exactly what
a scan of all texts would find.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from sqlalchemy import ARRAY, Integer, Text, TextClause, bindparam, column, text
from sqlalchemy.sql.selectable import TextualSelect

from storage.memory.grams import pair_tokens
from storage.schema import memory_notes
from storage.statements import Statements, Values

# What two characters are is known from the index alone.
PAIR = 2


@dataclass(frozen=True, slots=True)
class Wanted:
    """Words that a note must contain, and the tokens of which it needs one to be read."""

    words: tuple[str, ...]
    readable: tuple[str, ...]

    @property
    def tokens(self) -> tuple[str, ...]:
        """Every pair of every word, each once."""
        return tuple(dict.fromkeys(token for word in self.words for token in pair_tokens(word)))

    @property
    def checked(self) -> tuple[str, ...]:
        """The words that the index alone does not prove."""
        return tuple(word for word in self.words if len(word) != PAIR)


class WordIndex(Protocol):
    """How one dialect indexes notes and finds them."""

    async def add(self, sql: Statements, note_id: int, tokens: Sequence[str]) -> None:
        """Index a note."""

    async def remove(self, sql: Statements, note_id: int, tokens: Sequence[str]) -> None:
        """Take a note out; `tokens` are those it was added with."""

    def ids(self, wanted: Wanted) -> tuple[TextClause, Values]:
        """Return the statement for `note_id`, newest first; it needs `limit` and `skipped` too."""

    def count(self, wanted: Wanted) -> tuple[TextClause, Values]:
        """Return the statement for how many notes are found, as `total`."""

    def near(self) -> TextualSelect:
        """Return the select of (note_id, score): how many of `tokens` each note has."""


class SqliteIndex:
    """FTS5 without content: the texts are in `memory_notes`."""

    async def add(self, sql: Statements, note_id: int, tokens: Sequence[str]) -> None:
        """Index a note."""
        values = {"note_id": note_id, "tokens": " ".join(tokens)}
        await sql.run(_FTS_ADD, values)

    async def remove(self, sql: Statements, note_id: int, tokens: Sequence[str]) -> None:
        """Take a note out. FTS5 keeps no content, so it must be told what the note was found by."""
        values = {"note_id": note_id, "tokens": " ".join(tokens)}
        await sql.run(_FTS_REMOVE, values)

    def ids(self, wanted: Wanted) -> tuple[TextClause, Values]:
        """Return the statement for `note_id`, newest first."""
        return _fts_ids(len(wanted.checked)), self._values(wanted)

    def count(self, wanted: Wanted) -> tuple[TextClause, Values]:
        """Return the statement for the total."""
        return _fts_count(len(wanted.checked)), self._values(wanted)

    def near(self) -> TextualSelect:
        """Return the select of (note_id, score)."""
        return _FTS_NEAR

    def _values(self, wanted: Wanted) -> Values:
        readers = " OR ".join(f'"{token}"' for token in wanted.readable)
        match = " AND ".join([*(f'"{token}"' for token in wanted.tokens), f"({readers})"])
        return {"match": match, **_numbered(wanted.checked)}


class PostgresqlIndex:
    """Arrays of tokens. A note that is deleted takes its row with it."""

    async def add(self, sql: Statements, note_id: int, tokens: Sequence[str]) -> None:
        """Index a note."""
        await sql.run(_GIN_ADD, {"note_id": note_id, "tokens": list(tokens)})

    async def remove(self, sql: Statements, note_id: int, tokens: Sequence[str]) -> None:
        """Take a note out."""
        del tokens
        await sql.run(
            text("DELETE FROM memory_index WHERE note_id = :note_id"), {"note_id": note_id}
        )

    def ids(self, wanted: Wanted) -> tuple[TextClause, Values]:
        """Return the statement for `note_id`, newest first."""
        return _gin_ids(len(wanted.checked)), self._values(wanted)

    def count(self, wanted: Wanted) -> tuple[TextClause, Values]:
        """Return the statement for the total."""
        return _gin_count(len(wanted.checked)), self._values(wanted)

    def near(self) -> TextualSelect:
        """Return the select of (note_id, score)."""
        return _GIN_NEAR

    def _values(self, wanted: Wanted) -> Values:
        return {
            "tokens": list(wanted.tokens),
            "readable": list(wanted.readable),
            **_numbered(wanted.checked),
        }


def _numbered(words: Sequence[str]) -> dict[str, str]:
    return {f"word{number}": word for number, word in enumerate(words)}


_ID = memory_notes.c.note_id
_SCORE = column("score", Integer())
_PAGE = " ORDER BY note_id DESC LIMIT :limit OFFSET :skipped"
_FTS_ADD = text("INSERT INTO memory_index (rowid, tokens) VALUES (:note_id, :tokens)")
_FTS_REMOVE = text(
    "INSERT INTO memory_index (memory_index, rowid, tokens) VALUES ('delete', :note_id, :tokens)"
)
_FTS_NEAR = (
    text(
        "SELECT doc AS note_id, count(*) AS score FROM memory_terms WHERE term IN :tokens"
        " GROUP BY doc"
    )
    .bindparams(bindparam("tokens", expanding=True))
    .columns(_ID, _SCORE)
)


def _fts_from(checked: int) -> str:
    """Return FROM and WHERE; only what must be looked into is joined."""
    if not checked:
        return "FROM memory_index WHERE memory_index MATCH :match"
    checks = "".join(f" AND instr(n.folded, :word{number}) > 0" for number in range(checked))
    return (
        "FROM memory_index CROSS JOIN memory_notes AS n ON n.note_id = memory_index.rowid"
        f" WHERE memory_index MATCH :match{checks}"
    )


@cache
def _fts_ids(checked: int) -> TextClause:
    # Ordered by the index's own row id, which it walks backwards; any other order would sort.
    return text(
        f"SELECT memory_index.rowid AS note_id {_fts_from(checked)}"
        " ORDER BY memory_index.rowid DESC LIMIT :limit OFFSET :skipped"
    )


@cache
def _fts_count(checked: int) -> TextClause:
    return text(f"SELECT count(*) AS total {_fts_from(checked)}")


def _arrays(statement: str, *names: str) -> TextClause:
    return text(statement).bindparams(*(bindparam(name, type_=ARRAY(Text())) for name in names))


def _gin_from(checked: int) -> str:
    checks = "".join(f" AND position(:word{number} in n.folded) > 0" for number in range(checked))
    join = "JOIN memory_notes AS n USING (note_id) " if checked else ""
    return (
        f"FROM memory_index AS i {join}WHERE i.tokens @> :tokens AND i.tokens && :readable{checks}"
    )


@cache
def _gin_ids(checked: int) -> TextClause:
    statement = f"SELECT note_id {_gin_from(checked)}{_PAGE}"
    return _arrays(statement, "tokens", "readable")


@cache
def _gin_count(checked: int) -> TextClause:
    return _arrays(f"SELECT count(*) AS total {_gin_from(checked)}", "tokens", "readable")


_GIN_ADD = _arrays(
    "INSERT INTO memory_index (note_id, tokens) VALUES (:note_id, :tokens)", "tokens"
)
_GIN_NEAR = _arrays(
    "SELECT note_id, (SELECT count(*) FROM unnest(tokens) AS one WHERE one = ANY (:tokens))"
    " AS score FROM memory_index WHERE tokens && :tokens",
    "tokens",
).columns(_ID, _SCORE)

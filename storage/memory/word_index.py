"""The index of words: FTS5 on SQLite, an array with a GIN index on PostgreSQL. One table each.

Both find the notes that hold all wanted tokens; a word of other than two characters is then looked
for in the note's folded text, because its pairs may stand apart. So what is found is exactly what
a scan of all texts would find.

Who may read a note is a token, too. Most notes are readable for most people, so on SQLite walking
through the notes of those whom one may *not* read is several times cheaper than through the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from sqlalchemy import ARRAY, Integer, Text, TextClause, bindparam, column, text
from sqlalchemy.sql.selectable import TextualSelect

from storage.memory.grams import pair_tokens, readable_by, readers_of
from storage.schema import memory_notes
from storage.statements import Statements, Values

# What two characters are is known from the index alone.
PAIR = 2
# Of more readers the few whom one may read are named, not the many whom one may not.
HIDDEN_MAX = 200


@dataclass(frozen=True, slots=True)
class Wanted:
    """Words that a note must contain, and who reads it: `reader` in `guild`, None for all there."""

    words: tuple[str, ...]
    guild: int
    reader: int | None

    @property
    def readable(self) -> tuple[str, ...]:
        """The tokens of which a note needs one to be read."""
        return readable_by(self.guild, self.reader)

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

    async def found(self, sql: Statements, wanted: Wanted) -> tuple[TextualSelect, Values]:
        """Return the select of `note_id` of all notes that are found, and its values.

        It holds for the transaction that `sql` is of.
        """

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

    async def found(self, sql: Statements, wanted: Wanted) -> tuple[TextualSelect, Values]:
        """Return the select of `note_id`, and its values."""
        match = await self._match(sql, wanted)
        return _fts_found(len(wanted.checked)), {"match": match, **_numbered(wanted.checked)}

    async def _match(self, sql: Statements, wanted: Wanted) -> str:
        """Return what FTS5 looks for: the words, and of them what may be read."""
        words = " AND ".join(f'"{token}"' for token in wanted.tokens)
        if words:
            hidden = await self._hidden(sql, wanted)
            if len(hidden) <= HIDDEN_MAX:
                return f"({words}) NOT ({_any_of(hidden)})" if hidden else words
            words += " AND "
        return f"{words}({_any_of(wanted.readable)})"

    async def _hidden(self, sql: Statements, wanted: Wanted) -> tuple[str, ...]:
        """Return a token of each reader whose notes may not be read."""
        allowed = set(wanted.readable)
        readers = [readers_of(row["guild_id"], row["owner_id"]) for row in await sql.rows(_READERS)]
        return tuple(tokens[-1] for tokens in readers if allowed.isdisjoint(tokens))

    def near(self) -> TextualSelect:
        """Return the select of (note_id, score)."""
        return _FTS_NEAR


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

    async def found(self, sql: Statements, wanted: Wanted) -> tuple[TextualSelect, Values]:
        """Return the select of `note_id`, and its values."""
        del sql
        return _gin_found(len(wanted.checked)), {
            "tokens": list(wanted.tokens),
            "readable": list(wanted.readable),
            **_numbered(wanted.checked),
        }

    def near(self) -> TextualSelect:
        """Return the select of (note_id, score)."""
        return _GIN_NEAR


def _numbered(words: Sequence[str]) -> dict[str, str]:
    return {f"word{number}": word for number, word in enumerate(words)}


def _any_of(tokens: Sequence[str]) -> str:
    return " OR ".join(f'"{token}"' for token in tokens)


_ID = memory_notes.c.note_id
# Each guild and owner that has notes. SQLite walks a whole index for DISTINCT; this jumps from each
# one to the next.
_READERS = text("""
WITH RECURSIVE
 guilds(guild_id) AS (
  SELECT min(guild_id) FROM memory_notes
  UNION ALL
  SELECT (SELECT min(n.guild_id) FROM memory_notes AS n WHERE n.guild_id > g.guild_id)
  FROM guilds AS g WHERE g.guild_id IS NOT NULL),
 readers(guild_id, owner_id) AS (
  SELECT g.guild_id,
   (SELECT min(n.owner_id) FROM memory_notes AS n WHERE n.guild_id = g.guild_id)
  FROM guilds AS g WHERE g.guild_id IS NOT NULL
  UNION ALL
  SELECT r.guild_id,
   (SELECT min(n.owner_id) FROM memory_notes AS n
    WHERE n.guild_id = r.guild_id AND n.owner_id > r.owner_id)
  FROM readers AS r WHERE r.owner_id IS NOT NULL)
SELECT guild_id, owner_id FROM readers WHERE owner_id IS NOT NULL
""").columns(memory_notes.c.guild_id, memory_notes.c.owner_id)
_SCORE = column("score", Integer())
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


@cache
def _fts_found(checked: int) -> TextualSelect:
    """Return the select; only what must be looked into is joined."""
    # The index's own row id: it is walked backwards for the newest, any other column would sort.
    found, where = "SELECT memory_index.rowid AS note_id FROM memory_index", ""
    if checked:
        found += " CROSS JOIN memory_notes AS n ON n.note_id = memory_index.rowid"
        where = _checks("instr(n.folded, {})", checked)
    return text(f"{found} WHERE memory_index MATCH :match{where}").columns(_ID)


def _arrays(statement: str, *names: str) -> TextClause:
    return text(statement).bindparams(*(bindparam(name, type_=ARRAY(Text())) for name in names))


@cache
def _gin_found(checked: int) -> TextualSelect:
    found, where = "SELECT note_id FROM memory_index AS i", ""
    if checked:
        found += " JOIN memory_notes AS n USING (note_id)"
        where = _checks("position({} in n.folded)", checked)
    wanted = f"i.tokens @> :tokens AND i.tokens && :readable{where}"
    return _arrays(f"{found} WHERE {wanted}", "tokens", "readable").columns(_ID)


def _checks(place: str, count: int) -> str:
    return "".join(f" AND {place.format(f':word{number}')} > 0" for number in range(count))


_GIN_ADD = _arrays(
    "INSERT INTO memory_index (note_id, tokens) VALUES (:note_id, :tokens)", "tokens"
)
_GIN_NEAR = _arrays(
    "SELECT note_id, (SELECT count(*) FROM unnest(tokens) AS one WHERE one = ANY (:tokens))"
    " AS score FROM memory_index WHERE tokens && :tokens",
    "tokens",
).columns(_ID, _SCORE)

"""Remember who may read a note, find notes by an index of their words, and keep their vectors.

Revision ID: 0006
Revises: 0005
"""

import json
import re
import unicodedata

import sqlalchemy as sa
from alembic import op

from core.errors import ConfigurationError

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WORD = re.compile(r"[^\W_]+")
PIECES = re.compile(r"([a-z]+|[0-9][0-9a-z]*)|([^\W0-9a-z_]+)")

SQLITE_INDEX = (
    """
CREATE VIRTUAL TABLE memory_index USING fts5(tokens, content='', detail=none, tokenize='ascii')
""",
    "CREATE VIRTUAL TABLE memory_terms USING fts5vocab(memory_index, instance)",
)

POSTGRESQL_INDEX = (
    """
CREATE TABLE memory_index (
  note_id BIGINT CONSTRAINT pk_memory_index PRIMARY KEY
    CONSTRAINT fk_memory_index_note_id REFERENCES memory_notes ON DELETE CASCADE,
  tokens TEXT[] NOT NULL)
""",
    "CREATE INDEX ix_memory_index_tokens ON memory_index USING gin (tokens)",
)

# Sessions name their thread in the source, and the thread knows who opened it.
OLD_NOTES = """
SELECT n.*, coalesce(s.owner_id, 0) AS owner_id, coalesce(s.thread_id, 0) AS thread_id
FROM memory_notes AS n
LEFT JOIN sessions AS s ON n.source = 'session:' || s.thread_id
ORDER BY n.note_id
"""


def upgrade() -> None:
    connection = op.get_bind()
    is_sqlite = connection.dialect.name == "sqlite"
    if is_sqlite:
        _need_fts5(connection)
    notes = [dict(row) for row in connection.execute(sa.text(OLD_NOTES)).mappings()]
    op.drop_table('memory_grams')
    op.drop_table('memory_notes')
    _make_tables()
    for statement in SQLITE_INDEX if is_sqlite else POSTGRESQL_INDEX:
        op.execute(statement)
    for number, note in enumerate(notes, start=1):
        _store(connection, number, note, is_sqlite=is_sqlite)
    if notes and not is_sqlite:
        op.execute("SELECT setval(pg_get_serial_sequence('memory_notes', 'note_id'), "
                   f"{len(notes)})")


def _need_fts5(connection: sa.Connection) -> None:
    modules = connection.execute(sa.text("SELECT name FROM pragma_module_list")).scalars()
    if "fts5" not in set(modules):
        raise ConfigurationError("the SQLite of this Python lacks FTS5, which memory is found by")


def _make_tables() -> None:
    op.create_table('memory_notes',
    sa.Column('note_id', NUMBER, nullable=False),
    sa.Column('guild_id', NUMBER, nullable=False),
    sa.Column('owner_id', NUMBER, nullable=False),
    sa.Column('thread_id', NUMBER, nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('folded', sa.Text(), nullable=False),
    sa.Column('day', sa.Text(), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('symbols', sa.Text(), nullable=False),
    sa.Column('created_at', sa.Text(), nullable=False),
    sa.CheckConstraint('guild_id >= 0', name=op.f('ck_memory_notes_guild_id')),
    sa.CheckConstraint('owner_id >= 0', name=op.f('ck_memory_notes_owner_id')),
    sa.CheckConstraint('thread_id >= 0', name=op.f('ck_memory_notes_thread_id')),
    sa.PrimaryKeyConstraint('note_id', name=op.f('pk_memory_notes')),
    sa.UniqueConstraint('source', 'day', name=op.f('uq_memory_notes_source')),
    sqlite_autoincrement=True,
    sqlite_strict=True
    )
    op.create_index('ix_memory_notes_day', 'memory_notes', ['day'], unique=False)
    op.create_table('memory_vectors',
    sa.Column('note_id', NUMBER, autoincrement=False, nullable=False),
    sa.Column('model', sa.Text(), nullable=False),
    sa.Column('vector', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['note_id'], ['memory_notes.note_id'], name=op.f('fk_memory_vectors_note_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('note_id', name=op.f('pk_memory_vectors')),
    sqlite_strict=True
    )


def _store(connection: sa.Connection, number: int, note: dict, *, is_sqlite: bool) -> None:
    found_by = _folded(" ".join((*json.loads(note["symbols"]), note["kind"], note["text"])))
    connection.execute(
        sa.text(
            "INSERT INTO memory_notes VALUES (:note_id, 0, :owner_id, :thread_id, :kind, :text,"
            " :folded, :day, :source, :symbols, :created_at)"
        ),
        note | {"note_id": number, "folded": found_by},
    )
    tokens = _tokens(found_by, ("v0", f"v0o{note['owner_id']}"))
    if is_sqlite:
        connection.execute(
            sa.text("INSERT INTO memory_index (rowid, tokens) VALUES (:note_id, :tokens)"),
            {"note_id": number, "tokens": " ".join(tokens)},
        )
    else:
        connection.execute(
            sa.text(
                "INSERT INTO memory_index (note_id, tokens) VALUES (:note_id, :tokens)"
            ).bindparams(sa.bindparam("tokens", type_=sa.ARRAY(sa.Text()))),
            {"note_id": number, "tokens": list(tokens)},
        )


# How revision 0006 made tokens, written down here because the program may learn another way.


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold()
    plain = "".join(item for item in plain if unicodedata.category(item) != "Cf")
    return " ".join(WORD.findall(plain))


def _pairs(word: str) -> list[str]:
    return [f"{ord(word[at]):x}g{ord(word[at + 1]):x}" for at in range(len(word) - 1)]


def _tokens(folded: str, readers: tuple[str, ...]) -> tuple[str, ...]:
    found = dict.fromkeys(readers)
    for word in folded.split():
        found.update(dict.fromkeys(_pairs(word)))
    for match in PIECES.finditer(folded):
        word, run = match.groups()
        if word is not None:
            found.setdefault(f"x{word}")
        elif len(run) == 1:
            found.setdefault(f"{ord(run):x}")
        else:
            found.update(dict.fromkeys(_pairs(run)))
    return tuple(found)


def downgrade() -> None:
    raise NotImplementedError("restore the copy that was made before the upgrade")

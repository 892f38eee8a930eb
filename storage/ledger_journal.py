"""The append-only journal: each line is chained by hash to the line before."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, bindparam, select

from core.domain.journal import JournalEntry, JournalHead, JournalLine
from core.domain.krx import KST
from core.errors import JournalAltered, StorageError
from storage.columns import clean_text
from storage.schema import journal
from storage.statements import Statements

GENESIS = "0" * 64
LINES_PER_READ = 1_000

_LAST = select(journal.c.seq, journal.c.line_hash).order_by(journal.c.seq.desc()).limit(1)
_LINES_OF = (
    select(journal.c.line).where(journal.c.subject == bindparam("subject")).order_by(journal.c.seq)
)


def chained(previous_hash: str, line: str) -> str:
    """Return the SHA-256 (hex) of the previous hash followed by the stored bytes."""
    return hashlib.sha256(previous_hash.encode("ascii") + line.encode("utf-8")).hexdigest()


class JournalRows:
    """The journal part of `LedgerTransaction`."""

    _sql: Statements
    _build: str
    # The last line that this transaction wrote: while it is open nobody else writes one.
    _last_line: JournalHead | None

    async def append_journal(self, entry: JournalEntry) -> None:
        """Append one line, signed with our build. Raises StorageError when `facts` is not JSON."""
        line = _line_of(entry, self._build)
        last = self._last_line or await self.journal_head()
        stored = json.loads(line)
        head = JournalHead(lines=last.lines + 1, line_hash=chained(last.line_hash, line))
        await self._sql.insert(
            journal,
            {
                "seq": head.lines,
                "at": entry.at,
                "kind": stored["kind"],
                "actor": stored["actor"],
                "subject": stored["subject"],
                "line": line,
                "previous_hash": last.line_hash,
                "line_hash": head.line_hash,
            },
        )
        self._last_line = head

    async def journal_head(self) -> JournalHead:
        """Return the last line's number and hash; 0 and zeros before the first line."""
        last = await self._sql.row(_LAST)
        if last is None:
            return JournalHead(lines=0, line_hash=GENESIS)
        return JournalHead(lines=last["seq"], line_hash=last["line_hash"])

    async def journal_of(self, subject: str) -> tuple[JournalEntry, ...]:
        """Return the lines about one subject, oldest first."""
        rows = await self._sql.rows(_LINES_OF, {"subject": subject})
        return tuple(_entry_of(row["line"]) for row in rows)

    async def journal_after(self, number: int, limit: int = 100) -> tuple[JournalLine, ...]:
        """Return the lines after line `number`, oldest first."""
        rows = await self._sql.rows(
            select(journal.c.seq, journal.c.line, journal.c.line_hash)
            .where(journal.c.seq > number)
            .order_by(journal.c.seq)
            .limit(limit)
        )
        return tuple(
            JournalLine(number=row["seq"], entry=_entry_of(row["line"]), line_hash=row["line_hash"])
            for row in rows
        )


class JournalWriter(JournalRows):
    """Writes lines in a transaction that is not the ledger's."""

    def __init__(self, sql: Statements, build: str) -> None:
        self._sql = sql
        self._build = build
        self._last_line = None


async def verify_chain(sql: Statements) -> JournalHead:
    """Recompute every hash. Raises JournalAltered naming the first line that does not hold."""
    head = JournalHead(lines=0, line_hash=GENESIS)
    while True:
        rows = await sql.rows(
            select(journal)
            .where(journal.c.seq > head.lines)
            .order_by(journal.c.seq)
            .limit(LINES_PER_READ)
        )
        if not rows:
            return head
        for row in rows:
            head = _next_link(head, row)


def _next_link(head: JournalHead, row: RowMapping) -> JournalHead:
    holds = (
        row["seq"] == head.lines + 1
        and row["previous_hash"] == head.line_hash
        and row["line_hash"] == chained(head.line_hash, row["line"])
        and _copies_agree(row)
    )
    if not holds:
        raise JournalAltered(head.lines + 1)
    return JournalHead(lines=row["seq"], line_hash=row["line_hash"])


def _copies_agree(row: RowMapping) -> bool:
    entry = _entry_of(row["line"])
    return (entry.at, entry.kind, entry.actor, entry.subject) == (
        row["at"],
        row["kind"],
        row["actor"],
        row["subject"],
    )


def _line_of(entry: JournalEntry, build: str) -> str:
    """Return the canonical JSON. It is pure ASCII, so every database keeps it byte for byte."""
    body: dict[str, Any] = {
        "at": entry.at.isoformat(timespec="microseconds"),
        "kind": clean_text(entry.kind),
        "actor": clean_text(entry.actor),
        "subject": clean_text(entry.subject),
        "facts": dict(entry.facts),
    }
    # Lines older than the builds name none; they hash as they were written.
    if build:
        body["build"] = clean_text(build)
    try:
        line = json.dumps(
            body, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
        )
    except (TypeError, ValueError) as exc:
        raise StorageError(f"journal facts of {entry.kind} are not JSON: {exc}") from exc
    return line


def _entry_of(line: str) -> JournalEntry:
    body = json.loads(line)
    return JournalEntry(
        at=datetime.fromisoformat(body["at"]).astimezone(KST),
        kind=body["kind"],
        actor=body["actor"],
        subject=body["subject"],
        facts=body["facts"],
        build=body.get("build", ""),
    )

"""Chat sessions and their lines on SQL (`core.ports.archive.SessionArchive`)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from datetime import date

from sqlalchemy import RowMapping, select, update

from core.domain.conversation import ChatLine, ChatSession, SessionState
from core.errors import StaleState
from storage.columns import day_bounds
from storage.engine import Database
from storage.schema import messages, sessions


class SqlSessionArchive:
    """Stores what was said in which thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def open_session(self, session: ChatSession) -> None:
        """Store a new session. Raises StorageError when the thread already has one."""
        async with self._database.transaction() as sql:
            await sql.insert(sessions, asdict(session))

    async def session(self, thread_id: int) -> ChatSession | None:
        """Return one session."""
        async with self._database.reading() as sql:
            row = await sql.row(select(sessions).where(sessions.c.thread_id == thread_id))
        return None if row is None else ChatSession(**row)

    async def sessions_in(self, states: Collection[SessionState]) -> tuple[ChatSession, ...]:
        """Return the sessions in `states`, oldest activity first."""
        async with self._database.reading() as sql:
            rows = await sql.rows(
                select(sessions)
                .where(sessions.c.state.in_(list(states)))
                .order_by(sessions.c.last_activity_at, sessions.c.thread_id)
            )
        return tuple(ChatSession(**row) for row in rows)

    async def save_session(self, session: ChatSession) -> None:
        """Replace the stored session with this thread id. Raises StaleState when there is none."""
        values = asdict(session)
        thread_id = values.pop("thread_id")
        async with self._database.transaction() as sql:
            if not await sql.changed(
                update(sessions).where(sessions.c.thread_id == thread_id).values(**values)
            ):
                raise StaleState(f"session {thread_id} does not exist")

    async def append_line(self, line: ChatLine) -> None:
        """Store one line and move the session's last activity to its instant.

        Raises StorageError when the thread has no session.
        """
        values = asdict(line)
        values.pop("line_id")
        async with self._database.transaction() as sql:
            await sql.insert(messages, values)
            await sql.run(
                update(sessions)
                .where(sessions.c.thread_id == line.thread_id)
                .values(last_activity_at=line.at)
            )

    async def lines(self, thread_id: int, limit: int = 500) -> tuple[ChatLine, ...]:
        """Return the newest `limit` lines of one session, oldest first."""
        async with self._database.reading() as sql:
            rows = await sql.rows(
                select(messages)
                .where(messages.c.thread_id == thread_id)
                .order_by(messages.c.line_id.desc())
                .limit(max(limit, 0))
            )
        return tuple(_line_of(row) for row in reversed(rows))

    async def lines_on(self, day: date) -> tuple[ChatLine, ...]:
        """Return the lines of all sessions on one KST day, oldest first."""
        start, end = day_bounds(day)
        async with self._database.reading() as sql:
            rows = await sql.rows(
                select(messages)
                .where(messages.c.at >= start, messages.c.at < end)
                .order_by(messages.c.at, messages.c.line_id)
            )
        return tuple(_line_of(row) for row in rows)


def _line_of(row: RowMapping) -> ChatLine:
    return ChatLine(**row)

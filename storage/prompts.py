"""Versions of instructions on SQL (`core.ports.prompts.PromptArchive`)."""

from __future__ import annotations

import re
from dataclasses import asdict

from sqlalchemy import select

from core.domain.prompts import Prompt
from storage.engine import Database
from storage.schema import prompts

# A version is named by 12 digits in a call and by all 64 in a plan.
_HEX = re.compile(r"[0-9a-f]{8,64}")


class SqlPromptArchive:
    """One row per name and hash."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, prompt: Prompt) -> bool:
        """Store a version and return whether it was new. One that is known keeps its first use."""
        async with self._database.transaction() as sql:
            return await sql.insert_once(prompts, asdict(prompt))

    async def prompt(self, name: str, sha256: str) -> Prompt | None:
        """Return the version whose hash begins with `sha256`; None for none, or for several."""
        if not _HEX.fullmatch(sha256):
            return None
        begins = prompts.c.sha256.startswith(sha256)
        async with self._database.reading() as sql:
            rows = await sql.rows(select(prompts).where(prompts.c.name == name, begins).limit(2))
        return Prompt(**rows[0]) if len(rows) == 1 else None

    async def versions(self, name: str) -> tuple[Prompt, ...]:
        """Return the versions of `name`, the first one first."""
        async with self._database.reading() as sql:
            rows = await sql.rows(
                select(prompts)
                .where(prompts.c.name == name)
                .order_by(prompts.c.first_used_at, prompts.c.sha256)
            )
        return tuple(Prompt(**row) for row in rows)

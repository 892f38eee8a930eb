"""Versions of the decision prompt: proposed, applied with a backup, and rolled back (M4).

The file is what the model reads, the row is the change log. Between them a crash is harmless: the
file is written first, whole, and whoever presses again finds it as the row wants it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace

import structlog

from core.domain.decision_prompt import (
    PromptAnswer,
    PromptNote,
    PromptOutcome,
    PromptState,
    PromptUpdate,
    composed,
    is_too_long,
    lessons_in,
)
from core.domain.journal import JournalEntry
from core.domain.prompts import text_hash
from core.errors import DataError
from core.ports.clock import Clock
from core.ports.ledger import Ledger
from core.ports.prompts import PromptFile, PromptUpdates

_LOG = structlog.get_logger(__name__)
_REFUSED = (PromptState.DECLINED, PromptState.ROLLED_BACK)


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptBook:
    """Proposes updates and does what an owner answers, one at a time."""

    log: PromptUpdates
    file: PromptFile
    ledger: Ledger
    clock: Clock
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)

    async def propose(
        self, week: str, rules: tuple[str, ...], lessons: tuple[str, ...]
    ) -> PromptNote:
        """Compose the prompt of a week; what differs waits for an answer. Raises StorageError.

        Without new lessons the old ones stay. A repeat for the same text finds the waiting update,
        and one that a person said no to is not offered again.
        """
        async with self._turn:
            try:
                before = await asyncio.to_thread(self.file.text)
            except DataError:
                _LOG.exception("the decision prompt cannot be used")
                return PromptNote(outcome=PromptOutcome.UNREADABLE)
            after = composed(before, rules, lessons or lessons_in(before))
            if after == before:
                return PromptNote(outcome=PromptOutcome.UNCHANGED)
            if is_too_long(after):
                return PromptNote(outcome=PromptOutcome.TOO_LONG)
            update = await self.log.newest()
            if update is not None and _is_same(update, before, after) and update.state in _REFUSED:
                return PromptNote(outcome=PromptOutcome.UNCHANGED)
            if update is None or not _is_waiting(update, before, after):
                update = await self.log.propose(
                    PromptUpdate(
                        version=1,
                        week=week,
                        at=self.clock.now(),
                        state=PromptState.PROPOSED,
                        before=before,
                        after=after,
                    )
                )
                await self._journal(update, "reflection")
            return PromptNote(
                outcome=PromptOutcome.PROPOSED, version=update.version, diff=update.diff
            )

    async def apply(self, version: int, actor: str) -> PromptAnswer:
        """Put an update in force, after a copy of what it replaces. Raises StorageError."""
        async with self._turn:
            update = await self._standing(version, PromptState.PROPOSED)
            if isinstance(update, PromptAnswer):
                return update
            now = await self._text()
            if now not in (update.before, update.after):
                return PromptAnswer.CHANGED
            backup = await asyncio.to_thread(self.file.back_up, update.before, self.clock.now())
            await asyncio.to_thread(self.file.replace, update.after)
            return await self._decide(
                replace(update, state=PromptState.APPLIED, backup=backup),
                actor,
                PromptAnswer.APPLIED,
            )

    async def decline(self, version: int, actor: str) -> PromptAnswer:
        """Leave the prompt as it is. Raises StorageError."""
        async with self._turn:
            update = await self._standing(version, PromptState.PROPOSED)
            if isinstance(update, PromptAnswer):
                return update
            return await self._decide(
                replace(update, state=PromptState.DECLINED), actor, PromptAnswer.DECLINED
            )

    async def roll_back(self, version: int, actor: str) -> PromptAnswer:
        """Put back what an update replaced, if nothing newer is in force. Raises StorageError."""
        async with self._turn:
            update = await self._standing(version, PromptState.APPLIED)
            if isinstance(update, PromptAnswer):
                return update
            now = await self._text()
            if now not in (update.before, update.after):
                return PromptAnswer.CHANGED
            await asyncio.to_thread(self.file.back_up, update.after, self.clock.now())
            await asyncio.to_thread(self.file.replace, update.before)
            return await self._decide(
                replace(update, state=PromptState.ROLLED_BACK), actor, PromptAnswer.ROLLED_BACK
            )

    async def update(self, version: int) -> PromptUpdate | None:
        """Return one update."""
        return await self.log.update(version)

    async def _text(self) -> str | None:
        try:
            return await asyncio.to_thread(self.file.text)
        except DataError:
            return None

    async def _standing(self, version: int, state: PromptState) -> PromptUpdate | PromptAnswer:
        update = await self.log.update(version)
        if update is None:
            return PromptAnswer.UNKNOWN
        return update if update.state is state else PromptAnswer.SETTLED

    async def _decide(self, update: PromptUpdate, actor: str, answer: PromptAnswer) -> PromptAnswer:
        came_from = (
            PromptState.APPLIED if update.state is PromptState.ROLLED_BACK else PromptState.PROPOSED
        )
        decided = replace(update, decided_by=actor, decided_at=self.clock.now())
        if not await self.log.decide(decided, (came_from,)):
            return PromptAnswer.SETTLED
        await self._journal(decided, actor)
        return answer

    async def _journal(self, update: PromptUpdate, actor: str) -> None:
        async with self.ledger.transaction() as tx:
            await tx.append_journal(
                JournalEntry(
                    at=self.clock.now(),
                    kind=f"prompt.{update.state.value}",
                    actor=actor,
                    subject=f"v{update.version}",
                    facts={
                        "week": update.week,
                        "before": text_hash(update.before),
                        "after": text_hash(update.after),
                        "backup": update.backup,
                    },
                )
            )


def _is_waiting(update: PromptUpdate, before: str, after: str) -> bool:
    return update.state is PromptState.PROPOSED and _is_same(update, before, after)


def _is_same(update: PromptUpdate, before: str, after: str) -> bool:
    return (update.before, update.after) == (before, after)

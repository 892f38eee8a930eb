"""Writing down what was said, and every plan of a conversation that became no ticket."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import structlog

from core.domain.conversation import ChatLine, Role
from core.domain.journal import JournalEntry, TradeRecord
from core.errors import StorageError
from core.ports.archive import SessionArchive
from core.ports.clock import Clock, Identifiers
from core.ports.dialogue import ProposeAsk
from core.ports.ledger import Ledger
from core.ports.model import ToolCall
from core.services.sessions.results import ToolOutcome

_LOG = structlog.get_logger(__name__)

LINE_CHARACTERS_MAX = 8_000
CONDENSED_CHARACTERS = 600
REASON_CHARACTERS_MAX = 400
EMPTY_JSON = "{}"
ARROW = " → "
# How every result begins (core.services.sessions.results).
_RESULT = f'{ARROW}{{"status": "'


def good_result_of(text: str) -> str:
    """Return the result in a stored tool line, or nothing when the call was refused or failed.

    What stands before it is the model's own, even where it looks like a result: its numbers come
    from nowhere.
    """
    _asked, _arrow, result = text.rpartition(_RESULT)
    return result if result.startswith("ok") else ""


class CallLinks(Protocol):
    """Notes which call of a model led to which ticket (storage)."""

    async def link_ticket(self, call_id: str, ticket_id: str) -> None:
        """Note which ticket the reply of a call became."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRecorder:
    """Stores lines in the archive and plans in the ledger."""

    archive: SessionArchive
    ledger: Ledger
    calls: CallLinks
    clock: Clock
    identifiers: Identifiers

    async def line(self, thread_id: int, role: Role, author: str, text: str) -> None:
        """Store one line."""
        await self.archive.append_line(
            ChatLine(
                thread_id=thread_id,
                role=role,
                author=author,
                text=text[:LINE_CHARACTERS_MAX],
                at=self.clock.now(),
            )
        )

    async def tool(self, thread_id: int, call: ToolCall, outcome: ToolOutcome) -> None:
        """Store one call with its result, condensed."""
        arguments = call.arguments[:CONDENSED_CHARACTERS]
        text = f"{call.name}({arguments}){ARROW}{outcome.text[:CONDENSED_CHARACTERS]}"
        await self.line(thread_id, Role.TOOL, call.name[:60], text)

    async def ticket_of_call(self, call_id: str, ticket_id: str) -> None:
        """Note that a call's reply became a ticket; without the note the ticket stands too."""
        if not call_id:
            return
        try:
            await self.calls.link_ticket(call_id, ticket_id)
        except StorageError as error:
            _LOG.warning("call and ticket not linked", call=call_id, error=repr(error))

    async def unreadable_plan(
        self, thread_id: int, model: str, call: ToolCall, reason: str
    ) -> None:
        """Store a proposal whose arguments could not be read."""
        raw = call.arguments[:REASON_CHARACTERS_MAX]
        record = self._record("", "", 0, raw, f"unparsable: {reason[:REASON_CHARACTERS_MAX]}")
        await self._write(thread_id, model, "session.plan_unparsable", record)

    async def refused_plan(
        self, thread_id: int, model: str, ask: ProposeAsk, outcome: ToolOutcome
    ) -> None:
        """Store a readable proposal that did not reach a verdict of the order desk."""
        status = str(outcome.content.get("status", "error"))
        reason = str(outcome.content.get("message", ""))[:REASON_CHARACTERS_MAX]
        record = self._record(
            str(ask.symbol), ask.side.value, ask.quantity or 0, ask.reason, f"{status}: {reason}"
        )
        record = replace(record, asked_won=ask.limit_price_won)
        await self._write(thread_id, model, "session.plan_refused", record)

    async def failed_answer(self, thread_id: int, model: str, reason: str) -> None:
        """Store that a model gave no whole answer."""
        async with self.ledger.transaction() as tx:
            await tx.append_journal(
                self._entry(thread_id, model, "session.answer_failed", {"reason": reason[:400]})
            )

    async def _write(self, thread_id: int, model: str, kind: str, record: TradeRecord) -> None:
        facts = {
            "record": record.record_id,
            "symbol": record.symbol,
            "action": record.action,
            "quantity": record.quantity,
            "plan": record.justification,
            "reason": record.status,
        }
        async with self.ledger.transaction() as tx:
            await tx.save_trade_record(record)
            await tx.append_journal(self._entry(thread_id, model, kind, facts))

    def _record(
        self, symbol: str, action: str, quantity: int, justification: str, status: str
    ) -> TradeRecord:
        return TradeRecord(
            record_id=f"S{self.identifiers.ticket_id()}:1",
            at=self.clock.now(),
            symbol=symbol,
            action=action,
            quantity=quantity,
            justification=justification,
            market=EMPTY_JSON,
            portfolio_before=EMPTY_JSON,
            status=status,
        )

    def _entry(
        self, thread_id: int, model: str, kind: str, facts: dict[str, object]
    ) -> JournalEntry:
        return JournalEntry(
            at=self.clock.now(),
            kind=kind,
            actor=model,
            subject=f"session:{thread_id}",
            facts=facts,
        )

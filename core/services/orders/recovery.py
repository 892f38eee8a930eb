"""Start-up is recovery: nothing is sent until what was left behind is understood."""

from __future__ import annotations

from dataclasses import replace

import structlog

from core.domain.books import UnstoredAnswer
from core.domain.journal import JournalEntry
from core.domain.krx import KST
from core.domain.orders import BrokerOrderRef, OrderState, may_move, may_reopen
from core.errors import BrokerError
from core.ports.ledger import LedgerTransaction
from core.services.orders.alarms import Alarms
from core.services.orders.context import DeskContext
from core.services.orders.facts import FactReader
from core.services.orders.leasing import holds_lease
from core.services.orders.positions import Positions
from core.services.orders.reserving import reservation_for, reserve_missing
from core.services.orders.restoring import block_maybe_sent
from core.services.orders.tracking import Tracker
from core.services.orders.transitions import Step, move, with_state

_LOG = structlog.get_logger(__name__)
RETRY_SECONDS = 5.0


class Recovery:
    """Runs before the loops of the desk. `obstacle` names why trading is still off, "" once it is on.

    It is the end of a phrase ``orders.not_ready_…``.
    """

    def __init__(
        self,
        context: DeskContext,
        facts: FactReader,
        tracker: Tracker,
        positions: Positions,
        alarms: Alarms,
    ) -> None:
        """Keep the parts."""
        self._context = context
        self._facts = facts
        self._tracker = tracker
        self._positions = positions
        self._alarms = alarms
        self.obstacle = "starting"

    async def run(self) -> None:
        """Treat what was being sent as unknown, then read and compare until all is understood.

        Trading stays off while anything cannot be read: this call does not return before.
        """
        told = ""
        while not await self._understood():
            if told != self.obstacle:
                told = self.obstacle
                why = self._context.phrases.say(f"orders.not_ready_{told}")
                await self._alarms.ring("not_readable", why=why)
            await self._context.clock.sleep(RETRY_SECONDS)
        self.obstacle = ""
        if told:
            await self._alarms.ring("readable")

    async def _understood(self) -> bool:
        """Go through the steps in order; the one that fails is the obstacle."""
        steps = (
            ("ledger", self._ours),
            ("notes", self._notes),
            ("list", self._lists),
            ("account", self._compare),
        )
        for name, step in steps:
            try:
                await step()
            except Exception as error:  # noqa: BLE001 - whatever it is, nothing is sent before it works
                self.obstacle = name
                _LOG.warning("trading is off", obstacle=name, error=repr(error))
                return False
        return True

    async def _ours(self) -> None:
        await doubt_interrupted(self._context)
        async with self._context.ledger.transaction() as tx:
            await reserve_missing(tx, self._context.costs, self._context.clock.now())
        await self._alarms.look()

    async def _notes(self) -> None:
        """Put into the ledger what it could not take when it happened, then remove the file."""
        answers = self._context.notes.read()
        if not answers:
            return
        async with self._context.ledger.transaction() as tx:
            for answer in answers:
                await self._adopt(tx, answer)
        self._context.notes.clear()

    async def _adopt(self, tx: LedgerTransaction, answer: UnstoredAnswer) -> None:
        order = await tx.order(answer.order_id)
        ref = BrokerOrderRef(number=answer.number, branch=answer.branch)
        if order is not None and order.ref is not None and order.ref.number == answer.number:
            return
        now = self._context.clock.now()
        facts = {"number": answer.number, "noted_at": answer.at.isoformat()}
        step = Step(at=now, actor="recovery", facts=facts)
        working = OrderState.WORKING
        if order is not None and order.ref is None:
            new = replace(order, state=working, ref=ref, reason="")
            if may_move(order.state, working):
                await move(tx, order, new, step)
                return
            if may_reopen(order.state, working):
                held = await reservation_for(tx, new, self._context.costs, now)
                await move(tx, order, new, step, on_evidence=True, reserve=held)
                return
        _LOG.error("an answer fits no order", order=answer.order_id, number=answer.number)
        await tx.append_journal(
            JournalEntry(
                at=now,
                kind="incident.order",
                actor="recovery",
                subject=answer.order_id,
                facts={"what": "an answer that fits no order", **facts},
            )
        )

    async def _lists(self) -> None:
        """Read the list of today, if it has a session, and of every day with a live order."""
        if await self._facts.hours() is not None:
            today = self._context.clock.now().astimezone(KST).date()
            await self._tracker.merge(await self._context.broker.order_history(today))
        await self._tracker.poll()
        await block_maybe_sent(self._context, self._alarms)

    async def _compare(self) -> None:
        """Compare positions; on a day without a session nothing is sent, so it may wait."""
        try:
            await self._positions.check()
        except BrokerError:
            if await self._facts.hours() is not None:
                raise
            _LOG.warning("positions are compared when the account can be read")


async def doubt_interrupted(context: DeskContext) -> None:
    """SUBMITTING → UNKNOWN: whoever armed it died, or broke, before the answer was stored.

    What another process sends meanwhile is that process's own: without the lease nothing is judged.
    """
    reason = context.phrases.say("orders.reason_interrupted")
    step = Step(at=context.clock.now(), actor="recovery", facts={})
    async with context.ledger.transaction() as tx:
        if not await holds_lease(context, tx):
            return
        found = await tx.orders_in({OrderState.SUBMITTING})
        for order in found:
            await move(tx, order, with_state(order, OrderState.UNKNOWN, reason), step)
    if found:
        context.tracking_bell.ring()
        context.publishing_bell.ring()

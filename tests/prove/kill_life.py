"""The process that is killed: one life of a desk, forked from a parent that has imported all.

`python -m tests.prove.kill_life` is the fork server. For each line of JSON on its input it forks a
child that lives that job, says its process id, waits for its end and says the status. It starts no
thread and no loop of its own, so that forking it is safe.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog

from core.domain.orders import IN_DOUBT_STATES, WAITING_STATES, OrderState
from core.domain.tickets import Ticket, TicketKind, TicketState
from tests.fakes.desk_kit import buy, proposal, sell
from tests.fakes.kis_desk import KisDesk, kis_desk, shared_clock

NEVER = 10**9
LIVES_SECONDS_MAX = 20.0
# How long an order may stay unproven while its broker answers at once: it was never taken.
DOUBT_SECONDS = 0.4
SOLD, BOUGHT = 2, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One life. It dies by its own hand at step `dies_at`."""

    folder: str
    url: str
    business: str
    broker: str = "kis"
    host_monotonic: float
    dies_at: int = NEVER


@dataclass
class Steps:
    """Counts every entry into a transaction, commit, request and answer; dies at one of them."""

    dies_at: int
    done: int = 0

    def step(self) -> None:
        self.done += 1
        if self.done == self.dies_at:
            os.kill(os.getpid(), signal.SIGKILL)


@dataclass
class SteppedLedger:
    """The ledger, with a step before a transaction, before its commit, and after it."""

    inner: Any
    steps: Steps

    @asynccontextmanager
    async def transaction(self):
        self.steps.step()
        async with self.inner.transaction() as tx:
            yield tx
            self.steps.step()
        self.steps.step()


async def live(job: Job) -> None:
    """Start, propose and approve what nobody has yet, and go on until everything is known."""
    folder = Path(job.folder)
    clock = shared_clock(datetime.fromisoformat(job.business), job.host_monotonic)
    steps = Steps(job.dies_at)
    async with asyncio.timeout(LIVES_SECONDS_MAX):
        async with kis_desk(
            folder,
            job.url,
            clock,
            broker=job.broker,
            ledger_as=lambda it: SteppedLedger(it, steps),
        ) as d:
            _watch(d, steps)
            await d.desk.start(d.supervisor)
            ticket = await _approved(d)
            await _until_known(d, ticket)
            await d.desk.stop()
            await d.desk._tracker.poll()
            await d.ledger.verify_journal()
            if d.failures:
                raise RuntimeError("; ".join(d.failures))
    # Blocking on purpose: nothing else runs any more.
    (folder / "steps").write_text(str(steps.done))


def _watch(d: KisDesk, steps: Steps) -> None:
    async def told(_what: object) -> None:
        steps.step()

    for client in (d.adapter.wire.reads, d.adapter.wire.orders):
        client.event_hooks = {"request": [told], "response": [told]}


async def _approved(d: KisDesk) -> Ticket:
    async with d.ledger.transaction() as tx:
        found = await tx.tickets_in(list(TicketState))
    ticket: Any = found[0] if found else None
    while not isinstance(ticket, Ticket):
        ticket = await d.desk.propose(proposal(sell(SOLD), buy(BOUGHT), kind=TicketKind.BASKET))
    while ticket.message_id is None or ticket.state is TicketState.PRESENTED:
        if ticket.message_id is not None:
            await d.desk.approve(d.click(ticket))
        await asyncio.sleep(0.005)
        async with d.ledger.transaction() as tx:
            ticket = await tx.ticket(ticket.ticket_id)
    return ticket


async def _until_known(d: KisDesk, ticket: Ticket) -> None:
    """Wait until no order waits, and none is in doubt for longer than the broker may take."""
    doubted = 0.0
    while True:
        async with d.ledger.transaction() as tx:
            states = {order.state for order in await tx.orders_of(ticket.ticket_id)}
        doubted = doubted + 0.01 if states & IN_DOUBT_STATES else 0.0
        busy = states & (WAITING_STATES | {OrderState.SUBMITTING})
        if not busy and (not doubted or doubted > DOUBT_SECONDS):
            return
        if doubted > DOUBT_SECONDS * 5:
            return  # the other leg waits for one that will not be known today
        await asyncio.sleep(0.01)


def serve() -> None:
    """Fork one life per line."""
    quiet = structlog.make_filtering_bound_logger(logging.CRITICAL)
    structlog.configure(wrapper_class=quiet, logger_factory=structlog.ReturnLoggerFactory())
    for line in sys.stdin:
        job = Job(**json.loads(line))
        child = os.fork()
        if child == 0:
            _child(job)
        _say(child)
        _, status = os.waitpid(child, 0)
        _say(os.waitstatus_to_exitcode(status))


def _say(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def _child(job: Job) -> None:
    """Live, and end without the parent's cleanups."""
    try:
        asyncio.run(live(job))
    except BaseException as error:  # noqa: BLE001 - whatever it was, the parent reads it
        Path(job.folder, "broke").write_text(f"{type(error).__name__}: {error}"[:500])
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    serve()

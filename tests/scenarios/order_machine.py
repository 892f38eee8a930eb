"""The life of orders as a Hypothesis state machine, on a real SQLite file.

Rules are everything people, the broker, the network and the machine may do; after each of them
the witness compares books and broker.
"""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import tempfile
from contextlib import closing, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from core.domain.modes import TradingState
from core.domain.money import Shares, Won
from core.domain.orders import OrderRequest, Side
from core.domain.tickets import Ticket, TicketKind
from core.errors import BrokerError
from core.services.orders.values import Adopt, Void
from storage.engine import Database
from storage.ledger import SqlLedger
from storage.migrations.runner import upgrade_here
from storage.opening import open_database
from tests.fakes.desk_kit import (
    DAY,
    GUILD,
    KODEX,
    OWNER,
    STRANGER,
    TIGER,
    WIDE,
    Kit,
    RecordingSurface,
    at,
    buy,
    proposal,
    sell,
)
from tests.fakes.hand_clock import HandClock
from tests.fakes.scripted_broker import Answer, Broken
from tests.scenarios.inline_sqlite import connects_to
from tests.scenarios.order_witness import WatchedBroker, Witness

ANSWERS = st.sampled_from([Answer.ACCEPT] * 5 + list(Answer))
CANCEL_ANSWERS = st.sampled_from([a for a in Answer if a is not Answer.BREAK])
HOW = ["right", "double", "late", "stranger", "elsewhere", "replayed", "other message"]
PICK = st.integers(0, 7)
# Only the life of orders is on trial here: the limits have their own tests.
AMPLE = Won(100_000_000)
LIMITS = replace(WIDE, capital_won=AMPLE, day_amount_won=AMPLE, day_count=5_000, minute_count=5_000)


class Theatre:
    """One loop and one open database for all examples: their set-up costs more than they do."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="order-machine-", dir=_memory()))
        self.empty = self.folder / "empty.sqlite"
        self.path = self.folder / "trade.sqlite"
        upgrade_here(f"sqlite:///{self.empty}")
        shutil.copyfile(self.empty, self.path)
        self.runner = asyncio.Runner()
        self.database: Database = self.runner.run(
            open_database(
                f"sqlite:///{self.path}", migrate=False, async_creator=connects_to(self.path)
            )
        )

    def emptied(self) -> SqlLedger:
        with (
            closing(sqlite3.connect(self.empty)) as old,
            closing(sqlite3.connect(self.path)) as new,
        ):
            old.backup(new)
        return SqlLedger(self.database)

    def close(self) -> None:
        self.runner.run(self.database.close())
        self.runner.close()
        shutil.rmtree(self.folder)


def _memory() -> str | None:
    """A folder whose fsync costs nothing, where there is one: power loss is not tried here."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


class OrderMachine(RuleBasedStateMachine):
    """`theatre` is set by whoever runs it."""

    theatre: Theatre

    @initialize(buys=st.booleans(), answers=st.lists(ANSWERS, min_size=1, max_size=3))
    def begin(self, buys, answers):
        clock = HandClock(at(10))
        broker = WatchedBroker(clock, cash_won=5_000_000)
        broker.prices = {KODEX: 35_000, TIGER: 30_000}
        broker.holdings = {TIGER: 50}
        ledger = self.theatre.emptied()
        halt = self.theatre.folder / "HALT"
        halt.unlink(missing_ok=True)
        self.kit = Kit(ledger, clock, broker, RecordingSurface(), halt, limits=LIMITS)
        self.witness = broker.witness = Witness(self.kit)
        self.tickets: list[Ticket] = []
        self.is_over = False
        for step, answer in enumerate(answers):
            self._order(buys, 1 + step, -step, answer)

    def do(self, work):
        """Run one thing to its end, then compare everything."""

        async def both():
            try:
                # A defect of an adapter ends what was done, and nothing else.
                with suppress(Broken, BrokerError):
                    return await work
            finally:
                faults = await self.witness.look()
                assert not faults, faults

        return self.theatre.runner.run(both())

    def ticket(self, pick: int) -> Ticket:
        return self.tickets[pick % len(self.tickets)]

    # People.

    @precondition(lambda self: not self.is_over)
    @rule(buys=st.booleans(), quantity=st.integers(1, 4), step=st.integers(-4, 1))
    def propose(self, buys, quantity, step):
        self._propose(buys, quantity, step)

    def _propose(self, buys, quantity, step):
        leg = buy(quantity, 35_000 + 5 * step) if buys else sell(quantity, 30_000 - 5 * step)
        made = self.do(self.kit.desk.propose(_proposal(leg)))
        if isinstance(made, Ticket):
            self.tickets.append(made)

    @precondition(lambda self: not self.is_over)
    @rule(first=st.integers(1, 3), second=st.integers(1, 3))
    def propose_basket(self, first, second):
        made = self.do(self.kit.desk.propose(_proposal(sell(first), buy(second))))
        if isinstance(made, Ticket):
            self.tickets.append(made)

    @precondition(lambda self: not self.is_over)
    @rule(buys=st.booleans(), quantity=st.integers(1, 4), step=st.integers(-4, 0), answer=ANSWERS)
    def order(self, buys, quantity, step, answer):
        """The whole way at once, so that short histories get somewhere."""
        self._order(buys, quantity, step, answer)

    def _order(self, buys, quantity, step, answer):
        before = len(self.tickets)
        self._propose(buys, quantity, step)
        if len(self.tickets) > before:
            self.do(self.kit.desk.approve(self._click(self.tickets[-1], "right")))
            self._run(answer)

    def _click(self, ticket, how):
        stored = self.theatre.runner.run(self.kit.stored(ticket))
        late = stored.expires_at + timedelta(seconds=1)
        used = next(iter(self.witness.presses), None) if how == "replayed" else None
        click = self.kit.click(
            ticket,
            user=STRANGER if how == "stranger" else OWNER,
            guild=GUILD + 1 if how == "elsewhere" else GUILD,
            interaction=used,
            message=(stored.message_id or 0) + (how == "other message"),
            clicked_at=late if how == "late" else None,
        )
        self.witness.presses.setdefault(click.interaction_id, (click.user_id, click.guild_id))
        return click

    @precondition(lambda self: self.tickets)
    @rule(pick=PICK, how=st.sampled_from(["right", "right", "right", *HOW]))
    def approve(self, pick, how):
        click = self._click(self.ticket(pick), how)
        presses = [self.kit.desk.approve(click) for _ in range(2 if how == "double" else 1)]

        async def press():
            return await asyncio.gather(*presses)

        self.do(press())

    @precondition(lambda self: self.tickets)
    @rule(pick=PICK)
    def decline(self, pick):
        self.do(self.kit.desk.decline(self._click(self.ticket(pick), "right")))

    @precondition(lambda self: self.tickets and not self.is_over)
    @rule(pick=PICK, quantity=st.integers(1, 3))
    def edit(self, pick, quantity):
        click = self._click(self.ticket(pick), "right")
        made = self.do(self.kit.desk.edit(click, 1, quantity, None))
        if isinstance(made, Ticket):
            self.tickets.append(made)

    @precondition(lambda self: self.tickets)
    @rule(pick=PICK, answer=CANCEL_ANSWERS)
    def cancel(self, pick, answer):
        self.kit.broker.cancel_answers.clear()
        self.kit.broker.cancel_answers.append(answer)
        self.do(self.kit.desk.request_cancel(self._click(self.ticket(pick), "right")))

    @precondition(lambda self: self.witness.posts)
    @rule(state=st.sampled_from([TradingState.ACTIVE, *TradingState]))
    def switch(self, state):
        self.do(self.kit.switch.set_state(state, actor="test", reason="test"))

    @precondition(lambda self: self.witness.posts)
    @rule(pick=PICK, voids=st.booleans())
    def decide(self, pick, voids):
        post = self.witness.posts[pick % len(self.witness.posts)]
        typed = post.order_id
        click = self._click(typed.rpartition("-")[0], "right")
        if voids and post.number:
            return  # a person who looked in the app would not say so
        decision = Void(typed=typed) if voids else Adopt(number=post.number or "9", typed=typed)
        self.do(self.kit.desk.resolve(click, typed, decision))

    # The broker and the network.

    @precondition(lambda self: self.tickets)
    @rule(answer=ANSWERS)
    def run(self, answer):
        self._run(answer)

    def _run(self, answer):
        self.kit.broker.answers.clear()
        self.kit.broker.answers.append(answer)
        self.do(self.kit.run())

    @precondition(lambda self: self.witness.posts)
    @rule(times=st.integers(1, 3))
    def poll(self, times):
        self.do(self.kit.poll(times))

    @precondition(lambda self: self._open())
    @rule(pick=PICK, more=st.integers(1, 4))
    def fill(self, pick, more):
        row = self._open()[pick % len(self._open())]
        self.kit.broker.fill(row.ref.number, min(row.filled + more, row.ordered - row.cancelled))

    @precondition(lambda self: self._open())
    @rule(pick=PICK, refuses=st.booleans())
    def end_at_the_exchange(self, pick, refuses):
        number = self._open()[pick % len(self._open())].ref.number
        (self.kit.broker.refuse if refuses else self.kit.broker.end)(number)

    def _open(self):
        return [row for row in self.kit.broker.rows if row.remaining]

    @precondition(lambda self: self.kit.broker.rows)
    @rule(pick=PICK, shows=st.booleans())
    def hide_or_show(self, pick, shows):
        broker = self.kit.broker
        number = broker.rows[pick % len(broker.rows)].ref.number
        (broker.hidden.discard if shows else broker.hidden.add)(number)

    @rule(call=st.sampled_from(["order_history", "quote", "account", "buying_power"]))
    def break_reads(self, call):
        self.kit.broker.broken = {call}

    @precondition(lambda self: self.kit.broker.broken)
    @rule()
    def mend_reads(self):
        self.kit.broker.broken.clear()

    @rule(quantity=st.integers(5, 9))
    def person_trades_by_hand(self, quantity):
        self.kit.broker.list_order(_by_hand(quantity))

    # The machine.

    @rule(seconds=st.sampled_from([1, 7, 61, 130]))
    def time_passes(self, seconds):
        self.kit.clock.move(seconds)

    @precondition(lambda self: self.tickets)
    @rule()
    def publish(self):
        self.do(self.kit.publish())

    @precondition(lambda self: self.tickets)
    @rule()
    def deadlines(self):
        async def both():
            await self.kit.desk._deadlines.expire_tickets()
            await self.kit.desk._deadlines.cancel_overdue_orders()

        self.do(both())

    @rule()
    def restart(self):
        self.kit.again()
        # Without the list or the account a start waits, and goes on waiting.
        if not self.kit.broker.broken & {"order_history", "account"}:
            self.do(self.kit.desk._recovery.run())

    @precondition(lambda self: len(self.witness.posts) > 2)
    @rule()
    def close_out(self):
        self.is_over = True
        self.kit.clock.set(at(15, 45))
        self.do(self.kit.desk.close_out(DAY))

    def teardown(self):
        """Show and read everything: whatever was sent is known, or a person is asked."""
        if not hasattr(self, "kit"):
            return
        self.kit.broker.broken.clear()
        self.kit.broker.hidden.clear()

        async def settle():
            self.kit.again()
            await self.kit.desk._recovery.run()
            for _ in range(3):
                history = await self.kit.broker.order_history(DAY)
                await self.kit.desk._tracker.merge(history)
            lost = self.witness.settled(await self.kit.orders())
            ledger: Any = self.kit.ledger
            await ledger.verify_journal()
            return lost

        lost = self.do(settle())
        assert not lost, lost


def _proposal(*legs):
    return proposal(*legs, kind=TicketKind.BASKET if len(legs) > 1 else TicketKind.CHAT)


def _by_hand(quantity):
    return OrderRequest(
        symbol=KODEX, side=Side.BUY, quantity=Shares(quantity), price_won=Won(34_000)
    )

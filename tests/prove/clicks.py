"""A crowd presses the buttons of one ticket at once, on a real ledger."""

from __future__ import annotations

import asyncio
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from core.domain.journal import JournalEntry
from core.domain.orders import Order, OrderState
from core.domain.tickets import Approval, Ticket, TicketState
from core.services.orders.context import DeskPolicy
from core.services.orders.desk import OrderDesk
from core.services.orders.values import Click, ClickOutcome
from storage.ledger import SqlLedger
from storage.migrations.runner import upgrade_here
from storage.opening import open_database
from tests.fakes.desk_kit import GUILD, KODEX, TIGER, Kit, RecordingSurface, at, buy, sell
from tests.fakes.hand_clock import HandClock
from tests.fakes.scripted_broker import ScriptedBroker
from tests.prove.proof import Outcome, Tell, Unit, repeat, silent

CLICKS = 500
USERS = tuple(range(100, 120))
APPROVERS = frozenset(USERS[:5])
DECIDING = frozenset({ClickOutcome.APPROVED, ClickOutcome.APPROVED_QUEUED, ClickOutcome.DECLINED})


@dataclass(frozen=True, slots=True)
class Clicks:
    """Twenty users, five hundred presses, one decision."""

    name: str = "clicks"
    proves: str = "500 presses at once on one ticket decide it once, and the journal tells them all"
    weight: int = 3

    def run(self, seed: int, budget_seconds: float, tell: Tell = silent) -> Outcome:
        """One seed is one ticket and one crowd."""
        with tempfile.TemporaryDirectory(prefix="prove-clicks-") as name:
            template = Path(name) / "empty.sqlite"
            upgrade_here(f"sqlite:///{template}")
            return repeat("rounds", seed, budget_seconds, lambda this: _one(this, template), tell)


@dataclass(frozen=True, slots=True)
class Press:
    """One press of the crowd: ✅ or ❌."""

    click: Click
    declines: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Everything that is known after the crowd has gone."""

    ticket: Ticket
    presses: Sequence[Press]
    outcomes: Sequence[ClickOutcome]
    approval: Approval | None
    orders: Sequence[Order]
    journal: Sequence[JournalEntry]


def _one(seed: int, template: Path) -> Unit:
    path = template.with_name("round.sqlite")
    shutil.copyfile(template, path)
    scene = asyncio.run(play(seed, path))
    for left in path.parent.glob("round.sqlite*"):
        left.unlink()
    return Unit(judge(scene))


async def play(seed: int, path: Path, count: int = CLICKS) -> Scene:
    """Let a crowd press on one ticket of the migrated, empty database at `path`."""
    database = await open_database(f"sqlite:///{path}", migrate=False)
    try:
        ledger = SqlLedger(database)
        clock = HandClock(at(10))
        prices = {KODEX: 35_000, TIGER: 30_000}
        broker = ScriptedBroker(clock, prices=prices, holdings={TIGER: 5}, cash_won=600_000)
        kit = Kit(ledger, clock, broker, RecordingSurface(), path.with_name("HALT"))
        policy = DeskPolicy(approver_ids=APPROVERS, guild_id=GUILD)
        desk = OrderDesk(replace(kit.context, policy=policy), kit.surface, kit.outbox)
        ticket = await kit.ticket(sell(2), buy(3))
        await kit.publish()
        ticket = await kit.stored(ticket)
        presses = crowd(seed, ticket, count)
        outcomes = await asyncio.gather(
            *(desk.decline(p.click) if p.declines else desk.approve(p.click) for p in presses)
        )
        async with ledger.transaction() as tx:
            approval = await tx.approval_of(ticket.ticket_id)
            orders = await tx.orders_of(ticket.ticket_id)
            journal = await tx.journal_of(ticket.ticket_id)
        await ledger.verify_journal()
        return Scene(
            ticket=await kit.stored(ticket),
            presses=presses,
            outcomes=outcomes,
            approval=approval,
            orders=orders,
            journal=journal,
        )
    finally:
        await database.close()


def crowd(seed: int, ticket: Ticket, count: int) -> list[Press]:
    """Return the presses of a seed: right ones, and every kind of wrong one."""
    dice = random.Random(f"crowd {seed}")
    presses: list[Press] = []
    for number in range(count):
        if presses and dice.random() < 0.1:
            presses.append(dice.choice(presses))  # Discord delivered it twice
            continue
        user = dice.choice(USERS)
        late = timedelta(hours=1) if dice.random() < 0.1 else timedelta(0)
        click = Click(
            ticket_id=ticket.ticket_id,
            interaction_id=10_000 + number,
            user_id=user,
            user_name=f"user {user}",
            guild_id=GUILD if dice.random() < 0.95 else None,
            channel_id=70,
            message_id=(ticket.message_id or 0) + (1 if dice.random() < 0.1 else 0),
            clicked_at=at(10) + late,
        )
        presses.append(Press(click, declines=dice.random() < 0.3))
    dice.shuffle(presses)
    return presses


def judge(scene: Scene) -> list[str]:
    """Return what must not have happened."""
    return [*_decisions(scene), *_orders(scene), *_journal(scene)]


def _decisions(scene: Scene) -> list[str]:
    decided = [
        (press, outcome)
        for press, outcome in zip(scene.presses, scene.outcomes, strict=True)
        if outcome in DECIDING
    ]
    if len(decided) != 1:
        return [f"{len(decided)} decisions, not 1"]
    press, outcome = decided[0]
    faults = [] if _may_decide(press.click, scene.ticket) else [f"decided by {press.click}"]
    expected = TicketState.DECLINED if press.declines else TicketState.APPROVED
    if scene.ticket.state is not expected or press.declines != (outcome is ClickOutcome.DECLINED):
        faults.append(f"{outcome.value} left the ticket {scene.ticket.state.value}")
    return faults


def _may_decide(click: Click, ticket: Ticket) -> bool:
    return (
        click.user_id in APPROVERS
        and click.guild_id == GUILD
        and click.message_id == ticket.message_id
        and click.clicked_at <= ticket.expires_at
    )


def _orders(scene: Scene) -> list[str]:
    approved = scene.ticket.state is TicketState.APPROVED
    legs = sorted(order.leg for order in scene.orders)
    expected = [leg.number for leg in scene.ticket.legs] if approved else []
    faults = [] if legs == expected else [f"orders for legs {legs}, not {expected}"]
    if any(order.state is not OrderState.CREATED for order in scene.orders):
        faults.append("an order moved without a run")
    if approved != (scene.approval is not None):
        faults.append("approval and state of the ticket disagree")
    return faults


def _journal(scene: Scene) -> list[str]:
    kinds = Counter(line.kind for line in scene.journal)
    decisions = kinds["ticket.approved"] + kinds["ticket.declined"]
    refused = sum(outcome is ClickOutcome.NOT_ALLOWED for outcome in scene.outcomes)
    faults = [] if decisions == 1 else [f"{decisions} decisions in the journal, not 1"]
    if kinds["ticket.press_refused"] != refused:
        told = kinds["ticket.press_refused"]
        faults.append(f"{refused} presses refused, {told} in the journal")
    strangers = sum(
        press.click.user_id not in APPROVERS or press.click.guild_id != GUILD
        for press in scene.presses
    )
    if refused != strangers:
        faults.append(f"{strangers} presses by strangers, {refused} refused")
    return faults

"""The full matrix of ticket states and presses: what each press does to a ticket in each state.

Literal like the one of the orders. In a cell: the answer to the press, then the state that the
ticket has afterwards when it moved.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import text

from core.domain.modes import Mode, TradingState
from core.domain.orders import OrderState
from core.domain.tickets import Ticket, TicketState
from core.services.orders.values import ClickOutcome
from storage.engine import Database
from tests.fakes.desk_kit import GUILD, STRANGER, Kit, at, buy, sell
from tests.scenarios.matrix_scene import database_in, kit_on, ledger_of

S = TicketState

MATRIX = """
                       PRESENTED              APPROVED         DECLINED         EXPIRED          SUPERSEDED       INVALIDATED
approve                approved>APPROVED      already_decided  already_decided  expired          already_decided  already_decided
approve_twice          already_decided>APPROVED already_decided already_decided expired          already_decided  already_decided
approve_replayed       already_decided        already_decided  already_decided  expired          already_decided  already_decided
approve_late           expired                already_decided  already_decided  expired          already_decided  already_decided
approve_dated_late     expired                already_decided  already_decided  expired          already_decided  already_decided
approve_stranger       not_allowed            not_allowed      not_allowed      not_allowed      not_allowed      not_allowed
approve_other_guild    not_allowed            not_allowed      not_allowed      not_allowed      not_allowed      not_allowed
approve_no_guild       not_allowed            not_allowed      not_allowed      not_allowed      not_allowed      not_allowed
approve_other_message  wrong_message          wrong_message    wrong_message    wrong_message    wrong_message    wrong_message
approve_tampered       error>INVALIDATED      already_decided  already_decided  expired          already_decided  already_decided
approve_observing      observe_only           observe_only     observe_only     observe_only     observe_only     observe_only
approve_halted         trading_halted         trading_halted   trading_halted   trading_halted   trading_halted   trading_halted
approve_after_restart  approved>APPROVED      already_decided  already_decided  expired          already_decided  already_decided
decline                declined>DECLINED      already_decided  already_decided  expired          already_decided  already_decided
decline_late           expired                already_decided  already_decided  expired          already_decided  already_decided
decline_stranger       not_allowed            not_allowed      not_allowed      not_allowed      not_allowed      not_allowed
decline_other_message  wrong_message          wrong_message    wrong_message    wrong_message    wrong_message    wrong_message
decline_halted         declined>DECLINED      already_decided  already_decided  expired          already_decided  already_decided
edit                   ticket>SUPERSEDED      already_decided  already_decided  already_decided  already_decided  already_decided
edit_denied            denied                 already_decided  already_decided  already_decided  already_decided  already_decided
edit_late              expired                already_decided  already_decided  already_decided  already_decided  already_decided
edit_stranger          not_allowed            not_allowed      not_allowed      not_allowed      not_allowed      not_allowed
edit_unknown_leg       error                  already_decided  already_decided  already_decided  already_decided  already_decided
toggle                 ticket>SUPERSEDED      already_decided  already_decided  expired          already_decided  already_decided
toggle_late            expired                already_decided  already_decided  expired          already_decided  already_decided
toggle_stranger        not_allowed            not_allowed      not_allowed      not_allowed      not_allowed      not_allowed
toggle_other_message   wrong_message          wrong_message    wrong_message    wrong_message    wrong_message    wrong_message
toggle_unknown_leg     error                  already_decided  already_decided  expired          already_decided  already_decided
cancel                 nothing_to_cancel      cancel_requested nothing_to_cancel nothing_to_cancel nothing_to_cancel nothing_to_cancel
cancel_stranger        not_allowed            not_allowed      not_allowed      not_allowed      not_allowed      not_allowed
deadline               ->EXPIRED              -                -                -                -                -
restart                -                      -                -                -                -                -
"""


@dataclass
class Shown:
    """A desk that shows one ticket in the state under test."""

    kit: Kit
    database: Database
    ticket: Ticket

    def click(self, **changes):
        return self.kit.click(self.ticket, message=500, **changes)

    async def press(self, action: str = "approve", **changes) -> str:
        outcome = await getattr(self.kit.desk, action)(self.click(**changes))
        return outcome.value

    async def edit(self, leg: int = 1, quantity: int = 1, **changes) -> str:
        made = await self.kit.desk.edit(self.click(**changes), leg, quantity, None)
        return made.value if isinstance(made, ClickOutcome) else type(made).__name__.lower()

    async def toggle(self, number: int = 2, message: int = 500, **changes) -> str:
        click = self.kit.click(self.ticket, message=message, **changes)
        made = await self.kit.desk.toggle(click, number)
        return made.value if isinstance(made, ClickOutcome) else type(made).__name__.lower()

    def pass_the_expiry(self) -> None:
        self.kit.clock.set(self.ticket.expires_at + timedelta(seconds=1))


Press = Callable[[Shown], Awaitable[str]]
PRESSES: dict[str, Press] = {}


def press(found: Press) -> Press:
    PRESSES[found.__name__] = found
    return found


def simple(name: str, action: str, **changes: object) -> None:
    PRESSES[name] = lambda shown: shown.press(action, **changes)


simple("approve", "approve")
simple("approve_stranger", "approve", user=STRANGER)
simple("approve_other_guild", "approve", guild=GUILD + 1)
simple("approve_no_guild", "approve", guild=None)
simple("decline", "decline")
simple("decline_stranger", "decline", user=STRANGER)
simple("cancel", "request_cancel")
simple("cancel_stranger", "request_cancel", user=STRANGER)


@press
async def approve_twice(shown):
    await shown.press()
    return await shown.press()


@press
async def approve_replayed(shown):
    other = await shown.kit.ticket(buy(1))
    await shown.kit.desk.approve(shown.kit.click(other, interaction=77))
    return await shown.press(interaction=77)


@press
async def approve_late(shown):
    early = shown.ticket.created_at
    shown.pass_the_expiry()
    return await shown.press(clicked_at=early)


@press
async def approve_dated_late(shown):
    return await shown.press(clicked_at=shown.ticket.expires_at + timedelta(seconds=1))


async def _elsewhere(shown: Shown, action: str) -> str:
    outcome = await getattr(shown.kit.desk, action)(shown.kit.click(shown.ticket, message=501))
    return outcome.value


PRESSES["approve_other_message"] = lambda shown: _elsewhere(shown, "approve")
PRESSES["decline_other_message"] = lambda shown: _elsewhere(shown, "decline")


@press
async def approve_tampered(shown):
    async with shown.database.transaction() as statements:
        await statements.run(text("UPDATE ticket_legs SET quantity_max = quantity_max + 1"))
    return await shown.press()


@press
async def approve_observing(shown):
    shown.kit.broker.mode = Mode.OBSERVE
    return await shown.press()


@press
async def approve_halted(shown):
    await shown.kit.switch.set_state(TradingState.HALTED, actor="test", reason="test")
    return await shown.press()


@press
async def approve_after_restart(shown):
    shown.kit.again()
    return await shown.press()


@press
async def decline_late(shown):
    shown.pass_the_expiry()
    return await shown.press("decline", clicked_at=shown.ticket.created_at)


@press
async def decline_halted(shown):
    await shown.kit.switch.set_state(TradingState.HALTED, actor="test", reason="test")
    return await shown.press("decline")


@press
async def edit(shown):
    return await shown.edit()


@press
async def edit_denied(shown):
    shown.kit.broker.halted = True
    return await shown.edit()


@press
async def edit_late(shown):
    shown.pass_the_expiry()
    return await shown.edit()


@press
async def edit_stranger(shown):
    return await shown.edit(user=STRANGER)


@press
async def edit_unknown_leg(shown):
    return await shown.edit(leg=2)


@press
async def toggle(shown):
    return await shown.toggle()


@press
async def toggle_late(shown):
    shown.pass_the_expiry()
    return await shown.toggle(clicked_at=shown.ticket.created_at)


@press
async def toggle_stranger(shown):
    return await shown.toggle(user=STRANGER)


@press
async def toggle_other_message(shown):
    return await shown.toggle(message=501)


@press
async def toggle_unknown_leg(shown):
    return await shown.toggle(number=3)


@press
async def deadline(shown):
    shown.pass_the_expiry()
    await shown.kit.desk._deadlines.expire_tickets()
    return "-"


@press
async def restart(shown):
    shown.kit.again()
    await shown.kit.desk._recovery.run()
    return "-"


def rows_of(table: str) -> dict[str, dict[TicketState, str]]:
    head, *lines = table.strip("\n").splitlines()
    columns = [TicketState(name) for name in head.split()]
    return {line.split()[0]: dict(zip(columns, line.split()[1:], strict=True)) for line in lines}


CELLS = rows_of(MATRIX)
pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_matrix_has_every_press_and_every_state():
    assert set(CELLS) == set(PRESSES)
    assert all(set(cells) == set(TicketState) for cells in CELLS.values())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def databases(tmp_path_factory):
    async with database_in(tmp_path_factory.mktemp("tickets"), list(TicketState)) as opened:
        yield opened


async def shown_in(name: str, state: TicketState, databases) -> Shown:
    path, database = databases[state]
    kit = kit_on(ledger_of(databases[state], path.with_name("empty.sqlite")), path.parent)
    kit.clock.set(at(10))
    # Those of ✏️ need one leg, those of ☑ two.
    second = (sell(1),) if name.startswith("toggle") else ()
    ticket = await kit.ticket(buy(2, 35_000), *second)
    await kit.publish()
    if state is S.APPROVED:
        await kit.desk.approve(kit.click(ticket, message=500))
    elif state is not S.PRESENTED:
        async with kit.ledger.transaction() as tx:
            await tx.move_ticket(ticket.ticket_id, S.PRESENTED, state)
    return Shown(kit, database, await kit.stored(ticket))


async def cell(name: str, state: TicketState, databases) -> str:
    shown = await shown_in(name, state, databases)
    assert shown.ticket.state is state
    before = len(await shown.kit.orders())
    said = await PRESSES[name](shown)
    after = (await shown.kit.stored(shown.ticket)).state
    orders = [item for item in await shown.kit.orders() if item.ticket_id == shown.ticket.ticket_id]
    # Orders exist for an approved ticket and for no other, and no press sends anything.
    legs = len(shown.ticket.legs) if after is S.APPROVED else 0
    assert len(orders) == legs, (name, state, before)
    assert all(item.state in {OrderState.CREATED, OrderState.BLOCKED} for item in orders)
    assert shown.kit.broker.posts == []
    return said if after is state else f"{said}>{after.value}"


@pytest.mark.parametrize("name", PRESSES)
async def test_every_ticket_takes_the_press_as_written(name, databases):
    found = await asyncio.gather(*(cell(name, state, databases) for state in TicketState))
    assert dict(zip(TicketState, found, strict=True)) == CELLS[name]

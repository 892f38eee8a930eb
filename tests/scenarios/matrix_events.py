"""Everything that can happen to an order, each as one call on a `Scene`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

from core.domain.books import SymbolHold
from core.domain.lease import Lease
from core.domain.modes import SETTING_STOPPED_DAY, TradingState
from core.domain.money import Won
from core.domain.orders import (
    Attempt,
    OrderState,
)
from core.domain.tickets import TicketState
from core.services.orders.gate import Outside
from core.services.orders.transitions import with_state
from tests.fakes.desk_kit import DAY, KODEX, WIDE, at
from tests.fakes.scripted_broker import Answer
from tests.scenarios.matrix_scene import PRICE_WON, REQUEST, Scene

Event = Callable[[Scene], Awaitable[None]]
EVENTS: dict[str, Event] = {}


def event(found: Event) -> Event:
    EVENTS[found.__name__] = found
    return found


def _posting(name: str, answer: Answer) -> None:
    async def run(scene: Scene) -> None:
        scene.broker.answers.append(answer)
        await scene.kit.run()

    EVENTS[name] = run


_posting("run_accepted", Answer.ACCEPT)
_posting("run_refused", Answer.REJECT)
_posting("run_not_sent", Answer.NOT_SENT)
_posting("run_silent_taken", Answer.SILENT_AND_TAKEN)
_posting("run_silent_lost", Answer.SILENT_AND_LOST)
_posting("run_adapter_raises", Answer.RAISE)
_posting("run_defect", Answer.BREAK)


# What the gate finds.


@event
async def gate_list_unreadable(scene):
    scene.broker.broken.add("order_history")
    await scene.kit.run()


@event
async def gate_quote_unreadable(scene):
    scene.broker.broken.add("quote")
    await scene.kit.run()


@event
async def gate_cash_unreadable(scene):
    scene.broker.broken.add("buying_power")
    await scene.kit.run()


@event
async def gate_account_unreadable(scene):
    scene.broker.broken.add("account")
    await scene.kit.run()


@event
async def gate_quote_old(scene):
    scene.broker.quote_age_seconds = 6.0
    await scene.kit.run()


@event
async def gate_named_price_rests(scene):
    scene.broker.prices[KODEX] = PRICE_WON + 500
    await scene.kit.run()


@event
async def gate_outside_the_envelope(scene):
    scene.judge_as(Outside("the market left the envelope"))
    await scene.kit.run()


@event
async def gate_over_a_limit(scene):
    limits = replace(WIDE, order_amount_won=Won(1_000))
    await scene.reopen(limits=limits)
    await scene.kit.run()


@event
async def gate_no_cash(scene):
    scene.broker.cash_won = 0
    await scene.kit.run()


@event
async def gate_instrument_halted(scene):
    scene.broker.halted = True
    await scene.kit.run()


@event
async def gate_halted(scene):
    await scene.kit.switch.set_state(TradingState.HALTED, actor="test", reason="test")
    await scene.kit.run()


@event
async def gate_reduce_only(scene):
    await scene.kit.switch.set_state(TradingState.REDUCE_ONLY, actor="test", reason="test")
    await scene.kit.run()


@event
async def gate_after_the_window(scene):
    scene.kit.clock.set(at(15, 16))
    await scene.kit.run()


@event
async def gate_next_day(scene):
    scene.kit.clock.set(at(10) + timedelta(days=1))
    await scene.kit.run()


# What changes between the verdict and the arm.


async def _switched(scene: Scene, state: TradingState) -> None:
    async def act() -> None:
        await scene.kit.switch.set_state(state, actor="test", reason="test")

    scene.before_arm(act)
    await scene.kit.run()


@event
async def arm_halted(scene):
    await _switched(scene, TradingState.HALTED)


@event
async def arm_reduce_only(scene):
    await _switched(scene, TradingState.REDUCE_ONLY)


@event
async def arm_day_stopped(scene):
    async def act() -> None:
        async with scene.kit.ledger.transaction() as tx:
            await tx.put_setting(SETTING_STOPPED_DAY, DAY.isoformat())

    scene.before_arm(act)
    await scene.kit.run()


@event
async def arm_ticket_withdrawn(scene):
    async def act() -> None:
        async with scene.kit.ledger.transaction() as tx:
            old, new = TicketState.APPROVED, TicketState.INVALIDATED
            await tx.move_ticket(scene.order.ticket_id, old, new)

    scene.before_arm(act)
    await scene.kit.run()


@event
async def arm_quote_aged(scene):
    async def act() -> None:
        scene.kit.clock.move(6)

    scene.before_arm(act)
    await scene.kit.run()


@event
async def arm_time_ran_out(scene):
    scene.kit.clock.set(at(14, 59, 58))

    async def act() -> None:
        scene.kit.clock.move(3)

    scene.before_arm(act)
    await scene.kit.run()


@event
async def arm_other_order_in_doubt(scene):
    async def act() -> None:
        other = replace(
            scene.order, order_id="OTHER-1", leg=2, state=OrderState.UNKNOWN, request=REQUEST
        )
        async with scene.kit.ledger.transaction() as tx:
            await tx.insert_order(replace(other, ref=None, filled=0, average_price_won=None))

    scene.before_arm(act)
    await scene.kit.run()


@event
async def arm_dropped_meanwhile(scene):
    async def act() -> None:
        current = await scene.now()
        async with scene.kit.ledger.transaction() as tx:
            await tx.save_order(with_state(current, OrderState.BLOCKED), expected=current.state)

    scene.before_arm(act)
    await scene.kit.run()


@event
async def arm_already_attempted(scene):
    """An attempt of this very order exists already, counted when the limits were judged."""
    async with scene.kit.ledger.transaction() as tx:
        await tx.insert_attempt(
            Attempt(
                order_id=scene.order.order_id,
                signature="another",
                session=DAY - timedelta(days=1),
                armed_at=scene.kit.clock.now(),
                known_numbers=frozenset(),
            )
        )
    await scene.kit.run()


@event
async def arm_lease_lost(scene):
    async def act() -> None:
        async with scene.kit.ledger.transaction() as tx:
            now = scene.kit.clock.now()
            await tx.put_lease(Lease(epoch=99, holder="another", renewed_at=now))

    scene.before_arm(act)
    await scene.kit.run()


@event
async def arm_interlocked(scene):
    async def act() -> None:
        scene.kit.interlock.sentence = "real orders are not open"

    scene.before_arm(act)
    await scene.kit.run()


@event
async def arm_symbol_held(scene):
    async def act() -> None:
        async with scene.kit.ledger.transaction() as tx:
            now = scene.kit.clock.now()
            await tx.hold_symbol(SymbolHold(symbol=KODEX, since=now, reason="the books differ"))

    scene.before_arm(act)
    await scene.kit.run()

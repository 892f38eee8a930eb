"""Everything that can happen to an order, each as one call on a `Scene`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from core.domain.modes import SETTING_STOPPED_DAY, TradingState
from core.domain.money import Won
from core.domain.orders import (
    Accepted,
    Attempt,
    BrokerOrderRef,
    NotSent,
    OrderState,
    Rejected,
    SubmitOutcome,
    Unresolved,
)
from core.domain.tickets import TicketState
from core.errors import BrokerError
from core.services.orders.gate import Outside
from core.services.orders.transitions import with_state
from tests.fakes.desk_kit import DAY, KODEX, OWNER, WIDE, at
from tests.fakes.scripted_broker import Answer
from tests.scenarios.matrix_scene import KNOWN, NUMBER, PRICE_WON, REQUEST, Scene

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


# What the broker's list shows. With a number it is our row; without, a row of our signature.

SHAPES = {
    "working": {"filled": 0, "remaining": 3},
    "partial": {"filled": 2, "remaining": 1},
    "filled": {"filled": 3, "remaining": 0},
    "cancelled": {"filled": 0, "remaining": 0, "cancelled": 3},
    "part_cancelled": {"filled": 2, "remaining": 0, "cancelled": 1},
    "refused": {"filled": 0, "remaining": 0, "rejected": 3},
    "part_refused": {"filled": 2, "remaining": 0, "rejected": 1},
}
CLEAN = {"cancelled": 0, "rejected": 0}


def _listed(name: str, times: int) -> None:
    async def listed(scene: Scene) -> None:
        scene.show(**(CLEAN | SHAPES[name]))
        await scene.merge(times)

    EVENTS[f"listed_{name}_{'once' if times == 1 else 'twice'}"] = listed


for _name in SHAPES:
    _listed(_name, 1)
    _listed(_name, 2)


@event
async def listed_nothing(scene):
    for row in scene.broker.rows:
        scene.broker.hidden.add(row.ref.number)
    await scene.merge(2)


@event
async def list_unreadable(scene):
    scene.broker.broken.add("order_history")
    with suppress(BrokerError):
        await scene.kit.poll()


@event
async def listed_two_alike(scene):
    scene.show()
    scene.list_ours()
    await scene.merge(2)


@event
async def listed_on_a_shared_account(scene):
    await scene.reopen(dedicated=False)
    scene.show()
    await scene.merge(2)


@event
async def listed_a_known_number(scene):
    """Only a row that was on the list before the arm looks like ours."""
    if scene.order.ref is None:
        scene.list_ours()
        scene.broker.hidden.add(NUMBER)
        assert scene.list_ours().ref.number == KNOWN
        await scene.merge(2)


@event
async def listed_from_before_the_arm(scene):
    scene.show()
    scene.broker.change(NUMBER, placed_at=scene.kit.clock.now() - timedelta(minutes=5))
    await scene.merge(2)


@event
async def listed_too_late_to_be_ours(scene):
    scene.show()
    scene.broker.change(NUMBER, placed_at=scene.kit.clock.now() + timedelta(minutes=3))
    await scene.merge(2)


@event
async def listed_with_other_terms(scene):
    scene.show()
    scene.broker.change(NUMBER, ordered=4, remaining=4 - scene.broker.row(NUMBER).filled)
    if scene.order.ref is None:
        await scene.merge(2)


@event
async def listed_only_as_a_cancel_row(scene):
    scene.show()
    scene.broker.change(NUMBER, is_cancel_row=True)
    await scene.merge(2)


# What people and deadlines ask for.


def _cancelling(name: str, answer: Answer) -> None:
    async def cancel(scene: Scene) -> None:
        scene.broker.cancel_answers.append(answer)
        ticket = await scene.kit.stored(scene.order.ticket_id)
        await scene.kit.desk.request_cancel(scene.kit.click(ticket))

    EVENTS[name] = cancel


_cancelling("cancel_accepted", Answer.ACCEPT)
_cancelling("cancel_refused", Answer.REJECT)
_cancelling("cancel_not_sent", Answer.NOT_SENT)
_cancelling("cancel_silent", Answer.SILENT_AND_LOST)
_cancelling("cancel_adapter_raises", Answer.RAISE)


@event
async def cancel_by_a_stranger(scene):
    await scene.kit.desk.request_cancel(scene.kit.click(scene.order.ticket_id, user=OWNER + 1))


@event
async def time_is_over(scene):
    scene.kit.clock.set(at(15, 1))
    await scene.kit.desk._deadlines.expire_tickets()
    await scene.kit.desk._deadlines.cancel_overdue_orders()


# The end of the day.


@event
async def close_out_as_listed(scene):
    scene.kit.clock.set(at(15, 45))
    await scene.kit.desk.close_out(DAY)


@event
async def close_out_not_listed(scene):
    for row in scene.broker.rows:
        scene.broker.hidden.add(row.ref.number)
    scene.kit.clock.set(at(15, 45))
    await scene.kit.desk.close_out(DAY)


@event
async def close_out_candidate_shown(scene):
    scene.show(remaining=3 - (scene.broker.rows[0].filled if scene.broker.rows else 0))
    scene.kit.clock.set(at(15, 45))
    await scene.kit.desk.close_out(DAY)


@event
async def close_out_unreadable(scene):
    scene.broker.broken.add("order_history")
    scene.kit.clock.set(at(15, 45))
    with suppress(BrokerError):
        await scene.kit.desk.close_out(DAY)


@event
async def close_out_before_the_close(scene):
    await scene.kit.desk.close_out(DAY)


# Crashes.


@event
async def crash_and_recovery(scene):
    scene.kit.again()
    await scene.kit.desk._recovery.run()


# An answer that comes after somebody else had judged the order.


async def _late(scene: Scene, outcome: SubmitOutcome) -> None:
    armed = replace(
        scene.order,
        state=OrderState.SUBMITTING,
        request=REQUEST,
        ref=None,
        filled=0,
        average_price_won=None,
    )
    await scene.kit.desk._runner._executor._outcomes.note(armed, outcome)


@event
async def late_accepted(scene):
    ref = BrokerOrderRef(number="0000000777", branch="00950")
    await _late(scene, Accepted(ref=ref, accepted_at=None, code="0"))


@event
async def late_refused(scene):
    await _late(scene, Rejected(code="APBK0952", text="주문가능금액을 초과 했습니다"))


@event
async def late_not_sent(scene):
    await _late(scene, NotSent(reason="refused"))


@event
async def late_silent(scene):
    await _late(scene, Unresolved(reason="timed out"))

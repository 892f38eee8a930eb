"""What the broker's list shows, what people ask for, how the day ends: the other half of events."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from core.domain.orders import (
    Accepted,
    BrokerOrderRef,
    NotSent,
    OrderState,
    Rejected,
    SubmitOutcome,
    Unresolved,
)
from core.errors import BrokerError
from core.services.orders.values import Adopt, Void
from tests.fakes.desk_kit import DAY, OWNER, at
from tests.fakes.scripted_broker import Answer
from tests.scenarios.matrix_events import EVENTS, event
from tests.scenarios.matrix_scene import KNOWN, NUMBER, REQUEST, Scene

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


# What a person decides who has looked in the broker's app.


async def _decide(scene: Scene, decision: Adopt | Void, user: int = OWNER) -> None:
    click = scene.kit.click(scene.order.ticket_id, user=user)
    await scene.kit.desk.resolve(click, scene.order.order_id, decision)


@event
async def decide_adopt(scene):
    scene.show()
    await _decide(scene, Adopt(number=NUMBER, typed=scene.order.order_id))


@event
async def decide_adopt_an_unlisted_number(scene):
    await _decide(scene, Adopt(number="0000000555", typed=scene.order.order_id))


@event
async def decide_void(scene):
    await _decide(scene, Void(typed=scene.order.order_id))


@event
async def decide_void_while_it_is_shown(scene):
    scene.show()
    await _decide(scene, Void(typed=scene.order.order_id))


@event
async def decide_void_without_typing(scene):
    await _decide(scene, Void(typed="yes"))


@event
async def decide_void_by_a_stranger(scene):
    await _decide(scene, Void(typed=scene.order.order_id), user=OWNER + 1)


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

from __future__ import annotations

from dataclasses import replace

import pytest

from core.domain.orders import OrderState
from core.services.orders.values import Adopt, ClickOutcome, Void
from tests.fakes.desk_kit import STRANGER, TIGER, at, buy
from tests.fakes.scripted_broker import Answer

NUMBER = "0000000001"


async def doubtful(kit, *, dedicated=True, taken=True):
    kit.dedicated = dedicated
    kit.again()
    kit.broker.answers.append(Answer.SILENT_AND_TAKEN if taken else Answer.SILENT_AND_LOST)
    order = await kit.sent(buy(2, 35_000))
    assert order.state is OrderState.UNKNOWN
    return order


async def resolve(kit, order, decision, **click):
    return await kit.desk.resolve(kit.click(order.ticket_id, **click), order.order_id, decision)


def adopt(order, number=NUMBER):
    return Adopt(number=number, typed=f" {order.order_id} ")


@pytest.mark.parametrize("typed", [NUMBER, "1", " 0001 "])
async def test_a_person_names_the_number(kit, typed):
    order = await doubtful(kit, dedicated=False)
    await kit.poll(2)
    kit.broker.fill(NUMBER, 1)
    assert await resolve(kit, order, adopt(order, typed)) is ClickOutcome.RESOLVED_ADOPTED
    found = await kit.order(order.order_id)
    assert (found.state, found.ref.number, found.filled) == (OrderState.PARTIAL, NUMBER, 1)
    line = (await kit.journal(order.order_id))[-1]
    assert (line.actor, line.facts["decision"], line.facts["number"]) == ("11", "adopt", NUMBER)
    assert await resolve(kit, order, adopt(order)) is ClickOutcome.NOTHING_TO_RESOLVE
    assert len(kit.broker.posts) == 1


async def test_who_may_not_decides_nothing(kit):
    order = await doubtful(kit)
    outcome = await resolve(kit, order, adopt(order), user=STRANGER)
    assert outcome is ClickOutcome.NOT_ALLOWED
    assert (await kit.order(order.order_id)).state is OrderState.UNKNOWN
    assert (await kit.kinds(order.ticket_id))[-1] == "ticket.press_refused"


async def test_what_was_typed_must_be_the_order(kit):
    order = await doubtful(kit)
    for decision in (Void(typed="yes"), Adopt(number=NUMBER, typed="")):
        assert await resolve(kit, order, decision) is ClickOutcome.NOT_CONFIRMED


async def test_an_order_nobody_knows(kit):
    order = await doubtful(kit)
    outcome = await kit.desk.resolve(kit.click(order.ticket_id), "X-1", Void(typed="X-1"))
    assert outcome is ClickOutcome.UNKNOWN_ORDER


async def test_nothing_is_decided_on_a_list_that_cannot_be_read(kit):
    order = await doubtful(kit, taken=False)
    kit.broker.broken = {"order_history"}
    for decision in (Void(typed=order.order_id), adopt(order)):
        assert await resolve(kit, order, decision) is ClickOutcome.LIST_UNREADABLE


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        ({"is_cancel_row": True}, ClickOutcome.NUMBER_NOT_LISTED),
        ({"symbol": TIGER}, ClickOutcome.NUMBER_DIFFERS),
        ({"ordered": 3}, ClickOutcome.NUMBER_DIFFERS),
        ({"price_won": 34_000}, ClickOutcome.RESOLVED_ADOPTED),  # amended by hand, still ours
    ],
)
async def test_the_number_must_fit(kit, change, outcome):
    order = await doubtful(kit)
    kit.broker.change(NUMBER, **change)
    assert await resolve(kit, order, adopt(order)) is outcome


async def test_the_number_of_another_order_is_refused(kit):
    first = await kit.sent(buy(2, 35_000))
    order = await doubtful(kit)
    outcome = await resolve(kit, order, adopt(order, first.ref.number))
    assert outcome is ClickOutcome.NUMBER_TAKEN


async def test_an_order_that_was_never_gated_has_no_terms_to_compare(kit):
    order = await doubtful(kit)
    await kit.force(replace(order, request=None), OrderState.UNKNOWN)
    assert await resolve(kit, order, adopt(order)) is ClickOutcome.NUMBER_DIFFERS


async def test_a_person_voids_and_it_is_reopened_when_it_appears(kit):
    order = await doubtful(kit, taken=False)
    outcome = await resolve(kit, order, Void(typed=order.order_id))
    assert outcome is ClickOutcome.RESOLVED_VOID
    found = await kit.order(order.order_id)
    assert found.state is OrderState.VOID
    assert "주인 님이" in found.reason
    row = kit.broker.list_order(kit.broker.posts[0])
    kit.broker.change(row.ref.number, placed_at=at(10, 0, 30))
    await kit.poll(2)
    assert (await kit.order(order.order_id)).state is OrderState.WORKING
    assert (await kit.kinds(order.order_id))[-1] == "incident.order_reopened"


@pytest.mark.parametrize(
    ("dedicated", "outcome"),
    [(True, ClickOutcome.CANDIDATE_SHOWN), (False, ClickOutcome.RESOLVED_VOID)],
)
async def test_what_the_list_shows_is_not_void_where_nobody_else_trades(kit, dedicated, outcome):
    order = await doubtful(kit, dedicated=dedicated)
    assert await resolve(kit, order, Void(typed=order.order_id)) is outcome


async def test_a_doubt_that_ends_meanwhile_is_not_decided(kit):
    order = await doubtful(kit, taken=False)

    async def meanwhile(call):
        kit.broker.hook = None
        await kit.force(replace(order, state=OrderState.VOID), OrderState.UNKNOWN)

    kit.broker.hook = meanwhile
    outcome = await resolve(kit, order, Void(typed=order.order_id))
    assert outcome is ClickOutcome.NOTHING_TO_RESOLVE


async def test_an_order_without_an_attempt_can_be_voided(kit):
    ticket = await kit.approved(buy(1))
    order = await kit.order(f"{ticket.ticket_id}-1")
    await kit.force(replace(order, state=OrderState.OPERATOR_HOLD), OrderState.CREATED)
    outcome = await resolve(kit, order, Void(typed=order.order_id))
    assert outcome is ClickOutcome.RESOLVED_VOID

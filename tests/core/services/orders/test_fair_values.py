"""The iNAV guard on the way of an order: said on the ticket, judged at the gate, overridden once."""

from __future__ import annotations

from dataclasses import dataclass, field
from dataclasses import replace as changed
from decimal import Decimal

import pytest

from core.domain.inav import NO_NAV, NavGap, NavReading
from core.domain.instrument import Symbol
from core.domain.orders import OrderState
from core.domain.tickets import TicketKind, TicketState
from core.services.orders.desk import OrderDesk
from core.services.orders.fair_values import nav_notes
from core.services.orders.values import ClickOutcome
from tests.fakes.desk_kit import KODEX, buy, sell
from tests.fakes.quotes import quote_of


@dataclass
class Navs:
    """What a test says an ETF is worth."""

    reading: NavReading = NO_NAV
    asked: list[Symbol] = field(default_factory=list)

    async def nav(self, symbol: Symbol) -> NavReading:
        self.asked.append(symbol)
        return self.reading


def worth(nav: str | None, **values: object) -> NavReading:
    made = NavReading(nav_won=None if nav is None else Decimal(nav))
    return changed(made, **values)  # type: ignore[arg-type]


@pytest.fixture
def navs(kit) -> Navs:
    found = Navs(worth("35000"))
    kit.context = changed(kit.context, navs=found)
    kit.desk = OrderDesk(kit.context, kit.surface, kit.outbox)
    return found


async def shown(kit, ticket):
    await kit.publish()
    return await kit.desk.view(ticket.ticket_id)


async def test_the_ticket_says_how_far_the_price_is(kit, navs) -> None:
    navs.reading = worth("34900.5")
    ticket = await kit.ticket(buy())
    assert "069500 iNAV 34,900.50원, 현재가와의 차이 +0.28%" in ticket.notes
    assert not (await shown(kit, ticket)).may_override
    order = await kit.sent(buy())
    assert order.state is OrderState.WORKING


@pytest.mark.parametrize(("in_vi", "says"), [(None, True), (False, False)])
async def test_the_ticket_says_that_nobody_tells_of_a_vi(kit, navs, in_vi, says) -> None:
    navs.reading = worth("35000", in_vi=in_vi)
    ticket = await kit.ticket(buy())
    assert ("변동성완화장치(VI)가 걸렸는지는 알 수 없습니다" in " ".join(ticket.notes)) is says


@pytest.mark.parametrize(("in_vi", "says"), [(None, True), (False, False)])
async def test_a_quote_that_tells_of_vis_is_enough(kit, navs, in_vi, says) -> None:
    quote = quote_of(KODEX, 35_000, kit.context.clock.now(), in_vi=in_vi)
    notes = nav_notes(kit.context, KODEX, quote, worth("35000"), ())
    assert ("변동성완화장치(VI)가 걸렸는지는 알 수 없습니다" in " ".join(notes)) is says


@pytest.mark.parametrize(
    ("gap", "words"),
    [
        (NavGap.NOT_OFFERED, "여기서는 iNAV를 알 수 없습니다. 현재가에서 3% 안"),
        (NavGap.UNREADABLE, "iNAV를 읽지 못했습니다. 현재가에서 3% 안"),
    ],
)
async def test_without_an_inav_the_ticket_says_so_and_the_collar_decides(
    kit, navs, gap, words
) -> None:
    navs.reading = worth(None, gap=gap)
    order = await kit.sent(sell(2), sell(1))
    ticket = await kit.stored(order.ticket_id)
    assert [note for note in ticket.notes if "iNAV" in note] == [ticket.notes[0]]
    assert words in ticket.notes[0]
    assert order.state is OrderState.WORKING


async def test_far_from_the_inav_the_ticket_is_shown_and_nothing_is_sent(kit, navs) -> None:
    navs.reading = worth("33000")
    ticket = await kit.ticket(buy())
    [note] = [text for text in ticket.notes if "⚠️" in text]
    assert "+6.06% 벗어나 한도 ±3%를 넘습니다" in note
    view = await shown(kit, ticket)
    assert view.may_override
    await kit.desk.approve(kit.click(ticket, message=view.ticket.message_id))
    assert not (await kit.desk.view(ticket.ticket_id)).may_override
    await kit.run()
    order = await kit.order(f"{ticket.ticket_id}-1")
    assert order.state is OrderState.BLOCKED
    assert "알고 승인" in order.reason
    assert kit.broker.posts == []


async def test_a_press_that_knows_the_inav_sends_it_once(kit, navs) -> None:
    navs.reading = worth("33000")
    ticket = await kit.ticket(buy())
    message = (await shown(kit, ticket)).ticket.message_id
    assert await kit.desk.override(kit.click(ticket, user=99)) is ClickOutcome.NOT_ALLOWED
    click = kit.click(ticket, message=message)
    assert await kit.desk.override(click) is ClickOutcome.APPROVED
    assert await kit.desk.override(click) is ClickOutcome.ALREADY_DECIDED
    await kit.run()
    assert (await kit.order(f"{ticket.ticket_id}-1")).state is OrderState.WORKING
    lines = [line for line in await kit.journal(ticket.ticket_id) if line.facts.get("overridden")]
    assert [line.kind for line in lines] == ["ticket.approved"]
    # The next ticket has to be overridden by itself.
    again = await kit.sent(buy(2))
    assert again.state is OrderState.BLOCKED


async def test_what_the_ticket_does_not_say_cannot_be_overridden(kit, navs) -> None:
    ticket = await kit.ticket(buy())
    assert await kit.desk.override(kit.click(ticket)) is ClickOutcome.ERROR
    assert (await kit.stored(ticket)).state is TicketState.PRESENTED


async def test_the_market_may_leave_the_inav_after_the_press(kit, navs) -> None:
    ticket = await kit.approved(buy())
    navs.reading = worth("33000")
    await kit.run()
    assert (await kit.order(f"{ticket.ticket_id}-1")).state is OrderState.BLOCKED


@pytest.mark.parametrize(
    ("reading", "words"),
    [
        (worth("35000", in_vi=True), "VI"),
        (worth(None, gap=NavGap.UNREADABLE), "iNAV를 다시 읽고"),
    ],
)
async def test_what_passes_by_itself_is_waited_for(kit, navs, clock, reading, words) -> None:
    navs.reading = reading
    ticket = await kit.approved(buy())
    again = await kit.run()
    order = await kit.order(f"{ticket.ticket_id}-1")
    assert order.state is OrderState.CREATED
    assert again is not None
    await kit.outbox.deliver()
    assert words in kit.surface.alerts[-1][1]
    navs.reading = worth("35000", in_vi=False)
    clock.move(5)
    await kit.run()
    assert (await kit.order(order.order_id)).state is OrderState.WORKING


async def test_a_pace_and_an_interruption_together_are_waited_for(kit, navs) -> None:
    kit.limits = changed(kit.limits, minute_count=1)
    kit.context = changed(kit.context, limit_source=type(kit.context.limit_source)(kit.limits))
    kit.desk = OrderDesk(kit.context, kit.surface, kit.outbox)
    await kit.sent(buy(1))
    navs.reading = worth("35000", in_vi=True)
    ticket = await kit.approved(buy(2))
    assert await kit.run() is not None
    assert (await kit.order(f"{ticket.ticket_id}-1")).state is OrderState.CREATED


async def test_another_broken_rule_beside_it_still_ends_the_order(kit, navs) -> None:
    ticket = await kit.approved(buy())
    navs.reading = worth("33000")
    kit.broker.halted = True
    await kit.run()
    order = await kit.order(f"{ticket.ticket_id}-1")
    assert order.state is OrderState.BLOCKED
    assert "알고 승인" not in order.reason
    assert "거래가 정지된" in order.reason


async def test_a_basket_says_what_is_the_same_for_all_legs_once(kit, navs) -> None:
    navs.reading = NO_NAV
    ticket = await kit.ticket(sell(1), buy(1), kind=TicketKind.BASKET)
    assert len([note for note in ticket.notes if "iNAV" in note]) == 1
    assert KODEX in navs.asked


async def test_where_nobody_is_asked_nothing_is_said(kit) -> None:
    ticket = await kit.ticket(buy())
    assert not [note for note in ticket.notes if "iNAV" in note]

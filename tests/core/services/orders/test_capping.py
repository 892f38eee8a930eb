"""The position cap: which one a ticket is judged by, that it says so, and that the gate keeps it."""

from __future__ import annotations

from dataclasses import replace

from core.domain.orders import OrderState, OrderType
from core.domain.risk import Denied, RiskLimits
from core.domain.tickets import TicketKind
from core.services.orders.facts import noted_on
from tests.fakes.desk_kit import KODEX, TIGER, buy, proposal, rules, sell

LIMITS = RiskLimits()
TIGHT = "한 종목 비중 한도: 순자산의 10 %"


def narrow(kit, **changes):
    kit.limits = replace(LIMITS, **changes)
    kit.broker.holdings.clear()
    kit.broker.cash_won = 1_000_000
    kit.again()


async def test_ten_percent_where_it_buys_a_share_of_each(kit):
    narrow(kit)
    ticket = await kit.ticket(buy(9), kind=TicketKind.BASKET)
    assert ticket.legs[0].quantity == 2
    assert ticket.notes == (TIGHT, "KODEX 200: 수량 조정 9 → 2주 (한 종목 비중 한도)")


async def test_forty_percent_where_one_share_costs_more_than_ten(kit):
    narrow(kit)
    kit.broker.prices[KODEX] = 150_000
    ticket = await kit.ticket(buy(9), buy(9, symbol=TIGER), kind=TicketKind.BASKET)
    assert ticket.legs[0].quantity == 2
    assert ticket.notes[0] == (
        "한 종목 비중 한도: 순자산의 40 % (10 %로는 KODEX 200 1주(150,000원)를 살 수 없어 넓혔습니다)"
    )


async def test_what_a_person_typed_is_refused_with_the_cap(kit):
    narrow(kit)
    denied = await kit.desk.propose(proposal(buy(3)))
    assert isinstance(denied, Denied)
    assert [(item.rule.value, item.limit, item.percent) for item in denied.violations] == [
        ("position_weight", 100_000, 10)
    ]


async def test_a_named_price_and_a_market_order_are_what_they_are_judged_at(kit):
    narrow(kit)
    kit.broker.prices[KODEX] = 99_000
    assert (await kit.ticket(buy(1, 99_000))).notes == (TIGHT,)
    wide = await kit.ticket(buy(1, order_type=OrderType.MARKET))
    assert wide.notes[0].startswith("한 종목 비중 한도: 순자산의 40 %")


async def test_a_position_at_its_tight_cap_does_not_open_the_wide_one(kit):
    narrow(kit)
    kit.broker.holdings[KODEX], kit.broker.cash_won = 2, 930_000
    assert rules((await kit.desk.propose(proposal(buy(1)))).violations) == ["position_weight"]


async def test_a_sale_says_nothing_of_caps(kit):
    assert (await kit.ticket(sell(1))).notes == ()


async def test_the_gate_holds_to_the_cap_the_ticket_was_shown_with(kit):
    narrow(kit)
    kit.broker.prices[KODEX] = 150_000
    both = await kit.approved(buy(2), buy(2, symbol=TIGER), kind=TicketKind.BASKET)
    async with kit.ledger.transaction() as tx:
        assert (await noted_on(tx, both.ticket_id)).cap_percent == 40
        assert (await noted_on(tx, "nobody's")).cap_percent is None
    await kit.run()
    states = [(await kit.order(f"{both.ticket_id}-{number}")).state for number in (1, 2)]
    assert states == [OrderState.WORKING, OrderState.WORKING]
    assert [post.quantity for post in kit.broker.posts] == [2, 2]


async def test_a_limit_tightened_after_the_press_makes_the_order_smaller(kit):
    narrow(kit)
    ticket = await kit.approved(buy(2))
    kit.context.limit_source.current = replace(LIMITS, position_weight_percent=4)
    await kit.run()
    assert [post.quantity for post in kit.broker.posts] == [1]
    view = await kit.desk.view(ticket.ticket_id)
    assert view.reduced_by == {f"{ticket.ticket_id}-1": ("position_weight",)}


async def test_an_unreadable_quote_leaves_the_cap_to_the_other_legs(kit):
    narrow(kit)
    kit.broker.broken = {"quote"}
    denied = await kit.desk.propose(proposal(buy(1)))
    assert rules(denied.violations) == ["facts_missing"]


async def test_the_same_order_is_not_sent_a_third_time_within_ten_minutes(kit):
    kit.again()
    for _ in range(2):
        sent = await kit.sent(buy(1, 35_000))
        kit.broker.fill(sent.ref.number, 1)
        await kit.poll()
    third = await kit.desk.propose(proposal(buy(1, 35_000)))
    assert rules(third.violations) == ["repeated"]

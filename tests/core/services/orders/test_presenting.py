from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest

from core.domain.instrument import Symbol
from core.domain.leg_record import market_text
from core.domain.modes import Mode, TradingState
from core.domain.money import Won
from core.domain.orders import OrderType, Side
from core.domain.risk import Denied
from core.domain.tickets import Ticket, TicketKind, TicketState
from core.services.risk.wording import explain
from tests.fakes.desk_kit import KO, KODEX, LEVERAGE, TIGER, WIDE, at, buy, proposal, rules, sell
from tests.fakes.scripted_broker import Answer


async def test_a_ticket_fixes_envelope_hash_and_deadline(kit):
    ticket = await kit.ticket(buy())
    (leg,) = ticket.legs
    envelope = leg.envelope
    assert (envelope.symbol, envelope.side, envelope.quantity_max) == (KODEX, Side.BUY, 3)
    assert (leg.price_won, envelope.limit_won, envelope.good_until) == (35_000, 36_050, at(15, 15))
    assert ticket.expires_at == at(10, 10)
    assert ticket.payload_hash == ticket.hashed()
    changed = replace(ticket, legs=(replace(leg, envelope=replace(envelope, limit_won=Won(1))),))
    assert changed.hashed() != ticket.payload_hash
    assert await kit.stored(ticket) == ticket
    (line,) = await kit.journal(ticket.ticket_id)
    assert (line.kind, line.facts["hash"]) == ("ticket.presented", ticket.payload_hash)
    (record,) = await kit.records()
    assert (record.record_id, record.status) == (f"{ticket.ticket_id}-1", "PRESENTED")
    assert json.loads(record.market)["last_won"] == 35_000
    assert json.loads(record.portfolio_before)["positions"][TIGER]["quantity"] == 5


async def test_the_analysis_of_a_proposal_is_kept_beside_the_quote(kit):
    await kit.desk.propose(replace(proposal(buy()), snapshot='{"known": 28}'))
    (record,) = await kit.records()
    seen = json.loads(record.market)
    assert (seen["last_won"], seen["analysis"]) == (35_000, {"known": 28})


async def test_a_sale_shows_fee_and_tax_of_the_gain(kit):
    (leg,) = (await kit.ticket(sell(5))).legs
    assert leg.fee_won == 22
    assert leg.tax_won == 770  # 15.4 % of 5 × 1,000


async def test_a_sale_of_what_left_the_universe_is_taxed_as_the_upper_bound(kit):
    gone = type(KODEX)("999990")
    kit.broker.prices[gone] = 10_000
    kit.broker.holdings[gone] = 1
    (leg,) = (await kit.ticket(sell(1, symbol=gone))).legs
    assert (leg.name, leg.tax_won) == (gone, 154)


async def test_sells_come_first_and_pay_for_buys(kit):
    kit.broker.cash_won = 50_000
    ticket = await kit.ticket(buy(4), sell(5), kind=TicketKind.BASKET)
    assert [leg.envelope.side for leg in ticket.legs] == [Side.SELL, Side.BUY]
    assert ticket.legs[1].quantity == 4
    assert ticket.expires_at == at(15)


async def test_a_basket_is_reduced_and_says_so(kit):
    kit.broker.cash_won, kit.broker.holdings[TIGER] = 100_000, 20
    ticket = await kit.ticket(buy(9), kind=TicketKind.BASKET)
    assert ticket.legs[0].quantity == 2
    assert ticket.legs[0].envelope.quantity_max == 2
    assert ticket.notes == (
        "한 종목 비중 한도: 순자산의 100 %",
        "KODEX 200: 수량 조정 9 → 2주 (주문 가능 금액)",
    )


async def test_a_basket_goes_without_a_leg_and_says_why(kit):
    ticket = await kit.ticket(buy(2), sell(9, symbol=KODEX), kind=TicketKind.BASKET)
    assert [leg.envelope.side for leg in ticket.legs] == [Side.BUY]
    cap, note = ticket.notes
    assert cap == "한 종목 비중 한도: 순자산의 100 %"
    assert "팔 수 있는 수량은 0주" in note
    dropped = [item for item in await kit.records() if item.record_id.startswith("denied")]
    assert [(item.action, item.status) for item in dropped] == [("sell", "DENIED sellable")]


async def test_what_a_person_asked_for_is_refused_not_changed(kit):
    kit.broker.cash_won, kit.broker.holdings[TIGER] = 100_000, 20
    denied = await kit.desk.propose(proposal(buy(9)))
    assert isinstance(denied, Denied)
    assert rules(denied.violations) == ["cash"]
    (record,) = await kit.records()
    assert record.status == "DENIED cash"
    (line,) = await kit.journal(record.record_id.split("-")[1])
    assert line.kind == "proposal.denied"
    assert line.facts["violations"][0]["limit"] == 100_000
    assert await kit.tickets() == ()


@pytest.mark.parametrize(
    ("legs", "expected"),
    [
        ((), ["quantity_minimum"]),
        ((buy(0),), ["quantity_minimum"]),
        ((sell(-1),), ["quantity_minimum"]),
        ((buy(10_001),), ["quantity_maximum"]),
        ((buy(1, 0),), ["price_outside_band"]),
        ((buy(1, symbol=Symbol("111111")),), ["unknown_symbol"]),
        (
            (buy(0, -5, Symbol("111111")),),
            ["quantity_minimum", "price_outside_band", "unknown_symbol"],
        ),
    ],
)
async def test_the_absurd_is_refused_before_any_call(kit, legs, expected):
    kit.broker.broken = {"account", "quote", "buying_power", "sellable", "order_history"}
    denied = await kit.desk.propose(proposal(*legs))
    assert rules(denied.violations) == expected


@pytest.mark.parametrize("broken", ["account", "quote", "buying_power"])
async def test_a_fact_that_cannot_be_read_blocks_a_buy(kit, broken):
    kit.broker.broken = {broken}
    denied = await kit.desk.propose(proposal(buy(1, 35_000)))
    assert rules(denied.violations) == ["facts_missing"]


async def test_a_sale_needs_the_sellable_quantity(kit):
    kit.broker.broken = {"sellable"}
    assert rules((await kit.desk.propose(proposal(sell(1)))).violations) == ["facts_missing"]


async def test_an_unreadable_account_leaves_an_empty_portfolio_in_the_record(kit):
    kit.broker.broken = {"account"}
    await kit.desk.propose(proposal(sell(1)))
    (record,) = await kit.records()
    assert record.portfolio_before == "{}"
    # A refused leg keeps the price it was refused at: its outcome is measured from there.
    assert '"last_won": 30000' in record.market


@pytest.mark.parametrize(
    "now",
    [
        at(10, day=date(2026, 11, 21)),  # Saturday
        at(15, 15),
        at(10, day=date(2040, 1, 2)),  # outside the table
    ],
)
async def test_closed_means_denied(kit, now):
    kit.clock.set(now)
    denied = await kit.desk.propose(proposal(buy(1)))
    assert rules(denied.violations) == ["session_closed"]


async def test_a_basket_is_not_born_expired(kit):
    kit.clock.set(at(15, 5))
    denied = await kit.desk.propose(proposal(buy(1), kind=TicketKind.BASKET))
    assert rules(denied.violations) == ["session_closed"]
    assert isinstance(await kit.desk.propose(proposal(buy(1))), Ticket)


async def test_observe_and_halt_and_leverage_are_named_together(kit):
    kit.broker.mode = Mode.OBSERVE
    kit.broker.prices[LEVERAGE] = 20_000
    await kit.switch.set_state(TradingState.HALTED, actor="11", reason="test")
    denied = await kit.desk.preview(proposal(buy(1, symbol=LEVERAGE)))
    assert rules(denied.violations) == ["observe_only", "halted", "not_plain_etf"]
    assert await kit.tickets() == ()


async def test_a_watched_account_says_what_is_missing(kit):
    kit.broker.mode = Mode.OBSERVE
    denied = await kit.desk.propose(proposal(buy(1)))
    market = kit.context.market
    assert explain(denied.violations, KO, market) == KO.say("risk.observe_only")
    kit.interlock.sentence = "아직 갖춰지지 않은 것: 소유자의 확인"
    denied = await kit.desk.propose(proposal(buy(1)))
    words = explain(denied.violations, KO, market)
    assert words == "관찰 모드라 주문을 보내지 않습니다. 아직 갖춰지지 않은 것: 소유자의 확인"


def test_what_was_not_read_is_an_empty_record():
    assert market_text(None) == "{}"


async def test_a_preview_stores_nothing(kit):
    assert await kit.desk.preview(proposal(buy(1))) is None
    assert await kit.tickets() == ()
    assert await kit.records() == ()


async def test_pacing_is_no_reason_to_refuse_a_ticket(kit):
    kit.limits = replace(WIDE, minute_count=1)
    kit.again()
    await kit.sent(buy(1))
    assert isinstance(await kit.desk.propose(proposal(buy(1))), Ticket)


async def test_earlier_legs_count_against_later_ones(kit):
    kit.limits = replace(WIDE, position_weight_percent=40, day_count=2)
    kit.again()  # 40 % of 750,000 = 300,000
    denied = await kit.desk.propose(proposal(buy(5), buy(5)))
    assert [(item.rule.value, item.value) for item in denied.violations] == [
        ("position_weight", 350_000)
    ]
    denied = await kit.desk.propose(proposal(sell(3), sell(3)))
    assert [(item.rule.value, item.limit) for item in denied.violations] == [("sellable", 2)]
    denied = await kit.desk.propose(proposal(sell(1), sell(1), sell(1)))
    assert rules(denied.violations) == ["day_count"]


async def test_market_orders_are_priced_at_the_worst_of_the_day(kit):
    market = OrderType.MARKET
    ticket = await kit.ticket(sell(5, order_type=market), buy(8, order_type=market))
    assert [leg.price_won for leg in ticket.legs] == [None, None]
    assert ticket.legs[1].envelope.limit_won is None
    denied = await kit.desk.propose(proposal(buy(9, order_type=market)))
    assert [(item.rule.value, item.value) for item in denied.violations] == [
        ("order_amount", 9 * 45_500)
    ]


async def test_live_and_doubtful_buys_are_counted_before_they_fill(kit):
    market = OrderType.MARKET
    kit.broker.answers.append(Answer.SILENT_AND_LOST)
    order = await kit.sent(buy(8, order_type=market))
    assert order.state.value == "UNKNOWN"
    denied = await kit.desk.preview(proposal(buy(1, 35_000)))
    assert rules(denied.violations) == ["in_doubt"]
    kit.broker.prices[TIGER], kit.broker.holdings[TIGER] = 45_000, 8
    denied = await kit.desk.preview(proposal(buy(8, 45_000, TIGER)))
    by_rule = {item.rule.value: item for item in denied.violations}
    held = 8 * 45_500 + 54  # with the fee
    assert by_rule["cash"].limit == 600_000 - held
    assert by_rule["capital"].value == 8 * 45_000 + held + 360_000


async def test_a_stopped_day_refuses_even_without_a_reason(kit):
    await kit.switch.stop_for_day(kit.clock.now().date(), "")
    denied = await kit.desk.preview(proposal(buy(1)))
    assert rules(denied.violations) == ["halted"]


async def test_the_thread_of_the_proposal_is_where_the_ticket_is_shown(kit):
    made = await kit.desk.propose(proposal(buy(1), thread=71))
    assert made.channel_id == 71
    assert made.state is TicketState.PRESENTED

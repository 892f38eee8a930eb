"""The user's rules on the way of an order: said on the ticket, kept at the gate, never twice."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select

from core.domain.journal import JournalEntry
from core.domain.orders import OrderState
from core.domain.tickets import TicketKind
from core.services.orders.desk import OrderDesk
from core.services.orders.facts import ASKED, noted_on
from storage.schema import trade_records
from tests.core.domain.rule_cases import rule
from tests.fakes.desk_kit import KODEX, TIGER, buy, proposal, rules, sell
from tests.fakes.set_rules import SetRules

HALF = rule("R3", category="position_sizing", action="shrink_to_50_percent")


def obey(kit, *obeyed) -> SetRules:
    source = SetRules(obeyed)
    kit.context = replace(kit.context, rules=source)
    kit.desk = OrderDesk(kit.context, kit.surface, kit.outbox)
    return source


async def test_a_basket_is_made_smaller_and_says_by_which_rule(kit):
    obey(kit, HALF)
    ticket = await kit.ticket(buy(3), kind=TicketKind.BASKET)
    assert ticket.legs[0].quantity == 1
    assert ticket.notes[-1] == "KODEX 200: 수량 조정 3 → 1주 (규칙 R3)"
    async with kit.ledger.transaction() as tx:
        assert (await noted_on(tx, ticket.ticket_id)).asked == {KODEX: 3}
        effects = await tx.rule_effects_of("R3")
    assert [(item.record_id, item.asked, item.kept) for item in effects] == [
        (f"{ticket.ticket_id}-1", 3, 1)
    ]


async def test_the_gate_takes_nothing_more_off(kit):
    obey(kit, HALF)
    await kit.approved(buy(9), kind=TicketKind.BASKET)
    await kit.run()
    assert [post.quantity for post in kit.broker.posts] == [4]


async def test_what_a_person_typed_is_refused_with_what_the_rule_leaves(kit):
    obey(kit, HALF)
    denied = await kit.desk.propose(proposal(buy(3)))
    assert [(item.rule.value, item.limit, item.because) for item in denied.violations] == [
        ("rule_shrinks", 1, "R3")
    ]


async def test_a_blocked_purchase_is_no_ticket_and_the_journal_says_why(kit):
    obey(kit, rule())
    denied = await kit.desk.propose(proposal(buy(1)))
    assert rules(denied.violations) == ["rule_blocks"]
    async with kit.ledger.transaction() as tx:
        lines = await tx.journal_after(0)
        effects = await tx.rule_effects_of("R1")
    facts = next(line.entry.facts for line in lines if line.entry.kind == "proposal.denied")
    assert facts["violations"][0]["because"] == "R1"
    assert [(item.symbol, item.asked, item.kept) for item in effects] == [(KODEX, 1, 0)]


async def test_of_a_basket_only_what_a_rule_took_off_is_noted(kit):
    source = obey(kit, HALF)
    legs = (sell(1), buy(2, symbol=TIGER), buy(1), buy(3, 1, symbol=TIGER))
    ticket = await kit.ticket(*legs, kind=TicketKind.BASKET)
    assert [(leg.envelope.side.value, leg.quantity) for leg in ticket.legs] == [
        ("sell", 1),
        ("buy", 1),
    ]
    assert source.asked_of == [TIGER, KODEX, TIGER]
    async with kit.ledger.transaction() as tx:
        effects = await tx.rule_effects_of("R3")
    assert {(item.symbol, item.asked, item.kept) for item in effects} == {
        (TIGER, 2, 1),
        (KODEX, 1, 0),
        (TIGER, 3, 1),
    }


async def test_a_sale_that_rules_call_for_is_noted_as_their_doing(kit):
    obey(kit)
    leg = replace(sell(2), by_rules="R7, H1")
    ticket = await kit.ticket(leg, kind=TicketKind.BASKET)
    async with kit.ledger.transaction() as tx:
        found = [await tx.rule_effects_of(rule_id) for rule_id in ("R7", "H1")]
    assert [[(item.record_id, item.asked, item.kept) for item in one] for one in found] == [
        [(f"{ticket.ticket_id}-1", 2, 0)]
    ] * 2


async def test_a_sale_that_is_refused_is_noted_too(kit):
    obey(kit)
    denied = await kit.desk.propose(proposal(replace(sell(9_999), by_rules="R7")))
    assert denied.violations
    async with kit.ledger.transaction() as tx:
        effects = await tx.rule_effects_of("R7")
    assert [(item.symbol, item.asked, item.kept) for item in effects] == [(TIGER, 9_999, 0)]


async def test_a_refusal_names_the_rule_in_its_record(kit):
    obey(kit, rule())
    await kit.desk.propose(proposal(buy(1)))
    async with kit.ledger.transaction() as tx:
        [effect] = await tx.rule_effects_of("R1")
    async with kit.ledger._database.reading() as sql:
        row = await sql.row(
            select(trade_records).where(trade_records.c.record_id == effect.record_id)
        )
    assert row["status"] == "DENIED rule_blocks:R1"


async def test_sales_ask_for_no_rules(kit):
    source = obey(kit, rule())
    assert await kit.ticket(sell(1))
    assert source.asked_of == []


async def test_a_rule_that_comes_after_the_press_is_kept_at_the_gate(kit):
    source = obey(kit)
    ticket = await kit.approved(buy(4))
    source.rules = (HALF,)
    await kit.run()
    assert [post.quantity for post in kit.broker.posts] == [2]
    view = await kit.desk.view(ticket.ticket_id)
    assert view.reduced_by == {f"{ticket.ticket_id}-1": ("rule_shrinks:R3",)}


async def test_a_rule_that_blocks_after_the_press_ends_the_order(kit):
    source = obey(kit)
    ticket = await kit.approved(buy(4))
    source.rules, source.values = (rule(),), {}
    await kit.run()
    order = await kit.order(f"{ticket.ticket_id}-1")
    assert order.state is OrderState.BLOCKED
    assert "규칙 R1" in order.reason
    assert kit.broker.posts == []


async def test_an_unreadable_note_of_what_was_asked_counts_as_none(kit):
    for facts in ({ASKED: 3}, {ASKED: {KODEX: "3"}}):
        async with kit.ledger.transaction() as tx:
            subject = f"T{len(str(facts))}"
            entry = JournalEntry(
                at=kit.clock.now(), kind="ticket.presented", actor="", subject=subject, facts=facts
            )
            await tx.append_journal(entry)
            assert (await noted_on(tx, subject)).asked == {}

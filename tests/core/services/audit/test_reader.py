from __future__ import annotations

import pytest
from sqlalchemy import text

from core.domain.journal import JournalEntry
from core.domain.orders import OrderState, WireRecord
from core.domain.tickets import TicketState
from core.errors import JournalAltered
from core.services.audit.reader import AuditTrail
from storage.ledger import SqlLedger
from storage.opening import open_database
from tests.fakes.desk_kit import KODEX, OWNER, TIGER, Kit, RecordingSurface, at, buy, sell
from tests.fakes.hand_clock import HandClock
from tests.fakes.scripted_broker import Answer, ScriptedBroker


@pytest.fixture
async def database(database_file):
    opened = await open_database(f"sqlite:///{database_file}", migrate=False)
    yield opened
    await opened.close()


@pytest.fixture
def kit(database, tmp_path):
    clock = HandClock(at(10))
    return Kit(
        SqlLedger(database, build="0123456789ab"),
        clock,
        ScriptedBroker(
            clock,
            prices={KODEX: 35_000, TIGER: 30_000},
            holdings={TIGER: 5},
            cash_won=600_000,
        ),
        RecordingSurface(),
        tmp_path / "HALT",
    )


@pytest.fixture
def trail(kit):
    return AuditTrail(kit.ledger, kit.ledger)


async def test_a_ticket_tells_from_the_proposal_to_the_fill(kit, trail):
    order = await kit.sent(buy(3))
    kit.broker.fill(order.ref.number, 3)
    await kit.poll()
    story = await trail.story(order.ticket_id)
    assert story.ticket.reason == "부탁"
    assert story.approval.actor_id == OWNER
    assert "ticket.presented" in [line.kind for line in story.lines]
    assert story.builds == ("0123456789ab",)
    (told,) = story.orders
    assert told.order.state is OrderState.FILLED
    assert told.attempt.order_id == order.order_id
    assert [fill.quantity for fill in told.fills] == [3]
    assert '"last_won"' in told.record.market
    assert '"nav_won"' in told.record.portfolio_before
    kinds = [line.kind for line in told.lines]
    assert kinds[0] == "order.gated"
    assert kinds[-1] == "order.filled"
    assert story.records == ()


async def test_an_order_id_tells_of_that_order_and_its_ticket(kit, trail):
    order = await kit.sent(sell(1), buy(1))
    both = await trail.story(order.ticket_id)
    one = await trail.story(order.order_id)
    assert [told.order.order_id for told in both.orders] == [
        f"{order.ticket_id}-1",
        f"{order.ticket_id}-2",
    ]
    assert one.orders == both.orders[:1]
    assert (one.subject, one.ticket) == (order.order_id, both.ticket)


async def test_a_declined_ticket_keeps_why_it_was_proposed(kit, trail):
    ticket = await kit.ticket(buy(2))
    await kit.desk.decline(kit.click(ticket))
    story = await trail.story(ticket.ticket_id)
    assert story.ticket.state is TicketState.DECLINED
    assert (story.approval, story.orders) == (None, ())
    assert [record.justification for record in story.records] == ["부탁"]


async def test_other_subjects_have_lines_only_and_nobody_has_nothing(kit, trail):
    assert await trail.story("trading") is None
    await kit.switch.stop_for_day(at(10).date(), "시세 없음")
    story = await trail.story("trading")
    assert (story.ticket, story.orders, story.records) == (None, (), ())
    assert [line.kind for line in story.lines] == ["switch.day_stopped"]


async def test_the_answer_of_the_broker_is_part_of_it(kit, trail):
    kit.broker.answers.append(Answer.SILENT_AND_LOST)
    order = await kit.sent(buy(1))
    assert (await trail.story(order.order_id)).orders[0].wire is None
    async with kit.ledger.transaction() as tx:
        await tx.append_journal(
            JournalEntry(
                at=at(10, 1),
                kind="order.unknown",
                actor="broker",
                subject=order.order_id,
                facts={"request": "POST", "answer": "504"},
            )
        )
    (told,) = (await trail.story(order.order_id)).orders
    assert told.wire == WireRecord(request="POST", answer="504")


async def test_the_last_lines_and_the_head_agree(kit, trail, database):
    assert await trail.last(5) == ()
    await kit.sent(buy(1))
    head = await trail.head()
    lines = await trail.last(2)
    assert [line.number for line in lines] == [head.lines - 1, head.lines]
    assert lines[-1].line_hash == head.line_hash
    assert await trail.line(head.lines) == lines[-1]
    assert [await trail.line(number) for number in (0, head.lines + 1)] == [None, None]
    assert await trail.verify() == head
    assert len(await trail.last(10_000)) == head.lines
    async with database.transaction() as sql:
        await sql.run(text("DROP TRIGGER journal_no_update"))
        await sql.run(text("UPDATE journal SET actor = 'x' WHERE seq = 2"))
    with pytest.raises(JournalAltered, match="line 2") as caught:
        await trail.verify()
    assert caught.value.line == 2

"""The rules in force survive a restart, change in versions, and are never guessed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal

import pytest

from core.domain.risk import RiskLimits
from core.domain.rule_record import RuleRow
from core.domain.rules import RuleMove, RuleOrigin, RuleState
from core.errors import StaleState, StorageError
from core.runtime.rule_book import RuleBook
from core.services.rules.shipped import shipped_rules
from core.strategy.parameters import Parameters
from storage.engine import Database
from storage.ledger import SqlLedger
from tests.core.domain.rule_cases import TODAY, terms
from tests.fakes.desk_kit import KO, at
from tests.fakes.hand_clock import HandClock

SHIPPED = shipped_rules(KO, RiskLimits(), Parameters(), Decimal(2))
ACTIVE, DISABLED, RETIRED = RuleState.ACTIVE, RuleState.DISABLED, RuleState.RETIRED


@pytest.fixture
async def ledger(database_file) -> AsyncIterator[SqlLedger]:
    database = Database(f"sqlite:///{database_file}")
    yield SqlLedger(database)
    await database.close()


async def opened(ledger, shipped=SHIPPED) -> RuleBook:
    book = RuleBook(shipped, ledger, ledger, HandClock(at(10)))
    await book.load()
    return book


async def added(book: RuleBook, origin=RuleOrigin.REFLECTION, state=ACTIVE):
    return await book.add(terms(), origin, state, actor="1", reason="because", evidence="{}")


async def test_it_begins_with_the_shipped_rules_and_obeys_none_of_them(ledger):
    book = await opened(ledger)
    assert [rule.rule_id for rule in book.rules] == ["S1", "S2", "S3", "S4", "S5"]
    assert book.obeyed == ()


async def test_rules_are_numbered_by_origin_and_counted_on_after_a_restart(ledger):
    book = await opened(ledger)
    ids = [(await added(book, origin)).rule_id for origin in (RuleOrigin.REFLECTION,) * 2]
    ids.append((await added(book, RuleOrigin.HAND)).rule_id)
    assert ids == ["R1", "R2", "H1"]
    again = await opened(ledger)
    assert again.rules == book.rules
    assert [rule.rule_id for rule in again.obeyed] == ["H1", "R1", "R2"]
    assert (await added(again)).rule_id == "R3"


async def test_every_change_is_a_version_and_a_line_of_the_journal(ledger):
    book = await opened(ledger)
    await added(book, state=RuleState.PROPOSED)
    for state in (ACTIVE, DISABLED, RETIRED):
        assert await book.move("R1", state, actor="7", reason="so") is RuleMove.DONE
    assert book.obeyed == ()
    async with ledger.transaction() as tx:
        history = await tx.rule_history("R1")
        lines = await tx.journal_of("R1")
    assert [(row.version, row.state) for row in history] == [
        (1, RuleState.PROPOSED),
        (2, ACTIVE),
        (3, DISABLED),
        (4, RETIRED),
    ]
    assert [line.kind for line in lines] == [f"rule.{row.state.value}" for row in history]
    assert lines[0].facts["evidence"] == "{}"
    assert await book.move("R1", ACTIVE, actor="7") is RuleMove.NOT_NOW


async def test_what_a_setting_keeps_cannot_be_switched_here(ledger):
    book = await opened(ledger)
    assert await book.move("S1", DISABLED, actor="7") is RuleMove.SETTING
    assert await book.move("R9", DISABLED, actor="7") is RuleMove.UNKNOWN_RULE
    assert await book.move("S3", ACTIVE, actor="7") is RuleMove.DONE
    assert await book.move("S3", RETIRED, actor="7") is RuleMove.NOT_NOW
    again = await opened(ledger)
    assert [rule.rule_id for rule in again.obeyed] == ["S3"]
    assert again.obeyed[0].version == 2
    # A later program may enforce it elsewhere, or no longer know it.
    elsewhere = replace(SHIPPED[2], enforced_by="VOLUME")
    assert (await opened(ledger, (elsewhere,))).rules == (elsewhere,)
    assert (await opened(ledger, ())).rules == ()


@pytest.mark.parametrize("state", [ACTIVE, DISABLED])
async def test_a_rule_in_force_that_cannot_be_read_stops_the_start(ledger, state):
    row = RuleRow(
        rule_id="R1",
        version=1,
        origin=RuleOrigin.REFLECTION,
        state=state,
        since=TODAY,
        terms="{}",
        actor="",
        reason="",
        evidence="",
        at=at(10),
    )
    async with ledger.transaction() as tx:
        await tx.insert_rule_row(row)
        await tx.insert_rule_row(replace(row, rule_id="Rx", state=RETIRED))
    with pytest.raises(StorageError, match="R1"):
        await opened(ledger)
    async with ledger.transaction() as tx:
        await tx.insert_rule_row(replace(row, version=2, state=RETIRED))
    book = await opened(ledger)
    assert len(book.rules) == len(SHIPPED)
    assert (await added(book)).rule_id == "R2"


async def test_two_books_cannot_both_change_a_rule(ledger):
    first, second = await opened(ledger), await opened(ledger)
    await added(first)
    with pytest.raises(StaleState):
        await added(second)
    assert second.obeyed == ()


async def test_what_was_read_before_a_change_does_not_undo_it(ledger):
    book = await opened(ledger)
    await added(book)
    async with ledger.reading() as tx:
        assert await tx.rule_row_count() == 1
        await added(book)
        # Read in the state of before, while ours is newer.
        await book._load(tx)
    assert [rule.rule_id for rule in book.obeyed] == ["R1", "R2"]
    other = await opened(ledger)
    await added(other)
    await book.refresh()
    assert [rule.rule_id for rule in book.obeyed] == ["R1", "R2", "R3"]


async def test_a_reading_between_the_commit_and_its_end_counts_once(ledger):
    book = await opened(ledger)

    class Overtaken:
        """Ends each transaction only after somebody read its outcome again."""

        @asynccontextmanager
        async def transaction(self):
            async with ledger.transaction() as tx:
                yield tx
            await book.refresh()

    book._ledger = Overtaken()
    await added(book)
    assert [rule.rule_id for rule in book.obeyed] == ["R1"]
    await added(book)
    other = await opened(ledger)
    await other.move("R1", DISABLED, actor="7")
    await book.refresh()
    assert [rule.rule_id for rule in book.obeyed] == ["R2"]


async def test_many_at_once_are_all_known_afterwards(ledger):
    book = await opened(ledger)

    async def one() -> None:
        for _ in range(20):
            try:
                await added(book)
            except StaleState:
                await book.refresh()
            else:
                return

    await asyncio.gather(*(one() for _ in range(6)), *(book.refresh() for _ in range(30)))
    assert book.rules == (await opened(ledger)).rules


async def test_how_the_rules_stood_at_any_moment_can_be_asked(ledger):
    book = await opened(ledger)
    first = await added(book)
    for hour, state in ((11, DISABLED), (12, ACTIVE), (13, RETIRED)):
        later = RuleBook(SHIPPED, ledger, ledger, HandClock(at(hour)))
        await later.load()
        await later.move(first.rule_id, state, actor="1")
    book = await opened(ledger)

    async def stood(hour: int) -> list[RuleState]:
        return [one.state for one in await book.as_of(at(hour)) if one.rule_id == "R1"]

    assert await stood(9) == []
    assert [await stood(hour) for hour in (10, 11, 12, 13)] == [
        [ACTIVE],
        [DISABLED],
        [ACTIVE],
        [RETIRED],
    ]
    assert [one.rule_id for one in await book.as_of(at(9))] == ["S1", "S2", "S3", "S4", "S5"]

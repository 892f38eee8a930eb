from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from core.domain.limits import LIMIT_TERMS, LimitOutcome
from core.domain.money import Won
from core.domain.risk import RiskLimits
from core.errors import StorageError
from core.runtime.limit_book import LimitBook
from storage.engine import Database
from storage.ledger import SqlLedger
from tests.fakes.desk_kit import at
from tests.fakes.hand_clock import HandClock

HARD = RiskLimits()


@pytest.fixture
async def ledger(database_file) -> AsyncIterator[SqlLedger]:
    database = Database(f"sqlite:///{database_file}")
    yield SqlLedger(database)
    await database.close()


@pytest.fixture
def book(ledger) -> LimitBook:
    return LimitBook(HARD, ledger, HandClock(at(10)))


async def again(ledger, hard: RiskLimits = HARD) -> LimitBook:
    made = LimitBook(hard, ledger, HandClock(at(11)))
    await made.load()
    return made


async def lines(ledger, name: str):
    async with ledger.transaction() as tx:
        return [(line.kind, line.actor, line.facts) for line in await tx.journal_of(name)]


async def test_nothing_stored_leaves_the_settings_in_force(book):
    await book.load()
    assert book.current == book.hard == book.next_start == HARD


async def test_tighter_counts_at_once_and_after_a_restart(book, ledger):
    answer = await book.tighten("day_count", 3, actor="11")
    assert (answer.outcome, answer.in_force, answer.unit) == (LimitOutcome.TIGHTENED, 3, "orders")
    assert book.current == replace(HARD, day_count=3)
    assert (await again(ledger)).current == replace(HARD, day_count=3)
    facts = {"value": 3, "before": 10, "hard": 10}
    assert await lines(ledger, "day_count") == [("limit.tightened", "11", facts)]


async def test_looser_counts_only_from_the_next_start(book, ledger):
    await book.tighten("day_amount_won", 200_000, actor="11")
    answer = await book.tighten("day_amount_won", 900_000, actor="11")
    assert (answer.outcome, answer.in_force) == (LimitOutcome.FROM_NEXT_START, 200_000)
    assert book.current.day_amount_won == 200_000
    assert book.next_start.day_amount_won == 900_000
    assert (await again(ledger)).current.day_amount_won == 900_000
    assert [kind for kind, _, _ in await lines(ledger, "day_amount_won")] == [
        "limit.tightened",
        "limit.wished",
    ]


async def test_tightening_one_keeps_the_others_that_wait_for_a_start(book):
    await book.tighten("day_count", 3, actor="11")
    await book.tighten("day_count", 8, actor="11")
    await book.tighten("minute_count", 1, actor="11")
    assert (book.current.day_count, book.current.minute_count) == (3, 1)


async def test_the_same_value_changes_nothing(book):
    answer = await book.tighten("day_count", 10, actor="11")
    assert answer.outcome is LimitOutcome.UNCHANGED
    assert book.current == HARD


@pytest.mark.parametrize(
    ("name", "value", "outcome", "bound"),
    [
        ("day_count", 11, LimitOutcome.BEYOND_SETTINGS, 10),
        ("capital_won", 10**12, LimitOutcome.BEYOND_SETTINGS, 1_000_000),
        ("day_count", 0, LimitOutcome.TOO_LOW, 1),
        ("order_amount_won", -5, LimitOutcome.TOO_LOW, 1),
        ("cash_floor_won", -1, LimitOutcome.TOO_LOW, 0),
        ("position_tight_percent", 1, LimitOutcome.UNKNOWN_NAME, 0),
        ("leveraged_allowed", 1, LimitOutcome.UNKNOWN_NAME, 0),
        ("nonsense", 1, LimitOutcome.UNKNOWN_NAME, 0),
    ],
)
async def test_what_is_refused_is_neither_stored_nor_in_force(
    book, ledger, name, value, outcome, bound
):
    answer = await book.tighten(name, value, actor="11")
    assert (answer.outcome, answer.bound) == (outcome, bound)
    assert book.current == HARD
    assert (await again(ledger)).current == HARD
    assert await lines(ledger, name) == []


async def test_a_higher_cash_floor_is_tighter(book):
    hard = replace(HARD, cash_floor_won=Won(10_000))
    answer = await LimitBook(hard, book._ledger, book._clock).tighten(
        "cash_floor_won", 5_000, actor="11"
    )
    assert (answer.outcome, answer.bound) == (LimitOutcome.BEYOND_SETTINGS, 10_000)
    raised = await book.tighten("cash_floor_won", 50_000, actor="11")
    assert raised.outcome is LimitOutcome.TIGHTENED
    assert book.current.cash_floor_won == 50_000


async def test_settings_that_became_tighter_win_over_what_is_stored(book, ledger):
    await book.tighten("day_count", 9, actor="11")
    found = await again(ledger, replace(HARD, day_count=5))
    assert found.current.day_count == 5


@pytest.mark.parametrize("text", ["", "x", "-3", "1e9", "３", "9" * 13])
async def test_a_stored_limit_that_cannot_be_read_refuses_the_start(book, ledger, text):
    async with ledger.transaction() as tx:
        await tx.put_setting("limit.day_count", text)
    with pytest.raises(StorageError, match="the stored limit day_count cannot be read"):
        await book.load()


@pytest.mark.parametrize("name", LIMIT_TERMS)
async def test_every_limit_can_be_tightened(book, ledger, name):
    hard = getattr(HARD, name)
    value = hard + 1 if LIMIT_TERMS[name].more_is_tighter else hard - 1
    assert (await book.tighten(name, value, actor="11")).outcome is LimitOutcome.TIGHTENED
    assert getattr((await again(ledger)).current, name) == value

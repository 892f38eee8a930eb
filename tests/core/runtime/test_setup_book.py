from __future__ import annotations

import pytest

from core.domain.instrument import Instrument, Symbol
from core.domain.setup import Setup, SetupPart, SetupRefusal
from core.errors import StorageError
from core.runtime.setup_book import LiveIds, SetupBook
from storage.engine import Database
from storage.ledger import SqlLedger
from tests.fakes.desk_kit import at
from tests.fakes.hand_clock import HandClock

GIVEN = Setup(main_channel_id=11, alert_channel_id=12, approver_ids=frozenset({5, 6}))
A, B = Symbol("069500"), Symbol("102110")
UNIVERSE = {one: Instrument(symbol=one, name=one) for one in (A, B)}


@pytest.fixture
async def ledger(database_file):
    database = Database(f"sqlite:///{database_file}")
    yield SqlLedger(database)
    await database.close()


async def opened(ledger, *, real: bool = False, universe=UNIVERSE, given=GIVEN) -> SetupBook:
    book = SetupBook(given, universe, ledger, HandClock(at(10)), keeps_approvers=real)
    await book.load()
    return book


async def test_without_a_choice_the_settings_count(ledger):
    book = await opened(ledger)
    assert book.current == book.given == GIVEN
    assert book.universe == UNIVERSE


async def test_choices_count_at_once_after_a_restart_and_in_the_journal(ledger):
    book = await opened(ledger)
    for part, values in (
        (SetupPart.MAIN_CHANNEL, {"21"}),
        (SetupPart.ALERT_CHANNEL, {"22"}),
        (SetupPart.APPROVERS, {"6", "7"}),
        (SetupPart.LEFT_OUT, {A}),
    ):
        assert await book.choose(part, values, actor="9") is None
    chosen = Setup(
        main_channel_id=21,
        alert_channel_id=22,
        approver_ids=frozenset({6, 7}),
        left_out=frozenset({A}),
    )
    assert book.current == (await opened(ledger)).current == chosen
    await book.choose(SetupPart.APPROVERS, {"6"}, actor="9")
    async with ledger.transaction() as tx:
        lines = await tx.journal_of("approvers")
    assert [(line.kind, line.actor, line.facts) for line in lines] == [
        ("setup.chosen", "9", {"value": "6 7", "before": ""}),
        ("setup.chosen", "9", {"value": "6", "before": "6 7"}),
    ]


async def test_leaving_nothing_out_any_more_is_a_choice_too(ledger):
    book = await opened(ledger)
    await book.choose(SetupPart.LEFT_OUT, {A}, actor="9")
    await book.choose(SetupPart.LEFT_OUT, set(), actor="9")
    assert (await opened(ledger)).current.left_out == frozenset()


async def test_going_back_to_the_settings_lasts(ledger):
    book = await opened(ledger)
    await book.choose(SetupPart.MAIN_CHANNEL, {"21"}, actor="9")
    await book.forget(actor="9")
    assert book.current == (await opened(ledger)).current == GIVEN
    async with ledger.transaction() as tx:
        assert [line.kind for line in await tx.journal_of("main_channel")] == [
            "setup.chosen",
            "setup.forgotten",
        ]


@pytest.mark.parametrize(
    ("part", "values", "refusal"),
    [
        (SetupPart.APPROVERS, set(), SetupRefusal.NOBODY),
        (SetupPart.MAIN_CHANNEL, set(), SetupRefusal.NOBODY),
        (SetupPart.LEFT_OUT, {A, B}, SetupRefusal.NOTHING_LEFT),
    ],
)
async def test_a_choice_of_nobody_or_of_nothing_is_none(ledger, part, values, refusal):
    book = await opened(ledger)
    assert await book.choose(part, values, actor="9") is refusal
    assert book.current == (await opened(ledger)).current == GIVEN


async def test_with_real_orders_approvers_are_only_taken_away(ledger):
    book = await opened(ledger, real=True)
    added = await book.choose(SetupPart.APPROVERS, {"5", "7"}, actor="9")
    assert added is SetupRefusal.NOT_OF_THE_SETTINGS
    assert await book.choose(SetupPart.APPROVERS, {"5"}, actor="9") is None
    assert book.current.approver_ids == {5}


async def test_who_was_added_while_a_real_account_was_watched_approves_no_real_order(ledger):
    watched = await opened(ledger)
    await watched.choose(SetupPart.APPROVERS, {"5", "7"}, actor="9")
    assert watched.current.approver_ids == {5, 7}
    assert (await opened(ledger, real=True)).current.approver_ids == {5}


async def test_a_symbol_that_left_the_file_is_no_longer_left_out(ledger):
    await (await opened(ledger)).choose(SetupPart.LEFT_OUT, {A}, actor="9")
    later = await opened(ledger, universe={B: UNIVERSE[B]})
    assert later.current.left_out == frozenset()
    with pytest.raises(StorageError, match="cannot be read"):
        await opened(ledger, universe={A: UNIVERSE[A]})


async def test_what_nobody_can_read_refuses_the_start(ledger):
    async with ledger.transaction() as tx:
        await tx.put_setting("setup.approvers", "5 x")
    with pytest.raises(StorageError, match="cannot be read"):
        await opened(ledger)


def test_live_ids_are_those_of_the_moment():
    now = {1}
    ids = LiveIds(lambda: frozenset(now))
    assert 1 in ids
    assert ids | {7} == {1, 7}
    assert isinstance(ids | {7}, frozenset)
    now.add(2)
    assert (set(ids), len(ids)) == ({1, 2}, 2)
    assert not ids.isdisjoint({2})
    assert ids.isdisjoint({3})

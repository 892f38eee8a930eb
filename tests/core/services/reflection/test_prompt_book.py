"""Versions of the decision prompt on real files."""

from __future__ import annotations

import pytest

from core.domain.decision_prompt import (
    PROMPT_CHARACTERS_MAX,
    PromptAnswer,
    PromptOutcome,
    PromptState,
)
from core.errors import StorageError
from storage.ledger import SqlLedger
from storage.opening import open_database
from tests.core.flows.test_reflecting import SUNDAY
from tests.core.flows.week_world import world_of
from tests.storage.conftest import address_of

LESSON = ("- 교훈 [잃은 까닭 · timing] 늦었다 (거래 2건, 손실 300원)",)
OTHER = ("- 교훈 [잃은 까닭 · risk] 많이 샀다 (거래 1건, 손실 900원)",)


@pytest.fixture
async def world(database_file, tmp_path):
    database = await open_database(address_of(database_file), migrate=False)
    yield world_of(database, tmp_path, [], SUNDAY)
    await database.close()


async def proposed(world, lessons=LESSON, week: str = "2023-W10") -> int:
    note = await world.book.propose(week, (), lessons)
    assert note.outcome is PromptOutcome.PROPOSED
    return note.version


async def test_applied_with_a_copy_and_rolled_back_by_one_press(world) -> None:
    shipped = world.file.text()
    version = await proposed(world)
    assert await world.book.apply(version, "7") is PromptAnswer.APPLIED
    update = await world.book.update(version)
    copy = world.file.path.with_name(update.backup)
    assert copy.read_text(encoding="utf-8").strip() == shipped
    assert LESSON[0] in world.file.text()
    # As after a restart: a new book knows what the rows and the file say.
    assert await world.book.roll_back(version, "7") is PromptAnswer.ROLLED_BACK
    assert world.file.text() == shipped
    assert not world.file.path.exists()
    assert await world.book.roll_back(version, "7") is PromptAnswer.SETTLED
    assert await world.book.apply(version, "7") is PromptAnswer.SETTLED
    async with SqlLedger(world.database).transaction() as tx:
        kinds = [entry.kind for entry in await tx.journal_of("v1")]
    assert kinds == [
        "prompt.proposed",
        "prompt.applied",
        "prompt.rolled_back",
    ]


async def test_declined_nothing_changes(world) -> None:
    version = await proposed(world)
    assert await world.book.decline(version, "7") is PromptAnswer.DECLINED
    assert await world.book.decline(version, "7") is PromptAnswer.SETTLED
    assert not world.file.path.exists()
    assert await world.book.apply(9, "7") is PromptAnswer.UNKNOWN


async def test_a_newer_proposal_replaces_a_waiting_one(world) -> None:
    first = await proposed(world)
    assert await proposed(world) == first
    second = await proposed(world, OTHER, "2023-W11")
    assert second == first + 1
    assert await world.book.apply(first, "7") is PromptAnswer.SETTLED
    assert await world.book.apply(second, "7") is PromptAnswer.APPLIED
    assert OTHER[0] in world.file.text()
    # A week that teaches nothing leaves the lessons as they are.
    note = await world.book.propose("2023-W12", (), ())
    assert note.outcome is PromptOutcome.UNCHANGED


async def test_what_a_person_wrote_meanwhile_is_not_overwritten(world) -> None:
    version = await proposed(world)
    world.file.replace("내가 쓴 글")
    assert await world.book.apply(version, "7") is PromptAnswer.CHANGED
    assert world.file.text() == "내가 쓴 글"
    again = await proposed(world)
    assert await world.book.apply(again, "7") is PromptAnswer.APPLIED
    world.file.replace("또 고친 글")
    assert await world.book.roll_back(again, "7") is PromptAnswer.CHANGED
    world.file.path.write_bytes(b"\xff")
    assert await world.book.roll_back(again, "7") is PromptAnswer.CHANGED
    assert (await world.book.update(again)).state is PromptState.APPLIED


async def test_a_crash_between_file_and_row_ends_well(world, monkeypatch) -> None:
    version = await proposed(world)
    book = world.book

    async def dies(*_arguments):
        raise StorageError("disk")

    monkeypatch.setattr(book.log, "decide", dies)
    with pytest.raises(StorageError):
        await book.apply(version, "7")
    assert LESSON[0] in world.file.text()
    assert await world.book.apply(version, "7") is PromptAnswer.APPLIED


async def test_a_prompt_past_its_budget_is_left_alone(world) -> None:
    world.file.replace("가" * (PROMPT_CHARACTERS_MAX - 10))
    note = await world.book.propose("2023-W10", (), LESSON)
    assert note.outcome is PromptOutcome.TOO_LONG
    assert await world.book.log.newest() is None


RULES = ("R1: 거래가 마르면 사지 않음",)


@pytest.mark.parametrize("is_applied_first", [False, True])
async def test_what_a_person_said_no_to_is_not_offered_every_week(world, is_applied_first) -> None:
    """A rule in force makes the same update each week, also where nothing new is learnt."""
    note = await world.book.propose("2023-W10", RULES, ())
    if is_applied_first:
        await world.book.apply(note.version, "7")
        await world.book.roll_back(note.version, "7")
    else:
        await world.book.decline(note.version, "7")
    again = await world.book.propose("2023-W11", RULES, ())
    assert (again.outcome, again.version) == (PromptOutcome.UNCHANGED, 0)
    # Something new is worth another question.
    assert (await world.book.propose("2023-W12", RULES, LESSON)).outcome is PromptOutcome.PROPOSED

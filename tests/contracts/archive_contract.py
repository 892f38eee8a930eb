"""What every implementation of `core.ports.archive` must do. Subclass with a `database` fixture."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from core.domain.conversation import ChatLine, ChatSession, Role, SessionState
from core.domain.cycle import Step, StepState
from core.domain.instrument import Symbol
from core.domain.market import Bar, BarSeries
from core.domain.modes import Mode
from core.domain.passages import WatchedPosition
from core.errors import StaleState, StorageError
from storage.bars import SqlBarArchive
from storage.cycles import SqlCycleArchive
from storage.passages import SqlPassageArchive
from storage.sessions import SqlSessionArchive
from tests.contracts.ledger_values import DAY, KODEX, MORNING
from tests.contracts.memory_contract import MemoryContract
from tests.fakes.flat_bar import flat_bar

SESSION = ChatSession(
    thread_id=1_100_000_000_000_000_001,
    channel_id=2,
    owner_id=3,
    title="KODEX 200 살까?",
    state=SessionState.OPEN,
    opened_at=MORNING,
    last_activity_at=MORNING,
)
WATCHED = WatchedPosition(
    symbol=KODEX,
    begun_on=date(2023, 2, 1),
    seen_through=date(2023, 2, 28),
    peak_won=35_150,
    half_sold=False,
    updated_at=MORNING,
)


def line(text: str, *, minutes: int = 0, thread_id: int = SESSION.thread_id) -> ChatLine:
    return ChatLine(
        thread_id=thread_id,
        role=Role.USER,
        author="주인",
        text=text,
        at=MORNING + timedelta(minutes=minutes),
    )


def bar(day: date, close: int = 100) -> Bar:
    return flat_bar(KODEX, day, close, 3_000_000_000)


class SessionContract:
    async def test_sessions_come_back(self, database):
        archive = SqlSessionArchive(database)
        await archive.open_session(SESSION)
        later = replace(SESSION, thread_id=5, last_activity_at=MORNING - timedelta(hours=1))
        await archive.open_session(later)
        assert await archive.session(SESSION.thread_id) == SESSION
        assert await archive.session(404) is None
        assert await archive.sessions_in([SessionState.OPEN]) == (later, SESSION)
        done = replace(SESSION, state=SessionState.ARCHIVED, summary="요약")
        await archive.save_session(done)
        assert await archive.sessions_in({SessionState.ARCHIVED}) == (done,)

    async def test_a_session_is_opened_once_and_must_exist(self, database):
        archive = SqlSessionArchive(database)
        await archive.open_session(SESSION)
        with pytest.raises(StorageError):
            await archive.open_session(SESSION)
        with pytest.raises(StaleState):
            await archive.save_session(replace(SESSION, thread_id=404))
        with pytest.raises(StorageError):
            await archive.append_line(line("x", thread_id=404))

    async def test_lines_are_kept_in_order_and_move_the_activity(self, database):
        archive = SqlSessionArchive(database)
        await archive.open_session(SESSION)
        for number in range(5):
            await archive.append_line(line(f"말 {number}", minutes=number))
        await archive.append_line(line("nul \x00 half \ud800", minutes=24 * 60))
        moved = await archive.session(SESSION.thread_id)
        assert moved is not None
        assert moved.last_activity_at == MORNING + timedelta(days=1)
        newest = await archive.lines(SESSION.thread_id, limit=3)
        assert [item.text for item in newest] == ["말 3", "말 4", "nul \ufffd half ?"]
        assert [item.text for item in await archive.lines_on(DAY)] == [
            f"말 {number}" for number in range(5)
        ]
        assert await archive.lines(SESSION.thread_id, limit=0) == ()


class CycleContract:
    async def test_a_step_is_one_row_that_counts_its_attempts(self, database):
        archive = SqlCycleArchive(database)
        await archive.begin_step(DAY, Step.STRATEGY, MORNING)
        failed = await archive.begin_step(DAY, Step.STRATEGY, MORNING + timedelta(seconds=1))
        assert (failed.attempts, failed.state) == (2, StepState.RUNNING)
        done = replace(
            failed, state=StepState.DONE, finished_at=MORNING, output='{"계획": []}', error=""
        )
        await archive.finish_step(done)
        first = await archive.begin_step(DAY, Step.INFO_CRAWLER, MORNING)
        await archive.begin_step(date(2023, 3, 3), Step.BRIEFING, MORNING)
        assert await archive.steps_of(DAY) == (first, done)


class BarContract:
    async def test_raw_and_adjusted_bars_are_kept_apart(self, database):
        archive = SqlBarArchive(database)
        days = [date(2020, 1, 1) + timedelta(days=number) for number in range(1_100)]
        raw = BarSeries(
            symbol=KODEX, adjusted=False, source="kis", bars=tuple(bar(day) for day in days)
        )
        await archive.save_bars(raw, MORNING)
        await archive.save_bars(
            replace(raw, adjusted=True, bars=(bar(days[0], close=50),)), MORNING
        )
        await archive.save_bars(replace(raw, bars=(bar(days[1], close=70),)), MORNING)
        await archive.save_bars(replace(raw, bars=()), MORNING)
        found = await archive.bars(KODEX, adjusted=False, end=days[2], limit=2)
        assert found == (bar(days[1], close=70), bar(days[2]))
        assert len(await archive.bars(KODEX, adjusted=False, end=days[-1], limit=5_000)) == 1_100
        await archive.forget_bars([KODEX, Symbol("102110")], adjusted=True)
        assert await archive.bars(KODEX, adjusted=True, end=days[-1], limit=9) == ()
        assert len(await archive.bars(KODEX, adjusted=False, end=days[-1], limit=1)) == 1

    async def test_every_bar_says_where_from_and_as_of_when(self, database):
        archive = SqlBarArchive(database)
        days = [date(2020, 1, 2), date(2020, 1, 3), date(2020, 1, 6)]
        series = BarSeries(
            symbol=KODEX, adjusted=False, source="kis", bars=tuple(bar(day) for day in days)
        )
        later = MORNING + timedelta(days=1)
        await archive.save_bars(series, MORNING)
        await archive.save_bars(replace(series, source="file", bars=series.bars[2:]), later)
        await archive.save_bars(replace(series, adjusted=True), later)
        found = await archive.stored(KODEX, adjusted=False, end=days[2], limit=2)
        assert [(item.bar, item.source, item.as_of) for item in found] == [
            (series.bars[1], "kis", MORNING),
            (series.bars[2], "file", later),
        ]
        raw, adjusted = await archive.series()
        assert (raw.symbol, raw.adjusted, raw.rows) == (KODEX, False, 3)
        assert (raw.first, raw.last, raw.sources) == (days[0], days[2], ("file", "kis"))
        assert (raw.as_of, adjusted.adjusted, adjusted.sources) == (later, True, ("kis",))

    async def test_a_series_is_replaced_in_one_step(self, database):
        archive = SqlBarArchive(database)
        old = BarSeries(
            symbol=KODEX,
            adjusted=True,
            source="kis",
            bars=(bar(date(2020, 1, 2)), bar(date(2020, 1, 3))),
        )
        await archive.save_bars(old, MORNING)
        await archive.save_bars(replace(old, adjusted=False), MORNING)
        new = replace(old, source="file", bars=(bar(date(2020, 1, 3), close=50),))
        await archive.replace_bars(new, MORNING)
        last = date(2020, 1, 9)
        assert await archive.bars(KODEX, adjusted=True, end=last, limit=9) == new.bars
        assert await archive.bars(KODEX, adjusted=False, end=last, limit=9) == old.bars


class PassageContract:
    async def test_what_is_left_out_has_ended_and_accounts_are_kept_apart(self, database):
        await database.stamp("sim", Mode.SIM, "ours")
        ours = SqlPassageArchive(database, "ours")
        assert await ours.watched() == ()
        second = replace(WATCHED, symbol=Symbol("102110"), half_sold=True, peak_won=0)
        await ours.replace_watched([second, WATCHED])
        assert await ours.watched() == (WATCHED, second)
        assert await SqlPassageArchive(database, "theirs").watched() == ()
        later = replace(WATCHED, peak_won=36_000, seen_through=DAY)
        await ours.replace_watched([later])
        assert await ours.watched() == (later,)
        await ours.replace_watched([])
        assert await ours.watched() == ()

    async def test_a_peak_only_rises_and_only_of_what_is_remembered(self, database):
        await database.stamp("sim", Mode.SIM, "ours")
        ours = SqlPassageArchive(database, "ours")
        await ours.replace_watched([WATCHED])
        later = MORNING + timedelta(hours=1)
        assert not await ours.raise_peak(KODEX, WATCHED.peak_won, later)
        assert not await ours.raise_peak(Symbol("102110"), 99_999, later)
        assert not await SqlPassageArchive(database, "theirs").raise_peak(KODEX, 99_999, later)
        assert await ours.raise_peak(KODEX, 36_000, later)
        assert await ours.watched() == (replace(WATCHED, peak_won=36_000, updated_at=later),)

    async def test_a_write_that_fails_leaves_what_was(self, database):
        await database.stamp("sim", Mode.SIM, "ours")
        ours = SqlPassageArchive(database, "ours")
        await ours.replace_watched([WATCHED])
        with pytest.raises(StorageError):
            await ours.replace_watched([replace(WATCHED, peak_won=-1)])
        with pytest.raises(StorageError):
            await SqlPassageArchive(database, "theirs").replace_watched([WATCHED])
        assert await ours.watched() == (WATCHED,)


class ArchiveContract(SessionContract, MemoryContract, CycleContract, PassageContract, BarContract):
    """All of it."""

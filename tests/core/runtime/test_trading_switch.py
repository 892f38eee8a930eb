from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from core.domain.modes import SETTING_STOPPED_DAY, SETTING_TRADING_STATE, TradingState
from core.errors import StorageError
from core.runtime.trading_switch import LedgerTradingSwitch
from storage.ledger import SqlLedger
from storage.opening import open_database
from tests.fakes.desk_kit import DAY, at
from tests.fakes.hand_clock import HandClock


@pytest.fixture
async def database(database_file):
    opened = await open_database(f"sqlite:///{database_file}", migrate=False)
    yield opened
    await opened.close()


@pytest.fixture
def ledger(database):
    return SqlLedger(database)


@pytest.fixture
def halt_file(tmp_path):
    return tmp_path / "HALT"


@pytest.fixture
def switch(ledger, halt_file):
    return LedgerTradingSwitch(ledger, HandClock(at(10)), halt_file)


async def test_a_new_database_is_active(switch):
    assert await switch.state() is TradingState.ACTIVE
    assert await switch.stopped_on(DAY) is None


@pytest.mark.parametrize("state", list(TradingState))
async def test_the_state_survives_and_says_who_and_why(ledger, halt_file, switch, state):
    await switch.set_state(state, actor="11", reason="because")
    again = LedgerTradingSwitch(ledger, HandClock(at(11)), halt_file)
    assert await again.state() is state
    async with ledger.transaction() as tx:
        (line,) = await tx.journal_of("trading")
    assert (line.kind, line.actor) == ("switch.set", "11")
    assert line.facts == {"state": state.value, "reason": "because"}


async def test_the_file_wins_and_only_a_resume_removes_it(switch, halt_file):
    halt_file.touch()
    assert await switch.state() is TradingState.HALTED
    await switch.set_state(TradingState.REDUCE_ONLY, actor="11", reason="")
    assert await switch.state() is TradingState.HALTED
    await switch.set_state(TradingState.ACTIVE, actor="11", reason="")
    assert not halt_file.exists()
    assert await switch.state() is TradingState.ACTIVE


async def test_a_file_that_cannot_be_removed_keeps_trading_halted(switch, halt_file):
    halt_file.mkdir()
    with pytest.raises(StorageError, match="cannot be removed"):
        await switch.set_state(TradingState.ACTIVE, actor="11", reason="")
    assert await switch.state() is TradingState.HALTED


async def test_a_file_that_cannot_be_looked_at_is_a_halt(ledger, tmp_path):
    nowhere = tmp_path / ("x" * 300)
    assert await LedgerTradingSwitch(ledger, HandClock(at(10)), nowhere).state() is (
        TradingState.HALTED
    )


async def test_a_state_nobody_knows_is_a_halt(ledger, switch):
    async with ledger.transaction() as tx:
        await tx.put_setting(SETTING_TRADING_STATE, "OPEN")
    assert await switch.state() is TradingState.HALTED


async def test_a_day_is_stopped_for_that_day_only(ledger, switch):
    await switch.stop_for_day(DAY, "market_fetch: no data")
    assert await switch.stopped_on(DAY) == "market_fetch: no data"
    assert await switch.stopped_on(DAY + timedelta(days=1)) is None
    async with ledger.transaction() as tx:
        (line,) = await tx.journal_of("trading")
        assert line.kind == "switch.day_stopped"
        await tx.put_setting(SETTING_STOPPED_DAY, "2026-11-17")
    assert await switch.stopped_on(DAY) is None


async def test_a_stop_without_a_reason_is_a_stop(ledger, switch):
    async with ledger.transaction() as tx:
        await tx.put_setting(SETTING_STOPPED_DAY, DAY.isoformat())
    assert await switch.stopped_on(DAY) == ""


async def test_a_resume_reopens_a_stopped_day_and_says_so(ledger, switch):
    await switch.stop_for_day(DAY, "market_fetch: no data")
    for state in (TradingState.REDUCE_ONLY, TradingState.HALTED):
        await switch.set_state(state, actor="11", reason="")
        assert await switch.stopped_on(DAY) == "market_fetch: no data"
    for _ in range(2):
        await switch.set_state(TradingState.ACTIVE, actor="11", reason="")
        assert await switch.stopped_on(DAY) is None
    async with ledger.transaction() as tx:
        lines = await tx.journal_of("trading")
    (line,) = [line for line in lines if line.kind == "switch.day_reopened"]
    assert (line.actor, line.facts) == (
        "11",
        {"day": DAY.isoformat(), "reason": "market_fetch: no data"},
    )


async def test_a_signal_halts_at_once_and_lasts_by_the_file(ledger, halt_file, switch):
    switch.halt_at_once()
    assert await switch.state() is TradingState.HALTED
    again = LedgerTradingSwitch(ledger, HandClock(at(11)), halt_file)
    assert (await again.reasons()).outside is TradingState.HALTED
    await switch.set_state(TradingState.ACTIVE, actor="11", reason="looked")
    assert await switch.state() is TradingState.ACTIVE


async def test_a_signal_halts_without_a_writable_disk_too(ledger, tmp_path):
    (tmp_path / "file").touch()
    switch = LedgerTradingSwitch(ledger, HandClock(at(10)), tmp_path / "file" / "HALT")
    before = await switch.state()
    switch.halt_at_once()
    assert (before, await switch.state()) == (TradingState.ACTIVE, TradingState.HALTED)


async def test_a_transaction_sees_the_file_that_came_while_it_was_open(ledger, halt_file, switch):
    async with ledger.transaction() as tx:
        assert (await switch.within(tx)).state is TradingState.ACTIVE
        halt_file.write_text("REDUCE_ONLY")
        assert (await switch.within(tx)).state is TradingState.REDUCE_ONLY


@pytest.mark.parametrize("way", ["file", "signal", "signal without a disk"])
async def test_a_halt_that_comes_while_a_resume_is_stored_is_not_lifted(
    database, halt_file, switch, monkeypatch, way
):
    await switch.set_state(TradingState.HALTED, actor="11", reason="")
    if way == "signal without a disk":
        monkeypatch.setattr(type(switch._file), "write", _full)
    async with database.transaction():
        resume = asyncio.create_task(switch.set_state(TradingState.ACTIVE, actor="11", reason=""))
        await asyncio.sleep(0)
        if way == "file":
            halt_file.touch()
        else:
            switch.halt_at_once()
    await resume
    assert await switch.state() is TradingState.HALTED
    await switch.set_state(TradingState.ACTIVE, actor="11", reason="")
    assert await switch.state() is TradingState.ACTIVE


def _full(_file, _order):
    raise OSError(28, "No space left on device")

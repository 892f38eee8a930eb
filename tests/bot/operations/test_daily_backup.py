from __future__ import annotations

from datetime import time, timedelta

import pytest

from bot import locales
from bot.operations.daily_backup import SETTING_LAST_BACKUP, DailyBackup
from core.domain.modes import Mode
from core.errors import StorageError
from storage.ledger import SqlLedger
from storage.opening import open_database
from tests.bot.environment import ROOT, only
from tests.fakes.desk_kit import at
from tests.fakes.hand_clock import HandClock

KO = locales.load("ko")


class Told:
    def __init__(self):
        self.alerts = []

    async def alert(self, title, text, *, can_wait=False):
        assert can_wait
        self.alerts.append((title, text))
        return True


@pytest.fixture
async def stage(monkeypatch, tmp_path):
    only(monkeypatch, tmp_path, DATA_DIR=str(tmp_path), BROKER="kis", PYTHONPATH=str(ROOT))
    database = await open_database(f"sqlite:///{tmp_path / 'autotrade-sim.db'}")
    await database.stamp("sim", Mode.SIM, "a1")
    ledger, clock, told = SqlLedger(database), HandClock(at(21)), Told()

    def daily(**values):
        # The child is told which broker is in force here, whatever its environment says.
        return DailyBackup(time(21, 0), ledger, clock, told, KO, {"BROKER": "sim"}, **values)

    yield daily, ledger, clock, told, tmp_path / "backups"
    await database.close()


async def last(ledger):
    async with ledger.transaction() as tx:
        return await tx.setting(SETTING_LAST_BACKUP)


def count(folder):
    return len(list(folder.glob("autotrade-sim-*.db.gz")))


async def test_the_first_start_only_begins_to_count_and_a_missed_one_is_taken(stage):
    daily, ledger, clock, told, folder = stage
    keeper = daily()
    assert (keeper.job().hour, keeper.job().minute, keeper.job().day_of_week) == ("21", "0", "*")
    await keeper.catch_up()
    assert await last(ledger) == clock.now().isoformat()
    clock.move(timedelta(days=1).total_seconds() - 1)
    await keeper.catch_up()
    assert count(folder) == 0
    clock.move(1)
    await keeper.catch_up()
    assert count(folder) == 1
    assert await last(ledger) == clock.now().isoformat()
    await keeper.catch_up()
    assert (count(folder), told.alerts) == (1, [])


async def test_a_bot_that_is_off_every_evening_takes_one_a_day(stage):
    daily, _, clock, _, folder = stage
    keeper = daily()
    clock.move(timedelta(hours=11).total_seconds())
    await keeper.catch_up()
    assert count(folder) == 0
    # The next morning, a second earlier.
    clock.move(timedelta(days=1).total_seconds() - 1)
    await keeper.catch_up()
    await keeper.catch_up()
    assert count(folder) == 1


async def test_what_keeps_it_from_being_taken_is_told_in_the_childs_words(stage):
    daily, ledger, clock, told, folder = stage
    folder.write_text("not a folder")
    await daily().catch_up()
    since = await last(ledger)
    clock.move(timedelta(days=2).total_seconds())
    await daily().catch_up()
    assert await last(ledger) == since
    ((title, text),) = told.alerts
    assert title == "백업하지 못했습니다"
    assert str(folder) in text


async def test_one_that_hangs_is_ended(stage):
    daily, _, _, told, folder = stage
    await daily(seconds=0.05).run()
    ((_, text),) = told.alerts
    assert "끝나지 않았습니다" in text
    assert count(folder) == 0


async def test_a_ledger_that_does_not_answer_ends_nothing(stage):
    daily, _, _, told, _ = stage

    class Silent:
        def transaction(self):
            raise StorageError("no answer")

    keeper = daily()
    keeper._ledger = Silent()
    await keeper.catch_up()
    assert told.alerts == []

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import pytest

from bot.locales import load
from bot.operations.day import TradingDay
from core.domain.calendar import TradingCalendar
from core.errors import BrokerUnavailable, StorageError
from core.runtime.clock import SteppedClock
from tests.bot.operations.kit import FakeAlerts, FakeSettingsLedger, at

CSAT = "2026-11-19"
FRIDAY, SATURDAY, MONDAY = "2026-11-20", "2026-11-21", "2026-11-23"


@dataclass
class FakeDay:
    """Cycle, closing reporter and desk in one: notes what was asked."""

    did: list[str] = field(default_factory=list)
    fails: Exception | None = None
    settled: list[str] = field(default_factory=list)
    unsettled: bool = False
    tidied: int = 0
    ended: int = 0

    async def run(self, day: date) -> None:
        self._do(f"cycle {day}")

    async def close_out(self, day: date) -> None:
        self._do(f"close {day}")

    async def report(self, day: date) -> None:
        self._do(f"report {day}")

    async def show_late(self, day: date) -> None:
        self._do(f"late {day}")

    async def sweep(self) -> int:
        self.did.append("sweep")
        return 0

    async def keep(self) -> None:
        self._do("outcomes")

    async def tidy(self) -> None:
        self.tidied += 1
        if self.fails is not None:
            raise self.fails

    async def end_due(self) -> None:
        self.ended += 1
        if self.fails is not None:
            raise self.fails

    async def settle(self, day: date) -> None:
        self.settled.append(str(day))
        if self.unsettled:
            raise StorageError("disk full")

    async def look_ahead(self) -> None:
        self.did.append("look ahead")

    def _do(self, what: str) -> None:
        if self.fails is not None:
            raise self.fails
        self.did.append(what)


def make(now: datetime) -> tuple[TradingDay, FakeDay, FakeAlerts, SteppedClock]:
    fake, alerts, clock = FakeDay(), FakeAlerts(), SteppedClock(now, rate=0)
    parts: Any = fake
    ledger: Any = FakeSettingsLedger()
    day = TradingDay(
        cycle=parts,
        closing=parts,
        outcomes=fake,
        desk=parts,
        ledger=ledger,
        alerts=alerts,
        calendar=TradingCalendar(),
        clock=clock,
        phrases=load("ko"),
        sweep=fake.sweep,
        days=fake,
        retention=fake,
        rules=fake,
    )
    return day, fake, alerts, clock


@pytest.mark.parametrize(
    ("day", "hour", "does"),
    [
        (FRIDAY, "07:59:59", []),
        (FRIDAY, "08:00:00", ["cycle"]),
        (FRIDAY, "14:30:00", ["cycle"]),
        (FRIDAY, "15:00:00", ["cycle"]),  # too late to trade: the cycle itself reports that
        (FRIDAY, "15:44:59", ["cycle"]),
        (FRIDAY, "15:45:00", ["cycle", "close", "report"]),
        (FRIDAY, "17:59:59", ["cycle", "close", "report"]),
        (SATURDAY, "10:00:00", []),
        (SATURDAY, "16:00:00", []),
        (CSAT, "15:45:00", ["cycle"]),
        (CSAT, "16:45:00", ["cycle", "close", "report"]),
    ],
)
async def test_a_start_does_what_its_hour_has_passed(day: str, hour: str, does: list[str]) -> None:
    trading_day, fake, alerts, _ = make(at(day, hour))
    await trading_day.catch_up()
    # Outcomes are looked for on every start: what a bot that was off missed is still due.
    assert fake.did == [*(f"{what} {day}" for what in does), "outcomes"]
    assert alerts.told == []


async def test_outcomes_come_after_the_latest_close_and_a_fault_alarms() -> None:
    trading_day, fake, alerts, _ = make(at(FRIDAY, "17:20:00"))
    (job,) = [job for job in trading_day.jobs() if job.name == "outcomes"]
    assert (job.hour, job.minute, job.day_of_week) == ("17", "20", "mon-fri")
    await job.action()
    assert fake.did == ["outcomes"]
    fake.fails = StorageError("disk full")
    await job.action()
    assert [title for title, _ in alerts.told] == ["결과를 확인하지 못했습니다"]
    assert "disk full" in alerts.told[0][1]


async def test_the_day_is_closed_once_and_the_next_day_again() -> None:
    trading_day, fake, _, clock = make(at(FRIDAY, "15:45:00"))
    await trading_day.run_closing()
    await trading_day.run_closing()
    clock.set(at(FRIDAY, "16:45:00"))
    await trading_day.run_closing()
    assert fake.did == [f"close {FRIDAY}", f"report {FRIDAY}"]
    clock.set(at(MONDAY, "15:45:00"))
    await trading_day.run_closing()
    assert fake.did[2:] == [f"close {MONDAY}", f"report {MONDAY}"]


async def test_a_failed_closing_alarms_and_is_done_at_the_next_look() -> None:
    trading_day, fake, alerts, clock = make(at(FRIDAY, "15:45:00"))
    fake.fails = BrokerUnavailable("no answer")
    await trading_day.run_closing()
    assert alerts.told == [
        (
            "마감 보고를 끝내지 못했습니다",
            f"{FRIDAY} 마감 정리가 실패했습니다: 증권사 응답 없음 (no answer)",
        )
    ]
    fake.fails = None
    clock.set(at(FRIDAY, "16:45:00"))
    await trading_day.run_closing()
    assert fake.did == [f"close {FRIDAY}", f"report {FRIDAY}"]


async def test_a_failed_cycle_alarms() -> None:
    trading_day, fake, alerts, _ = make(at(FRIDAY, "08:00:00"))
    fake.fails = StorageError("disk full")
    await trading_day.run_cycle()
    assert "disk full" in alerts.told[0][1]


async def test_a_day_beyond_the_calendar_alarms_and_trades_nothing() -> None:
    trading_day, fake, alerts, _ = make(at("2031-03-03", "08:00:00"))
    await trading_day.run_cycle()
    assert fake.did == []
    assert "2031-03-03" in alerts.told[0][1]


async def test_the_appointments() -> None:
    trading_day, fake, _, _ = make(at(FRIDAY, "08:00:00"))
    jobs = {job.name: job for job in trading_day.jobs()}
    assert (jobs["daily-cycle"].hour, jobs["daily-cycle"].minute) == ("8", "0")
    assert (jobs["closing"].hour, jobs["closing"].minute) == ("15-20", "0,15,30,45")
    await jobs["idle-threads"].action()
    assert fake.did == ["sweep"]


async def test_a_briefing_that_waits_is_looked_for_and_a_fault_only_waits_on() -> None:
    trading_day, fake, alerts, _ = make(at(FRIDAY, "08:05:00"))
    (job,) = [job for job in trading_day.jobs() if job.name == "late-briefing"]
    assert (job.hour, job.minute, job.day_of_week) == ("8-23", "*/5", "mon-fri")
    await job.action()
    fake.fails = StorageError("disk full")
    await job.action()
    assert fake.did == [f"late {FRIDAY}"]
    assert alerts.told == []


async def test_a_start_near_eight_and_the_appointment_run_one_after_the_other() -> None:
    trading_day, fake, _, _ = make(at(FRIDAY, "08:00:00"))
    inside = 0

    async def slow(day: date) -> None:
        nonlocal inside
        inside += 1
        assert inside == 1
        await asyncio.sleep(0)
        inside -= 1
        fake.did.append(f"cycle {day}")

    fake.run = slow  # type: ignore[method-assign]
    await asyncio.gather(trading_day.run_cycle(), trading_day.catch_up(), trading_day.run_cycle())
    assert sorted(fake.did) == [*[f"cycle {FRIDAY}"] * 3, "outcomes"]


async def test_a_start_in_the_evening_looks_ahead_and_on_a_weekend_too() -> None:
    for day, does in ((FRIDAY, ["cycle", "close", "report"]), (SATURDAY, [])):
        trading_day, fake, _, _ = make(at(day, "18:00:00"))
        await trading_day.catch_up()
        assert fake.did == [*(f"{what} {day}" for what in does), "outcomes", "look ahead"]


async def test_the_day_is_settled_before_its_cycle_and_a_fault_leaves_it_to_the_table() -> None:
    trading_day, fake, _, _ = make(at(FRIDAY, "08:00:00"))
    fake.unsettled = True
    await trading_day.run_cycle()
    assert fake.settled == [FRIDAY]
    assert fake.did == [f"cycle {FRIDAY}"]


def test_the_evening_is_an_appointment_of_every_day() -> None:
    trading_day, _, _, _ = make(at(FRIDAY, "08:00:00"))
    (job,) = [job for job in trading_day.jobs() if job.name == "calendar"]
    assert (job.hour, job.minute, job.day_of_week) == ("18", "0", "*")


async def test_old_texts_are_dropped_in_the_evening_and_after_a_start() -> None:
    trading_day, fake, alerts, _ = make(at(SATURDAY, "10:00:00"))
    (job,) = [job for job in trading_day.jobs() if job.name == "retention"]
    assert (job.hour, job.minute, job.day_of_week) == ("20", "40", "*")
    await trading_day.catch_up()
    assert fake.tidied == 1
    await job.action()
    assert fake.tidied == 2
    # Nobody has to act: no alarm, and the next evening tries again.
    fake.fails = StorageError("disk full")
    await trading_day.run_retention()
    assert (fake.tidied, alerts.told) == (3, [])


async def test_rules_end_before_the_cycle_and_a_fault_alarms() -> None:
    trading_day, fake, alerts, _ = make(at(SATURDAY, "10:00:00"))
    (job,) = [job for job in trading_day.jobs() if job.name == "rules"]
    assert (job.hour, job.minute, job.day_of_week) == ("7", "30", "*")
    await trading_day.catch_up()
    await job.action()
    assert (fake.ended, alerts.told) == (2, [])
    fake.fails = StorageError("disk full")
    await job.action()
    assert [title for title, _ in alerts.told] == ["규칙을 끝내지 못했습니다"]

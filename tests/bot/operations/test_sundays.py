from __future__ import annotations

from datetime import datetime

from bot.locales import load
from bot.operations.sundays import Sundays
from core.domain.reflection import Week
from core.errors import StorageError, TradingError
from tests.fakes.fake_cycle_desk import FakeAlerts, FakeCycleClock

SUNDAY = datetime.fromisoformat("2026-11-22T18:00:00+09:00")


class FakeReflection:
    def __init__(self) -> None:
        self.did: list[tuple[str, str]] = []
        self.fails: TradingError | None = None

    async def run(self, week: Week) -> None:
        self._do("run", week)

    async def resume(self, week: Week) -> None:
        self._do("resume", week)

    async def catch_up(self, week: Week) -> None:
        self._do("catch up", week)

    def _do(self, what: str, week: Week) -> None:
        self.did.append((what, str(week)))
        if self.fails is not None:
            raise self.fails


def made() -> tuple[Sundays, FakeReflection, FakeAlerts]:
    reflection, alerts = FakeReflection(), FakeAlerts()
    clock = FakeCycleClock(SUNDAY)
    sundays = Sundays(reflection=reflection, alerts=alerts, clock=clock, phrases=load("ko"))
    return sundays, reflection, alerts


async def test_the_week_that_ends_is_looked_back_on_at_six() -> None:
    sundays, reflection, _ = made()
    first, late = sundays.jobs()
    assert (first.hour, first.minute, first.day_of_week) == ("18", "0", "sun")
    await first.action()
    await late.action()
    await sundays.catch_up()
    assert reflection.did == [(what, "2026-W47") for what in ("run", "resume", "catch up")]


async def test_a_fault_is_told_once_and_tried_quietly_again() -> None:
    sundays, reflection, alerts = made()
    reflection.fails = StorageError("disk")
    await sundays.run()
    await sundays.catch_up()
    await sundays.resume()
    assert len(alerts.alerts) == 2
    assert "2026-W47" in alerts.alerts[0][1]

"""Where the bot looks for its conditions, on a real graph; and that nobody waits for their telling."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from bot.monitoring import conditions as looking
from bot.monitoring.conditions import ConditionSight
from bot.operations.daily_backup import SETTING_LAST_BACKUP
from bot.settings import load
from bot.wiring.alerting import sight_of, start_alerts
from bot.wiring.graph import Application, build
from core.domain.books import SymbolHold
from core.domain.breakers import Breaker, Trip
from core.domain.conditions import Condition
from core.domain.cycle import Step, StepState
from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.modes import TradingState
from core.domain.orders import OrderState
from core.domain.ticks import FeedHealth, FeedStatus, FeedTrouble
from core.errors import BrokerUnavailable, RateLimited
from core.services.safety.watch import FLOOR_TOLD
from tests.bot.environment import only
from tests.contracts.ledger_values import order, ticket
from tests.fakes.hand_clock import HandClock
from tests.fakes.loopback_mail import silent_server

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=KST)
FEED = FeedStatus(
    source="x",
    health=FeedHealth.LIVE,
    since=NOON - timedelta(hours=1),
    trouble=FeedTrouble.SILENT,
    followed=3,
    left_out=0,
    restarts=0,
)


@pytest.fixture
async def app(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, migrated_file: Path
) -> AsyncIterator[Application]:
    only(monkeypatch, tmp_path)
    (tmp_path / "data").mkdir()
    shutil.copyfile(migrated_file, tmp_path / "data" / "autotrade-sim.db")
    async with build(load(local_only=True)) as made:
        yield made


@pytest.fixture
def sight(app: Application) -> ConditionSight:
    return replace(sight_of(app), clock=HandClock(NOON), feed=lambda: FEED)


async def test_a_bot_that_is_well_has_no_condition(sight: ConditionSight) -> None:
    assert await sight.look() == {}


async def test_rows_become_conditions(app: Application, sight: ConditionSight) -> None:
    async with app.stores.ledger.transaction() as tx:
        await tx.put_setting(FLOOR_TOLD, "Y")
        await tx.put_setting(SETTING_LAST_BACKUP, (NOON - timedelta(days=3)).isoformat())
        await tx.hold_symbol(SymbolHold(symbol=Symbol("069500"), since=NOON, reason="differs"))
        await tx.insert_ticket(ticket())
        await tx.insert_order(replace(order(), state=OrderState.UNKNOWN))
    record = await app.stores.cycles.begin_step(NOON.date(), Step.STRATEGY, NOON)
    await app.stores.cycles.finish_step(replace(record, state=StepState.FAILED, error="x"))
    optional = await app.stores.cycles.begin_step(NOON.date(), Step.BRIEFING, NOON)
    await app.stores.cycles.finish_step(replace(optional, state=StepState.FAILED, error="x"))
    found = await sight.look()
    assert set(found) == {
        Condition.NAV_FLOOR,
        Condition.BACKUP_AGE,
        Condition.DRIFT,
        Condition.UNKNOWN_ORDER,
        Condition.CYCLE_STEP,
    }
    assert "800,000원" in found[Condition.NAV_FLOOR]
    assert "3일 전" in found[Condition.BACKUP_AGE]
    assert "069500" in found[Condition.DRIFT]
    assert "1건" in found[Condition.UNKNOWN_ORDER]
    assert "strategy" in found[Condition.CYCLE_STEP]
    assert "briefing" not in found[Condition.CYCLE_STEP]
    # No backups and no floor wanted: no condition.
    without = await replace(sight, backs_up=False, floor_won=0).look()
    assert not {Condition.BACKUP_AGE, Condition.NAV_FLOOR} & set(without)


async def test_every_breaker_but_a_persons_own_is_a_condition_while_it_counts(
    app: Application, sight: ConditionSight
) -> None:
    async def trip(breaker: Breaker, until: date | None) -> dict[Any, str]:
        async with app.stores.ledger.transaction() as tx:
            await tx.put_trip(
                Trip(
                    breaker=breaker,
                    effect=TradingState.HALTED,
                    at=NOON,
                    until=until,
                    reason="because",
                )
            )
        return dict(await sight.look())

    for breaker in Breaker:
        found = await trip(breaker, None)
        wanted = [] if breaker is Breaker.COOLING_OFF else ["because"]
        assert list(found.values()) == wanted, breaker
        assert await trip(breaker, NOON.date()) == {}


FEEDS: list[tuple[dict[str, Any], datetime, bool]] = [
    ({"health": FeedHealth.STALE}, NOON, True),
    ({"health": FeedHealth.OFF}, NOON, True),
    ({"health": FeedHealth.LIVE}, NOON, False),
    ({"health": FeedHealth.OFF, "followed": 0}, NOON, False),
    ({"health": FeedHealth.OFF, "since": NOON - timedelta(minutes=2)}, NOON, False),
    ({"health": FeedHealth.OFF}, NOON.replace(hour=17), False),
    ({"health": FeedHealth.OFF}, NOON + timedelta(days=1), False),
    # Off since the night: counted from the open.
    (
        {"health": FeedHealth.OFF, "since": NOON - timedelta(hours=9)},
        NOON.replace(hour=9, minute=2),
        False,
    ),
]


async def test_a_feed_that_stopped_counts_in_session_time_when_somebody_follows(
    sight: ConditionSight,
) -> None:
    for changes, now, is_stale in FEEDS:
        feed = replace(FEED, **changes)
        asked = replace(sight, feed=lambda feed=feed: feed, clock=HandClock(now))  # type: ignore[misc]
        assert (Condition.STALE_FEED in await asked.look()) is is_stale, (changes, now)


async def test_token_trouble_is_named_by_its_kind_until_it_passes(
    app: Application, sight: ConditionSight
) -> None:
    app.session.tokens.trouble = RateLimited("appkey-1234 too often")
    found = await sight.look()
    assert "RateLimited" in found[Condition.TOKEN]
    assert "appkey" not in found[Condition.TOKEN]
    app.session.tokens.trouble = None
    assert await sight.look() == {}


async def test_a_disk_that_fills_is_told_and_one_that_is_gone_is_no_figure(
    sight: ConditionSight, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert await replace(sight, data_dir=tmp_path / "gone").look() == {}
    monkeypatch.setattr(looking, "FREE_BYTES_MIN", 1 << 62)
    assert Condition.DISK in await sight.look()


# apprise imports a module that Python will drop in 3.13, and has its own way without it there.
@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
async def test_an_alert_channel_that_hangs_delays_nobody(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("apprise", reason="the extra 'alerts' is not installed")
    async with silent_server() as silent:
        url = f"json://127.0.0.1:{silent.port}/?rto=30&cto=30"
        hanging = f"alert urls-{sha256(url.encode()).hexdigest()[:8]}"
        only(monkeypatch, tmp_path, ALERT_URLS=url)
        async with build(load(local_only=True)) as app:
            async with app.stores.ledger.transaction() as tx:
                await tx.put_setting(FLOOR_TOLD, "Y")
            start_alerts(app)
            async with asyncio.timeout(60):
                await silent.seen.wait()
            assert hanging in app.world.supervisor.names()
            # The desk works on while the channel hangs.
            assert (await app.broker.account()).nav_won > 0
            assert await app.desk.open_orders() == ()
            assert hanging in app.world.supervisor.names()
            status = dict(await app.status.status())
            assert status["상태"].startswith("🔴 심각: 순자산이 바닥선 아래")
            silent.end.set()


async def test_a_token_that_cannot_be_had_is_remembered_until_one_comes(
    app: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = app.session.tokens
    issue = tokens._issue

    async def silence() -> Any:
        raise BrokerUnavailable("silence")

    monkeypatch.setattr(tokens, "_issue", silence)
    with pytest.raises(BrokerUnavailable):
        await tokens.get()
    assert isinstance(tokens.trouble, BrokerUnavailable)
    assert tokens.held_until is None
    monkeypatch.setattr(tokens, "_issue", issue)
    tokens._note_issue(None)
    await tokens.get()
    assert tokens.trouble is None
    assert tokens.held_until is not None

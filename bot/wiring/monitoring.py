"""What looks after the running bot and tells machines of it: heartbeat, health pages, figures."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from functools import partial

from bot.build_id import build_id
from bot.monitoring.lag import watch_lag
from bot.monitoring.pages import Pages, Place
from bot.monitoring.readings import Sight, Stored
from bot.monitoring.wellness import Wellness
from bot.operations.daily_backup import SETTING_LAST_BACKUP
from bot.operations.health import Heartbeat
from bot.settings import HEARTBEAT_FILE, Settings
from bot.wiring.alerting import start_alerts
from bot.wiring.graph import Application
from core.runtime.clock import SystemClock
from storage.gauges import gauges_of
from storage.ledger import SqlLedger

FOLDER_DIGITS = 12


def keep_watch(app: Application, is_connected: Callable[[], bool]) -> None:
    """Start the heartbeat and the alerts, and the pages where the settings want them."""
    world, host = app.world, SystemClock()
    beat = Heartbeat(
        world.settings.data_dir / HEARTBEAT_FILE,
        ledger=app.stores.ledger,
        host_clock=host,
        is_connected=is_connected,
        tasks=world.supervisor.names,
        outbox=app.outbox,
        feed=app.feed.status,
    )
    world.supervisor.start("heartbeat", beat.run())
    start_alerts(app)
    port = world.settings.metrics_port
    if port is None:
        return
    place = Place(world.settings.metrics_host, port, folder_mark(world.settings))
    pages = Pages(sight_of(app, beat), wellness_of(app, beat, is_connected), place)
    world.supervisor.start("pages", pages.run(host))
    world.supervisor.start("loop-lag", watch_lag(host, world.meters.lagged))


def folder_mark(settings: Settings) -> str:
    """Return what tells this bot from another one on the same machine, without naming a folder."""
    path = str(settings.data_dir.resolve()).encode()
    return hashlib.sha256(path).hexdigest()[:FOLDER_DIGITS]


def wellness_of(app: Application, beat: Heartbeat, is_connected: Callable[[], bool]) -> Wellness:
    """Return who judges whether the bot lives and is ready."""
    return Wellness(
        heartbeat_at=lambda: beat.at,
        host_clock=SystemClock(),
        clock=app.world.clock,
        tasks=app.world.supervisor.names,
        ledger=app.stores.ledger,
        is_connected=is_connected,
        tokens=app.session.tokens,
        calendar=app.world.calendar,
    )


def sight_of(app: Application, beat: Heartbeat) -> Sight:
    """Return what the figures are read from."""
    world, ledger = app.world, app.stores.ledger
    build = build_id()
    return Sight(
        labels=lambda: (app.broker.identity.broker, app.broker.identity.mode.value, build),
        clock=world.clock,
        host_clock=SystemClock(),
        data_dir=world.settings.data_dir,
        heartbeat_at=lambda: beat.at,
        meters=world.meters,
        session=app.session,
        feed=app.feed,
        watch=app.watch,
        limits=lambda: app.reading.limits.book.current,
        stored=Stored(
            gauges=partial(gauges_of, app.stores.database),
            steps=app.stores.cycles.steps_of,
            backup_last=partial(_backup_last, ledger),
            counted=app.desk.counted_today,
            in_force=app.switch.reasons,
            outbox=app.outbox.state,
        ),
    )


async def _backup_last(ledger: SqlLedger) -> datetime | None:
    async with ledger.transaction() as tx:
        stored = await tx.setting(SETTING_LAST_BACKUP)
    return None if stored is None else datetime.fromisoformat(stored)

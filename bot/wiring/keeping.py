"""What keeps the record safe while the bot runs: the daily backup."""

from __future__ import annotations

from bot.operations.daily_backup import DailyBackup
from bot.operations.scheduler import DayScheduler
from bot.wiring.foundations import Stores, World
from core.ports.surface import AlertSurface


def keep_backups(
    world: World, stores: Stores, alerts: AlertSurface, scheduler: DayScheduler
) -> None:
    """Make the appointment, and take the one that was missed."""
    settings = world.settings
    if settings.backup_at is None:
        return
    daily = DailyBackup(
        settings.backup_at,
        stores.ledger,
        world.clock,
        alerts,
        world.phrases,
        {"BROKER": settings.broker, "DATA_DIR": str(settings.data_dir)},
    )
    scheduler.add(daily.job())
    world.supervisor.start("late-backup", daily.catch_up())

"""The part of the graph that tells people of conditions: what is looked at, and where it is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.alerting.addresses import channels_of, names_by_position, setting_name
from bot.alerting.discord_channel import OutboxChannel
from bot.alerting.reports import ReportCopies
from bot.monitoring.conditions import ConditionSight
from bot.settings import Settings
from bot.wiring.graph import Application
from core.domain.conditions import TOLD_IN_CHAT
from core.ports.alerting import AlertChannel
from core.runtime.clock import SystemClock
from core.services.alerts.board import Board, BoardContext
from core.services.alerts.letterbox import Letterbox, Terms


def start_alerts(app: Application) -> None:
    """Look for conditions as long as the process lives, and copy reports to who wants them."""
    world = app.world
    channels = channels_of(world.settings)
    in_chat = OutboxChannel(app.outbox)
    boxes = [*boxes_of(world.settings, channels), in_chat_box(world.settings, in_chat)]
    board = Board(
        BoardContext(
            look=sight_of(app).look,
            book=world.conditions,
            boxes=boxes,
            clock=world.clock,
            host_clock=SystemClock(),
            supervisor=world.supervisor,
            phrases=world.phrases,
            ledger=app.stores.ledger,
            formerly=names_by_position(world.settings),
        )
    )
    world.supervisor.start("conditions", board.run())
    wanted = [one for one in channels if setting_name(one.name) in world.settings.alert_reports_to]
    if wanted:
        app.surfaces.copy_reports(ReportCopies(wanted, world.phrases, world.supervisor))


def boxes_of(settings: Settings, channels: Sequence[AlertChannel]) -> list[Letterbox]:
    """Return a letterbox for each channel: all take what is critical, the named ones warnings too."""
    return [Letterbox(channel, _terms(settings, channel.name)) for channel in channels]


def _terms(settings: Settings, name: str) -> Terms:
    return Terms(
        takes_warnings=setting_name(name) in settings.alert_warnings_to,
        quiet=settings.alert_quiet_hours,
        rate=settings.alert_hour_limit,
    )


def in_chat_box(settings: Settings, channel: AlertChannel) -> Letterbox:
    """The chat hears only of what has no alarm of its own there.

    Its quiet hours are those of the people in it, which the outbox keeps.
    """
    terms = replace(_terms(settings, channel.name), quiet=None)
    return Letterbox(channel, terms, without=TOLD_IN_CHAT)


def sight_of(app: Application) -> ConditionSight:
    """Return where the bot looks for its conditions."""
    world, settings = app.world, app.world.settings
    return ConditionSight(
        ledger=app.stores.ledger,
        cycles=app.stores.cycles,
        feed=app.feed.status,
        tokens=app.session.tokens,
        calendar=world.calendar,
        clock=world.clock,
        phrases=world.phrases,
        data_dir=settings.data_dir,
        floor_won=settings.nav_floor_krw,
        backs_up=settings.backup_at is not None,
    )

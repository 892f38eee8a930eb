"""Runs the application: with Discord, or alone on a terminal."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable

import aiohttp
import discord
import structlog
from rich.console import Console

from bot.chat.client import TradeBot
from bot.chat.services import ChatServices, ChatSettings
from bot.chat.surfaces import DiscordAlerts, DiscordReports, DiscordTicketSurface
from bot.chat.threads import IdleThreads
from bot.operations.console import ConsoleSurfaces
from bot.operations.day import TradingDay
from bot.operations.health import Heartbeat
from bot.operations.scheduler import DayScheduler
from bot.settings import Settings, redacted, sources
from bot.wiring import HEARTBEAT_FILE, Application, build
from core.domain.briefing import Briefing
from core.domain.krx import KST
from core.domain.modes import Mode
from core.errors import ConfigurationError, DataError
from core.runtime.clock import SystemClock

_LOG = structlog.get_logger(__name__)
CONNECT_TRIES = 12
CONNECT_WAIT_SECONDS = 5.0
CLOSE_SECONDS = 10.0

Sweep = Callable[[], Awaitable[object]]


async def run(settings: Settings) -> None:
    """Run with Discord until SIGTERM or SIGINT. Raises ConfigurationError."""
    _log_start(settings)
    async with build(settings) as app:
        bot = TradeBot(_chat_services(app))
        app.surfaces.connect(DiscordTicketSurface(bot), DiscordAlerts(bot), DiscordReports(bot))
        stop = _stop_event()
        try:
            await _login(bot, settings)
            gateway = app.world.supervisor.start("gateway", bot.connect(reconnect=True))
            scheduler = _start_day(app, IdleThreads(bot).sweep, bot.is_ready)
            try:
                await _first_of(gateway, stop)
            finally:
                scheduler.close()
                await app.desk.stop()
        finally:
            async with asyncio.timeout(CLOSE_SECONDS):
                await bot.close()


async def run_local(settings: Settings, iterations: int | None) -> None:
    """Run without Discord: `iterations` dry runs of the day's cycle, or the day itself."""
    _log_start(settings)
    async with build(settings) as app:
        surfaces = ConsoleSurfaces(Console(), app.world.phrases)
        app.surfaces.connect(surfaces, surfaces, surfaces)
        for _ in range(iterations or 0):
            await surfaces.show_briefing(await _dry_cycle(app), None)
        if iterations is not None:
            return
        stop = _stop_event()
        scheduler = _start_day(app, _no_threads, lambda: True)
        try:
            await stop.wait()
        finally:
            scheduler.close()
            await app.desk.stop()


async def _dry_cycle(app: Application) -> Briefing:
    today = app.world.clock.now().astimezone(KST).date()
    calendar = app.world.calendar
    day = today if calendar.is_session(today) else calendar.next_session(today)
    try:
        return await app.cycle.run(day, dry_run=True)
    except DataError as error:
        raise ConfigurationError(str(error)) from error


def _start_day(app: Application, sweep: Sweep, is_connected: Callable[[], bool]) -> DayScheduler:
    """Start the desk's loops, the appointments and the heartbeat."""
    world = app.world
    day = TradingDay(
        cycle=app.cycle,
        closing=app.closing,
        desk=app.desk,
        ledger=app.stores.ledger,
        alerts=app.surfaces,
        calendar=world.calendar,
        clock=world.clock,
        phrases=world.phrases,
        sweep=sweep,
    )
    scheduler = DayScheduler(world.clock, world.supervisor)
    for job in day.jobs():
        scheduler.add(job)
    scheduler.start()
    heartbeat = Heartbeat(
        world.settings.data_dir / HEARTBEAT_FILE,
        ledger=app.stores.ledger,
        host_clock=SystemClock(),
        is_connected=is_connected,
    )
    world.supervisor.start("heartbeat", heartbeat.run())
    world.supervisor.start("desk", app.desk.start(world.supervisor))
    world.supervisor.start("catch-up", day.catch_up())
    return scheduler


async def _login(bot: TradeBot, settings: Settings) -> None:
    """Log in, trying for a bounded time while Discord does not answer."""
    token = settings.discord_token.get_secret_value()
    clock = SystemClock()
    for attempt in range(1, CONNECT_TRIES + 1):
        try:
            await bot.login(token)
        except discord.LoginFailure:
            raise ConfigurationError("DISCORD_TOKEN is refused by Discord") from None
        except (aiohttp.ClientError, discord.HTTPException, OSError) as error:
            _LOG.warning("Discord does not answer yet", attempt=attempt, error=str(error))
            await clock.sleep(CONNECT_WAIT_SECONDS)
        else:
            return
    seconds = int(CONNECT_TRIES * CONNECT_WAIT_SECONDS)
    raise ConfigurationError(f"Discord did not answer for {seconds} seconds")


def _chat_services(app: Application) -> ChatServices:
    world, settings = app.world, app.world.settings
    return ChatServices(
        settings=ChatSettings(
            guild_id=settings.discord_guild_id,
            main_channel_id=settings.discord_channel_id,
            alert_channel_id=settings.discord_alert_channel_id or settings.discord_channel_id,
            approver_ids=settings.discord_approver_ids,
            viewer_ids=settings.discord_viewer_ids,
            idle_minutes=settings.idle_minutes,
            message_content=settings.discord_message_content,
            locale=settings.locale,
        ),
        languages=world.languages,
        clock=world.clock,
        market=app.market,
        portfolio=app.portfolio,
        orders=app.desk,
        switch=app.switch,
        tickets=app.desk,
        sessions=app.sessions,
        cycle=app.today,
        status=app.status,
    )


def _stop_event() -> asyncio.Event:
    """Return an event that SIGTERM and SIGINT set."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


async def _first_of(gateway: asyncio.Task[None], stop: asyncio.Event) -> None:
    """Return when asked to stop; raise when the gateway ended by itself."""
    waiting = asyncio.ensure_future(stop.wait())  # noqa: TID251 - owned and ended right here
    try:
        await asyncio.wait({gateway, waiting}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
    if gateway.done() and not stop.is_set():
        raise ConfigurationError(
            "Discord closed the connection for good; is the message-content intent switched on, "
            "or DISCORD_MESSAGE_CONTENT=N set?"
        )


async def _no_threads() -> None:
    """Have no threads to sweep."""


def _log_start(settings: Settings) -> None:
    shown = redacted(settings)
    base_url = {
        Mode.SIM: "in-process",
        Mode.VTS: settings.kis_vts_base_url,
        Mode.REAL: settings.kis_real_base_url,
        Mode.OBSERVE: settings.kis_real_base_url,
    }[settings.mode]
    account = "kis_vts_account_no" if settings.mode is Mode.VTS else "kis_real_account_no"
    _LOG.info(
        "starting",
        settings_from=sources(),
        broker=settings.broker,
        mode=settings.mode.value,
        base_url=settings.sandbox_url or base_url,
        account=shown[account] if settings.broker == "kis" else "-",
        live_orders_allowed=settings.mode is Mode.REAL,
    )
    _LOG.debug("settings", **shown)

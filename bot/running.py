"""Runs the application: with Discord, or alone on a terminal."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

import aiohttp
import discord
import structlog
from rich.console import Console

from bot.chat.client import TradeBot
from bot.chat.surfaces import DiscordAlerts, DiscordReports, DiscordTicketSurface
from bot.chat.threads import IdleThreads
from bot.operations.console import ConsoleSurfaces
from bot.operations.day import CYCLE_AT, TradingDay
from bot.operations.garbage import start_out_of_collections
from bot.operations.halt_watch import HaltWatch
from bot.operations.month_ends import MonthEnds
from bot.operations.scheduler import DayScheduler
from bot.operations.sundays import Sundays
from bot.settings import HALT_FILE, Settings, sources
from bot.settings.redaction import redacted, without_password
from bot.signals import listening
from bot.wiring.chat import chat_services
from bot.wiring.feed import start_feed
from bot.wiring.graph import Application, build
from bot.wiring.keeping import keep_backups
from bot.wiring.letters import month_ends_of
from bot.wiring.monitoring import keep_watch
from bot.wiring.notices import tell_digests
from bot.wiring.reflection import evening_round, retention_of, rule_ender, sundays_of
from bot.wiring.sheets import keep_sheet
from bot.wiring.watch import start_watching
from core.domain.briefing import Briefing
from core.domain.krx import KST
from core.domain.modes import Mode
from core.errors import ConfigurationError, LeaseLost, TradingError
from core.flows.week_lapses import WeekLapses
from core.runtime.clock import SystemClock
from core.services.orders.flattening import CancelFate

_LOG = structlog.get_logger(__name__)
CLOSE_SECONDS = 10.0
LOGIN_SECONDS = 20.0

Sweep = Callable[[], Awaitable[object]]
Ready = Callable[[], Awaitable[None]]


class GatewayLost(TradingError):
    """Discord's gateway ended by itself; the process ends, so that its keeper starts it anew."""


class DiscordUnreachable(TradingError):
    """Discord did not answer while a start waited for it: no fault of the settings."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a start waits for Discord. Seconds are host seconds."""

    tries: int = 12
    wait_seconds: float = 5.0


PATIENT = Patience()


async def run(settings: Settings, *, patience: Patience = PATIENT) -> None:
    """Run with Discord until SIGTERM or SIGINT.

    Raises ConfigurationError, DiscordUnreachable when nobody answers, GatewayLost when Discord ends
    the connection for good, or LeaseLost when another process took over.
    """
    _log_start(settings)
    with listening(settings.data_dir / HALT_FILE) as signals:
        stop = signals.stop
        async with build(settings) as app:
            signals.halt = app.switch.halt_at_once
            app.lease.when_lost(stop.set)
            bot = await _logged_in(app, stop, patience)
            if bot is not None:
                try:
                    with start_out_of_collections():
                        await _serve(app, bot, stop)
                finally:
                    await _close(bot)
            _end_without_lease(app)


async def _serve(app: Application, bot: TradeBot, stop: asyncio.Event) -> None:
    """Run gateway, desk and appointments until asked to stop."""
    tickets, alerts, reports = DiscordTicketSurface(bot), DiscordAlerts(bot), DiscordReports(bot)
    app.surfaces.connect(tickets, None, reports)

    async def ready() -> None:
        await bot.wait_until_ready()
        app.surfaces.connect(tickets, alerts, reports)
        app.outbox.wake()

    gateway = _Gateway(bot)
    running = app.world.supervisor.start("gateway", gateway.run())
    scheduler = _start_day(app, IdleThreads(bot).sweep, bot.is_ready, ready)
    try:
        await _done_before(stop, running)
    finally:
        scheduler.close()
        await app.desk.stop()
    if not stop.is_set():
        raise gateway.problem


async def run_local(settings: Settings, iterations: int | None) -> None:
    """Run without Discord: `iterations` dry runs of the day's cycle, or the day itself.

    Raises as `run` does, but for Discord.
    """
    _log_start(settings)
    with listening(settings.data_dir / HALT_FILE) as signals:
        stop = signals.stop
        async with build(settings) as app:
            signals.halt = app.switch.halt_at_once
            app.lease.when_lost(stop.set)
            surfaces = ConsoleSurfaces(Console(), app.world.phrases)
            app.surfaces.connect(surfaces, surfaces, surfaces)
            if iterations is not None:
                with start_out_of_collections():
                    for _ in range(iterations):
                        if not stop.is_set():
                            await surfaces.show_briefing(await _dry_cycle(app), None)
                return
            scheduler = _start_day(app, _nothing, lambda: True, _nothing)
            try:
                with start_out_of_collections():
                    await stop.wait()
            finally:
                scheduler.close()
                await app.desk.stop()
            _end_without_lease(app)


def _end_without_lease(app: Application) -> None:
    """Raise LeaseLost when that is why everything stopped."""
    if app.lease.lost_because is not None:
        raise LeaseLost(f"this bot may not trade any more: {app.lease.lost_because}")


async def _dry_cycle(app: Application) -> Briefing:
    today, calendar = app.world.clock.now().astimezone(KST).date(), app.world.calendar
    day = today if calendar.is_session(today) else calendar.next_session(today)
    return await app.cycle.run(day, dry_run=True)


def _start_day(
    app: Application, sweep: Sweep, is_connected: Callable[[], bool], ready: Ready
) -> DayScheduler:
    """Start the desk's loops, the appointments, and what looks after them."""
    world = app.world
    day = TradingDay(
        cycle=app.cycle,
        closing=app.closing,
        outcomes=evening_round(world, app.stores, app.market),
        desk=app.desk,
        ledger=app.stores.ledger,
        alerts=app.outbox,
        calendar=world.calendar,
        clock=world.clock,
        phrases=world.phrases,
        sweep=sweep,
        days=app.days,
        retention=retention_of(world, app.stores),
        rules=rule_ender(
            world,
            app.stores,
            app.rules.adoption,
            app.outbox,
            WeekLapses(reflection=app.reflection, messages=app.surfaces),
        ),
    )
    app.days.when_opened = partial(_run_late, app, day)
    scheduler = DayScheduler(world.clock, world.supervisor)
    sundays = sundays_of(world, app.reflection, app.outbox)
    month_ends = month_ends_of(world, app.letters, app.outbox)
    for job in (*day.jobs(), *sundays.jobs(), *month_ends.jobs()):
        scheduler.add(job)
    keep_backups(world, app.stores, app.outbox, scheduler)
    keep_sheet(world, app.sheet, scheduler)
    tell_digests(world, app.stores, app.outbox, scheduler)
    scheduler.start()
    halt, cancel = world.settings.data_dir / HALT_FILE, partial(_cancel_all, app)
    watch = HaltWatch(halt, SystemClock(), app.outbox, world.phrases, cancel)
    start_feed(world, app.feed, app.outbox)
    # The desk first: the first beat already judges whether it is there.
    world.supervisor.start("desk", app.desk.start(world.supervisor))
    world.supervisor.start("halt-watch", watch.run())
    world.supervisor.start("safety", app.watch.run())
    start_watching(world, app.tower)
    keep_watch(app, is_connected)
    world.supervisor.start("catch-up", _catch_up(day, sundays, month_ends, ready))
    return scheduler


def _run_late(app: Application, day: TradingDay, opened: date) -> None:
    """Start today's cycle when a person opened today after its hour."""
    now = app.world.clock.now().astimezone(KST)
    if opened == now.date() and now.time() >= CYCLE_AT:
        app.world.supervisor.start("late-cycle", day.run_cycle())


async def _cancel_all(app: Application, actor: str, reason: str) -> tuple[int, int]:
    """Cancel every open order; return how many were dropped or asked to end, and how many not."""
    results = await app.desk.flattener.cancel_all(actor, reason)
    asked = sum(item.fate in {CancelFate.DROPPED, CancelFate.REQUESTED} for item in results)
    return asked, len(results) - asked


async def _catch_up(day: TradingDay, sundays: Sundays, month_ends: MonthEnds, ready: Ready) -> None:
    """Do what the hour has passed, once there is somebody to tell."""
    await ready()
    await day.catch_up()
    await sundays.catch_up()
    await month_ends.run()


async def _logged_in(app: Application, stop: asyncio.Event, patience: Patience) -> TradeBot | None:
    """Log in, trying for a bounded time while Discord does not answer; None when asked to stop."""
    services = chat_services(app)
    token = app.world.settings.discord_token.get_secret_value()
    host = SystemClock()
    since = host.now()
    for attempt in range(1, patience.tries + 1):
        # A new client each time: a login that failed half-way has already registered half.
        bot = TradeBot(services)
        try:
            login = asyncio.ensure_future(bot.login(token))  # noqa: TID251 - owned and ended right here
            if await _done_before(stop, login, LOGIN_SECONDS):
                login.result()
                return bot
        except (discord.LoginFailure, discord.Forbidden, discord.NotFound) as error:
            await _close(bot)
            raise ConfigurationError(_refusal(error)) from None
        except (aiohttp.ClientError, discord.HTTPException, OSError) as error:
            _LOG.warning("Discord does not answer yet", attempt=attempt, error=str(error))
        await _close(bot)
        if await _stopped_within(stop, patience.wait_seconds):
            return None
    seconds = round((host.now() - since).total_seconds())
    raise DiscordUnreachable(f"Discord did not answer for {seconds} seconds; is the network up?")


def _refusal(error: discord.DiscordException) -> str:
    if isinstance(error, discord.LoginFailure):
        return "DISCORD_TOKEN is refused by Discord"
    return (
        "DISCORD_GUILD_ID: Discord does not let this bot in there; is the number right, and was "
        "the bot invited with the scopes bot and applications.commands?"
    )


class _Gateway:
    """The connection for as long as it lives, and why it ended."""

    def __init__(self, bot: TradeBot) -> None:
        self._bot = bot
        self.problem: TradingError = GatewayLost("the Discord gateway ended")

    async def run(self) -> None:
        """Stay connected; discord.py itself connects again after what can be mended."""
        try:
            await self._bot.connect(reconnect=True)
        except discord.PrivilegedIntentsRequired:
            self.problem = ConfigurationError(
                "Discord refuses the message-content intent; switch it on in the developer portal "
                "or set DISCORD_MESSAGE_CONTENT=N"
            )
        except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
            self.problem = GatewayLost(f"Discord closed the connection for good: {error}")


async def _close(bot: TradeBot) -> None:
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await bot.close()
    except TimeoutError:
        _LOG.error("Discord did not let go in time")
    # Closing tells its own listeners, in tasks that nobody else waits for.
    late = [task for task in asyncio.all_tasks() if task.get_name().startswith("discord.py")]
    if late:
        await asyncio.wait(late, timeout=CLOSE_SECONDS)


async def _stopped_within(stop: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return False
    return True


async def _done_before(
    stop: asyncio.Event, work: asyncio.Future[None], seconds: float | None = None
) -> bool:
    """Wait for `work` or `stop`; return whether `work` ended first.

    With `seconds`, work that has not ended then is cancelled, and so it is when stopped.
    """
    waiting = asyncio.ensure_future(stop.wait())  # noqa: TID251 - owned and ended right here
    try:
        both: set[asyncio.Future[Any]] = {work, waiting}
        await asyncio.wait(both, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
        if seconds is not None and not work.done():
            work.cancel()
            await asyncio.wait({work}, timeout=CLOSE_SECONDS)
    return work.done() and not work.cancelled()


async def _nothing() -> None:
    """Have no threads to sweep and nobody to wait for."""


def _log_start(settings: Settings) -> None:
    shown = redacted(settings)
    base_url = "in-process"
    account = "-"
    if settings.mode is not Mode.SIM:
        base_url = getattr(settings, f"{settings.account_prefix}_base_url")
        account = shown[f"{settings.account_prefix}_account_no"]
    _LOG.info(
        "starting",
        settings_from=sources(),
        broker=settings.broker,
        mode=settings.mode.value,
        base_url=without_password(settings.sandbox_url or base_url),
        account=account,
        live_orders_allowed=settings.mode is Mode.REAL,
    )
    _LOG.debug("settings", **shown)

"""`python -m bot watchdog`: a process of its own beside the bot."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from types import MappingProxyType

from bot import locales
from bot.alerting.addresses import channels_of
from bot.alerting.discord_channel import DiscordPost
from bot.by_hand.loading import loaded
from bot.by_hand.stopping import halt
from bot.files.calendar import load_day_words
from bot.files.strategy import load_strategy
from bot.monitoring.watchdog import Leash, Watchdog, bot_at, discord_at
from bot.operations.discord_rest import DISCORD_API
from bot.sandbox_link import SandboxAddresses, SandboxLink
from bot.settings import HALT_FILE, Settings
from bot.signals import listening
from bot.wiring.alerting import boxes_of
from bot.wiring.monitoring import folder_mark
from core.domain.calendar import TradingCalendar
from core.domain.day_consensus import with_overrides
from core.errors import ConfigurationError
from core.ports.alerting import AlertChannel
from core.ports.clock import Clock
from core.runtime.clock import SystemClock
from core.runtime.supervisor import TaskSupervisor
from core.services.alerts.board import Board, BoardContext
from core.services.alerts.book import ConditionBook
from core.services.alerts.letterbox import Letterbox


@dataclass(frozen=True, slots=True)
class _Outside:
    """Time, tasks and addresses of the watchdog's own."""

    clock: Clock
    supervisor: TaskSupervisor
    sandbox: SandboxAddresses | None


async def watch() -> None:
    """Watch until SIGTERM or SIGINT. Raises ConfigurationError when it could tell nobody."""
    settings = loaded()
    if not settings.health_url:
        raise ConfigurationError("METRICS_PORT=off: there is nothing to ask; set WATCHDOG_URL")
    async with AsyncExitStack() as stack:
        outside = await _open(stack, settings)
        leash = _leash(stack, settings, outside)
        boxes = _boxes(settings, outside)
        board = Board(
            BoardContext(
                look=Watchdog(leash).look,
                book=ConditionBook(),
                boxes=boxes,
                clock=outside.clock,
                host_clock=SystemClock(),
                supervisor=outside.supervisor,
                phrases=leash.phrases,
                ledger=None,
            )
        )
        signals = stack.enter_context(listening(settings.data_dir / HALT_FILE))
        outside.supervisor.start("watchdog", board.run())
        stack.push_async_callback(outside.supervisor.aclose)
        await signals.stop.wait()


async def _open(stack: AsyncExitStack, settings: Settings) -> _Outside:
    supervisor = TaskSupervisor()
    if not settings.sandbox_url:
        return _Outside(SystemClock(), supervisor, None)
    link = SandboxLink(settings.sandbox_url)
    stack.push_async_callback(link.close)
    addresses, clock = await link.open()
    link.follow(clock, supervisor)
    return _Outside(clock, supervisor, addresses)


def _leash(stack: AsyncExitStack, settings: Settings, outside: _Outside) -> Leash:
    leash = Leash(
        ask_bot=bot_at(settings.health_url, folder_mark(settings)),
        ask_discord=discord_at(outside.sandbox.discord_api if outside.sandbox else DISCORD_API),
        clock=outside.clock,
        calendar=TradingCalendar(
            MappingProxyType(with_overrides(load_day_words(settings.data_dir)))
        ),
        phrases=locales.load(settings.locale),
        silent_seconds=settings.watchdog_silent_seconds,
        halt=halt if settings.watchdog_halts else None,
    )
    if not settings.watchdog_reads_positions or settings.broker == "sim":
        # A simulated account lives in the bot's own process.
        return leash
    return replace(leash, positions=_positions(stack, settings, outside))


def _positions(
    stack: AsyncExitStack, settings: Settings, outside: _Outside
) -> Callable[[], Awaitable[str]]:
    from bot.brokerage import open_brokerage
    from bot.wiring.desk import session_of

    known = outside.sandbox
    brokerage = open_brokerage(
        settings,
        outside.clock,
        load_strategy(settings.data_dir).universe,
        kis_url=known.kis if known else "",
        kiwoom_url=known.kiwoom if known else "",
    )
    stack.push_async_callback(brokerage.adapter.close)
    session = session_of(settings, brokerage, outside.clock, outside.supervisor)

    async def read() -> str:
        account = await session.account()
        held = [f"{one.name} {one.quantity:,}" for one in account.positions if one.quantity]
        return ", ".join(held) or "-"

    return read


def _boxes(settings: Settings, outside: _Outside) -> list[Letterbox]:
    """Return every way to reach people that does not need the bot. Raises ConfigurationError."""
    channels: list[AlertChannel] = [*channels_of(settings)]
    channel_id = settings.discord_alert_channel_id or settings.discord_channel_id
    if settings.discord_token.get_secret_value() and channel_id:
        api = outside.sandbox.discord_api if outside.sandbox else DISCORD_API
        channels.append(DiscordPost(api, settings.discord_token, channel_id))
    if not channels:
        raise ConfigurationError(
            "the watchdog could tell nobody: set DISCORD_TOKEN and DISCORD_CHANNEL_ID, or an alert "
            "channel (SLACK_WEBHOOK, TELEGRAM_BOT_TOKEN, SMTP_HOST, ALERT_URLS)"
        )
    return boxes_of(settings, channels)

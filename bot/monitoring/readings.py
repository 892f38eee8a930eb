"""One look at everything that is read when it is asked for, as samples of the catalogue's gauges."""

from __future__ import annotations

import shutil
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import structlog

from bot.monitoring.catalogue import GAUGES
from bot.monitoring.meters import PrometheusMeters
from core.domain.breakers import Breaker, InForce
from core.domain.cycle import StepRecord
from core.domain.krx import KST
from core.domain.limits import value_of
from core.domain.model_calls import MILLI
from core.domain.modes import TradingState
from core.domain.orders import IN_DOUBT_STATES, OrderState
from core.domain.risk import RiskLimits
from core.domain.ticks import FeedHealth
from core.errors import StorageError
from core.ports.clock import Clock
from core.ports.outbox import OutboxState
from core.runtime.broker_session import BrokerSession
from core.runtime.market_feed import LiveFeed
from core.services.safety.watch import Watch
from storage.gauges import Gauges

_LOG = structlog.get_logger(__name__)

Sample = tuple[tuple[str, ...], float]
Samples = dict[str, list[Sample]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What only the database knows, and who reads it. Each raises StorageError."""

    gauges: Callable[[date], Awaitable[Gauges]]
    steps: Callable[[date], Awaitable[tuple[StepRecord, ...]]]
    backup_last: Callable[[], Awaitable[datetime | None]]
    counted: Callable[[], Awaitable[Mapping[str, int]]]
    in_force: Callable[[], Awaitable[InForce]]
    outbox: Callable[[], Awaitable[OutboxState]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """The parts of the running bot that the figures are read from.

    `labels` are broker, mode and build. `clock` is business time, `host_clock` the heartbeat's.
    """

    labels: Callable[[], tuple[str, str, str]]
    clock: Clock
    host_clock: Clock
    data_dir: Path
    heartbeat_at: Callable[[], datetime | None]
    meters: PrometheusMeters
    session: BrokerSession
    feed: LiveFeed
    watch: Watch
    limits: Callable[[], RiskLimits]
    stored: Stored


async def samples_of(sight: Sight) -> Samples:
    """Read everything. A database that cannot be read leaves out what only it knows. Never raises."""
    samples: Samples = {name: [] for name in GAUGES}
    now = sight.clock.now()
    _runtime(sight, now, samples)
    try:
        stored = await _stored(sight, now, samples)
    except StorageError as error:
        _LOG.warning("the figures of the database cannot be read", error=str(error))
        samples["database_up"] = [((), 0)]
        stored = None
    _account(sight, now, stored, samples)
    return {name: found for name, found in samples.items() if name in GAUGES}


def _runtime(sight: Sight, now: datetime, samples: Samples) -> None:
    samples["info"] = [(sight.labels(), 1)]
    calls, limiter = sight.session.calls, sight.session.limiter
    samples["broker_calls_remembered"] = [((), calls.calls)]
    samples["broker_errors_remembered"] = [((), calls.errors)]
    samples["limiter_waiting"] = [((), limiter.waiting)]
    samples["limiter_rate"] = [(("all",), limiter.rate), (("ledger",), limiter.ledger_rate)]
    tokens = sight.session.tokens
    if tokens.held_until is not None:
        samples["token_seconds_left"] = [((), (tokens.held_until - now).total_seconds())]
    samples["token_failing"] = [((), int(tokens.trouble is not None))]
    status = sight.feed.status()
    samples["feed_live"] = [((), int(status.health is FeedHealth.LIVE))]
    if sight.feed.heard_at is not None:
        samples["feed_age_seconds"] = [((), (now - sight.feed.heard_at).total_seconds())]
    samples["feed_registrations"] = [((), sight.feed.registrations)]
    samples["feed_left_out"] = [((), status.left_out)]
    samples["feed_restarts"] = [((), status.restarts)]
    beat = sight.heartbeat_at()
    if beat is not None:
        age = (sight.host_clock.now() - beat).total_seconds()
        samples["heartbeat_age_seconds"] = [((), age)]
    try:
        samples["disk_free_bytes"] = [((), shutil.disk_usage(sight.data_dir).free)]
    except OSError as error:
        _LOG.warning("the free room of the disk cannot be read", error=str(error))


async def _stored(sight: Sight, now: datetime, samples: Samples) -> Gauges:
    today = now.astimezone(KST).date()
    gauges = await sight.stored.gauges(today)
    _orders(gauges, samples)
    _models(gauges, samples)
    samples["database_bytes"] = [((), gauges.size_bytes)]
    outbox = await sight.stored.outbox()
    samples["alarms_failing_seconds"] = [((), outbox.failing_for.total_seconds())]
    for record in await sight.stored.steps(today):
        step = record.step.value
        samples["cycle_step_outcome"].append(((step, record.state.value), 1))
        if record.finished_at is not None:
            took = (record.finished_at - record.started_at).total_seconds()
            samples["cycle_step_seconds"].append(((step,), took))
    backup = await sight.stored.backup_last()
    if backup is not None:
        samples["backup_age_seconds"] = [((), (now - backup).total_seconds())]
    limits = sight.limits()
    for name, used in (await sight.stored.counted()).items():
        samples["risk_left"].append(((name,), max(value_of(limits, name) - used, 0)))
    found = await sight.stored.in_force()
    out = {trip.breaker for trip in found.trips}
    samples["trading"] = [
        ((state.value.lower(),), int(state is found.state)) for state in TradingState
    ]
    samples["breaker_out"] = [((one.value,), int(one in out)) for one in Breaker]
    samples["database_up"] = [((), 1)]
    return gauges


def _orders(gauges: Gauges, samples: Samples) -> None:
    samples["orders_today"] = [
        ((state.value.lower(),), gauges.orders_today.get(state, 0)) for state in OrderState
    ]
    samples["orders_in_doubt"] = [
        ((state.value.lower(),), gauges.orders_in_doubt.get(state, 0))
        for state in sorted(IN_DOUBT_STATES, key=lambda one: one.value)
    ]
    samples["tickets_waiting"] = [((), gauges.tickets_waiting)]
    samples["alarms_waiting"] = [((), gauges.alarms_waiting)]


def _models(gauges: Gauges, samples: Samples) -> None:
    tokens: dict[tuple[str, ...], float] = {}
    cost: dict[tuple[str, ...], float] = {}
    for one in gauges.models:
        purpose = one.purpose.value
        samples["model_calls_today"].append(((one.model, purpose, one.state.value), one.calls))
        for kind, count in (("read", one.prompt_tokens), ("written", one.completion_tokens)):
            key = (one.model, purpose, kind)
            tokens[key] = tokens.get(key, 0) + count
        paid = (one.model, purpose)
        cost[paid] = cost.get(paid, 0) + one.cost_milliwon / MILLI
    samples["model_tokens_today"] = list(tokens.items())
    samples["model_cost_won_today"] = list(cost.items())


def _account(sight: Sight, now: datetime, stored: Gauges | None, samples: Samples) -> None:
    """Show what the broker said last: to this process, or before its start."""
    seen = sight.meters.account
    if seen is not None:
        found: tuple[datetime, int, int] = (seen.taken_at, seen.nav_won, seen.settled_d2_won)
    elif stored is not None and stored.account is not None:
        found = stored.account
    else:
        return
    taken_at, nav_won, cash_won = found
    samples["nav_won"] = [((), nav_won)]
    samples["cash_won"] = [((), cash_won)]
    samples["account_age_seconds"] = [((), (now - taken_at).total_seconds())]
    judged = sight.watch.judged
    if judged is None or judged[0] != now.astimezone(KST).date():
        return
    _day, opening, result = judged
    may_lose = opening.nav_won * sight.watch.limits.day_loss_percent / 100
    samples["day_result_won"] = [((), result.trading_won)]
    samples["day_loss_left_won"] = [((), max(float(may_lose) + result.trading_won, 0.0))]

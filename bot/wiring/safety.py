"""The part of the graph that can say no: the lease, and what real money must pass."""

from __future__ import annotations

import socket
from contextlib import AsyncExitStack
from functools import partial

import structlog

from bot.build_id import build_id
from bot.operations.doctor import examine
from bot.settings.interlock import REAL_HOSTS, fingerprint, switches_of
from bot.wiring.foundations import Stores, World
from core.domain.checkup import Verdict
from core.domain.modes import Mode
from core.errors import ConfigurationError, StorageError
from core.ports.outbox import Outbox
from core.ports.safety import CallCounts
from core.runtime.broker_session import BrokerSession
from core.runtime.clock import SystemClock
from core.runtime.interlock import Claim, Examiners, OpenInterlock, RealInterlock
from core.runtime.lease import LedgerLease
from core.runtime.limit_book import LimitBook
from core.services.orders.context import DeskContext
from core.services.safety.watch import Watch, WatchContext
from storage.vts_record import clean_vts_days

_LOG = structlog.get_logger(__name__)


async def hold_lease(stack: AsyncExitStack, world: World, stores: Stores) -> LedgerLease:
    """Take the lease, renew it for as long as the process lives, give it back at its end.

    Raises ConfigurationError when another process holds it.
    """
    # The resolved folder: one folder under two names is one holder, as it has one lock.
    holder = f"{socket.gethostname()}:{world.settings.data_dir.resolve()}"
    lease = LedgerLease(stores.ledger, SystemClock(), holder)
    await lease.take()
    stack.push_async_callback(_give_back, lease)
    world.supervisor.start("lease", lease.run())
    return lease


async def limits_in_force(world: World, stores: Stores) -> LimitBook:
    """Return the limits of the settings, tightened by what people stored. Raises StorageError."""
    book = LimitBook(world.settings.risk_limits, stores.ledger, world.clock)
    await book.load()
    return book


def safety_watch(world: World, context: DeskContext, calls: CallCounts, outbox: Outbox) -> Watch:
    """Return the loop that lets the breakers out."""
    return Watch(
        WatchContext(
            broker=context.broker,
            calls=calls,
            ledger=context.ledger,
            outbox=outbox,
            market=context.market,
            clock=context.clock,
            calendar=context.calendar,
            phrases=context.phrases,
            costs=context.costs,
            limits=world.settings.breaker_limits,
            rest=context.fill_bell.wait_until,
        )
    )


async def _give_back(lease: LedgerLease) -> None:
    try:
        await lease.release()
    except StorageError as error:
        # It lapses by itself; the end of the process must not fail over it.
        _LOG.warning("the lease could not be given back", error=str(error))


def interlock_of(
    world: World, stores: Stores, session: BrokerSession
) -> OpenInterlock | RealInterlock:
    """Return the interlock of a real account, watched or traded; elsewhere there is none."""
    settings = world.settings
    switches = switches_of(settings)
    if not (switches.broker_is_real and switches.account_is_real):
        return OpenInterlock()
    claim = Claim(
        switches=switches,
        fingerprint=fingerprint(settings, build_id()),
        account_no=getattr(settings, f"{settings.account_prefix}_account_no"),
        owner_ids=settings.discord_owner_ids,
        days_needed=settings.real_after_vts_days,
    )
    examiners = Examiners(
        probe=partial(_probe, session),
        vts_days=partial(clean_vts_days, settings.vts_database, settings.broker),
        doctor=partial(_doctor, world, stores, session),
    )
    interlock = RealInterlock(stores.ledger, world.clock, world.phrases, claim, examiners)
    world.supervisor.start("interlock", interlock.run())
    return interlock


async def _probe(session: BrokerSession) -> None:
    """Read the account: the broker answers only where URL, key and account agree.

    Raises BrokerError.
    """
    identity = session.identity
    if identity.mode is not Mode.REAL or identity.base_url != REAL_HOSTS.get(identity.broker):
        raise ConfigurationError(f"{identity.base_url} is not where real orders go")
    await session.account()


async def _doctor(world: World, stores: Stores, session: BrokerSession) -> tuple[str, ...]:
    """Return what the doctor finds wrong in the running bot, in sentences."""
    checks = await examine(world.patient(stores.database, session))
    return tuple(f"{check.name}: {check.text}" for check in checks if check.verdict is Verdict.BAD)

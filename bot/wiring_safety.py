"""The part of the graph that can say no: the lease, and what real money must pass."""

from __future__ import annotations

import socket
from contextlib import AsyncExitStack

import structlog

from bot.foundations import Stores, World
from core.errors import StorageError
from core.runtime.clock import SystemClock
from core.runtime.lease import LedgerLease

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


async def _give_back(lease: LedgerLease) -> None:
    try:
        await lease.release()
    except StorageError as error:
        # It lapses by itself; the end of the process must not fail over it.
        _LOG.warning("the lease could not be given back", error=str(error))

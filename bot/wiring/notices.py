"""The part of the graph that tells together what people did not want to hear at once."""

from __future__ import annotations

from bot.operations.scheduler import DayScheduler, Job
from bot.wiring.foundations import Stores, World
from bot.wiring.setup import notices_of
from core.ports.outbox import Outbox
from core.runtime.notice_digest import NoticeDigest


def tell_digests(world: World, stores: Stores, outbox: Outbox, scheduler: DayScheduler) -> None:
    """Look every minute whether something that was kept back is due."""
    digest = NoticeDigest(
        book=notices_of(world, stores),
        ledger=stores.ledger,
        outbox=outbox,
        clock=world.clock,
        phrases=world.phrases,
    )
    scheduler.add(Job("digest", digest.look, hour="*", minute="*"))

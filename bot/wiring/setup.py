"""What people chose in Discord, put over the settings when the graph is built."""

from __future__ import annotations

from dataclasses import replace

from bot.wiring.foundations import Stores, World
from core.domain.modes import Mode
from core.domain.setup import Setup
from core.runtime.notice_book import NoticeBook
from core.runtime.setup_book import SetupBook


async def with_choices(world: World, stores: Stores) -> World:
    """Return the world as owners chose it. Raises StorageError for what cannot be read.

    What they left out is no longer in the universe: no buy of it passes the guard. What is held of
    it is still shown and may be sold, as of everything that leaves the universe.
    """
    book = setup_of(world, stores)
    await book.load()
    strategy, left_out = world.strategy, book.current.left_out
    kept = tuple(one for one in strategy.universe if one.symbol not in left_out)
    listed = replace(strategy.listed, instruments=kept)
    chosen = replace(world, strategy=replace(strategy, listed=listed), setup=book)
    notices = notices_of(chosen, stores)
    await notices.load()
    return replace(chosen, notices=notices)


def setup_of(world: World, stores: Stores) -> SetupBook:
    """Return what counts: what was chosen, or before anything is read what the settings say."""
    if world.setup is not None:
        return world.setup
    settings = world.settings
    return SetupBook(
        Setup(
            main_channel_id=settings.discord_channel_id,
            alert_channel_id=settings.discord_alert_channel_id,
            approver_ids=settings.approver_ids,
        ),
        {one.symbol: one for one in world.strategy.universe},
        stores.ledger,
        world.clock,
        keeps_approvers=settings.mode is Mode.REAL,
    )


def notices_of(world: World, stores: Stores) -> NoticeBook:
    """Return what people want to hear and when: what they chose, or before that the defaults."""
    if world.notices is not None:
        return world.notices
    setup, owners = setup_of(world, stores), world.settings.owner_ids
    return NoticeBook(stores.ledger, world.clock, lambda: setup.current.approver_ids | owners)

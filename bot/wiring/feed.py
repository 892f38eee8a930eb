"""The part of the graph that brings realtime prices: the source, the feed, who tells of its trouble."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.brokerage import Brokerage
from bot.operations.feed_alarms import FeedAlarms
from bot.wiring.foundations import World
from core.domain.calendar import CalendarUnknown, TradingCalendar
from core.ports.feed import TickSource
from core.ports.outbox import Outbox
from core.runtime.broker_session import BrokerSession
from core.runtime.market_feed import FeedTerms, LiveFeed
from core.runtime.quote_polling import QuotePolling
from core.runtime.rate_limiter import pace_for

# Of the calls that a new session may make, quotes that nobody waits for take a quarter.
QUOTE_SHARE = 4
QUOTE_PAUSE_SECONDS_MIN = 0.5
AROUND_A_SESSION = timedelta(minutes=30)
# A day may be ruled to be a session while it is on.
REST_MAX = timedelta(minutes=10)


def start_feed(world: World, feed: LiveFeed, outbox: Outbox) -> None:
    """Let prices come, and tell of it when they stay away."""
    feed.start(world.supervisor)
    alarms = FeedAlarms(feed.status, world.clock, outbox, world.phrases)
    world.supervisor.start("feed-alarms", alarms.run())


def open_feed(
    world: World, brokerage: Brokerage, session: BrokerSession, ring: Callable[[], None]
) -> LiveFeed:
    """Return the feed over the broker's stream, or over quotes where it has none; not started.

    `ring` wakes whoever reads the order list.
    """
    pace = pace_for(brokerage.pace, brokerage.paces_of)
    pause = max(QUOTE_SHARE / pace.start, QUOTE_PAUSE_SECONDS_MIN)
    ask = session.quote_in_background
    source: TickSource
    if brokerage.stream is not None:
        source = brokerage.stream(session.tokens)
    else:
        source = QuotePolling(ask, world.clock, pause, lambda now: rests_until(world.calendar, now))
    terms = FeedTerms(
        stale_after=timedelta(seconds=world.settings.feed_stale_seconds),
        quote_pause_seconds=pause,
    )
    return LiveFeed(source, world.clock, terms, ask, ring)


def rests_until(calendar: TradingCalendar, now: datetime) -> datetime | None:
    """Return until when nothing will be traded, at most ten minutes ahead; None while it may be."""
    try:
        hours = calendar.hours(now.date())
    except CalendarUnknown:
        return None
    if hours is None or now >= hours.closes + AROUND_A_SESSION:
        return now + REST_MAX
    begin = hours.opens - AROUND_A_SESSION
    return min(begin, now + REST_MAX) if now < begin else None

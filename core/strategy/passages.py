"""How a holding's memory takes in the closes that nobody has looked at yet.

Standard library only, so that an idle process may use it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from core.domain.closes import Close, step_between
from core.domain.passages import WatchedPosition
from core.domain.splits import split_ratio

if TYPE_CHECKING:
    from datetime import date, datetime

    from core.domain.instrument import Symbol

_DAY = timedelta(days=1)


def begin(symbol: Symbol, begun_on: date, at: datetime) -> WatchedPosition:
    """Return the memory of a holding of which no close was seen; the first is that of `begun_on`."""
    return WatchedPosition(
        symbol=symbol,
        begun_on=begun_on,
        seen_through=begun_on - _DAY,
        peak_won=0,
        half_sold=False,
        updated_at=at,
    )


def take_in(position: WatchedPosition, closes: Sequence[Close], at: datetime) -> WatchedPosition:
    """Let `position` see the closes after `seen_through`. `closes` come oldest first.

    All are brought to shares of the newest session: a split between divides what was before, as
    the backtest does. A distribution does not, because the average cost stays what was paid.
    Taking in the same closes again changes nothing.
    """
    if not closes or closes[-1].session <= position.seen_through:
        return position
    newest = closes[-1]
    before = [item for item in closes if item.session <= position.seen_through]
    known = before[-1] if before else closes[0]
    peak = _in_shares_of(newest, known, position.peak_won)
    for item in closes[len(before) :]:
        peak = max(peak, _in_shares_of(newest, item, item.raw_won))
    return replace(position, seen_through=newest.session, peak_won=peak, updated_at=at)


def _in_shares_of(newest: Close, then: Close, won: int) -> int:
    """Return a price of the session `then` in won a share of the session `newest`, rounded down."""
    ratio = split_ratio(step_between(then, newest))
    return won if ratio is None else int(won / ratio)

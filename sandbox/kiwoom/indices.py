"""ka20001: market indices. Each follows one listed fund, so that the two never disagree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from brokers.sim.values import MarketView, PriceSource
from sandbox.kis.nav import ratio
from sandbox.kis.state import Market
from sandbox.kis.wire import Reply
from sandbox.market import all_views

from . import fields
from .answers import DONE, Visit, answer, directed, malformed, sign_code, signed

_CENT = Decimal("0.01")
_MARKETS: Mapping[str, str] = {"001": "0", "101": "1", "201": "2"}
"""By inds_cd: its mrkt_tp."""
FOLLOWED: Mapping[str, tuple[str, Decimal]] = {
    "001": ("069500", Decimal("0.0742")),
    "101": ("229200", Decimal("0.0600")),
    "201": ("069500", Decimal("0.0100")),
}
"""By inds_cd: the fund that it follows, and the points of one won of that."""


@dataclass(frozen=True, slots=True)
class IndexNow:
    """An index at this minute in points, and what is traded in all."""

    base: Decimal
    level: Decimal
    opened: Decimal
    highest: Decimal
    lowest: Decimal
    views: Mapping[str, MarketView]

    @property
    def change(self) -> Decimal:
        """The level against the last close."""
        return self.level - self.base

    @property
    def thousand_shares(self) -> int:
        """The day's volume."""
        return sum(one.minute.cumulative_volume for one in self.views.values()) // 1_000

    @property
    def million_won(self) -> int:
        """The day's turnover."""
        traded = (one.minute.cumulative_volume * one.minute.last for one in self.views.values())
        return sum(traded) // 1_000_000


def behind(code: str, views: Mapping[str, MarketView]) -> tuple[str, Decimal]:
    """Return the fund behind an index, and the points of one won of it.

    Where its own fund has no market it is the first that has one.
    """
    fund, per_won = FOLLOWED[code]
    return fund if fund in views else next(iter(views)), per_won


def index_now(exchange: Market, prices: PriceSource, code: str, now: datetime) -> IndexNow:
    """Return an index; `code` is one of `FOLLOWED`."""
    views = all_views(exchange, prices, now)
    fund, per_won = behind(code, views)
    view = views[fund]
    minute = view.minute
    return IndexNow(
        base=_points(view.base, per_won),
        level=_points(minute.last, per_won),
        opened=_points(minute.day_open, per_won),
        highest=_points(minute.day_high, per_won),
        lowest=_points(minute.day_low, per_won),
        views=views,
    )


def price(visit: Visit) -> Reply:
    """The index now. Volume in thousands of shares, turnover in millions of won."""
    market, code = visit.one_of("mrkt_tp", {"0", "1", "2"}), visit.need("inds_cd")
    if _MARKETS.get(code) != market:
        raise malformed("inds_cd")
    found = index_now(visit.state.exchange, visit.state.prices, code, visit.now)
    base, change = found.base, found.change
    moves = [one.minute.last - one.base for one in found.views.values()]
    values = {
        "cur_prc": directed(found.level, base),
        "pred_pre_sig": sign_code(int(change * 100)),
        "pred_pre": signed(change),
        "flu_rt": signed(ratio(change, base)),
        "trde_qty": found.thousand_shares,
        "trde_prica": found.million_won,
        "trde_frmatn_stk_num": len(moves),
        "trde_frmatn_rt": "+100.00",
        "open_pric": directed(found.opened, base),
        "high_pric": directed(found.highest, base),
        "low_pric": directed(found.lowest, base),
        "upl": "0",
        "rising": sum(move > 0 for move in moves),
        "stdns": sum(move == 0 for move in moves),
        "fall": sum(move < 0 for move in moves),
        "lst": "0",
    }
    head = fields.filled(fields.INDEX, values)
    return answer(visit, {**head, "inds_cur_prc_tm": []}, DONE)


def _points(price_won: int, per_won: Decimal) -> Decimal:
    return (price_won * per_won).quantize(_CENT, rounding=ROUND_HALF_UP)

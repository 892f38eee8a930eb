"""ka20006: daily bars of an index, in hundredths of a point, newest first."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from brokers.sim.values import DayBar
from sandbox.kis.wire import Reply
from sandbox.market import all_views, bars_so_far

from . import fields
from .answers import DONE, Visit, answer, malformed
from .indices import FOLLOWED, behind
from .paging import page_of

_YEARS_BACK = timedelta(days=800)
_HUNDRED, _THOUSAND, _MILLION = 100, 1_000, 1_000_000


def daily(visit: Visit) -> Reply:
    """The sessions up to `base_dt`, page after page."""
    code = visit.need("inds_cd")
    visit.need("base_dt")
    last = visit.day("base_dt")
    if code not in FOLLOWED:
        raise malformed("inds_cd")
    views = all_views(visit.state.exchange, visit.state.prices, visit.now)
    fund, per_won = behind(code, views)
    span = max(last, date.min + _YEARS_BACK) - _YEARS_BACK, last
    bars = bars_so_far(visit.state.prices, views[fund], fund, span, visit.now, adjusted=False)
    size = visit.state.profile.chart_page
    page, key = page_of(visit, bars[::-1], size, lambda bar: f"{bar.session:%Y%m%d}")
    rows = [_row(bar, per_won) for bar in page if bar.volume]
    return answer(visit, {"inds_cd": code, "inds_dt_pole_qry": rows}, DONE, next_key=key)


def _row(bar: DayBar, per_won: Decimal) -> dict[str, str]:
    def hundredths(price: int) -> int:
        return int((price * per_won * _HUNDRED).quantize(Decimal(1), rounding=ROUND_HALF_UP))

    values = {
        "cur_prc": hundredths(bar.close),
        "trde_qty": bar.volume // _THOUSAND,
        "dt": f"{bar.session:%Y%m%d}",
        "open_pric": hundredths(bar.open),
        "high_pric": hundredths(bar.high),
        "low_pric": hundredths(bar.low),
        "trde_prica": bar.close * bar.volume // _MILLION,
    }
    return fields.filled(fields.INDEX_BAR, values)

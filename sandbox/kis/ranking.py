"""Rankings of everything that the market lists (실전 only)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from brokers.sim.values import DayBar, MarketView
from sandbox.market import all_views

from . import fields_market as fields
from .answers import Visit, invalid, percent, quotation, sign
from .fields import filled
from .moves import moved
from .wire import Reply

_RANKS = 30
_ETF_FLAG = 6
"""Which of the ten flags of FID_TRGT_EXLS_CLS_CODE leaves ETFs out."""
_LOOKBACK = timedelta(days=60)
_MEAN_SESSIONS = 20
_CAP_PERCENT = 9999.99
UNITS = 62_400_000


@dataclass(frozen=True, slots=True)
class Listed:
    """One symbol: its market now and its finished sessions of two months, oldest first."""

    code: str
    name: str
    view: MarketView
    bars: list[DayBar]

    @property
    def change(self) -> int:
        """Won since the session before."""
        return self.view.minute.last - self.view.base

    @property
    def moved(self) -> float:
        """The same as a fraction."""
        return self.change / self.view.base

    @property
    def since_open(self) -> int:
        """Won since the open, 0 before it."""
        opened = self.view.minute.day_open
        return self.view.minute.last - opened if opened else 0

    @property
    def volume(self) -> int:
        """Shares of today."""
        return self.view.minute.cumulative_volume

    @property
    def turnover(self) -> int:
        """Won of today, at the last price."""
        return self.view.minute.last * self.volume

    @property
    def mean(self) -> int:
        """Shares of a usual session."""
        recent = [bar.volume for bar in self.bars[-_MEAN_SESSIONS:]]
        return sum(recent) // len(recent) if recent else 0

    @property
    def increase(self) -> float:
        """By how many percent today's shares are more than usual, capped as the real one is."""
        mean = self.mean
        return min(100 * self.volume / mean - 100, _CAP_PERCENT) if mean else _CAP_PERCENT

    def streak(self, direction: int) -> int:
        """How many sessions in a row closed in one direction, today's included."""
        closes = [bar.close for bar in self.bars] + [self.view.minute.last]
        count = 0
        for before, after in reversed(list(pairwise(closes))):
            if (after - before) * direction <= 0:
                break
            count += 1
        return count


# Every fund has as many units, so a turnover rate ranks like the volume.
_VOLUME_ORDERS: Mapping[str, Callable[[Listed], float]] = {
    "0": lambda item: item.volume,
    "1": lambda item: item.increase,
    "2": lambda item: item.volume,
    "3": lambda item: item.turnover,
    "4": lambda item: item.turnover,
}
_CHANGE_ORDERS: Mapping[str, Callable[[Listed], float]] = {
    "0": lambda item: item.moved,
    "1": lambda item: -item.moved,
    "2": lambda item: item.since_open,
    "3": lambda item: -item.since_open,
    "4": lambda item: abs(item.moved),
}
# FID_INPUT_DATE_1 is on the published list too; a client of 2026 does without it.
_VOLUME_FIELDS = (
    "FID_INPUT_ISCD",
    "FID_DIV_CLS_CODE",
    "FID_TRGT_CLS_CODE",
    "FID_TRGT_EXLS_CLS_CODE",
    "FID_INPUT_PRICE_1",
    "FID_INPUT_PRICE_2",
    "FID_VOL_CNT",
)
_CHANGE_FIELDS = (
    "fid_input_iscd",
    "fid_input_cnt_1",
    "fid_prc_cls_code",
    "fid_input_price_1",
    "fid_input_price_2",
    "fid_vol_cnt",
    "fid_trgt_cls_code",
    "fid_trgt_exls_cls_code",
    "fid_div_cls_code",
    "fid_rsfl_rate1",
    "fid_rsfl_rate2",
)


def volume(visit: Visit) -> Reply:
    """Volume-rank, by price and shares; a list without ETFs is empty here."""
    visit.one_of("FID_COND_MRKT_DIV_CODE", {"J", "NX", "UN", "W"})
    visit.one_of("FID_COND_SCR_DIV_CODE", {"20171"})
    order = _VOLUME_ORDERS[visit.one_of("FID_BLNG_CLS_CODE", _VOLUME_ORDERS)]
    for name in _VOLUME_FIELDS:
        visit.need(name)
    visit.one_of("FID_DIV_CLS_CODE", {"0", "1", "2"})
    wanted = passing(visit, "FID_INPUT_PRICE_1", "FID_INPUT_PRICE_2", "FID_VOL_CNT")
    if visit.need("FID_TRGT_EXLS_CLS_CODE")[_ETF_FLAG : _ETF_FLAG + 1] == "1":
        wanted = []
    listed = sorted(wanted, key=order, reverse=True)[:_RANKS]
    rows = [_volume_row(rank, item) for rank, item in enumerate(listed, start=1)]
    return quotation(visit, {"output": rows})


def fluctuation(visit: Visit) -> Reply:
    """Fluctuation, whose parameters are in lower case. The sort code may come as four digits."""
    visit.one_of("fid_cond_mrkt_div_code", {"J", "NX"})
    visit.one_of("fid_cond_scr_div_code", {"20170"})
    given = visit.need("fid_rank_sort_cls_code")
    code = given.lstrip("0") or "0"
    if code not in _CHANGE_ORDERS or not given:
        visit.one_of("fid_rank_sort_cls_code", _CHANGE_ORDERS)
    for name in _CHANGE_FIELDS:
        visit.need(name)
    wanted = passing(visit, "fid_input_price_1", "fid_input_price_2", "fid_vol_cnt")
    low, high = _rate(visit, "fid_rsfl_rate1"), _rate(visit, "fid_rsfl_rate2")
    wanted = [
        item
        for item in wanted
        if (low is None or 100 * item.moved >= low) and (high is None or 100 * item.moved <= high)
    ]
    listed = sorted(wanted, key=_CHANGE_ORDERS[code], reverse=True)[:_RANKS]
    rows = [_change_row(rank, item) for rank, item in enumerate(listed, start=1)]
    return quotation(visit, {"output": rows})


def listed_funds(visit: Visit) -> list[Listed]:
    """Return every listed fund at this moment."""
    prices, now = visit.state.prices, visit.now
    first, last = now.date() - _LOOKBACK, now.date() - timedelta(days=1)
    return [
        Listed(code, prices.name(code), view, prices.daily_bars(code, first, last, adjusted=False))
        for code, view in all_views(visit.state.exchange, prices, now).items()
    ]


def passing(visit: Visit, low: str, high: str, shares: str) -> list[Listed]:
    """Return the funds within the asked prices and with at least so many shares; blank is any."""
    least, most, volume = (_amount(visit, name) for name in (low, high, shares))
    return [
        item
        for item in listed_funds(visit)
        if (least is None or item.view.minute.last >= least)
        and (most is None or item.view.minute.last <= most)
        and (volume is None or item.volume >= volume)
    ]


def _amount(visit: Visit, name: str) -> int | None:
    """Return a number of a filter; blank and 0 mean that there is none."""
    return visit.whole(name) or None if visit.need(name).strip() else None


def _rate(visit: Visit, name: str) -> float | None:
    text = visit.need(name).strip()
    try:
        return float(text) if text else None
    except ValueError:
        raise invalid(name) from None


def _volume_row(rank: int, item: Listed) -> dict[str, str]:
    mean, last = item.mean, item.view.minute.last
    values = {
        "hts_kor_isnm": item.name,
        "mksc_shrn_iscd": item.code,
        "data_rank": rank,
        **moved(item.view, item.view.minute.last),
        "acml_vol": item.volume,
        "prdy_vol": item.bars[-1].volume if item.bars else 0,
        "lstn_stcn": UNITS,
        "avrg_vol": mean,
        "n_befr_clpr_vrss_prpr_rate": percent(item.change, item.view.base),
        "vol_inrt": f"{item.increase:.2f}",
        "vol_tnrt": percent(item.volume, UNITS),
        "nday_vol_tnrt": percent(mean, UNITS),
        "avrg_tr_pbmn": mean * last,
        "tr_pbmn_tnrt": percent(item.volume, UNITS),
        "nday_tr_pbmn_tnrt": percent(mean, UNITS),
        "acml_tr_pbmn": item.turnover,
    }
    return filled(fields.VOLUME_RANK, values)


def _change_row(rank: int, item: Listed) -> dict[str, str]:
    minute, bars = item.view.minute, item.bars
    high = max((bar.high for bar in bars), default=minute.day_high)
    low = min((bar.low for bar in bars if bar.low), default=minute.day_low)
    values = {
        "stck_shrn_iscd": item.code,
        "data_rank": rank,
        "hts_kor_isnm": item.name,
        **moved(item.view, item.view.minute.last),
        "acml_vol": item.volume,
        "stck_hgpr": high,
        "hgpr_hour": "000000",
        "acml_hgpr_date": _day_of(bars, lambda bar: bar.high == high),
        "stck_lwpr": low,
        "lwpr_hour": "000000",
        "acml_lwpr_date": _day_of(bars, lambda bar: bar.low == low),
        "lwpr_vrss_prpr_rate": percent(minute.last - low, low),
        "dsgt_date_clpr_vrss_prpr_rate": percent(item.change, item.view.base),
        "cnnt_ascn_dynu": item.streak(1),
        "hgpr_vrss_prpr_rate": percent(minute.last - high, high),
        "cnnt_down_dynu": item.streak(-1),
        "oprc_vrss_prpr_sign": sign(item.since_open),
        "oprc_vrss_prpr": item.since_open,
        "oprc_vrss_prpr_rate": percent(item.since_open, minute.day_open),
        "prd_rsfl": 0,
        "prd_rsfl_rate": "0.00",
    }
    return filled(fields.CHANGE_RANK, values)


def _day_of(bars: list[DayBar], holds: Callable[[DayBar], bool]) -> str:
    return next((f"{bar.session:%Y%m%d}" for bar in bars if holds(bar)), "")

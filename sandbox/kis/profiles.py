"""What differs between 실전투자 and 모의투자, as the server sees it.

Sources: the broker's published samples for ids and page sizes; captured answers for codes, texts
and padding. The client keeps its own table on purpose: a shared one would hide a shared mistake.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from brokers.sim.values import Refusal

_TRADING = "/uapi/domestic-stock/v1/trading/"
_QUOTES = "/uapi/domestic-stock/v1/quotations/"
_RANKING = "/uapi/domestic-stock/v1/ranking/"
_ETF = "/uapi/etfetn/v1/quotations/"


class Call(Enum):
    """Every call that is served, named by what it does; the value is its path."""

    ORDER = _TRADING + "order-cash"
    CHANGE = _TRADING + "order-rvsecncl"
    DAILY_ORDERS = _TRADING + "inquire-daily-ccld"
    BALANCE = _TRADING + "inquire-balance"
    BUYING_POWER = _TRADING + "inquire-psbl-order"
    SELLABLE = _TRADING + "inquire-psbl-sell"
    OPEN_ORDERS = _TRADING + "inquire-psbl-rvsecncl"
    ASSETS = _TRADING + "inquire-account-balance"
    PROFIT_BY_DAY = _TRADING + "inquire-period-profit"
    PROFIT_BY_TRADE = _TRADING + "inquire-period-trade-profit"
    PRICE = _QUOTES + "inquire-price"
    TRADES = _QUOTES + "inquire-ccnl"
    BOOK = _QUOTES + "inquire-asking-price-exp-ccn"
    CHART = _QUOTES + "inquire-daily-itemchartprice"
    HOLIDAYS = _QUOTES + "chk-holiday"
    STOCK_INFO = _QUOTES + "search-stock-info"
    PRODUCT_INFO = _QUOTES + "search-info"
    VOLUME_RANK = _QUOTES + "volume-rank"
    FLUCTUATION = _RANKING + "fluctuation"
    INDEX = _QUOTES + "inquire-index-price"
    INDEX_CHART = _QUOTES + "inquire-daily-indexchartprice"
    ETF_PRICE = _ETF + "inquire-price"
    NAV_TREND = _ETF + "nav-comparison-trend"
    NAV_DAILY = _ETF + "nav-comparison-daily-trend"
    NAV_TIME = _ETF + "nav-comparison-time-trend"
    COMPONENTS = _ETF + "inquire-component-stock-price"
    NEWS = _QUOTES + "news-title"
    MINUTES = _QUOTES + "inquire-time-itemchartprice"
    PAST_MINUTES = _QUOTES + "inquire-time-dailychartprice"
    CONCLUSIONS = _QUOTES + "inquire-time-itemconclusion"
    RECENT_DAYS = _QUOTES + "inquire-daily-price"
    INVESTORS = _QUOTES + "inquire-investor"
    MEMBERS = _QUOTES + "inquire-member"
    STATE = _QUOTES + "inquire-price-2"
    OVERTIME_TRADES = _QUOTES + "inquire-time-overtimeconclusion"
    OVERTIME_DAYS = _QUOTES + "inquire-daily-overtimeprice"
    OVERTIME_BOOK = _QUOTES + "inquire-overtime-asking-price"
    OVERTIME_CHANGES = _RANKING + "overtime-fluctuation"
    INDEX_CATEGORIES = _QUOTES + "inquire-index-category-price"
    INDEX_DAYS = _QUOTES + "inquire-index-daily-price"
    INDEX_MOMENTS = _QUOTES + "inquire-index-timeprice"
    INDEX_EXPECTED = _QUOTES + "exp-index-trend"
    OPINIONS = _QUOTES + "invest-opbysec"
    BULK_TRADES = _RANKING + "bulk-trans-num"
    COMPANY_TRADES = _RANKING + "traded-by-company"
    CAPITALISATION = _RANKING + "market-cap"
    BOOK_TOTALS = _RANKING + "quote-balance"
    DISPARITY = _RANKING + "disparity"
    PREFERRED = _RANKING + "prefer-disparate-ratio"
    EXPECTED = _RANKING + "exp-trans-updown"
    SHORT_SALE = _RANKING + "short-sale"
    CREDIT = _RANKING + "credit-balance"


POSTS = frozenset({Call.ORDER, Call.CHANGE})
LEDGER = frozenset(call for call in Call if call.value.startswith(_TRADING))
"""What the ledger behind the gateway answers: it counts these calls once more, by itself."""

# Old ids first generation, then the ids since 2025; both are served in the right mode.
BUY_IDS = frozenset({"TTC0802U", "TTC0012U"})
SELL_IDS = frozenset({"TTC0801U", "TTC0011U"})
OLD_ORDERS_IDS = frozenset({"TSC9115R", "TSC9215R"})
"""The order list of more than three months ago; the other ids list the last three months."""
_ACCOUNT_IDS: Mapping[Call, frozenset[str]] = {
    Call.ORDER: BUY_IDS | SELL_IDS,
    Call.CHANGE: frozenset({"TTC0803U", "TTC0013U"}),
    Call.DAILY_ORDERS: frozenset({"TTC8001R", "TTC0081R"}) | OLD_ORDERS_IDS,
    Call.BALANCE: frozenset({"TTC8434R"}),
    Call.BUYING_POWER: frozenset({"TTC8908R"}),
}
_REAL_ONLY: Mapping[Call, frozenset[str]] = {
    Call.SELLABLE: frozenset({"TTTC8408R"}),
    Call.OPEN_ORDERS: frozenset({"TTTC0084R", "TTTC8036R"}),
    Call.HOLIDAYS: frozenset({"CTCA0903R"}),
    Call.STOCK_INFO: frozenset({"CTPF1002R"}),
    Call.PRODUCT_INFO: frozenset({"CTPF1604R"}),
    Call.ASSETS: frozenset({"CTRP6548R"}),
    Call.PROFIT_BY_DAY: frozenset({"TTTC8708R"}),
    Call.PROFIT_BY_TRADE: frozenset({"TTTC8715R"}),
    Call.VOLUME_RANK: frozenset({"FHPST01710000"}),
    Call.FLUCTUATION: frozenset({"FHPST01700000"}),
    Call.INDEX: frozenset({"FHPUP02100000"}),
    Call.ETF_PRICE: frozenset({"FHPST02400000"}),
    Call.NAV_TREND: frozenset({"FHPST02440000"}),
    Call.NAV_TIME: frozenset({"FHPST02440100"}),
    Call.NAV_DAILY: frozenset({"FHPST02440200"}),
    Call.COMPONENTS: frozenset({"FHKST121600C0"}),
    Call.NEWS: frozenset({"FHKST01011800"}),
    Call.STATE: frozenset({"FHPST01010000"}),
    Call.OVERTIME_BOOK: frozenset({"FHPST02300400"}),
    Call.OVERTIME_CHANGES: frozenset({"FHPST02340000"}),
    Call.INDEX_CATEGORIES: frozenset({"FHPUP02140000"}),
    Call.INDEX_DAYS: frozenset({"FHPUP02120000"}),
    Call.PAST_MINUTES: frozenset({"FHKST03010230"}),
    Call.INDEX_MOMENTS: frozenset({"FHPUP02110200"}),
    Call.INDEX_EXPECTED: frozenset({"FHPST01840000"}),
    Call.OPINIONS: frozenset({"FHKST663400C0"}),
    Call.BULK_TRADES: frozenset({"FHKST190900C0"}),
    Call.COMPANY_TRADES: frozenset({"FHPST01860000"}),
    Call.CAPITALISATION: frozenset({"FHPST01740000"}),
    Call.BOOK_TOTALS: frozenset({"FHPST01720000"}),
    Call.DISPARITY: frozenset({"FHPST01780000"}),
    Call.PREFERRED: frozenset({"FHPST01770000"}),
    Call.EXPECTED: frozenset({"FHPST01820000"}),
    Call.SHORT_SALE: frozenset({"FHPST04820000"}),
    Call.CREDIT: frozenset({"FHKST17010000"}),
}
_BOTH: Mapping[Call, frozenset[str]] = {
    Call.PRICE: frozenset({"FHKST01010100"}),
    Call.BOOK: frozenset({"FHKST01010200"}),
    Call.CHART: frozenset({"FHKST03010100"}),
    Call.TRADES: frozenset({"FHKST01010300"}),
    Call.INDEX_CHART: frozenset({"FHKUP03500100"}),
    Call.MINUTES: frozenset({"FHKST03010200"}),
    Call.CONCLUSIONS: frozenset({"FHPST01060000"}),
    Call.RECENT_DAYS: frozenset({"FHKST01010400"}),
    Call.INVESTORS: frozenset({"FHKST01010900"}),
    Call.MEMBERS: frozenset({"FHKST01010600"}),
    Call.OVERTIME_TRADES: frozenset({"FHPST02310000"}),
    Call.OVERTIME_DAYS: frozenset({"FHPST02320000"}),
}

REAL_ONLY_CALLS = frozenset(_REAL_ONLY)
"""What 모의투자 does not offer."""
BOTH_CALLS = frozenset(_BOTH)
"""What has one id for both modes."""


def _real_id(tail: str) -> str:
    return ("C" if tail.startswith("TSC") else "T") + tail


_REAL_IDS: Mapping[Call, frozenset[str]] = {
    **{call: frozenset(map(_real_id, tails)) for call, tails in _ACCOUNT_IDS.items()},
    **_REAL_ONLY,
    **_BOTH,
}
_VTS_IDS: Mapping[Call, frozenset[str]] = {
    **{call: frozenset("V" + tail for tail in tails) for call, tails in _ACCOUNT_IDS.items()},
    **_BOTH,
}
REAL_TRS: frozenset[str] = frozenset().union(*_REAL_IDS.values()).difference(*_BOTH.values())
"""Ids that 모의투자 answers with EGW02006: those of 실전투자 alone."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One mode's ids, limits, page sizes, codes and texts (msg_cd, msg1)."""

    mode: str
    ids: Mapping[Call, frozenset[str]] = field(repr=False)
    requests_per_second: int
    ledger_per_second: int
    """Calls of the ledger. The broker publishes no figure: ours is met by loops only."""
    orders_page: int
    balance_page: int
    branch: str
    number_digits: int
    """How wide an order number is written: 실전 pads it to ten, 모의투자 does not pad."""
    not_cancelled: str
    """`cncl_yn` of a row that was not cancelled."""
    order_done: Mapping[str, tuple[str, str]] = field(repr=False)
    """By "buy", "sell", "amend", "cancel"."""
    inquiry: Mapping[str, tuple[str, str]] = field(repr=False)
    """By "more", "last", "done", "none", "sellable"."""
    refusal_rt: str = "1"

    @property
    def is_vts(self) -> bool:
        """Whether this is 모의투자."""
        return self.mode == "vts"


_SENT = ("APBK0013", "주문 전송 완료 되었습니다.")
_VTS_READ = ("20310000", "모의투자 조회가 완료되었습니다.")
_VTS_NONE = ("20310000", "모의투자 조회할 내역(자료)이 없습니다.")

REAL = Profile(
    mode="real",
    ids=_REAL_IDS,
    requests_per_second=18,
    ledger_per_second=10,
    orders_page=100,
    balance_page=50,
    branch="03930",
    number_digits=10,
    not_cancelled="",
    order_done={"buy": _SENT, "sell": _SENT, "amend": _SENT, "cancel": _SENT},
    inquiry={
        "more": ("KIOK0500", "조회가 계속됩니다..다음버튼을 Click 하십시오."),
        "last": ("KIOK0460", "조회 되었습니다. (마지막 자료)"),
        "done": ("KIOK0510", "조회가 완료되었습니다"),
        "none": ("KIOK0560", "조회할 내용이 없습니다"),
        "sellable": ("KIOK0420", "정상적으로 조회되었습니다"),
    },
    refusal_rt="7",
)

VTS = Profile(
    mode="vts",
    ids=_VTS_IDS,
    requests_per_second=1,
    ledger_per_second=1,
    orders_page=15,
    balance_page=20,
    branch="00950",
    number_digits=1,
    not_cancelled="N",
    order_done={
        "buy": ("40600000", "모의투자 매수주문이 완료 되었습니다."),
        "sell": ("40610000", "모의투자 매도주문이 완료 되었습니다."),
        # Those of a sale and of an amendment are inferred from their neighbours.
        "amend": ("40620000", "모의투자 정정주문이 완료 되었습니다."),
        "cancel": ("40630000", "모의투자 취소주문이 완료 되었습니다."),
    },
    inquiry={
        "more": _VTS_READ,
        "last": _VTS_READ,
        "done": _VTS_READ,
        "none": _VTS_NONE,
        "sellable": _VTS_READ,
    },
)

PROFILES: Mapping[str, Profile] = {"real": REAL, "vts": VTS}

BEFORE_OPEN = "before open"
"""The half of MARKET_CLOSED that 모의투자 answers with another code."""

_VTS_REFUSALS: Mapping[Refusal | str, tuple[str, str]] = {
    BEFORE_OPEN: ("40570000", "모의투자 장시작전 입니다."),
    Refusal.MARKET_CLOSED: ("40580000", "모의투자 장종료 입니다."),
    Refusal.NOT_A_SESSION: ("40100000", "모의투자 영업일이 아닙니다."),
    Refusal.UNKNOWN_SYMBOL: ("40070000", "모의투자 주문처리가 안되었습니다(매매불가 종목)"),
    Refusal.BAD_QUANTITY: ("40310000", "모의투자 주문 수량 오류 입니다."),
    Refusal.OFF_TICK: ("40310000", "모의투자 주문 가격(호가단위) 오류 입니다."),
    Refusal.OUTSIDE_BAND: ("40310000", "모의투자 주문 가격(상하한가) 오류 입니다."),
    Refusal.NOT_ENOUGH_CASH: ("40250000", "모의투자 주문가능금액이 부족합니다."),
    Refusal.NOT_ENOUGH_SHARES: ("40240000", "모의투자 잔고내역이 없습니다."),
    Refusal.UNKNOWN_ORDER: ("40320000", "모의투자 원주문번호가 없습니다."),
    Refusal.NOTHING_LEFT: ("40330000", "모의투자 정정/취소할 수량이 없습니다."),
}
_REAL_REFUSALS: Mapping[Refusal | str, tuple[str, str]] = {
    BEFORE_OPEN: ("APBK0919", "장운영시간이 아닙니다."),
    Refusal.MARKET_CLOSED: ("APBK0919", "장운영시간이 아닙니다."),
    Refusal.NOT_A_SESSION: ("APBK0919", "장운영일자가 주문일과 상이합니다."),
    Refusal.UNKNOWN_SYMBOL: ("APBK0656", "해당종목정보가 없습니다."),
    Refusal.BAD_QUANTITY: ("APBK0400", "주문 가능한 수량을 초과했습니다."),
    Refusal.OFF_TICK: ("APBK0506", "주식주문호가단위 오류입니다."),
    # The real code for a price beyond the band is not documented; the nearest known one stands in.
    Refusal.OUTSIDE_BAND: ("APBK0506", "주문단가가 상하한가를 벗어났습니다."),
    Refusal.NOT_ENOUGH_CASH: ("APBK0952", "주문가능금액을 초과 했습니다"),
    Refusal.NOT_ENOUGH_SHARES: ("APBK0400", "주문 가능한 수량을 초과했습니다."),
    Refusal.UNKNOWN_ORDER: ("APBK0927", "정정취소 가능수량이 없습니다."),
    Refusal.NOTHING_LEFT: ("APBK0927", "정정취소 가능수량이 없습니다."),
}


def refusal(profile: Profile, reason: Refusal | str) -> tuple[str, str, str]:
    """Return (rt_cd, msg_cd, msg1) of a refusal in this mode."""
    code, text = (_VTS_REFUSALS if profile.is_vts else _REAL_REFUSALS)[reason]
    return profile.refusal_rt, code, text

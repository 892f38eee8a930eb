"""The calls of KIS Open API that we use: paths, transaction ids by mode, page sizes.

Ids are those current since 2025 (order-cash 0012U/0011U, order list 0081R); 모의투자 has the same
with a V, and for some calls none at all.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import NotOfferedHere

_TRADING = "/uapi/domestic-stock/v1/trading"
_QUOTATIONS = "/uapi/domestic-stock/v1/quotations"
_RANKING = "/uapi/domestic-stock/v1/ranking"
_ETF = "/uapi/etfetn/v1/quotations"

TOKEN_PATH = "/oauth2/tokenP"  # noqa: S105  a path
REVOKE_PATH = "/oauth2/revokeP"
APPROVAL_PATH = "/oauth2/Approval"
HASHKEY_PATH = "/uapi/hashkey"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One call. `vts` is None where 모의투자 does not offer it (EGW02006).

    `rows_real` and `rows_vts` are the rows of a full page, 0 for calls without pages.
    """

    name: str
    path: str
    real: str
    vts: str | None
    rows_real: int = 0
    rows_vts: int = 0

    def refusal(self, *, is_vts: bool) -> NotOfferedHere | None:
        """Return why this mode does not offer the call, or None when it does."""
        if is_vts and self.vts is None:
            return NotOfferedHere(f"모의투자 does not offer {self.name}")
        return None

    def tr_id(self, *, is_vts: bool) -> str:
        """Return the transaction id. Raises NotOfferedHere before any call is made."""
        refusal = self.refusal(is_vts=is_vts)
        if refusal is not None:
            raise refusal
        return self.vts if is_vts and self.vts is not None else self.real

    def rows(self, *, is_vts: bool) -> int:
        """Return how many rows a full page has."""
        return self.rows_vts if is_vts else self.rows_real


BUY = Endpoint(name="order-cash", path=f"{_TRADING}/order-cash", real="TTTC0012U", vts="VTTC0012U")
SELL = Endpoint(name="order-cash", path=f"{_TRADING}/order-cash", real="TTTC0011U", vts="VTTC0011U")
CANCEL = Endpoint(
    name="order-rvsecncl", path=f"{_TRADING}/order-rvsecncl", real="TTTC0013U", vts="VTTC0013U"
)
ORDERS = Endpoint(
    name="inquire-daily-ccld",
    path=f"{_TRADING}/inquire-daily-ccld",
    real="TTTC0081R",
    vts="VTTC0081R",
    rows_real=100,
    rows_vts=15,
)
ORDERS_OLD = Endpoint(  # more than three months back
    name="inquire-daily-ccld",
    path=f"{_TRADING}/inquire-daily-ccld",
    real="CTSC9215R",
    vts="VTSC9215R",
    rows_real=100,
    rows_vts=15,
)
BALANCE = Endpoint(
    name="inquire-balance",
    path=f"{_TRADING}/inquire-balance",
    real="TTTC8434R",
    vts="VTTC8434R",
    rows_real=50,
    rows_vts=20,
)
BUYING_POWER = Endpoint(
    name="inquire-psbl-order",
    path=f"{_TRADING}/inquire-psbl-order",
    real="TTTC8908R",
    vts="VTTC8908R",
)
SELLABLE = Endpoint(
    name="inquire-psbl-sell", path=f"{_TRADING}/inquire-psbl-sell", real="TTTC8408R", vts=None
)
PRICE = Endpoint(
    name="inquire-price",
    path=f"{_QUOTATIONS}/inquire-price",
    real="FHKST01010100",
    vts="FHKST01010100",
)
DAILY_BARS = Endpoint(
    name="inquire-daily-itemchartprice",
    path=f"{_QUOTATIONS}/inquire-daily-itemchartprice",
    real="FHKST03010100",
    vts="FHKST03010100",
    rows_real=100,
    rows_vts=100,
)
HOLIDAYS = Endpoint(
    name="chk-holiday", path=f"{_QUOTATIONS}/chk-holiday", real="CTCA0903R", vts=None
)
TRADES = Endpoint(
    name="inquire-ccnl",
    path=f"{_QUOTATIONS}/inquire-ccnl",
    real="FHKST01010300",
    vts="FHKST01010300",
)
BOOK = Endpoint(
    name="inquire-asking-price-exp-ccn",
    path=f"{_QUOTATIONS}/inquire-asking-price-exp-ccn",
    real="FHKST01010200",
    vts="FHKST01010200",
)
VOLUME_RANKING = Endpoint(
    name="volume-rank", path=f"{_QUOTATIONS}/volume-rank", real="FHPST01710000", vts=None
)
CHANGE_RANKING = Endpoint(
    name="fluctuation", path=f"{_RANKING}/fluctuation", real="FHPST01700000", vts=None
)
INDEX = Endpoint(
    name="inquire-index-price",
    path=f"{_QUOTATIONS}/inquire-index-price",
    real="FHPUP02100000",
    vts=None,
)
INDEX_BARS = Endpoint(
    name="inquire-daily-indexchartprice",
    path=f"{_QUOTATIONS}/inquire-daily-indexchartprice",
    real="FHKUP03500100",
    vts="FHKUP03500100",
    rows_real=50,
    rows_vts=50,
)
ETF_PRICE = Endpoint(
    name="etfetn inquire-price", path=f"{_ETF}/inquire-price", real="FHPST02400000", vts=None
)
NAV = Endpoint(
    name="nav-comparison-trend",
    path=f"{_ETF}/nav-comparison-trend",
    real="FHPST02440000",
    vts=None,
)
NAV_MOMENTS = Endpoint(
    name="nav-comparison-time-trend",
    path=f"{_ETF}/nav-comparison-time-trend",
    real="FHPST02440100",
    vts=None,
)
NAV_DAYS = Endpoint(
    name="nav-comparison-daily-trend",
    path=f"{_ETF}/nav-comparison-daily-trend",
    real="FHPST02440200",
    vts=None,
    rows_real=100,
    rows_vts=100,
)
BASKET = Endpoint(
    name="inquire-component-stock-price",
    path=f"{_ETF}/inquire-component-stock-price",
    real="FHKST121600C0",
    vts=None,
)
INSTRUMENT = Endpoint(
    name="search-stock-info", path=f"{_QUOTATIONS}/search-stock-info", real="CTPF1002R", vts=None
)
NEWS_TITLES = Endpoint(
    name="news-title", path=f"{_QUOTATIONS}/news-title", real="FHKST01011800", vts=None
)
OPEN_ORDERS = Endpoint(
    name="inquire-psbl-rvsecncl",
    path=f"{_TRADING}/inquire-psbl-rvsecncl",
    real="TTTC0084R",
    vts=None,
    rows_real=50,
    rows_vts=50,
)
ASSETS = Endpoint(
    name="inquire-account-balance",
    path=f"{_TRADING}/inquire-account-balance",
    real="CTRP6548R",
    vts=None,
)
PROFIT_BY_DAY = Endpoint(
    name="inquire-period-profit",
    path=f"{_TRADING}/inquire-period-profit",
    real="TTTC8708R",
    vts=None,
)
PROFIT_BY_TRADE = Endpoint(
    name="inquire-period-trade-profit",
    path=f"{_TRADING}/inquire-period-trade-profit",
    real="TTTC8715R",
    vts=None,
)

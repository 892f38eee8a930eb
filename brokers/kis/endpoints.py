"""The calls of KIS Open API that we use: paths, transaction ids by mode, page sizes.

Ids are those current since 2025 (order-cash 0012U/0011U, order list 0081R); 모의투자 has the same
with a V, and for some calls none at all.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import NotOfferedHere

_TRADING = "/uapi/domestic-stock/v1/trading"
_QUOTATIONS = "/uapi/domestic-stock/v1/quotations"

TOKEN_PATH = "/oauth2/tokenP"  # noqa: S105  a path
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

    def tr_id(self, *, is_vts: bool) -> str:
        """Return the transaction id. Raises NotOfferedHere before any call is made."""
        if not is_vts:
            return self.real
        if self.vts is None:
            raise NotOfferedHere(f"모의투자 does not offer {self.name}")
        return self.vts

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

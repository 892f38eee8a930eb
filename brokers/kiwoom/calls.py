"""The calls of the Kiwoom REST API that we use: api-ids and the category paths they share."""

from __future__ import annotations

from dataclasses import dataclass

TOKEN_PATH = "/oauth2/token"  # noqa: S105  a path
REVOKE_PATH = "/oauth2/revoke"


@dataclass(frozen=True, slots=True)
class Call:
    """One call. The server picks it by the `api-id` header, and counts calls by it."""

    api_id: str
    path: str


_ACCOUNT = "/api/dostk/acnt"
_ORDER = "/api/dostk/ordr"
_STOCK = "/api/dostk/stkinfo"

BUY = Call("kt10000", _ORDER)
SELL = Call("kt10001", _ORDER)
CANCEL = Call("kt10003", _ORDER)

ACCOUNT_NUMBER = Call("ka00001", _ACCOUNT)
DEPOSIT = Call("kt00001", _ACCOUNT)
VALUATION = Call("kt00004", _ACCOUNT)
ORDERS = Call("kt00007", _ACCOUNT)
ORDERABLE = Call("kt00010", _ACCOUNT)
HOLDINGS = Call("kt00018", _ACCOUNT)
PROFIT_BY_DAY = Call("ka10074", _ACCOUNT)

STOCK = Call("ka10001", _STOCK)
STOCK_LIST = Call("ka10099", _STOCK)
STOCK_STATE = Call("ka10100", _STOCK)
DAILY_BARS = Call("ka10081", "/api/dostk/chart")
BOOK = Call("ka10004", "/api/dostk/mrkcond")
CHANGE_RANKING = Call("ka10027", "/api/dostk/rkinfo")
VOLUME_RANKING = Call("ka10030", "/api/dostk/rkinfo")
INDEX = Call("ka20001", "/api/dostk/sect")
INDEX_BARS = Call("ka20006", "/api/dostk/chart")
ETF_FACTS = Call("ka40002", "/api/dostk/etf")
NAV_DAYS = Call("ka40003", "/api/dostk/etf")

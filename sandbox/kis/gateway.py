"""The door of the KIS server: limits, keys, ids, then the call.

`handle` is pure but for its `state`: no socket, no clock, no log. The socket shell and the
simulation call the same function.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial

from . import (
    account,
    after_hours,
    auth,
    calendar,
    charts,
    etf,
    index_lists,
    indices,
    lists,
    master,
    more_quotes,
    news,
    orders,
    quotes,
    ranking,
    statements,
)
from .answers import InputRefused, Visit, answer, envelope, gateway_error
from .faults import carry_out
from .profiles import LEDGER, POSTS, REAL_TRS, Call
from .state import KisState, Seen
from .wire import Fault, Reply, Request

_NOT_FOUND = Reply(404, None)
_OUTAGE = Reply(500, {"rt_cd": "1", "msg_cd": "", "msg1": ""})
_TOO_FAST = gateway_error("EGW00201", "초당 거래건수를 초과하였습니다.")
_LEDGER_TOO_FAST = gateway_error("EGW00215", "원장 초당 거래건수를 초과하였습니다.")

_KEYS: Mapping[str, Callable[[KisState, Request, datetime], Reply]] = {
    "/oauth2/tokenP": auth.issue_token,
    "/oauth2/revokeP": auth.revoke_token,
    "/oauth2/Approval": auth.approve_socket,
    "/uapi/hashkey": auth.hash_key,
}
_CALLS: Mapping[str, Call] = {call.value: call for call in Call}
_SERVED: Mapping[Call, Callable[[Visit], Reply]] = {
    Call.ORDER: orders.place,
    Call.CHANGE: orders.change,
    Call.OPEN_ORDERS: orders.open_orders,
    Call.DAILY_ORDERS: orders.daily,
    Call.BALANCE: account.balance,
    Call.BUYING_POWER: account.buying_power,
    Call.SELLABLE: account.sellable,
    Call.PRICE: quotes.price,
    Call.BOOK: quotes.book,
    Call.CHART: charts.chart,
    Call.TRADES: quotes.trades,
    Call.HOLIDAYS: calendar.holidays,
    Call.STOCK_INFO: calendar.stock_info,
    Call.PRODUCT_INFO: calendar.product_info,
    Call.ASSETS: statements.assets,
    Call.PROFIT_BY_DAY: statements.profit_by_day,
    Call.PROFIT_BY_TRADE: statements.profit_by_trade,
    Call.VOLUME_RANK: ranking.volume,
    Call.FLUCTUATION: ranking.fluctuation,
    Call.INDEX: indices.price,
    Call.INDEX_CHART: indices.chart,
    Call.ETF_PRICE: etf.price,
    Call.NAV_TREND: etf.trend,
    Call.NAV_DAILY: etf.daily,
    Call.NAV_TIME: etf.moments,
    Call.COMPONENTS: etf.components,
    Call.NEWS: news.titles,
    Call.MINUTES: more_quotes.minute_bars,
    Call.PAST_MINUTES: more_quotes.past_minutes,
    Call.CONCLUSIONS: more_quotes.conclusions,
    Call.RECENT_DAYS: more_quotes.recent_days,
    Call.INVESTORS: more_quotes.investors,
    Call.MEMBERS: more_quotes.members,
    Call.STATE: more_quotes.state,
    Call.OVERTIME_TRADES: after_hours.trades,
    Call.OVERTIME_DAYS: after_hours.days,
    Call.OVERTIME_BOOK: after_hours.book,
    Call.OVERTIME_CHANGES: after_hours.changes,
    Call.INDEX_CATEGORIES: index_lists.categories,
    Call.INDEX_DAYS: index_lists.days,
    Call.INDEX_MOMENTS: index_lists.moments,
    Call.INDEX_EXPECTED: index_lists.expected,
    Call.OPINIONS: lists.opinions,
    Call.PREFERRED: lists.preferred,
    Call.CREDIT: lists.credit,
    **dict.fromkeys(lists.LISTS, lists.ranked),
}


def handle(state: KisState, request: Request, now: datetime) -> Reply | Fault:
    """Answer one request at one business instant (aware, KST).

    A path may begin with several slashes: a client of years writes some of its paths so.
    """
    request = replace(request, path=f"/{request.path.lstrip('/')}")
    if request.path == Call.ORDER.value:
        state.order_posts[now.date()] += 1
    fault = state.faults.take(request.path)
    if fault is not None:
        answered = partial(_answered, state, request, now)
        return carry_out(
            fault,
            answered,
            outage=_OUTAGE,
            too_fast=_TOO_FAST,
            ledger_too_fast=_LEDGER_TOO_FAST,
        )
    return _answered(state, request, now)


def _answered(state: KisState, request: Request, now: datetime) -> Reply:
    state.exchange.advance(now)
    reply = _routed(state, request, now)
    body = reply.payload or {}
    code = str(body.get("msg_cd", body.get("error_code", "")))
    seen = Seen(now, request.method, request.path, request.header("tr_id"), reply.status, code)
    state.requests.append(seen)
    return reply.dated(now)


def _routed(state: KisState, request: Request, now: datetime) -> Reply:
    issuer = _KEYS.get(request.path)
    if issuer is not None:
        return issuer(state, request, now) if request.method == "POST" else _NOT_FOUND
    if request.method == "GET":
        file = master.download(state, request.path, now)
        if file is not None:
            return file
    asked = _CALLS.get(request.path)
    if asked is None or request.method != ("POST" if asked in POSTS else "GET"):
        return _NOT_FOUND
    call = _meant(state, request, asked)
    if not state.admit(now):
        return _TOO_FAST
    refused = auth.check_credentials(state, request, now) or _wrong_id(state, request, call)
    if refused is None and call in LEDGER and not state.admit_to_ledger(now):
        refused = _LEDGER_TOO_FAST
    return refused or _served(state, request, now, call)


def _meant(state: KisState, request: Request, asked: Call) -> Call:
    """Return the call that the tr_id is of: it decides, whatever path it is sent to.

    Two published clients have used a call of their own so for years: pykis its buying power under
    the path of the order list, korea-investment-stock an ETF's price under that of a share's.
    """
    tr_id = request.header("tr_id")
    if tr_id in state.profile.ids.get(asked, frozenset()):
        return asked
    others = (call for call, ids in state.profile.ids.items() if tr_id in ids)
    alike = (call for call in others if (call in POSTS) == (asked in POSTS))
    return next(alike, asked)


def _wrong_id(state: KisState, request: Request, call: Call) -> Reply | None:
    """Refuse an id that this mode does not offer."""
    tr_id = request.header("tr_id")
    if not tr_id:
        return gateway_error("OPSQ9999", "ERROR : HEADER tr_id NOT FOUND", status=200)
    if tr_id in state.profile.ids.get(call, frozenset()):
        return None
    if state.profile.is_vts and tr_id in REAL_TRS:
        return gateway_error("EGW02006", "모의투자 TR 이 아닙니다.")
    return gateway_error("OPSQ0002", "없는 서비스 코드 입니다.", status=200)


def _served(state: KisState, request: Request, now: datetime, call: Call) -> Reply:
    # The names of a query are read in either case: clients are seen to send ctx_area_fk100 too.
    fields: Mapping[str, str] = {
        form: value
        for name, value in request.query.items()
        for form in (name, name.upper(), name.lower())
    }
    if call in POSTS:
        body = auth.read_body(request)
        if body is None:
            return gateway_error("OPSQ9997", "ERROR : JSON PARSING ERROR body", status=200)
        given = request.header("hashkey")
        if given and given != auth.digest(body):
            return gateway_error("EGW00131", "유효하지 않은 hashkey 입니다.")
        wrong = [name for name, value in body.items() if not isinstance(value, str)]
        if wrong:
            text = f"ERROR : INPUT INVALID_CHECK_{wrong[0]}"
            return gateway_error("OPSQ2001", text, status=200)
        fields = {name: str(value) for name, value in body.items()}
    visit = Visit(state, request, now, call, request.header("tr_id"), fields)
    try:
        return _SERVED[call](visit)
    except InputRefused as refused:
        return answer(visit, envelope(refused.code, refused.text, rt="2"))

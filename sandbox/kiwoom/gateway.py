"""The door of the Kiwoom server: api-id, authorization, limits, body, then the call.

`handle` is pure but for its `state`: no socket, no clock, no log. The socket shell and the
simulation call the same function.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial

from sandbox.kis.faults import carry_out
from sandbox.kis.wire import Fault, Reply, Request

from . import account, auth, etf, index_chart, indices, orders, profits, quotes
from .answers import Refused, Visit, malformed
from .state import KiwoomState, Seen

_NOT_FOUND = Reply(404, None)
_OUTAGE = Reply(500, None)
_KEYS: Mapping[str, Callable[[KiwoomState, Request, datetime], Reply]] = {
    "/oauth2/token": auth.issue_token,
    "/oauth2/revoke": auth.revoke_token,
}
_ROOT = "/api/dostk/"
_ORDER_PATH = _ROOT + "ordr"
_ORDERS = frozenset({"kt10000", "kt10001"})
_CALLS: Mapping[str, tuple[str, Callable[[Visit], Reply]]] = {
    "kt10000": ("ordr", orders.buy),
    "kt10001": ("ordr", orders.sell),
    "kt10003": ("ordr", orders.cancel),
    "ka00001": ("acnt", account.number),
    "kt00001": ("acnt", account.deposit),
    "kt00004": ("acnt", account.valuation),
    "kt00007": ("acnt", orders.daily),
    "kt00010": ("acnt", account.orderable),
    "kt00018": ("acnt", account.holdings),
    "ka10074": ("acnt", profits.by_day),
    "ka10075": ("acnt", orders.open_orders),
    "ka10076": ("acnt", orders.fills),
    "ka10001": ("stkinfo", quotes.stock),
    "ka10099": ("stkinfo", quotes.listing),
    "ka10100": ("stkinfo", quotes.stock_state),
    "ka10004": ("mrkcond", quotes.book),
    "ka10081": ("chart", quotes.chart),
    "ka10027": ("rkinfo", quotes.change_ranking),
    "ka10030": ("rkinfo", quotes.volume_ranking),
    "ka20001": ("sect", indices.price),
    "ka20006": ("chart", index_chart.daily),
    "ka40002": ("etf", etf.facts),
    "ka40003": ("etf", etf.days),
}
_PATHS = frozenset(path for path, _ in _CALLS.values())


def handle(state: KiwoomState, request: Request, now: datetime) -> Reply | Fault:
    """Answer one request at one business instant (aware, KST)."""
    api_id = request.header("api-id")
    if api_id in _ORDERS:
        state.order_posts[now.date()] += 1
    fault = state.faults.take(f"{request.path}/{api_id}" if api_id else request.path)
    if fault is not None:
        answered = partial(_answered, state, request, now)
        said = too_fast(api_id).reply
        return carry_out(fault, answered, outage=_OUTAGE, too_fast=said, ledger_too_fast=said)
    return _answered(state, request, now)


def _answered(state: KiwoomState, request: Request, now: datetime) -> Reply:
    state.exchange.advance(now)
    try:
        reply = _routed(state, request, now)
    except Refused as refused:
        reply = refused.reply
    body = reply.payload or {}
    state.requests.append(
        Seen(
            now,
            request.path,
            request.header("api-id"),
            reply.status,
            str(body.get("return_code", "")),
            str(body.get("return_msg", "")),
        )
    )
    return reply.dated(now)


def _routed(state: KiwoomState, request: Request, now: datetime) -> Reply:
    if request.method != "POST":
        return _NOT_FOUND
    issuer = _KEYS.get(request.path)
    if issuer is not None:
        return issuer(state, request, now)
    category = request.path.removeprefix(_ROOT)
    if not request.path.startswith(_ROOT) or category not in _PATHS:
        return _NOT_FOUND
    api_id = request.header("api-id")
    serve = _call_of(api_id, category)
    auth.check_token(state, request, now)
    limit = state.admit(api_id, now, is_order=request.path == _ORDER_PATH)
    if limit:
        raise too_fast(api_id, limit)
    body = auth.read_body(request)
    for name, value in body.items():
        if not isinstance(value, str):
            raise malformed(name)
    fields = {name: str(value) for name, value in body.items()}
    return serve(Visit(state, request, now, api_id, fields))


def _call_of(api_id: str, category: str) -> Callable[[Visit], Reply]:
    if not api_id:
        raise Refused(1, "잘못된 요청입니다[1501:API ID가 Null이거나 값이 없습니다]")
    if api_id not in _CALLS:
        raise Refused(
            1, f"잘못된 요청입니다[1505:해당 API ID는 존재하지 않습니다. API ID={api_id}]"
        )
    path, serve = _CALLS[api_id]
    if path != category:
        raise Refused(
            1, f"잘못된 요청입니다[1504:해당 URI에서는 지원하는 API ID가 아닙니다. API ID={api_id}]"
        )
    return serve


def too_fast(api_id: str, limit: int = 1) -> Refused:
    """Calls of one api-id came too fast, in the words of 2026."""
    text = "허용된 요청 개수를 초과하였습니다"
    said = f"허용된 API 요청 개수를 초과하였습니다. 유량={limit}, API ID={api_id}"
    return Refused(5, f"{text}[1700:{said}]", status=429)

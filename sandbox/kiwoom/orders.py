"""Orders: cash orders, cancels, the day's list with its fills, what is still open."""

from __future__ import annotations

from collections.abc import Mapping

from brokers.sim.values import ExchangeOrder, Placed, Refusal
from brokers.sim.values import Refused as NotTaken
from sandbox.kis.wire import Reply

from . import fields
from .answers import READ, Refused, Visit, answer, business, directed, malformed, padded
from .paging import page_of

_LIMIT, _MARKET = "0", "3"
# Served by the real broker; the simulated exchange trades limit and market orders only.
_OTHER_TYPES = frozenset(
    "5 6 7 10 13 16 20 23 26 28 29 30 31 61 62 81".split()  # noqa: SIM905 - codes read better so
)
_SHORT = 10
_SIDES = {"0": None, "1": False, "2": True}
_NOTHING = "0000000"
# Codes that were seen come with their text. The real service's own codes are not known: these
# stand in for them there.
_REFUSALS: Mapping[Refusal, tuple[str, str]] = {
    Refusal.MARKET_CLOSED: ("RC4058", "장종료"),
    Refusal.NOT_A_SESSION: ("RC4058", "장종료"),
    Refusal.UNKNOWN_SYMBOL: ("RC4007", "매매제한 종목입니다."),
    Refusal.OFF_TICK: ("RC4003", "호가단위 오류입니다."),
    Refusal.OUTSIDE_BAND: ("RC4027", "상/하한가 오류입니다."),
    Refusal.NOT_ENOUGH_CASH: ("RC4025", "주문가능금액을 확인하세요."),
    Refusal.NOT_ENOUGH_SHARES: ("800033", "매도가능수량이 부족합니다."),
    Refusal.UNKNOWN_ORDER: ("RC4032", "원주문번호가 없습니다."),
    Refusal.NOTHING_LEFT: ("RC4033", "정정/취소할 수량이 없습니다."),
}
_BEFORE_OPEN = ("RC4057", "장시작전")


def buy(visit: Visit) -> Reply:
    """kt10000."""
    return _place(visit, is_buy=True)


def sell(visit: Visit) -> Reply:
    """kt10001."""
    return _place(visit, is_buy=False)


def cancel(visit: Visit) -> Reply:
    """kt10003: cancels of all that remains; the exchange offers no partial ones."""
    _venue(visit)
    number, symbol = visit.whole("orig_ord_no"), visit.need("stk_cd")
    quantity = visit.whole("cncl_qty")
    today = {order.number: order for order in visit.state.exchange.orders(visit.now.date())}
    order = today.get(number)
    if order is not None and order.symbol != symbol:
        raise _refusal(visit, Refusal.UNKNOWN_ORDER)
    if order is not None and quantity not in {0, order.remaining}:
        raise malformed("cncl_qty")
    left = order.remaining if order else 0
    outcome = visit.state.exchange.cancel(visit.now, number)
    if isinstance(outcome, NotTaken):
        raise _refusal(visit, outcome.reason)
    side = "매수" if order and order.is_buy else "매도"
    body = {
        "ord_no": _number(outcome.number),
        "base_orig_ord_no": _number(number),
        "cncl_qty": padded(left, 12),
    }
    return answer(visit, body, f"{side}취소 주문입력이 완료되었습니다")


def daily(visit: Visit) -> Reply:
    """kt00007: every order and cancel row of one day."""
    day = visit.day("ord_dt")
    kind = visit.one_of("qry_tp", {"1", "2", "3", "4"})
    visit.one_of("stk_bond_tp", {"0", "1", "2"})
    side = _SIDES[visit.one_of("sell_tp", _SIDES)]
    visit.one_of("dmst_stex_tp", {"%", "KRX", "NXT", "SOR"})
    symbol, since = visit.maybe("stk_cd"), visit.maybe("fr_ord_no")
    rows = [
        order
        for order in visit.state.exchange.orders(day)
        if side in {None, order.is_buy}
        and symbol in {"", order.symbol}
        and _number(order.number) >= since.zfill(len(_NOTHING))
        and (kind != "3" or (order.remaining and not order.original))
        and (kind != "4" or order.filled)
    ]
    if kind == "2":
        rows.reverse()
    size = visit.state.profile.orders_page
    page, key = page_of(visit, rows, size, lambda order: _number(order.number))
    listed = {"acnt_ord_cntr_prps_dtl": [_daily_row(visit, order) for order in page]}
    return answer(visit, listed, next_key=key)


def open_orders(visit: Visit) -> Reply:
    """ka10075: what still works today."""
    visit.one_of("all_stk_tp", {"0", "1"})
    side = _SIDES[visit.one_of("trde_tp", _SIDES)]
    visit.one_of("stex_tp", {"0", "1", "2"})
    symbol = visit.maybe("stk_cd")
    rows = [
        order
        for order in visit.state.exchange.orders(visit.now.date())
        if order.remaining
        and not order.original
        and side in {None, order.is_buy}
        and symbol in {"", order.symbol}
    ]
    size = visit.state.profile.orders_page
    page, key = page_of(visit, rows, size, lambda order: _number(order.number))
    # The real server's message begins with a blank here.
    text = f" {READ}."
    return answer(visit, {"oso": [_open_row(visit, order) for order in page]}, text, next_key=key)


def fills(visit: Visit) -> Reply:
    """ka10076: today's orders that traded, those older than `ord_no` when it is given."""
    visit.one_of("qry_tp", {"0", "1"})
    side = _SIDES[visit.one_of("sell_tp", _SIDES)]
    visit.one_of("stex_tp", {"0", "1", "2"})
    symbol, before = visit.maybe("stk_cd"), visit.maybe("ord_no")
    rows = [
        order
        for order in reversed(visit.state.exchange.orders(visit.now.date()))
        if order.filled
        and side in {None, order.is_buy}
        and symbol in {"", order.symbol}
        and (not before or _number(order.number) < before.zfill(len(_NOTHING)))
    ]
    size = visit.state.profile.orders_page
    page, key = page_of(visit, rows, size, lambda order: _number(order.number))
    return answer(visit, {"cntr": [_fill_row(visit, order) for order in page]}, next_key=key)


def _place(visit: Visit, *, is_buy: bool) -> Reply:
    _venue(visit)
    symbol, quantity = visit.need("stk_cd"), visit.whole("ord_qty")
    kind = visit.need("trde_tp")
    if kind in _OTHER_TYPES:
        raise business("RC9000", _said(visit, "해당업무가 제공되지 않습니다."))
    if kind not in {_LIMIT, _MARKET}:
        raise malformed("trde_tp")
    is_market = kind == _MARKET
    price = 0 if is_market else visit.whole("ord_uv")
    outcome = visit.state.exchange.place(
        visit.now, symbol, is_buy=is_buy, quantity=quantity, price=price, is_market=is_market
    )
    if isinstance(outcome, NotTaken):
        raise _refusal(visit, outcome.reason)
    return _taken(visit, outcome, "매수" if is_buy else "매도")


def _taken(visit: Visit, placed: Placed, side: str) -> Reply:
    is_vts = visit.state.profile.is_vts
    text = f"모의투자 {side}주문완료" if is_vts else f"{side}주문이 완료되었습니다."
    return answer(visit, {"ord_no": _number(placed.number), "dmst_stex_tp": "KRX"}, text)


def _venue(visit: Visit) -> None:
    """모의투자 knows KRX only; ETFs trade on KRX, which SOR reaches as well."""
    venue = visit.one_of("dmst_stex_tp", {"KRX", "NXT", "SOR"})
    if venue == "NXT" or (venue != "KRX" and visit.state.profile.is_vts):
        raise business("RC9000", _said(visit, "해당업무가 제공되지 않습니다."))


def _refusal(visit: Visit, reason: Refusal) -> Refused:
    if reason is Refusal.BAD_QUANTITY:
        return malformed("ord_qty")
    code, text = _REFUSALS[reason]
    if (
        reason is Refusal.MARKET_CLOSED
        and visit.now < visit.state.prices.hours(visit.now.date())[0]
    ):
        code, text = _BEFORE_OPEN
    return business(code, _said(visit, text))


def _said(visit: Visit, text: str) -> str:
    return f"모의투자 {text}" if visit.state.profile.is_vts else text


def _number(number: int) -> str:
    return f"{number:07d}"


def _average(order: ExchangeOrder) -> int:
    """Return the mean price in whole won, rounded."""
    return (2 * order.amount + order.filled) // (2 * order.filled) if order.filled else 0


def _daily_row(visit: Visit, order: ExchangeOrder) -> dict[str, str]:
    is_cancel = order.original != 0
    side = "현금매수" if order.is_buy else "현금매도"
    numbers = {
        "ord_qty": order.quantity,
        "ord_uv": 0 if order.is_market else order.price,
        "cnfm_qty": order.cancelled if is_cancel else 0,
        "cntr_qty": order.filled,
        "cntr_uv": _average(order),
        "ord_remnq": 0 if is_cancel else order.remaining,
    }
    values = {name: padded(value, _SHORT) for name, value in numbers.items()}
    values |= {
        "ord_no": _number(order.number),
        "stk_cd": f"A{order.symbol}",
        "trde_tp": "시장가" if order.is_market else "지정가",
        "crd_tp": "보통매매",
        # A filled or cancelled order keeps 접수; only a refused one is named.
        "acpt_tp": "주문거부" if order.rejected else "확인" if is_cancel else "접수",
        "ord_tm": f"{order.placed_at:%H:%M:%S}",
        "ori_ord": _number(order.original),
        "stk_nm": visit.state.prices.name(order.symbol),
        "io_tp_nm": f"{side}취소" if is_cancel else side,
        "comm_ord_tp": "REST API",
        "mdfy_cncl": "취소확인" if is_cancel else "",
        "cnfm_tm": f"{order.placed_at:%H:%M:%S}" if is_cancel else "",
        "dmst_stex_tp": "KRX",
        "cond_uv": padded(0, _SHORT),
    }
    return fields.filled(fields.ORDER_ROW, values)


def _open_row(visit: Visit, order: ExchangeOrder) -> dict[str, str]:
    view = visit.state.exchange.market(visit.now, order.symbol)
    values: dict[str, object] = {
        "acnt_no": visit.state.account + visit.state.account_class,
        "ord_no": _number(order.number),
        "stk_cd": order.symbol,
        "ord_stt": "체결" if order.filled else "접수",
        "stk_nm": visit.state.prices.name(order.symbol),
        "ord_qty": order.quantity,
        "ord_pric": order.price,
        "oso_qty": order.remaining,
        "cntr_tot_amt": order.amount,
        "orig_ord_no": _NOTHING,
        "io_tp_nm": "+매수" if order.is_buy else "-매도",
        "trde_tp": "시장가" if order.is_market else "보통",
        "tm": f"{order.placed_at:%H%M%S}",
        "cntr_pric": _average(order) or "",
        "cntr_qty": order.filled or "",
        "tdy_trde_cmsn": 0,
        "tdy_trde_tax": 0,
        "ind_invsr": 0,
        "stex_tp": "1",
        "stex_tp_txt": "KRX",
        "sor_yn": "N",
        "stop_pric": 0,
    }
    if view is not None:
        minute = view.minute
        values |= {
            "cur_prc": directed(minute.last, view.base),
            "sel_bid": directed(minute.ask, view.base),
            "buy_bid": directed(minute.bid, view.base),
        }
    return fields.filled(fields.OPEN_ROW, values)


def _fill_row(visit: Visit, order: ExchangeOrder) -> dict[str, str]:
    values: dict[str, object] = {
        "ord_no": _number(order.number),
        "stk_nm": visit.state.prices.name(order.symbol),
        "io_tp_nm": "+매수" if order.is_buy else "-매도",
        "ord_pric": order.price,
        "ord_qty": order.quantity,
        "cntr_pric": _average(order),
        "cntr_qty": order.filled,
        "oso_qty": order.remaining,
        "tdy_trde_cmsn": 0,
        "tdy_trde_tax": 0,
        "ord_stt": "체결",
        "trde_tp": "시장가" if order.is_market else "보통",
        "orig_ord_no": _NOTHING,
        "ord_tm": f"{order.placed_at:%H%M%S}",
        "stk_cd": order.symbol,
        "stex_tp": "1",
        "stex_tp_txt": "KRX",
        "sor_yn": "N",
        "stop_pric": 0,
    }
    return fields.filled(fields.FILL_ROW, values)

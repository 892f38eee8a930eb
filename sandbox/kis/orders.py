"""Orders: cash orders, cancels, the day's orders with their fills, what is still open."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from brokers.sim.values import ExchangeOrder, Execution, Placed, Refusal, Refused

from . import fields
from .answers import Visit, answer, envelope, inquiry, invalid
from .paging import page_of
from .profiles import BEFORE_OPEN, BUY_IDS, refusal
from .state import KisState
from .wire import Reply

_DIVISION_NAMES = {False: "지정가", True: "시장가"}
_SIDES = {"00": None, "01": False, "02": True}
_DAYS_MAX = 400
# 02…47 exist on the wire; the simulated exchange trades limit and market orders only.
_OTHER_DIVISIONS = frozenset(
    [
        "02",
        "03",
        "04",
        "05",
        "06",
        "07",
        "11",
        "12",
        "13",
        "14",
        "15",
        "16",
        "21",
        "22",
        "23",
        "24",
        "27",
        "28",
        "29",
        "41",
        "42",
        "43",
        "44",
        "45",
        "46",
        "47",
    ]
)


def place(visit: Visit) -> Reply:
    """Order-cash: the side is in the tr_id alone."""
    visit.account()
    symbol = visit.need("PDNO")
    division = visit.need("ORD_DVSN")
    quantity, price = visit.whole("ORD_QTY"), visit.whole("ORD_UNPR")
    _venue(visit)
    if division in _OTHER_DIVISIONS:
        return _wrong_division(visit)
    if division not in {"00", "01"}:
        raise invalid("ORD_DVSN")
    is_buy, is_market = visit.tr_id[1:] in BUY_IDS, division == "01"
    outcome = visit.state.exchange.place(
        visit.now,
        symbol,
        is_buy=is_buy,
        quantity=quantity,
        price=0 if is_market else price,
        is_market=is_market,
    )
    return _outcome(visit, outcome, "buy" if is_buy else "sell")


def change(visit: Visit) -> Reply:
    """Order-rvsecncl: cancels of all that remains, or of a part of it.

    Amending is refused as invalid input: the exchange does not offer it.
    """
    visit.account()
    branch = visit.need("KRX_FWDG_ORD_ORGNO")
    number = visit.whole("ORGN_ODNO")
    visit.need("ORD_DVSN")
    visit.one_of("RVSE_CNCL_DVSN_CD", {"02"})
    quantity = visit.whole("ORD_QTY")
    visit.whole("ORD_UNPR")
    everything = visit.one_of("QTY_ALL_ORD_YN", {"Y", "N"}) == "Y"
    _venue(visit)
    if branch not in {"", visit.state.profile.branch}:
        raise invalid("KRX_FWDG_ORD_ORGNO")
    # ORD_QTY counts only where it is not all: clients send 0, or what they believe is left.
    asked = None if everything else quantity
    return _outcome(visit, visit.state.exchange.cancel(visit.now, number, asked), "cancel")


def daily(visit: Visit) -> Reply:
    """Inquire-daily-ccld: every order and cancel row of the asked days."""
    visit.account()
    first, last = visit.day("INQR_STRT_DT"), visit.day("INQR_END_DT")
    side = _SIDES[visit.one_of("SLL_BUY_DVSN_CD", _SIDES)]
    newest_first = visit.one_of("INQR_DVSN", {"00", "01"}) == "00"
    wanted = visit.one_of("CCLD_DVSN", {"00", "01", "02"})
    symbol, number = visit.need("PDNO").strip(), _number(visit)
    visit.need("ORD_GNO_BRNO")
    visit.one_of("INQR_DVSN_3", {f"{code:02d}" for code in range(8)})
    visit.need("INQR_DVSN_1")
    _venue(visit, more=frozenset({"NXT", "ALL"}))
    if last < first:
        raise invalid("INQR_END_DT")
    rows = [
        order
        for day in _days(first, last)
        for order in visit.state.exchange.orders(day)
        if side in {None, order.is_buy}
        and symbol in {"", order.symbol}
        and number in {0, order.number}
        and _is_wanted(order, wanted)
    ]
    if newest_first:
        rows.reverse()
    return _daily_page(visit, rows, (first, last, symbol))


def open_orders(visit: Visit) -> Reply:
    """Inquire-psbl-rvsecncl (실전 only): what can still be cancelled today."""
    visit.account()
    visit.one_of("INQR_DVSN_1", {"0", "1", "2"})
    side = {"0": None, "1": False, "2": True}[visit.one_of("INQR_DVSN_2", {"0", "1", "2"})]
    state = visit.state
    rows = [
        order
        for order in state.exchange.orders(visit.now.date())
        if order.remaining and not order.original and side in {None, order.is_buy}
    ]
    rows.reverse()
    page = page_of(
        visit, rows, state.profile.balance_page, key=_key, echo=(state.account, state.product)
    )
    kind = _kind(rows, is_last=page.is_last)
    outputs = {**page.cursors, "output": [_open_row(state, order) for order in page.rows]}
    return inquiry(visit, kind, outputs, cont=page.cont)


def _venue(visit: Visit, *, more: frozenset[str] = frozenset()) -> None:
    """모의투자 knows KRX only; ETFs trade on KRX, which SOR reaches as well."""
    given = visit.fields.get("EXCG_ID_DVSN_CD", "KRX")
    if given not in ({"KRX"} if visit.state.profile.is_vts else {"KRX", "SOR"} | more):
        raise invalid("EXCG_ID_DVSN_CD")


def _wrong_division(visit: Visit) -> Reply:
    if visit.state.profile.is_vts:
        return _refused(visit, ("1", "40310000", "모의투자 주문구분 오류 입니다."))
    return _refused(visit, ("7", "APBK0963", "주문구분코드 오류 입니다."))


def _outcome(visit: Visit, outcome: Placed | Refused, kind: str) -> Reply:
    profile = visit.state.profile
    if isinstance(outcome, Refused):
        reason: Refusal | str = outcome.reason
        if reason is Refusal.MARKET_CLOSED and _is_early(visit.state, visit.now):
            reason = BEFORE_OPEN
        return _refused(visit, refusal(profile, reason))
    code, text = profile.order_done[kind]
    output = {
        "KRX_FWDG_ORD_ORGNO": profile.branch,
        "ODNO": _odno(visit.state, outcome.number),
        "ORD_TMD": f"{outcome.at:%H%M%S}",
        "SOR_ODNO": "",
    }
    return answer(
        visit, {**envelope(code, text), "output": fields.filled(fields.ORDER_OUTPUT, output)}
    )


def _refused(visit: Visit, reason: tuple[str, str, str]) -> Reply:
    rt, code, text = reason
    return answer(visit, envelope(code, text, rt=rt))


def _is_early(state: KisState, now: datetime) -> bool:
    return now < state.prices.hours(now.date())[0]


def _number(visit: Visit) -> int:
    return visit.whole("ODNO") if visit.need("ODNO").strip() else 0


def _days(first: date, last: date) -> Iterable[date]:
    """Return the asked days, at most the last 400: the server keeps no more online."""
    first = max(first, last - timedelta(days=_DAYS_MAX - 1))
    return (first + timedelta(days=offset) for offset in range((last - first).days + 1))


def _is_wanted(order: ExchangeOrder, wanted: str) -> bool:
    if wanted == "01":
        return order.filled > 0
    return wanted == "00" or (order.remaining > 0 and not order.original)


def _daily_page(visit: Visit, rows: list[ExchangeOrder], asked: tuple[date, date, str]) -> Reply:
    state, (first, last, symbol) = visit.state, asked
    echo = (state.account, state.product, f"{first:%Y%m%d}", f"{last:%Y%m%d}", symbol)
    page = page_of(visit, rows, state.profile.orders_page, key=_key, echo=echo)
    fills = {day: state.exchange.executions(day) for day in {order.day for order in page.rows}}
    outputs = {
        **page.cursors,
        "output1": [_daily_row(state, order, fills[order.day]) for order in page.rows],
        "output2": _daily_sum(rows),
    }
    return inquiry(visit, _kind(rows, is_last=page.is_last), outputs, cont=page.cont)


def _kind(rows: list[ExchangeOrder], *, is_last: bool) -> str:
    if not rows:
        return "none"
    return "last" if is_last else "more"


def _key(order: ExchangeOrder) -> str:
    return f"!^{order.day:%Y%m%d}!^{order.number:010d}!^"


def _odno(state: KisState, number: int) -> str:
    return f"{number:0{state.profile.number_digits}d}" if number else ""


def _average(order: ExchangeOrder) -> str:
    if not order.filled:
        return "0"
    whole, rest = divmod(order.amount, order.filled)
    return str(whole) if not rest else f"{order.amount / order.filled:.4f}"


def _daily_row(state: KisState, order: ExchangeOrder, fills: list[Execution]) -> dict[str, str]:
    is_cancel = order.original != 0
    is_cancelled = is_cancel or (order.cancelled > 0 and order.remaining == 0)
    side = "매수" if order.is_buy else "매도"
    told = max((fill.at for fill in fills if fill.number == order.number), default=order.placed_at)
    values = {
        "ord_dt": f"{order.day:%Y%m%d}",
        "ord_gno_brno": state.profile.branch,
        "odno": _odno(state, order.number),
        "orgn_odno": _odno(state, order.original),
        "ord_dvsn_name": _DIVISION_NAMES[order.is_market],
        "sll_buy_dvsn_cd": "02" if order.is_buy else "01",
        "sll_buy_dvsn_cd_name": f"{side}취소" if is_cancel else f"현금{side}",
        "pdno": order.symbol,
        "prdt_name": state.prices.name(order.symbol),
        "ord_qty": order.quantity,
        "ord_unpr": 0 if order.is_market else order.price,
        "ord_tmd": f"{order.placed_at:%H%M%S}",
        "tot_ccld_qty": order.filled,
        "avg_prvs": _average(order),
        "cncl_yn": "Y" if is_cancelled else state.profile.not_cancelled,
        "tot_ccld_amt": order.amount,
        "ordr_empno": "OpnAPI",
        "ord_dvsn_cd": "01" if order.is_market else "00",
        "cncl_cfrm_qty": order.quantity if is_cancel else order.cancelled,
        "rmn_qty": 0 if is_cancel else order.remaining,
        "rjct_qty": order.rejected,
        "ccld_cndt_name": "없음",
        "inqr_ip_addr": "127.000.000.001",
        "infm_tmd": f"{told:%H%M%S}" if state.profile.is_vts else "",
        "ctac_tlno": "",
        "prdt_type_cd": "300" if state.profile.is_vts else "",
        "excg_dvsn_cd": "02",
        "ord_orgno": "00000",
        "excg_id_dvsn_cd": "KRX",
    }
    return fields.filled(fields.DAILY_ORDER, values)


def _daily_sum(rows: list[ExchangeOrder]) -> dict[str, str]:
    originals = [order for order in rows if not order.original]
    shares = sum(order.filled for order in originals)
    amount = sum(order.amount for order in originals)
    values = {
        "tot_ord_qty": sum(order.quantity for order in originals),
        "tot_ccld_qty": shares,
        "tot_ccld_amt": amount,
        "prsm_tlex_smtl": 0,
        "pchs_avg_pric": f"{amount / shares if shares else 0:.4f}",
    }
    return fields.filled(fields.DAILY_ORDER_SUM, values)


def _open_row(state: KisState, order: ExchangeOrder) -> dict[str, str]:
    values = {
        "ord_gno_brno": state.profile.branch,
        "odno": _odno(state, order.number),
        "orgn_odno": "",
        "ord_dvsn_name": _DIVISION_NAMES[order.is_market],
        "pdno": order.symbol,
        "prdt_name": state.prices.name(order.symbol),
        "rvse_cncl_dvsn_name": "",
        "ord_qty": order.quantity,
        "ord_unpr": 0 if order.is_market else order.price,
        "ord_tmd": f"{order.placed_at:%H%M%S}",
        "tot_ccld_qty": order.filled,
        "tot_ccld_amt": order.amount,
        "psbl_qty": order.remaining,
        "sll_buy_dvsn_cd": "02" if order.is_buy else "01",
        "ord_dvsn_cd": "01" if order.is_market else "00",
        "excg_dvsn_cd": "02",
        "excg_id_dvsn_cd": "KRX",
        "excg_id_dvsn_name": "한국거래소",
    }
    return fields.filled(fields.OPEN_ORDER, values)

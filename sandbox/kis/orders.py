"""Orders: cash orders, cancels, amendments, the day's orders with their fills, what is open."""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from brokers.sim.values import ExchangeOrder, Execution, Placed, Refusal, Refused

from . import fields
from .answers import Visit, answer, envelope, inquiry, invalid
from .divisions import AMENDS_TO, LIMIT, SERVED, asked, division_of, price_of
from .paging import page_of
from .profiles import BEFORE_OPEN, BUY_IDS, OLD_ORDERS_IDS, refusal
from .state import Asked, KisState
from .wire import Reply

_SIDES = {"00": None, "01": False, "02": True}
_DAYS_MAX = 400
_MONTHS_RECENT = 3
_AMEND, _CANCEL = "01", "02"
# EXCG_ID_DVSN_CD and excg_dvsn_cd of a row by the venue that its order was sent to.
_VENUES = {"KRX": "02", "SOR": "12"}


def place(visit: Visit) -> Reply:
    """Order-cash: the side is in the tr_id alone."""
    visit.account()
    symbol = visit.need("PDNO")
    division = division_of(visit)
    quantity, price = visit.whole("ORD_QTY"), visit.whole("ORD_UNPR")
    venue = _venue(visit)
    if division is None:
        return _wrong_division(visit)
    is_buy, exchange = visit.tr_id[1:] in BUY_IDS, visit.state.exchange
    view = exchange.market(visit.now, symbol)
    outcome = exchange.place(
        visit.now,
        symbol,
        is_buy=is_buy,
        quantity=quantity,
        price=0 if division.is_market else price_of(division, view, price, is_buy=is_buy),
        is_market=division.is_market,
        lasting=division.lasting,
    )
    return _outcome(
        visit, outcome, "buy" if is_buy else "sell", Asked(visit.need("ORD_DVSN"), venue)
    )


def change(visit: Visit) -> Reply:
    """Order-rvsecncl: cancels or amends all that remains, or a part of it."""
    visit.account()
    branch = visit.need("KRX_FWDG_ORD_ORGNO")
    number = visit.whole("ORGN_ODNO")
    visit.need("ORD_DVSN")
    kind = visit.one_of("RVSE_CNCL_DVSN_CD", {_AMEND, _CANCEL})
    quantity, price = visit.whole("ORD_QTY"), visit.whole("ORD_UNPR")
    everything = visit.one_of("QTY_ALL_ORD_YN", {"Y", "N"}) == "Y"
    venue = _venue(visit)
    if branch not in {"", visit.state.profile.branch}:
        raise invalid("KRX_FWDG_ORD_ORGNO")
    # ORD_QTY counts only where it is not all: clients send 0, or what they believe is left.
    part = None if everything else quantity
    if kind == _AMEND:
        return _amended(visit, number, part, price, venue)
    outcome = visit.state.exchange.cancel(visit.now, number, part)
    return _outcome(visit, outcome, "cancel", Asked(LIMIT, venue))


def _amended(visit: Visit, number: int, part: int | None, price: int, venue: str) -> Reply:
    division, exchange = division_of(visit), visit.state.exchange
    if division is None or visit.need("ORD_DVSN") not in AMENDS_TO:
        return _wrong_division(visit)
    rows = exchange.orders(visit.now.date())
    original = next((row for row in rows if row.number == number), None)
    if original is not None:
        view = exchange.market(visit.now, original.symbol)
        price = price_of(division, view, price, is_buy=original.is_buy)
    outcome = exchange.amend(
        visit.now, number, price=price, quantity=part, is_market=division.is_market
    )
    return _outcome(visit, outcome, "amend", Asked(visit.need("ORD_DVSN"), venue))


def daily(visit: Visit) -> Reply:
    """Inquire-daily-ccld: every order and cancel row of the asked days."""
    visit.account()
    first, last = visit.day("INQR_STRT_DT"), visit.day("INQR_END_DT")
    side = _SIDES[visit.one_of("SLL_BUY_DVSN_CD", _SIDES)]
    newest_first = visit.one_of("INQR_DVSN", {"00", "01"}) == "00"
    wanted = visit.one_of("CCLD_DVSN", {"00", "01", "02"})
    symbol, number = visit.need("PDNO").strip(), _number(visit)
    branch = visit.need("ORD_GNO_BRNO").strip()
    visit.one_of("INQR_DVSN_3", {f"{code:02d}" for code in range(8)})
    visit.need("INQR_DVSN_1")
    venue = _venue(visit, more=frozenset({"NXT", "ALL"}))
    if last < first:
        raise invalid("INQR_END_DT")
    rows = [
        order
        for day in _days(visit, first, last)
        for order in visit.state.exchange.orders(day)
        if branch in {"", visit.state.profile.branch}
        and _is_shown(visit, order, venue)
        and side in {None, order.is_buy}
        and symbol in {"", order.symbol}
        and number in {0, order.number}
        and _is_wanted(order, wanted)
    ]
    if newest_first:
        rows.reverse()
    return _daily_page(visit, rows, (first, last))


def open_orders(visit: Visit) -> Reply:
    """Inquire-psbl-rvsecncl (실전 only): what can still be cancelled today."""
    visit.account()
    visit.one_of("INQR_DVSN_1", {"0", "1", "2"})
    side = {"0": None, "1": False, "2": True}[visit.one_of("INQR_DVSN_2", {"0", "1", "2"})]
    state = visit.state
    rows = [
        order
        for order in state.exchange.orders(visit.now.date())
        if order.remaining and not order.is_cancel and side in {None, order.is_buy}
    ]
    rows.reverse()
    page = page_of(
        visit, rows, state.profile.balance_page, key=_key, echo=(state.account, state.product)
    )
    kind = _kind(rows, is_last=page.is_last)
    outputs = {**page.cursors, "output": [_open_row(state, order) for order in page.rows]}
    return inquiry(visit, kind, outputs, cont=page.cont)


def _venue(visit: Visit, *, more: frozenset[str] = frozenset()) -> str:
    """Return the venue, KRX unless one is named; 모의투자 knows KRX only.

    ETFs trade on KRX, which SOR reaches as well.
    """
    given = visit.fields.get("EXCG_ID_DVSN_CD", "").strip() or "KRX"
    if given not in ({"KRX"} if visit.state.profile.is_vts else {"KRX", "SOR"} | more):
        raise invalid("EXCG_ID_DVSN_CD")
    return given


def _is_shown(visit: Visit, order: ExchangeOrder, venue: str) -> bool:
    """Whether a list of `venue` has the order: SOR brought it to KRX, nothing of ours is on NXT."""
    if venue == "SOR":
        return asked(visit.state, order).venue == "SOR"
    return venue != "NXT"


def _wrong_division(visit: Visit) -> Reply:
    if visit.state.profile.is_vts:
        return _refused(visit, ("1", "40310000", "모의투자 주문구분 오류 입니다."))
    return _refused(visit, ("7", "APBK0963", "주문구분코드 오류 입니다."))


def _outcome(visit: Visit, outcome: Placed | Refused, kind: str, how: Asked) -> Reply:
    profile = visit.state.profile
    if isinstance(outcome, Refused):
        reason: Refusal | str = outcome.reason
        if reason is Refusal.MARKET_CLOSED and _is_early(visit.state, visit.now):
            reason = BEFORE_OPEN
        return _refused(visit, refusal(profile, reason))
    visit.state.asked[outcome.at.date(), outcome.number] = how
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


def _days(visit: Visit, first: date, last: date) -> Iterable[date]:
    """Return the asked days that the tr_id lists, at most the last 400.

    One id is for the last three months, the other for what is older.
    """
    border = _three_months_before(visit.now.date())
    if visit.tr_id[1:] in OLD_ORDERS_IDS:
        last = min(last, border - timedelta(days=1))
    else:
        first = max(first, border)
    first = max(first, last - timedelta(days=_DAYS_MAX - 1))
    return (first + timedelta(days=offset) for offset in range((last - first).days + 1))


def _three_months_before(day: date) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - _MONTHS_RECENT, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def _is_wanted(order: ExchangeOrder, wanted: str) -> bool:
    if wanted == "01":
        return order.filled > 0
    return wanted == "00" or (order.remaining > 0 and not order.is_cancel)


def _daily_page(visit: Visit, rows: list[ExchangeOrder], span: tuple[date, date]) -> Reply:
    state, symbol = visit.state, visit.need("PDNO").strip()
    echo = (
        state.account,
        state.product,
        *(f"{day:%Y%m%d}" for day in span),
        f"00000A{symbol}" if symbol else "",
        *(visit.need(name) for name in ("INQR_DVSN", "CCLD_DVSN", "INQR_DVSN_3")),
    )
    page = page_of(visit, rows, state.profile.orders_page, key=_key, echo=echo)
    fills = {day: state.exchange.executions(day) for day in {order.day for order in rows}}
    outputs = {
        **page.cursors,
        "output1": [_daily_row(state, order, fills[order.day]) for order in page.rows],
        "output2": _daily_sum(rows, sum(fill.fee for day in fills.values() for fill in day)),
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
    is_cancel, how = order.is_cancel, asked(state, order)
    is_cancelled = is_cancel or (order.cancelled > 0 and order.remaining == 0)
    told = max((fill.at for fill in fills if fill.number == order.number), default=order.placed_at)
    values = {
        "ord_dt": f"{order.day:%Y%m%d}",
        "ord_gno_brno": state.profile.branch,
        "odno": _odno(state, order.number),
        "orgn_odno": _odno(state, order.original),
        "ord_dvsn_name": SERVED[how.division].name,
        "sll_buy_dvsn_cd": "02" if order.is_buy else "01",
        "sll_buy_dvsn_cd_name": _side_name(order),
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
        "ord_dvsn_cd": how.division,
        "cncl_cfrm_qty": order.quantity if is_cancel else order.cancelled,
        "rmn_qty": 0 if is_cancel else order.remaining,
        "rjct_qty": order.rejected,
        "ccld_cndt_name": "없음",
        "inqr_ip_addr": "127.000.000.001",
        "infm_tmd": f"{told:%H%M%S}" if state.profile.is_vts else "",
        "ctac_tlno": "",
        "prdt_type_cd": "300" if state.profile.is_vts else "",
        "excg_dvsn_cd": _VENUES[how.venue],
        "ord_orgno": "00000",
        "excg_id_dvsn_cd": how.venue,
    }
    return fields.filled(fields.DAILY_ORDER, values)


def _side_name(order: ExchangeOrder) -> str:
    side = "매수" if order.is_buy else "매도"
    if order.is_cancel:
        return f"{side}취소"
    return f"{side}정정" if order.amends else f"현금{side}"


def _daily_sum(rows: list[ExchangeOrder], fees: int) -> dict[str, str]:
    """Return the sums of the listed orders; the costs are those of all that traded in the span."""
    originals = [order for order in rows if not order.is_cancel]
    shares = sum(order.filled for order in originals)
    amount = sum(order.amount for order in originals)
    values = {
        "tot_ord_qty": sum(order.quantity for order in originals),
        "tot_ccld_qty": shares,
        "tot_ccld_amt": amount,
        "prsm_tlex_smtl": fees,
        "pchs_avg_pric": f"{amount / shares if shares else 0:.4f}",
    }
    return fields.filled(fields.DAILY_ORDER_SUM, values)


def _open_row(state: KisState, order: ExchangeOrder) -> dict[str, str]:
    how = asked(state, order)
    values = {
        "ord_gno_brno": state.profile.branch,
        "odno": _odno(state, order.number),
        "orgn_odno": _odno(state, order.original),
        "ord_dvsn_name": SERVED[how.division].name,
        "pdno": order.symbol,
        "prdt_name": state.prices.name(order.symbol),
        "rvse_cncl_dvsn_name": "정정" if order.amends else "",
        "ord_qty": order.quantity,
        "ord_unpr": 0 if order.is_market else order.price,
        "ord_tmd": f"{order.placed_at:%H%M%S}",
        "tot_ccld_qty": order.filled,
        "tot_ccld_amt": order.amount,
        "psbl_qty": order.remaining,
        "sll_buy_dvsn_cd": "02" if order.is_buy else "01",
        "ord_dvsn_cd": how.division,
        "excg_dvsn_cd": _VENUES[how.venue],
        "excg_id_dvsn_cd": how.venue,
        "excg_id_dvsn_name": "한국거래소" if how.venue == "KRX" else how.venue,
    }
    return fields.filled(fields.OPEN_ORDER, values)

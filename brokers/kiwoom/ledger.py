"""Account reads: the order list, holdings and cash, from wire rows to domain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal

from brokers.kiwoom.fields import (
    DepositRow,
    HoldingRow,
    OrderableRow,
    OrderRow,
    ValuationRow,
    ValuationSum,
)
from core.domain.account import AccountSnapshot, BuyingPower, Position
from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.money import Won
from core.domain.orders import BrokerOrder, BrokerOrderRef, OrderHistory, OrderType, Side
from core.errors import BrokerProtocolError

_MARKET = "시장가"
_BUY, _SELL = "매수", "매도"
_AMENDED = "정정"
_REFUSED = "거부"


def order_history(
    rows: Iterable[OrderRow],
    day: date,
    read_at: datetime,
    server_ahead: timedelta | None = None,
) -> OrderHistory:
    """Return the orders of `day`. A row read twice (pages shifted) counts once, as last read."""
    by_number = {row.ord_no: row for row in rows}
    gone = _confirmed(by_number.values())
    return OrderHistory(
        day=day,
        read_at=read_at,
        orders=tuple(_order(row, day, gone.get(row.ord_no, 0)) for row in by_number.values()),
        server_ahead=server_ahead,
    )


def _confirmed(rows: Iterable[OrderRow]) -> Mapping[str, int]:
    """Return how many shares of each order the broker confirmed as cancelled or moved elsewhere."""
    gone: dict[str, int] = {}
    for row in rows:
        if row.ori_ord:
            gone[row.ori_ord] = gone.get(row.ori_ord, 0) + row.cnfm_qty
    return gone


def _order(row: OrderRow, day: date, gone: int) -> BrokerOrder:
    """Return one row. Quantities decide; `acpt_tp` only names why an ended order did not fill.

    An order that was cancelled may keep its `ord_remnq`; what its cancel row confirms is gone.
    """
    if row.cntr_qty + row.ord_remnq > row.ord_qty:
        raise BrokerProtocolError("kt00007: cntr_qty and ord_remnq above ord_qty")
    is_cancel = bool(row.ori_ord) and _AMENDED not in row.mdfy_cncl + row.io_tp_nm
    if is_cancel:
        remaining, rejected, cancelled = 0, 0, row.cnfm_qty
    else:
        open_shares = row.ord_qty - row.cntr_qty
        remaining = max(min(row.ord_remnq, open_shares - gone), 0)
        ended = open_shares - remaining
        rejected = ended if _REFUSED in row.acpt_tp and not remaining else 0
        cancelled = ended - rejected
    return BrokerOrder(
        ref=BrokerOrderRef(number=row.ord_no, branch=row.stk_cd),
        original_number=row.ori_ord,
        symbol=Symbol(row.stk_cd),
        side=_side(row),
        order_type=OrderType.MARKET if row.trde_tp == _MARKET else OrderType.LIMIT,
        ordered=row.ord_qty,
        price_won=row.ord_uv,
        filled=row.cntr_qty,
        remaining=remaining,
        cancelled=cancelled,
        rejected=rejected,
        average_price_won=_average(row),
        placed_at=datetime.combine(day, row.ord_tm, tzinfo=KST),
        is_cancel_row=is_cancel,
    )


def _side(row: OrderRow) -> Side:
    buys, sells = _BUY in row.io_tp_nm, _SELL in row.io_tp_nm
    if buys == sells:
        raise BrokerProtocolError("kt00007: io_tp_nm malformed")
    return Side.BUY if buys else Side.SELL


def _average(row: OrderRow) -> Decimal | None:
    """Return the mean price, which Kiwoom states in whole won."""
    if not row.cntr_qty:
        return None
    if not row.cntr_uv:
        raise BrokerProtocolError("kt00007: filled, but without a price")
    return Decimal(row.cntr_uv)


def account(
    rows: Iterable[ValuationRow],
    cash: ValuationSum,
    holdings: Iterable[HoldingRow],
    taken_at: datetime,
) -> AccountSnapshot:
    """Return cash and holdings of kt00004, with the sellable shares of kt00018.

    Raises BrokerProtocolError when the two lists name other shares: something traded in between,
    and the next try reads both anew. Loan dates of one symbol are added up.
    """
    lots: dict[tuple[str, str], ValuationRow] = {}
    for row in rows:
        if lots.setdefault((row.stk_cd, row.loan_dt), row) != row:
            raise BrokerProtocolError(f"kt00004: {row.stk_cd} stated twice, differently")
    by_symbol: dict[str, list[ValuationRow]] = {}
    for row in lots.values():
        if row.rmnd_qty:
            by_symbol.setdefault(row.stk_cd, []).append(row)
    held = _held(holdings)
    counted = {code: sum(row.rmnd_qty for row in found) for code, found in by_symbol.items()}
    if counted != {code: quantity for code, (quantity, _) in held.items()}:
        raise BrokerProtocolError("kt00004 and kt00018 name different shares")
    return AccountSnapshot(
        deposit_won=Won(cash.entr),
        settled_d2_won=Won(cash.d2_entra),
        positions=tuple(_position(found, held[code][1]) for code, found in by_symbol.items()),
        taken_at=taken_at,
    )


def sellable(holdings: Iterable[HoldingRow], symbol: Symbol) -> int:
    """Return how many shares of `symbol` may be sold now."""
    return _held(holdings).get(symbol, (0, 0))[1]


def _held(rows: Iterable[HoldingRow]) -> dict[str, tuple[int, int]]:
    """Return (held, sellable) by symbol; a row seen twice counts once."""
    lots: dict[tuple[str, str, str], HoldingRow] = {}
    for row in rows:
        if lots.setdefault((row.stk_cd, row.crd_tp, row.crd_loan_dt), row) != row:
            raise BrokerProtocolError(f"kt00018: {row.stk_cd} stated twice, differently")
    held: dict[str, tuple[int, int]] = {}
    for row in lots.values():
        if row.rmnd_qty:
            quantity, free = held.get(row.stk_cd, (0, 0))
            held[row.stk_cd] = (quantity + row.rmnd_qty, free + row.trde_able_qty)
    return held


def _position(lots: list[ValuationRow], free: int) -> Position:
    quantity = sum(row.rmnd_qty for row in lots)
    first = lots[0]
    return Position(
        symbol=Symbol(first.stk_cd),
        name=first.stk_nm,
        quantity=quantity,
        sellable=free,
        # `avg_prc` is cut to whole won; what was paid is exact.
        average_cost_won=Decimal(sum(row.pur_amt for row in lots)) / quantity,
        price_won=Won(first.cur_prc),
    )


def buying_power(row: OrderableRow, price_won: int) -> BuyingPower:
    """Return what may be bought without 미수; a negative amount is nothing.

    모의투자 states no quantity, so it is what the cash pays for.
    """
    return _power(min(row.profa_100ord_alow_amt, row.ord_alowa), price_won)


def buying_power_of_deposit(row: DepositRow, price_won: int) -> BuyingPower:
    """Return the same from the deposit statement, which knows the amount alone."""
    return _power(min(row.stock_100, row.ord_alow_amt), price_won)


def _power(cash_won: int, price_won: int) -> BuyingPower:
    cash = max(cash_won, 0)
    return BuyingPower(cash_won=Won(cash), quantity_max=cash // max(price_won, 1))

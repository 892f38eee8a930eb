"""Account reads: the order list, holdings and cash, from wire rows to domain values."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal

from brokers.kis.fields import BuyingPowerRow, CashRow, HoldingRow, OrderRow
from brokers.kis.posts import MARKET_CODE
from core.domain.account import AccountSnapshot, BuyingPower, Position
from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.money import Won, round_won
from core.domain.orders import (
    BrokerOrder,
    BrokerOrderRef,
    OrderHistory,
    OrderType,
    Side,
)
from core.errors import BrokerProtocolError

_BUY_CODE = "02"
_AMENDED = "정정"  # an amendment also names an original, but it is an order that lives


def order_history(
    rows: Iterable[OrderRow],
    day: date,
    read_at: datetime,
    server_ahead: timedelta | None = None,
) -> OrderHistory:
    """Return the orders of `day`. A row read twice (pages shifted) counts once, as last read."""
    orders: dict[str, BrokerOrder] = {}
    for row in rows:
        if row.ord_dt == day:
            orders[row.odno] = _order(row)
    return OrderHistory(
        day=day, read_at=read_at, orders=tuple(orders.values()), server_ahead=server_ahead
    )


def _order(row: OrderRow) -> BrokerOrder:
    if row.tot_ccld_qty > row.ord_qty:
        raise BrokerProtocolError("inquire-daily-ccld: tot_ccld_qty above ord_qty")
    is_market = row.ord_dvsn_cd == MARKET_CODE
    return BrokerOrder(
        ref=BrokerOrderRef(number=row.odno, branch=row.ord_gno_brno),
        original_number=row.orgn_odno,
        symbol=Symbol(row.pdno),
        side=Side.BUY if row.sll_buy_dvsn_cd == _BUY_CODE else Side.SELL,
        order_type=OrderType.MARKET if is_market else OrderType.LIMIT,
        ordered=row.ord_qty,
        price_won=round_won(row.ord_unpr),
        filled=row.tot_ccld_qty,
        remaining=row.rmn_qty,
        cancelled=row.cncl_cfrm_qty,
        rejected=row.rjct_qty,
        average_price_won=_average(row),
        placed_at=datetime.combine(row.ord_dt, row.ord_tmd, tzinfo=KST),
        is_cancel_row=bool(row.orgn_odno) and _AMENDED not in row.sll_buy_dvsn_cd_name,
    )


def _average(row: OrderRow) -> Decimal | None:
    """Prefer the exact amount; the broker's average is rounded."""
    if not row.tot_ccld_qty:
        return None
    if row.tot_ccld_amt > 0:
        return row.tot_ccld_amt / row.tot_ccld_qty
    if row.avg_prvs > 0:
        return row.avg_prvs
    raise BrokerProtocolError("inquire-daily-ccld: filled, but neither amount nor average price")


def account(rows: Iterable[HoldingRow], cash: CashRow, taken_at: datetime) -> AccountSnapshot:
    """Return holdings and cash. Loan dates of one symbol are added up, sold-out rows dropped.

    A row seen twice is one row; two different rows for the same loan date cannot both be right.
    """
    lots: dict[tuple[str, str, str, str], HoldingRow] = {}
    for row in rows:
        key = (row.pdno, row.trad_dvsn_name, row.loan_dt, row.expd_dt)
        if lots.setdefault(key, row) != row:
            raise BrokerProtocolError(f"inquire-balance: {row.pdno} stated twice, differently")
    by_symbol: dict[str, list[HoldingRow]] = {}
    for row in lots.values():
        if row.hldg_qty > 0:
            by_symbol.setdefault(row.pdno, []).append(row)
    return AccountSnapshot(
        deposit_won=Won(cash.dnca_tot_amt),
        settled_d2_won=Won(cash.prvs_rcdl_excc_amt),
        positions=tuple(_position(lots_of) for lots_of in by_symbol.values()),
        taken_at=taken_at,
    )


def _position(lots: list[HoldingRow]) -> Position:
    quantity = sum(row.hldg_qty for row in lots)
    cost = sum((row.pchs_avg_pric * row.hldg_qty for row in lots), Decimal(0))
    first = lots[0]
    return Position(
        symbol=Symbol(first.pdno),
        name=first.prdt_name,
        quantity=quantity,
        sellable=sum(row.ord_psbl_qty for row in lots),
        average_cost_won=first.pchs_avg_pric if len(lots) == 1 else cost / quantity,
        price_won=Won(first.prpr),
    )


def buying_power(row: BuyingPowerRow) -> BuyingPower:
    """Return what may be bought without 미수; a negative amount is nothing."""
    return BuyingPower(
        cash_won=Won(max(row.nrcvb_buy_amt, 0)), quantity_max=max(row.nrcvb_buy_qty, 0)
    )

"""Statements of the account (실전 only): assets by class, realised profit by day and by trade."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from . import fields_statements as fields
from .answers import Visit, inquiry, invalid, percent
from .fields import filled
from .paging import page_of
from .wire import Reply

_CLASSES = 20
"""Lines of the statement of assets; the last is the sum, the one before the deposit."""
_PAGE = 50
_DAYS_KEPT = 400


@dataclass(slots=True)
class _Traded:
    """What was traded in one symbol on one day, and what it brought."""

    day: date
    symbol: str
    bought: int = 0
    bought_won: int = 0
    buy_fee: int = 0
    sold: int = 0
    sold_won: int = 0
    sell_fee: int = 0
    cost: Decimal = Decimal(0)
    """What the sold shares were bought for, fee included."""

    @property
    def profit(self) -> int:
        exact = self.sold_won - self.sell_fee - self.cost
        return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))

    @property
    def fee(self) -> int:
        return self.buy_fee + self.sell_fee


@dataclass(slots=True)
class _Lot:
    quantity: int = 0
    cost: Decimal = Decimal(0)


def assets(visit: Visit) -> Reply:
    """Inquire-account-balance: one line per class of assets in a fixed order, without names."""
    visit.account()
    visit.need("INQR_DVSN_1")
    visit.need("BSPR_BF_DT_APLY_YN")
    exchange, now = visit.state.exchange, visit.now
    cost = value = 0
    for held in exchange.holdings(now):
        view = exchange.market(now, held.symbol)
        exact = held.average_cost * held.quantity
        cost += int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))
        value += (view.minute.last if view else 0) * held.quantity
    cash = exchange.cash(now)
    total = value + cash.d2
    amounts = [(0, 0)] * _CLASSES
    amounts[0], amounts[-2], amounts[-1] = (cost, value), (cash.d2, cash.d2), (cost, total)
    rows = [_class_row(bought, worth, total) for bought, worth in amounts]
    sums = {
        "pchs_amt_smtl": cost,
        "nass_tot_amt": total,
        "evlu_pfls_amt_smtl": value - cost,
        "evlu_amt_smtl": value,
        "tot_asst_amt": total,
        "tot_dncl_amt": cash.deposit,
        "dncl_amt": cash.deposit,
    }
    return inquiry(visit, "done", {"output1": rows, "output2": filled(fields.ASSET_SUM, sums)})


def profit_by_day(visit: Visit) -> Reply:
    """Inquire-period-profit."""
    visit.one_of("INQR_DVSN", {"00"})
    days: dict[date, list[_Traded]] = {}
    for line in _asked(visit):
        days.setdefault(line.day, []).append(line)
    rows = [_day_row(day, lines) for day, lines in days.items()]
    return _answered(
        visit,
        rows,
        _sums(fields.DAY_PROFIT_SUM, [line for lines in days.values() for line in lines]),
    )


def profit_by_trade(visit: Visit) -> Reply:
    """Inquire-period-trade-profit."""
    lines = _asked(visit)
    rows = [_trade_row(visit, line) for line in lines]
    return _answered(visit, rows, _sums(fields.TRADE_PROFIT_SUM, lines))


def _asked(visit: Visit) -> list[_Traded]:
    visit.account()
    first, last = visit.day("INQR_STRT_DT"), visit.day("INQR_END_DT")
    newest_first = visit.one_of("SORT_DVSN", {"00", "01", "02"}) != "01"
    visit.one_of("CBLC_DVSN", {"00"})
    symbol = visit.need("PDNO").strip()
    if last < first:
        raise invalid("INQR_END_DT")
    lines = [
        line for line in _ledger(visit, last) if line.day >= first and symbol in {"", line.symbol}
    ]
    return lines[::-1] if newest_first else lines


def _ledger(visit: Visit, last: date) -> Iterable[_Traded]:
    """Walk the trades of a year in order, with the moving average of what is held."""
    exchange = visit.state.exchange
    lots: dict[str, _Lot] = {}
    for offset in range(_DAYS_KEPT, -1, -1):
        day = last - timedelta(days=offset)
        orders = {order.number: order for order in exchange.orders(day)}
        lines: dict[str, _Traded] = {}
        for trade in exchange.executions(day):
            order = orders[trade.number]
            lot = lots.setdefault(order.symbol, _Lot())
            line = lines.setdefault(order.symbol, _Traded(day, order.symbol))
            amount = trade.price * trade.quantity
            if order.is_buy:
                lot.quantity += trade.quantity
                lot.cost += amount + trade.fee
                line.bought += trade.quantity
                line.bought_won += amount
                line.buy_fee += trade.fee
                continue
            # Shares that came without a trade are taken at their price: no profit, no loss.
            known = min(trade.quantity, lot.quantity)
            part = lot.cost * known / lot.quantity if known else Decimal(0)
            lot.cost, lot.quantity = lot.cost - part, lot.quantity - known
            line.sold += trade.quantity
            line.sold_won += amount
            line.sell_fee += trade.fee
            line.cost += part + trade.price * (trade.quantity - known)
        yield from lines.values()


def _answered(visit: Visit, rows: list[dict[str, str]], sums: dict[str, str]) -> Reply:
    state = visit.state
    page = page_of(
        visit,
        rows,
        _PAGE,
        key=lambda row: f"{row['trad_dt']}{row.get('pdno', '')}",
        echo=(state.account, state.product),
    )
    kind = "none" if not rows else "last" if page.is_last else "more"
    outputs = {**page.cursors, "output1": list(page.rows), "output2": sums}
    return inquiry(visit, kind, outputs, cont=page.cont)


def _class_row(cost: int, value: int, total: int) -> dict[str, str]:
    values = {
        "pchs_amt": cost,
        "evlu_amt": value,
        "evlu_pfls_amt": value - cost if cost != value else 0,
        "real_nass_amt": value,
        "whol_weit_rt": percent(value, total),
    }
    return filled(fields.ASSET_CLASS, values)


def _day_row(day: date, lines: list[_Traded]) -> dict[str, str]:
    cost = sum((line.cost for line in lines), Decimal(0))
    profit = sum(line.profit for line in lines)
    values = {
        "trad_dt": f"{day:%Y%m%d}",
        "buy_amt": sum(line.bought_won for line in lines),
        "sll_amt": sum(line.sold_won for line in lines),
        "rlzt_pfls": profit,
        "fee": sum(line.fee for line in lines),
        "pfls_rt": percent(profit, int(cost), digits=8),
        "sll_qty1": sum(line.sold for line in lines),
        "buy_qty1": sum(line.bought for line in lines),
    }
    return filled(fields.DAY_PROFIT, values)


def _trade_row(visit: Visit, line: _Traded) -> dict[str, str]:
    unit = line.cost / line.sold if line.sold else Decimal(0)
    values = {
        "trad_dt": f"{line.day:%Y%m%d}",
        "pdno": line.symbol,
        "prdt_name": visit.state.prices.name(line.symbol),
        "trad_dvsn_name": "현금",
        "hldg_qty": 0,
        "pchs_unpr": f"{unit:.4f}",
        "buy_qty": line.bought,
        "buy_amt": line.bought_won,
        "sll_pric": line.sold_won // line.sold if line.sold else 0,
        "sll_qty": line.sold,
        "sll_amt": line.sold_won,
        "rlzt_pfls": line.profit,
        "pfls_rt": percent(line.profit, int(line.cost), digits=8),
        "fee": line.fee,
        "tl_tax": 0,
    }
    return filled(fields.TRADE_PROFIT, values)


def _sums(keys: tuple[str, ...], lines: list[_Traded]) -> dict[str, str]:
    sold, bought = sum(line.sold for line in lines), sum(line.bought for line in lines)
    sold_won = sum(line.sold_won for line in lines)
    bought_won = sum(line.bought_won for line in lines)
    sell_fee, buy_fee = sum(line.sell_fee for line in lines), sum(line.buy_fee for line in lines)
    profit = sum(line.profit for line in lines)
    sold_net, bought_gross = sold_won - sell_fee, bought_won + buy_fee
    values: dict[str, object] = {
        "sll_qty_smtl": sold,
        "sll_tr_amt_smtl": sold_won,
        "sll_fee_smtl": sell_fee,
        "sll_excc_amt_smtl": sold_net,
        "buy_qty_smtl": bought,
        "buyqty_smtl": bought,
        "buy_tr_amt_smtl": bought_won,
        "buy_fee_smtl": buy_fee,
        "buy_excc_amt_smtl": bought_gross,
        "tot_qty": sold + bought,
        "tot_tr_amt": sold_won + bought_won,
        "tot_fee": sell_fee + buy_fee,
        "tot_excc_amt": sold_net + bought_gross,
        "tot_rlzt_pfls": profit,
        "tot_pftrt": percent(profit, int(sum(line.cost for line in lines)), digits=8),
    }
    return filled(keys, {key: value for key, value in values.items() if key in keys})

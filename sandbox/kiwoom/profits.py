"""ka10074: the realised profit of each day on which something was sold.

As a captured sale shows, the sale's fee and tax are taken off its profit, the purchase's is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from brokers.sim.books import Lot
from brokers.sim.values import ExchangeOrder, Execution
from sandbox.kis.wire import Reply

from . import fields
from .answers import READ, Visit, answer, malformed
from .paging import page_of

_PAGE = 50
_DAYS_KEPT = 100


@dataclass(slots=True)
class _Day:
    session: date
    bought_won: int = 0
    sold_won: int = 0
    fees: int = 0
    sale_fees: int = 0
    cost: Decimal = field(default_factory=Decimal)

    @property
    def profit(self) -> int:
        exact = self.sold_won - self.sale_fees - self.cost
        return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def by_day(visit: Visit) -> Reply:
    """The days within `strt_dt` and `end_dt`, newest first, and their sums."""
    visit.need("strt_dt")
    visit.need("end_dt")
    first, last = visit.day("strt_dt"), visit.day("end_dt")
    if last < first:
        raise malformed("end_dt")
    found = [day for day in _days(visit, last) if day.session >= first and day.sold_won][::-1]
    page, key = page_of(visit, found, _PAGE, lambda day: f"{day.session:%Y%m%d}")
    sums = {
        "tot_buy_amt": sum(day.bought_won for day in found),
        "tot_sell_amt": sum(day.sold_won for day in found),
        "rlzt_pl": sum(day.profit for day in found),
        "trde_cmsn": sum(day.fees for day in found),
        "trde_tax": 0,
    }
    head = fields.filled(fields.PROFIT_SUM, sums)
    rows = {"dt_rlzt_pl": [_row(day) for day in page]}
    # The real server's message begins with a blank here.
    return answer(visit, {**head, **rows}, f" {READ}.", next_key=key)


def _days(visit: Visit, last: date) -> Iterator[_Day]:
    """Walk what the exchange remembers in order, with the mean cost of what is held."""
    lots: dict[str, Lot] = {}
    for back in range(_DAYS_KEPT, -1, -1):
        day = _Day(last - timedelta(days=back))
        orders = {order.number: order for order in visit.state.exchange.orders(day.session)}
        for trade in visit.state.exchange.executions(day.session):
            _book(day, lots, orders[trade.number], trade)
        yield day


def _book(day: _Day, lots: dict[str, Lot], order: ExchangeOrder, trade: Execution) -> None:
    amount = trade.price * trade.quantity
    lot = lots.setdefault(order.symbol, Lot())
    day.fees += trade.fee
    if order.is_buy:
        lot.buy(trade.quantity, amount)
        day.bought_won += amount
        return
    # Shares that came without a trade are taken at their price: no profit, no loss.
    known = min(trade.quantity, lot.quantity)
    day.cost += lot.average_cost * known + trade.price * (trade.quantity - known)
    lot.sell(known)
    day.sold_won += amount
    day.sale_fees += trade.fee


def _row(day: _Day) -> dict[str, str]:
    values = {
        "dt": f"{day.session:%Y%m%d}",
        "buy_amt": day.bought_won,
        "sell_amt": day.sold_won,
        "tdy_sel_pl": day.profit,
        "tdy_trde_cmsn": day.fees,
        "tdy_trde_tax": 0,
    }
    return fields.filled(fields.PROFIT_DAY, values)

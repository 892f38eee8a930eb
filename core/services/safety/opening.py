"""The account at the open of a day: made once from the broker's own numbers, then kept."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal, InvalidOperation

from core.domain.account import AccountSnapshot
from core.domain.costs import CostModel
from core.domain.instrument import Symbol, symbol
from core.domain.orders import OrderHistory
from core.errors import StorageError
from core.ports.broker import Broker
from core.services.risk.day_result import (
    Opening,
    OpeningLine,
    TaxOf,
    net_cash_won,
    net_shares,
)

SETTING = "opening"


async def opening_of(
    broker: Broker,
    account: AccountSnapshot,
    history: OrderHistory,
    costs: CostModel,
    tax_of: TaxOf,
) -> Opening:
    """Return the account as it was at the open, whenever it is asked for during the day.

    Shares are today's less what the day's orders moved, each at the previous close that the quote
    names. Raises BrokerError when a quote cannot be read.
    """
    moved = net_shares(history.orders)
    held = {item.symbol: item for item in account.positions}
    lines: dict[Symbol, OpeningLine] = {}
    for code in sorted(held.keys() | moved.keys()):
        shares = (held[code].quantity if code in held else 0) - moved.get(code, 0)
        if shares == 0:
            continue
        quote = await broker.quote(code)
        cost = held[code].average_cost_won if code in held else None
        lines[code] = OpeningLine(shares=shares, price_won=quote.base_won, cost_won=cost)
    cash = account.settled_d2_won - net_cash_won(history.orders, lines, costs, tax_of)
    return Opening(cash_won=cash, lines=lines)


def as_text(day: date, opening: Opening) -> str:
    """Return what is stored for `day`."""
    return json.dumps(
        {
            "day": day.isoformat(),
            "cash": opening.cash_won,
            "lines": {
                code: [
                    line.shares,
                    line.price_won,
                    None if line.cost_won is None else str(line.cost_won),
                ]
                for code, line in opening.lines.items()
            },
        },
        sort_keys=True,
    )


def from_text(day: date, text: str | None) -> Opening | None:
    """Return the stored opening of `day`; None for another day. Raises StorageError if unreadable."""
    if text is None:
        return None
    try:
        body = json.loads(text)
        if body["day"] != day.isoformat():
            return None
        lines = {
            symbol(code): OpeningLine(
                shares=int(shares),
                price_won=int(price),
                cost_won=None if cost is None else Decimal(cost),
            )
            for code, (shares, price, cost) in body["lines"].items()
        }
        return Opening(cash_won=int(body["cash"]), lines=lines)
    except (ValueError, KeyError, TypeError, AttributeError, InvalidOperation) as error:
        raise StorageError("the stored opening of the day cannot be read") from error

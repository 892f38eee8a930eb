"""What a day brought by trading alone: opening values, the day's trades, and the account now.

Deposits, withdrawals and dividends are no result of trading. They never enter the sum: shares are
valued against their opening price, trades against what they cost, and cash itself is not looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from core.domain.account import AccountSnapshot
from core.domain.costs import CostModel
from core.domain.instrument import Symbol, TaxType
from core.domain.money import Won, round_won
from core.domain.orders import BrokerOrder, Side

TaxOf = Callable[[Symbol], TaxType]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningLine:
    """One symbol at the open: shares, previous close, mean cost of what is held (None: unknown)."""

    shares: int
    price_won: int
    cost_won: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """The account at the open of a day. `cash_won` is the deposit after settlement."""

    cash_won: int
    lines: Mapping[Symbol, OpeningLine]

    @property
    def nav_won(self) -> int:
        """Return the opening net asset value."""
        return self.cash_won + sum(line.shares * line.price_won for line in self.lines.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class DayResult:
    """Amounts in won since the open.

    `trading_won` is profit (loss: negative) after fee and tax, `flow_won` cash that came or went
    without an order, `nav_won` the net asset value now.
    """

    trading_won: int
    flow_won: int
    nav_won: int


@dataclass(frozen=True, slots=True)
class _Trades:
    """Cash that the day's fills brought (net, after fee and tax), and shares they moved."""

    cash_won: int
    shares: Mapping[Symbol, int]


def filled_rows(rows: Sequence[BrokerOrder]) -> tuple[BrokerOrder, ...]:
    """Return the orders of which something was filled, ours and those of others alike."""
    return tuple(row for row in rows if row.filled > 0 and not row.is_cancel_row)


def net_shares(rows: Sequence[BrokerOrder]) -> dict[Symbol, int]:
    """Return the shares that fills added to (sells: took from) each symbol."""
    found: dict[Symbol, int] = {}
    for row in filled_rows(rows):
        change = row.filled if row.side is Side.BUY else -row.filled
        found[row.symbol] = found.get(row.symbol, 0) + change
    return found


def net_cash_won(
    rows: Sequence[BrokerOrder],
    lines: Mapping[Symbol, OpeningLine],
    costs: CostModel,
    tax_of: TaxOf,
) -> int:
    """Return the cash that fills brought, less commission and an upper bound of the tax."""
    total = 0
    for row in filled_rows(rows):
        price = row.average_price_won or Decimal(row.price_won)
        amount = round_won(price * row.filled)
        fee = costs.fee_won(amount)
        if row.side is Side.BUY:
            total -= amount + fee
            continue
        line = lines.get(row.symbol)
        cost = line.cost_won if line and line.cost_won is not None else price
        tax = costs.gain_tax_won(tax_of(row.symbol), (price - cost) * row.filled)
        total += amount - fee - tax
    return total


def day_result(
    opening: Opening,
    account: AccountSnapshot,
    rows: Sequence[BrokerOrder],
    costs: CostModel,
    tax_of: TaxOf,
) -> DayResult:
    """Return what trading brought since the open.

    Shares that came or went without an order (a transfer, or a fill between the two reads) are
    valued at today's price on both sides: they are no result either.
    """
    trades = _Trades(net_cash_won(rows, opening.lines, costs, tax_of), net_shares(rows))
    now = {item.symbol: item for item in account.positions}
    change = 0
    for symbol in opening.lines.keys() | now.keys() | trades.shares.keys():
        line, position = opening.lines.get(symbol), now.get(symbol)
        before = line.shares * line.price_won if line else 0
        expected = (line.shares if line else 0) + trades.shares.get(symbol, 0)
        price = position.price_won if position else _last_price(symbol, line, rows)
        change += expected * price - before
    return DayResult(
        trading_won=change + trades.cash_won,
        flow_won=account.settled_d2_won - opening.cash_won - trades.cash_won,
        nav_won=account.nav_won,
    )


def _last_price(symbol: Symbol, line: OpeningLine | None, rows: Sequence[BrokerOrder]) -> Won:
    """Return a price for a symbol the account no longer shows: the day's last fill, or the open."""
    sold = [row for row in filled_rows(rows) if row.symbol == symbol]
    if sold:
        return round_won(sold[-1].average_price_won or Decimal(sold[-1].price_won))
    return Won(line.price_won if line else 0)

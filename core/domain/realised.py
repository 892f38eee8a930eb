"""What sales brought: profit by first in, first out, holding time, and what proposals slipped by.

FIFO: the shares bought first are the shares sold first (IAS 2.27 for inventories; the order that
the tax laws of most countries use for securities). The broker's own statement uses the moving
average, so its realised P/L of a part of a holding differs; over a whole holding both agree.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from core.domain.costs import CostModel
from core.domain.instrument import Symbol, TaxType
from core.domain.krx import KST
from core.domain.orders import Side
from core.domain.outcomes import half_up

_BPS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """What one order traded in all: shares and average price, in its session."""

    order_id: str
    symbol: Symbol
    side: Side
    quantity: int
    price_won: Decimal
    at: datetime

    @property
    def amount_won(self) -> int:
        """Price times shares, rounded half up."""
        return half_up(Fraction(self.price_won) * self.quantity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Shares that were there before the books began; what they cost is unknown."""

    symbol: Symbol
    shares: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """From the opening of `session` on one share is `ratio` shares."""

    symbol: Symbol
    session: date
    ratio: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """One sell order against the purchases it is matched with.

    `matched` are the shares whose purchase is known; the won amounts are about these alone, and the
    rest is left out of every sum. `share_days` is Σ shares · days held.
    """

    order_id: str
    symbol: Symbol
    quantity: int
    matched: Fraction
    sold_at: datetime
    proceeds_won: int
    cost_won: int
    fees_won: int
    tax_won: int
    share_days: Fraction

    @property
    def gross_won(self) -> int:
        """Proceeds less cost."""
        return self.proceeds_won - self.cost_won

    @property
    def net_won(self) -> int:
        """The same after the fees of both trades and the tax."""
        return self.gross_won - self.fees_won - self.tax_won

    @property
    def days_held(self) -> Fraction:
        """Mean calendar days from purchase to sale, by shares."""
        return self.share_days / self.matched


@dataclass(slots=True)
class _Lot:
    """Shares of one purchase that are still held. `cost` None: bought before the books began."""

    shares: Fraction
    cost: Fraction | None
    fee: Fraction
    bought_on: date


@dataclass(frozen=True, slots=True)
class _Matching:
    costs: CostModel
    tax_types: Mapping[Symbol, TaxType]
    lots: dict[Symbol, deque[_Lot]] = field(default_factory=dict)

    def buy(self, item: Execution) -> None:
        lot = _Lot(
            shares=Fraction(item.quantity),
            cost=Fraction(item.amount_won),
            fee=Fraction(self.costs.fee_won(item.amount_won)),
            bought_on=_day(item),
        )
        self._of(item.symbol).append(lot)

    def open(self, item: Opening) -> None:
        lot = _Lot(Fraction(item.shares), None, Fraction(0), date.min)
        self._of(item.symbol).append(lot)

    def split(self, item: Split) -> None:
        for lot in self._of(item.symbol):
            lot.shares *= item.ratio

    def sell(self, item: Execution) -> Sale:
        left, matched, share_days = Fraction(item.quantity), Fraction(0), Fraction(0)
        cost, fees = Fraction(0), Fraction(0)
        lots = self._of(item.symbol)
        while left and lots:
            lot = lots[0]
            taken = min(left, lot.shares)
            part = taken / lot.shares
            if lot.cost is not None:
                cost += lot.cost * part
                fees += lot.fee * part
                matched += taken
                share_days += taken * (_day(item) - lot.bought_on).days
                lot.cost -= lot.cost * part
                lot.fee -= lot.fee * part
            lot.shares -= taken
            left -= taken
            if not lot.shares:
                lots.popleft()
        share = matched / item.quantity
        proceeds = half_up(item.amount_won * share)
        spent = half_up(cost)
        fees += self.costs.fee_won(item.amount_won) * share
        tax_type = _type_of(item.symbol, self.tax_types)
        return Sale(
            order_id=item.order_id,
            symbol=item.symbol,
            quantity=item.quantity,
            matched=matched,
            sold_at=item.at,
            proceeds_won=proceeds,
            cost_won=spent,
            fees_won=half_up(fees),
            tax_won=self.costs.gain_tax_won(tax_type, Decimal(proceeds - spent)),
            share_days=share_days,
        )

    def _of(self, symbol: Symbol) -> deque[_Lot]:
        return self.lots.setdefault(symbol, deque())


def sales_of(
    executions: Iterable[Execution],
    *,
    openings: Iterable[Opening],
    splits: Iterable[Split],
    costs: CostModel,
    tax_types: Mapping[Symbol, TaxType],
) -> tuple[Sale, ...]:
    """Return every sale of `executions`, matched first in, first out, in the order of time.

    What was there before (`openings`) is older than anything bought, so it goes first. A split takes
    effect before the trades of its session. More sold than was held is left unmatched.
    """
    matching = _Matching(costs, tax_types)
    for opening in openings:
        matching.open(opening)
    waiting = deque(sorted(splits, key=lambda item: (item.session, item.symbol)))
    found: list[Sale] = []
    for item in sorted(executions, key=lambda one: (one.at, one.order_id)):
        while waiting and waiting[0].session <= _day(item):
            matching.split(waiting.popleft())
        if item.side is Side.BUY:
            matching.buy(item)
        else:
            found.append(matching.sell(item))
    return tuple(found)


def _day(item: Execution) -> date:
    return item.at.astimezone(KST).date()


def win_rate(sales: Sequence[Sale]) -> Fraction | None:
    """Return which part of the sales with a known cost left a profit after fees and tax.

    None without any: nothing sold is neither won nor lost. (Tharp, Trade Your Way to Financial
    Freedom, ch. 7: winning trades / closed trades; here each sell order is one trade.)
    """
    known = [item for item in sales if item.matched]
    if not known:
        return None
    return Fraction(sum(item.net_won > 0 for item in known), len(known))


def mean_days_held(sales: Sequence[Sale]) -> Fraction | None:
    """Return the mean calendar days that what was sold had been held, by shares."""
    shares = sum((item.matched for item in sales), Fraction(0))
    if not shares:
        return None
    return sum((item.share_days for item in sales), Fraction(0)) / shares


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeTotal:
    """The sales of one type of taxation. A loss is not offset against another sale's gain."""

    tax_type: TaxType
    sales: int
    gains_won: int
    losses_won: int
    fees_won: int
    tax_won: int


def totals_by_type(
    sales: Sequence[Sale], tax_types: Mapping[Symbol, TaxType]
) -> tuple[TypeTotal, ...]:
    """Return a total for each type of taxation that was sold, in the order of the types.

    A symbol without a type counts as the type that is taxed.
    """
    found = []
    for kind in TaxType:
        own = [item for item in sales if _type_of(item.symbol, tax_types) is kind]
        if own:
            gains = [item.gross_won for item in own]
            found.append(
                TypeTotal(
                    tax_type=kind,
                    sales=len(own),
                    gains_won=sum(gain for gain in gains if gain > 0),
                    losses_won=sum(gain for gain in gains if gain < 0),
                    fees_won=sum(item.fees_won for item in own),
                    tax_won=sum(item.tax_won for item in own),
                )
            )
    return tuple(found)


def _type_of(symbol: Symbol, tax_types: Mapping[Symbol, TaxType]) -> TaxType:
    return tax_types.get(symbol, TaxType.HOLDING_PERIOD)


def best_first(sales: Sequence[Sale]) -> tuple[Sale, ...]:
    """Return the sales with a known cost by what they left after fees and tax, most first."""
    known = [item for item in sales if item.matched]
    return tuple(sorted(known, key=lambda item: (-item.net_won, item.sold_at, item.order_id)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """One filled leg beside its proposal."""

    side: Side
    quantity: int
    proposed_won: int
    average_won: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Slippage:
    """What fills cost beyond the proposals: positive is worse, for purchases and sales alike."""

    won: int
    bps: Fraction
    legs: int


def slippage(slips: Sequence[Slip]) -> Slippage | None:
    """Return Σ ±(average fill - proposed) · shares, in won and in basis points of Σ proposed · shares.

    The implementation shortfall of what was executed (Perold 1988, "The implementation shortfall:
    paper versus reality"), with the proposal's price as the decision price. None without fills.
    """
    if not slips:
        return None
    worse, decided = Fraction(0), 0
    for item in slips:
        sign = 1 if item.side is Side.BUY else -1
        worse += sign * (Fraction(item.average_won) - item.proposed_won) * item.quantity
        decided += item.proposed_won * item.quantity
    return Slippage(won=half_up(worse), bps=worse * _BPS / decided, legs=len(slips))

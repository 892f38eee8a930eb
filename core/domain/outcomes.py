"""What became of a decision: its profit or loss some days later, whether it was filled or not.

Measured from the price that was paid (or, of a proposal that came to nothing, the price that was
proposed: hypothetical) to the close of the first session at least N calendar days later. Both ends
are put on one footing by the adjusted closes, so a split changes nothing and a distribution counts:

    V = q · R0 · A1 / A0        what q shares are worth at the end, distributions put back in
    P/L of a purchase = V - q · p      of a sale = q · p - V, what it spared

with q shares at price p; A0, R0 the adjusted and raw close of the entry's session; A1 the adjusted
close of the exit's. (R0/A0 turns adjusted won into won of the entry's day.) This is the total return
of a fund with distributions reinvested on the ex-date (CFA Institute, GIPS 2020, glossary "total
return"), applied from the fill instead of from a close.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from itertools import pairwise
from math import floor

from core.domain.calendar import TradingCalendar
from core.domain.closes import Close, step_between
from core.domain.costs import CostModel
from core.domain.instrument import Symbol, TaxType
from core.domain.krx import KST
from core.domain.orders import Side
from core.domain.splits import split_ratio

# Calendar days after which a decision is looked at again.
HORIZONS_DAYS = (7, 30)
# A step of adjusted / raw that is no split is a distribution, within the noise of whole won nothing:
# distributions start near 0.1 %.
PAID_MIN = Fraction(6, 10_000)
_RATE_DIGITS = Decimal("0.000001")


class Unmeasured(Enum):
    """Why there is no outcome. The locale files hold a sentence per member.

    `UNPRICED` is for ever: an unreadable plan, or one without a price. The others end by themselves.
    """

    ORDER_OPEN = "order_open"
    BARS_MISSING = "bars_missing"
    SOURCE_FAILED = "source_failed"
    UNPRICED = "unpriced"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Where a measurement begins. `average_cost_won` is what a sale's shares had cost, if known.

    `session` is that of the fill; a proposal has only the instant `at` which it was made.
    """

    symbol: Symbol
    side: Side
    quantity: int
    price_won: Decimal
    at: datetime
    session: date | None
    average_cost_won: Decimal | None = None

    @property
    def is_hypothetical(self) -> bool:
        """Whether nothing was traded."""
        return self.session is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Profit or loss of one leg `days` calendar days later, in won.

    `basis_won` is what the shares cost or fetched at the entry. `after_won` is the P/L after fees and
    tax; None where the tax depends on a purchase price nobody knows.
    """

    record_id: str
    days: int
    is_hypothetical: bool
    quantity: int
    entry_session: date
    exit_session: date
    basis_won: int
    pnl_won: int
    after_won: int | None
    measured_at: datetime

    @property
    def rate(self) -> Decimal:
        """P/L as a part of the basis, to a millionth (the user's `pnl_7_days`, `pnl_30_days`)."""
        return (Decimal(self.pnl_won) / self.basis_won).quantize(_RATE_DIGITS)

    @property
    def rate_after(self) -> Decimal | None:
        """The same after fees and tax."""
        if self.after_won is None:
            return None
        return (Decimal(self.after_won) / self.basis_won).quantize(_RATE_DIGITS)


def entry_session(calendar: TradingCalendar, entry: Entry) -> date:
    """Return the session whose prices held at the entry: before an opening, the one before.

    Raises CalendarUnknown outside the table.
    """
    if entry.session is not None:
        return entry.session
    day = entry.at.astimezone(KST).date()
    hours = calendar.hours(day)
    if hours is None or entry.at < hours.opens:
        return calendar.previous_session(day)
    return day


def exit_session(calendar: TradingCalendar, entry: Entry, days: int) -> date:
    """Return the first session at least `days` calendar days after the entry.

    Raises CalendarUnknown outside the table.
    """
    begun = entry.session or entry.at.astimezone(KST).date()
    return calendar.next_session(begun + timedelta(days=days - 1))


def measured(
    record_id: str,
    entry: Entry,
    days: int,
    path: Sequence[Close],
    *,
    costs: CostModel,
    tax_type: TaxType,
    now: datetime,
) -> Outcome:
    """Return the outcome over `path`, the closes from the entry's to the exit's session."""
    first, last = path[0], path[-1]
    price = Fraction(entry.price_won)
    basis = half_up(price * entry.quantity)
    worth = half_up(
        Fraction(entry.quantity * first.raw_won * last.adjusted_won, first.adjusted_won)
    )
    paid = floor(distributed_won(path) * entry.quantity)
    sign = 1 if entry.side is Side.BUY else -1
    return Outcome(
        record_id=record_id,
        days=days,
        is_hypothetical=entry.is_hypothetical,
        quantity=entry.quantity,
        entry_session=first.session,
        exit_session=last.session,
        basis_won=basis,
        pnl_won=sign * (worth - basis),
        after_won=_after(entry, basis, worth, paid, _Rules(costs, tax_type)),
        measured_at=now,
    )


@dataclass(frozen=True, slots=True)
class _Rules:
    costs: CostModel
    tax_type: TaxType

    def net_of_sale(self, amount: int, cost: int) -> int:
        """Return what a sale for `amount` of shares that cost `cost` leaves."""
        tax = self.costs.gain_tax_won(self.tax_type, Decimal(amount - cost))
        return amount - self.costs.fee_won(amount) - tax

    def net_of_holding(self, worth: int, cost: int, paid: int) -> int:
        """Return what holding leaves: distributions `paid` on the way, the rest sold at the end."""
        tax = self.costs.gain_tax_won(self.tax_type, Decimal(worth - paid - cost))
        paid_tax = self.costs.distribution_tax_won(paid)
        return worth - self.costs.fee_won(worth) - tax - paid_tax

    def needs_cost(self) -> bool:
        return self.tax_type.gain_is_taxed and self.costs.account.withholds


def _after(entry: Entry, basis: int, worth: int, paid: int, rules: _Rules) -> int | None:
    """Return the P/L after costs, in won.

    A purchase pays its fee, and the fee and tax of a sale at the end. A sale pays its own, and is
    compared with one at the end, which would have paid too: its tax on the gain since the purchase.
    """
    if entry.side is Side.BUY:
        spent = basis + rules.costs.fee_won(basis)
        return rules.net_of_holding(worth, basis, paid) - spent
    if entry.average_cost_won is None:
        if rules.needs_cost():
            return None
        cost = 0
    else:
        cost = half_up(Fraction(entry.average_cost_won) * entry.quantity)
    return rules.net_of_sale(basis, cost) - rules.net_of_holding(worth, cost, paid)


def distributed_won(path: Sequence[Close]) -> Fraction:
    """Return what one share of the first session was paid until the last, in won.

    Read out of adjusted / raw, as a backtest does: with the factor before an ex-date that of the day
    times (1 - D/P), D = P · (1 - before/now) was paid on a close of P. A step that is a split
    multiplies the shares instead.
    """
    held, paid = Fraction(1), Fraction(0)
    for before, now in pairwise(path):
        step = step_between(before, now)
        if split_ratio(step) is not None:
            held *= step
        elif step - 1 > max(PAID_MIN, _noise(before, now)):
            paid += held * before.raw_won * (1 - 1 / step)
    return paid


def _noise(before: Close, now: Close) -> Fraction:
    """Return how far the step may be off because adjusted closes are whole won."""
    return Fraction(1, 2 * now.adjusted_won) + Fraction(1, 2 * before.adjusted_won)


def half_up(value: Fraction) -> int:
    """Round a fraction of won half up, as Korean statements print amounts."""
    return floor(value + Fraction(1, 2))

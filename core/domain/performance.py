"""What a week made of the account: time-weighted return, and what else the money could have done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from itertools import pairwise

from core.domain.account import AccountSnapshot
from core.domain.instrument import Symbol


@dataclass(frozen=True, slots=True, kw_only=True)
class Valuation:
    """Net asset value at one instant, and what was paid in (negative: out) since the one before."""

    at: datetime
    nav_won: int
    paid_in_won: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CashFlow:
    """Won paid into the account (negative: taken out) at an instant."""

    at: datetime
    won: int


def valuations(
    navs: Sequence[tuple[datetime, int]], flows: Sequence[CashFlow]
) -> tuple[Valuation, ...]:
    """Put each flow to the first value after it. Flows before the first value are part of it.

    `navs` come in the order of time; a flow after the last one belongs to what comes next.
    """
    found = [Valuation(at=at, nav_won=nav) for at, nav in navs[:1]]
    for (before, _), (at, nav) in pairwise(navs):
        paid = sum(flow.won for flow in flows if before < flow.at <= at)
        found.append(Valuation(at=at, nav_won=nav, paid_in_won=paid))
    return tuple(found)


def time_weighted_return(values: Sequence[Valuation]) -> Fraction | None:
    """Return Π (V_i - F_i) / V_(i-1) - 1, F_i being what was paid in since the value before.

    The time-weighted rate of return (CFA Institute, GIPS 2020, "time-weighted return"; Bacon,
    Practical Portfolio Performance Measurement and Attribution, ch. 2): how well the money worked,
    whatever was added or taken out. A flow counts at the end of its period, because it could not be
    invested before it was there. None with fewer than two values, or where one is not positive.
    """
    growth, periods = Fraction(1), 0
    for before, now in pairwise(values):
        if before.nav_won <= 0:
            return None
        growth *= Fraction(now.nav_won - now.paid_in_won, before.nav_won)
        periods += 1
    return growth - 1 if periods else None


def growth_of(values: Sequence[Valuation]) -> tuple[Fraction, ...] | None:
    """Return the time-weighted return up to each value, 0 at the first; None where one is not positive."""
    growth = [Fraction(1)]
    for before, now in pairwise(values):
        if before.nav_won <= 0:
            return None
        growth.append(growth[-1] * Fraction(now.nav_won - now.paid_in_won, before.nav_won))
    return tuple(item - 1 for item in growth)


def falls_of(percents: Sequence[float | None]) -> list[float]:
    """Return, for each value in percent since the beginning, how far it is below the peak so far."""
    peak, falls = 100.0, []
    for item in percents:
        value = 100.0 + (item or 0.0)
        peak = max(peak, value)
        falls.append((value / peak - 1) * 100)
    return falls


def price_return(first_adjusted_won: int, last_adjusted_won: int) -> Fraction:
    """Return last / first - 1 of two adjusted closes: the total return of a fund that is only held."""
    return Fraction(last_adjusted_won, first_adjusted_won) - 1


def return_of_doing_nothing(
    start: AccountSnapshot, growth: Mapping[Symbol, Fraction]
) -> Fraction | None:
    """Return what the holdings and the cash of `start` would have made without any trade.

    Σ value_i · growth_i / NAV, where `growth` is the return of each symbol since then and cash makes
    nothing. None when the return of a holding is missing or there was nothing to begin with.
    """
    if start.nav_won <= 0:
        return None
    made = Fraction(0)
    for position in start.positions:
        rate = growth.get(position.symbol)
        if rate is None:
            return None
        made += position.value_won * rate
    return made / start.nav_won

"""How each course acts: what it does with the deals and the plans of a session.

A proposal was made to an account that held `real` shares, and meant to leave it with so many more
or fewer. Another course may hold something else by then: it had bought what was declined, and a
later proposal of the same shares was made only because of that. So every course goes to the holding
that was meant, not through the motions; where it holds what the account held, both are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from core.domain.instrument import Symbol
from core.domain.orders import Side
from core.domain.plan_review import PlanLine
from core.domain.purse import Purse
from core.domain.what_if import Course, Deal, Origin, StoredPlan

# What the account held of a symbol when something was proposed.
Real = Callable[[Symbol], int]


def follow(purse: Purse, deal: Deal, real: int) -> None:
    """Do with `purse` what a deal did, or would have done, to an account that held `real` shares."""
    if deal.side is Side.BUY:
        wanted = real + deal.shares - purse.held(deal.symbol)
        purse.buy(deal.symbol, max(min(wanted, deal.shares), 0), deal.price_won)
    else:
        _leave(purse, deal, real, deal.shares, deal.price_won)


def _leave(
    purse: Purse, line: Deal | PlanLine, real: int, shares: int, price: Fraction | int
) -> None:
    """Sell the same part of what is held, and no more than brings it down to what was meant."""
    had, held = max(real, shares), purse.held(line.symbol)
    part = held * shares // had
    purse.sell(line.symbol, max(min(part, held - (had - shares)), 0), price)


def takes_part(course: Course, deal: Deal) -> bool:
    """Whether `course` follows `deal`: one of a conversation is none of the strategy's.

    What is really done is done, not followed, so DONE is none of them.
    """
    if deal.origin is Origin.FOREIGN:
        return course in (Course.ALL, Course.NOTHING)
    if deal.origin is Origin.EXIT:
        return course in (Course.ALL, Course.STRATEGY, Course.FOLLOWED)
    return course is Course.ALL


@dataclass(slots=True)
class Planned:
    """Follows the stored plans with a purse: the strategy's own ones, or what was left of them.

    A rebalance is settled once in a month; what is offered again after that was offered because a
    person had not answered, and here everything is answered. One that the model put off is settled
    on the day it let something pass.
    """

    purse: Purse
    is_followed: bool
    _settled: tuple[int, int] | None = field(default=None)

    def act(self, plan: StoredPlan, real: Real) -> None:
        """Do what the plan of a morning says, on an account that held `real` shares."""
        if not plan.is_rebalance:
            for line in plan.lines:
                self._exit(line, real(line.symbol))
            return
        month = (plan.day.year, plan.day.month)
        if month == self._settled or (self.is_followed and plan.is_put_off):
            return
        self._settled = month
        self._rebalance(plan, real)

    def _exit(self, line: PlanLine, real: int) -> None:
        """Between rebalances nothing is bought."""
        shares = self._shares(line)
        if line.side is Side.SELL and shares:
            _leave(self.purse, line, real, shares, line.price_won)

    def _shares(self, line: PlanLine) -> int:
        return line.followed if self.is_followed else line.planned

    def _rebalance(self, plan: StoredPlan, real: Real) -> None:
        moves = [self._move(line, real(line.symbol)) for line in plan.lines]
        planned = {line.symbol for line in plan.lines}
        moves += [
            (symbol, close, real(symbol) - self.purse.held(symbol))
            for symbol, close in plan.closes.items()
            if symbol not in planned
        ]
        _trade(self.purse, moves)

    def _move(self, line: PlanLine, real: int) -> tuple[Symbol, int, int]:
        """Return symbol, price and signed shares that bring the purse to where the plan wanted it.

        What the model took off the plan's own step is taken off this one, towards nothing.
        """
        sign = 1 if line.side is Side.BUY else -1
        step = sign * (real + sign * line.planned - self.purse.held(line.symbol))
        cut = line.planned - self._shares(line)
        if step > 0:
            step = max(step - cut, 0)
        return (line.symbol, line.price_won, sign * step)


def _trade(purse: Purse, moves: Sequence[tuple[Symbol, int, int]]) -> None:
    """Sell first, then buy, each in the order given."""
    for symbol, price, shares in moves:
        if shares < 0:
            purse.sell(symbol, -shares, price)
    for symbol, price, shares in moves:
        if shares > 0:
            purse.buy(symbol, shares, price)


def let_go(purse: Purse, plan: StoredPlan, real: Real) -> None:
    """Sell what a rebalance says nothing of, down to what the account held of it.

    The account had none because its purchase was declined; a course that approved everything has
    some, and the strategy would have sold what it does not want.
    """
    planned = {line.symbol for line in plan.lines}
    for symbol, close in plan.closes.items():
        spare = purse.held(symbol) - real(symbol)
        if symbol not in planned and spare > 0:
            purse.sell(symbol, spare, close)

"""The counterfactual ledger: what was done beside what could have been done, day by day.

Every course begins with the same money: the first stored account as if it had been sold there and
then, after fee and tax. Every value after it is what selling everything at that session's close
would leave, so that a fund whose gain is taxed and one whose gain is not are compared fairly.
Deposits and withdrawals reach every course alike. The values of a day depend on nothing that came
after it: what is cut off later changes nothing before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from fractions import Fraction

from core.domain.closes import Close
from core.domain.costs import CostModel
from core.domain.instrument import Symbol, TaxType
from core.domain.orders import Side
from core.domain.plan_review import PlanLine, ReviewState


class Course(Enum):
    """One way the money could have gone. The locale files hold a name for each."""

    DONE = "done"
    ALL = "all"
    NOTHING = "nothing"
    STRATEGY = "strategy"
    FOLLOWED = "followed"
    INDEX = "index"
    DEPOSIT = "deposit"


class Origin(Enum):
    """Where a trade comes from: a plan or a conversation, an urgent exit, or not from this bot."""

    PROPOSAL = "proposal"
    EXIT = "exit"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal:
    """One trade of a session: a real one at its average price, or a proposal that became no order.

    `key` orders what happened at the same instant: sales first, then by it.
    """

    key: str
    at: datetime
    session: date
    symbol: Symbol
    side: Side
    shares: int
    price_won: Fraction
    origin: Origin
    is_real: bool

    @property
    def place(self) -> tuple[datetime, bool, str]:
        """Sort by this."""
        return (self.at, self.side is Side.BUY, self.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPlan:
    """The strategy's plan of one morning, and what was followed of it.

    `closes` are the raw closes that it was sized on, of every symbol that the strategy weighed.
    """

    day: date
    is_rebalance: bool
    state: ReviewState
    lines: tuple[PlanLine, ...]
    closes: Mapping[Symbol, int]

    @property
    def is_put_off(self) -> bool:
        """Whether nothing is left of what it proposed: a rebalance that comes again tomorrow."""
        return bool(self.lines) and not any(line.followed for line in self.lines)

    @property
    def is_changed(self) -> bool:
        """Whether a proposal is smaller than the strategy wanted."""
        return any(line.followed != line.planned for line in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """Shares that were there at the start: what they had cost in all, and their price then."""

    symbol: Symbol
    shares: int
    cost_won: int
    price_won: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """The account that everything begins with."""

    day: date
    cash_won: int
    holdings: tuple[Holding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """All that happened, as it is stored.

    `sessions` are those that are played, oldest first. `flows` are won paid in (negative: out), by
    the session they count in. `closes` may begin one session earlier: a split or distribution of
    the first played session is then known. `recorded` is the net asset value that the broker stated
    after the close of a session. `model_milliwon` is what the model cost by day, in thousandths.
    """

    start: Start
    sessions: tuple[date, ...]
    deals: tuple[Deal, ...]
    plans: tuple[StoredPlan, ...]
    flows: Mapping[date, int]
    closes: Mapping[Symbol, tuple[Close, ...]]
    recorded: Mapping[date, int]
    model_milliwon: Mapping[date, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """By which rules the courses are reckoned."""

    costs: CostModel
    tax_types: Mapping[Symbol, TaxType]
    index: Symbol
    deposit_bps: int


@dataclass(frozen=True, slots=True)
class Point:
    """What a course came to at one close; None where a close is missing for it."""

    worth_won: int | None
    paid_in_won: int


@dataclass(frozen=True, slots=True)
class LedgerDay:
    """Every course at the close of one session. `market_won` is what the account was worth then."""

    session: date
    points: Mapping[Course, Point]
    market_won: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIfLedger:
    """The courses side by side.

    `missing` counts the sessions on which a symbol that a course held had no close. `short_shares`
    counts what a course was to buy and could not pay. `unexplained_won` was lacking for what was
    really bought, and was paid into every course. `stated_won` is the broker's net asset value on
    the last day that it is known, and `reckoned_won` ours.
    """

    start_day: date
    start_won: int
    days: tuple[LedgerDay, ...]
    missing: tuple[tuple[Symbol, int], ...]
    short_shares: Mapping[Course, int]
    unexplained_won: int
    stated: tuple[date, int, int] | None

    def profit(self, day: LedgerDay, course: Course) -> int | None:
        """Return what `course` made until `day`, without what was paid in; None where unknown."""
        point = day.points[course]
        if point.worth_won is None:
            return None
        return point.worth_won - self.start_won - point.paid_in_won

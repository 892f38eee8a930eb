"""The letter about a month: what it says, and where it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from core.domain.modes import Mode
from core.domain.month import Month
from core.domain.realised import TypeTotal
from core.domain.reflection import WeekNumbers
from core.ports.pictures import Course


@dataclass(frozen=True, slots=True, kw_only=True)
class Turnover:
    """How many orders traded on one side, and for how many won."""

    orders: int
    won: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthlyLetter:
    """Everything that is told of a month, read from the books.

    `course` is None with fewer than two stored values. `sessions` are the exchange's days of the
    month and `valued` those with a stored account. `paid_in_won` and `paid_out_won` are both positive: cash that the
    trades do not explain, which is also how distributions and withheld taxes come. `unfilled` are the
    orders that a person had approved and that ended without all of their shares.
    """

    month: Month
    mode: Mode
    account: str
    numbers: WeekNumbers
    course: Course | None
    begun: date | None
    sessions: int
    valued: int
    paid_in_won: int
    paid_out_won: int
    bought: Turnover
    sold: Turnover
    by_type: tuple[TypeTotal, ...]
    unfilled: int
    losing_sales: int

    @property
    def says_nothing(self) -> bool:
        """Whether nothing was proposed, traded or valued in the month."""
        return self.numbers.says_nothing and not (self.bought.orders or self.sold.orders)


class LetterSurface(Protocol):
    """The main channel. Discord implements it."""

    async def show_letter(self, letter: MonthlyLetter, chart_png: bytes | None) -> None:
        """Post the letter with its picture. Raises TradingError when undeliverable."""


class LetterBoard(LetterSurface, Protocol):
    """Where what was posted can be looked up again."""

    async def has_letter(self, letter: MonthlyLetter) -> bool:
        """Whether the letter of its month stands there. Raises TradingError when nobody can look."""


class LetterDesk(LetterBoard, Protocol):
    """The board with those who get a copy of what is posted on it."""

    async def copy_letter(self, letter: MonthlyLetter) -> None:
        """Send the copies of a letter that stands already. Never raises, and takes no time."""

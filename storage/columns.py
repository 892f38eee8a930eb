"""Column types: how each kind of value is stored, the same on SQLite and PostgreSQL.

Instants are UTC ISO text of one width (so text order is time order) and come back as aware KST.
Days are ISO dates, decimals are text, money and shares are integers. SQLite tables are STRICT, so
an integer column really holds integers there too.
"""

# ruff: noqa: ARG002, FBT001 - the signatures are those of TypeDecorator

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Dialect,
    Index,
    Integer,
    Text,
    TextClause,
)
from sqlalchemy.types import TypeDecorator

from core.domain.krx import KST

# One 64-bit integer type; SQLite must read INTEGER for STRICT tables and for row ids.
NUMBER = BigInteger().with_variant(Integer(), "sqlite")
_LONE = "\ufffd"
INSTANTS_KEPT = 4_096


def clean_text(text: str) -> str:
    """Return `text` without what PostgreSQL or UTF-8 cannot hold (NUL, lone surrogates)."""
    return text.replace("\x00", _LONE).encode("utf-8", "replace").decode("utf-8")


@lru_cache(maxsize=INSTANTS_KEPT)
def _instant_of(stored: str) -> datetime:
    """Read an instant as KST. The rows of one day are read again and again."""
    return datetime.fromisoformat(stored).astimezone(KST)


class Words(TypeDecorator[str]):
    """Text from people, feeds or the model: anything that cannot be stored is replaced."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Clean what is written."""
        return None if value is None else clean_text(value)


class Instant(TypeDecorator[datetime]):
    """An aware instant. A naive one is refused: its zone would be a guess."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        """Write UTC with microseconds."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant without a time zone cannot be stored")
        return value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        """Read as KST."""
        return None if value is None else _instant_of(value)


class Day(TypeDecorator[date]):
    """A KST calendar day."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Dialect) -> str | None:
        """Write an ISO date. A datetime is refused: which day it means depends on a zone."""
        if isinstance(value, datetime):
            raise TypeError("a day is a date, not an instant")
        return None if value is None else value.isoformat()

    def process_result_value(self, value: str | None, dialect: Dialect) -> date | None:
        """Read the date."""
        return None if value is None else date.fromisoformat(value)


class Exact(TypeDecorator[Decimal]):
    """A decimal, digit for digit."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        """Write the digits."""
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:
        """Read the digits."""
        return None if value is None else Decimal(value)


class Flag(TypeDecorator[bool]):
    """Yes or no, stored as 1 or 0."""

    impl = NUMBER
    cache_ok = True

    def process_bind_param(self, value: bool | None, dialect: Dialect) -> int | None:
        """Write 1 or 0."""
        return None if value is None else int(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> bool | None:
        """Read a bool."""
        return None if value is None else bool(value)


class Member(TypeDecorator[Enum]):
    """A member of one enumeration, stored as its value."""

    impl = Text
    cache_ok = True

    def __init__(self, kind: type[Enum]) -> None:
        super().__init__()
        self.kind = kind
        self._members = {item.value: item for item in kind}

    def process_bind_param(self, value: Enum | None, dialect: Dialect) -> str | None:
        """Write the value of the member."""
        return None if value is None else str(self.kind(value).value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Enum | None:
        """Read the member."""
        if value is None:
            return None
        member = self._members.get(value)
        # The enumeration itself refuses what it does not have.
        return self.kind(value) if member is None else member


def text(name: str) -> Column[Any]:
    """Return a required text column."""
    return Column(name, Words(), nullable=False)


def instant(name: str, *, nullable: bool = False) -> Column[Any]:
    """Return an instant column."""
    return Column(name, Instant(), nullable=nullable)


def day(name: str) -> Column[Any]:
    """Return a required day column."""
    return Column(name, Day(), nullable=False)


def number(name: str, *, nullable: bool = False) -> Column[Any]:
    """Return a whole-number column (won, shares, Discord ids, counters)."""
    return Column(name, NUMBER, nullable=nullable)


def member(name: str, kind: type[Enum], *, nullable: bool = False) -> Column[Any]:
    """Return a column for a member of `kind`; pair it with `one_of`."""
    return Column(name, Member(kind), nullable=nullable)


def one_of(name: str, kind: type[Enum]) -> CheckConstraint:
    """Return the CHECK that `name` holds a value of `kind` (or NULL, where that is allowed)."""
    values = ", ".join("'" + str(item.value) + "'" for item in kind)
    return CheckConstraint(f"{name} IN ({values})", name=name)


def at_least(low: int, *names: str) -> tuple[CheckConstraint, ...]:
    """Return the CHECKs that each of `names` is at least `low` (NULL passes)."""
    return tuple(CheckConstraint(f"{name} >= {low}", name=name) for name in names)


def day_bounds(of: date) -> tuple[datetime, datetime]:
    """Return the first instant of a KST day and of the day after it."""
    start = datetime.combine(of, time(0, 0), tzinfo=KST)
    return start, start + timedelta(days=1)


def index_of_some(name: str, column: str, *, where: TextClause) -> Index:
    """Return an index over the rows for which `where` holds.

    On PostgreSQL it is what its migration makes of it: to name the condition here, too, would load
    that dialect at every start, also of a bot that lives in one file.
    """
    return Index(name, column, sqlite_where=where)

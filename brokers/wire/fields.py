"""Reading rows of strings. A broker's own table of fields is made of these kinds.

Every value is a string, padded with blanks or zeros, and "" where there is nothing. A required
field that is missing or malformed is named in the error; fields that we do not know are passed
over. Positions and quantities are never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, time
from decimal import Decimal
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from core.errors import BrokerProtocolError

_NUMBER = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,12})?")
_DIGITS_MAX = 30
_PLAIN_MAX = 18
_T = TypeVar("_T")
_ORDER_NUMBER = re.compile(r"[0-9]{1,16}")


def bare(value: object) -> object:
    """Strip padding; a blank string is None."""
    if isinstance(value, str):
        return value.strip() or None
    return value


def decimal_of(value: object) -> Decimal:
    """Return a number. Raises ValueError for anything that is not plainly one."""
    text = bare(value)
    if isinstance(text, int) and not isinstance(text, bool):
        text = str(text)
    if isinstance(text, Decimal):
        # Written out, a number such as 1e999999999 would fill the memory with zeros.
        if not text.is_finite() or abs(text.adjusted()) > _DIGITS_MAX:
            raise ValueError("not a number")
        text = format(text, "f")
    if not isinstance(text, str) or not _NUMBER.fullmatch(text):
        raise ValueError("not a number")
    return Decimal(text)


def whole_of(value: object) -> int:
    """Return a whole number, its sign kept. Raises ValueError."""
    # As nearly all are: nothing but digits, which needs no look at signs and fractions.
    if isinstance(value, str) and len(value) <= _PLAIN_MAX and value.isdigit() and value.isascii():
        return int(value)
    number = decimal_of(value)
    if number != number.to_integral_value():
        raise ValueError("not a whole number")
    return int(number)


def count_of(value: object) -> int:
    """Return a whole number that is not below zero. Raises ValueError."""
    number = whole_of(value)
    if number < 0:
        raise ValueError("below zero")
    return number


def text_of(value: object) -> str:
    """Return a text without its padding, "" for nothing. Raises ValueError for another type."""
    if isinstance(value, str):
        return value.strip()
    if value is None:
        return ""
    raise ValueError("not a text")


def day_of(value: object) -> date:
    """Return YYYYMMDD as a date. Raises ValueError."""
    text = bare(value)
    if not isinstance(text, str) or not re.fullmatch(r"[0-9]{8}", text):
        raise ValueError("not a day YYYYMMDD")
    return date(int(text[:4]), int(text[4:6]), int(text[6:]))


def clock_time_of(value: object) -> time:
    """Return HHMMSS as a time. Raises ValueError."""
    text = bare(value)
    if not isinstance(text, str) or not re.fullmatch(r"[0-9]{6}", text):
        raise ValueError("not a time HHMMSS")
    return time(int(text[:2]), int(text[2:4]), int(text[4:]))


def canonical_number(value: object) -> str:
    """Return an order number without its leading zeros: 0000006555 and 6555 are the same order.

    Raises ValueError for anything but digits, and for zero.
    """
    text = bare(value)
    if not isinstance(text, str) or not _ORDER_NUMBER.fullmatch(text) or not int(text):
        raise ValueError("not an order number")
    return str(int(text))


def original_number(value: object) -> str:
    """Return the number of the order that a row refers to, "" when it refers to none."""
    text = bare(value)
    if text is None or (isinstance(text, str) and set(text) == {"0"}):
        return ""
    return canonical_number(text)


def or_none(read: Callable[[object], _T]) -> Callable[[object], _T | None]:
    """Return `read` for a field that may be blank: nothing is None, never zero."""

    def maybe(value: object) -> _T | None:
        return None if bare(value) is None else read(value)

    return maybe


def _day_or_none(value: object) -> date | None:
    text = bare(value)
    # A day that is not there comes as "", as "0" or as eight zeros.
    return None if text is None or (isinstance(text, str) and not text.strip("0")) else day_of(text)


Whole = Annotated[int, BeforeValidator(whole_of)]
Count = Annotated[int, BeforeValidator(count_of)]
Number = Annotated[Decimal, BeforeValidator(decimal_of)]
MaybeCount = Annotated[int | None, BeforeValidator(or_none(count_of))]
MaybeNumber = Annotated[Decimal | None, BeforeValidator(or_none(decimal_of))]
MaybeDay = Annotated[date | None, BeforeValidator(_day_or_none)]
MaybeClockTime = Annotated[time | None, BeforeValidator(or_none(clock_time_of))]
Text = Annotated[str, BeforeValidator(text_of)]
Name = Annotated[str, BeforeValidator(text_of), Field(min_length=1)]
Day = Annotated[date, BeforeValidator(day_of)]
ClockTime = Annotated[time, BeforeValidator(clock_time_of)]
OrderNumber = Annotated[str, BeforeValidator(canonical_number)]
OriginalNumber = Annotated[str, BeforeValidator(original_number)]


class WireRow(BaseModel):
    """One object of an answer."""

    model_config = ConfigDict(extra="ignore", frozen=True)


_Row = TypeVar("_Row", bound=WireRow)


def read_row(kind: type[_Row], value: object, where: str) -> _Row:
    """Return `value` as a row. Raises BrokerProtocolError naming every field that is wrong."""
    if not isinstance(value, Mapping):
        raise BrokerProtocolError(f"{where}: not an object")
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        # Names only: values may be account numbers or tokens.
        wrong = (
            f"{'.'.join(str(part) for part in item['loc'])} "
            f"{'missing' if item['type'] == 'missing' else 'malformed'}"
            for item in error.errors(include_url=False, include_input=False)
        )
        raise BrokerProtocolError(f"{where}: {', '.join(wrong)}") from None


def read_output(body: Mapping[str, object], key: str, where: str) -> object:
    """Return `body[key]`. Raises BrokerProtocolError when it is missing: never "nothing there"."""
    if body.get(key) is None:
        raise BrokerProtocolError(f"{where}: {key} missing")
    return body[key]


def read_rows(body: Mapping[str, object], key: str, where: str) -> Sequence[object]:
    """Return the list `body[key]`. Raises BrokerProtocolError when it is none."""
    rows = read_output(body, key, where)
    if not isinstance(rows, list):
        raise BrokerProtocolError(f"{where}: {key} is not a list")
    return rows


def read_table(
    kind: type[_Row], rows: Iterable[object], where: str, *, blank: str = ""
) -> list[_Row]:
    """Return every row as `kind`, named by its place in errors.

    With `blank` the rows whose field of that name is empty are placeholders and are left out.
    """
    return [
        read_row(kind, row, f"{where}[{index}]")
        for index, row in enumerate(rows)
        if not (blank and isinstance(row, Mapping) and bare(row.get(blank)) is None)
    ]

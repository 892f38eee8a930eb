"""What a reading repaired, left out and refused. Nothing is mended without being counted here."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import Enum

KEPT_REFUSALS_MAX = 100_000


class Repair(Enum):
    """A fault with one obvious reading, and the rule it is mended by."""

    BOM = "bom"  # a byte order mark before the header is not part of the first title
    COMMAS = "commas"  # "12,345" in well-formed groups of three is 12345
    CODE = "code"  # 69500 lost its leading zeros in a spreadsheet: 069500
    ROUNDED = "rounded"  # 20847.5 is rounded half up to a whole won
    NO_TRADE = "no_trade"  # open = high = low = 0 is KRX's row of a day without trades: all = close
    WIDENED = "widened"  # rounded high or low inside open and close: moved out to hold them
    REORDERED = "reordered"  # rows of a symbol that are not in the order of their days: sorted
    REPEATED = "repeated"  # the same row once more: dropped


class Reason(Enum):
    """Why a row was refused."""

    COLUMNS = "columns"  # more or fewer fields than the header has
    ENCODING = "encoding"  # not UTF-8
    QUOTES = "quotes"  # a quotation mark that is never closed, or stands inside a field
    DATE = "date"  # no calendar day as YYYY-MM-DD or YYYYMMDD
    CODE = "code"  # no KRX short code, and not one that only lost its zeros
    MISSING = "missing"  # an empty field, NaN or the like
    NUMBER = "number"  # not a plain number
    NEGATIVE = "negative"  # below zero
    ZERO = "zero"  # a price of zero in a row that is not a day without trades
    HUGE = "huge"  # beyond what any price or volume can be
    ORDER = "order"  # high below low, or open and close outside them by more than rounding
    FUTURE = "future"  # a day that has not been yet
    CONFLICT = "conflict"  # another row says something else of the same symbol and day


@dataclass(frozen=True, slots=True)
class Refusal:
    """One refused row. `found` quotes what stands there, shortened; `column` may be empty."""

    line: int
    reason: Reason
    column: str
    found: str


@dataclass(slots=True)
class ReadReport:
    """The account of one reading.

    `rows` counts what was kept. `etns` counts rows of ETNs (codes like Q530107), `outside` those
    of other symbols or days than asked for. `refusals` holds the first hundred thousand in the order
    of their lines; `refused` counts them all.
    """

    rows: int = 0
    etns: int = 0
    outside: int = 0
    has_volume: bool = True
    repairs: Counter[Repair] = field(default_factory=Counter)
    refused: Counter[Reason] = field(default_factory=Counter)
    refusals: list[Refusal] = field(default_factory=list)

    @property
    def refused_rows(self) -> int:
        """How many rows were refused."""
        return self.refused.total()

    def refuse(self, refusal: Refusal) -> None:
        """Count one refused row and keep it while there is room."""
        self.refused[refusal.reason] += 1
        if len(self.refusals) < KEPT_REFUSALS_MAX:
            self.refusals.append(refusal)

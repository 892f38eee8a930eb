"""Whole-number money and quantities.

The won has no minor unit and an ETF trades in whole shares, so both are ints everywhere.
`NewType` makes mypy refuse a `Won` where `Shares` is expected and costs nothing at run time.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import NewType

Won = NewType("Won", int)
Shares = NewType("Shares", int)


def won(amount: int) -> Won:
    """Return `amount` as won. Raises TypeError for anything but an int (bool included)."""
    if type(amount) is not int:
        raise TypeError(f"won must be an int, got {type(amount).__name__}")
    return Won(amount)


def shares(quantity: int) -> Shares:
    """Return `quantity` as a positive number of whole shares.

    Raises TypeError for a non-int and ValueError below 1.
    """
    if type(quantity) is not int:
        raise TypeError(f"shares must be an int, got {type(quantity).__name__}")
    if quantity < 1:
        raise ValueError(f"shares must be at least 1, got {quantity}")
    return Shares(quantity)


def amount_of(price_won: int, quantity: int) -> Won:
    """Return price times quantity, in won."""
    return Won(price_won * quantity)


def round_won(value: Decimal) -> Won:
    """Round half up to a whole won, as Korean statements print amounts."""
    return Won(int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP)))

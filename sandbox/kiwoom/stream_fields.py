"""The FIDs of each type of the stream in wire order, and how prices and differences are written.

A price's sign says which way it moved since the last close and a blank that it did not; a
difference carries its own.
"""

from __future__ import annotations

from decimal import Decimal

from sandbox.market import LEVELS

from . import answers
from .fields import filled, keys

Row = dict[str, str]

TRADE = keys(
    """20 10 11 12 27 28 15 13 14 16 17 18 25 26 29 30 31 32 228 311 290 691 567 568 851 1890
    1891 1892 1030 1031 1032 1071 1072 1313 1315 1316 1314 1497 1498 620 732 852 9081"""
)
BOOK = (
    "21",
    *(str(start + level) for level in range(LEVELS) for start in (41, 61, 81, 51, 71, 91)),
    *keys("121 122 125 126 23 24 128 129 138 139 200 201 238 291 292 293 294 295"),
    *(str(fid) for fid in (*range(6044, 6066), *range(6066, 6088), *range(6100, 6116))),
)
NAV = keys("36 37 38 39 20 10 11 12 13 25 265 266")
INDEX = keys("20 10 11 12 15 13 14 16 17 18 25 26")
ORDER = keys(
    """9201 9203 9205 9001 912 913 302 900 901 902 903 904 905 906 907 908 909 910 911 10 27 28
    914 915 938 939 919 920 921 922 923 10010 2134 2135 2136"""
)
HOLDING = keys(
    """9201 9001 917 916 302 10 930 931 932 933 945 946 950 951 27 28 307 8019 957 958 918 990
    991 992 993 959 924"""
)


def row(fids: tuple[str, ...], values: dict[str, object]) -> Row:
    """Return an entry with every FID in order, "0" where nothing is known."""
    return filled(fids, values, "0")


def directed(price: int | Decimal, base: int | Decimal) -> str:
    """Return a price with the sign of its move; 0 is no price, so it moved nowhere."""
    return _led(answers.directed(price, base))


def signed(value: int | Decimal) -> str:
    """Return a difference with its own sign."""
    return _led(answers.signed(value))


def _led(text: str) -> str:
    return text if text.startswith(("+", "-")) else f" {text}"

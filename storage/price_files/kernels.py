"""Numbers, dates and codes out of a block of bytes, many fields at once.

A field of up to eight characters fits into one 64-bit word. Its digits are checked and added up
with a handful of word operations ("SIMD within a register"), so numpy reads millions of fields a
second without a Python object per field. What does not fit the simple form is only *marked*; a
careful reader (`line.py`) looks at those lines one by one.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

# Bytes before and after the text of a block, so that a word beside any field can be loaded.
MARGIN = 16
WIDTH_MAX = 12  # digits of a number: more than any price or volume has
WORD = 8
_ZEROS = np.uint64(0x3030303030303030)
_OVER_NINE = np.uint64(0x7676767676767676)
_HIGH_BITS = np.uint64(0x8080808080808080)
_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
_DAY_SHAPE = np.uint64(int.from_bytes(b"0000-00-", "little"))
_DAY_TAIL_SHAPE = np.uint64(int.from_bytes(b"00-00-00", "little"))
# Beside these two bytes of the first word everything is a digit; they must be the hyphens themselves.
_HYPHENS = np.uint64(int.from_bytes(b"\0\0\0\0\xff\0\0\xff", "little"))
_ISO_WIDTH, _PLAIN_WIDTH, _CODE_WIDTH = 10, 8, 6
YEAR_MIN, YEAR_MAX = 1900, 2100
_EPOCH_ORDINAL = 719_163  # date(1970, 1, 1).toordinal()
_DAYS_A_YEAR = 12 * 31  # of the table below, which has a place for every 31st


def words_of(block: Bytes) -> Words:
    """Return a view whose item i is the little-endian word that begins at byte i of `block`."""
    return np.ndarray((block.size - WORD + 1,), "<u8", buffer=block.data, strides=(1,))


def numbers(words: Words, ends: Ints, widths: Ints) -> tuple[Ints, Flags]:
    """Return the whole numbers of up to twelve digits that end before `ends`, and which are such."""
    low, good = _eight(words, ends, np.minimum(widths, WORD))
    good &= (widths > 0) & (widths <= WIDTH_MAX)
    longer = np.flatnonzero(good & (widths > WORD))
    if longer.size:
        high, plain = _eight(words, ends[longer] - WORD, widths[longer] - WORD)
        low[longer] += high * 10**WORD
        good[longer] &= plain
    return low, good


def days(words: Words, starts: Ints, widths: Ints) -> tuple[Ints, Flags]:
    """Return proleptic ordinals of the dates that begin at `starts`, and which are real dates.

    Both YYYY-MM-DD and YYYYMMDD are read.
    """
    head, tail = words[starts] ^ _DAY_SHAPE, words[starts + 2] ^ _DAY_TAIL_SHAPE
    good = (widths == _ISO_WIDTH) & _are_digits(head) & _are_digits(tail)
    good &= (head & _HYPHENS) == 0
    first, second = _sum_of(head), _sum_of(tail)  # YYYY0MM0 and YY0MM0DD
    year, month, day = first // 10_000, first // 10 % 100, second % 100
    plain = np.flatnonzero(widths == _PLAIN_WIDTH)
    if plain.size:
        value, good[plain] = _eight(words, starts[plain] + WORD, widths[plain])
        year[plain], month[plain], day[plain] = value // 10_000, value // 100 % 100, value % 100
    good &= (year >= YEAR_MIN) & (year <= YEAR_MAX)
    good &= (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)  # noqa: PLR2004 - a calendar
    place = (year - YEAR_MIN) * _DAYS_A_YEAR + (month - 1) * 31 + day - 1
    ordinals = _ORDINALS[np.where(good, place, 0)]
    return ordinals, good & (ordinals > 0)


def codes(words: Words, ends: Ints, widths: Ints) -> tuple[Words, Flags, Flags]:
    """Return (codes, which are readable, which lost their leading zeros).

    A code is the six bytes before `ends` as one number; equal numbers are equal codes. Up to five
    digits get their zeros back.
    """
    padded = _padded(words, ends, np.minimum(widths, _CODE_WIDTH))
    short = (widths >= 1) & (widths < _CODE_WIDTH)
    if short.any():
        short &= _are_digits(padded ^ _ZEROS)
    return padded >> np.uint64(16), (widths == _CODE_WIDTH) | short, short


def code_text(key: int) -> str:
    """Return the six characters of a number made by `codes`."""
    return int(key).to_bytes(6, "little").decode("latin-1")


def _padded(words: Words, ends: Ints, widths: Ints) -> Words:
    """Return the last one to eight bytes before `ends`, with zeros (the digit) in front."""
    shift = ((WORD - np.clip(widths, 1, WORD)) * 8).astype(np.uint64)
    mask = _ALL << shift
    found: Words = (words[ends - WORD] & mask) | (_ZEROS & ~mask)
    return found


def _eight(words: Words, ends: Ints, widths: Ints) -> tuple[Ints, Flags]:
    digits = _padded(words, ends, widths) ^ _ZEROS
    return _sum_of(digits), _are_digits(digits)


def _are_digits(values: Words) -> Flags:
    """Whether each of the eight bytes is 0 to 9."""
    found: Flags = (((values + _OVER_NINE) | values) & _HIGH_BITS) == 0
    return found


def _sum_of(digits: Words) -> Ints:
    """Return the number whose decimal digits are the bytes, the first digit in the lowest byte."""
    pairs = digits * np.uint64(10) + (digits >> np.uint64(8))
    outer = (pairs & np.uint64(0x000000FF000000FF)) * np.uint64(0x000F424000000064)
    inner = ((pairs >> np.uint64(16)) & np.uint64(0x000000FF000000FF)) * np.uint64(
        0x0000271000000001
    )
    return ((outer + inner) >> np.uint64(32)).astype(np.int64)


def _ordinals() -> Ints:
    """Return the ordinal of every day of `YEAR_MIN` to `YEAR_MAX` by its place; 0 where none is."""
    every = np.arange(f"{YEAR_MIN}-01-01", f"{YEAR_MAX + 1}-01-01", dtype="datetime64[D]")
    months = every.astype("datetime64[M]")
    of_month = (every - months.astype("datetime64[D]")).astype(np.int64)
    since = months.astype(np.int64) - (YEAR_MIN - 1970) * 12
    table = np.zeros((YEAR_MAX - YEAR_MIN + 1) * _DAYS_A_YEAR, dtype=np.int64)
    table[since * 31 + of_month] = every.astype(np.int64) + _EPOCH_ORDINAL
    return table


_ORDINALS = _ordinals()

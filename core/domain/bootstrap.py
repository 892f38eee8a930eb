"""How much of a sum of days may be luck: the stationary bootstrap, in whole numbers.

Politis and Romano, "The Stationary Bootstrap" (JASA 89, 1994): a history is put together of blocks
of the days that were, each begun on any day and of a geometric length, around the end where it
must. Blocks keep together what hangs together over some days. The mean length is the cube root of
the number of days, the order at which the error is smallest (Politis and White, "Automatic
Block-Length Selection for the Dependent Bootstrap", Econometric Reviews 23, 2004). The same seed
draws the same histories on every machine: SplitMix64 (Steele, Lea and Flood, "Fast Splittable
Pseudorandom Number Generators", OOPSLA 2014) and no floating point.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

DRAWS = 2_000
SEED = 20_261_127
# The bounds that nine of ten of the drawn histories lie within.
LOW_PERCENT, HIGH_PERCENT = 5, 95
_MASK = 2**64 - 1
_STEP = 0x9E37_79B9_7F4A_7C15


@dataclass(frozen=True, slots=True)
class WonBand:
    """The bounds that the middle 90 % of the drawn sums lie within, in won."""

    low_won: int
    high_won: int


def split_mix(seed: int) -> Iterator[int]:
    """Yield whole numbers of 64 bits without end, the same for the same seed."""
    state = seed & _MASK
    while True:
        state = (state + _STEP) & _MASK
        mixed = ((state ^ (state >> 30)) * 0xBF58_476D_1CE4_E5B9) & _MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D0_49BB_1331_11EB) & _MASK
        yield mixed ^ (mixed >> 31)


def mean_block(days: int) -> int:
    """Return the mean length of a block: the cube root of the number of days, rounded down."""
    length = 1
    while (length + 1) ** 3 <= days:
        length += 1
    return length


def bands_of(
    series: Sequence[Sequence[int]], *, draws: int = DRAWS, seed: int = SEED
) -> tuple[WonBand, ...]:
    """Return the band of the sum of each series of won per day.

    All are of one length and drawn alike, so that what moved them together still does. Raises
    ValueError for a series without days, or of another length than the first.
    """
    lengths = {len(one) for one in series}
    if not series:
        return ()
    if lengths == {0} or len(lengths) != 1:
        raise ValueError("every series needs days, and as many as the others")
    (days,) = lengths
    # Twice around: a block may run over the end, and is at most the whole history.
    sums = [(0, *accumulate([*one, *one])) for one in series]
    dice = split_mix(seed)
    bounds = _length_bounds(mean_block(days), days)
    drawn: list[list[int]] = [[] for _ in series]
    for _ in range(draws):
        blocks = list(_blocks(days, bounds, dice))
        for found, sum_to in zip(drawn, sums, strict=True):
            found.append(sum(sum_to[end] - sum_to[start] for start, end in blocks))
    return tuple(_band(found) for found in drawn)


def _length_bounds(mean: int, days: int) -> list[int]:
    """Return where the numbers of 64 bits are divided among the lengths 1, 2, … up to `days`.

    A block goes on with the chance 1 - 1/mean after each day, which makes its length geometric.
    """
    bounds, left = [], 2**64
    for _ in range(days - 1):
        left = left * (mean - 1) // mean
        bounds.append(2**64 - left)
    return bounds


def _blocks(days: int, bounds: Sequence[int], dice: Iterator[int]) -> Iterator[tuple[int, int]]:
    left = days
    while left:
        # The high bits of a product instead of a remainder: no day is favoured.
        start = (next(dice) * days) >> 64
        length = min(bisect_right(bounds, next(dice)) + 1, left)
        yield start, start + length
        left -= length


def _band(drawn: list[int]) -> WonBand:
    ranked, last = sorted(drawn), len(drawn) - 1
    return WonBand(
        low_won=ranked[last * LOW_PERCENT // 100], high_won=ranked[-(-last * HIGH_PERCENT // 100)]
    )

"""What the facts of a purchase usually are, where too few purchases of our own were measured.

Declared, with where each is from. Those of bars are the 5th, 50th and 95th percentile of the funds
of the shipped universe that existed (KODEX 200 for the market) on the last sessions of the months of
2014–2023, the days on which the strategy buys: 995 to 1,006 values, 119 of the market. Those of an
order follow from the shipped settings: at most a million won in four positions, from one cheap share
to the cap of a position. They only have to say whether a rule means nearly everything; what is
measured is preferred.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from core.domain.bootstrap import SEED, split_mix
from core.domain.rule_facts import Fact

# Enough that a share of them is right to five points, few enough to be judged at every press.
USUAL_DRAWS = 400
# The lowest, the middle and the highest: half of the values are below the middle.
Usual = tuple[int, int, int]
# Of one share, in won.
USUAL_PRICE_WON: Usual = (5_200, 12_750, 31_600)
USUAL_RANGES: Mapping[Fact, Usual] = MappingProxyType(
    {
        Fact.VOLUME_PERCENT: (13, 85, 265),
        Fact.MEAN_VALUE_WON: (35_000_000, 820_000_000, 211_000_000_000),
        Fact.RETURN_1_BPS: (-283, 11, 216),
        Fact.RETURN_5_BPS: (-621, 14, 544),
        Fact.RETURN_20_BPS: (-1_174, 35, 1_262),
        Fact.RETURN_60_BPS: (-1_632, 49, 2_335),
        Fact.ATR_BPS: (96, 180, 343),
        Fact.DRAWDOWN_60_BPS: (-1_972, -577, 0),
        Fact.OVER_MEAN_60_BPS: (-1_094, 23, 1_220),
        Fact.MARKET_RETURN_20_BPS: (-827, 35, 776),
        Fact.MARKET_OVER_MEAN_60_BPS: (-729, 52, 701),
        Fact.ORDER_AMOUNT_WON: (20_000, 150_000, 400_000),
        Fact.WEIGHT_AFTER_BPS: (500, 2_000, 4_000),
        Fact.CASH_AFTER_BPS: (100, 2_000, 7_000),
    }
)


def usual_draws(count: int) -> Iterator[tuple[Mapping[Fact, int], int]]:
    """Yield the facts of `count` purchases and the price of a share, always the same.

    Each fact by itself, evenly below its middle half of the time and evenly above it otherwise.
    """
    dice = split_mix(SEED)

    def drawn(usual: Usual) -> int:
        lowest, middle, highest = usual
        low, high = (lowest, middle) if next(dice) % 2 else (middle, highest)
        return low + next(dice) % (high - low + 1)

    for _ in range(count):
        yield {fact: drawn(span) for fact, span in USUAL_RANGES.items()}, drawn(USUAL_PRICE_WON)

"""When a change between adjusted and raw prices is a split, and how many shares it makes of one."""

from __future__ import annotations

from fractions import Fraction

# Distributions are far below this, splits of funds far above.
SPLIT_MIN = 0.2
# A step this near to a whole ratio is that ratio: the price moved too on the day of the split.
SPLIT_SLACK = 0.05


def split_ratio(step: float | Fraction) -> Fraction | None:
    """Return how many shares one share became where adjusted / raw rose to its `step`-fold.

    A whole number, or one over a whole number, where the step is near to one. None for a step that
    is no split: a distribution, or rounding.
    """
    if 1 / (1 + SPLIT_MIN) < step < 1 + SPLIT_MIN:
        return None
    whole = round(step) if step >= 1 else round(1 / step)
    ratio = Fraction(whole) if step >= 1 else Fraction(1, whole)
    return ratio if abs(step / float(ratio) - 1) < SPLIT_SLACK else Fraction(step)

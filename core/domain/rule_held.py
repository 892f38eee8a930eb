"""How much of what the strategy would hold is held under the rules, all of them together.

`rule_reach` counts purchases one by one, of which a rule that sells takes none. But an account is
emptied by sales as well as by purchases that are not made, and step by step: a rule that leaves
half, beside another that leaves half of that. So what counts is the mean share of the account that
is invested, against the strategy without any rule of the user's own.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.domain.rule_reach import LEFT_PERCENT_MIN, LEFT_PERCENT_TOLD


@dataclass(frozen=True, slots=True)
class Invested:
    """The mean share of the account that is invested over the same closes, in basis points.

    `bare_bps` without any own rule, `before_bps` under those that stand, `after_bps` with the tried
    one beside them.
    """

    bare_bps: int
    before_bps: int
    after_bps: int

    @property
    def left_percent(self) -> int:
        """What all rules leave of what would be held without any, rounded down."""
        return _share(self.after_bps, self.bare_bps)

    @property
    def before_percent(self) -> int:
        """The same without the tried rule."""
        return _share(self.before_bps, self.bare_bps)


@dataclass(frozen=True, slots=True)
class Held:
    """What is invested over all closes, and over those of the last year; None where it is too short."""

    whole: Invested
    recent: Invested | None = None

    @property
    def least_percent(self) -> int:
        """The smaller of what is left of all and of the last year."""
        return min(part.left_percent for part in self._parts)

    @property
    def is_heavy(self) -> bool:
        """Whether less than half of what would be held without any own rule is held."""
        return self.least_percent < LEFT_PERCENT_TOLD

    @property
    def stops_holding(self) -> bool:
        """Whether hardly anything would be held, and the tried rule has a part in it."""
        takes = any(part.after_bps < part.before_bps for part in self._parts)
        return takes and self.least_percent < LEFT_PERCENT_MIN

    @property
    def is_halved(self) -> bool:
        """Whether the tried rule takes more than half of what is held under the others."""
        return 2 * self.whole.after_bps < self.whole.before_bps

    @property
    def _parts(self) -> tuple[Invested, ...]:
        return (self.whole,) if self.recent is None else (self.whole, self.recent)


def _share(part: int, of: int) -> int:
    # Where nothing would be held, nothing is taken.
    return 100 * part // of if of > 0 else 100

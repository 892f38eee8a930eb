"""Limits that people may tighten while the bot runs: which, in which unit, and which way is tighter.

Tighter counts at once. Looser is only a wish: it counts from the next start, and never beyond what
the settings say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from types import MappingProxyType

from core.domain.risk import RiskLimits


@dataclass(frozen=True, slots=True)
class LimitTerm:
    """What a limit counts, its smallest sensible value, and whether more of it is tighter."""

    unit: str
    lowest: int = 1
    more_is_tighter: bool = False


# By the names of the fields of RiskLimits. The tight position cap is no limit of its own: lowering
# it would let more proposals use the wide one.
LIMIT_TERMS: Mapping[str, LimitTerm] = MappingProxyType(
    {
        "capital_won": LimitTerm("won"),
        "order_amount_won": LimitTerm("won"),
        "day_amount_won": LimitTerm("won"),
        "day_count": LimitTerm("orders"),
        "minute_count": LimitTerm("orders"),
        "position_weight_percent": LimitTerm("percent"),
        "cash_floor_won": LimitTerm("won", lowest=0, more_is_tighter=True),
        "collar_percent": LimitTerm("percent"),
        "quote_age_seconds": LimitTerm("s"),
        "quantity_maximum": LimitTerm("shares"),
        "repeat_count": LimitTerm("orders"),
    }
)


class LimitOutcome(Enum):
    """What came of a wish to change a limit. The locale files hold a sentence (``risk.limit_…``)."""

    TIGHTENED = "tightened"
    FROM_NEXT_START = "from_next_start"
    UNCHANGED = "unchanged"
    BEYOND_SETTINGS = "beyond_settings"
    TOO_LOW = "too_low"
    UNKNOWN_NAME = "unknown_name"


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitAnswer:
    """The outcome for one limit: `value` was asked for, `in_force` counts now, `bound` refused it."""

    outcome: LimitOutcome
    name: str
    value: int
    in_force: int = 0
    bound: int = 0
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitLine:
    """One limit as it stands: of the settings, in force, from the next start, and used today.

    `used` is None for what is judged order by order, or when the account could not be read.
    """

    name: str
    unit: str
    hard: int
    in_force: int
    next_start: int
    used: int | None = None

    @property
    def left(self) -> int | None:
        """Return how much may still be used today."""
        return None if self.used is None else max(self.in_force - self.used, 0)


def value_of(limits: RiskLimits, name: str) -> int:
    """Return one limit of `LIMIT_TERMS`."""
    return int(getattr(limits, name))


def is_tighter(name: str, value: int, than: int) -> bool:
    """Whether `value` allows less than `than`."""
    return value > than if LIMIT_TERMS[name].more_is_tighter else value < than


def tightened(limits: RiskLimits, values: Mapping[str, int]) -> RiskLimits:
    """Return `limits` with every value of `values` that is tighter; looser ones change nothing."""
    found = {
        name: value
        for name, value in values.items()
        if is_tighter(name, value, value_of(limits, name))
    }
    return replace(limits, **found)  # type: ignore[arg-type]

"""What the strategy may be told, with the range of every number.

Standard library only: settings are read by an idle bot, numpy is not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from types import MappingProxyType

SESSIONS_PER_MONTH_MAX = 23


class AtrMethod(StrEnum):
    """How true ranges are averaged: a plain mean of the last ones, or Wilder's smoothing."""

    SMA = "sma"
    WILDER = "wilder"


RANGES: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "top_k": (1, 10),
        "formation": (40, 504),
        "skip": (0, 63),
        "atr_period": (5, 100),
        "weight_cap_percent": (10, 100),
        "invested_percent": (10, 100),
        "no_trade_band_percent": (0, 50),
        "universe_max": (1, 60),
        "stop_loss_percent": (-50, -1),
        "take_profit_percent": (1, 200),
        "trailing_stop_percent": (-50, 0),
        "risk_per_position_bps": (0, 1_000),
        "risk_atr_multiple": (1, 10),
        "regime_months": (0, 24),
        "entry_value_won_min": (0, 1_000_000_000_000),
        "capital_won_max": (50_000, 10_000_000),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """Numbers of the momentum strategy. Raises ValueError outside `RANGES`.

    `formation`, `skip` and `atr_period` count sessions: the score is P[t-skip]/P[t-formation]-1.
    `weight_cap_percent` bounds one symbol as a share of what is invested; `invested_percent` is
    how much of the capital may be invested at all (the rest pays for price moves until the fill).
    A held symbol within `no_trade_band_percent` of what is invested from its target is left alone.
    `stop_loss_percent` and `take_profit_percent` are against the average cost,
    `trailing_stop_percent` against the highest price once the profit mark was reached (0: none).
    At most `capital_won_max` won are managed, however large the account is.

    `atr_method` averages the true ranges. With `risk_per_position_bps` above 0 a position is sized
    so that a fall of `risk_atr_multiple` average ranges costs that part of what is invested;
    with 0 weights are inverse to the range and fill what is invested. With `regime_months` above 0
    only symbols whose month-end close is above the mean of their last so many are held (Faber).
    A symbol is entered only if it traded `entry_value_won_min` won a day on average of 20 sessions.
    """

    top_k: int = 4
    formation: int = 252
    skip: int = 21
    atr_period: int = 20
    weight_cap_percent: int = 40
    invested_percent: int = 97
    no_trade_band_percent: int = 5
    universe_max: int = 30
    stop_loss_percent: int = -7
    take_profit_percent: int = 15
    trailing_stop_percent: int = -10
    atr_method: AtrMethod = AtrMethod.WILDER
    risk_per_position_bps: int = 0
    risk_atr_multiple: int = 2
    regime_months: int = 0
    entry_value_won_min: int = 0
    capital_won_max: int = 1_000_000

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name == "atr_method":
                _check_method(value)
                continue
            low, high = RANGES[field.name]
            if type(value) is not int:
                raise ValueError(f"{field.name}: must be a whole number, got {value!r}")
            if not low <= value <= high:
                raise ValueError(f"{field.name}: must be {low} to {high}, got {value}")
        if self.skip >= self.formation:
            raise ValueError(f"skip: must be below formation ({self.formation}), got {self.skip}")

    @property
    def sessions_needed(self) -> int:
        """Bars a symbol needs before it can be ranked, the one decided on included."""
        months = self.regime_months * SESSIONS_PER_MONTH_MAX
        return max(self.formation, self.atr_period, months) + 1


def _check_method(value: object) -> None:
    if not isinstance(value, AtrMethod):
        known = ", ".join(item.value for item in AtrMethod)
        # A ValueError like every other field's: whoever reads the file tells it in one sentence.
        raise ValueError(f"atr_method: must be one of {known}, got {value!r}")  # noqa: TRY004

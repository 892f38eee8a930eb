"""The settings that say no: hard limits of the risk guard, and where the breakers stand.

Each has a bound of its own; what lies outside, or is not written in plain digits, refuses the start.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from bot.settings.part import SettingsPart
from bot.settings.types import YesNo
from core.domain.breakers import BreakerLimits
from core.domain.costs import AccountKind, CostModel
from core.domain.money import Won
from core.domain.risk import RiskLimits

_WHOLE = re.compile(r"-?[0-9]{1,12}")
_NUMBER = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?")


def _whole(value: object) -> object:
    """Refuse what a person may read as another number: 1e9, 1_000, full-width digits."""
    if isinstance(value, str) and not _WHOLE.fullmatch(value):
        raise ValueError("must be a whole number in plain digits")
    return value


def _number(value: object) -> object:
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        raise ValueError("must be a number in plain digits")
    return value


Whole = Annotated[int, BeforeValidator(_whole)]
Number = Annotated[Decimal, BeforeValidator(_number)]


class LimitSettings(SettingsPart):
    """The limits among the settings. docs/risk.md says of each what it does."""

    capital_limit_krw: Whole = Field(1_000_000, ge=10_000, le=1_000_000)
    order_limit_krw: Whole = Field(400_000, ge=1_000, le=1_000_000)
    day_limit_krw: Whole = Field(1_000_000, ge=1_000, le=1_000_000)
    day_order_limit: Whole = Field(10, ge=1, le=50)
    minute_order_limit: Whole = Field(3, ge=1, le=10)
    order_quantity_limit: Whole = Field(10_000, ge=1, le=10_000)
    position_limit_percent: Whole = Field(40, ge=1, le=100)
    position_limit_tight_percent: Whole = Field(10, ge=1, le=100)
    cash_floor_krw: Whole = Field(0, ge=0, le=1_000_000)
    price_collar_percent: Whole = Field(3, ge=1, le=10)
    quote_age_limit_seconds: Whole = Field(5, ge=1, le=30)
    repeat_limit: Whole = Field(2, ge=1, le=10)
    repeat_minutes: Whole = Field(10, ge=1, le=390)
    leveraged_allowed: YesNo = False
    inav_limit_percent: Whole = Field(3, ge=0, le=30)
    commission_percent: Number = Field(Decimal("0.015"), ge=0, le=1)
    account_kind: Literal["general", "isa", "pension"] = "general"
    deposit_rate_percent: Number = Field(Decimal("2.5"), ge=0, le=20, decimal_places=2)

    day_loss_limit_percent: Number = Field(Decimal(2), gt=0, le=20)
    losing_trades_limit: Whole = Field(3, ge=1, le=20)
    broker_error_limit_percent: Whole = Field(10, ge=2, le=50)
    nav_floor_krw: Whole = Field(800_000, ge=0, le=1_000_000)

    @property
    def risk_limits(self) -> RiskLimits:
        """Return the hard limits of the risk guard."""
        return RiskLimits(
            capital_won=Won(self.capital_limit_krw),
            order_amount_won=Won(self.order_limit_krw),
            day_amount_won=Won(self.day_limit_krw),
            day_count=self.day_order_limit,
            minute_count=self.minute_order_limit,
            quantity_maximum=self.order_quantity_limit,
            position_weight_percent=self.position_limit_percent,
            position_tight_percent=self.position_limit_tight_percent,
            cash_floor_won=Won(self.cash_floor_krw),
            collar_percent=self.price_collar_percent,
            quote_age_seconds=self.quote_age_limit_seconds,
            repeat_count=self.repeat_limit,
            repeat_minutes=self.repeat_minutes,
            leveraged_allowed=self.leveraged_allowed,
            inav_percent=self.inav_limit_percent,
        )

    @property
    def costs(self) -> CostModel:
        """Return what trades cost on this account."""
        return CostModel(self.commission_percent / Decimal(100), AccountKind(self.account_kind))

    @property
    def deposit_bps(self) -> int:
        """Return what a deposit bears in a year, in hundredths of a percent."""
        return int(self.deposit_rate_percent * 100)

    @property
    def breaker_limits(self) -> BreakerLimits:
        """Return where the breakers stand."""
        return BreakerLimits(
            day_loss_percent=self.day_loss_limit_percent,
            losing_trades=self.losing_trades_limit,
            broker_error_percent=self.broker_error_limit_percent,
            nav_floor_won=Won(self.nav_floor_krw),
        )

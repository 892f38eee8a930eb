"""The settings of the watchtower: when everybody is told, and what may be approved in advance."""

from __future__ import annotations

from decimal import Decimal

from pydantic import Field

from bot.settings.limits import Number, Whole
from bot.settings.part import SettingsPart
from core.domain.alerts import AlertDefaults


class WatchSettings(SettingsPart):
    """The built-in alerts; 0 switches one off. docs/watchtower.md says of each what it does."""

    alert_day_percent: Number = Field(Decimal(5), ge=0, le=60, decimal_places=2)
    alert_volume_times: Number = Field(Decimal(3), ge=0, le=100, decimal_places=2)
    alert_volume_shares: Whole = Field(0, ge=0, le=10_000_000_000)
    alert_premium_percent: Number = Field(Decimal(2), ge=0, le=30, decimal_places=2)
    standing_stop_days: Whole = Field(0, ge=0, le=90)

    @property
    def alert_defaults(self) -> AlertDefaults:
        """Return the built-in alerts as rules count them."""
        return AlertDefaults(
            day_change_bps=int(self.alert_day_percent * 100),
            volume_hundredths=int(self.alert_volume_times * 100),
            volume_shares=self.alert_volume_shares,
            premium_bps=int(self.alert_premium_percent * 100),
        )

"""The settings of health pages, figures and the watchdog. docs/operations.md says what they show."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator, Field

from bot.settings.part import SettingsPart
from bot.settings.types import Address, YesNo

OFF = "off"


def _port(value: object) -> object:
    """Read a port in plain digits, or ``off``."""
    if not isinstance(value, str):
        return value
    if value.strip().lower() == OFF:
        return None
    if not re.fullmatch(r"[0-9]{1,5}", value.strip()):
        raise ValueError("must be a port like 9464, or off")
    return int(value)


Port = Annotated[Annotated[int, Field(ge=1, le=65_535)] | None, BeforeValidator(_port)]


class MonitoringSettings(SettingsPart):
    """Where /healthz, /readyz and /metrics are served; None is nowhere."""

    metrics_port: Port = 9464
    watchdog_url: Address = ""
    watchdog_silent_seconds: int = Field(60, ge=5, le=3_600)
    watchdog_reads_positions: YesNo = False
    watchdog_halts: YesNo = False
    metrics_host: str = Field("127.0.0.1", pattern=r"^[0-9A-Za-z.:-]{1,255}$")

    @property
    def health_url(self) -> str:
        """Where the watchdog asks the bot; "" where nothing is served."""
        if self.watchdog_url or self.metrics_port is None:
            return self.watchdog_url.rstrip("/")
        host = f"[{self.metrics_host}]" if ":" in self.metrics_host else self.metrics_host
        return f"http://{host}:{self.metrics_port}"

"""The settings of health pages and figures. docs/operations.md says what they show."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic_settings import BaseSettings

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


class MonitoringSettings(BaseSettings):
    """Where /healthz, /readyz and /metrics are served; None is nowhere."""

    metrics_port: Port = 9464
    metrics_host: str = Field("127.0.0.1", pattern=r"^[0-9A-Za-z.:-]{1,255}$")

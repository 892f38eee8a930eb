"""What a panel is: a title, a picture, and queries of one of the two sources."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["timeseries", "stat", "table", "piechart", "barchart"]
# Grafana's own names of units.
WON = "currencyKRW"
PERCENT = "percent"
SECONDS = "s"
BYTES = "bytes"
PLAIN = "short"


@dataclass(frozen=True, slots=True)
class Sql:
    """One query of PostgreSQL. A column `time` makes a series of every other column."""

    text: str
    is_series: bool = True


@dataclass(frozen=True, slots=True)
class Metric:
    """One query of Prometheus and the name of its line (labels in double braces)."""

    text: str
    legend: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One panel. `width` is of 24 columns, `height` of rows of 30 px."""

    title: str
    kind: Kind
    queries: tuple[Sql | Metric, ...]
    unit: str = PLAIN
    about: str = ""
    width: int = 12
    height: int = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """One dashboard: `uid` is its address and the name of its file."""

    uid: str
    title: str
    since: str
    panels: tuple[Panel, ...]

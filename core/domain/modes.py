"""Where orders go, and whether they may."""

from __future__ import annotations

from enum import Enum


class Mode(Enum):
    """Which market the orders reach. Every message title names it."""

    SIM = "sim"
    VTS = "vts"
    REAL = "real"
    OBSERVE = "observe"

    @property
    def may_send_orders(self) -> bool:
        """Whether an approved order is sent at all."""
        return self is not Mode.OBSERVE


class TradingState(Enum):
    """The kill switch. REDUCE_ONLY lets sells through; HALTED lets nothing through."""

    ACTIVE = "ACTIVE"
    REDUCE_ONLY = "REDUCE_ONLY"
    HALTED = "HALTED"


# Names of the stored switches; the arm transaction reads them beside the order it arms.
SETTING_TRADING_STATE = "trading_state"
SETTING_STOPPED_DAY = "stopped_day"
SETTING_STOPPED_REASON = "stopped_reason"

"""The last calls to the broker: how many failed. A proven refusal is an answer, not a failure."""

from __future__ import annotations

from collections import deque

from core.ports.meters import BrokerMeter, Unmeasured

CALLS_KEPT = 50


class CallRecord:
    """Counts over a window of calls. Its state dies with the process: a new one has no opinion."""

    def __init__(self, kept: int = CALLS_KEPT, meter: BrokerMeter | None = None) -> None:
        """`kept` calls are remembered; `meter` hears of each fault."""
        self._failed: deque[bool] = deque(maxlen=kept)
        self._meter = meter or Unmeasured()

    def answered(self, refusal: str = "") -> None:
        """Note a call that the broker answered; `refusal` is its code when it said no."""
        self._failed.append(False)
        if refusal:
            self._meter.fault(refusal)

    def failed(self, fault: str) -> None:
        """Note a call without an answer that could be used, and what kind of fault that was."""
        self._failed.append(True)
        self._meter.fault(fault)

    @property
    def errors(self) -> int:
        """How many of the remembered calls failed."""
        return sum(self._failed)

    @property
    def calls(self) -> int:
        """How many calls are remembered."""
        return len(self._failed)

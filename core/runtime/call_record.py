"""The last calls to the broker: how many failed. A proven refusal is an answer, not a failure."""

from __future__ import annotations

from collections import deque

CALLS_KEPT = 50


class CallRecord:
    """Counts over a window of calls. Its state dies with the process: a new one has no opinion."""

    def __init__(self, kept: int = CALLS_KEPT) -> None:
        """`kept` calls are remembered."""
        self._failed: deque[bool] = deque(maxlen=kept)

    def answered(self) -> None:
        """Note a call that the broker answered, whatever it said."""
        self._failed.append(False)

    def failed(self) -> None:
        """Note a call without an answer that could be used."""
        self._failed.append(True)

    @property
    def errors(self) -> int:
        """How many of the remembered calls failed."""
        return sum(self._failed)

    @property
    def calls(self) -> int:
        """How many calls are remembered."""
        return len(self._failed)

"""What is counted as it happens, on a registry of its own."""

from __future__ import annotations

import re

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics
from prometheus_client.process_collector import ProcessCollector

from bot.monitoring.catalogue import PREFIX
from core.domain.account import AccountSnapshot

_REQUEST_SECONDS = (0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 20)
_WAIT_SECONDS = (0.001, 0.01, 0.1, 0.5, 1, 2, 5, 10, 30)
_LAG_SECONDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 3)
# A broker's codes are short; what is not may be anything, and so many kinds are an answer gone mad.
_CODE = re.compile(r"[A-Za-z0-9_.:-]{1,32}")
CODES_MAX = 100
OTHER = "other"


class PrometheusMeters:
    """Implements `core.ports.meters.BrokerMeter`, and counts the event loop's lag."""

    def __init__(self) -> None:
        """Start at nothing."""
        # A second series beside each counter, which says what process_start_time_seconds says.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._codes: set[str] = set()
        self.account: AccountSnapshot | None = None
        self._took = Histogram(
            f"{PREFIX}broker_request_seconds",
            "From the departure of a request to its answer, or to the end of the wait for one.",
            ("lane", "answered"),
            buckets=_REQUEST_SECONDS,
            registry=self.registry,
        )
        self._waited = Histogram(
            f"{PREFIX}limiter_wait_seconds",
            "How long requests waited for their turn.",
            ("lane",),
            buckets=_WAIT_SECONDS,
            registry=self.registry,
        )
        self._faults = Counter(
            f"{PREFIX}broker_faults",
            "Refusals by the broker's code, and answers that failed by their kind.",
            ("code",),
            registry=self.registry,
        )
        self._lag = Histogram(
            f"{PREFIX}loop_lag_seconds",
            "How much later than asked the event loop came back.",
            buckets=_LAG_SECONDS,
            registry=self.registry,
        )

    def waited(self, lane: str, seconds: float) -> None:
        """Note how long a request waited for its turn."""
        self._waited.labels(lane.lower()).observe(seconds)

    def took(self, lane: str, seconds: float, *, answered: bool) -> None:
        """Note how long a request was on its way."""
        self._took.labels(lane.lower(), "yes" if answered else "no").observe(seconds)

    def fault(self, code: str) -> None:
        """Note a refusal or a failed answer; there are at most `CODES_MAX` codes, and the rest."""
        known = code in self._codes
        if not known and len(self._codes) < CODES_MAX and _CODE.fullmatch(code):
            self._codes.add(code)
            known = True
        self._faults.labels(code if known else OTHER).inc()

    def saw_account(self, account: AccountSnapshot) -> None:
        """Keep the newest."""
        self.account = account

    def lagged(self, seconds: float) -> None:
        """Note how late the event loop was."""
        self._lag.observe(seconds)

"""What is counted as it happens."""

from __future__ import annotations

from datetime import datetime

from bot.monitoring.meters import CODES_MAX, PrometheusMeters
from core.domain.account import AccountSnapshot
from core.domain.krx import KST
from core.domain.money import Won


def value(meters: PrometheusMeters, name: str, **labels: str) -> float | None:
    return meters.registry.get_sample_value(name, labels)


def test_requests_are_counted_by_lane_and_by_whether_an_answer_came() -> None:
    meters = PrometheusMeters()
    meters.took("QUOTE", 0.2, answered=True)
    meters.took("QUOTE", 7.0, answered=False)
    meters.waited("ORDER", 0.4)
    meters.lagged(0.02)
    took = "autotrade_broker_request_seconds"
    assert value(meters, f"{took}_sum", lane="quote", answered="yes") == 0.2
    assert value(meters, f"{took}_count", lane="quote", answered="no") == 1
    assert value(meters, f"{took}_bucket", lane="quote", answered="yes", le="0.1") == 0
    assert value(meters, f"{took}_bucket", lane="quote", answered="yes", le="0.25") == 1
    assert value(meters, "autotrade_limiter_wait_seconds_sum", lane="order") == 0.4
    assert value(meters, "autotrade_loop_lag_seconds_sum") == 0.02


def test_a_broker_gone_mad_does_not_fill_the_memory_with_codes() -> None:
    meters = PrometheusMeters()
    faults = "autotrade_broker_faults_total"
    meters.fault("EGW00201")
    meters.fault("EGW00201")
    meters.fault('a code" with\neverything in it')
    assert value(meters, faults, code="EGW00201") == 2
    assert value(meters, faults, code="other") == 1
    for number in range(10 * CODES_MAX):
        meters.fault(f"X{number}")
    meters.fault("EGW00201")
    assert value(meters, faults, code="EGW00201") == 3
    assert value(meters, faults, code="other") == 1 + 9 * CODES_MAX + 1


def test_the_newest_account_is_kept() -> None:
    meters = PrometheusMeters()
    assert meters.account is None
    for won in (1, 2):
        meters.saw_account(
            AccountSnapshot(
                deposit_won=Won(won),
                settled_d2_won=Won(won),
                positions=(),
                taken_at=datetime(2026, 11, 20, tzinfo=KST),
            )
        )
    assert meters.account is not None
    assert meters.account.nav_won == 2

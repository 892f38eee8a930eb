from __future__ import annotations

from core.ports.meters import Unmeasured
from core.runtime.call_record import CallRecord


def test_only_the_last_calls_count():
    record = CallRecord(kept=3)
    assert (record.errors, record.calls) == (0, 0)
    record.failed("BrokerUnavailable")
    record.answered()
    record.failed("BrokerUnavailable")
    assert (record.errors, record.calls) == (2, 3)
    record.answered()
    assert (record.errors, record.calls) == (1, 3)


def test_a_meter_hears_of_each_fault_and_of_no_success():
    heard = []

    class Meter(Unmeasured):
        def fault(self, code):
            heard.append(code)

    record = CallRecord(meter=Meter())
    record.answered()
    record.answered("OPSQ2001")
    record.failed("Unresolved")
    assert heard == ["OPSQ2001", "Unresolved"]
    assert (record.errors, record.calls) == (1, 3)

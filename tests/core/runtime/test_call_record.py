from __future__ import annotations

from core.runtime.call_record import CallRecord


def test_only_the_last_calls_count():
    record = CallRecord(kept=3)
    assert (record.errors, record.calls) == (0, 0)
    record.failed()
    record.answered()
    record.failed()
    assert (record.errors, record.calls) == (2, 3)
    record.answered()
    assert (record.errors, record.calls) == (1, 3)

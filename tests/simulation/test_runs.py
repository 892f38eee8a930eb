from __future__ import annotations

from tests.simulation.run import run_seed


def test_an_order_is_filled_over_a_crash_and_a_restart():
    report = run_seed(3)
    assert not report.violations
    assert report.faults["crash"] == 1
    assert report.kinds["shown"] > 5


def test_a_seed_is_one_history():
    assert run_seed(4) == run_seed(4)

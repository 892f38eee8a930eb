"""That the benchmark runs, and what it calls missed; what it measures is no test's business."""

from __future__ import annotations

import json
from typing import Any

import pytest

from benchmarks import idle

pytestmark = pytest.mark.untraced


@pytest.mark.slow
def test_it_measures_everything(capsys, monkeypatch):
    monkeypatch.setattr(idle, "IDLE_SECONDS", 0.5)
    code = idle.main(["--day"])
    report = json.loads(capsys.readouterr().out)
    assert report["imports"]["modules"] > 1_000
    assert 50 < report["imports"]["rss_mib"] < report["bot"]["rss_after_cycle_mib"]
    assert report["bot"]["ready_cpu_s"] > 0 < report["yardstick_s"]
    assert code == bool(report["missed"])


def report(rss: float, ready: float, times: float) -> dict[str, Any]:
    return {"bot": {"rss_mib": rss, "ready_cpu_s": ready}, "times_imports": times}


def test_goals():
    assert idle.missed(report(130.0, 3.0, 1.3)) == []
    assert idle.missed(report(130.1, 3.01, 1.301)) == [
        "an idle bot holds 130.1 MiB",
        "an idle bot holds 1.301 x its imports",
        "a start takes 3.01 s of CPU time until it is ready",
    ]

"""That the benchmark runs, and that it finds what it looks for; what it measures is no test's business."""

from __future__ import annotations

import json

import pytest

from benchmarks import tick_frames, ticks
from brokers.kis.stream_trades import one_trade

pytestmark = pytest.mark.untraced


@pytest.mark.slow
def test_it_measures_everything_and_loses_nothing(capsys):
    sizes = [
        "--rounds",
        "1",
        "--parse-rounds",
        "1",
        "--records",
        "2100",
        "--parse",
        "400",
        "--messages",
        "400",
    ]
    code = ticks.main(sizes)
    report = json.loads(capsys.readouterr().out)
    assert report["lost"] == 0
    assert [row["records_per_message"] for row in report["parse"]] == list(range(1, 21))
    assert all(row["ours_per_s"] > 0 for row in report["parse"])
    assert report["loop"]["bare_per_s"] > 0
    assert code == bool(report["missed"])


def test_a_record_that_is_not_read_is_missed(monkeypatch):
    whole = list(tick_frames.messages(20, 40))
    assert [message.count("^") + 1 for message in whole] == [46 * 20] * 2
    monkeypatch.setattr(ticks, "one_trade", lambda *it: one_trade(*it)._replace(volume_shares=0))
    # Five of each count: the five single ones, and the rest of those in twos and in fours.
    assert ticks.lost(100) == 7
    monkeypatch.setattr(ticks, "several_trades", lambda _data, _at: [])
    assert ticks.lost(100) == 100


def test_goals():
    row = {"records_per_message": 1, "times_mojito2": 1.2, "times_python-kis": 12.0}
    report = {"lost": 3, "parse": [row], "loop": {"times_bare": 0.5}}
    assert ticks.missed(report) == [
        "3 records lost",
        "1 a message: 1.2 x mojito2",
        "the receive loop is 0.5 x the bare one",
    ]
    assert ticks.missed({"lost": 0, "parse": [{}], "loop": {"times_bare": 0.9}}) == []

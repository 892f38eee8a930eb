"""That the benchmark runs, and what it calls missed; what it measures is no test's business."""

from __future__ import annotations

import json

import pytest

from benchmarks import reads

pytestmark = pytest.mark.untraced


@pytest.mark.slow
def test_it_measures_everything(capsys):
    code = reads.main(["--quotes", "45", "--rounds", "5"])
    report = json.loads("{" + capsys.readouterr().out.partition("\n{")[2])
    assert report["cpu"]["bare_us"] > 0
    assert report["charts"]["first_calls"] > report["charts"]["again_calls"] == 0
    assert (report["pace"]["quotes"], report["pace"]["refused"]) == (45, 0)
    assert code == bool(report["missed"])


def test_goals():
    pace = {"refused": 2, "times_floor": 1.021}
    report = {"pace": pace, "cpu": {"times_bare": 1.16}, "charts": {"again_calls": 1}}
    assert reads.missed(report) == [
        "2 quotes came too fast",
        "900 quotes take 1.021 x what the limit allows",
        "a typed quote is 1.16 x bare httpx",
        "1 calls for charts that are stored",
    ]
    pace = {"refused": 0, "times_floor": 1.02}
    report = {"pace": pace, "cpu": {"times_bare": 1.15}, "charts": {"again_calls": 0}}
    assert reads.missed(report) == []

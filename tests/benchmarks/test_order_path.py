"""That the benchmark runs, and that its arithmetic is right; what it measures is no test's business."""

from __future__ import annotations

import json

import pytest

from benchmarks.order_path import Figure, main, percentile

pytestmark = pytest.mark.untraced


@pytest.mark.slow
def test_it_measures_everything(capsys):
    code = main(["--orders", "2", "--clicks", "10", "--stored", "110", "--unknown", "3", "--json"])
    document = json.loads(capsys.readouterr().out)
    figures = {item["name"]: item for item in document["figures"]}
    assert len(figures) == 9
    assert all(item["value"] > 0 for item in figures.values())
    missed = [item for item in figures.values() if (item["goal"] or 1e9) <= item["value"]]
    assert code == bool(missed)
    assert document["machine"]["processors"] >= 1


def test_percentiles_and_goals():
    values = [float(number) for number in range(100, 0, -1)]
    assert percentile(values, 0.5) == 51
    assert percentile(values, 0.999) == 100
    assert percentile([7.0], 0.99) == 7
    assert Figure(name="a", value=1.9, unit="x", goal=2.0).holds
    assert not Figure(name="a", value=2.0, unit="x", goal=2.0).holds
    assert Figure(name="a", value=9.0, unit="ms").holds

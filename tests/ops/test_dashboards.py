from __future__ import annotations

import json
import re

import pytest
import yaml

from bot.monitoring.catalogue import GAUGES, PREFIX
from bot.monitoring.meters import PrometheusMeters
from ops.dashboards.grafana import COLUMNS, DASHBOARDS, FOLDER, POSTGRES, PROMETHEUS, as_json
from ops.dashboards.panels import Metric

PROVISIONED = FOLDER.parent / "provisioning"
ALERTS = FOLDER.parents[1] / "prometheus" / "alerts.yml"
NAME = re.compile(r"\b(?:autotrade|process)_[a-z_]+\b")
OF_PROMETHEUS_ITSELF = {"up"}


def known_names() -> set[str]:
    """What `/metrics` has: gauges by the catalogue, counted series by their registry."""
    meters = PrometheusMeters()
    meters.waited("QUOTE", 0.1)
    meters.took("QUOTE", 0.1, answered=True)
    meters.fault("EGW00201")
    meters.lagged(0.1)
    counted = {sample.name for one in meters.registry.collect() for sample in one.samples}
    return {PREFIX + name for name in GAUGES} | counted


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda one: one.uid)
def test_the_files_are_what_the_tables_say(dashboard):
    """`python -m ops.dashboards` writes them anew."""
    assert (FOLDER / f"{dashboard.uid}.json").read_text(encoding="utf-8") == as_json(dashboard)


def test_there_is_no_file_that_no_table_makes():
    assert {path.stem for path in FOLDER.iterdir()} == {one.uid for one in DASHBOARDS}


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda one: one.uid)
def test_no_panel_lies_over_another_or_over_the_edge(dashboard):
    taken: set[tuple[int, int]] = set()
    for panel in json.loads(as_json(dashboard))["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= COLUMNS
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken
        taken |= cells


def test_every_metric_that_a_panel_or_an_alert_names_exists():
    named = {
        name
        for dashboard in DASHBOARDS
        for panel in dashboard.panels
        for query in panel.queries
        if isinstance(query, Metric)
        for name in NAME.findall(query.text)
    }
    rules = yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"][0]["rules"]
    alerted = {name for rule in rules for name in NAME.findall(rule["expr"])}

    assert len(named) > 20
    assert len(alerted) > 5
    assert named | alerted <= known_names()


def test_labels_in_legends_are_labels_of_their_metric():
    for dashboard in DASHBOARDS:
        for panel in dashboard.panels:
            for query in panel.queries:
                if not isinstance(query, Metric):
                    continue
                asked = set(re.findall(r"{{(\w+)}}", query.legend))
                by = re.search(r"sum by \(([^)]*)\)", query.text)
                bare = GAUGES.get(query.text.split()[0].removeprefix(PREFIX))
                given = set(re.findall(r"\w+", by[1])) if by else set(bare.labels if bare else ())
                assert asked <= given, panel.title


def test_the_sources_of_the_panels_are_the_provisioned_ones():
    text = (PROVISIONED / "datasources" / "autotrade.yml").read_text(encoding="utf-8")
    sources = {(one["type"], one["uid"]) for one in yaml.safe_load(text)["datasources"]}

    assert sources == {(one["type"], one["uid"]) for one in (POSTGRES, PROMETHEUS)}
    assert "password: $__file{/run/secrets/" in text

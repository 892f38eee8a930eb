"""Dashboards as Grafana's JSON (schema 39, Grafana 11): only what differs from its defaults."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from ops.dashboards.account import ACCOUNT
from ops.dashboards.operations import OPERATIONS
from ops.dashboards.panels import Dashboard, Metric, Panel, Sql

DASHBOARDS = (ACCOUNT, OPERATIONS)
FOLDER = Path(__file__).parents[1] / "grafana" / "dashboards"
# The uids that ops/grafana/provisioning/datasources gives.
POSTGRES = {"type": "grafana-postgresql-datasource", "uid": "autotrade-postgres"}
PROMETHEUS = {"type": "prometheus", "uid": "autotrade-prometheus"}
COLUMNS = 24
_SCHEMA = 39


def as_json(dashboard: Dashboard) -> str:
    """Return the text of a dashboard's file."""
    return json.dumps(_dashboard(dashboard), ensure_ascii=False, indent=2) + "\n"


def write() -> None:
    """Write every dashboard to `FOLDER`."""
    for dashboard in DASHBOARDS:
        (FOLDER / f"{dashboard.uid}.json").write_text(as_json(dashboard), encoding="utf-8")


def _dashboard(dashboard: Dashboard) -> dict[str, object]:
    return {
        "uid": dashboard.uid,
        "title": dashboard.title,
        "tags": ["autotrade"],
        "timezone": "Asia/Seoul",
        "editable": False,
        "schemaVersion": _SCHEMA,
        "refresh": "1m",
        "time": {"from": dashboard.since, "to": "now"},
        "panels": list(_placed(dashboard.panels)),
    }


def _placed(panels: Sequence[Panel]) -> Iterator[dict[str, object]]:
    """Lay the panels from left to right, row below row."""
    x = y = tallest = 0
    for number, panel in enumerate(panels, 1):
        if x + panel.width > COLUMNS:
            x, y, tallest = 0, y + tallest, 0
        yield _panel(number, panel) | {
            "gridPos": {"x": x, "y": y, "w": panel.width, "h": panel.height}
        }
        x, tallest = x + panel.width, max(tallest, panel.height)


def _panel(number: int, panel: Panel) -> dict[str, object]:
    targets = [_target(place, query) for place, query in enumerate(panel.queries)]
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.about,
        "datasource": targets[0]["datasource"],
        "fieldConfig": {"defaults": {"unit": panel.unit}, "overrides": []},
        "options": _options(panel),
        "targets": targets,
    }


def _options(panel: Panel) -> dict[str, object]:
    if panel.kind == "piechart":
        return {
            "reduceOptions": {"values": True, "calcs": []},
            "legend": {"displayMode": "table", "placement": "right", "values": ["percent"]},
        }
    if panel.kind == "barchart":
        return {"stacking": "normal", "xTickLabelRotation": -45}
    if panel.kind == "stat":
        return {"reduceOptions": {"calcs": ["lastNotNull"]}, "textMode": "value_and_name"}
    return {}


def _target(place: int, query: Sql | Metric) -> dict[str, object]:
    letter = chr(ord("A") + place)
    if isinstance(query, Sql):
        return {
            "refId": letter,
            "datasource": POSTGRES,
            "editorMode": "code",
            "rawQuery": True,
            "format": "time_series" if query.is_series else "table",
            "rawSql": query.text.strip(),
        }
    return {
        "refId": letter,
        "datasource": PROMETHEUS,
        "expr": query.text,
        "legendFormat": query.legend or "__auto",
    }

"""`python -m ops.dashboards`: write ops/grafana/dashboards anew."""

from __future__ import annotations

from ops.dashboards.grafana import write

if __name__ == "__main__":
    write()

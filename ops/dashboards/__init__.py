"""The dashboards of Grafana as short tables; `python -m ops.dashboards` writes their JSON anew."""

"""What the studies say, as parts of the JSON document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

import numpy as np

from bot.backtesting.asking import OPTIONS
from bot.backtesting.outcome import Outcome


def studies_json(outcome: Outcome) -> dict[str, object]:
    """Return the parts that were asked for: lookahead, bands, sweep, walk_forward."""
    found, sessions = outcome.found, outcome.market.sessions
    parts: dict[str, object] = {}
    if found.lookahead is not None:
        parts["lookahead"] = {
            "checked": found.lookahead.checked,
            "changed": [str(sessions[row]) for row in found.lookahead.changed],
        }
    if found.bands is not None:
        parts["bands"] = asdict(found.bands)
    if found.tried:
        parts["sweep"] = [
            {"values": _named(item.values), "metrics": asdict(item.metrics)} for item in found.tried
        ]
    if found.walk is not None:
        walk = found.walk
        days = np.datetime_as_string(sessions[walk.first : walk.first + len(walk.nav)]).tolist()
        parts["walk_forward"] = {
            "nav": dict(zip(days, np.round(walk.nav, 2).tolist(), strict=True)),
            "metrics": asdict(walk.metrics),
            "windows": [
                {
                    "start": str(sessions[item.start]),
                    "end": str(sessions[item.end]),
                    "values": _named(item.values),
                    "metrics": asdict(item.metrics),
                }
                for item in walk.windows
            ],
        }
    return parts


def _named(values: Mapping[str, float]) -> dict[str, float]:
    return {OPTIONS[name]: value for name, value in values.items()}

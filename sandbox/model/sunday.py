"""What the sandbox's model says of a week: the losses it was shown, and one rule against them."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from typing import Any

_NAMED_MAX = 5
_RULE_DAYS = 180
_CALM_BPS = 400


def factors(told: str) -> dict[str, Any]:
    """Return the arguments of `report_factors`: trades that lost in seven days, as shown."""
    lost = [item for item in _block(told, "trades", []) if item.get("pnl_7_won", 0) < 0]
    evidence = [
        {"trade": item["id"], "measure": "pnl_7_won", "value": item["pnl_7_won"]}
        for item in lost[-_NAMED_MAX:]
    ]
    failure = {
        "viewpoint": "timing",
        "text": "제안한 뒤 이레 동안 내렸습니다.",
        "evidence": evidence,
    }
    return {
        "common_failures": [failure] if evidence else [],
        "common_successes": [],
        "key_insights": [],
        "improvement_areas": [],
    }


def rules(told: str) -> dict[str, Any]:
    """Return the arguments of `propose_rules`: stay away from what swings widely."""
    found = re.search(r'<data kind="today">\n([0-9-]{10})', told)
    if found is None:
        return {"new_rules": [], "deprecated_rules": []}
    until = date.fromisoformat(found[1]) + timedelta(days=_RULE_DAYS)
    calm = {
        "category": "entry_criteria",
        "text": "크게 흔들리는 종목은 사지 않는다",
        "condition": [{"fact": "atr_bps", "operator": ">", "number": _CALM_BPS}],
        "action": "block_entry",
        "priority": 5,
        "rationale": "내린 매수가 있었다. 흔들림이 큰 날을 피한다",
        "falsifier": [
            {"fact": "avoided_count", "operator": ">=", "number": 30},
            {"fact": "avoided_mean_30_bps", "operator": ">", "number": 0},
        ],
        "expires_on": until.isoformat(),
    }
    return {"new_rules": [calm], "deprecated_rules": []}


def _block(told: str, kind: str, default: Any) -> Any:
    found = re.search(rf'<data kind="{kind}">\n(.*?)\n</data>', told, re.DOTALL)
    return json.loads(found[1]) if found else default

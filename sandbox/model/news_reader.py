"""How the stand-in for a small model reads news items: what a title says of a code, quoted.

Written from the bot's prompt and not from its checks: it makes the mistakes of a quick reader.
"""

from __future__ import annotations

import json
import re
from typing import Any

_ITEMS = re.compile(r'^<data kind="news">\n(.*)\n</data>$', re.DOTALL)
_WORDS = {
    "증가": "exports",
    "유입": "inflow",
    "상승": "rise",
    "하락": "fall",
    "분배": "distribution",
}
SENTENCES = 3


def read_news(text: str) -> str | None:
    """Return facts and sentences as JSON text, or None when `text` holds no news items."""
    found = _ITEMS.match(text.strip())
    if found is None:
        return None
    items: list[dict[str, Any]] = [json.loads(line) for line in found[1].splitlines()]
    facts = [
        {
            "item": item["item"],
            "symbol": symbol,
            "event": event,
            "day": item["published"][:10],
            "quote": item["title"],
            "confidence": "medium",
        }
        for item in items
        for word, event in _WORDS.items()
        if word in item["title"]
        for symbol in item["symbols"][:2]
    ]
    summary = [
        {"text": f"{item['source']}에 따르면 {item['title']}", "items": [item["item"]]}
        for item in items[:SENTENCES]
    ]
    return json.dumps({"facts": facts, "summary": summary}, ensure_ascii=False)

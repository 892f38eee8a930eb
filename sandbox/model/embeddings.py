"""Vectors that a test can foretell: texts that share pairs of characters point alike."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

DIMENSIONS = 64


def embedded(body: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the answer to one request for embeddings, or None when it asks for none."""
    asked = body.get("input")
    texts = [asked] if isinstance(asked, str) else asked
    if not isinstance(texts, list) or not texts or not all(_is_text(item) for item in texts):
        return None
    tokens = sum(len(item) for item in texts)
    return {
        "object": "list",
        "model": str(body.get("model", "")),
        "data": [
            {"object": "embedding", "index": place, "embedding": _vector(item)}
            for place, item in enumerate(texts)
        ],
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }


def _is_text(item: object) -> bool:
    return isinstance(item, str) and bool(item)


def _vector(text: str) -> list[float]:
    counts = [0.0] * DIMENSIONS
    for at in range(len(text) - 1):
        counts[zlib.crc32(text[at : at + 2].encode()) % DIMENSIONS] += 1.0
    return counts

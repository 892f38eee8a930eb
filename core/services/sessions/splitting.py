"""Cutting long answers where a reader would pause."""

from __future__ import annotations

import re

MESSAGE_CHARACTERS_MAX = 1_900
# Borders from best to worst: paragraph, line, end of a sentence, word.
_BORDERS = (
    re.compile(r"\n{2,}"),
    re.compile(r"\n"),
    re.compile(r"(?<=[.!?…。])\s+"),
    re.compile(r"\s+"),
)


def split_answer(text: str, limit: int = MESSAGE_CHARACTERS_MAX) -> tuple[str, ...]:
    """Return `text` in parts of at most `limit` characters, cut at the best border available.

    A part is at least half full unless the text ends, so that one early paragraph break does not
    make many short messages. Words longer than `limit` are cut hard. Raises ValueError for
    `limit` < 1.
    """
    if limit < 1:
        raise ValueError(f"limit must be at least 1, got {limit}")
    parts: list[str] = []
    rest = text.strip()
    while len(rest) > limit:
        cut = _cut(rest, limit)
        parts.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return tuple(part for part in (*parts, rest) if part)


def _cut(text: str, limit: int) -> int:
    window = text[: limit + 1]
    for border in _BORDERS:
        starts = [found.start() for found in border.finditer(window) if found.start() <= limit]
        if starts and starts[-1] >= limit // 2:
            return starts[-1]
    return limit

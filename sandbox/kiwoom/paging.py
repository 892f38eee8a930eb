"""Pages: `cont-yn` and `next-key` in the headers of request and answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from .answers import Visit, malformed

Row = TypeVar("Row")


def page_of(
    visit: Visit, rows: Sequence[Row], size: int, key: Callable[[Row], str]
) -> tuple[Sequence[Row], str]:
    """Return the page that the request asks for and the key of the next one ("" on the last).

    The key names the last row seen, so rows that arrive meanwhile neither repeat nor hide one.
    """
    start = 0
    if visit.request.header("cont-yn") == "Y":
        start = _after(visit, rows, key)
    chosen = rows[start : start + size]
    if start + size >= len(rows):
        return chosen, ""
    return chosen, f"{visit.api_id}:{key(chosen[-1])}"


def _after(visit: Visit, rows: Sequence[Row], key: Callable[[Row], str]) -> int:
    last_seen = visit.request.header("next-key")
    for index, row in enumerate(rows):
        if f"{visit.api_id}:{key(row)}" == last_seen:
            return index + 1
    raise malformed("next-key")

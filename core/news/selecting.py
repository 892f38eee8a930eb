"""Which of all headlines are kept: fresh, once each, newest first."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from core.domain.hangul import fold
from core.ports.news import Headline

HEADLINES_MAX = 60


def selected(
    headlines: Iterable[Headline], now: datetime, age_hours_max: int
) -> tuple[Headline, ...]:
    """Return at most `HEADLINES_MAX` headlines, newest first.

    Left out is what is older than `age_hours_max`, dated after `now`, or there already under the
    same title or the same link.
    """
    oldest = now - timedelta(hours=age_hours_max)
    kept: list[Headline] = []
    seen: set[str] = set()
    fresh = (item for item in headlines if oldest <= item.published_at <= now)
    for item in sorted(fresh, key=lambda item: item.published_at, reverse=True):
        marks = {f"title:{fold(item.title)}"} | ({f"link:{item.link}"} if item.link else set())
        if not marks & seen:
            kept.append(item)
        seen |= marks
    return tuple(kept[:HEADLINES_MAX])

"""Closes as they were traded beside the adjusted ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from core.domain.market import Bar


@dataclass(frozen=True, slots=True)
class Close:
    """The close of one session in won: as it was traded, and adjusted for splits and distributions.

    Both above 0.
    """

    session: date
    raw_won: int
    adjusted_won: int


def closes_of(raw: Iterable[Bar], adjusted: Iterable[Bar]) -> tuple[Close, ...]:
    """Return the closes of the sessions that both series know, in the order of `raw`."""
    known = {bar.session: bar.close_won for bar in adjusted}
    return tuple(
        Close(bar.session, bar.close_won, known[bar.session])
        for bar in raw
        if bar.close_won > 0 and known.get(bar.session, 0) > 0
    )


def step_between(before: Close, now: Close) -> Fraction:
    """Return by how much adjusted / raw rose from one close to a later one."""
    return Fraction(now.adjusted_won * before.raw_won, now.raw_won * before.adjusted_won)

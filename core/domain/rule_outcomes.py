"""What became of a rule: what it kept the account from holding, and how long it was in force."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from math import floor

from core.domain.krx import KST
from core.domain.leg_record import LegRecord
from core.domain.orders import Side
from core.domain.rule_facts import Measured
from core.domain.rule_record import RuleEffect, RuleRow
from core.domain.rules import RuleState

_BPS = 10_000
_WEEK_DAYS, _MONTH_DAYS = 7, 30


def measured_of(
    history: Sequence[RuleRow], avoided: Iterable[LegRecord], today: date
) -> Mapping[Measured, int | None]:
    """Return the measures of one rule; a mean or a share over nothing is None.

    `history` are its versions, oldest first; `avoided` the legs that it refused, made smaller, or
    called for: a sale. What counts is what the shares did, so that the outcome of a sale, which is
    what it spared, is turned round.
    """
    rates: dict[int, list[Fraction]] = {_WEEK_DAYS: [], _MONTH_DAYS: []}
    for leg in avoided:
        sign = -1 if leg.record.action == Side.SELL.value else 1
        for item in leg.outcomes:
            if item.days in rates:
                rates[item.days].append(sign * Fraction(item.rate))
    month = rates[_MONTH_DAYS]
    return {
        Measured.AVOIDED_COUNT: len(month),
        Measured.AVOIDED_MEAN_7_BPS: mean_bps(rates[_WEEK_DAYS]),
        Measured.AVOIDED_MEAN_30_BPS: mean_bps(month),
        Measured.AVOIDED_WIN_PERCENT: rose_percent(month),
        Measured.ACTIVE_DAYS: _active_days(history, today),
    }


def distinct(effects: Iterable[RuleEffect]) -> tuple[RuleEffect, ...]:
    """Return the effects that are a case of their own, oldest first.

    A purchase that is refused is asked for again on the next session, and a holding that is not
    sold is offered daily: the same month of the same symbol is one case, not thirty.
    """
    last: dict[str, date] = {}
    found = []
    for item in sorted(effects, key=lambda one: (one.at, one.record_id)):
        day = item.at.astimezone(KST).date()
        if item.symbol in last and (day - last[item.symbol]).days < _MONTH_DAYS:
            continue
        last[item.symbol] = day
        found.append(item)
    return tuple(found)


def mean_bps(rates: Sequence[Fraction]) -> int | None:
    """Return the mean in whole basis points, rounded down: a rule is not ended by a rounding."""
    return floor(sum(rates) * _BPS / len(rates)) if rates else None


def rose_percent(rates: Sequence[Fraction]) -> int | None:
    """Return how many of them are above zero, in whole percent, rounded down."""
    return 100 * sum(rate > 0 for rate in rates) // len(rates) if rates else None


def _active_days(history: Sequence[RuleRow], today: date) -> int:
    """Return the calendar days in force; from one change to the next, the last one until today."""
    ends = [*(row.since for row in history[1:]), today]
    spans = zip(history, ends, strict=False)
    return sum((end - row.since).days for row, end in spans if row.state is RuleState.ACTIVE)

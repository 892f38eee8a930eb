"""What became of a rule: what it kept the account from buying, and how long it was in force."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from math import floor

from core.domain.outcomes import Outcome
from core.domain.rule_facts import Measured
from core.domain.rule_record import RuleRow
from core.domain.rules import RuleState

_BPS = 10_000
_WEEK_DAYS, _MONTH_DAYS = 7, 30


def measured_of(
    history: Sequence[RuleRow], avoided: Iterable[Sequence[Outcome]] | None, today: date
) -> Mapping[Measured, int | None]:
    """Return the measures of one rule; a mean or a share over nothing is None.

    `history` are its versions, oldest first; `avoided` the outcomes of each purchase that it
    refused or made smaller, None where that is not noted: then only its days are known.
    """
    days = {Measured.ACTIVE_DAYS: _active_days(history, today)}
    if avoided is None:
        return {**dict.fromkeys(Measured), **days}
    rates: dict[int, list[Fraction]] = {_WEEK_DAYS: [], _MONTH_DAYS: []}
    for outcomes in avoided:
        for item in outcomes:
            if item.days in rates:
                rates[item.days].append(Fraction(item.rate))
    month = rates[_MONTH_DAYS]
    return {
        Measured.AVOIDED_COUNT: len(month),
        Measured.AVOIDED_MEAN_7_BPS: mean_bps(rates[_WEEK_DAYS]),
        Measured.AVOIDED_MEAN_30_BPS: mean_bps(month),
        Measured.AVOIDED_WIN_PERCENT: rose_percent(month),
        **days,
    }


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

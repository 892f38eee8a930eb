"""What the past says of a rule: the trade records with their outcomes, and a replay on stored bars.

Nothing is estimated. What a record does not hold makes no figure, and says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Protocol

from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.leg_record import LegRecord
from core.domain.orders import Side
from core.domain.outcomes import HORIZONS_DAYS, Outcome, half_up
from core.domain.rule_effects import RuleSight, Values, allowance
from core.domain.rule_evidence import Missing, RecordFigures, RuleEvidence, Unshown
from core.domain.rule_facts import FACT_TERMS, Fact, FactUse
from core.domain.rule_outcomes import mean_bps, rose_percent
from core.domain.rule_trying import tried_rule
from core.domain.rules import Judgement, Rule, RuleTerms, judge
from core.domain.tickets import TicketState
from core.ports.adoption import RuleReplays
from core.ports.clock import Clock
from core.services.rules.desk import DayFigures

_WEEK_DAYS, _MONTH_DAYS = HORIZONS_DAYS
_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


class MeasuredRecords(Protocol):
    """The part of `core.ports.reflection.OutcomeArchive` that is read here."""

    async def legs_between(self, start: datetime, end: datetime) -> tuple[LegRecord, ...]:
        """Return the legs proposed from `start` on and before `end`, oldest first."""


@dataclass(frozen=True, slots=True)
class _Case:
    """One suggested purchase whose 30 days are over: what it came to, and what the rule leaves.

    `is_acted` says that the rule would have taken shares off what was traded (or, of a proposal that
    came to nothing, off what was proposed).
    """

    day: date
    week: Fraction | None
    month: Fraction
    without_won: int
    with_won: int
    is_acted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Implements `core.ports.adoption.EvidenceMaker`."""

    records: MeasuredRecords
    figures: DayFigures
    replays: RuleReplays
    clock: Clock

    async def of(self, tried: RuleTerms, standing: Sequence[RuleTerms]) -> RuleEvidence:
        """Return the evidence of `tried` beside the other `standing` rules. Raises StorageError."""
        return RuleEvidence(
            records=await self._of_records(tried_rule(tried)),
            replay=await self.replays.replay(tried, standing),
        )

    async def _of_records(self, rule: Rule) -> RecordFigures | Missing:
        condition = rule.terms.condition
        if rule.terms.action.use is FactUse.HOLDING:
            # Records tell what was suggested, not what was held on every day.
            return Missing(Unshown.NO_HOLDINGS)
        facts = tuple(dict.fromkeys(item.fact for item in condition if not _is_recorded(item.fact)))
        if facts:
            return Missing(Unshown.NOT_RECORDED, facts)
        legs = await self.records.legs_between(_BEGINNING, self.clock.now())
        cases, unknown = [], 0
        for leg in _measured_purchases(legs):
            found = await self._case(rule, leg)
            if found is None:
                unknown += 1
            else:
                cases.append(found)
        return _figures(cases, unknown) if cases else Missing(Unshown.NO_RECORDS)

    async def _case(self, rule: Rule, leg: LegRecord) -> _Case | None:
        """Return what the rule makes of one purchase, None where it cannot be judged."""
        record, month = leg.record, leg.outcome(_MONTH_DAYS)
        day = _day(leg)
        if month is None or leg.proposed_won is None:
            return None
        price = leg.proposed_won
        known = await self.figures.figures_on(Symbol(record.symbol), day)

        def sized(shares: int) -> Values:
            return {Fact.ORDER_AMOUNT_WON: shares * price}

        judged = judge(rule.terms.condition, {**known, **sized(record.quantity)})
        if judged is Judgement.UNKNOWN:
            return None
        # Judged on what was asked, as the guard does, whatever was traded of it.
        left = allowance(RuleSight((rule,), known), record.quantity, sized).quantity
        kept = _kept(asked=record.quantity, traded=month.quantity, left=left)
        return _Case(
            day=day,
            week=_rate(leg.outcome(_WEEK_DAYS)),
            month=Fraction(month.rate),
            without_won=month.pnl_won,
            with_won=half_up(Fraction(month.pnl_won * kept, month.quantity)),
            is_acted=kept < month.quantity,
        )


def _kept(*, asked: int, traded: int, left: int) -> int:
    """Return how many of the `traded` shares there would be, had the rule `left` so many of those asked.

    A smaller order at the same price is filled as far as the larger one was, up to its own size:
    of ten that were asked three were there to be had, so that five would have come to the same
    three. What the rule does not touch stays what it was.
    """
    return traded if left >= asked else min(left, traded)


def _is_recorded(fact: Fact) -> bool:
    """Whether a fact of a past purchase can be told again: from bars, or from its own record.

    What the account had free at that moment, and what other orders were still to bring, is nowhere.
    """
    return fact is Fact.ORDER_AMOUNT_WON or FACT_TERMS[fact].source == "bars"


def _measured_purchases(legs: Iterable[LegRecord]) -> tuple[LegRecord, ...]:
    """Return the purchases whose 30 days are over, one a symbol and day.

    What was asked twice is one suggestion: of the same day the filled one counts, else the last.
    """
    found: dict[tuple[str, date], LegRecord] = {}
    for leg in legs:
        record = leg.record
        if (
            record.action != Side.BUY.value
            or record.status == TicketState.SUPERSEDED.value
            or leg.outcome(_MONTH_DAYS) is None
        ):
            continue
        key = (record.symbol, _day(leg))
        if key not in found or found[key].fill is None or leg.fill is not None:
            found[key] = leg
    return tuple(found.values())


def _day(leg: LegRecord) -> date:
    return leg.record.at.astimezone(KST).date()


def _rate(outcome: Outcome | None) -> Fraction | None:
    return None if outcome is None else Fraction(outcome.rate)


def _figures(cases: Sequence[_Case], unknown: int) -> RecordFigures:
    acted = [item for item in cases if item.is_acted]
    months = [item.month for item in acted]
    return RecordFigures(
        first_day=min(item.day for item in cases),
        last_day=max(item.day for item in cases),
        purchases=len(cases),
        unknown=unknown,
        outcomes=len(acted),
        acted_mean_7_bps=mean_bps([item.week for item in acted if item.week is not None]),
        acted_mean_30_bps=mean_bps(months),
        acted_rose_percent=rose_percent(months),
        rest_mean_30_bps=mean_bps([item.month for item in cases if not item.is_acted]),
        without_won=sum(item.without_won for item in cases),
        with_won=sum(item.with_won for item in cases),
    )

"""Why decisions went well or badly (M2): what a model says of measured outcomes, held to them.

A model writes sentences; every one of them must name trades and repeat what was measured of them.
Code looks that up, drops what is not so, and computes how often and how much: nobody's adjectives
rank anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from fractions import Fraction

from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.leg_record import LegRecord
from core.domain.outcomes import HORIZONS_DAYS, Outcome, half_up
from core.domain.tickets import Author

_BPS = 10_000


class Viewpoint(Enum):
    """From where a decision is looked at. The locale files hold a word per member."""

    DECISION = "decision"
    MARKET = "market"
    RISK = "risk"
    TIMING = "timing"
    SELECTION = "selection"


class FindingKind(Enum):
    """What a finding is, in the order in which they are told."""

    FAILURE = "failure"
    SUCCESS = "success"
    IMPROVEMENT = "improvement"
    INSIGHT = "insight"


class Measure(Enum):
    """What is measured of a trade: parts of the basis in basis points, amounts in won."""

    RETURN_7_BPS = "return_7_bps"
    RETURN_30_BPS = "return_30_bps"
    PNL_7_WON = "pnl_7_won"
    PNL_30_WON = "pnl_30_won"
    AFTER_7_WON = "after_7_won"
    AFTER_30_WON = "after_30_won"


class FactorState(Enum):
    """How the search for factors went.

    NOTHING: no outcome of the week was measured, so nobody was asked. OFFLINE: there is no model.
    """

    ANALYSED = "analysed"
    NOTHING = "nothing"
    OFFLINE = "offline"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedTrade:
    """One decision with what was measured of it. `result_won` is the newest, after costs if known."""

    record_id: str
    day: date
    symbol: Symbol
    side: str
    quantity: int
    author: Author | None
    is_hypothetical: bool
    reason: str
    measures: tuple[tuple[Measure, int], ...]
    result_won: int

    def measured(self, measure: Measure) -> int | None:
        """Return one measured value."""
        return dict(self.measures).get(measure)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A trade and what is said to have been measured of it."""

    trade: str
    measure: Measure
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One sentence of a model. `text` is data: to be shown escaped and cut."""

    kind: FindingKind
    viewpoint: Viewpoint
    text: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """A finding that holds. `frequency` counts its trades; `impact_won` is what they made of it.

    `priority` = frequency × impact: what happens often and costs much comes first. (The user's
    document multiplies nothing and counts adjectives; a product of two measured numbers needs no
    weights that somebody would have to choose.)
    """

    kind: FindingKind
    viewpoint: Viewpoint
    text: str
    trades: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    hypothetical: int
    impact_won: int

    @property
    def frequency(self) -> int:
        """Return how many trades show it."""
        return len(self.trades)

    @property
    def priority(self) -> int:
        """Return frequency × impact."""
        return self.frequency * self.impact_won


@dataclass(frozen=True, slots=True, kw_only=True)
class Factors:
    """M2. `trades` were looked at; dropped is what named unknown trades or other numbers than ours.

    `fault` names a ModelFault where it failed, `call_id` the stored call.
    """

    state: FactorState
    trades: int = 0
    factors: tuple[Factor, ...] = ()
    dropped_evidence: int = 0
    dropped_findings: int = 0
    fault: str = ""
    call_id: str = ""


def judged_trades(legs: Iterable[LegRecord]) -> tuple[JudgedTrade, ...]:
    """Return the legs with at least one outcome, as they are judged, in their order."""
    return tuple(_judged(leg) for leg in legs if leg.outcomes)


def _judged(leg: LegRecord) -> JudgedTrade:
    record, newest = leg.record, max(leg.outcomes, key=lambda item: item.days)
    return JudgedTrade(
        record_id=record.record_id,
        day=record.at.astimezone(KST).date(),
        symbol=Symbol(record.symbol),
        side=record.action,
        quantity=newest.quantity,
        author=leg.author,
        is_hypothetical=newest.is_hypothetical,
        reason=record.justification,
        measures=tuple(_measures(leg)),
        result_won=newest.pnl_won if newest.after_won is None else newest.after_won,
    )


def _measures(leg: LegRecord) -> Iterable[tuple[Measure, int]]:
    for days in HORIZONS_DAYS:
        outcome = leg.outcome(days)
        if outcome is None:
            continue
        yield Measure(f"return_{days}_bps"), return_bps(outcome)
        yield Measure(f"pnl_{days}_won"), outcome.pnl_won
        if outcome.after_won is not None:
            yield Measure(f"after_{days}_won"), outcome.after_won


def return_bps(outcome: Outcome) -> int:
    """Return P/L as a part of the basis, in basis points, rounded half up."""
    return half_up(Fraction(outcome.pnl_won * _BPS, outcome.basis_won))


def verified(trades: Sequence[JudgedTrade], findings: Sequence[Finding]) -> Factors:
    """Return what of `findings` holds, most important first, and how much was dropped.

    Evidence holds when the trade was shown and the value is exactly the measured one. A finding
    without evidence, or one of failures that lost nothing (successes that gained nothing), is
    dropped whole: the numbers say the opposite.
    """
    known = {item.record_id: item for item in trades}
    held: list[Factor] = []
    dropped_evidence = 0
    for finding in findings:
        kept = tuple(dict.fromkeys(item for item in finding.evidence if _holds(known, item)))
        dropped_evidence += len(finding.evidence) - len(kept)
        factor = _factor(known, finding, kept)
        if factor is not None:
            held.append(factor)
    order = list(FindingKind)
    held.sort(key=lambda item: (order.index(item.kind), -item.priority, item.text))
    return Factors(
        state=FactorState.ANALYSED,
        trades=len(trades),
        factors=tuple(held),
        dropped_evidence=dropped_evidence,
        dropped_findings=len(findings) - len(held),
    )


def _holds(known: Mapping[str, JudgedTrade], item: Evidence) -> bool:
    trade = known.get(item.trade)
    return trade is not None and trade.measured(item.measure) == item.value


def _factor(
    known: Mapping[str, JudgedTrade], finding: Finding, kept: tuple[Evidence, ...]
) -> Factor | None:
    ids = tuple(dict.fromkeys(item.trade for item in kept))
    shown = [known[name] for name in ids]
    impact = sum(_impact(finding.kind, item.result_won) for item in shown)
    if not finding.text or not shown or (finding.kind is not FindingKind.INSIGHT and not impact):
        return None
    return Factor(
        kind=finding.kind,
        viewpoint=finding.viewpoint,
        text=finding.text,
        trades=ids,
        evidence=kept,
        hypothetical=sum(item.is_hypothetical for item in shown),
        impact_won=impact,
    )


def _impact(kind: FindingKind, result_won: int) -> int:
    """Return what a result counts for: losses for what failed, gains for what went well."""
    if kind is FindingKind.INSIGHT:
        return abs(result_won)
    return max(result_won if kind is FindingKind.SUCCESS else -result_won, 0)

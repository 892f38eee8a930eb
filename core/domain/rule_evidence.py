"""What the past says of a rule: what was suggested with and without it, and the strategy likewise.

Two parts that are never added up, because they look at the same days: the trade records whose
outcomes were measured, and the strategy's backtest on stored bars. A part that cannot be had says
why instead of a number.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date
from enum import Enum
from typing import Any

from core.domain.rule_facts import Fact
from core.domain.rule_held import Held, Invested
from core.domain.rule_reach import Basis, Reach, reach_body, reach_from

# Under so many outcomes nothing is shown by them ("표본 부족").
OUTCOMES_MIN = 30
# A calendar half-year: it begins and ends where it does, however much data there is.
_MONTHS_PER_HALF = 6


class Unshown(Enum):
    """Why a part of the evidence has no figures (``rules.unshown_…`` of the locale files)."""

    NO_RECORDS = "no_records"
    NO_HOLDINGS = "no_holdings"
    NOT_RECORDED = "not_recorded"
    NO_BARS = "no_bars"
    NOT_STORED = "not_stored"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Missing:
    """No figures, and why; `facts` are those that cannot be known of the past."""

    why: Unshown
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFigures:
    """Suggested purchases whose 30 days are over, one a symbol and day, with and without the rule.

    `outcomes` of `purchases` are those the rule would have taken shares off; `unknown` could not be
    judged and are in neither. Means are of returns in basis points, None over nothing. Won are the P/L
    after 30 days, with what the rule would have left of each.
    """

    first_day: date
    last_day: date
    purchases: int
    unknown: int
    outcomes: int
    acted_mean_7_bps: int | None
    acted_mean_30_bps: int | None
    acted_rose_percent: int | None
    rest_mean_30_bps: int | None
    without_won: int
    with_won: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HalfYear:
    """One whole half-year of the walk: its name (``2024-H1``) and both returns, in basis points."""

    name: str
    without_bps: int
    with_bps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayFigures:
    """The strategy with the rule and without it on the same bars, from one day to another.

    `outcomes` counts what the rule acted on and whose 30 days are over, `unknown` the purchases it
    refused only because a fact was not known. Means and the share of rises are of what it kept the
    account from holding: high is bad for the rule. Drawdowns are below zero. `held` is None of what
    was kept before it was counted.
    """

    first_day: date
    last_day: date
    windows: tuple[HalfYear, ...]
    outcomes: int
    unknown: int
    acted_mean_7_bps: int | None
    acted_mean_30_bps: int | None
    acted_rose_percent: int | None
    without_bps: int
    with_bps: int
    drawdown_without_bps: int
    drawdown_with_bps: int
    orders_without: int
    orders_with: int
    held: Held | None = None

    @property
    def improved(self) -> int:
        """How many windows ended higher with the rule."""
        return sum(item.with_bps > item.without_bps for item in self.windows)

    @property
    def worsened(self) -> int:
        """How many windows ended lower with the rule."""
        return sum(item.with_bps < item.without_bps for item in self.windows)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleEvidence:
    """Both parts of what the past says of a rule, and how far it reaches beside those that stand.

    `reach` is None of evidence that was kept before it was counted.
    """

    records: RecordFigures | Missing
    replay: ReplayFigures | Missing
    reach: Reach | None = None

    @property
    def is_short(self) -> bool:
        """Whether no part has enough outcomes to show anything."""
        return not self._enough

    @property
    def speaks_for_it(self) -> bool:
        """Whether a part has enough outcomes, and none that has speaks against the rule."""
        return not self.is_short and all(map(_speaks_for, self._enough))

    @property
    def lets_auto_apply(self) -> bool:
        """Whether the gate may take the rule on by itself: it is borne out, and leaves enough.

        All the rules together, of what is bought and of what is held without any, and both counted:
        half of a half of a half is nothing.
        """
        reach, replay = self.reach, self.replay
        held = None if isinstance(replay, Missing) else replay.held
        if reach is None or reach.basis is not Basis.MEASURED or held is None:
            return False
        return self.speaks_for_it and not reach.is_heavy and not held.is_heavy

    @property
    def _enough(self) -> tuple[RecordFigures | ReplayFigures, ...]:
        return tuple(
            part
            for part in (self.records, self.replay)
            if not isinstance(part, Missing) and part.outcomes >= OUTCOMES_MIN
        )


def _speaks_for(part: RecordFigures | ReplayFigures) -> bool:
    """Whether it ended better with the rule, and not by hardly buying or holding at all.

    In a falling market the best rule is the one that forbids everything; that is no rule.
    """
    if isinstance(part, RecordFigures):
        return part.with_won > part.without_won and 2 * part.outcomes <= part.purchases
    return (
        part.improved > part.worsened
        and part.with_bps >= part.without_bps
        and part.drawdown_with_bps >= part.drawdown_without_bps
        and 2 * part.orders_with >= part.orders_without
        and not (part.held is not None and part.held.is_halved)
    )


def half_year(day: date) -> str:
    """Return the name of the half-year that `day` is in."""
    return f"{day.year}-H{(day.month - 1) // _MONTHS_PER_HALF + 1}"


def evidence_text(evidence: RuleEvidence) -> str:
    """Return canonical JSON of the evidence, which `evidence_of` reads back."""
    return _dumped(
        {
            "records": _body(evidence.records),
            "replay": _body(evidence.replay),
            "reach": None if evidence.reach is None else reach_body(evidence.reach),
        }
    )


def replay_text(replay: ReplayFigures | Missing) -> str:
    """Return canonical JSON of one replay, which `replay_of` reads back."""
    return _dumped(_body(replay))


def evidence_of(text: str) -> RuleEvidence | None:
    """Return what `evidence_text` wrote, or None for anything else."""
    try:
        body = json.loads(text)
        return RuleEvidence(
            records=_part(RecordFigures, body["records"]),
            replay=_replay(body["replay"]),
            # What was kept by an earlier version does not say.
            reach=reach_from(body["reach"]) if body.get("reach") else None,
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def replay_of(text: str) -> ReplayFigures | Missing | None:
    """Return what `replay_text` wrote, or None for anything else."""
    try:
        return _replay(json.loads(text))
    except (ValueError, TypeError, KeyError):
        return None


def _dumped(body: object) -> str:
    return json.dumps(body, sort_keys=True, separators=(",", ":"))


def _body(part: RecordFigures | ReplayFigures | Missing) -> dict[str, object]:
    if isinstance(part, Missing):
        return {"why": part.why.value, "facts": [fact.value for fact in part.facts]}
    found = asdict(part)
    return {**found, "first_day": str(part.first_day), "last_day": str(part.last_day)}


def _part(kind: type[Any], body: Any) -> Any:
    if "why" in body:
        return Missing(Unshown(body["why"]), tuple(Fact(name) for name in body["facts"]))
    days = {name: date.fromisoformat(body[name]) for name in ("first_day", "last_day")}
    return kind(**{**body, **days})


def _replay(body: Any) -> ReplayFigures | Missing:
    if "windows" in body:
        windows = tuple(HalfYear(**item) for item in body["windows"])
        body = {**_without_old(body), "windows": windows, "held": _held(body)}
    found: ReplayFigures | Missing = _part(ReplayFigures, body)
    return found


_OLD_WITHOUT, _OLD_WITH = "invested_without_percent", "invested_with_percent"


def _without_old(body: Any) -> Any:
    return {name: value for name, value in body.items() if name not in (_OLD_WITHOUT, _OLD_WITH)}


def _held(body: Any) -> Held | None:
    """Return what is held; of what an earlier version kept, as if no other rule had stood."""
    held = body.get("held")
    if held is not None:
        recent = held["recent"]
        return Held(Invested(**held["whole"]), None if recent is None else Invested(**recent))
    without, with_it = body.get(_OLD_WITHOUT), body.get(_OLD_WITH)
    if without is None or with_it is None:
        return None
    return Held(Invested(without * 100, without * 100, with_it * 100))

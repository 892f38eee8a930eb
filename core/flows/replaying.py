"""A past day decided again: the strategy and the guard of now, on what was stored then.

Whatever differs from what was decided then comes of what has changed since: our own code, the
strategy's file, the limits, or bars that were corrected. The user's own rules are those of that
day. Nothing is proposed and nothing stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import Enum
from typing import TYPE_CHECKING

from core.domain.costs import CostModel
from core.domain.instrument import Instrument, Symbol
from core.domain.krx import KST, etf_tick_won
from core.domain.market import Quote
from core.domain.modes import Mode, TradingState
from core.domain.money import Shares, Won
from core.domain.orders import OrderRequest, Side
from core.domain.plan import PlannedAction, Ranking
from core.domain.risk import AMOUNT_RULES, RiskLimits
from core.domain.rule_effects import NO_RULES, RuleSight
from core.flows.deciding import decided
from core.flows.gathering import LoadedBars
from core.flows.rule_exits import exits_due
from core.flows.values import DecisionBasis, GuardVerdict, MarketState, StrategyPlan
from core.services.orders.carried import Carried, carried
from core.services.risk.guard import AccountFacts, LegFacts, affordable, assess
from core.strategy.parameters import Parameters

if TYPE_CHECKING:
    from core.strategy.situation import Decision, Ranked

# Far beyond what numpy's versions differ by, far below what a person would call another score.
_DIGITS = 6
_AT = time(8, 0)


class Part(Enum):
    """What a difference is about."""

    PLAN = "plan"
    RANK = "rank"
    GUARD = "guard"


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedLine:
    """One action of the day's plan; `rule` is the strategy's reason, or the ids of own rules."""

    symbol: Symbol
    side: Side
    quantity: int
    price_won: int
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedLine:
    """One place of the momentum table; score and weight as ratios."""

    symbol: Symbol
    place: int
    score: float
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedLine:
    """What the guard lets through of an action that was in force; `broken` names the rules."""

    symbol: Symbol
    side: Side
    asked: int
    allowed: int
    broken: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DayDecisions:
    """What a day comes to: its plan, its table, and the guard's word on what was in force.

    `is_exact` tells decisions that were computed from those that were read back: these say only
    whether the guard let an action through. `is_ruled` tells that own rules judged purchases, which
    an older version left out.
    """

    day: date
    decided_on: date
    plan: tuple[DecidedLine, ...]
    ranks: tuple[RankedLine, ...]
    guard: tuple[JudgedLine, ...]
    is_exact: bool
    is_ruled: bool = False


Line = DecidedLine | RankedLine | JudgedLine


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One line that is not the same; None where it is missing."""

    part: Part
    before: Line | None
    after: Line | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayRules:
    """What is in force now: instruments, numbers, limits and costs.

    `holdings` and `entries` are the user's own rules as they stood on the day, with what was known
    of each symbol.
    """

    instruments: tuple[Instrument, ...]
    parameters: Parameters
    limits: RiskLimits
    costs: CostModel
    holdings: Mapping[Symbol, RuleSight] = field(default_factory=dict)
    entries: Mapping[Symbol, RuleSight] = field(default_factory=dict)


def read_back(day: date, planned: StrategyPlan, verdict: GuardVerdict | None) -> DayDecisions:
    """Return what was decided on `day`, as its steps have stored it."""
    plan = planned.plan
    let_through = set(verdict.allowed) if verdict else set()
    return DayDecisions(
        day=day,
        decided_on=plan.decided_on,
        plan=tuple(
            DecidedLine(
                symbol=item.symbol,
                side=item.side,
                quantity=item.quantity,
                price_won=item.price_won,
                rule=item.by_rules or item.rule,
            )
            for item in plan.actions
            if item.symbol not in planned.left_by_rules
        ),
        ranks=_ranks(plan.rankings),
        guard=tuple(
            JudgedLine(
                symbol=item.symbol,
                side=item.side,
                asked=item.quantity,
                allowed=item.quantity if (item.symbol, item.side) in let_through else 0,
            )
            for item in (planned.in_force.actions if verdict else ())
        ),
        is_exact=False,
    )


def decided_again(
    day: date,
    planned: StrategyPlan,
    basis: DecisionBasis,
    verdict: GuardVerdict | None,
    market: MarketState,
    bars: LoadedBars,
    rules: ReplayRules,
) -> DayDecisions:
    """Return what the strategy and the guard of now make of the day.

    The guard judges what was in force then at the closes of the day before.
    """
    decision = decided(
        rules.instruments[: rules.parameters.universe_max],
        market,
        bars,
        rules.parameters,
        rules.costs,
        day=day,
        is_rebalance=planned.plan.is_rebalance,
        basis=basis,
    )
    return DayDecisions(
        day=day,
        decided_on=market.decided_on,
        plan=tuple(_planned(day, decision, market, planned, rules)),
        ranks=_ranks(decision.rankings),
        guard=tuple(_judged(day, planned.in_force.actions if verdict else (), market, rules)),
        is_exact=True,
    )


def differences(before: DayDecisions, after: DayDecisions) -> tuple[Difference, ...]:
    """Return every line that is not the same, plan first."""
    is_exact = before.is_exact and after.is_exact
    return (
        *_differing(Part.PLAN, before.plan, after.plan),
        *_differing(Part.RANK, before.ranks, after.ranks),
        *(
            item
            for item in _differing(Part.GUARD, before.guard, after.guard)
            if is_exact or _lets_through(item.before) != _lets_through(item.after)
        ),
    )


def _lets_through(line: Line | None) -> bool:
    return isinstance(line, JudgedLine) and line.allowed > 0


def _differing(part: Part, before: Sequence[Line], after: Sequence[Line]) -> Iterator[Difference]:
    old, new = _by_key(before), _by_key(after)
    for key in {**old, **new}:
        if old.get(key) != new.get(key):
            yield Difference(part=part, before=old.get(key), after=new.get(key))


def _by_key(lines: Sequence[Line]) -> Mapping[tuple[str, str], Line]:
    return {
        (item.symbol, "" if isinstance(item, RankedLine) else item.side.value): item
        for item in lines
    }


def _planned(
    day: date, decision: Decision, market: MarketState, planned: StrategyPlan, rules: ReplayRules
) -> Iterator[DecidedLine]:
    """Yield the sales of the user's own rules, then the strategy's actions on everything else."""
    basis = planned.basis
    exits = tuple(exits_due(day, market, basis, rules.holdings)) if basis and basis.begun else ()
    for item in exits:
        yield DecidedLine(
            symbol=item.position.symbol,
            side=Side.SELL,
            quantity=item.position.sellable,
            price_won=item.close_won,
            rule=item.by_rules,
        )
    leaving = planned.left_by_rules.union(item.position.symbol for item in exits)
    for action in decision.actions:
        if action.symbol not in leaving:
            yield DecidedLine(
                symbol=action.symbol,
                side=action.side,
                quantity=action.quantity,
                price_won=action.price_won,
                rule=action.reason.key,
            )


def _ranks(rankings: Sequence[Ranking | Ranked]) -> tuple[RankedLine, ...]:
    return tuple(
        RankedLine(
            symbol=item.symbol,
            place=place,
            score=round(item.score, _DIGITS),
            weight=round(item.weight, _DIGITS),
        )
        for place, item in enumerate(rankings, start=1)
    )


def _judged(
    day: date, actions: Sequence[PlannedAction], market: MarketState, rules: ReplayRules
) -> Iterator[JudgedLine]:
    """Judge a basket as it is judged when it is proposed: sells first, each after the others."""
    earlier = Carried()
    cap = rules.limits.position_cap(market.portfolio.account.nav_won)
    percent = cap.percent_for(item.price_won for item in actions if item.side is Side.BUY)
    for item in sorted(actions, key=lambda action: action.side is Side.BUY):
        request = OrderRequest(
            symbol=item.symbol,
            side=item.side,
            quantity=Shares(item.quantity),
            price_won=Won(item.price_won),
        )
        read = _facts(day, item, market, rules, percent)
        facts = carried(read, item.symbol, earlier)
        broken = assess(request, facts, rules.limits, rules.costs)
        allowed = item.quantity
        if broken:
            is_curable = all(one.rule in AMOUNT_RULES for one in broken)
            allowed = affordable(request, facts, rules.limits, rules.costs) if is_curable else 0
        if allowed:
            earlier.add(item.symbol, item.side, allowed, item.price_won, rules.costs)
        yield JudgedLine(
            symbol=item.symbol,
            side=item.side,
            asked=item.quantity,
            allowed=allowed,
            broken=tuple(one.rule.value for one in broken),
        )


def _facts(
    day: date,
    item: PlannedAction,
    market: MarketState,
    rules: ReplayRules,
    cap_percent: int,
) -> LegFacts:
    """Return the facts of a leg as the morning knew them: nothing sent yet, prices at the closes."""
    now = datetime.combine(day, _AT, tzinfo=KST)
    account = market.portfolio.account
    held = account.position(item.symbol)
    known = (one for one in rules.instruments if one.symbol == item.symbol)
    entry = rules.entries.get(item.symbol, NO_RULES) if item.side is Side.BUY else NO_RULES
    return LegFacts(
        instrument=next(known, None),
        quote=_quote(item.symbol, Won(item.price_won), now),
        account=AccountFacts(
            nav_won=min(account.nav_won, rules.limits.capital_won),
            securities_won=account.securities_won,
            day_amount_won=0,
            day_count=0,
            minute_count=0,
        ),
        cash_won=market.portfolio.orderable_won,
        sellable=held.sellable if held else 0,
        holding_won=held.value_won if held else 0,
        in_window=True,
        in_doubt=False,
        state=TradingState.ACTIVE,
        cap_percent=cap_percent,
        waives_nav=True,
        ruled=entry,
        mode=Mode.SIM,
        now=now,
    )


def _quote(symbol: Symbol, close: Won, now: datetime) -> Quote:
    """Return a book that stands at the close; the band is wide enough for it."""
    return Quote(
        symbol=symbol,
        last_won=close,
        base_won=close,
        upper_limit_won=Won(close * 13 // 10),
        lower_limit_won=Won(max(close * 7 // 10, 1)),
        tick_won=etf_tick_won(close, now.date()),
        best_ask_won=close,
        best_bid_won=close,
        open_won=close,
        high_won=close,
        low_won=close,
        volume_shares=0,
        is_halted=False,
        received_at=now,
    )

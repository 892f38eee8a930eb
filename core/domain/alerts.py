"""What people want to be told of: the rules, the facts they are judged by, and what was reached.

Thresholds are whole numbers in the unit of their kind: won, hundredths of a percent (bps),
hundredths of a multiple, shares.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from types import MappingProxyType

from core.domain.instrument import Symbol

# In place of the id of a rule: all of them.
ALL_RULES = "all"


class AlertKind(Enum):
    """What an alert watches. The locale files hold a name for each (``watch.kind_…``).

    DAY_CHANGE and PREMIUM count in both directions; LOSS is written without its sign.
    """

    PRICE_ABOVE = "price_above"
    PRICE_BELOW = "price_below"
    DAY_CHANGE = "day_change"
    VOLUME_SURGE = "volume_surge"
    VOLUME_SHARES = "volume_shares"
    PREMIUM = "premium"
    PROFIT = "profit"
    LOSS = "loss"


class Unit(Enum):
    """What the threshold of a kind counts. People write percents and multiples with two decimals."""

    WON = "won"
    PERCENT = "percent"
    TIMES = "times"
    SHARES = "shares"

    @property
    def scale(self) -> int:
        """How many of what is stored make one of what is written."""
        return 100 if self in {Unit.PERCENT, Unit.TIMES} else 1


class Severity(Enum):
    """How loud a message is. Quiet hours hold back all but URGENT."""

    INFO = "info"
    WARNING = "warning"
    URGENT = "urgent"


class Repeat(Enum):
    """How often a rule speaks for one symbol: once a session, or once and never again."""

    DAILY = "daily"
    ONCE = "once"


class Direction(Enum):
    """Which way it went; NONE where there is only one."""

    UP = "up"
    DOWN = "down"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class AlertTerm:
    """The unit of a kind, its bounds as stored, and how loud it is."""

    unit: Unit
    lowest: int
    highest: int
    severity: Severity = Severity.WARNING


ALERT_TERMS: Mapping[AlertKind, AlertTerm] = MappingProxyType(
    {
        AlertKind.PRICE_ABOVE: AlertTerm(Unit.WON, 1, 10_000_000),
        AlertKind.PRICE_BELOW: AlertTerm(Unit.WON, 1, 10_000_000),
        # No price moves more than 30 % a day (60 % with a multiple of 2).
        AlertKind.DAY_CHANGE: AlertTerm(Unit.PERCENT, 10, 6_000),
        AlertKind.VOLUME_SURGE: AlertTerm(Unit.TIMES, 110, 10_000, Severity.INFO),
        AlertKind.VOLUME_SHARES: AlertTerm(Unit.SHARES, 1, 10_000_000_000, Severity.INFO),
        AlertKind.PREMIUM: AlertTerm(Unit.PERCENT, 10, 3_000, Severity.INFO),
        AlertKind.PROFIT: AlertTerm(Unit.PERCENT, 10, 100_000),
        AlertKind.LOSS: AlertTerm(Unit.PERCENT, 10, 10_000),
    }
)


def threshold_of(kind: AlertKind, written: Decimal) -> int | None:
    """Return what is stored for the number a person wrote; None outside of the bounds."""
    term = ALERT_TERMS[kind]
    scaled = written * term.unit.scale
    if scaled != scaled.to_integral_value() or not term.lowest <= scaled <= term.highest:
        return None
    return int(scaled)


def as_written(kind: AlertKind, stored: int) -> Decimal:
    """Return a stored number as people write it."""
    return Decimal(stored) / ALERT_TERMS[kind].unit.scale


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRule:
    """One wish. `symbol` None is everything that is held or on the watch list.

    With `profit_min_bps` or `profit_max_bps` it counts only while the profit of the holding is at
    least, or at most, that much; without a holding it then never counts.
    """

    rule_id: str
    symbol: Symbol | None
    kind: AlertKind
    threshold: int
    repeat: Repeat = Repeat.DAILY
    profit_min_bps: int | None = None
    profit_max_bps: int | None = None
    created_at: datetime
    created_by: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertDefaults:
    """The rules that everybody has; 0 switches one off. Stored units, as in `AlertRule`."""

    day_change_bps: int = 500
    volume_hundredths: int = 300
    volume_shares: int = 0
    premium_bps: int = 200

    def rules(self, at: datetime) -> tuple[AlertRule, ...]:
        """Return them as rules; their ids are the names of their kinds."""
        wanted = {
            AlertKind.DAY_CHANGE: self.day_change_bps,
            AlertKind.VOLUME_SURGE: self.volume_hundredths,
            AlertKind.VOLUME_SHARES: self.volume_shares,
            AlertKind.PREMIUM: self.premium_bps,
        }
        return tuple(
            AlertRule(
                rule_id=kind.value,
                symbol=None,
                kind=kind,
                threshold=threshold,
                created_at=at,
                created_by=0,
            )
            for kind, threshold in wanted.items()
            if threshold
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchFacts:
    """What is known of one symbol at one instant. None means nobody can say.

    `mean_shares` is the mean volume of the last 20 sessions, `premium_bps` how far the price is
    above the iNAV, `profit_bps` the gain of the holding on its average cost.
    """

    symbol: Symbol
    at: datetime
    last_won: int
    change_bps: int
    volume_shares: int
    mean_shares: int | None = None
    nav_won: Decimal | None = None
    premium_bps: int | None = None
    profit_bps: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """A rule whose threshold the facts reach; `value` is what was measured, in the rule's unit."""

    rule: AlertRule
    facts: WatchFacts
    direction: Direction
    value: int

    def occasion(self, session: date) -> str:
        """Return what it is told once for: a session and a direction, or for ever."""
        when = "once" if self.rule.repeat is Repeat.ONCE else session.isoformat()
        return when if self.direction is Direction.NONE else f"{when}:{self.direction.value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertFiring:
    """What fired when, and what is said of it. (rule, symbol, occasion) is unique.

    `told_at` is when it was handed to the outbox, which keeps it back in quiet hours.
    """

    rule_id: str
    symbol: Symbol
    occasion: str
    kind: AlertKind
    severity: Severity
    fired_at: datetime
    title: str
    text: str
    told_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedSymbol:
    """One entry of the watch list."""

    symbol: Symbol
    added_at: datetime
    added_by: int


def reached(rule: AlertRule, facts: WatchFacts) -> Reached | None:
    """Return what `rule` has to say of `facts`, or None."""
    if not _is_on_condition(rule, facts):
        return None
    found = _JUDGES[rule.kind](rule.threshold, facts)
    if found is None:
        return None
    direction, value = found
    return Reached(rule=rule, facts=facts, direction=direction, value=value)


def applies(rule: AlertRule, symbol: Symbol, own: tuple[AlertRule, ...]) -> bool:
    """Whether a default rule counts for `symbol` beside the rules people made.

    A rule of the same kind that covers the symbol takes its place.
    """
    return not any(item.kind is rule.kind and item.symbol in {None, symbol} for item in own)


def _is_on_condition(rule: AlertRule, facts: WatchFacts) -> bool:
    low, high = rule.profit_min_bps, rule.profit_max_bps
    if low is None and high is None:
        return True
    if facts.profit_bps is None:
        return False
    return (low is None or facts.profit_bps >= low) and (high is None or facts.profit_bps <= high)


_Judged = tuple[Direction, int] | None


def _price_above(threshold: int, facts: WatchFacts) -> _Judged:
    return (Direction.NONE, facts.last_won) if facts.last_won >= threshold else None


def _price_below(threshold: int, facts: WatchFacts) -> _Judged:
    return (Direction.NONE, facts.last_won) if facts.last_won <= threshold else None


def _both_ways(threshold: int, value: int | None) -> _Judged:
    if value is None or abs(value) < threshold:
        return None
    return (Direction.UP if value > 0 else Direction.DOWN), value


def _day_change(threshold: int, facts: WatchFacts) -> _Judged:
    return _both_ways(threshold, facts.change_bps)


def _premium(threshold: int, facts: WatchFacts) -> _Judged:
    return _both_ways(threshold, facts.premium_bps)


def _volume_surge(threshold: int, facts: WatchFacts) -> _Judged:
    if not facts.mean_shares:
        return None
    times = facts.volume_shares * 100 // facts.mean_shares
    # More than so many times, as it is written; equal is not enough.
    more = facts.volume_shares * 100 > facts.mean_shares * threshold
    return (Direction.NONE, times) if more else None


def _volume_shares(threshold: int, facts: WatchFacts) -> _Judged:
    more = facts.volume_shares > threshold
    return (Direction.NONE, facts.volume_shares) if more else None


def _profit(threshold: int, facts: WatchFacts) -> _Judged:
    if facts.profit_bps is None or facts.profit_bps < threshold:
        return None
    return Direction.NONE, facts.profit_bps


def _loss(threshold: int, facts: WatchFacts) -> _Judged:
    if facts.profit_bps is None or facts.profit_bps > -threshold:
        return None
    return Direction.NONE, facts.profit_bps


_JUDGES: Mapping[AlertKind, Callable[[int, WatchFacts], _Judged]] = MappingProxyType(
    {
        AlertKind.PRICE_ABOVE: _price_above,
        AlertKind.PRICE_BELOW: _price_below,
        AlertKind.DAY_CHANGE: _day_change,
        AlertKind.VOLUME_SURGE: _volume_surge,
        AlertKind.VOLUME_SHARES: _volume_shares,
        AlertKind.PREMIUM: _premium,
        AlertKind.PROFIT: _profit,
        AlertKind.LOSS: _loss,
    }
)

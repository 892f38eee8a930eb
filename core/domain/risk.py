"""The verdict of the risk guard: all violations, each with limit, value and unit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from core.domain.money import Won


class Rule(Enum):
    """Every rule the guard checks. The locale files hold one sentence per member."""

    HALTED = "halted"
    REDUCE_ONLY = "reduce_only"
    OBSERVE_ONLY = "observe_only"
    UNKNOWN_SYMBOL = "unknown_symbol"
    NOT_PLAIN_ETF = "not_plain_etf"
    QUANTITY_MINIMUM = "quantity_minimum"
    QUANTITY_MAXIMUM = "quantity_maximum"
    PRICE_OFF_TICK = "price_off_tick"
    PRICE_OUTSIDE_BAND = "price_outside_band"
    PRICE_OUTSIDE_COLLAR = "price_outside_collar"
    ORDER_AMOUNT = "order_amount"
    DAY_AMOUNT = "day_amount"
    DAY_COUNT = "day_count"
    MINUTE_COUNT = "minute_count"
    POSITION_WEIGHT = "position_weight"
    CAPITAL = "capital"
    CASH = "cash"
    SELLABLE = "sellable"
    SESSION_CLOSED = "session_closed"
    QUOTE_STALE = "quote_stale"
    INSTRUMENT_HALTED = "instrument_halted"
    IN_DOUBT = "in_doubt"
    SYMBOL_HELD = "symbol_held"
    INSTRUMENT_DESIGNATED = "instrument_designated"
    CASH_FLOOR = "cash_floor"
    REPEATED = "repeated"
    FACTS_MISSING = "facts_missing"
    INAV_DISTANCE = "inav_distance"
    INAV_MISSING = "inav_missing"
    IN_VI = "in_vi"
    RULE_BLOCKS = "rule_blocks"
    RULE_SHRINKS = "rule_shrinks"


# Rules whose breach a smaller quantity cures. Each has a short name: ``risk.short_…``.
AMOUNT_RULES = frozenset(
    {
        Rule.ORDER_AMOUNT,
        Rule.DAY_AMOUNT,
        Rule.POSITION_WEIGHT,
        Rule.CAPITAL,
        Rule.CASH,
        Rule.CASH_FLOOR,
        Rule.SELLABLE,
        Rule.RULE_SHRINKS,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionCap:
    """How much of the net asset value one position may be worth: tight where that works, else wide.

    The strategy and the guard ask the same object, so that a plan and its ticket agree.
    """

    nav_won: int
    tight_percent: int
    wide_percent: int

    def percent_for(self, prices_won: Iterable[int]) -> int:
        """Return the tight cap if it leaves a share at each of `prices_won`, else the wide one.

        What is already held does not count here: a position at its tight cap must not open the
        wide one.
        """
        room = self.won(self.tight_percent)
        return self.tight_percent if all(p <= room for p in prices_won) else self.wide_percent

    def won(self, percent: int) -> int:
        """Return `percent` of the net asset value in won, rounded down."""
        return max(self.nav_won, 0) * percent // 100


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskLimits:
    """Hard limits from the settings. Discord may only tighten them.

    A position may weigh `position_tight_percent` where that leaves a share for each leg that buys,
    else `position_weight_percent` (see `PositionCap`). `cash_floor_won` stays orderable after every
    buy. The same symbol, side, quantity and price is armed at most `repeat_count` times within
    `repeat_minutes`. An order may be `inav_percent` away from the iNAV (0: any distance); see
    `core.services.risk.fair_value`. Amounts in won, weights in percent of the net asset value.
    """

    capital_won: Won = Won(1_000_000)
    order_amount_won: Won = Won(400_000)
    day_amount_won: Won = Won(1_000_000)
    day_count: int = 10
    minute_count: int = 3
    position_weight_percent: int = 40
    position_tight_percent: int = 10
    cash_floor_won: Won = Won(0)
    collar_percent: int = 3
    quote_age_seconds: int = 5
    quantity_maximum: int = 10_000
    repeat_count: int = 2
    repeat_minutes: int = 10
    leveraged_allowed: bool = False
    inav_percent: int = 3

    def position_cap(self, nav_won: int) -> PositionCap:
        """Return the position cap of an account worth `nav_won`, of which the capital counts."""
        return PositionCap(
            nav_won=min(nav_won, self.capital_won),
            tight_percent=min(self.position_tight_percent, self.position_weight_percent),
            wide_percent=self.position_weight_percent,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One broken rule. `limit` and `value` are in `unit` ("won", "shares", "%", "", …).

    `note` of a halt is why the day was stopped, None for a halt of another kind. `because` is what
    a tripped breaker, a held symbol, a designation or the real-money interlock says, or the ids of
    the user's rules, and `percent` the cap a `limit` in won was made of.
    """

    rule: Rule
    symbol: str = ""
    limit: int | None = None
    value: int | None = None
    unit: str = ""
    note: str | None = None
    because: str = ""
    percent: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """No rule is broken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Denied:
    """At least one rule is broken; nothing is sent."""

    violations: tuple[Violation, ...]


RiskDecision = Allowed | Denied

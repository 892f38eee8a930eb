"""The verdict of the risk guard: all violations, each with limit, value and unit."""

from __future__ import annotations

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


# Rules whose breach a smaller quantity cures. Each has a short name: ``risk.short_…``.
AMOUNT_RULES = frozenset(
    {
        Rule.ORDER_AMOUNT,
        Rule.DAY_AMOUNT,
        Rule.POSITION_WEIGHT,
        Rule.CAPITAL,
        Rule.CASH,
        Rule.SELLABLE,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskLimits:
    """Hard limits from the settings. Discord may only tighten them."""

    capital_won: Won = Won(1_000_000)
    order_amount_won: Won = Won(400_000)
    day_amount_won: Won = Won(1_000_000)
    day_count: int = 10
    minute_count: int = 3
    position_weight_percent: int = 40
    collar_percent: int = 3
    quote_age_seconds: int = 5
    quantity_maximum: int = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One broken rule. `limit` and `value` are in `unit` ("won", "shares", "%", "", …).

    `note` of a halt is why the day was stopped, None for a halt of another kind.
    """

    rule: Rule
    symbol: str = ""
    limit: int | None = None
    value: int | None = None
    unit: str = ""
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """No rule is broken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Denied:
    """At least one rule is broken; nothing is sent."""

    violations: tuple[Violation, ...]


RiskDecision = Allowed | Denied

"""Judge one order against every rule and name all that it breaks, not just the first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType

from core.domain.costs import CostModel
from core.domain.inav import NavReading
from core.domain.instrument import Instrument
from core.domain.krx import is_on_tick
from core.domain.market import Quote
from core.domain.modes import Mode, TradingState
from core.domain.money import Won
from core.domain.orders import OrderRequest, Side
from core.domain.risk import RiskLimits, Rule, Violation
from core.domain.rule_effects import NO_RULES, RuleSight
from core.services.risk.fair_value import fair_value_violations
from core.services.risk.ruled import rule_violations, ruled_allowance


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFacts:
    """What the account and the day so far allow. Amounts in won, buys only in `day_amount_won`.

    The counts hold the orders of other people in the same account too.
    """

    nav_won: int
    securities_won: int
    day_amount_won: int
    day_count: int
    minute_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LegFacts:
    """Everything one order is judged by. None means "could not be read", which blocks.

    `cash_won` is what may be spent without credit, `sellable` what may be sold, `holding_won` the
    value already held of this symbol. `in_window` is whether orders may be sent now (or will be
    queued for a window that is still to come today). `cap_percent` is the position cap that the
    proposal is judged by, None the tight one. `recent` counts the signatures armed within
    `RiskLimits.repeat_minutes`.
    """

    instrument: Instrument | None
    quote: Quote | None
    account: AccountFacts | None
    cash_won: int | None
    sellable: int | None
    holding_won: int
    in_window: bool
    in_doubt: bool
    state: TradingState
    # Why the day was stopped (maybe an empty text), or None when it was not.
    stopped_because: str | None = None
    # What the breakers that are out say, and why a person has to look at this symbol first.
    tripped_because: str = ""
    # Whether the halt is only a clock that is wrong, and ends when it is set.
    waits_for_clock: bool = False
    held_because: str | None = None
    # What a watched account is short of before real orders may be sent.
    locked_because: str = ""
    cap_percent: int | None = None
    # What an ETF share is worth; None where nobody was asked. `waives_nav`: a person looked at it.
    nav: NavReading | None = None
    waives_nav: bool = False
    recent: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    # The user's rules with what is known of the symbol, and the shares that were asked for before
    # a rule took some off; None where none did.
    ruled: RuleSight = NO_RULES
    asked: int | None = None
    mode: Mode
    now: datetime


def assess(
    request: OrderRequest, facts: LegFacts, limits: RiskLimits, costs: CostModel
) -> tuple[Violation, ...]:
    """Return every violation of `request`; an empty tuple allows it."""
    return (
        *_switches(request, facts),
        *_instrument(request, facts, limits),
        *_price(request, facts, limits),
        *_volume(request, facts, limits),
        *_money(request, facts, limits, costs),
        *_fair_value(request, facts, limits),
        *_ruled(request, facts, costs),
    )


def _ruled(request: OrderRequest, facts: LegFacts, costs: CostModel) -> Iterator[Violation]:
    # Without a quote `_price` refuses already, and there is no amount to judge.
    if facts.quote is not None:
        price = reserve_price_won(request, facts.quote)
        yield from rule_violations(request, facts, costs, price)


def _fair_value(request: OrderRequest, facts: LegFacts, limits: RiskLimits) -> Iterator[Violation]:
    if not facts.waives_nav:
        yield from fair_value_violations(request, facts.quote, facts.nav, limits)


def reserve_price_won(request: OrderRequest, quote: Quote) -> Won:
    """Return the price the broker reserves cash at: the limit, or the upper limit for market."""
    return request.price_won if request.price_won is not None else quote.upper_limit_won


def _switches(request: OrderRequest, facts: LegFacts) -> Iterator[Violation]:
    if not facts.mode.may_send_orders:
        yield Violation(rule=Rule.OBSERVE_ONLY, because=facts.locked_because)
    if facts.state is TradingState.HALTED:
        yield Violation(rule=Rule.HALTED, note=facts.stopped_because, because=facts.tripped_because)
    if facts.state is TradingState.REDUCE_ONLY and request.side is Side.BUY:
        yield Violation(rule=Rule.REDUCE_ONLY, because=facts.tripped_because)
    if not facts.in_window:
        yield Violation(rule=Rule.SESSION_CLOSED)
    if facts.in_doubt:
        yield Violation(rule=Rule.IN_DOUBT, symbol=request.symbol)
    if facts.held_because is not None:
        yield Violation(rule=Rule.SYMBOL_HELD, symbol=request.symbol, because=facts.held_because)


def _instrument(request: OrderRequest, facts: LegFacts, limits: RiskLimits) -> Iterator[Violation]:
    if request.quantity > limits.quantity_maximum:
        yield Violation(
            rule=Rule.QUANTITY_MAXIMUM,
            symbol=request.symbol,
            limit=limits.quantity_maximum,
            value=request.quantity,
            unit="shares",
        )
    # What is already held may always be sold, even if it left the universe.
    if request.side is Side.SELL:
        return
    if facts.instrument is None:
        yield Violation(rule=Rule.UNKNOWN_SYMBOL, symbol=request.symbol)
    elif not facts.instrument.is_plain and not limits.leveraged_allowed:
        yield Violation(
            rule=Rule.NOT_PLAIN_ETF,
            symbol=request.symbol,
            limit=1,
            value=facts.instrument.multiple,
            unit="x",
        )


def _price(request: OrderRequest, facts: LegFacts, limits: RiskLimits) -> Iterator[Violation]:
    quote = facts.quote
    if quote is None or not _makes_sense(quote):
        yield Violation(rule=Rule.FACTS_MISSING, symbol=request.symbol)
        return
    if quote.is_halted:
        yield Violation(rule=Rule.INSTRUMENT_HALTED, symbol=request.symbol)
    # What is held may be sold as long as it trades at all.
    if quote.designations and request.side is Side.BUY:
        names = sorted(item.value for item in quote.designations)
        yield Violation(
            rule=Rule.INSTRUMENT_DESIGNATED, symbol=request.symbol, because=",".join(names)
        )
    # A quote from the future is no fresher than one as far in the past: one clock is wrong.
    age = abs(facts.now - quote.received_at)
    if age > timedelta(seconds=limits.quote_age_seconds):
        yield Violation(
            rule=Rule.QUOTE_STALE,
            symbol=request.symbol,
            limit=limits.quote_age_seconds,
            value=-(-age // timedelta(seconds=1)),
            unit="s",
        )
    if request.price_won is not None:
        yield from _limit_price(request, quote, facts, limits, request.price_won)


def _makes_sense(quote: Quote) -> bool:
    """Whether the quote has a price and a band at all; zeros are what a broker says for nothing."""
    return quote.last_won >= 1 and 1 <= quote.lower_limit_won <= quote.upper_limit_won


def _limit_price(
    request: OrderRequest, quote: Quote, facts: LegFacts, limits: RiskLimits, price_won: Won
) -> Iterator[Violation]:
    if not is_on_tick(price_won, facts.now.date()):
        yield Violation(
            rule=Rule.PRICE_OFF_TICK,
            symbol=request.symbol,
            limit=quote.tick_won,
            value=price_won,
            unit="won",
        )
    lower, upper = quote.lower_limit_won, quote.upper_limit_won
    if not lower <= price_won <= upper:
        bound = upper if price_won > upper else lower
        yield Violation(
            rule=Rule.PRICE_OUTSIDE_BAND,
            symbol=request.symbol,
            limit=bound,
            value=price_won,
            unit="won",
        )
    worst = collar_won(request.side, quote.last_won, limits.collar_percent)
    too_far = price_won > worst if request.side is Side.BUY else price_won < worst
    if too_far:
        yield Violation(
            rule=Rule.PRICE_OUTSIDE_COLLAR,
            symbol=request.symbol,
            limit=worst,
            value=price_won,
            unit="won",
        )


def collar_won(side: Side, last_won: int, collar_percent: int) -> int:
    """Return the worst price that is still near the last one: +collar for a buy, -collar else."""
    if side is Side.BUY:
        return last_won * (100 + collar_percent) // 100
    return -(-last_won * (100 - collar_percent) // 100)


def _volume(request: OrderRequest, facts: LegFacts, limits: RiskLimits) -> Iterator[Violation]:
    account = facts.account
    if account is None:
        yield Violation(rule=Rule.FACTS_MISSING, symbol=request.symbol)
        return
    if account.day_count >= limits.day_count:
        yield Violation(
            rule=Rule.DAY_COUNT, limit=limits.day_count, value=account.day_count + 1, unit="orders"
        )
    if account.minute_count >= limits.minute_count:
        yield Violation(
            rule=Rule.MINUTE_COUNT,
            limit=limits.minute_count,
            value=account.minute_count + 1,
            unit="orders",
        )
    armed = facts.recent.get(request.signature, 0)
    if armed >= limits.repeat_count:
        yield Violation(
            rule=Rule.REPEATED,
            symbol=request.symbol,
            limit=limits.repeat_count,
            value=armed + 1,
            unit="orders",
            because=str(limits.repeat_minutes),
        )


def _money(
    request: OrderRequest, facts: LegFacts, limits: RiskLimits, costs: CostModel
) -> Iterator[Violation]:
    if request.side is Side.SELL:
        yield from _sellable(request, facts)
        return
    if facts.quote is None or facts.account is None or facts.cash_won is None:
        # Said once: `_price` and `_volume` name the missing quote and account themselves.
        if facts.cash_won is None:
            yield Violation(rule=Rule.FACTS_MISSING, symbol=request.symbol)
        return
    amount = reserve_price_won(request, facts.quote) * request.quantity
    cost = amount + costs.fee_won(amount)
    account, cap = facts.account, _cap_percent(facts, limits)
    checks = (
        (Rule.ORDER_AMOUNT, limits.order_amount_won, amount),
        (Rule.DAY_AMOUNT, limits.day_amount_won, account.day_amount_won + amount),
        (Rule.POSITION_WEIGHT, _cap_won(account, cap), facts.holding_won + amount),
        (Rule.CAPITAL, limits.capital_won, account.securities_won + amount),
        (Rule.CASH, facts.cash_won, cost),
    )
    for rule, limit, value in checks:
        if value > limit:
            percent = cap if rule is Rule.POSITION_WEIGHT else None
            yield Violation(
                rule=rule,
                symbol=request.symbol,
                limit=limit,
                value=value,
                unit="won",
                percent=percent,
            )
    left = facts.cash_won - cost
    if 0 <= left < limits.cash_floor_won:
        yield Violation(
            rule=Rule.CASH_FLOOR,
            symbol=request.symbol,
            limit=limits.cash_floor_won,
            value=left,
            unit="won",
        )


def _cap_percent(facts: LegFacts, limits: RiskLimits) -> int:
    """Return the cap the proposal was judged by; nobody said which: the tight one."""
    chosen = limits.position_tight_percent if facts.cap_percent is None else facts.cap_percent
    return min(chosen, limits.position_weight_percent)


def _cap_won(account: AccountFacts, percent: int) -> int:
    return max(account.nav_won, 0) * percent // 100


def _sellable(request: OrderRequest, facts: LegFacts) -> Iterator[Violation]:
    if facts.sellable is None:
        yield Violation(rule=Rule.FACTS_MISSING, symbol=request.symbol)
    elif request.quantity > facts.sellable:
        yield Violation(
            rule=Rule.SELLABLE,
            symbol=request.symbol,
            limit=facts.sellable,
            value=request.quantity,
            unit="shares",
        )


def affordable(request: OrderRequest, facts: LegFacts, limits: RiskLimits, costs: CostModel) -> int:
    """Return the largest quantity ≤ the asked one that the amount rules allow (0 if none).

    Amount rules are cash and its floor, order amount, day amount, position weight, capital and the
    user's own rules for a buy, and the sellable quantity for a sell. Quantities are only ever reduced.
    """
    if request.side is Side.SELL:
        return max(min(request.quantity, facts.sellable or 0), 0)
    if facts.quote is None or facts.account is None or facts.cash_won is None:
        return 0
    price = reserve_price_won(request, facts.quote)
    if price < 1:
        return 0
    account = facts.account
    cash = facts.cash_won - limits.cash_floor_won
    room = min(
        limits.order_amount_won,
        limits.day_amount_won - account.day_amount_won,
        _cap_won(account, _cap_percent(facts, limits)) - facts.holding_won,
        limits.capital_won - account.securities_won,
        cash,
    )
    ruled = ruled_allowance(request, facts, costs, price).quantity
    quantity = min(request.quantity, max(room, 0) // price, ruled)
    while quantity > 0 and price * quantity + costs.fee_won(price * quantity) > cash:
        quantity -= 1
    return quantity

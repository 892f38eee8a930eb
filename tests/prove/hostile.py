"""Hostile proposals: whatever a model may write within its schema, through the guard.

Each proposal is the JSON of a `propose_order` call, read by the code that reads a model's calls.
The judge below shares no code with the guard: it knows the limits and adds up for itself. Fifty
seeds are a million proposals.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from core.domain.costs import CostModel
from core.domain.instrument import Instrument, Symbol, symbol
from core.domain.market import Designation
from core.domain.modes import Mode, TradingState
from core.domain.money import Shares, Won
from core.domain.orders import OrderRequest, OrderType, Side
from core.domain.risk import RiskLimits
from core.errors import ModelError
from core.llm.schemas import PRICE_WON_MAX, QUANTITY_MAX, parse_call
from core.ports.dialogue import ProposeAsk
from core.ports.model import ToolCall
from core.services.risk.guard import AccountFacts, LegFacts, affordable, assess
from tests.fakes.quotes import quote_of
from tests.prove.proof import Outcome, Tell, Unit, repeat, silent

PROPOSALS = 20_000
# With so many nothing more is to be learned from a seed.
FAULTS_MAX = 5
NOW = datetime(2026, 11, 16, 1, 0, tzinfo=UTC)
CODE = symbol("069500")
COSTS = CostModel()
CHEAP, LEVERAGED, INVERSE = symbol("0080G0"), symbol("122630"), symbol("114800")
# What each costs, about: below 2,000 won the tick is one won.
_BASES = {CODE: 10_000, CHEAP: 1_990, LEVERAGED: 20_000, INVERSE: 2_005}
_MULTIPLES = {CODE: 1, CHEAP: 1, LEVERAGED: 2, INVERSE: -1}
_ABSURD = (-1, 0, 1, 2, 7, 99, 10_000, 10_001, QUANTITY_MAX, PRICE_WON_MAX, 2**63, 10**30)


@dataclass(frozen=True, slots=True)
class Hostile:
    """Random orders, facts and limits; nothing that passes may be beyond a single limit."""

    name: str = "hostile"
    proves: str = (
        "no hostile proposal passes the guard beyond a limit, and tighter never allows more"
    )
    weight: int = 5

    def run(self, seed: int, budget_seconds: float, tell: Tell = silent) -> Outcome:
        """One seed is `PROPOSALS` proposals."""
        return repeat("proposals", seed, budget_seconds, one, tell)


def one(seed: int) -> Unit:
    """Judge the proposals of one seed, up to `FAULTS_MAX` faults."""
    dice = random.Random(seed)
    faults: list[str] = []
    passed = 0
    tried = 0
    while tried < PROPOSALS and len(faults) < FAULTS_MAX:
        request = _request(dice)
        if request is None:
            continue  # no such order can even be written down
        tried += 1
        facts, limits = _facts(dice, request.symbol), _limits(dice)
        allowed = not assess(request, facts, limits, COSTS)
        passed += allowed
        if allowed:
            faults += [
                f"{text}: {request} {facts} {limits}" for text in beyond(request, facts, limits)
            ]
        faults += _resized(request, facts, limits)
        faults += _tighter(dice, request, facts, limits, allowed=allowed)
    return Unit(faults=faults[:FAULTS_MAX], count=tried, note=f"{passed} passed")


def _resized(request: OrderRequest, facts: LegFacts, limits: RiskLimits) -> Iterator[str]:
    quantity = affordable(request, facts, limits, COSTS)
    if not 0 <= quantity <= request.quantity:
        yield f"grew to {quantity}: {request}"
    elif quantity:
        smaller = replace(request, quantity=Shares(quantity))
        amounts = [text for text in beyond(smaller, facts, limits) if text in _AMOUNTS]
        if amounts:
            yield f"affordable beyond {amounts}: {request} {facts} {limits}"


def _tighter(
    dice: random.Random,
    request: OrderRequest,
    facts: LegFacts,
    limits: RiskLimits,
    *,
    allowed: bool,
) -> Iterator[str]:
    tight = replace(
        limits,
        order_amount_won=Won(dice.randint(1, limits.order_amount_won)),
        day_amount_won=Won(dice.randint(1, limits.day_amount_won)),
        capital_won=Won(dice.randint(1, limits.capital_won)),
        position_weight_percent=dice.randint(1, limits.position_weight_percent),
        cash_floor_won=Won(limits.cash_floor_won + dice.randint(0, 1_000)),
        day_count=dice.randint(1, limits.day_count),
        repeat_count=dice.randint(1, limits.repeat_count),
    )
    if not allowed and not assess(request, facts, tight, COSTS):
        yield f"tighter limits allowed it: {request} {facts} {limits} → {tight}"
    if affordable(request, facts, tight, COSTS) > affordable(request, facts, limits, COSTS):
        yield f"tighter limits made it larger: {request} {facts} {limits} → {tight}"


_AMOUNTS = frozenset({"order", "day", "weight", "capital", "cash", "floor", "sellable"})


def beyond(request: OrderRequest, facts: LegFacts, limits: RiskLimits) -> Iterator[str]:
    """Yield every limit that `request` is beyond, by arithmetic of its own."""
    yield from _standing(request, facts, limits)
    quote, account = facts.quote, facts.account
    if quote is None or account is None:
        yield "unread"
        return
    price = quote.upper_limit_won if request.price_won is None else request.price_won
    if request.side is Side.SELL:
        if facts.sellable is None or request.quantity > facts.sellable:
            yield "sellable"
        return
    if facts.cash_won is None:
        yield "cash"
        return
    amount = price * request.quantity
    cost = amount + int(Decimal(amount) * COSTS.commission_rate)
    percent = min(
        limits.position_tight_percent if facts.cap_percent is None else facts.cap_percent,
        limits.position_weight_percent,
    )
    judged = {
        "order": amount > limits.order_amount_won,
        "day": account.day_amount_won + amount > limits.day_amount_won,
        "weight": (facts.holding_won + amount) * 100 > account.nav_won * percent,
        "capital": account.securities_won + amount > limits.capital_won,
        "cash": cost > facts.cash_won,
        "floor": facts.cash_won - cost < limits.cash_floor_won,
    }
    yield from (name for name, is_beyond in judged.items() if is_beyond)


def _standing(request: OrderRequest, facts: LegFacts, limits: RiskLimits) -> Iterator[str]:
    """Yield what forbids an order of any size."""
    buys, quote, account = request.side is Side.BUY, facts.quote, facts.account
    instrument = facts.instrument
    plain = instrument is not None and (instrument.multiple == 1 or limits.leveraged_allowed)
    checks = {
        "mode": facts.mode is Mode.OBSERVE,
        "halt": facts.state is TradingState.HALTED,
        "reduce": facts.state is TradingState.REDUCE_ONLY and buys,
        "window": not facts.in_window,
        "doubt": facts.in_doubt,
        "held": facts.held_because is not None,
        "instrument": buys and not plain,
        "quantity": not 1 <= request.quantity <= limits.quantity_maximum,
        "count": account is not None and account.day_count + 1 > limits.day_count,
        "minute": account is not None and account.minute_count + 1 > limits.minute_count,
        "repeated": facts.recent.get(request.signature, 0) + 1 > limits.repeat_count,
        "halted": quote is not None and quote.is_halted,
        "designated": quote is not None and bool(quote.designations) and buys,
        "age": quote is not None
        and abs((facts.now - quote.received_at).total_seconds()) > limits.quote_age_seconds,
    }
    yield from (name for name, forbids in checks.items() if forbids)
    if quote is not None and request.price_won is not None:
        price, last = request.price_won, quote.last_won
        if price % (1 if price < 2_000 else 5):
            yield "tick"
        if not quote.lower_limit_won <= price <= quote.upper_limit_won:
            yield "band"
        far = price - last if buys else last - price
        if far * 100 > last * limits.collar_percent:
            yield "collar"


def _request(dice: random.Random) -> OrderRequest | None:
    """Return the order of a random call, or None where the schema or the order forbids it."""
    quantity = dice.choice(_ABSURD) if dice.random() < 0.3 else dice.randint(1, 60)
    code = CODE if dice.random() < 0.8 else dice.choice((CHEAP, LEVERAGED, INVERSE))
    near = _BASES[code] + dice.choice((1, 5, 5)) * dice.randint(-100, 100)
    price = dice.choice(_ABSURD) if dice.random() < 0.2 else near
    given = {
        "symbol": code,
        "side": dice.choice(("buy", "buy", "sell")),
        "quantity": quantity,
        "limit_price_won": None if dice.random() < 0.1 else price,
        "reason": "x",
    }
    try:
        ask = parse_call(ToolCall(call_id="1", name="propose_order", arguments=json.dumps(given)))
    except ModelError:
        return None
    if not isinstance(ask, ProposeAsk) or ask.quantity is None:
        return None
    kind = OrderType.MARKET if ask.limit_price_won is None else OrderType.LIMIT
    try:
        return OrderRequest(
            symbol=ask.symbol,
            side=ask.side,
            quantity=Shares(ask.quantity),
            price_won=None if ask.limit_price_won is None else Won(ask.limit_price_won),
            order_type=kind,
        )
    except ValueError:
        return None


def _facts(dice: random.Random, code: Symbol) -> LegFacts:
    def rarely() -> bool:
        return dice.random() < 0.03

    quote = quote_of(
        code,
        _BASES[code] + 5 * dice.randint(-20, 20),
        NOW - timedelta(seconds=dice.choice((0, 1, 5, 5.5, 600, -7)) if rarely() else 1),
        is_halted=rarely(),
        designations=frozenset({dice.choice(tuple(Designation))}) if rarely() else frozenset(),
    )
    if rarely():
        quote = replace(quote, last_won=Won(0), upper_limit_won=Won(0), lower_limit_won=Won(0))
    account = AccountFacts(
        nav_won=dice.choice((-5, 0, 100_000, 1_000_000, 10**12)),
        securities_won=dice.choice((0, 0, 300_000, 990_000, 10**9)),
        day_amount_won=dice.choice((0, 0, 500_000, 999_999)),
        day_count=dice.choice((0, 0, 5, 9, 10, 10**6)),
        minute_count=dice.choice((0, 0, 2, 3)),
    )
    signature = f"{code}:buy:{dice.randint(1, 9)}:{_BASES[code]}"
    return LegFacts(
        instrument=None
        if rarely()
        else Instrument(
            symbol=code,
            name="x",
            multiple=dice.choice((2, -1)) if rarely() else _MULTIPLES[code],
        ),
        quote=None if rarely() else quote,
        account=None if rarely() else account,
        cash_won=None if rarely() else dice.choice((0, 9_999, 100_000, 1_000_000, 10**15)),
        sellable=None if rarely() else dice.choice((0, 1, 10, 10**9)),
        holding_won=dice.choice((0, 0, 99_999, 10**9)),
        in_window=not rarely(),
        in_doubt=rarely(),
        state=dice.choice(tuple(TradingState)) if rarely() else TradingState.ACTIVE,
        held_because="?" if rarely() else None,
        cap_percent=dice.choice((None, 10, 40, 100)),
        recent={signature: dice.randint(0, 5)},
        mode=Mode.OBSERVE if rarely() else Mode.VTS,
        now=NOW,
    )


def _limits(dice: random.Random) -> RiskLimits:
    base = RiskLimits()
    if dice.random() < 0.5:
        return base
    return replace(
        base,
        order_amount_won=Won(dice.randint(1, 400_000)),
        capital_won=Won(dice.randint(1, 1_000_000)),
        position_weight_percent=dice.randint(1, 100),
        cash_floor_won=Won(dice.choice((0, 50_000))),
        collar_percent=dice.randint(1, 10),
        leveraged_allowed=dice.random() < 0.1,
    )

"""A small market and the histories that the tests of the ledger play."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from fractions import Fraction

from core.domain.closes import Close
from core.domain.costs import CostModel
from core.domain.instrument import Symbol, TaxType
from core.domain.krx import KST
from core.domain.orders import Side
from core.domain.plan_review import PlanLine, ReviewState
from core.domain.what_if import Deal, History, Holding, Origin, Start, StoredPlan, Terms

A, B, C, INDEX = Symbol("102110"), Symbol("114260"), Symbol("133690"), Symbol("069500")
FIRST = date(2024, 3, 4)
TERMS = Terms(
    costs=CostModel(),
    tax_types={INDEX: TaxType.EXEMPT, A: TaxType.EXEMPT},
    index=INDEX,
    deposit_bps=365,
)


def on(number: int) -> date:
    """Return the session of that number; weekends do not matter here."""
    return FIRST + timedelta(days=number)


def closes(*raw: int, adjusted: tuple[int, ...] = ()) -> tuple[Close, ...]:
    """Return closes from the start's session on. 0 is a missing one."""
    return tuple(
        Close(on(number), price, other)
        for number, (price, other) in enumerate(zip(raw, adjusted or raw, strict=True))
        if price
    )


def deal(
    number: int,
    symbol: Symbol,
    side: Side,
    shares: int,
    price: int | Fraction,
    *,
    origin: Origin = Origin.PROPOSAL,
    is_real: bool = True,
    hour: int = 10,
) -> Deal:
    at = datetime.combine(on(number), time(hour), tzinfo=KST)
    return Deal(
        key=f"{number}-{hour}-{symbol}",
        at=at,
        session=on(number),
        symbol=symbol,
        side=side,
        shares=shares,
        price_won=Fraction(price),
        origin=origin,
        is_real=is_real,
    )


def line(symbol: Symbol, side: Side, planned: int, price: int, followed: int | None = None):
    return PlanLine(
        symbol=symbol,
        side=side,
        rule="",
        price_won=price,
        planned=planned,
        followed=planned if followed is None else followed,
        reason="",
    )


def plan(
    number: int,
    *lines: PlanLine,
    closes: dict[Symbol, int] | None = None,
    is_rebalance: bool = True,
    state: ReviewState = ReviewState.REVIEWED,
) -> StoredPlan:
    return StoredPlan(
        day=on(number), is_rebalance=is_rebalance, state=state, lines=lines, closes=closes or {}
    )


def history(
    prices: dict[Symbol, tuple[Close, ...]],
    *deals: Deal,
    plans: tuple[StoredPlan, ...] = (),
    flows: dict[int, int] | None = None,
    cash: int = 1_000_000,
    holdings: tuple[Holding, ...] = (),
    days: int | None = None,
    cost: dict[int, int] | None = None,
    recorded: dict[int, int] | None = None,
) -> History:
    """Return a history that starts after the close of FIRST; session 1 is the first played."""
    last = days or max(len(path) for path in prices.values()) - 1
    return History(
        start=Start(day=FIRST, cash_won=cash, holdings=holdings),
        sessions=tuple(on(number) for number in range(1, last + 1)),
        deals=deals,
        plans=plans,
        flows={on(number): won for number, won in (flows or {}).items()},
        closes=prices,
        recorded={on(number): won for number, won in (recorded or {}).items()},
        model_milliwon={on(number): won for number, won in (cost or {}).items()},
    )


def random_history(seed: int, days: int = 25) -> History:
    """Anything that may happen: splits, distributions, gaps, flows, declined deals, plans."""
    dice = random.Random(seed)
    prices = {symbol: _walk(dice, days) for symbol in (A, B, C, INDEX)}
    deals: list[Deal] = []
    plans: list[StoredPlan] = []
    for number in range(1, days):
        known = _at(prices, number)
        traded = [one for one in (A, B, C) if one in known and dice.random() < 0.25]
        deals += [_deal(dice, number, symbol, known[symbol]) for symbol in traded]
        if dice.random() < 0.3:
            plans.append(_plan(dice, number, known))
    flows = {n: dice.randint(-400_000, 400_000) for n in range(1, days) if dice.random() < 0.15}
    start = Holding(symbol=A, shares=dice.randint(1, 30), cost_won=300_000, price_won=10_000)
    return history(
        prices,
        *deals,
        plans=tuple(plans),
        flows=flows,
        cash=dice.randint(0, 1_000_000),
        holdings=(start,),
        days=days - 1,
    )


def _deal(dice: random.Random, number: int, symbol: Symbol, close: int) -> Deal:
    return deal(
        number,
        symbol,
        dice.choice(list(Side)),
        dice.randint(1, 30),
        Fraction(close * dice.randint(97, 103), 100),
        origin=dice.choice(list(Origin)),
        is_real=dice.random() < 0.5,
        hour=dice.randint(9, 14),
    )


def _at(prices: dict[Symbol, tuple[Close, ...]], number: int) -> dict[Symbol, int]:
    return {
        symbol: close.raw_won
        for symbol, path in prices.items()
        for close in path
        if close.session == on(number)
    }


def _walk(dice: random.Random, days: int) -> tuple[Close, ...]:
    raw, factor, found = 10_000 * dice.randint(1, 3), Fraction(1, 3), []
    for number in range(days):
        raw = max(raw * dice.randint(95, 105) // 100, 500)
        chance = dice.random()
        if chance < 0.05:
            ratio = dice.choice((Fraction(2), Fraction(5), Fraction(1, 2)))
            raw, factor = max(int(raw / ratio), 100), factor * ratio
        elif chance < 0.1:
            factor *= Fraction(101, 100)
        if dice.random() > 0.05:
            found.append(Close(on(number), raw, max(round(raw * factor), 1)))
    return tuple(found)


def _plan(dice: random.Random, number: int, known: dict[Symbol, int]) -> StoredPlan:
    lines = []
    for symbol in (A, B, C):
        if symbol in known and dice.random() < 0.5:
            planned = dice.randint(1, 20)
            followed = dice.choice((planned, dice.randint(0, planned)))
            lines.append(line(symbol, dice.choice(list(Side)), planned, known[symbol], followed))
    return plan(
        number,
        *lines,
        closes={one: price for one, price in known.items() if one != INDEX},
        is_rebalance=dice.random() < 0.5,
    )


def cut(whole: History, sessions: int) -> History:
    """Return what was known after so many sessions."""
    last = whole.sessions[sessions - 1]
    return replace(
        whole,
        sessions=whole.sessions[:sessions],
        deals=tuple(one for one in whole.deals if one.session <= last),
        plans=tuple(one for one in whole.plans if one.day <= last),
        flows={day: won for day, won in whole.flows.items() if day <= last},
        closes={
            symbol: tuple(close for close in path if close.session <= last)
            for symbol, path in whole.closes.items()
        },
    )

"""Another reckoning of the courses, in Decimal and from their description in docs/reflection.md.

Shares no line with the ledger: each course is one long loop over the sessions with dictionaries.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_FLOOR, Decimal, localcontext

from core.domain.instrument import Symbol
from core.domain.orders import Side
from core.domain.what_if import Course, Deal, History, Origin, Terms

FEE, TAX = Decimal("0.00015"), Decimal("0.154")
# So many digits that what is left over by a division never matters; only here.
DIGITS = 60


def whole(value: Decimal) -> int:
    # What a division by three left a hair below a whole won is that won.
    return int((value + Decimal("1e-40")).to_integral_value(ROUND_FLOOR))


def nearest(value: Decimal) -> int:
    return whole(value + Decimal("0.5"))


@dataclass
class Account:
    terms: Terms
    cash: int
    paid: int = 0
    shares: dict[Symbol, int] = field(default_factory=dict)
    cost: dict[Symbol, int] = field(default_factory=dict)

    def due(self, symbol: Symbol, count: int, price: Decimal) -> int:
        """What a sale leaves."""
        amount = nearest(price * count)
        cost = nearest(Decimal(self.cost[symbol]) * count / self.shares[symbol])
        kind = self.terms.tax_types.get(symbol)
        taxed = kind is None or kind.gain_is_taxed
        tax = whole((amount - cost) * TAX) if taxed and amount > cost else 0
        return amount - whole(amount * FEE) - tax

    def sell(self, symbol: Symbol, count: int, price: Decimal) -> None:
        count = min(count, self.shares.get(symbol, 0))
        if count <= 0:
            return
        self.cash += self.due(symbol, count, price)
        self.cost[symbol] -= nearest(Decimal(self.cost[symbol]) * count / self.shares[symbol])
        self.shares[symbol] -= count

    def price(self, count: int, price: Decimal) -> int:
        amount = nearest(price * count)
        return amount + whole(amount * FEE)

    def buy(self, symbol: Symbol, count: int, price: Decimal, *, really: bool = False) -> int:
        lacking = 0
        if really:
            lacking = max(self.price(count, price) - self.cash, 0)
            self.cash += lacking
            self.paid += lacking
        while count > 0 and self.price(count, price) > self.cash:
            count -= 1
        if count > 0:
            self.cash -= self.price(count, price)
            self.shares[symbol] = self.shares.get(symbol, 0) + count
            self.cost[symbol] = self.cost.get(symbol, 0) + nearest(price * count)
        return lacking

    def worth(self, closes: dict[Symbol, int]) -> int | None:
        held = [symbol for symbol, count in self.shares.items() if count]
        if any(symbol not in closes for symbol in held):
            return None
        return self.cash + sum(
            self.due(one, self.shares[one], Decimal(closes[one])) for one in held
        )


def split_of(step: Decimal) -> tuple[Decimal, Decimal] | None:
    """Numerator and denominator of a step that is a split."""
    if 1 / Decimal("1.2") < step < Decimal("1.2"):
        return None
    near = nearest(step if step > 1 else 1 / step)
    found = (Decimal(near), Decimal(1)) if step > 1 else (Decimal(1), Decimal(near))
    return found if abs(step * found[1] / found[0] - 1) < Decimal("0.05") else (step, Decimal(1))


def opened(account: Account, history: History, day: date, closes: dict[Symbol, int]) -> None:
    """Splits and distributions of what is held, as the session opens."""
    for symbol, path in history.closes.items():
        held = account.shares.get(symbol, 0)
        places = [n for n, close in enumerate(path) if close.session == day]
        if not held or not places or places[0] == 0:
            continue
        before, now = path[places[0] - 1], path[places[0]]
        step = (Decimal(now.adjusted_won) * before.raw_won) / (
            Decimal(now.raw_won) * before.adjusted_won
        )
        ratio = split_of(step)
        if ratio is not None:
            grown = held * ratio[0] / ratio[1]
            rest = grown - whole(grown)
            account.cash += whole(rest * closes[symbol])
            account.cost[symbol] -= nearest(account.cost[symbol] * rest / grown)
            account.shares[symbol] = whole(grown)
            continue
        noise = (Decimal(1) / now.adjusted_won + Decimal(1) / before.adjusted_won) / 2
        if step - 1 > max(Decimal("0.0006"), noise):
            gross = whole(held * before.raw_won * (1 - 1 / step))
            account.cash += gross - whole(gross * TAX)


def withdraw(account: Account, won: int, closes: dict[Symbol, int]) -> None:
    ranked = sorted(
        (one for one, count in account.shares.items() if count and one in closes),
        key=lambda one: (-closes[one] * account.shares[one], one),
    )
    for symbol in ranked:
        if account.cash >= won:
            break
        price, need = Decimal(closes[symbol]), won - account.cash
        count = 1
        while count < account.shares[symbol] and (
            account.due(symbol, count, price) < need or price * count < need
        ):
            count += 1
        account.sell(symbol, count, price)
    paid = min(won, account.cash)
    account.cash -= paid
    account.paid -= paid


def price_of(deal: Deal) -> Decimal:
    return Decimal(deal.price_won.numerator) / deal.price_won.denominator


def takes(course: Course, deal: Deal) -> bool:
    return {
        Origin.FOREIGN: course in (Course.ALL, Course.NOTHING),
        Origin.EXIT: course in (Course.ALL, Course.STRATEGY, Course.FOLLOWED),
        Origin.PROPOSAL: course is Course.ALL,
    }[deal.origin]


def towards(
    account: Account, symbol: Symbol, side: Side, count: int, price: Decimal, real: int
) -> None:
    held = account.shares.get(symbol, 0)
    if side is Side.BUY:
        account.buy(symbol, min(count, real + count - held), price)
    else:
        had = max(real, count)
        account.sell(symbol, min(held * count // had, held - had + count), price)


def rebalance(account: Account, plan, real: dict[Symbol, int], *, followed: bool) -> None:
    wishes = []
    for line in plan.lines:
        held, had = account.shares.get(line.symbol, 0), real.get(line.symbol, 0)
        buys = line.side is Side.BUY
        want = (had + line.planned if buys else had - line.planned) - held
        cut = line.planned - line.followed if followed else 0
        if buys and want > 0:
            want = max(want - cut, 0)
        if not buys and want < 0:
            want = min(want + cut, 0)
        wishes.append((line.symbol, want, line.price_won))
    named = {line.symbol for line in plan.lines}
    wishes += [
        (symbol, real.get(symbol, 0) - account.shares.get(symbol, 0), price)
        for symbol, price in plan.closes.items()
        if symbol not in named
    ]
    for symbol, want, price in wishes:
        if want < 0:
            account.sell(symbol, -want, Decimal(price))
    for symbol, want, price in wishes:
        if want > 0:
            account.buy(symbol, want, Decimal(price))


def judged(history: History, terms: Terms) -> dict[Course, list[tuple[int | None, int]]]:
    with localcontext() as context:
        context.prec = DIGITS
        return _judged(history, terms)


def _judged(history: History, terms: Terms) -> dict[Course, list[tuple[int | None, int]]]:
    """Return worth and money paid in, by course and session."""
    prices: dict[date, dict[Symbol, int]] = {day: {} for day in history.sessions}
    for symbol, path in history.closes.items():
        for close in path:
            prices.setdefault(close.session, {})[symbol] = close.raw_won
    really, lacked = done_day_by_day(history, terms, prices)
    begun = begin(history, terms)
    start = begun.worth({one.symbol: one.price_won for one in history.start.holdings})
    assert start is not None
    found = {
        course: course_of(course, history, terms, prices, really, lacked)
        for course in (Course.ALL, Course.NOTHING, Course.STRATEGY, Course.FOLLOWED)
    }
    found[Course.DONE] = [(day["worth"], day["paid"]) for day in really]
    found[Course.INDEX] = index_of(start, history, terms, prices, lacked)
    found[Course.DEPOSIT] = deposit_of(start, history, terms, lacked)
    return found


def begin(history: History, terms: Terms) -> Account:
    return Account(
        terms,
        history.start.cash_won,
        shares={one.symbol: one.shares for one in history.start.holdings},
        cost={one.symbol: one.cost_won for one in history.start.holdings},
    )


def deals_on(history: History, day: date) -> list[Deal]:
    return sorted(
        (one for one in history.deals if one.session == day),
        key=lambda one: (one.at, one.side is Side.BUY, one.key),
    )


def done_day_by_day(history: History, terms: Terms, prices) -> tuple[list[dict], list[int]]:
    account, found, lacked = begin(history, terms), [], []
    for day in history.sessions:
        opened(account, history, day, prices[day])
        flow = history.flows.get(day, 0)
        account.cash += max(flow, 0)
        account.paid += max(flow, 0)
        dawn, before, lacking = dict(account.shares), [], 0
        for deal in deals_on(history, day):
            before.append(account.shares.get(deal.symbol, 0))
            if deal.is_real and deal.side is Side.BUY:
                lacking += account.buy(deal.symbol, deal.shares, price_of(deal), really=True)
            elif deal.is_real:
                account.sell(deal.symbol, deal.shares, price_of(deal))
        withdraw(account, max(-flow, 0), prices[day])
        worth = account.worth(prices[day])
        found.append({"worth": worth, "paid": account.paid, "dawn": dawn, "before": before})
        lacked.append(lacking)
    return found, lacked


def course_of(course, history, terms, prices, really, lacked) -> list[tuple[int | None, int]]:
    account, found, month = begin(history, terms), [], None
    for number, day in enumerate(history.sessions):
        opened(account, history, day, prices[day])
        flow = history.flows.get(day, 0)
        account.cash += max(flow, 0) + lacked[number]
        account.paid += max(flow, 0) + lacked[number]
        dawn = really[number]["dawn"]
        for plan in (one for one in history.plans if one.day == day):
            month = by_plan(course, account, plan, dawn, month)
        before = really[number]["before"]
        for deal, real in zip(deals_on(history, day), before, strict=True):
            if takes(course, deal):
                towards(account, deal.symbol, deal.side, deal.shares, price_of(deal), real)
        withdraw(account, max(-flow, 0), prices[day])
        found.append((account.worth(prices[day]), account.paid))
    return found


def by_plan(course: Course, account: Account, plan, dawn, month):
    """Do what a plan says; return the month whose rebalance is settled."""
    if course is Course.NOTHING:
        return month
    if course is Course.ALL:
        for symbol, price in plan.closes.items():
            if plan.is_rebalance and symbol not in {line.symbol for line in plan.lines}:
                spare = account.shares.get(symbol, 0) - dawn.get(symbol, 0)
                account.sell(symbol, spare, Decimal(price))
        return month
    followed = course is Course.FOLLOWED
    if not plan.is_rebalance:
        for line in plan.lines:
            count = line.followed if followed else line.planned
            if line.side is Side.SELL and count:
                real, price = dawn.get(line.symbol, 0), Decimal(line.price_won)
                towards(account, line.symbol, line.side, count, price, real)
        return month
    vetoed = bool(plan.lines) and all(line.followed == 0 for line in plan.lines)
    if (plan.day.year, plan.day.month) == month or (followed and vetoed):
        return month
    rebalance(account, plan, dawn, followed=followed)
    return (plan.day.year, plan.day.month)


def index_of(start, history, terms, prices, lacked) -> list[tuple[int | None, int]]:
    account, found = Account(terms, start), []
    for number, day in enumerate(history.sessions):
        opened(account, history, day, prices[day])
        flow = history.flows.get(day, 0)
        account.cash += max(flow, 0) + lacked[number]
        account.paid += max(flow, 0) + lacked[number]
        withdraw(account, max(-flow, 0), prices[day])
        price = prices[day].get(terms.index)
        if price is not None:
            account.buy(terms.index, account.cash // price, Decimal(price))
        found.append((None if price is None else account.worth(prices[day]), account.paid))
    return found


def deposit_of(start, history, terms, lacked) -> list[tuple[int | None, int]]:
    cash, paid, earned, last, found = start, 0, Decimal(0), history.start.day, []
    for number, day in enumerate(history.sessions):
        earned += Decimal(cash) * terms.deposit_bps / 10_000 * (day - last).days / 365
        last = day
        flow = history.flows.get(day, 0)
        cash += max(flow, 0) + lacked[number]
        paid += max(flow, 0) + lacked[number]
        out = max(-flow, 0)
        if out > cash:
            cash, earned = cash + after_tax(earned), Decimal(0)
        taken = min(out, cash)
        cash, paid = cash - taken, paid - taken
        found.append((cash + after_tax(earned), paid))
    return found


def after_tax(earned: Decimal) -> int:
    interest = whole(earned)
    return interest - whole(interest * TAX)

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import ROUND_DOWN, ROUND_FLOOR, Decimal, localcontext
from fractions import Fraction

import pytest

from core.domain.calendar import CalendarUnknown, TradingCalendar
from core.domain.closes import Close
from core.domain.costs import AccountKind, CostModel
from core.domain.instrument import Symbol, TaxType
from core.domain.krx import KST
from core.domain.orders import Side
from core.domain.outcomes import (
    Entry,
    distributed_won,
    entry_session,
    exit_session,
    half_up,
    measured,
)

CALENDAR = TradingCalendar()
NOW = datetime(2024, 6, 3, 17, 20, tzinfo=KST)


def at(day: str, hour: str = "10:00") -> datetime:
    return datetime.fromisoformat(f"{day}T{hour}:00+09:00")


def entry(
    side: Side = Side.BUY,
    quantity: int = 10,
    price: str = "10000",
    cost: str | None = None,
    *,
    when: datetime | None = None,
    session: date | None = date(2024, 3, 4),
) -> Entry:
    return Entry(
        symbol=Symbol("069500"),
        side=side,
        quantity=quantity,
        price_won=Decimal(price),
        at=when or at("2024-03-04"),
        session=session,
        average_cost_won=None if cost is None else Decimal(cost),
    )


def path(*closes: tuple[int, int]) -> tuple[Close, ...]:
    """Return (raw, adjusted) closes on days in a row."""
    return tuple(
        Close(date(2024, 3, 4) + timedelta(days=n), raw, adjusted)
        for n, (raw, adjusted) in enumerate(closes)
    )


def judged(item: Entry, closes: tuple[Close, ...], tax: TaxType, costs: CostModel | None = None):
    rules = costs or CostModel()
    return measured("r", item, 7, closes, costs=rules, tax_type=tax, now=NOW)


def test_a_purchase_by_hand():
    found = judged(entry(), path((10_000, 10_000), (10_500, 10_500)), TaxType.HOLDING_PERIOD)
    assert (found.basis_won, found.pnl_won) == (100_000, 5_000)
    # Fees 15 and 15 (15.75 cut), tax 15.4 % of 5,000.
    assert found.after_won == 5_000 - 15 - 15 - 770
    assert found.rate == Decimal("0.05")
    assert found.rate_after == Decimal("0.042")
    assert not found.is_hypothetical
    exempt = judged(entry(), path((10_000, 10_000), (10_500, 10_500)), TaxType.EXEMPT)
    assert exempt.after_won == 5_000 - 30


def test_a_sale_by_hand_is_what_it_spared():
    closes = path((10_000, 10_000), (9_500, 9_500))
    found = judged(entry(Side.SELL, cost="9000"), closes, TaxType.HOLDING_PERIOD)
    # Sold: 100,000 - 15 - 1,540. Held and sold at 95,000: - 14 - 770.
    assert found.pnl_won == 5_000
    assert found.after_won == (100_000 - 15 - 1_540) - (95_000 - 14 - 770)
    unknown = judged(entry(Side.SELL), closes, TaxType.HOLDING_PERIOD)
    assert (unknown.pnl_won, unknown.after_won, unknown.rate_after) == (5_000, None, None)
    for tax, costs in (
        (TaxType.EXEMPT, CostModel()),
        (TaxType.HOLDING_PERIOD, CostModel(account=AccountKind.ISA)),
    ):
        free = judged(entry(Side.SELL), closes, tax, costs)
        assert free.after_won == (100_000 - 15) - (95_000 - 14)


def test_a_split_changes_nothing():
    whole = judged(entry(), path((10_000, 2_000), (2_000, 2_000), (2_100, 2_100)), TaxType.EXEMPT)
    assert (whole.basis_won, whole.pnl_won, whole.after_won) == (100_000, 5_000, 4_970)
    assert distributed_won(path((10_000, 2_000), (2_000, 2_000))) == 0


def test_a_distribution_counts_and_is_taxed_even_in_an_exempt_fund():
    # 200 won of 10,000 are paid before the second day, which closes at 9,800: nothing was lost.
    closes = path((10_000, 9_800), (9_800, 9_800))
    assert distributed_won(closes) == 200
    found = judged(entry(), closes, TaxType.EXEMPT)
    assert (found.pnl_won, found.after_won) == (0, -15 - 15 - 308)
    isa = judged(entry(), closes, TaxType.EXEMPT, CostModel(account=AccountKind.ISA))
    assert isa.after_won == -30


def test_after_a_split_a_distribution_is_paid_on_more_shares():
    closes = path((10_000, 1_960), (2_000, 1_960), (1_960, 1_960))
    assert distributed_won(closes) == 5 * 40


def test_rounding_of_adjusted_closes_is_no_distribution():
    assert distributed_won(path((10_000, 3_333), (10_000, 3_334), (10_000, 3_333))) == 0
    assert distributed_won(path((1_000, 100), (1_004, 101))) == 0


def test_half_up_as_statements_print():
    assert [half_up(Fraction(n, 2)) for n in (1, 3, -1, -3, 4)] == [1, 2, 0, -1, 2]


def test_a_fill_counts_from_its_session_whenever_it_was_seen():
    seen_late = entry(when=at("2024-03-06", "09:00"))
    assert entry_session(CALENDAR, seen_late) == date(2024, 3, 4)
    assert exit_session(CALENDAR, seen_late, 7) == date(2024, 3, 11)


@pytest.mark.parametrize(
    ("when", "first", "last"),
    [
        (at("2024-03-04"), date(2024, 3, 4), date(2024, 3, 11)),
        (at("2024-03-04", "08:00"), date(2024, 2, 29), date(2024, 3, 11)),  # 3-1 is a holiday
        (at("2024-03-03", "20:00"), date(2024, 2, 29), date(2024, 3, 11)),
        (at("2024-02-02"), date(2024, 2, 2), date(2024, 2, 13)),  # 설날 to the 12th
    ],
)
def test_a_proposal_counts_from_the_prices_it_saw(when, first, last):
    proposal = entry(when=when, session=None)
    assert proposal.is_hypothetical
    assert entry_session(CALENDAR, proposal) == first
    assert exit_session(CALENDAR, proposal, 7) == last


def test_a_day_outside_the_calendar_is_not_guessed():
    with pytest.raises(CalendarUnknown):
        exit_session(CALENDAR, entry(session=date(2035, 1, 2)), 30)


# --- A thousand random trades against a computation of its own -----------------------------------
#
# The reference walks day by day in Decimal, with the corporate actions it planted itself: nothing of
# it is imported but the values it is asked about.


@dataclass(frozen=True)
class Planted:
    closes: tuple[Close, ...]
    splits: dict[int, int]  # index of the first day on the new shares → shares of one
    paid_days: frozenset[int]  # index of the ex-dates


def random_path(dice: random.Random) -> Planted:
    days = dice.randint(2, 24)
    raw = [dice.randint(20_000, 90_000)]
    splits: dict[int, int] = {}
    paid: dict[int, int] = {}
    for index in range(1, days):
        close = raw[-1] * dice.uniform(0.96, 1.04)
        kind = dice.random()
        if kind < 0.04 and not splits:
            splits[index] = dice.choice((2, 3, 5))
            close /= splits[index]
        elif kind < 0.14:
            paid[index] = max(1, round(raw[-1] * dice.uniform(0.004, 0.02)))
            close -= paid[index]
        raw.append(round(close))
    factor = Fraction(1)
    adjusted = [0] * days
    for index in range(days - 1, -1, -1):
        adjusted[index] = round(raw[index] * factor)
        if index in splits:
            factor /= splits[index]
        if index in paid:
            factor *= 1 - Fraction(paid[index], raw[index - 1])
    closes = tuple(
        Close(date(2024, 1, 2) + timedelta(days=n), r, a)
        for n, (r, a) in enumerate(zip(raw, adjusted, strict=True))
    )
    return Planted(closes, splits, frozenset(paid))


def won(value: Decimal) -> int:
    """Half a won goes up, below nothing too."""
    return int((value + Decimal("0.5")).to_integral_value(ROUND_FLOOR))


def cut(value: Decimal) -> int:
    return int(value.to_integral_value(ROUND_DOWN))


def paid_a_share(planted: Planted, raw: list[Decimal], adjusted: list[Decimal]) -> Decimal:
    """Walk day by day with the actions that were planted."""
    shares, cash = Decimal(1), Decimal(0)
    for day in range(1, len(raw)):
        then, now = adjusted[day - 1] / raw[day - 1], adjusted[day] / raw[day]
        if day in planted.splits:
            shares *= now / then
        elif day in planted.paid_days:
            cash += shares * raw[day - 1] * (1 - then / now)
    return cash


def reference(item: Entry, planted: Planted, tax: TaxType, rate: Decimal, kind: AccountKind):
    """Return (P/L, P/L after costs) in won, in Decimal of 60 digits."""
    with localcontext() as context:
        context.prec = 60
        raw = [Decimal(p.raw_won) for p in planted.closes]
        adjusted = [Decimal(p.adjusted_won) for p in planted.closes]

        def fee(amount: int) -> int:
            return cut(amount * rate)

        def tax_on(gain: int) -> int:
            withheld = kind is AccountKind.GENERAL and gain > 0
            return cut(gain * Decimal("0.154")) if withheld else 0

        paid = cut(paid_a_share(planted, raw, adjusted) * item.quantity + Decimal("1e-30"))
        worth = won(
            (item.quantity * raw[0] * adjusted[-1] / adjusted[0]).quantize(Decimal("1e-30"))
        )
        basis = won(item.price_won * item.quantity)
        taxed = tax.value.startswith("배당소득세")

        def held(cost: int) -> int:
            gain_tax = tax_on(worth - paid - cost) if taxed else 0
            return worth - fee(worth) - gain_tax - tax_on(paid)

        if item.side is Side.BUY:
            return worth - basis, held(basis) - basis - fee(basis)
        assert item.average_cost_won is not None
        cost = won(item.average_cost_won * item.quantity)
        sold = basis - fee(basis) - (tax_on(basis - cost) if taxed else 0)
        return basis - worth, sold - held(cost)


def test_a_thousand_random_trades_to_the_won():
    dice = random.Random(20_240_304)
    with_split = with_paid = hypothetical = 0
    for number in range(1_000):
        planted = random_path(dice)
        first = planted.closes[0].raw_won
        item = Entry(
            symbol=Symbol("069500"),
            side=dice.choice((Side.BUY, Side.SELL)),
            quantity=dice.randint(1, 40),
            price_won=Decimal(round(first * dice.uniform(0.98, 1.02) * 100)) / 100,
            at=at("2024-01-02"),
            session=dice.choice((None, date(2024, 1, 2))),
            average_cost_won=Decimal(round(first * dice.uniform(0.7, 1.3) * 10_000)) / 10_000,
        )
        tax = dice.choice(list(TaxType))
        rate = dice.choice((Decimal("0.00015"), Decimal("0.00146527"), Decimal(0)))
        kind = dice.choice(list(AccountKind))
        found = judged(item, planted.closes, tax, CostModel(rate, kind))
        expected = reference(item, planted, tax, rate, kind)
        assert (found.pnl_won, found.after_won) == expected, number
        with_split += bool(planted.splits)
        with_paid += bool(planted.paid_days)
        hypothetical += found.is_hypothetical
    # The sample holds what it is meant to hold.
    assert min(with_split, with_paid, hypothetical) > 100


def test_what_happens_after_the_exit_changes_nothing():
    closes = path((10_000, 10_000), (10_500, 10_500))
    # A split and a payment after the exit scale the whole adjusted series alike.
    later = tuple(replace(point, adjusted_won=point.adjusted_won // 5) for point in closes)
    one, other = (judged(entry(), item, TaxType.EXEMPT) for item in (closes, later))
    assert one == other

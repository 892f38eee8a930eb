"""The letter about a month in plain words: for chat, console, and copies."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from core.domain.performance import falls_of
from core.domain.reflection import SaleLine
from core.ports.letters import MonthlyLetter
from core.ports.phrases import Phrases

# Below these a rate is told together with how little it means.
DAYS_FEW, SALES_FEW = 10, 10
WORST_SHOWN = 3
# A fall, or a distance from the benchmark, that one decimal cannot show is none.
_UNSEEN = Decimal("0.05")


def lead(letter: MonthlyLetter, phrases: Phrases) -> str:
    """Return what became of the money, without what was paid in and out."""
    numbers = letter.numbers
    start, end = numbers.nav_start_won, numbers.nav_end_won
    if start is None or end is None or letter.course is None:
        return phrases.say("letter.lead_unknown")
    change = end - start - numbers.paid_in_won
    key = "flat" if change == 0 else "up" if change > 0 else "down"
    moved = numbers.paid_in_won != 0
    return phrases.say(
        f"letter.lead_{key}{'_moved' if moved else ''}",
        start=start,
        end=end,
        change=abs(change),
        rate=_percent(numbers.time_weighted, phrases),
    )


def sections(letter: MonthlyLetter, phrases: Phrases) -> Iterator[tuple[str, str]]:
    """Yield headings and what stands under them, in the order in which they are read."""
    say = phrases.say
    yield say("letter.section_beside"), "\n".join(_beside(letter, phrases))
    yield say("letter.section_paid"), _paid(letter, phrases)
    yield say("letter.section_trades"), "\n".join(_trades(letter, phrases))
    yield say("letter.section_costs"), "\n".join(_costs(letter, phrases))
    bad = list(_bad(letter, phrases)) or [say("letter.bad_none")]
    yield say("letter.section_bad"), "\n".join(bad)
    unknown = list(_unknown(letter, phrases))
    if unknown:
        yield say("letter.section_unknown"), "\n".join(unknown)


def _beside(letter: MonthlyLetter, phrases: Phrases) -> Iterator[str]:
    numbers = letter.numbers
    mine, index = numbers.time_weighted, numbers.benchmark
    if mine is None or index is None:
        yield phrases.say("letter.beside_unknown")
    else:
        gap = (mine - index) * 100
        key = "even" if abs(gap) < _UNSEEN else "ahead" if gap > 0 else "behind"
        yield phrases.say(
            f"letter.beside_{key}", index=_percent(index, phrases), gap=f"{abs(gap):.1f}"
        )
    if numbers.doing_nothing is not None:
        yield phrases.say("letter.doing_nothing", rate=_percent(numbers.doing_nothing, phrases))


def _paid(letter: MonthlyLetter, phrases: Phrases) -> str:
    if not (letter.paid_in_won or letter.paid_out_won):
        return phrases.say("letter.paid_none")
    return phrases.say("letter.paid", paid_in=letter.paid_in_won, paid_out=letter.paid_out_won)


def _trades(letter: MonthlyLetter, phrases: Phrases) -> Iterator[str]:
    numbers = letter.numbers
    if not (letter.bought.orders or letter.sold.orders):
        yield phrases.say("letter.trades_none")
        return
    yield phrases.say(
        "letter.trades",
        bought=letter.bought.orders,
        bought_won=letter.bought.won,
        sold=letter.sold.orders,
        sold_won=letter.sold.won,
    )
    if numbers.win_rate is None:
        return
    yield phrases.say(
        "letter.realised", gross=numbers.realised_gross_won, net=numbers.realised_net_won
    )
    for key, sales in (("best", numbers.best), ("worst", numbers.worst)):
        if sales:
            yield phrases.say(f"letter.{key}", sale=_sale(sales[0], phrases))


def _costs(letter: MonthlyLetter, phrases: Phrases) -> Iterator[str]:
    numbers = letter.numbers
    yield phrases.say("letter.costs", fees=numbers.fees_won, tax=numbers.tax_won)
    if numbers.slippage_won:
        key = "worse" if numbers.slippage_won > 0 else "better"
        yield phrases.say(f"letter.slip_{key}", won=abs(numbers.slippage_won))
    for item in letter.by_type:
        yield phrases.say(
            "letter.by_type",
            kind=phrases.say(f"letter.type_{item.tax_type.name.lower()}"),
            sales=item.sales,
            gains=item.gains_won,
            losses=item.losses_won,
            tax=item.tax_won,
        )


def _bad(letter: MonthlyLetter, phrases: Phrases) -> Iterator[str]:
    """Yield what went badly, from what the numbers show."""
    numbers = letter.numbers
    fall = _deepest(letter)
    if fall is not None:
        yield phrases.say("letter.bad_fall", day=fall[0], fall=f"{fall[1]:.1f}")
    if letter.losing_sales:
        told = ", ".join(_sale(item, phrases) for item in numbers.worst[:WORST_SHOWN])
        yield phrases.say("letter.bad_sales", count=letter.losing_sales, sales=told)
    cost = numbers.fees_won + numbers.tax_won
    if numbers.win_rate is not None and 0 < numbers.realised_gross_won < cost:
        yield phrases.say("letter.bad_costs", cost=cost, gross=numbers.realised_gross_won)
    if letter.unfilled:
        yield phrases.say("letter.bad_unfilled", count=letter.unfilled)
    if numbers.doing_nothing is not None and numbers.time_weighted is not None:
        behind = (numbers.doing_nothing - numbers.time_weighted) * 100
        if behind >= _UNSEEN:
            yield phrases.say("letter.bad_traded", gap=f"{behind:.1f}")


def _unknown(letter: MonthlyLetter, phrases: Phrases) -> Iterator[str]:
    """Yield what the letter cannot know, and how little what it knows may mean."""
    numbers = letter.numbers
    missing = letter.sessions - letter.valued
    if letter.valued == 0:
        yield phrases.say("letter.unknown_no_days")
    elif letter.begun is not None and letter.begun >= letter.month.first_day:
        yield phrases.say("letter.unknown_begun", day=letter.begun)
    if letter.valued and missing > 0:
        yield phrases.say("letter.unknown_days", sessions=letter.sessions, missing=missing)
    if 0 < letter.valued < DAYS_FEW:
        yield phrases.say("letter.unknown_few_days", days=letter.valued)
    if 0 < numbers.sales < SALES_FEW:
        yield phrases.say("letter.unknown_few_sales", sales=numbers.sales)
    if numbers.unmatched_shares:
        yield phrases.say("letter.unknown_cost", shares=numbers.unmatched_shares)
    if numbers.unchecked:
        yield phrases.say("reflection.unchecked", symbols=", ".join(numbers.unchecked))


def _deepest(letter: MonthlyLetter) -> tuple[date, Decimal] | None:
    """Return the day that lay deepest below the peak so far, and by how many percent."""
    if letter.course is None:
        return None
    falls = falls_of(letter.course.account)
    worst = min(falls)
    fall = Decimal(str(-worst))
    return (letter.course.days[falls.index(worst)], fall) if fall >= _UNSEEN else None


def _sale(sale: SaleLine, phrases: Phrases) -> str:
    return phrases.say(
        "letter.sale", day=sale.sold_on, name=sale.name, shares=sale.shares, net=sale.net_won
    )


def _percent(rate: Decimal | None, phrases: Phrases) -> str:
    return phrases.say("report.unknown") if rate is None else f"{rate * 100:+.1f}%"

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from bot import locales
from core.domain.inav import NO_NAV, NavGap, NavReading, above_nav_bps
from core.domain.orders import Side
from core.domain.risk import RiskLimits, Rule
from core.services.risk.fair_value import OVERRIDABLE, distance_bps
from core.services.risk.wording import sentence
from tests.core.services.risk.test_guard import FACTS, LIMITS, QUOTE, asked, found
from tests.fakes.desk_kit import KODEX, Shelf
from tests.fakes.quotes import quote_of


def reading(nav: str | None = "10000", **values: object) -> NavReading:
    made = NavReading(nav_won=None if nav is None else Decimal(nav))
    return replace(made, **values)  # type: ignore[arg-type]


def broken(request, nav, quote=QUOTE, limits=LIMITS, **values):
    facts = replace(FACTS, nav=nav, quote=quote, **values)
    return [item.rule for item in found(request, facts, limits)]


@pytest.mark.parametrize(
    ("nav", "rules"),
    [
        ("10000", []),
        ("9710", []),  # 2.98 % above
        ("9700", [Rule.INAV_DISTANCE]),
        ("10309", []),  # 2.99 % below
        ("10320", [Rule.INAV_DISTANCE]),
    ],
)
def test_the_market_may_be_three_percent_from_the_inav_either_way(nav, rules) -> None:
    assert broken(asked(), reading(nav)) == rules
    assert broken(asked(side=Side.SELL), reading(nav)) == rules


def test_a_worse_price_of_the_order_counts_and_a_better_one_does_not() -> None:
    dear = asked(price=10_250)
    assert distance_bps(dear, QUOTE, reading("9900")) == above_nav_bps(10_250, Decimal(9900))
    assert broken(dear, reading("9900")) == [Rule.INAV_DISTANCE]
    assert broken(asked(price=9_750), reading("10000")) == []
    cheap = asked(price=9_750, side=Side.SELL)
    assert broken(cheap, reading("10100")) == [Rule.INAV_DISTANCE]
    assert broken(asked(price=10_250, side=Side.SELL), reading("9900")) == []
    assert distance_bps(asked(price=None), QUOTE, reading("9900")) == 101


def test_a_volatility_interruption_lets_nothing_through() -> None:
    assert broken(asked(), reading(in_vi=True)) == [Rule.IN_VI]
    assert broken(asked(), reading(in_vi=False)) == []
    assert broken(asked(), reading(None, in_vi=True, gap=NavGap.NOT_OFFERED)) == [Rule.IN_VI]


@pytest.mark.parametrize(("in_vi", "rules"), [(True, [Rule.IN_VI]), (False, []), (None, [])])
def test_the_quote_tells_of_a_volatility_interruption_where_nothing_else_does(in_vi, rules) -> None:
    quote = replace(QUOTE, in_vi=in_vi)
    assert broken(asked(), NO_NAV, quote=quote) == rules


def test_where_nobody_gives_an_inav_the_collar_decides_alone() -> None:
    assert broken(asked(), NO_NAV) == []
    assert broken(asked(), None) == []
    assert broken(asked(price=10_305), NO_NAV) == [Rule.PRICE_OUTSIDE_COLLAR]
    assert broken(asked(), reading("0")) == []


def test_an_inav_that_should_be_there_is_missed_by_who_buys() -> None:
    unread = reading(None, gap=NavGap.UNREADABLE)
    assert broken(asked(), unread) == [Rule.INAV_MISSING]
    assert broken(asked(side=Side.SELL), unread) == []


def test_a_person_may_override_what_is_overridable_and_zero_switches_it_off() -> None:
    far = reading("5000", in_vi=True)
    assert set(broken(asked(), far)) == OVERRIDABLE - {Rule.INAV_MISSING}
    assert broken(asked(), far, waives_nav=True) == []
    off = RiskLimits(inav_percent=0)
    assert broken(asked(), reading("5000"), limits=off) == []
    assert broken(asked(), reading(None, gap=NavGap.UNREADABLE), limits=off) == []


def test_without_a_quote_the_missing_quote_is_what_is_said() -> None:
    assert broken(asked(), reading("5000"), quote=None) == [Rule.FACTS_MISSING]


def test_the_distance_is_said_with_its_sign() -> None:
    facts = replace(FACTS, nav=reading("9600"), quote=quote_of(KODEX, 10_000, FACTS.now))
    [violation] = found(asked(), facts)
    market = Shelf(None)  # type: ignore[arg-type]
    assert sentence(violation, locales.load("ko"), market) == (
        "KODEX 200(069500): 가격이 iNAV에서 +4.16% 벗어나 한도 ±3%를 넘습니다."
    )

from __future__ import annotations

from dataclasses import replace
from datetime import date

from core.domain.instrument import Symbol
from core.domain.orders import Side
from core.flows.replaying import (
    DayDecisions,
    DecidedLine,
    JudgedLine,
    Part,
    RankedLine,
    differences,
)
from core.flows.values import decoded, encoded

A, B = Symbol("069500"), Symbol("229200")
BUY = DecidedLine(symbol=A, side=Side.BUY, quantity=3, price_won=10_000, rule="entry")
FIRST = RankedLine(symbol=A, place=1, score=0.2, weight=0.4)
PASSED = JudgedLine(symbol=A, side=Side.BUY, asked=3, allowed=3)
DAY = DayDecisions(
    day=date(2026, 11, 2),
    decided_on=date(2026, 10, 30),
    plan=(BUY,),
    ranks=(FIRST,),
    guard=(PASSED,),
    is_exact=True,
)


def test_a_day_is_the_same_as_itself_also_after_it_was_written_and_read():
    assert decoded(DayDecisions, encoded(DAY)) == DAY
    assert differences(DAY, DAY) == ()


def test_what_is_new_gone_or_other_is_told_with_both_sides():
    sale = replace(BUY, symbol=B, side=Side.SELL)
    less = replace(BUY, quantity=2)
    after = replace(DAY, plan=(less, sale), ranks=())
    found = differences(DAY, after)
    assert [(item.part, item.before, item.after) for item in found] == [
        (Part.PLAN, BUY, less),
        (Part.PLAN, None, sale),
        (Part.RANK, FIRST, None),
    ]


def test_a_smaller_share_that_passes_is_a_difference_only_between_computed_days():
    after = replace(DAY, guard=(replace(PASSED, allowed=1, broken=("cash",)),))
    assert len(differences(DAY, after)) == 1
    assert differences(replace(DAY, is_exact=False), after) == ()
    nothing = replace(DAY, guard=(replace(PASSED, allowed=0, broken=("cash",)),))
    assert len(differences(replace(DAY, is_exact=False), nothing)) == 1

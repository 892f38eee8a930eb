"""A rule about a holding puts its sale into the day's plan, and nothing of a model takes it out."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from core.domain.orders import Side
from core.domain.plan_review import LOCKED_RULES, RULE_EXIT
from core.domain.risk import Denied, Rule, Violation
from core.domain.rule_facts import Fact
from tests.core.domain.rule_cases import comparison, rule
from tests.core.flows.test_reviewing import HELD
from tests.core.flows.world import DAY, FALLING, RISING, World
from tests.fakes.fake_cycle_desk import portfolio_of
from tests.fakes.set_rules import SetRules

LOSING = rule(
    "R7",
    category="exit_criteria",
    action="propose_exit",
    condition=[comparison(Fact.GAIN_BPS, "<=", -300)],
)
OLD = rule(
    "R8",
    category="exit_criteria",
    action="propose_exit",
    priority=9,
    condition=[comparison(Fact.HOLDING_DAYS, ">=", 2)],
)


async def exits(position, *rules) -> list[tuple[str, int, str]]:
    world = World(own=SetRules(rules))
    world.portfolio.value = portfolio_of(world.clock.now(), 1_000_000, position)
    briefing = await world.daily().run(DAY)
    assert briefing.plan is not None
    return [
        (item.symbol, item.quantity, item.justification)
        for item in briefing.plan.actions
        if item.side is Side.SELL and item.rule == RULE_EXIT
    ]


def held(cost: int, **changes):
    return replace(HELD, quantity=9, sellable=9, average_cost_won=Decimal(cost), **changes)


async def test_a_rule_sells_all_and_says_which_it_was():
    # The close of the day before is 25,440 won (a rise of 20 won a session).
    found = await exits(held(27_000), LOSING)
    assert [(symbol, quantity) for symbol, quantity, _ in found] == [(RISING, 9)]
    assert found[0][2].startswith("규칙 R7 때문에 팝니다. 평균 매입가 대비 손익 ≤ -3%")


async def test_it_says_nothing_where_it_does_not_hold():
    assert await exits(held(20_000), LOSING) == []
    assert await exits(held(27_000)) == []


async def test_what_is_unknown_or_cannot_be_sold_is_left_alone():
    assert await exits(held(0), LOSING) == []
    assert await exits(replace(held(27_000), sellable=0), LOSING) == []


async def test_the_most_important_rule_is_named():
    found = await exits(held(27_000), LOSING, OLD)
    # First seen at the close of 28 February.
    assert "규칙 R8" in found[0][2]


def test_no_model_takes_it_out():
    assert RULE_EXIT in LOCKED_RULES


@pytest.mark.parametrize("rules", [(), (LOSING,)])
async def test_without_rules_of_ones_own_the_plan_is_the_strategys(rules):
    plain = await World().daily().run(DAY)
    ruled = await World(own=SetRules(rules)).daily().run(DAY)
    assert ruled.plan == plain.plan


async def test_the_sale_carries_the_rules_that_call_for_it_to_its_ticket():
    world = World(own=SetRules((LOSING, OLD)))
    world.portfolio.value = portfolio_of(world.clock.now(), 1_000_000, held(27_000))
    await world.daily().run(DAY)
    [proposal] = world.proposer.proposals
    assert [leg.by_rules for leg in proposal.legs if leg.side is Side.SELL] == ["R8, R7"]
    assert {leg.by_rules for leg in proposal.legs if leg.side is Side.BUY} <= {""}


async def test_what_a_rule_refused_at_the_preview_is_noted_with_its_id():
    world = World(own=SetRules((LOSING,)))
    world.portfolio.value = portfolio_of(world.clock.now(), 1_000_000, held(27_000))
    blocked = Violation(
        rule=Rule.RULE_BLOCKS,
        symbol=FALLING,
        limit=0,
        value=3,
        unit="shares",
        because="R3, H2",
    )
    world.market.raw_bars[FALLING] = [
        replace(bar, symbol=FALLING) for bar in world.market.raw_bars[RISING]
    ]
    cash = Violation(rule=Rule.CASH, symbol=RISING)
    world.guard.answers = [Denied(violations=(blocked, cash))]
    await world.daily().run(DAY)
    books = world.ledger.books
    record = books.records[f"cycle:{DAY}:{FALLING}:buy"]
    assert record.status.startswith("DENIED: risk.rule_blocks")
    assert [(one.rule_id, one.record_id, one.asked, one.kept) for one in books.rule_effects] == [
        ("R7", f"cycle:{DAY}:{RISING}:sell", 9, 0),
        ("R3", record.record_id, 3, 0),
        ("H2", record.record_id, 3, 0),
    ]

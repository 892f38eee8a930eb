"""The rules file is taken on whole or not at all, and what is gone from it ends."""

from __future__ import annotations

from datetime import date

import pytest

from core.domain.rule_facts import Fact
from core.domain.rule_gate import GateFault, StandingBounds
from core.domain.rule_reading import RuleFault
from core.domain.rules import RuleOrigin, RuleState
from core.services.rules.by_hand import gone_from_file, keep_written
from tests.core.domain.rule_cases import TODAY, comparison, terms, written
from tests.core.runtime.test_rule_book import ledger, opened  # noqa: F401 - a fixture

BOUNDS = StandingBounds(stop_bps=-700, weight_bps=4_000, order_won=400_000)
CALM = written(condition=[comparison(Fact.ATR_BPS, ">", 400)])


@pytest.fixture
async def book(ledger):  # noqa: F811
    return await opened(ledger, ())


async def kept(book, *content, today=TODAY, proposed=()):
    gone = await gone_from_file(book._books)
    return await keep_written(book, content, BOUNDS, today, gone=gone, proposed=proposed)


def stands(book):
    return [(rule.rule_id, rule.state.value) for rule in book.rules]


async def test_new_ones_are_taken_on_and_gone_ones_end(book):
    assert await kept(book, written(), CALM) is None
    assert await kept(book, written(), CALM) is None
    assert stands(book) == [("H1", "active"), ("H2", "active")]
    assert await kept(book, CALM) is None
    assert stands(book) == [("H1", "retired"), ("H2", "active")]
    assert await kept(book) is None
    assert stands(book) == [("H1", "retired"), ("H2", "retired")]


async def test_the_same_twice_is_one_rule(book):
    assert await kept(book, written(), written()) is None
    assert stands(book) == [("H1", "active")]


async def test_what_was_switched_off_stays_off(book):
    await kept(book, written())
    await book.move("H1", RuleState.DISABLED, actor="1")
    assert await kept(book, written(), today=date(2027, 1, 1)) is None
    assert stands(book) == [("H1", "disabled")]


async def test_one_that_is_refused_changes_nothing(book):
    await kept(book, written())
    for content in ("text", {**CALM, "priority": 99}):
        refused = await kept(book, CALM, content)
        assert refused.number == 2
        assert refused.problems
    late = await kept(book, CALM, today=date(2027, 1, 1))
    assert [item.fault for item in late.problems] == [RuleFault.EXPIRY]
    loose = written(condition=[comparison(Fact.ORDER_AMOUNT_WON, ">", 900_000)])
    assert (await kept(book, loose)).faults == (GateFault.NOT_TIGHTER,)
    assert stands(book) == [("H1", "active")]


async def test_rules_of_others_are_left_alone(book):
    await book.add(terms(), RuleOrigin.REFLECTION, RuleState.ACTIVE, actor="reflection", reason="")
    assert (await kept(book, written())).faults == (GateFault.ADDS_NOTHING,)
    assert await kept(book) is None
    assert stands(book) == [("R1", "active")]


async def test_what_came_by_a_proposal_does_not_end_because_no_file_says_it(book):
    await book.add(terms(), RuleOrigin.HAND, RuleState.ACTIVE, actor="7", reason="")
    await book.add(
        terms(condition=CALM["condition"]),
        RuleOrigin.HAND,
        RuleState.PROPOSED,
        actor="7",
        reason="",
    )
    assert await kept(book, proposed={"H1", "H2"}) is None
    assert stands(book) == [("H1", "active"), ("H2", "proposed")]
    # What is only proposed does not keep the file from saying it.
    assert await kept(book, CALM, proposed={"H1", "H2"}) is None
    assert stands(book) == [("H1", "active"), ("H2", "proposed"), ("H3", "active")]
    assert await kept(book, CALM) is None
    assert stands(book) == [("H1", "retired"), ("H2", "proposed"), ("H3", "active")]


async def test_a_rule_may_be_written_anew_and_does_not_stand_in_its_own_way(book):
    await kept(book, CALM)

    assert await kept(book, {**CALM, "text": "흔들리는 것은 사지 않는다"}) is None
    assert stands(book) == [("H1", "retired"), ("H2", "active")]


async def test_new_ones_are_judged_beside_those_above_them(book):
    refused = await kept(book, CALM, {**CALM, "text": "같은 것을 한 번 더"})

    assert refused.number == 2
    assert refused.faults
    assert stands(book) == []


async def test_a_strict_file_is_its_owners_and_one_that_lets_nothing_through_is_a_mistake(book):
    strict = [
        written(condition=[comparison(Fact.VOLUME_PERCENT, "<", 250)]),
        written(condition=[comparison(Fact.MARKET_RETURN_20_BPS, "<", 0)]),
    ]
    assert await kept(book, *strict) is None
    assert stands(book) == [("H1", "active"), ("H2", "active")]
    nothing = written(condition=[comparison(Fact.VOLUME_PERCENT, ">=", 200)])
    refused = await kept(book, *strict, nothing)
    assert (refused.number, refused.faults) == (3, (GateFault.BLOCKS_ALL,))


async def test_what_is_put_back_into_the_file_is_taken_on_again(book):
    await kept(book, written(), CALM)
    await kept(book, CALM)

    assert await kept(book, written(), CALM) is None
    assert stands(book) == [("H1", "retired"), ("H2", "active"), ("H3", "active")]
    assert await kept(book, written(), CALM) is None
    assert await kept(book, CALM) is None
    assert stands(book) == [("H1", "retired"), ("H2", "active"), ("H3", "retired")]


@pytest.mark.parametrize(("actor", "reason"), [("rules", "expired"), ("rules", "falsified")])
async def test_what_ended_for_another_reason_stays_ended(book, actor, reason):
    await kept(book, written())
    await book.move("H1", RuleState.RETIRED, actor=actor, reason=reason)

    assert await kept(book) is None
    assert await kept(book, written()) is None
    assert stands(book) == [("H1", "retired")]


async def test_one_that_ended_does_not_hide_one_that_says_the_same_and_stands(book):
    await kept(book, written())
    await book.move("H1", RuleState.RETIRED, actor="7", reason="P1")
    for _ in range(9):
        rule = await book.add(terms(), RuleOrigin.HAND, RuleState.ACTIVE, actor="7", reason="")
        if rule.rule_id != "H10":
            await book.move(rule.rule_id, RuleState.RETIRED, actor="7", reason="P1")
    assert ("H10", "active") in stands(book)

    assert await kept(book) is None
    assert ("H10", "retired") in stands(book)

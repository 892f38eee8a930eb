"""A replayed day obeys the user's own rules as they stood on that day, and no others."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.by_hand.replay_rules import RulesThen
from core.domain.orders import Side
from core.domain.plan_review import RULE_EXIT
from core.domain.risk import RiskLimits
from core.domain.rule_facts import Fact, FactUse
from core.domain.rules import Rule, RuleMove, RuleOrigin, RuleState, RuleTerms
from core.flows.values import GuardVerdict, StrategyPlan
from core.runtime.rule_book import RuleBook
from core.services.rules.shipped import shipped_rules
from core.strategy.parameters import Parameters
from storage.ledger import SqlLedger
from storage.opening import open_database
from tests.bot.by_hand.test_replay_day import (
    AT,
    DECIDED_ON,
    HELD,
    STRATEGY,
    asked,
    planned,
    verdict_of,
    write,
)
from tests.bot.environment import only
from tests.core.domain.rule_cases import comparison, rule, terms
from tests.fakes.desk_kit import KO
from tests.fakes.hand_clock import HandClock

BEFORE, AFTER = AT - timedelta(days=1), AT + timedelta(days=1)
BOUGHT = "069500"


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    only(monkeypatch, tmp_path, DATA_DIR=str(tmp_path))
    (tmp_path / "strategy.toml").write_text(STRATEGY, encoding="utf-8")
    return tmp_path


def sells(fact: Fact, operator: str, number: int) -> RuleTerms:
    condition = [comparison(fact, operator, number)]
    return terms(category="exit_criteria", action="propose_exit", condition=condition)


def forbids(fact: Fact, operator: str, number: int) -> RuleTerms:
    return terms(condition=[comparison(fact, operator, number)])


async def _book(folder: Path, at: datetime, change) -> None:
    database = await open_database(f"sqlite:///{folder / 'autotrade-sim.db'}", migrate=True)
    ledger = SqlLedger(database)
    shipped = shipped_rules(KO, RiskLimits(), Parameters(), Decimal(2))
    book = RuleBook(shipped, ledger, ledger, HandClock(at))
    await book.load()
    try:
        await change(book)
    finally:
        await database.close()


def taken_on(folder: Path, at: datetime, rule: RuleTerms) -> None:
    async def change(book: RuleBook) -> None:
        await book.add(rule, RuleOrigin.HAND, RuleState.ACTIVE, actor="file", reason="")

    asyncio.run(_book(folder, at, change))


def ended(folder: Path, at: datetime, rule_id: str) -> None:
    async def change(book: RuleBook) -> None:
        assert await book.move(rule_id, RuleState.RETIRED, actor="1") is RuleMove.DONE

    asyncio.run(_book(folder, at, change))


def sold_by(rules: str) -> StrategyPlan:
    """Return the day's plan with the holding sold by rules in place of the strategy's stop."""
    found = planned()
    assert found.basis is not None
    basis = replace(found.basis, begun=((HELD, DECIDED_ON - timedelta(days=9)),))
    actions = tuple(
        replace(item, rule=RULE_EXIT, by_rules=rules) if item.symbol == HELD else item
        for item in found.plan.actions
    )
    own = replace(found.plan, actions=actions)
    return replace(found, plan=own, followed=own, basis=basis)


def stored(folder: Path, plan: StrategyPlan, verdict: GuardVerdict | None = None) -> None:
    asyncio.run(write(folder, plan, verdict or verdict_of(plan.in_force)))


def test_a_sale_by_a_rule_comes_out_as_it_was_also_after_the_rule_ended(folder):
    taken_on(folder, BEFORE, sells(Fact.GAIN_BPS, "<=", -300))
    stored(folder, sold_by("H1"))
    assert asked().exit_code == 0, asked().output
    ended(folder, AFTER, "H1")
    assert asked().exit_code == 0, asked().output


def test_how_long_something_was_held_is_known_as_it_was_then(folder):
    taken_on(folder, BEFORE, sells(Fact.HOLDING_DAYS, ">=", 12))
    stored(folder, sold_by("H1"))
    assert asked().exit_code == 0, asked().output


def test_a_rule_that_came_later_sold_nothing_then(folder):
    stored(folder, planned())
    taken_on(folder, AFTER, sells(Fact.GAIN_BPS, "<=", -300))
    assert asked().exit_code == 0, asked().output


def test_another_rule_than_the_one_that_sold_is_a_difference(folder):
    taken_on(folder, BEFORE, sells(Fact.GAIN_BPS, "<=", -300))
    stored(folder, sold_by("H7"))
    result = asked()
    assert result.exit_code == 4
    (told,) = (line for line in result.output.splitlines() if line.startswith("전략"))
    assert "(H7) → " in told
    assert told.endswith("(H1)")


def test_a_purchase_that_a_rule_forbade_is_forbidden_again(folder):
    # The first rises faster than the other that is bought; only it is beyond the number.
    taken_on(folder, BEFORE, forbids(Fact.RETURN_5_BPS, ">=", 150))
    plan = planned()
    passed = tuple(
        (item.symbol, item.side)
        for item in plan.plan.actions
        if (item.symbol, item.side) != (BOUGHT, Side.BUY)
    )
    assert len(passed) == len(plan.plan.actions) - 1
    stored(folder, plan, GuardVerdict(allowed=passed, refusals=("규칙",)))
    assert asked().exit_code == 0, asked().output
    ended(folder, AFTER, "H1")
    assert asked().exit_code == 0, asked().output


def test_a_purchase_that_no_rule_forbade_then_is_told_where_one_was_in_force(folder):
    taken_on(folder, BEFORE, forbids(Fact.RETURN_5_BPS, ">=", 150))
    stored(folder, planned())
    result = asked()
    assert result.exit_code == 4
    (told,) = (line for line in result.output.splitlines() if line.startswith("관문"))
    assert "0주 통과 (rule_blocks)" in told


def of_an_older_version(plan: StrategyPlan) -> StrategyPlan:
    assert plan.basis is not None
    return replace(plan, basis=replace(plan.basis, begun=()))


def test_a_sale_on_a_day_that_an_older_version_stored_is_left_out_of_both_sides(folder):
    taken_on(folder, BEFORE, sells(Fact.HOLDING_DAYS, ">=", 12))
    stored(folder, of_an_older_version(sold_by("H1")))
    assert asked().exit_code == 0, asked().output


def test_what_an_older_version_saved_is_compared_without_the_rules_it_left_out(folder):
    before = folder / "before.json"
    stored(folder, of_an_older_version(sold_by("H1")))
    assert asked("--save", str(before)).exit_code == 0
    # As it was saved: the older version judged without rules, whatever stood.
    taken_on(folder, BEFORE, sells(Fact.HOLDING_DAYS, ">=", 12))
    taken_on(folder, BEFORE, forbids(Fact.RETURN_5_BPS, ">=", 150))
    assert asked("--against", str(before)).exit_code == 4
    found = json.loads(before.read_text(encoding="utf-8"))
    assert found.pop("is_ruled") is True
    assert HELD not in {item["symbol"] for item in found["plan"]}
    before.write_text(json.dumps(found), encoding="utf-8")
    again = folder / "again.json"
    result = asked("--against", str(before), "--save", str(again))
    assert result.exit_code == 0, result.output
    # What is saved of that comparison does not claim to know the rules.
    assert json.loads(again.read_text(encoding="utf-8"))["is_ruled"] is False


class OnlyGain:
    async def as_of(self, moment: datetime) -> tuple[Rule, ...]:
        condition = [comparison(Fact.GAIN_BPS, "<=", -300)]
        return (rule(category="exit_criteria", action="propose_exit", condition=condition),)

    async def figures_on(self, symbol: str, day: object) -> dict[Fact, int | None]:
        raise AssertionError("no rule compares what bars tell")


async def test_no_bars_are_read_where_no_rule_compares_them():
    found: Any = OnlyGain()
    sights = await RulesThen(found, found).sights(FactUse.HOLDING, [HELD], DECIDED_ON, AT)
    assert [one.rule_id for one in sights[HELD].rules] == ["R1"]
    assert sights[HELD].values == {}

"""What people see of rules, try and switch."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import date

import pytest

from core.domain.rule_facts import Fact
from core.domain.rule_gate import GateFault
from core.domain.rules import Judgement, RuleMove, RuleOrigin, RuleState
from core.runtime.rule_book import RuleBook
from core.services.rules.desk import RuleDesk, Switched
from core.services.rules.telling import explained, listed, summary, switched, tried
from tests.core.domain.rule_cases import TODAY, comparison, rule, terms
from tests.core.runtime.test_rule_book import SHIPPED, ledger  # noqa: F401 - a fixture
from tests.core.services.rules.test_by_hand import BOUNDS
from tests.fakes.desk_kit import KO, TIGER, at
from tests.fakes.hand_clock import HandClock
from tests.fakes.set_past import SetPast, bought, seeded_past

DAY_SECONDS = 86_400
DRY = rule()
SIZED = rule("R2", condition=[comparison(Fact.ORDER_AMOUNT_WON, ">", 90_000)])
LEAVING = rule(
    "R3",
    category="exit_criteria",
    action="propose_exit",
    condition=[comparison(Fact.RETURN_20_BPS, "<", -500)],
)


@dataclass
class Figures:
    values: dict[Fact, int | None] = field(default_factory=dict)
    asked: list[tuple[str, date]] = field(default_factory=list)

    async def figures_on(self, symbol, day):
        self.asked.append((symbol, day))
        return self.values


@pytest.fixture
async def desk(ledger):  # noqa: F811
    clock = HandClock(at(10, day=TODAY))
    book = RuleBook(SHIPPED, ledger, ledger, clock)
    await book.load()
    return RuleDesk(book=book, figures=Figures(), past=SetPast(), bounds=BOUNDS, clock=clock)


async def add(desk, state=RuleState.ACTIVE, **changes):
    return await desk.book.add(terms(**changes), RuleOrigin.REFLECTION, state, actor="1", reason="")


async def test_an_owner_switches_the_volume_rule_on_and_off(desk):
    assert (await desk.switch(" s3 ", is_on=True, actor="7")).answer is RuleMove.DONE
    assert [one.rule_id for one in desk.book.obeyed] == ["S3"]
    assert (await desk.switch("S3", is_on=True, actor="7")).answer is RuleMove.NOT_NOW
    assert (await desk.switch("S3", is_on=False, actor="7")).answer is RuleMove.DONE
    assert desk.book.obeyed == ()
    assert (await desk.switch("S1", is_on=False, actor="7")).answer is RuleMove.SETTING
    assert (await desk.switch("S1", is_on=True, actor="7")).answer is RuleMove.SETTING
    assert (await desk.switch("R9", is_on=True, actor="7")).answer is RuleMove.UNKNOWN_RULE


async def test_what_goes_on_passes_the_gate_like_a_new_rule(desk):
    await desk.switch("S3", is_on=True, actor="7")
    twin = await add(desk, RuleState.DISABLED)
    found = await desk.switch(twin.rule_id, is_on=True, actor="7")
    assert found.answer == (GateFault.ADDS_NOTHING,)
    assert twin in desk.rules
    assert twin.state is RuleState.DISABLED
    # To switch one off is never refused by the gate.
    assert (await desk.switch("S3", is_on=False, actor="7")).answer is RuleMove.DONE
    assert (await desk.switch(twin.rule_id, is_on=True, actor="7")).answer is RuleMove.DONE


async def test_one_that_goes_on_is_judged_with_all_that_stand_on_what_was_measured(desk):
    desk.past.found = seeded_past(7)
    low = await add(desk)
    high = await add(
        desk, RuleState.DISABLED, condition=[comparison(Fact.VOLUME_PERCENT, ">", 155)]
    )
    blocked = (GateFault.BLOCKS_ALL,)
    assert (await desk.switch(high.rule_id, is_on=True, actor="7")).answer == blocked
    before = desk.past.asked
    # To switch one off nobody has to look.
    assert (await desk.switch(low.rule_id, is_on=False, actor="7")).answer is RuleMove.DONE
    assert desk.past.asked == before
    assert (await desk.switch(high.rule_id, is_on=True, actor="7")).answer is RuleMove.DONE


async def test_the_shipped_rule_that_stops_nearly_everything_may_be_meant(desk):
    quiet = tuple(bought(volume_percent=20 + number) for number in range(60))
    desk.past.found = quiet
    assert (await desk.switch("S3", is_on=True, actor="7")).answer is RuleMove.DONE
    # What takes nothing more is not refused for what that one does.
    other = await add(desk, RuleState.DISABLED, condition=[comparison(Fact.ATR_BPS, ">", 400)])
    assert (await desk.switch(other.rule_id, is_on=True, actor="7")).answer is RuleMove.DONE


async def test_one_whose_last_day_is_over_does_not_go_on(desk):
    late = await add(desk, RuleState.DISABLED, expires_on="2026-03-03")
    desk.clock.move(DAY_SECONDS)
    assert (await desk.switch(late.rule_id, is_on=True, actor="7")).answer is RuleMove.DONE
    await desk.switch(late.rule_id, is_on=False, actor="7")
    desk.clock.move(DAY_SECONDS)
    assert (await desk.switch(late.rule_id, is_on=True, actor="7")).answer is RuleMove.NOT_NOW


@pytest.mark.parametrize(
    ("one", "values", "found", "said"),
    [
        (DRY, {Fact.VOLUME_PERCENT: 120}, Judgement.HOLDS, "조건이 맞습니다. 사지 않음."),
        (DRY, {Fact.VOLUME_PERCENT: 150}, Judgement.FAILS, "아무 일도 하지 않습니다"),
        (DRY, {}, Judgement.UNKNOWN, "모르면 사지 않으므로"),
        (LEAVING, {}, Judgement.UNKNOWN, "모르면 팔자고 하지 않습니다"),
        (SIZED, {}, Judgement.UNKNOWN, "시세만으로는 판단할 수 없습니다"),
    ],
)
async def test_a_rule_is_tried_on_a_day(desk, one, values, found, said):
    desk.figures.values = values
    trial = await desk.trial(one, TIGER, TODAY)
    assert (trial.found, desk.figures.asked) == (found, [(TIGER, TODAY)])
    first, *rest = tried(trial, "TIGER 200", KO)
    assert first.startswith(f"{one.rule_id}, TIGER 200, 2026-03-02: ")
    assert said in first
    assert len(rest) == 1
    assert ("알 수 없음" in rest[0]) is (not values)


def test_a_rule_is_told_in_one_line_and_in_full():
    assert summary(DRY, KO) == (
        "R1 · 지키는 중 · 직전 거래일 거래량(그 앞 20일 평균 대비) < 150%: 사지 않음"
    )
    told = explained(DRY, KO)
    assert told[0] == summary(DRY, KO)
    assert told[1:3] == ("진입 기준 · 우선순위 5 · 성찰", "1번째 판, 2026-03-02부터")
    assert "말: 거래가 마른 종목은 사지 않는다" in told
    assert told[-2].startswith("틀렸다고 볼 때: 30일 결과를 잰 것 ≥ 30건 그리고 ")
    assert told[-1] == "마지막 날: 2026-09-01"
    shipped = explained(SHIPPED[0], KO)
    assert shipped[-1] == "POSITION_LIMIT_TIGHT_PERCENT 설정이 지킵니다. 값은 거기에서 바꿉니다."


def test_a_list_shows_what_stands():
    states = [
        replace(DRY, rule_id=f"R{number}", state=state)
        for number, state in enumerate(RuleState, start=1)
    ]
    assert [one.state for one in listed(states)] == [
        RuleState.PROPOSED,
        RuleState.ACTIVE,
        RuleState.DISABLED,
    ]


def test_what_came_of_a_wish_is_said():
    rules = (replace(DRY, state=RuleState.DISABLED),)
    assert switched("R1", Switched(answer=RuleMove.DONE), rules, KO) == "R1: 꺼 둠."
    assert (
        switched("R9", Switched(answer=RuleMove.UNKNOWN_RULE), rules, KO)
        == "R9: 그런 규칙이 없습니다."
    )
    faults = Switched(answer=(GateFault.ADDS_NOTHING, GateFault.TOO_MANY))
    refused = switched("R1", faults, rules, KO)
    assert refused.startswith("R1: 켤 수 없습니다. 이미 있는 규칙이 같은 일을 합니다. 규칙이 너무")


async def test_two_at_once_do_not_both_pass_a_gate_that_has_room_for_one(desk):
    low = await add(desk, RuleState.DISABLED)
    high = await add(
        desk, RuleState.DISABLED, condition=[comparison(Fact.VOLUME_PERCENT, ">=", 150)]
    )
    answers = await asyncio.gather(
        *(desk.switch(one.rule_id, is_on=True, actor="7") for one in (low, high))
    )
    assert [one.answer for one in answers] == [RuleMove.DONE, (GateFault.BLOCKS_ALL,)]
    assert [one.rule_id for one in desk.book.obeyed] == [low.rule_id]


async def test_a_switch_is_thrown_on_what_another_process_changed(desk, ledger):  # noqa: F811
    beside = RuleBook(SHIPPED, ledger, ledger, desk.clock)
    await beside.load()
    await beside.add(terms(), RuleOrigin.HAND, RuleState.ACTIVE, actor="7", reason="")
    assert (await desk.switch("H1", is_on=False, actor="7")).answer is RuleMove.DONE
    assert desk.book.obeyed == ()


@pytest.mark.parametrize(("origin", "is_marked"), [("reflection", True), ("hand", False)])
def test_what_a_model_wrote_is_marked_as_its_words(origin, is_marked):
    told = explained(replace(DRY, origin=RuleOrigin(origin)), KO)
    mark = "아래 글은 모델이 쓴 것입니다. 재지 않은 숫자가 있을 수 있습니다."
    assert (told.count(mark) == 1) is is_marked
    if is_marked:
        assert told.index(mark) < told.index("말: 거래가 마른 종목은 사지 않는다")

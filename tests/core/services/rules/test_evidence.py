"""The evidence of trade records: measured purchases only, judged on what was known on their day."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from core.domain.instrument import Symbol
from core.domain.journal import TradeRecord
from core.domain.krx import KST
from core.domain.leg_record import Fill, LegRecord
from core.domain.outcomes import Outcome
from core.domain.rule_evidence import HalfYear, Missing, RecordFigures, RuleEvidence, Unshown
from core.domain.rule_facts import Fact
from core.domain.rule_held import Held, Invested
from core.domain.rule_proposals import ProposalKind
from core.domain.rule_reach import reach_of
from core.domain.rule_trying import tried_rule
from core.services.rules.evidence import Evidence
from core.services.rules.evidence_words import evidence_lines, reach_lines
from tests.core.domain.rule_cases import comparison, terms
from tests.core.domain.test_rule_evidence import RECORDS, REPLAY
from tests.fakes.desk_kit import KO, TIGER, at
from tests.fakes.hand_clock import HandClock
from tests.fakes.set_past import seeded_past

ADOPT = ProposalKind.ADOPT
WIDE = comparison(Fact.VOLUME_PERCENT, "<", 250)
FIRST = date(2026, 1, 5)
KODEX = Symbol("069500")


def leg(
    number: int,
    month: int | None,
    *,
    week: int | None = None,
    symbol: Symbol = TIGER,
    day: int = 0,
    **changes: object,
) -> LegRecord:
    """Return a purchase of ten shares for 10,000 won each, proposed at ten o'clock."""
    moment = at(10, day=FIRST + timedelta(days=day))
    record = TradeRecord(
        record_id=f"r{number}",
        at=moment,
        symbol=symbol,
        action="buy",
        quantity=10,
        justification="",
        market="{}",
        portfolio_before="{}",
        status="FILLED",
    )
    found = [(7, week), (30, month)]
    return LegRecord(
        record=replace(record, **changes),  # type: ignore[arg-type]
        proposed_won=10_000,
        outcomes=tuple(outcome(number, days, pnl) for days, pnl in found if pnl is not None),
    )


def outcome(number: int, days: int, pnl: int, quantity: int = 10) -> Outcome:
    return Outcome(
        record_id=f"r{number}",
        days=days,
        is_hypothetical=True,
        quantity=quantity,
        entry_session=FIRST,
        exit_session=FIRST,
        basis_won=10_000 * quantity,
        pnl_won=pnl,
        after_won=None,
        measured_at=at(10),
    )


@dataclass
class Records:
    legs: tuple[LegRecord, ...]

    async def legs_between(self, start: datetime, end: datetime) -> tuple[LegRecord, ...]:
        return tuple(item for item in self.legs if start <= item.record.at < end)


@dataclass
class Volumes:
    """The volume of each symbol and day as it was known then; 100 where nothing is set."""

    known: dict[tuple[str, date], int | None] = field(default_factory=dict)
    asked: list[tuple[str, date]] = field(default_factory=list)

    async def figures_on(self, symbol, day):
        self.asked.append((symbol, day))
        return {Fact.VOLUME_PERCENT: self.known.get((symbol, day), 100)}


class Replays:
    async def replay(self, tried, standing):
        assert standing == [terms()]
        return REPLAY


async def records_of(*legs: LegRecord, known=None, days: int = 300, **changes: object):
    clock = HandClock(at(9, day=FIRST + timedelta(days=days)))
    figures = Volumes(known or {})
    made = Evidence(records=Records(legs), figures=figures, replays=Replays(), clock=clock)
    found = await made.of(terms(**changes), [terms()])
    assert found.replay == REPLAY
    return found.records


async def figures_of(*legs: LegRecord, **changes) -> RecordFigures:
    found = await records_of(*legs, **changes)
    assert isinstance(found, RecordFigures), found
    return found


DRY = (TIGER, FIRST)


async def test_what_the_rule_would_have_blocked_is_not_lost_or_won():
    found = await figures_of(
        leg(1, -5_000, week=-1_000),
        leg(2, 3_000, symbol=KODEX),
        leg(3, 1_000, symbol=KODEX, day=1),
        known={(KODEX, FIRST): 200, (KODEX, FIRST + timedelta(days=1)): 150},
    )
    assert (found.first_day, found.last_day) == (FIRST, FIRST + timedelta(days=1))
    assert (found.purchases, found.unknown, found.outcomes) == (3, 0, 1)
    assert (found.without_won, found.with_won) == (-1_000, 4_000)
    assert (found.acted_mean_7_bps, found.acted_mean_30_bps) == (-100, -500)
    assert found.acted_rose_percent == 0
    assert found.rest_mean_30_bps == 200


async def test_a_smaller_purchase_keeps_its_part():
    half = {"action": "shrink_to_50_percent", "category": "position_sizing"}
    found = await figures_of(leg(1, -5_001), **half)
    assert (found.without_won, found.with_won) == (-5_001, -2_500)


@pytest.mark.parametrize(
    ("traded", "action", "with_won", "outcomes"),
    [
        # Three of ten were there to be had: of the five that the rule leaves, the same three.
        (3, "shrink_to_50_percent", -300, 0),
        (3, "shrink_to_25_percent", -200, 1),
        (3, "block_entry", 0, 1),
        (10, "shrink_to_50_percent", -150, 1),
        # More than asked cannot be; were it written, the half would still be of what was asked.
        (20, "shrink_to_50_percent", -75, 1),
    ],
)
async def test_a_rule_is_judged_on_what_was_asked_and_counted_on_what_was_traded(
    traded, action, with_won, outcomes
):
    category = "entry_criteria" if action == "block_entry" else "position_sizing"
    partly = replace(leg(1, None), outcomes=(outcome(1, 30, -300, quantity=traded),))
    found = await figures_of(partly, action=action, category=category)
    assert (found.without_won, found.with_won) == (-300, with_won)
    assert (found.purchases, found.outcomes) == (1, outcomes)


@pytest.mark.parametrize("traded", [3, 10, 20])
async def test_what_the_rule_does_not_touch_comes_to_the_same_with_it(traded):
    partly = replace(leg(1, None), outcomes=(outcome(1, 30, -300, quantity=traded),))
    found = await figures_of(partly, known={DRY: 150})
    assert (found.without_won, found.with_won, found.outcomes) == (-300, -300, 0)


async def test_the_amount_is_that_of_the_order_and_not_of_the_fill():
    fit = {
        "action": "shrink_to_fit",
        "category": "position_sizing",
        "condition": [comparison(Fact.ORDER_AMOUNT_WON, ">", 40_000)],
    }
    # Ten were asked for 100,000 won; the rule leaves four of them, and two were filled.
    partly = replace(leg(1, None), outcomes=(outcome(1, 30, -300, quantity=2),))
    found = await figures_of(partly, **fit)
    assert (found.with_won, found.outcomes) == (-300, 0)


async def test_the_amount_of_an_order_is_in_its_own_record():
    fit = {
        "action": "shrink_to_fit",
        "category": "position_sizing",
        "condition": [comparison(Fact.ORDER_AMOUNT_WON, ">", 40_000)],
    }
    small = replace(leg(2, None, day=1, quantity=3), outcomes=(outcome(2, 30, 500, quantity=3),))
    found = await figures_of(leg(1, -1_000), small, **fit)
    assert (found.outcomes, found.with_won) == (1, -400 + 500)


async def test_only_measured_purchases_count_and_each_suggestion_once():
    sale = leg(2, 900, symbol=KODEX, action="sell")
    edited = leg(3, 900, symbol=KODEX, status="SUPERSEDED")
    open_ = leg(4, None, week=100, symbol=KODEX)
    denied = leg(5, -100, symbol=KODEX, day=3, status="DENIED cash")
    again = leg(6, -200, symbol=KODEX, day=3, status="EXPIRED")
    fill = Fill(quantity=10, average_won=Decimal(10_000), session=FIRST, at=at(10))
    filled = replace(leg(7, -400, day=4), fill=fill)
    after = leg(8, -800, day=4)
    found = await figures_of(sale, edited, open_, denied, again, filled, after)
    assert found.purchases == 2
    assert found.without_won == -200 - 400


async def test_what_cannot_be_judged_is_left_out_and_counted():
    found = await figures_of(leg(1, -100), leg(2, -200, symbol=KODEX), known={DRY: None})
    assert (found.purchases, found.unknown, found.without_won) == (1, 1, -200)
    priceless = replace(leg(3, -100, symbol=KODEX, day=5), proposed_won=None)
    found = await figures_of(leg(1, -100), priceless)
    assert (found.purchases, found.unknown) == (1, 1)
    assert await records_of(leg(1, -100), known={DRY: None}) == Missing(Unshown.NO_RECORDS)


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        (
            {
                "action": "propose_exit",
                "category": "exit_criteria",
                "condition": [comparison(Fact.RETURN_5_BPS, "<", -300)],
            },
            Missing(Unshown.NO_HOLDINGS),
        ),
        (
            {"condition": [comparison(Fact.CASH_AFTER_BPS, "<", 1_000)]},
            Missing(Unshown.NOT_RECORDED, (Fact.CASH_AFTER_BPS,)),
        ),
        (
            {
                "condition": [
                    comparison(Fact.WEIGHT_AFTER_BPS, ">", 1_000),
                    comparison(Fact.ATR_BPS, ">", 300),
                ]
            },
            Missing(Unshown.NOT_RECORDED, (Fact.WEIGHT_AFTER_BPS,)),
        ),
    ],
)
async def test_what_records_do_not_tell_makes_no_figures(changes, missing):
    assert await records_of(leg(1, -100), **changes) == missing
    assert await records_of(**changes) == missing


async def test_without_records_there_is_nothing():
    assert await records_of() == Missing(Unshown.NO_RECORDS)


async def test_the_figures_are_of_the_day_and_the_future_changes_nothing():
    legs = tuple(leg(number, 10 * number - 95, day=number) for number in range(20))
    figures = Volumes()
    clock = HandClock(at(9, day=FIRST + timedelta(days=11)))
    made = Evidence(records=Records(legs), figures=figures, replays=Replays(), clock=clock)
    then = (await made.of(terms(), [terms()])).records
    assert figures.asked == [(TIGER, FIRST + timedelta(days=number)) for number in range(11)]
    assert then == await records_of(*legs[:11])
    assert all(day < clock.now().astimezone(KST).date() for _, day in figures.asked)


async def test_the_evidence_is_told_with_its_sample_and_its_doubts():
    made = Evidence(
        records=Records((leg(1, -5_000), leg(2, 100, symbol=KODEX))),
        figures=Volumes({(KODEX, FIRST): None}),
        replays=Replays(),
        clock=HandClock(at(9, day=FIRST + timedelta(days=40))),
    )
    lines = evidence_lines(await made.of(terms(), [terms()]), KO)
    text = "\n".join(lines)
    assert lines[0].startswith("과거에는 이 규칙이 있는 쪽이 나았습니다(30건 이상)")
    assert "30일이 지난 매수 1건 가운데 1건에" in text
    assert "규칙 없이 -5,000원, 있으면 +0원, 차이 +5,000원" in text
    assert "7일 평균 알 수 없음, 30일 평균 -5.00%" in text
    assert "그때의 사실을 알 수 없는 1건은" in text
    assert "규칙 없이 +9.00%, 있으면 +9.00%, 차이 +0.00%" in text
    assert "반년 4번 가운데 나아진 것 2, 나빠진 것 1. 2021-H1 +1.00%→+1.40%" in text


def test_a_rule_that_empties_the_account_says_so_first():
    empty = replace(REPLAY, held=Held(Invested(6_100, 3_500, 1_240), Invested(5_000, 4_000, 2_000)))
    evidence = RuleEvidence(records=Missing(Unshown.NO_RECORDS), replay=empty)
    (line,) = reach_lines(evidence, ADOPT, KO)
    assert line.startswith("⚠️ 투자하는 몫이 규칙이 없을 때의 절반도")
    assert "평균 61%를 투자하고, 지키는 규칙 모두와 함께면 12%입니다(이 규칙 없이는 35%)" in line
    assert line.endswith("마지막 1년은 50%에서 20%(40%).")
    (line,) = reach_lines(replace(evidence, replay=REPLAY), ADOPT, KO)
    assert "⚠️" not in line
    old = replace(evidence, replay=replace(REPLAY, held=None))
    assert list(reach_lines(old, ADOPT, KO)) == []
    assert list(reach_lines(evidence, ProposalKind.RETIRE, KO)) == []
    missing = replace(evidence, replay=Missing(Unshown.NO_BARS))
    assert list(reach_lines(missing, ADOPT, KO)) == []


@pytest.mark.parametrize("past", [(), seeded_past(3)], ids=["usual", "measured"])
def test_to_end_a_rule_warns_of_nothing_and_says_what_comes_back(past):
    reach = reach_of(tried_rule(terms(condition=[WIDE])), (), past)
    assert reach.is_heavy
    evidence = RuleEvidence(records=Missing(Unshown.NO_RECORDS), replay=REPLAY, reach=reach)
    (line,) = reach_lines(evidence, ProposalKind.RETIRE, KO)
    assert "⚠️" not in line
    assert f"{reach.left_percent}%를 남기는데, 이 규칙이 없으면 100%가 남습니다" in line
    assert ("어림" in line) is (past == ())


def test_half_years_in_which_nothing_was_held_are_not_told():
    idle = HalfYear(name="2019-H2", without_bps=0, with_bps=0)
    evidence = RuleEvidence(
        records=Missing(Unshown.NO_RECORDS), replay=replace(REPLAY, windows=(idle, *REPLAY.windows))
    )
    assert evidence_lines(evidence, KO) == evidence_lines(replace(evidence, replay=REPLAY), KO)
    only = replace(evidence, replay=replace(REPLAY, windows=(idle,)))
    assert not any("2019-H2" in line for line in evidence_lines(only, KO))


def test_what_is_missing_is_told_in_words():
    evidence = RuleEvidence(
        records=Missing(Unshown.NOT_RECORDED, (Fact.CASH_AFTER_BPS,)),
        replay=Missing(Unshown.NO_BARS),
    )
    assert evidence_lines(evidence, KO) == (
        "표본 부족: 결과를 잰 것이 30건 미만입니다. 아래 숫자는 아무것도 증명하지 않습니다.",
        "제안 기록: 매수 뒤 남는 현금 비중: 그때의 값이 기록에 없어 셈할 수 없습니다.",
        "저장된 시세의 전략: 저장된 시세가 없거나 전략을 돌리기에 모자랍니다.",
    )
    against = RuleEvidence(
        records=replace(RECORDS, with_won=-9_001, rest_mean_30_bps=5, unknown=0),
        replay=replace(REPLAY, unknown=3, windows=(), outcomes=0, acted_mean_30_bps=None),
    )
    lines = evidence_lines(against, KO)
    assert lines[0].startswith("과거에는 이 규칙이 있는 쪽이 낫지 않았습니다")
    assert "손대지 않았을 것의 30일 평균 +0.05%." in lines
    assert "규칙이 손댄 것 가운데 30일이 지난 것이 없습니다." in lines
    assert lines[-1] == "사실을 알 수 없어 손댄 3건은 결과에 넣지 않았습니다."

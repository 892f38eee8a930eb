from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from core.domain.cycle import StepState
from core.domain.factors import (
    Evidence,
    FactorState,
    Finding,
    FindingKind,
    Measure,
    Viewpoint,
    judged_trades,
    verified,
)
from core.domain.leg_record import LegRecord
from core.domain.reflection_run import Node, NodeRecord
from tests.contracts.ledger_values import MORNING
from tests.contracts.outcomes_contract import outcome, record


def leg(name: str, *outcomes) -> LegRecord:
    return LegRecord(record=record(name), outcomes=outcomes)


LOST = leg(
    "L-1",
    outcome("L-1", pnl_won=-1_750, after_won=-1_900, is_hypothetical=False),
    outcome("L-1", days=30, pnl_won=-3_500, after_won=-3_700, is_hypothetical=False),
)
ALSO_LOST = leg("L-2", outcome("L-2", pnl_won=-875))
WON = leg("W-1", outcome("W-1", pnl_won=2_000))
TRADES = judged_trades([LOST, leg("open"), ALSO_LOST, WON])


def told(trade: str, measure: Measure, value: int) -> Evidence:
    return Evidence(trade=trade, measure=measure, value=value)


FIRST = told("L-1", Measure.PNL_7_WON, -1_750)
SECOND = told("L-2", Measure.RETURN_7_BPS, -50)


def finding(
    *evidence: Evidence, kind: FindingKind = FindingKind.FAILURE, text: str = "늦게 팔았다"
):
    return Finding(kind=kind, viewpoint=Viewpoint.TIMING, text=text, evidence=evidence)


def test_a_trade_is_judged_by_what_was_measured_of_it() -> None:
    first = TRADES[0]
    assert [item.record_id for item in TRADES] == ["L-1", "L-2", "W-1"]
    assert (first.result_won, first.is_hypothetical, first.day) == (-3_700, False, MORNING.date())
    assert first.measures == (
        (Measure.RETURN_7_BPS, -100),
        (Measure.PNL_7_WON, -1_750),
        (Measure.AFTER_7_WON, -1_900),
        (Measure.RETURN_30_BPS, -200),
        (Measure.PNL_30_WON, -3_500),
        (Measure.AFTER_30_WON, -3_700),
    )
    # Without the tax nobody can know what is left, so the plain P/L stands for it.
    assert (TRADES[1].result_won, TRADES[1].measured(Measure.AFTER_7_WON)) == (-875, None)


def test_frequency_impact_and_priority_are_counted() -> None:
    factors = verified(TRADES, [finding(FIRST, SECOND, FIRST)])
    (found,) = factors.factors
    assert found.trades == ("L-1", "L-2")
    assert (found.frequency, found.impact_won, found.priority) == (2, 4_575, 9_150)
    assert (found.hypothetical, factors.state, factors.trades) == (1, FactorState.ANALYSED, 3)
    # The same evidence twice counts once.
    assert (factors.dropped_evidence, factors.dropped_findings) == (1, 0)


@pytest.mark.parametrize(
    "wrong",
    [
        told("X-9", Measure.PNL_7_WON, -1_750),
        told("L-1", Measure.PNL_7_WON, -1_751),
        told("L-1", Measure.PNL_7_WON, 1_750),
        told("L-2", Measure.PNL_30_WON, -875),
        told("L-2", Measure.AFTER_7_WON, 0),
    ],
)
def test_what_is_not_the_measured_value_is_dropped_and_counted(wrong: Evidence) -> None:
    alone = verified(TRADES, [finding(wrong)])
    assert (alone.factors, alone.dropped_evidence, alone.dropped_findings) == ((), 1, 1)
    beside = verified(TRADES, [finding(wrong, FIRST)])
    assert beside.factors[0].evidence == (FIRST,)
    assert (beside.dropped_evidence, beside.dropped_findings) == (1, 0)


def test_what_the_numbers_contradict_is_no_failure_and_no_success() -> None:
    gained = told("W-1", Measure.PNL_7_WON, 2_000)
    upside_down = [
        finding(gained),
        finding(FIRST, kind=FindingKind.SUCCESS),
        finding(gained, kind=FindingKind.IMPROVEMENT),
        finding(FIRST, text=""),
    ]
    assert verified(TRADES, upside_down).dropped_findings == 4
    true = [
        finding(gained, kind=FindingKind.SUCCESS),
        finding(FIRST, gained, kind=FindingKind.INSIGHT),
    ]
    assert [item.impact_won for item in verified(TRADES, true).factors] == [2_000, 5_700]


def test_an_insight_may_be_about_a_trade_that_came_to_nothing() -> None:
    flat = judged_trades([leg("F-1", outcome("F-1", pnl_won=0))])
    said = finding(told("F-1", Measure.PNL_7_WON, 0), kind=FindingKind.INSIGHT)
    assert verified(flat, [said]).factors[0].priority == 0


def test_the_order_is_that_of_kind_and_priority() -> None:
    said = [
        finding(FIRST, kind=FindingKind.INSIGHT, text="다"),
        finding(SECOND, text="나"),
        finding(FIRST, text="가"),
    ]
    found = verified(TRADES, said).factors
    assert [(item.kind, item.text) for item in found] == [
        (FindingKind.FAILURE, "가"),
        (FindingKind.FAILURE, "나"),
        (FindingKind.INSIGHT, "다"),
    ]
    assert verified(TRADES, list(reversed(said))).factors == found


def test_nothing_to_say_is_an_answer() -> None:
    found = verified(TRADES, [])
    assert (found.state, found.factors, found.dropped_findings) == (FactorState.ANALYSED, (), 0)


def test_nodes_are_numbered_in_their_order() -> None:
    row = NodeRecord(
        week="2023-W09",
        node=Node.NUMBERS,
        state=StepState.RUNNING,
        attempts=1,
        started_at=MORNING + timedelta(days=1),
    )
    assert row.node.number == 1
    assert Node.REPORT.number == len(Node)
    assert replace(row, node=Node.FACTORS).node.number == 2

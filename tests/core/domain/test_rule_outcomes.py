"""A rule is measured by what it kept out, and by the days it was really in force."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

from core.domain.journal import TradeRecord
from core.domain.krx import KST
from core.domain.leg_record import LegRecord
from core.domain.outcomes import Outcome
from core.domain.rule_facts import Measured
from core.domain.rule_outcomes import distinct, measured_of
from core.domain.rule_record import RuleEffect, RuleRow, terms_text
from core.domain.rules import RuleOrigin, RuleState
from tests.core.domain.rule_cases import TODAY, terms

ROW = RuleRow(
    rule_id="R1",
    version=1,
    origin=RuleOrigin.REFLECTION,
    state=RuleState.PROPOSED,
    since=TODAY,
    terms=terms_text(terms()),
    actor="1",
    reason="",
    evidence="",
    at=datetime(2026, 3, 2, 10, tzinfo=KST),
)


def outcome(pnl: int, days: int = 30) -> Outcome:
    return Outcome(
        record_id="x-1",
        days=days,
        is_hypothetical=True,
        quantity=1,
        entry_session=TODAY,
        exit_session=TODAY + timedelta(days=days),
        basis_won=30_000,
        pnl_won=pnl,
        after_won=None,
        measured_at=ROW.at,
    )


def leg(*outcomes: Outcome, action: str = "buy") -> LegRecord:
    record = TradeRecord(
        record_id="x-1",
        at=ROW.at,
        symbol="069500",
        action=action,
        quantity=1,
        justification="",
        market="{}",
        portfolio_before="{}",
    )
    return LegRecord(record=record, outcomes=outcomes)


def days_in_force(*changes: tuple[RuleState, date], today: date) -> int | None:
    rows = [
        replace(ROW, version=number, state=state, since=since)
        for number, (state, since) in enumerate(changes, start=1)
    ]
    return measured_of(rows, (), today)[Measured.ACTIVE_DAYS]


def test_what_was_kept_out_is_counted_when_its_thirty_days_are_over():
    avoided = [
        leg(outcome(300, 7), outcome(-600)),
        leg(outcome(-100, 7), outcome(600)),
        leg(outcome(-100, 7)),
        leg(outcome(0)),
        leg(),
        leg(outcome(29_000, 90)),
    ]
    found = measured_of([ROW], avoided, TODAY)
    assert found[Measured.AVOIDED_COUNT] == 3
    # (100 - 33.3 - 33.3) / 3 = 11.1 basis points, rounded down.
    assert found[Measured.AVOIDED_MEAN_7_BPS] == 11
    assert found[Measured.AVOIDED_MEAN_30_BPS] == 0
    # One of three rose; what stayed where it was did not.
    assert found[Measured.AVOIDED_WIN_PERCENT] == 33


def test_a_mean_below_zero_is_rounded_away_from_it():
    found = measured_of([ROW], [leg(outcome(-1), outcome(-1, 7))], TODAY)
    assert found[Measured.AVOIDED_MEAN_30_BPS] == -1
    assert found[Measured.AVOIDED_WIN_PERCENT] == 0


def test_over_nothing_there_is_no_mean_and_no_share():
    found = measured_of([ROW], (), TODAY)
    assert found == {
        Measured.AVOIDED_COUNT: 0,
        Measured.AVOIDED_MEAN_7_BPS: None,
        Measured.AVOIDED_MEAN_30_BPS: None,
        Measured.AVOIDED_WIN_PERCENT: None,
        Measured.ACTIVE_DAYS: 0,
    }


def test_a_sale_counts_by_what_the_shares_did_afterwards():
    # The sale spared 600 won, so that the shares fell by them.
    found = measured_of([ROW], [leg(outcome(600), outcome(-300, 7), action="sell")], TODAY)
    assert found[Measured.AVOIDED_MEAN_30_BPS] == -200
    assert found[Measured.AVOIDED_MEAN_7_BPS] == 100
    assert found[Measured.AVOIDED_WIN_PERCENT] == 0


def effect(symbol: str, day: int, record_id: str = "") -> RuleEffect:
    return RuleEffect(
        rule_id="R1",
        record_id=record_id or f"{symbol}-{day}",
        symbol=symbol,
        at=ROW.at + timedelta(days=day),
        asked=1,
        kept=0,
    )


def test_the_same_month_of_the_same_symbol_is_one_case():
    daily = [effect("069500", day) for day in range(70)]
    other = effect("102110", 3)
    found = distinct([*reversed(daily), other])
    assert [item.record_id for item in found] == ["069500-0", "102110-3", "069500-30", "069500-60"]
    twice = distinct([effect("069500", 1, "b"), effect("069500", 1, "a")])
    assert [item.record_id for item in twice] == ["a"]
    assert distinct([]) == ()


def test_only_the_days_in_force_count():
    first = TODAY
    assert days_in_force((RuleState.ACTIVE, first), today=first) == 0
    assert days_in_force((RuleState.ACTIVE, first), today=first + timedelta(days=9)) == 9
    changes = [
        (RuleState.PROPOSED, first),
        (RuleState.ACTIVE, first + timedelta(days=2)),
        (RuleState.DISABLED, first + timedelta(days=5)),
        (RuleState.ACTIVE, first + timedelta(days=10)),
    ]
    assert days_in_force(*changes, today=first + timedelta(days=14)) == 7
    assert days_in_force(*changes[:3], today=first + timedelta(days=14)) == 3

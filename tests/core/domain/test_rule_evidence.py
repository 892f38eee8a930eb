"""What the past says of a rule: kept as text, read back, and never more than was measured."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from core.domain.rule_evidence import (
    OUTCOMES_MIN,
    HalfYear,
    Missing,
    RecordFigures,
    ReplayFigures,
    RuleEvidence,
    Unshown,
    evidence_of,
    evidence_text,
    half_year,
    replay_of,
    replay_text,
)
from core.domain.rule_facts import Fact
from core.domain.rule_held import Held, Invested
from core.domain.rule_reach import Basis, reach_of
from tests.core.domain.rule_cases import rule
from tests.fakes.set_past import seeded_past

RECORDS = RecordFigures(
    first_day=date(2026, 1, 5),
    last_day=date(2026, 9, 30),
    purchases=90,
    unknown=2,
    outcomes=OUTCOMES_MIN,
    acted_mean_7_bps=-20,
    acted_mean_30_bps=-120,
    acted_rose_percent=30,
    rest_mean_30_bps=None,
    without_won=-9_000,
    with_won=1_000,
)
UP = HalfYear(name="2021-H1", without_bps=100, with_bps=140)
DOWN = HalfYear(name="2021-H2", without_bps=100, with_bps=90)
SAME = HalfYear(name="2022-H1", without_bps=100, with_bps=100)
REPLAY = ReplayFigures(
    first_day=date(2021, 1, 4),
    last_day=date(2024, 12, 30),
    windows=(UP, DOWN, UP, SAME),
    outcomes=OUTCOMES_MIN,
    unknown=0,
    acted_mean_7_bps=None,
    acted_mean_30_bps=-120,
    acted_rose_percent=40,
    without_bps=900,
    with_bps=900,
    drawdown_without_bps=-2_000,
    drawdown_with_bps=-2_000,
    orders_without=100,
    orders_with=50,
    held=Held(Invested(6_100, 6_100, 6_100)),
)
NOTHING = Missing(Unshown.NO_RECORDS)
NO_FACT = Missing(Unshown.NOT_STORED, (Fact.VOLUME_PERCENT, Fact.ATR_BPS))


@pytest.mark.parametrize(
    "evidence",
    [
        RuleEvidence(records=RECORDS, replay=REPLAY),
        RuleEvidence(records=NOTHING, replay=NO_FACT),
        RuleEvidence(records=NOTHING, replay=replace(REPLAY, windows=(), held=None)),
        RuleEvidence(
            records=NOTHING,
            replay=replace(REPLAY, held=Held(Invested(9, 8, 7), Invested(6, 5, 4))),
        ),
    ],
)
def test_it_comes_back_as_it_was_kept(evidence: RuleEvidence) -> None:
    assert evidence_of(evidence_text(evidence)) == evidence
    assert replay_of(replay_text(evidence.replay)) == evidence.replay


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "7",
        "{}",
        '{"records":{"why":"no_records","facts":[]},"replay":{}}',
        '{"records":{"why":"because","facts":[]},"replay":{"why":"failed","facts":[]}}',
        '{"records":{"why":"failed","facts":["rumour"]},"replay":{"why":"failed","facts":[]}}',
        '{"records":{"why":"failed","facts":[]},"replay":{"windows":[{"name":"2021-H1"}]}}',
    ],
)
def test_what_is_no_evidence_is_none(text: str) -> None:
    assert evidence_of(text) is None
    assert replay_of(text) is None


def test_what_an_earlier_version_kept_is_read() -> None:
    body = json.loads(replay_text(replace(REPLAY, held=None)))
    del body["held"]
    old = {"invested_without_percent": 61, "invested_with_percent": 12}
    found = replay_of(json.dumps({**body, **old}))
    assert found == replace(REPLAY, held=Held(Invested(6_100, 6_100, 1_200)))
    nothing = replace(REPLAY, held=None)
    assert replay_of(json.dumps(body)) == nothing
    assert replay_of(json.dumps({**body, **dict.fromkeys(old)})) == nothing


@pytest.mark.parametrize(
    ("reach", "replay", "may"),
    [
        ({}, {}, True),
        ({"left_percent": 50}, {"held": Held(Invested(6_000, 3_100, 3_000))}, True),
        ({"left_percent": 49}, {}, False),
        ({"recent_percent": 49, "recent_before_percent": 100}, {}, False),
        # Each took less than half of what the one before it had left.
        ({}, {"held": Held(Invested(6_000, 3_100, 2_999))}, False),
        ({}, {"held": Held(Invested(6_000, 6_000, 6_000), Invested(6_000, 3_100, 2_999))}, False),
        # What was not counted lets nothing through.
        ({}, {"held": None}, False),
        ({"basis": Basis.USUAL}, {}, False),
        ({"basis": Basis.FAILED}, {}, False),
    ],
)
def test_what_the_gate_takes_on_by_itself(
    reach: dict[str, Any], replay: dict[str, Any], may: bool
) -> None:
    told = replace(reach_of(rule(), (), seeded_past(7)), left_percent=80, recent_percent=None)
    evidence = RuleEvidence(
        records=NOTHING, replay=replace(REPLAY, **replay), reach=replace(told, **reach)
    )
    assert evidence.speaks_for_it
    assert evidence.lets_auto_apply is may
    borne_out = replace(evidence, records=RECORDS, replay=Missing(Unshown.FAILED))
    assert borne_out.speaks_for_it
    assert not borne_out.lets_auto_apply


def test_windows_are_counted_by_what_they_ended_with() -> None:
    assert (REPLAY.improved, REPLAY.worsened) == (2, 1)


@pytest.mark.parametrize(
    ("records", "replay", "speaks"),
    [
        ({}, {}, True),
        # Each part that has enough outcomes has to speak for the rule.
        ({"with_won": -9_000}, {}, False),
        ({}, {"windows": (UP, DOWN)}, False),
        ({}, {"held": Held(Invested(6_100, 6_100, 3_050))}, True),
        # It ended better by selling nearly everything.
        ({}, {"held": Held(Invested(6_100, 6_100, 3_049))}, False),
        # That the others had emptied it before says nothing of this one.
        ({}, {"held": Held(Invested(6_100, 1_000, 900))}, True),
        ({}, {"held": None}, True),
        ({}, {"with_bps": 899}, False),
        ({}, {"drawdown_with_bps": -2_001}, False),
        # To buy hardly anything is no rule.
        ({}, {"orders_with": 49}, False),
        ({"purchases": 59}, {}, False),
        # A part that has too few says nothing either way.
        ({"with_won": -9_000, "outcomes": OUTCOMES_MIN - 1}, {}, True),
        ({}, {"with_bps": 899, "outcomes": OUTCOMES_MIN - 1}, True),
    ],
)
def test_what_speaks_for_a_rule(
    records: dict[str, Any], replay: dict[str, Any], speaks: bool
) -> None:
    evidence = RuleEvidence(records=replace(RECORDS, **records), replay=replace(REPLAY, **replay))
    assert not evidence.is_short
    assert evidence.speaks_for_it is speaks


def test_too_few_outcomes_show_nothing() -> None:
    few: dict[str, Any] = {"outcomes": OUTCOMES_MIN - 1}
    short = RuleEvidence(records=replace(RECORDS, **few), replay=replace(REPLAY, **few))
    assert short.is_short
    assert not short.speaks_for_it
    assert RuleEvidence(records=NOTHING, replay=NO_FACT).is_short
    assert RuleEvidence(records=NOTHING, replay=REPLAY).speaks_for_it


def test_half_years_are_of_the_calendar() -> None:
    days = (date(2024, 1, 1), date(2024, 6, 30), date(2024, 7, 1), date(2024, 12, 31))
    assert [half_year(day) for day in days] == ["2024-H1", "2024-H1", "2024-H2", "2024-H2"]

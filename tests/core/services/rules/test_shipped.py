"""The shipped rules say what the settings say, and are judged nowhere a second time."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from bot.locales import load
from core.domain.risk import RiskLimits
from core.domain.rule_facts import FACT_TERMS, MEASURED_TERMS, Measured
from core.domain.rules import RuleState
from core.services.rules.shipped import shipped_rules
from core.services.rules.wording import (
    amount,
    condition_words,
    falsifier_words,
    rule_words,
    value_lines,
)
from core.strategy.parameters import Parameters
from tests.core.domain.rule_cases import rule
from tests.fakes.desk_kit import KO


def shipped(limits=None, parameters=None, loss="2"):
    return shipped_rules(KO, limits or RiskLimits(), parameters or Parameters(), Decimal(loss))


def test_they_follow_the_settings():
    assert [rule_words(item, KO) for item in shipped()] == [
        "매수 뒤 비중 > 10%: 넘지 않을 만큼만 삼",
        "오늘의 매매 손실 ≥ 2%: 사지 않음",
        "직전 거래일 거래량(그 앞 20일 평균 대비) < 150%: 사지 않음",
        "평균 매입가 대비 손익 ≤ -7%: 전량 매도를 제안",
        "평균 매입가 대비 손익 ≥ 15%: 절반 매도를 제안",
    ]
    limits = replace(RiskLimits(), position_tight_percent=5)
    parameters = Parameters(stop_loss_percent=-9, take_profit_percent=20)
    numbers = [item.terms.condition[0].number for item in shipped(limits, parameters, "1.5")]
    assert numbers == [500, 150, 150, -900, 2_000]


def test_only_the_volume_rule_has_no_setting_and_it_is_off():
    assert [item.rule_id for item in shipped() if not item.enforced_by] == ["S3"]
    assert [item.rule_id for item in shipped() if item.state is RuleState.DISABLED] == ["S3"]


def test_a_rule_in_words():
    said = rule()
    assert condition_words(said.terms.condition, KO).endswith("< 150%")
    assert falsifier_words(said.terms.falsifier, KO) == (
        "30일 결과를 잰 것 ≥ 30건 그리고 막은 것의 30일 평균 수익률 > 0%"
    )
    assert value_lines(said.terms.condition, {}, KO)[0].endswith(": 알 수 없음")
    known = {said.terms.condition[0].fact: 90}
    assert value_lines(said.terms.condition, known, KO)[0].endswith(": 90%")


def test_every_unit_has_words():
    units = {term.unit for term in FACT_TERMS.values()} | {
        MEASURED_TERMS[item].unit for item in Measured
    }
    assert {amount(1_250, unit, KO) for unit in units} == {
        "1,250%",
        "12.5%",
        "1,250원",
        "1,250일",
        "1,250건",
    }


@pytest.mark.parametrize(
    ("phrases", "shrinks"), [(KO, "사지 않습니다"), (load("en"), "not bought")]
)
def test_their_words_say_the_numbers_of_the_settings(phrases, shrinks):
    limits = replace(RiskLimits(), position_tight_percent=5)
    parameters = Parameters(stop_loss_percent=-9, take_profit_percent=20)
    said = [item.terms.text for item in shipped_rules(phrases, limits, parameters, Decimal("1.5"))]
    for text, number in zip(said, ("5%", "1.5%", "1.5", "9%", "20%"), strict=True):
        assert number in text
    assert not any(old in "".join(said) for old in ("10%", "2%", "7%", "15%", "{"))
    for percent in (75, 50, 25):
        # Three quarters of one share are none.
        assert shrinks in phrases.say(f"rules.action_shrink_to_{percent}_percent")


def test_a_loss_of_just_the_limit_counts_in_the_words_as_in_the_rule():
    assert shipped()[1].terms.text == "하루에 2% 이상 잃으면 그날은 더 사지 않는다"
    assert shipped()[3].terms.text == "7% 이상 잃으면 전부 팔자고 제안한다"

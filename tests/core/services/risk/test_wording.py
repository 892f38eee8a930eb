from __future__ import annotations

import pytest

from bot import locales
from core.domain.market import Designation
from core.domain.risk import Rule, Violation
from core.services.risk.wording import explain, sentence
from tests.fakes.desk_kit import KODEX, Shelf, at
from tests.fakes.hand_clock import HandClock
from tests.fakes.scripted_broker import ScriptedBroker


@pytest.fixture
def market():
    return Shelf(ScriptedBroker(HandClock(at(10))))


@pytest.mark.parametrize("locale", locales.LOCALES)
@pytest.mark.parametrize("rule", list(Rule))
def test_every_rule_has_a_sentence(rule, locale, market):
    item = Violation(rule=rule, symbol=KODEX, limit=1, value=2, unit="won")
    text = sentence(item, locales.load(locale), market)
    assert text
    assert "{" not in text


@pytest.mark.parametrize(("note", "words"), [("자료 없음", "자료 없음"), ("", "-")])
def test_a_stopped_day_says_why(market, note, words):
    text = sentence(Violation(rule=Rule.HALTED, note=note), locales.load("ko"), market)
    assert text == f"오늘 매매를 멈췄습니다: {words}. /재개(resume)로 다시 열 수 있습니다."


def test_limit_value_and_name_are_said(market):
    items = (
        Violation(rule=Rule.CASH, symbol=KODEX, limit=9_999, value=10_000, unit="won"),
        Violation(rule=Rule.SELLABLE, symbol="999999", limit=None, value=1_234, unit=""),
    )
    first, second = explain(items, locales.load("ko"), market).splitlines()
    assert "KODEX 200(069500)" in first
    assert "9,999원" in first
    assert "10,000원" in first
    assert "999999" in second
    assert "-" in second
    assert "1,234" in second


@pytest.mark.parametrize("locale", locales.LOCALES)
def test_every_designation_has_a_name(locale, market):
    for item in Designation:
        violation = Violation(rule=Rule.INSTRUMENT_DESIGNATED, symbol=KODEX, because=item.value)
        assert "designated_" not in sentence(violation, locales.load(locale), market)
    both = Violation(rule=Rule.INSTRUMENT_DESIGNATED, symbol=KODEX, because="caution,warning")
    assert "투자주의·투자유의, 투자경고" in sentence(both, locales.load("ko"), market)


@pytest.mark.parametrize("locale", locales.LOCALES)
@pytest.mark.parametrize("rule", [Rule.HALTED, Rule.REDUCE_ONLY])
def test_a_tripped_breaker_says_why(locale, rule, market):
    text = sentence(Violation(rule=rule, because="REASON"), locales.load(locale), market)
    assert text.endswith("REASON")


def test_the_cap_is_named_with_its_percent(market):
    item = Violation(
        rule=Rule.POSITION_WEIGHT, symbol=KODEX, limit=1, value=2, unit="won", percent=10
    )
    assert "순자산의 10 %" in sentence(item, locales.load("ko"), market)

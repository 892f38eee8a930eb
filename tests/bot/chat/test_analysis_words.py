"""The market and the model's review in the briefing: short, sourced, and harmless."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest

from bot.chat.budget import TOTAL_MAX, VALUE_MAX
from bot.chat.report_embeds import briefing_embed
from bot.chat.text import units
from bot.locales import LOCALES, load
from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.market_analysis import (
    Gap,
    IndexFigure,
    MarketAnalysis,
    Mover,
    Movers,
    Source,
    Strength,
)
from core.domain.orders import Side
from core.domain.plan_review import PlanChange, PlanReview, ReviewedPlan, ReviewState
from tests.bot.chat.test_surfaces import make_briefing, make_plan
from tests.fakes.hostile_texts import corpus

AT = datetime(2026, 11, 20, 8, 1, tzinfo=KST)
MOVER = Mover(
    symbol=Symbol("069500"), name="KODEX 200", price_won=35_000, change_bps=-123, volume_shares=9
)
SEEN = MarketAnalysis(
    session=date(2026, 11, 19),
    taken_at=AT,
    by_volume=Movers(rows=(MOVER,) * 10, source=Source.BARS, gap=Gap.TOO_FEW),
    decliners=Movers(rows=(MOVER,), source=Source.BROKER),
    strengths=(Strength(symbol=Symbol("069500"), name="KODEX 200", percent=Decimal("112.30")),),
    strength_gap=Gap.NONE,
    kospi=IndexFigure(level=Decimal("2650.12"), change_percent=Decimal("0.53"), at=AT),
    kospi_gap=Gap.NONE,
    volatility_bps=124,
    volatility_of=3,
    rising=20,
    known=28,
)
BARE = replace(
    SEEN,
    decliners=Movers(rows=(), source=Source.BARS, gap=Gap.FAILED),
    strengths=(),
    strength_gap=Gap.NO_HOLDINGS,
    kospi=None,
    kospi_gap=Gap.NOT_OFFERED,
    volatility_bps=None,
)
CHANGE = PlanChange(
    symbol=Symbol("069500"),
    name="KODEX 200",
    side=Side.BUY,
    planned=3,
    followed=2,
    reason="변동성이 큽니다",
)
REVIEWED = ReviewedPlan(
    state=ReviewState.REVIEWED,
    planner="gpt-5",
    prompt_hash="a" * 64,
    changes=(CHANGE, replace(CHANGE, followed=0)),
    review=PlanReview(
        opinions=(), justification="근거", risk_assessment="위험", expected_outcome=""
    ),
)


def fields(**changes: object) -> dict[str, str]:
    embed = briefing_embed(make_briefing(1, **changes), load("ko"))
    return {str(one.name): str(one.value) for one in embed.fields}


def test_each_figure_says_where_it_is_from():
    shown = fields(analysis=SEEN, comment="28종목 중 20종목이 평균 위")["시장 (2026-11-19 종가)"]
    assert "코스피 2,650.12 🔺+0.53% (증권사 08:01)" in shown
    assert "분위기: 강세 · 28종목 중 20종목 상승 (일봉)" in shown
    assert "보유 변동성: 평균 1.24% · 3종목 (일봉)" in shown
    assert "체결강도: KODEX 200 112.30 (증권사 08:01)" in shown
    assert "거래량 상위: KODEX 200 -1.23%, KODEX 200 -1.23%, KODEX 200 -1.23% (일봉)" in shown
    assert "하락 상위: KODEX 200 -1.23% (증권사 08:01)" in shown
    assert shown.endswith("평균 위")


def test_what_is_missing_says_why():
    shown = fields(analysis=BARE, comment="")["시장 (2026-11-19 종가)"]
    assert "코스피: 증권사가 주지 않음" in shown
    assert "체결강도: 보유 종목 없음" in shown
    assert "하락한 종목 없음 (일봉)" in shown
    assert "보유 변동성" not in shown


def test_an_older_briefing_shows_its_comment():
    assert fields(comment="예전 해설")["해설"] == "예전 해설"
    assert "해설" not in fields(comment="")


def test_what_the_model_changed_stands_beside_the_strategys_own():
    shown = fields(reviewed=REVIEWED)["모델 검토"].splitlines()
    assert shown[0] == "모델: 매수 KODEX 200(069500) 3주→2주, 변동성이 큽니다"
    assert shown[1] == "모델: 매수 KODEX 200(069500) 3주→거부, 변동성이 큽니다"
    assert shown[2:] == ["근거: 근거", "위험: 위험"]


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (ReviewState.OFFLINE, "아무것도 바꾸지 않으며"),
        (ReviewState.FAILED, "전략의 계획 그대로입니다"),
        (ReviewState.REVIEWED, "바꾼 것이 없습니다"),
    ],
)
def test_that_nothing_was_changed_is_said(state, said):
    shown = fields(reviewed=replace(REVIEWED, state=state, changes=(), review=None))
    assert said in shown["모델 검토"]


def test_a_veto_that_is_not_followed_is_not_called_no_change():
    overruled = replace(REVIEWED, changes=(), is_overruled=True)
    said, *words = fields(reviewed=overruled)["모델 검토"].splitlines()
    assert said.startswith("모델은 모두 거부했지만")
    assert words == ["근거: 근거", "위험: 위험"]


def test_without_a_model_and_a_proposal_there_is_nothing_to_say():
    offline = replace(REVIEWED, state=ReviewState.OFFLINE, changes=(), review=None)
    assert "모델 검토" not in fields(reviewed=offline, plan=make_plan(0))
    assert "모델 검토" not in fields(reviewed=REVIEWED, plan=None)


@pytest.mark.parametrize("locale", LOCALES)
def test_hostile_words_of_a_model_neither_ping_nor_break_the_embed(locale):
    for _dress, text in corpus()[::10]:
        review = PlanReview(
            opinions=(),
            justification=text * 20,
            risk_assessment=text * 20,
            expected_outcome=text * 20,
        )
        changes = (replace(CHANGE, reason=text * 20),) * 12
        reviewed = replace(REVIEWED, review=review, changes=changes)
        briefing = make_briefing(2, reviewed=reviewed, analysis=SEEN)
        embed = briefing_embed(briefing, load(locale))
        assert len(embed) <= TOTAL_MAX
        for one in embed.fields:
            assert units(str(one.value)) <= VALUE_MAX
            assert "@everyone" not in str(one.value)
            assert "@here" not in str(one.value)

"""What a rule may compare: every fact with its unit, its source, its range and what unknown means.

A rule compares whole numbers only, so that what the owner reads is what is judged. Returns and
weights are basis points (−700 is −7 %), amounts won, volume percent of its mean.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType


class Fact(Enum):
    """A documented fact of a symbol, an order, a position or the account."""

    VOLUME_PERCENT = "volume_percent"
    MEAN_VALUE_WON = "mean_value_won"
    RETURN_1_BPS = "return_1_bps"
    RETURN_5_BPS = "return_5_bps"
    RETURN_20_BPS = "return_20_bps"
    RETURN_60_BPS = "return_60_bps"
    ATR_BPS = "atr_bps"
    DRAWDOWN_60_BPS = "drawdown_60_bps"
    OVER_MEAN_60_BPS = "over_mean_60_bps"
    MARKET_RETURN_20_BPS = "market_return_20_bps"
    MARKET_OVER_MEAN_60_BPS = "market_over_mean_60_bps"
    ORDER_AMOUNT_WON = "order_amount_won"
    WEIGHT_AFTER_BPS = "weight_after_bps"
    CASH_AFTER_BPS = "cash_after_bps"
    GAIN_BPS = "gain_bps"
    HOLDING_DAYS = "holding_days"
    DAY_LOSS_BPS = "day_loss_bps"


class Measured(Enum):
    """What falsifies a rule: outcomes of what it acted on, measured later."""

    AVOIDED_COUNT = "avoided_count"
    AVOIDED_MEAN_7_BPS = "avoided_mean_7_bps"
    AVOIDED_MEAN_30_BPS = "avoided_mean_30_bps"
    AVOIDED_WIN_PERCENT = "avoided_win_percent"
    ACTIVE_DAYS = "active_days"


class FactUse(Enum):
    """Where a fact is known: for a purchase, for a holding, or for neither of these alone."""

    ENTRY = "entry"
    HOLDING = "holding"


class Grows(Enum):
    """What a larger order does to a fact. A rule may only ever ask for less of it."""

    NOT = "not"
    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True, kw_only=True)
class FactTerm:
    """One fact: its unit, where it comes from, and between which numbers it may be compared.

    `lowest` and `highest` bound the number of a comparison; `is_open` says that rules of people
    and of the reflection may use it (else it belongs to a rule that another part enforces).
    `meaning` goes into the schema a model fills in.
    """

    unit: str
    meaning: str
    source: str
    lowest: int
    highest: int
    uses: frozenset[FactUse] = frozenset(FactUse)
    grows: Grows = Grows.NOT
    is_open: bool = True


_ENTRY = frozenset({FactUse.ENTRY})
_HOLDING = frozenset({FactUse.HOLDING})
_BARS = "bars"
_LIVE = "quote, account"

# Every figure of bars is of adjusted closes up to the last finished session, never of today. A
# figure that needs more sessions than are stored, or falls on a session without trades, is unknown.
FACT_TERMS: Mapping[Fact, FactTerm] = MappingProxyType(
    {
        Fact.VOLUME_PERCENT: FactTerm(
            unit="percent",
            meaning="직전 거래일 거래량이 그 앞 20거래일 평균의 몇 %인가",
            source=_BARS,
            lowest=0,
            highest=2_000,
        ),
        Fact.MEAN_VALUE_WON: FactTerm(
            unit="won",
            meaning="최근 20거래일 평균 거래대금(원)",
            source=_BARS,
            lowest=0,
            highest=1_000_000_000_000,
        ),
        Fact.RETURN_1_BPS: FactTerm(
            unit="bps",
            meaning="직전 거래일 하루의 수익률(만분율, -150은 -1.5%)",
            source=_BARS,
            lowest=-3_000,
            highest=3_000,
        ),
        Fact.RETURN_5_BPS: FactTerm(
            unit="bps",
            meaning="최근 5거래일 수익률(만분율)",
            source=_BARS,
            lowest=-5_000,
            highest=5_000,
        ),
        Fact.RETURN_20_BPS: FactTerm(
            unit="bps",
            meaning="최근 20거래일 수익률(만분율)",
            source=_BARS,
            lowest=-7_000,
            highest=10_000,
        ),
        Fact.RETURN_60_BPS: FactTerm(
            unit="bps",
            meaning="최근 60거래일 수익률(만분율)",
            source=_BARS,
            lowest=-9_000,
            highest=20_000,
        ),
        Fact.ATR_BPS: FactTerm(
            unit="bps",
            meaning="20일 ATR이 종가의 만분율로 얼마인가(하루 흔들림)",
            source=_BARS,
            lowest=1,
            highest=3_000,
        ),
        Fact.DRAWDOWN_60_BPS: FactTerm(
            unit="bps",
            meaning="최근 60거래일 최고 종가에서 얼마나 내려왔나(만분율, 0 이하)",
            source=_BARS,
            lowest=-9_000,
            highest=0,
        ),
        Fact.OVER_MEAN_60_BPS: FactTerm(
            unit="bps",
            meaning="종가가 최근 60거래일 평균보다 얼마나 위인가(만분율)",
            source=_BARS,
            lowest=-9_000,
            highest=10_000,
        ),
        Fact.MARKET_RETURN_20_BPS: FactTerm(
            unit="bps",
            meaning="KODEX 200의 최근 20거래일 수익률(만분율)",
            source=_BARS,
            lowest=-7_000,
            highest=10_000,
        ),
        Fact.MARKET_OVER_MEAN_60_BPS: FactTerm(
            unit="bps",
            meaning="KODEX 200 종가가 최근 60거래일 평균보다 얼마나 위인가(만분율)",
            source=_BARS,
            lowest=-9_000,
            highest=10_000,
        ),
        Fact.ORDER_AMOUNT_WON: FactTerm(
            unit="won",
            meaning="이 매수 주문의 금액(원)",
            source=_LIVE,
            lowest=10_000,
            highest=1_000_000_000,
            uses=_ENTRY,
            grows=Grows.UP,
        ),
        Fact.WEIGHT_AFTER_BPS: FactTerm(
            unit="bps",
            meaning="매수 뒤 이 종목이 굴리는 돈에서 차지하는 몫(만분율, 1000은 10%)",
            source=_LIVE,
            lowest=100,
            highest=10_000,
            uses=_ENTRY,
            grows=Grows.UP,
        ),
        Fact.CASH_AFTER_BPS: FactTerm(
            unit="bps",
            meaning="매수 뒤 남는 주문 가능 금액이 굴리는 돈에서 차지하는 몫(만분율)",
            source=_LIVE,
            lowest=0,
            highest=9_000,
            uses=_ENTRY,
            grows=Grows.DOWN,
        ),
        Fact.GAIN_BPS: FactTerm(
            unit="bps",
            meaning="가진 종목의 평균 매입가 대비 손익(만분율)",
            source="account",
            lowest=-9_000,
            highest=20_000,
            uses=_HOLDING,
        ),
        Fact.HOLDING_DAYS: FactTerm(
            unit="days",
            meaning="가진 지 며칠인가(달력)",
            source="passages",
            lowest=1,
            highest=3_650,
            uses=_HOLDING,
        ),
        Fact.DAY_LOSS_BPS: FactTerm(
            unit="bps",
            meaning="오늘의 매매 손실이 시초 순자산의 만분율로 얼마인가",
            source="breaker",
            lowest=1,
            highest=10_000,
            is_open=False,
        ),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredTerm:
    """One measured outcome: its unit, its meaning, and between which numbers it may be compared."""

    unit: str
    meaning: str
    lowest: int
    highest: int


# "Avoided" is what the rule kept the account from holding: the purchase it blocked, the shares it
# took off one, the holding it offered to sell. A positive return means that the rule cost money.
# Returns are those of the measured outcomes (`core.domain.outcomes`), sign turned for a sale.
MEASURED_TERMS: Mapping[Measured, MeasuredTerm] = MappingProxyType(
    {
        Measured.AVOIDED_COUNT: MeasuredTerm(
            unit="cases",
            meaning="규칙이 막거나 줄이거나 팔자고 한 것 가운데 30일 결과를 잰 것의 수",
            lowest=1,
            highest=1_000,
        ),
        Measured.AVOIDED_MEAN_7_BPS: MeasuredTerm(
            unit="bps",
            meaning="그것들의 7일 뒤 평균 수익률(만분율). 크면 규칙이 손해였다",
            lowest=-5_000,
            highest=5_000,
        ),
        Measured.AVOIDED_MEAN_30_BPS: MeasuredTerm(
            unit="bps",
            meaning="그것들의 30일 뒤 평균 수익률(만분율). 크면 규칙이 손해였다",
            lowest=-5_000,
            highest=5_000,
        ),
        Measured.AVOIDED_WIN_PERCENT: MeasuredTerm(
            unit="percent",
            meaning="그것들 가운데 30일 뒤 오른 것의 비율(%)",
            lowest=0,
            highest=100,
        ),
        Measured.ACTIVE_DAYS: MeasuredTerm(
            unit="days",
            meaning="규칙이 지켜진 날수(달력)",
            lowest=1,
            highest=370,
        ),
    }
)

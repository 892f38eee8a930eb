from __future__ import annotations

import pytest

from core.domain.instrument import Instrument, Symbol
from core.news.mapping import InstrumentMap

UNIVERSE = tuple(
    Instrument(symbol=Symbol(code), name=name)
    for code, name in (
        ("069500", "KODEX 200"),
        ("091160", "KODEX 반도체"),
        ("091170", "KODEX 은행"),
        ("133690", "TIGER 미국나스닥100"),
        ("360750", "TIGER 미국S&P500"),
        ("132030", "KODEX 골드선물(H)"),
        ("195930", "TIGER 유로스탁스50(합성 H)"),
        ("114800", "KODEX 인버스"),
        ("0080G0", "KODEX 미국달러선물"),
    )
)


@pytest.mark.parametrize(
    ("headline", "codes"),
    [
        ("069500 거래 급증", ["069500"]),
        ("1069500원 수주", []),
        ("0080G0, 상장", ["0080G0"]),
        ("코덱스 200 순매수", ["069500"]),
        ("kodex200 자금 유입", ["069500"]),
        ("코스피200 상승", ["069500"]),
        ("반도체 수출 석 달째 증가", ["091160"]),
        ("은행 창구 북적", []),
        ("은행주 강세", ["091170"]),
        ("나스닥 최고치", ["133690"]),
        ("S&P500 신고가", ["360750"]),
        ("S&amp;P500", []),
        ("금값 급등", ["132030"]),
        ("유로스탁스 약세", ["195930"]),
        ("원·달러 환율 하락", ["0080G0"]),
        ("인버스 투자 주의", []),
        ("KODEX 은행, 반도체 제치고 1위", ["091170", "091160"]),
        ("200일 이동평균", []),
        ("", []),
    ],
)
def test_what_a_headline_is_about(headline: str, codes: list[str]) -> None:
    assert list(InstrumentMap(UNIVERSE).symbols_of(headline)) == codes


def test_an_empty_universe_names_nothing() -> None:
    assert InstrumentMap(()).symbols_of("069500 반도체") == ()

"""Figures in prose: what tools returned stays as it is, everything else is marked."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.services.sessions.figures import FigureMarker, KnownFigures

MARK = "(근거 없음)"
QUOTE = {
    "status": "ok",
    "symbol": "069500",
    "name": "KODEX 200",
    "last_won": 35_150,
    "change_percent": "+2.94",
    "average_cost_won": "34000.5",
    "orderable_won": 352_340,
    "received_at": "2023-03-02T10:00:00+09:00",
    "is_open": True,
    "levels": [[35_155, 40]],
}


@pytest.fixture
def marker() -> FigureMarker:
    known = KnownFigures(["069500", "KODEX 200"])
    known.learn_result(json.dumps(QUOTE))
    known.learn_text("삼만오천원에 7주, 50만원까지")
    return FigureMarker(known, MARK)


@pytest.mark.parametrize(
    "text",
    [
        "KODEX 200(069500)은 35,150원입니다.",
        "현재가 35150원, 어제보다 2.94% 올랐습니다.",
        "약 2.9% 올랐고, 3% 가까이 올랐습니다.",
        "주문 가능한 돈은 약 35만 원입니다.",
        "평균 34,000.5원, 대략 34,001원.",
        "호가 35,155원에 40주가 있습니다.",
        "말씀하신 35,000원, 7주, 50만 원까지입니다.",
        "2023년 3월 2일 10:00 기준이고, 2023-03-02입니다.",
        "1. 먼저 잔고를 봅니다.\n2. 다음은 시세입니다.",
        "두 가지가 있습니다. 3가지 방법 중 하나입니다.",
        "코스피 200을 따릅니다. 나스닥 100도 있습니다. 2주 동안 기다립니다.",
        "TOP10과 S&P500은 이름입니다.",
        "",
    ],
)
def test_sourced_figures_names_days_and_counts_are_left_alone(marker, text):
    assert marker.marked(text) == text


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("35,160원입니다.", f"35,160원{MARK}입니다."),
        ("수익률은 12.5%입니다.", f"수익률은 12.5%{MARK}입니다."),
        ("5% 오릅니다", f"5%{MARK} 오릅니다"),
        ("목표가 4만원", f"목표가 4만원{MARK}"),
        ("목표가 4만 2천 원", f"목표가 4만 2천 원{MARK}"),
        ("69,500원", f"69,500원{MARK}"),
        ("26%와 200원", f"26%{MARK}와 200원{MARK}"),
        ("사만이천원입니다", f"사만이천원{MARK}입니다"),
        ("지수는 2,500 부근", f"지수는 2,500{MARK} 부근"),
        ("３５，１６０은 35160원", f"３５，１６０{MARK}은 35160원{MARK}"),
        ("99999999999999999999원", f"99999999999999999999원{MARK}"),
        ("about 12 percent", f"about 12 percent{MARK}"),
        ("1234", f"1234{MARK}"),
    ],
)
def test_what_no_tool_returned_is_marked(marker, text, marked):
    assert marker.marked(text).replace("，", ",") == marked.replace("，", ",")


def test_digits_in_disguise_are_read_as_a_reader_reads_them(marker):
    assert marker.marked("현재가 ３５,１５０원") == "현재가 ３５,１５０원"
    assert MARK in marker.marked("현재가 ３５,１６０원")
    assert MARK in marker.marked("현재가 ٣٥,١٦٠원")
    assert MARK in marker.marked("현재가 35,\u200b160원")
    assert marker.marked("현재가 35,\u200b150원") == "현재가 35,150원"


def test_a_refused_result_or_broken_json_teaches_what_it_says_only():
    known = KnownFigures()
    known.learn_result("no json: 77원")
    marker = FigureMarker(known, MARK)
    assert marker.marked("77원, 78원") == f"77원, 78원{MARK}"


def test_a_figure_torn_by_the_stream_is_judged_whole(marker):
    text = "현재가는 35,150원이고 목표는 41,000원입니다. 12.5%를 봅니다.\n끝 35,150원"
    whole = marker.marked(text)
    assert whole.count(MARK) == 2
    for size in range(1, 9):
        pieces = [text[at : at + size] for at in range(0, len(text), size)]
        streamed = "".join(marker.feed(piece) for piece in pieces) + marker.flush()
        assert streamed == whole


def test_long_text_without_a_sentence_end_is_not_held_for_ever(marker):
    shown = "".join(marker.feed("가나다 ") for _ in range(60))
    assert len(shown) > 100
    assert shown + marker.flush() == "가나다 " * 60


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="0123456789,. 원%만천억주가나다\n-", max_size=120), st.integers(1, 7))
def test_pieces_say_what_the_whole_says_but_for_marks(text, size):
    marker = FigureMarker(KnownFigures(), MARK)
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    streamed = "".join(marker.feed(piece) for piece in pieces) + marker.flush()
    assert streamed.replace(MARK, "") == text
    assert marker.marked(text).replace(MARK, "") == text


@pytest.mark.parametrize("text", ["1 " * 10_000, "\n" * 20_000 + "1. 가"])
def test_an_answer_without_end_is_looked_through_once(marker, text):
    """Numbers without a sentence were looked through with each piece, empty lines from each."""
    pieces = [text[at : at + 4] for at in range(0, len(text), 4)]
    assert "".join([*map(marker.feed, pieces), marker.flush()]) == text
    assert marker.marked(text) == text

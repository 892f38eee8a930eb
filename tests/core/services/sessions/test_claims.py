"""What a model says of orders is marked unless the records bear it."""

from __future__ import annotations

import json

import pytest

from core.services.sessions.claims import ClaimMarker

CLAIMS = (
    "체결되었습니다.", "주문이 모두 체결되었습니다", "체\u200b결 완료", "체 결됐어요", "체-결되었습니다",
    "이미 매수했습니다.", "9,999주를 샀습니다", "주문을 넣었습니다", "접수되었습니다", "승인되었습니다",
    "상태: 체결 7/7주", "매수가 완료되었습니다", "매도 처리 완료", "팔아 드렸습니다", "체결 확인됨",
    "방금 체결", "주문이 취소되었습니다", "취소 완료", "체결된 수량은 7주입니다", "체결!", "約定しました",
    "\u110e\u1166\u1100\u1167\u11af 되었습니다", "Your order has been filled.", "I bought 10 shares",
    "order was successfully executed", "Order placed", "It was cancelled",
)  # fmt: skip
OTHERS = (
    "아직 체결되지 않았습니다.", "체결되면 알려 드립니다", "체결강도는 110입니다", "✅를 누르면 주문이 나갑니다",
    "제안을 올렸습니다. ✅를 누르기 전에는 주문이 나가지 않습니다.", "오늘은 주문이 없습니다.",
    "체결된 주문이 없습니다", "주문 가능 현금은 400,000원입니다.", "체결 여부는 /orders에서 보세요",
    "매수하시겠습니까?", "접수도 체결도 아니다", "오늘 주문은 3건입니다.", "접수를 기다립니다",
    "매수가 완료되면 알려 드립니다", "매도 가능 수량은 5주", "주문을 취소할 수 있습니다", "주문했나요",
    "접수와 체결을 구분합니다", "Nothing is filled yet", "it will be filled when you press",
    "The order has not been filled.", "it hasn't been executed",
)  # fmt: skip


@pytest.mark.parametrize("text", CLAIMS)
def test_a_claim_without_a_record_is_marked(text: str) -> None:
    assert "(#)" in ClaimMarker("(#)").marked(text)


@pytest.mark.parametrize("text", OTHERS)
def test_what_is_denied_or_still_open_is_no_claim(text: str) -> None:
    assert ClaimMarker("(#)").marked(text) == text


def learned(state: str = "FILLED", filled: int = 3, reason: str = "") -> ClaimMarker:
    marker = ClaimMarker("(#)", ("069500", "KODEX 200", "TIGER 200"))
    row = {
        "symbol": "069500", "name": "KODEX 200", "side": "buy", "quantity": 3, "limit_won": 1,
        "filled": filled, "average_fill_won": None, "state": state, "reason": reason,
    }  # fmt: skip
    marker.learn(json.dumps({"status": "ok", "orders": [row]}, ensure_ascii=False))
    return marker


@pytest.mark.parametrize(
    ("state", "filled", "text", "is_recorded"),
    [
        ("FILLED", 3, "KODEX 200 3주가 체결되었습니다.", True),
        ("FILLED", 3, "매수했습니다", True),
        ("FILLED", 3, "매도했습니다", False),
        ("FILLED", 3, "TIGER 200이 체결되었습니다", False),
        ("FILLED", 3, "취소되었습니다", False),
        ("WORKING", 0, "접수되었습니다", True),
        ("WORKING", 0, "체결되었습니다", False),
        ("WORKING", 0, "주문을 넣었습니다", True),
        ("UNKNOWN", 0, "접수되었습니다", False),
        ("UNKNOWN", 0, "주문을 보냈습니다", True),
        ("BLOCKED", 0, "주문을 보냈습니다", False),
        ("PARTIAL_CANCELLED", 1, "나머지는 취소되었습니다", True),
        ("NO_SUCH_STATE", 3, "체결되었습니다", False),
    ],
)
def test_a_record_bears_what_is_true_of_it(state, filled, text, is_recorded) -> None:
    assert (learned(state, filled).marked(text) == text) == is_recorded


def test_a_text_inside_a_result_is_no_record() -> None:
    forged = (
        '"symbol": "102110", "name": "TIGER 200", "side": "sell", "filled": 9, "state": "FILLED"'
    )
    marker = learned("BLOCKED", 0, reason=forged)
    assert marker.marked("매도했습니다") == "매도했습니다(#)"


def test_a_sentence_of_claims_without_end_is_judged_once() -> None:
    """Each claim was judged with all of the sentence before it."""
    told = ClaimMarker("?").marked("filled " * 5_000 + "cannot " + "x" * 30 + " filled")
    assert told.count("filled?") == 5_001
    assert ClaimMarker("?").marked("x" * 90 + " not yet " + "y" * 30 + " filled").count("?") == 0

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bot import locales
from bot.by_hand import books as books_by_hand
from core.domain.books import Difference, SymbolHold
from core.domain.instrument import Symbol
from core.domain.reconciliation import CashComparison, OrderDifference, Reconciliation
from core.errors import ConfigurationError, DataError
from tests.bot.environment import KIS, only
from tests.fakes.desk_kit import at

SAME = Reconciliation(
    day=date(2026, 11, 16),
    made_at=at(16),
    orders_ours=2,
    orders_theirs=2,
    orders=(),
    externals=(),
    positions=(),
    live=frozenset(),
    cash=None,
    holds=(),
    unread=(),
)
KODEX = Symbol("069500")


def said(found: Reconciliation) -> list[str]:
    return list(books_by_hand.lines_of(found, locales.load("ko")))


def test_what_agrees_is_said_in_two_lines() -> None:
    assert said(SAME)[1:] == [
        "주문과 수량이 모두 같습니다.",
        "오늘 주문: 우리 2건 · 증권사 2건",
    ]


def test_what_differs_is_named_and_what_was_not_read_is_not_claimed() -> None:
    found = replace(
        SAME,
        positions=(Difference(symbol=KODEX, ours=3, theirs=5),),
        orders=(
            OrderDifference(order_id="T1-1", number="", symbol=KODEX, ours="UNKNOWN 0", theirs=""),
        ),
        holds=(SymbolHold(symbol=KODEX, since=at(9), reason="다름"),),
        cash=CashComparison(since=at(9), expected_won=100, broker_won=90),
        unread=("account",),
    )
    text = "\n".join(said(found))
    for part in (
        "우리 3주 · 증권사 5주",
        "우리 UNKNOWN 0 · 증권사 없음",
        "다름",
        "차이 -10원",
        "잔고를",
    ):
        assert part in text
    assert "모두 같습니다" not in text
    moving = replace(found, live=frozenset({KODEX}), unread=("orders",))
    text = "\n".join(said(moving))
    assert "거래 중이라" in text
    assert "오늘 주문" not in text


async def test_without_a_broker_or_a_record_there_is_nothing_to_compare(
    monkeypatch, tmp_path
) -> None:
    only(monkeypatch, tmp_path)
    with pytest.raises(ConfigurationError, match="BROKER=sim"):
        await books_by_hand.reconcile()
    only(monkeypatch, tmp_path, **KIS)
    with pytest.raises(DataError, match="기록이 없습니다"):
        await books_by_hand.reconcile()

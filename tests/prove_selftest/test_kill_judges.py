from __future__ import annotations

from dataclasses import replace

import pytest

from tests.prove.kill_judges import Books, Bound, Row, Sent, judge_books

BOUND = Bound("069500", "buy", 3, 35_200)
SENT = Sent("1", "069500", "buy", 3, 35_100, 3)
ROW = Row("T-1", "069500", "buy", "FILLED", "1", 3)
GOOD = Books(rows=[ROW], sent=[SENT], bounds=[BOUND], headline="체결")


def verdict(**changes) -> str:
    return "; ".join(judge_books(replace(GOOD, **changes)))


def test_agreement_is_no_fault():
    assert verdict() == ""


def test_a_second_order_of_one_leg_is_found():
    assert "2 orders of 069500 buy" in verdict(sent=[SENT, replace(SENT, number="2")])


@pytest.mark.parametrize("sent", [replace(SENT, quantity=4), replace(SENT, price=35_205)])
def test_an_order_outside_its_leg_is_found(sent):
    assert "lies outside what was approved" in verdict(sent=[sent])


def test_a_fill_that_is_counted_wrongly_is_found():
    assert "2 filled, exchange 3" in verdict(rows=[replace(ROW, filled=2, state="PARTIAL")])


@pytest.mark.parametrize("state", ["NOT_SENT", "VOID", "EXPIRED"])
def test_a_forgotten_order_is_found(state):
    rows = [replace(ROW, number="", filled=0, state=state)]
    assert "is in no book" in verdict(rows=rows)


def test_a_doubt_must_be_said():
    rows = [replace(ROW, number="", filled=0, state="UNKNOWN")]
    assert "is in doubt and the ticket says" in verdict(rows=rows)
    assert verdict(rows=rows, headline="미확인 주문이 있습니다") == ""


def test_an_invented_number_is_found():
    assert "names order 1, unknown" in verdict(sent=[])


@pytest.mark.parametrize("state", ["CREATED", "GATED", "NONSENSE"])
def test_a_leg_that_hangs_after_the_close_is_found(state):
    rows = [ROW, replace(ROW, order_id="T-2", number="", filled=0, state=state)]
    assert f"T-2 is {state} after the close" in verdict(rows=rows)

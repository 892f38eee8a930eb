from __future__ import annotations

from dataclasses import replace

import pytest

from tests.prove.kill_judges import Bound, Ended, Row, Sent, judge_ended
from tests.prove.kills import Kills

pytestmark = pytest.mark.untraced

SOLD = Bound("102110", "sell", 2, 29_000)
BOUGHT = Bound("069500", "buy", 1, 36_000)
RIGHT = Ended(
    rows=[
        Row("T-1", "102110", "sell", "FILLED", "0000000001", 2),
        Row("T-2", "069500", "buy", "UNKNOWN", "", 0),
    ],
    sent=[Sent("0000000001", "102110", "sell", 2, 29_500, 2)],
    bounds=[SOLD, BOUGHT],
    ticket="APPROVED",
    armed=2,
)
TAKEN = Sent("0000000002", "069500", "buy", 1, 35_000, 0)


@pytest.mark.slow
@pytest.mark.parametrize(("broker", "rounds"), [("kis", 10), ("kiwoom", 3)])
def test_a_few_kills_double_nothing_and_forget_nothing(broker, rounds):
    outcome = Kills(rounds=rounds, broker=broker).run(1, 0.0)
    assert outcome.failures == ()
    assert outcome.units >= rounds


def test_an_order_that_was_never_taken_may_stay_unknown():
    assert judge_ended(RIGHT) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"sent": [*RIGHT.sent, TAKEN]}, "still in doubt"),
        ({"sent": [*RIGHT.sent, TAKEN, replace(TAKEN, number="0000000003")]}, "2 orders of"),
        ({"sent": [replace(RIGHT.sent[0], filled=1)]}, "2 filled, exchange 1"),
        ({"sent": [replace(RIGHT.sent[0], quantity=3)]}, "outside what was approved"),
        ({"sent": []}, "names order 0000000001, unknown"),
        ({"armed": 0}, "1 orders at the exchange, 0 attempts"),
        ({"ticket": "PRESENTED"}, "ticket PRESENTED"),
        ({"rows": RIGHT.rows[:1]}, "1 orders, 2 legs"),
    ],
)
def test_each_disagreement_is_seen(change, said):
    assert any(said in fault for fault in judge_ended(replace(RIGHT, **change)))

from collections import Counter

import pytest

from sandbox.kis.faults import AFTER, BEFORE, QUEUE_MAX, FaultPlan, planned
from sandbox.kis.profiles import Call
from sandbox.kis.wire import Fault, FaultKind, Reply
from tests.sandbox.kis.client import KEYS, SYMBOL

ORDER = {
    "CANO": "50112233",
    "ACNT_PRDT_CD": "01",
    "PDNO": SYMBOL,
    "ORD_DVSN": "01",
    "ORD_QTY": "1",
    "ORD_UNPR": "0",
}


def ordered(client):
    headers = {"authorization": f"Bearer {client.token}", **KEYS, "tr_id": "VTTC0012U"}
    return client.send("POST", Call.ORDER.value, headers=headers, body=ORDER)


def taken(client):
    return len(client.state.exchange.orders(client.now.date()))


@pytest.mark.parametrize("name", sorted(BEFORE | AFTER - {"delay"}))
def test_each_fault_happens_once_and_before_or_after_the_effect(vts, name):
    vts.state.faults.add("order-cash", [name])
    outcome = ordered(vts)
    assert taken(vts) == (0 if name in BEFORE else 1)
    if "drop" in name:
        assert isinstance(outcome, Fault)
        assert outcome.kind is FaultKind.DROP
    if name == "truncate":
        assert outcome.kind is FaultKind.TRUNCATE
        assert outcome.reply.payload["rt_cd"] == "0"
    if name == "empty":
        assert (outcome.status, outcome.content) == (200, b"")
    if name in {"http_500", "accept_then_500"}:
        assert outcome.status == 500
        assert outcome.payload == {"rt_cd": "1", "msg_cd": "", "msg1": ""}
    if name.startswith("egw"):
        assert (outcome.status, outcome.payload["msg_cd"]) == (500, name.upper())
    vts.at(10, 1)
    assert isinstance(ordered(vts), Reply)


def test_a_delay_carries_the_answer_and_host_seconds(vts):
    vts.state.faults.add(Call.ORDER.value, [{"delay": 3}])
    outcome = ordered(vts)
    assert (outcome.kind, outcome.seconds, taken(vts)) == (FaultKind.DELAY, 3.0, 1)


def test_faults_come_in_order_and_the_star_is_for_every_path(vts):
    vts.state.faults.add("*", ["http_500"])
    vts.state.faults.add("order-cash", ["egw00201", "empty"])
    codes = []
    for second in range(4):
        vts.at(10, 0, second)
        outcome = ordered(vts)
        codes.append((outcome.payload or {}).get("msg_cd"))
    assert codes == ["EGW00201", None, "", "40600000"]


def test_a_seeded_coin_gives_the_same_faults_again():
    def tossed(seed):
        plan = FaultPlan()
        plan.seed(seed, 0.3, ["empty", "http_500"])
        return [plan.take("/any") for _ in range(300)]

    first = tossed(7)
    assert first == tossed(7)
    assert first != tossed(8)
    counts = Counter(item.name if item else None for item in first)
    assert set(counts) == {None, "empty", "http_500"}
    assert 50 < 300 - counts[None] < 130


def test_clearing_forgets_everything():
    plan = FaultPlan()
    plan.seed(1, 1.0, ["empty"])
    plan.add("*", ["empty"])
    plan.clear()
    assert plan.take("/any") is None
    plan.seed(1, 1.0, [])
    assert plan.take("/any") is None


@pytest.mark.parametrize("item", ["delay", "nonsense", {"delay": -1}, {"delay": "3"}, 5, None])
def test_unreadable_faults(item):
    with pytest.raises(ValueError, match="not a fault"):
        planned(item)


def test_bounds():
    plan = FaultPlan()
    with pytest.raises(ValueError, match="at most"):
        plan.add("x", ["empty"] * (QUEUE_MAX + 1))
    with pytest.raises(ValueError, match="rate"):
        plan.seed(1, 1.5, ["empty"])

from datetime import timedelta

import pytest

from sandbox.kis.profiles import Call
from tests.sandbox.kis.client import CCLD, OPEN, QUOTE, caller

PRICE_ID = "FHKST01010100"


@pytest.mark.parametrize(("mode", "limit"), [("vts", 1), ("real", 18)])
def test_requests_of_one_sliding_business_second(mode, limit):
    client = caller(mode)
    client.pause = timedelta(milliseconds=10)
    codes = [client.call(Call.PRICE, PRICE_ID, QUOTE).payload["msg_cd"] for _ in range(limit + 1)]
    assert codes == ["MCA00000"] * limit + ["EGW00201"]
    client.pause = timedelta(seconds=1) - timedelta(milliseconds=10 * limit)
    assert client.call(Call.PRICE, PRICE_ID, QUOTE).payload["msg_cd"] == "MCA00000"


def test_over_the_limit_is_http_500_with_the_usual_envelope(vts):
    vts.pause = timedelta(0)
    vts.call(Call.PRICE, PRICE_ID, QUOTE)
    reply = vts.call(Call.PRICE, PRICE_ID, QUOTE)
    assert reply.status == 500
    assert reply.payload == {
        "rt_cd": "1",
        "msg_cd": "EGW00201",
        "msg1": "초당 거래건수를 초과하였습니다.",
    }


def test_the_limit_can_be_set():
    client = caller("vts")
    client.state.requests_per_second = 3
    client.pause = timedelta(0)
    statuses = [client.call(Call.PRICE, PRICE_ID, QUOTE).status for _ in range(4)]
    assert statuses == [200, 200, 200, 500]


def test_the_ledger_counts_its_own_calls_by_another_limit(real):
    real.pause = timedelta(milliseconds=10)
    codes = [real.ccld()["msg_cd"] for _ in range(5)]
    codes += [real.call(Call.OPEN_ORDERS, "TTTC0084R", OPEN).payload["msg_cd"] for _ in range(5)]
    assert set(codes) <= {"KIOK0510", "KIOK0560"}
    # An order counts like an inquiry, and one that was refused has not reached the exchange.
    refused = real.order(1, 0, division="01")
    assert (refused.status, refused.payload["rt_cd"]) == (500, "1")
    assert (refused.payload["msg_cd"], refused.payload["msg1"]) == (
        "EGW00215",
        "원장 초당 거래건수를 초과하였습니다.",
    )
    assert not real.state.exchange.orders(real.now.date())
    # Quotes go on: they have the other limit alone.
    assert real.call(Call.PRICE, PRICE_ID, QUOTE).payload["msg_cd"] == "MCA00000"
    real.pause = timedelta(seconds=1)
    assert real.order(1, 0, division="01").payload["rt_cd"] == "0"


def test_the_limit_of_the_ledger_can_be_set_and_falls_with_the_other(real):
    real.pause = timedelta(0)
    real.state.ledger_per_second = 1
    assert [real.ccld()["msg_cd"] for _ in range(2)][1] == "EGW00215"
    real.state.ledger_per_second, real.state.requests_per_second = 0, 100
    assert {real.ccld()["rt_cd"] for _ in range(20)} == {"0"}


@pytest.mark.parametrize(
    ("call", "tr_id"),
    [
        (Call.SELLABLE, "TTTC8408R"),
        (Call.OPEN_ORDERS, "TTTC0084R"),
        (Call.HOLIDAYS, "CTCA0903R"),
        (Call.STOCK_INFO, "CTPF1002R"),
        (Call.ORDER, "TTTC0012U"),
        (Call.DAILY_ORDERS, "TTTC0081R"),
    ],
)
def test_real_ids_are_refused_on_vts(vts, call, tr_id):
    reply = vts.call(call, tr_id, {})
    assert (reply.status, reply.payload["msg_cd"]) == (500, "EGW02006")
    assert reply.payload["msg1"] == "모의투자 TR 이 아닙니다."


def test_vts_and_invented_ids_are_unknown_services(real, vts):
    assert real.call(Call.DAILY_ORDERS, "VTTC0081R", CCLD).payload["msg_cd"] == "OPSQ0002"
    assert vts.call(Call.HOLIDAYS, "VTCA0903R", {}).payload["msg_cd"] == "OPSQ0002"


@pytest.mark.parametrize("tr_id", ["TTC0081R", "TTC8001R", "TSC9215R", "TSC9115R"])
def test_old_and_new_ids_of_the_own_mode_are_served(either, tr_id):
    vts = either.state.profile.is_vts
    letter = "V" if vts else "C" if tr_id.startswith("TSC") else "T"
    assert either.call(Call.DAILY_ORDERS, letter + tr_id, CCLD).payload["rt_cd"] == "0"


def test_requests_are_remembered_for_whoever_watches(vts):
    vts.call(Call.PRICE, PRICE_ID, QUOTE)
    seen = vts.state.requests[-1]
    assert (seen.path, seen.tr_id, seen.status) == (Call.PRICE.value, PRICE_ID, 200)
    assert seen.msg_cd == "MCA00000"

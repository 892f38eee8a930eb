"""Tokens, orders and refusals against what real servers sent: the same keys, the same types."""

import json
from pathlib import Path

import pytest

from sandbox.kis.profiles import Call

PAYLOADS = Path(__file__).parents[3] / ".." / "shared" / "data" / "payloads" / "kis"
pytestmark = pytest.mark.skipif(
    not PAYLOADS.is_dir(), reason="the captured payloads are not beside this checkout"
)
HOLIDAY = {"BASS_DT": "20261120", "CTX_AREA_NK": "", "CTX_AREA_FK": ""}


def shape(value):
    """Keys and types; of a list the first row, so that its length does not matter."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


def captured(name):
    return json.loads((PAYLOADS / name).read_text(encoding="utf-8"))


def test_an_empty_balance(real):
    ours, theirs = real.balance(), captured("inquire-balance__3.json")
    assert shape(ours) == shape(theirs)
    assert (ours["msg_cd"], ours["msg1"]) == (theirs["msg_cd"], theirs["msg1"])


def test_accepted_and_refused_orders(vts, real):
    ours, theirs = real.order(1, 0, division="01").payload, captured("order-cash__1.json")
    assert shape(ours) == shape(theirs)
    assert (ours["msg_cd"], ours["msg1"]) == (theirs["msg_cd"], theirs["msg1"])
    mine, seen = vts.order(1, 0, division="01").payload, captured("order-cash__3.json")
    assert (mine["msg_cd"], mine["msg1"]) == (seen["msg_cd"], seen["msg1"])
    assert set(seen["output"]) <= set(mine["output"])
    refused = vts.order(1, 0, buy=False, symbol="091160", division="01").payload
    assert refused == captured("order-cash__6.json")


def test_gateway_errors(vts):
    assert vts.login().payload == captured("error-EGW00133__1.json")
    reply = vts.call(Call.HOLIDAYS, "CTCA0903R", HOLIDAY)
    assert reply.payload == captured("error-EGW02006__1.json")
    vts.state.faults.add("*", ["egw00201"])
    assert vts.ccld() == captured("error-EGW00201__1.json")


def test_token(vts):
    vts.at(10, 5)
    assert shape(vts.login().payload) == shape(captured("tokenP__2.json"))


def test_a_cancel(real):
    placed = real.order(1, real.view().lower_limit).payload["output"]["ODNO"]
    ours, theirs = real.cancel(placed).payload, captured("order-rvsecncl__1.json")
    assert shape(ours) == shape(theirs)
    assert (ours["msg_cd"], ours["msg1"]) == (theirs["msg_cd"], theirs["msg1"])
    assert len(ours["output"]["ODNO"]) == len(theirs["output"]["ODNO"])

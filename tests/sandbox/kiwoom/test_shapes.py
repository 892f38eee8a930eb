"""Our answers against what real servers sent: the same keys in the same order, the same types."""

import json
import re
from pathlib import Path

import pytest

from sandbox.kiwoom.holdings import Valued, deposit_and_value
from tests.sandbox.kiwoom.client import CHANGES, CHART, OPEN, ORDERABLE, SYMBOL, VALUATION

PAYLOADS = Path(__file__).parents[3] / ".." / "shared" / "data" / "payloads" / "kiwoom"
pytestmark = pytest.mark.skipif(
    not PAYLOADS.is_dir(), reason="the captured payloads are not beside this checkout"
)


def shape(value):
    """Keys in order and types; of a list the first row, so that its length does not matter."""
    if isinstance(value, dict):
        return [(key, shape(inner)) for key, inner in value.items()]
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


def captured(name):
    return json.loads((PAYLOADS / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("api_id", "fields", "name"),
    [
        ("ka10001", {"stk_cd": SYMBOL}, "ka10001__1"),
        ("ka10081", CHART, "ka10081__1"),
        ("ka10075", OPEN, "ka10075__1"),
        ("kt00004", VALUATION, "kt00004__1"),
        ("kt00010", ORDERABLE, "kt00010__1"),
        ("ka40002", {"stk_cd": SYMBOL}, "ka40002__1"),
    ],
)
def test_answers_have_the_shape_of_captured_ones(vts, api_id, fields, name):
    vts.order(1)
    vts.at(10, 10)
    ours, theirs = vts.read(api_id, fields), captured(name)
    assert shape(ours) == shape(theirs)
    assert ours["return_msg"] == theirs["return_msg"]


def test_a_ranking_has_the_shape_of_the_captured_one(vts):
    ours, theirs = vts.read("ka10027", CHANGES), captured("ka10027__1")
    rows = "pred_pre_flu_rt_upper"
    assert shape(ours[rows]) == shape(theirs[rows])


def test_every_number_is_as_wide_as_the_captured_one(vts):
    vts.order(1)
    vts.at(10, 10)
    for api_id, fields in (("kt00004", VALUATION), ("kt00010", ORDERABLE)):
        ours, theirs = vts.read(api_id, fields), captured(f"{api_id}__1")
        rows = [(ours, theirs)]
        if api_id == "kt00004":
            rows.append((ours["stk_acnt_evlt_prst"][0], theirs["stk_acnt_evlt_prst"][1]))
        for mine, seen in rows:
            for key, text in seen.items():
                if isinstance(text, str) and re.fullmatch(r"-?[0-9]{10,15}", text):
                    assert len(mine[key]) == len(text), key


def test_accepted_and_refused_orders(vts):
    taken = vts.order(1).payload
    assert shape(taken) == shape(captured("kt10000__1"))
    assert taken["return_msg"] == captured("kt10000__1")["return_msg"]
    vts.at(15, 40)
    assert vts.order(1).payload == captured("kt10000-reject__1")


def test_errors(vts):
    seen = captured("error-1700__1")
    vts.pause *= 0
    vts.call("ka10001", {"stk_cd": SYMBOL})
    reply = vts.call("ka10001", {"stk_cd": SYMBOL})
    assert (reply.status, shape(reply.payload)) == (429, shape(seen))
    assert reply.payload["return_code"] == seen["return_code"]
    without = vts.send("/oauth2/token", {"grant_type": "client_credentials"}).payload
    seen = captured("error-8020__1")
    assert dict(without) == dict(seen)


def test_the_arithmetic_of_holdings_gives_the_captured_figures():
    statement = captured("kt00004__1")
    rows = []
    for row in statement["stk_acnt_evlt_prst"]:
        quantity, paid = int(row["rmnd_qty"]), int(row["pur_amt"])
        valued = Valued(
            symbol=row["stk_cd"],
            name=row["stk_nm"],
            quantity=quantity,
            sellable=quantity,
            paid=paid,
            price=int(row["cur_prc"]),
            base=int(row["cur_prc"]),
            is_taxed=row["stk_nm"] in {"삼성전자", "KT"},  # shares; the others are ETF and ETN
        )
        rows.append(valued)
        assert valued.average == int(row["avg_prc"])
        assert valued.net == int(row["evlt_amt"])
        assert valued.gain == int(row["pl_amt"])
        assert valued.rate(4) == row["pl_rt"]
    # 4 of the 14 rows were kept, so the sums of the statement hold for more than these.
    deposit = int(statement["entr"])
    assert deposit_and_value(deposit, rows) < int(statement["prsm_dpst_aset_amt"])
    samsung = rows[0]
    assert (samsung.buy_fee, samsung.sell_fee, samsung.tax) == (17_250, 95_480, 1_273_096)
    assert samsung.gross == 636_548_000


def test_every_captured_file_is_compared_with_ours():
    compared = set(re.findall(r'"([a-z0-9A-Z-]+__[0-9]+)"', Path(__file__).read_text("utf-8")))
    # Frames of the stream are compared in test_stream.py.
    frames = {path.stem for path in PAYLOADS.glob("ws-*.json")}
    told = (Path(__file__).parent / "test_stream.py").read_text("utf-8")
    assert {name for name in frames if name not in told} == set()
    assert compared >= {path.stem for path in PAYLOADS.glob("*.json")} - frames

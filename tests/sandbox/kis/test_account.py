from datetime import timedelta

import pytest

from sandbox.kis.profiles import Call
from tests.sandbox.kis.client import ACCOUNT_FIELDS, BALANCE, POWER, SYMBOL, caller


def test_an_empty_account_still_has_its_sums(either):
    body = either.balance()
    assert body["output1"] == []
    assert body["output2"][0]["dnca_tot_amt"] == "1000000"
    assert body["msg_cd"] == ("20310000" if either.state.profile.is_vts else "KIOK0560")


def test_bought_shares_are_valued_and_settle_later(either):
    either.order(3, 0, division="01")
    either.now += timedelta(minutes=3)
    body = either.balance()
    row, sums = body["output1"][0], body["output2"][0]
    last = either.view().minute.last
    assert (row["pdno"], row["hldg_qty"], row["thdt_buyqty"]) == (SYMBOL, "3", "3")
    assert row["prpr"] == str(last)
    assert row["evlu_amt"] == str(3 * last)
    assert int(row["evlu_pfls_amt"]) == 3 * last - int(row["pchs_amt"])
    assert row["pchs_avg_pric"].split(".")[1] in {"0000", "3333", "6667"}
    assert len(row["evlu_erng_rt"].split(".")[1]) == 8
    assert sums["dnca_tot_amt"] == "1000000"
    assert int(sums["prvs_rcdl_excc_amt"]) < 1_000_000 - int(row["pchs_amt"]) + 1
    assert int(sums["tot_evlu_amt"]) == 3 * last + int(sums["prvs_rcdl_excc_amt"])


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"INQR_DVSN": "02"}, "INQR_DVSN"),
        ({"AFHR_FLPR_YN": ""}, "AFHR_FLPR_YN"),
        ({"PRCS_DVSN": "0"}, "PRCS_DVSN"),
    ],
)
def test_refused_questions(either, fields, name):
    body = either.balance(**fields)
    assert (body["rt_cd"], body["msg_cd"]) == ("2", "OPSQ2001")
    assert body["msg1"] == f"ERROR : INPUT INVALID_CHECK_{name}"
    assert "output1" not in body


@pytest.mark.parametrize(("mode", "size"), [("vts", 20), ("real", 50)])
def test_pages_of_holdings(mode, size):
    symbols = [f"{100000 + number}" for number in range(size + 5)]
    client = caller(mode, symbols=symbols)
    for code in symbols:
        client.exchange.grant(code, 1, 10_000)
    tr_id = client.letter + "TTC8434R"
    first = client.call(Call.BALANCE, tr_id, BALANCE)
    assert len(first.payload["output1"]) == size
    assert first.headers["tr_cont"] == "F"
    fields = {**BALANCE, "CTX_AREA_NK100": first.payload["ctx_area_nk100"]}
    second = client.call(Call.BALANCE, tr_id, fields, cont="N")
    assert second.headers["tr_cont"] == "D"
    codes = [row["pdno"] for row in first.payload["output1"] + second.payload["output1"]]
    assert codes == sorted(symbols)
    assert first.payload["output2"] == second.payload["output2"]


def test_buying_power_of_a_market_order_counts_at_the_upper_limit(either):
    tr_id = either.letter + "TTC8908R"
    output = either.call(Call.BUYING_POWER, tr_id, POWER).payload["output"]
    upper = either.view().upper_limit
    assert output["psbl_qty_calc_unpr"] == str(upper)
    assert output["nrcvb_buy_qty"] == str(1_000_000 // upper)
    fields = {**POWER, "ORD_DVSN": "00", "ORD_UNPR": "10000"}
    limit = either.call(Call.BUYING_POWER, tr_id, fields).payload["output"]
    assert (limit["psbl_qty_calc_unpr"], limit["nrcvb_buy_qty"]) == ("10000", "99")
    blank = {**POWER, "ORD_DVSN": "", "ORD_UNPR": "", "PDNO": ""}
    amounts = either.call(Call.BUYING_POWER, tr_id, blank).payload["output"]
    assert (amounts["nrcvb_buy_amt"], amounts["nrcvb_buy_qty"]) == ("1000000", "0")


def test_a_resting_order_reserves_cash(either):
    price = either.view().minute.bid - 50
    either.order(1, price)
    tr_id = either.letter + "TTC8908R"
    output = either.call(Call.BUYING_POWER, tr_id, POWER).payload["output"]
    assert int(output["ord_psbl_cash"]) <= 1_000_000 - price


def test_sellable_of_real(real):
    fields = {**ACCOUNT_FIELDS, "PDNO": SYMBOL}
    empty = real.call(Call.SELLABLE, "TTTC8408R", fields).payload
    assert empty["output"]["ord_psbl_qty"] == "0"
    real.exchange.grant(SYMBOL, 4, 10_000)
    real.order(1, real.view().minute.ask + 200, buy=False)
    output = real.call(Call.SELLABLE, "TTTC8408R", fields).payload["output"]
    assert (output["cblc_qty"], output["ord_psbl_qty"]) == ("4", "3")

from datetime import date, timedelta

import pytest

from sandbox.kis.profiles import Call
from tests.sandbox.kis.client import ACCOUNT_FIELDS, CCLD, OPEN, SYMBOL, caller


def bid_below(client, ticks=10):
    """A price that rests in the book."""
    view = client.view()
    return view.minute.bid - ticks * view.tick


@pytest.mark.parametrize(
    ("mode", "branch", "buy_code"), [("vts", "00950", "40600000"), ("real", "03930", "APBK0013")]
)
def test_an_accepted_order(request, mode, branch, buy_code):
    client = request.getfixturevalue(mode)
    reply = client.order(1, bid_below(client))
    body = reply.payload
    assert (reply.status, body["rt_cd"], body["msg_cd"]) == (200, "0", buy_code)
    assert body["output"] == {
        "KRX_FWDG_ORD_ORGNO": branch,
        "ODNO": "1" if mode == "vts" else "0000000001",
        "ORD_TMD": f"{client.now:%H%M%S}",
        "SOR_ODNO": "",
    }
    assert reply.headers["tr_id"] == client.letter + "TTC0012U"


def test_old_ids_need_no_venue(either):
    fields = {
        **ACCOUNT_FIELDS,
        "PDNO": SYMBOL,
        "ORD_DVSN": "00",
        "ORD_QTY": "1",
        "ORD_UNPR": str(bid_below(either)),
    }
    body = either.call(Call.ORDER, either.letter + "TTC0802U", fields).payload
    assert body["rt_cd"] == "0"


def test_a_market_buy_fills_and_can_be_sold(either):
    either.order(2, 0, division="01")
    either.now += timedelta(minutes=3)
    row = either.ccld()["output1"][0]
    assert (row["tot_ccld_qty"], row["rmn_qty"], row["ord_unpr"]) == ("2", "0", "0")
    assert int(row["tot_ccld_amt"]) > 0
    assert row["ord_dvsn_name"] == "시장가"
    sold = either.order(2, 0, buy=False, division="01")
    assert sold.payload["rt_cd"] == "0"
    either.now += timedelta(minutes=3)
    assert either.balance()["output1"][0]["hldg_qty"] == "0"
    sums = either.ccld()["output2"]
    assert (sums["tot_ord_qty"], sums["tot_ccld_qty"]) == ("4", "4")


REFUSALS = {
    "after the close": ("40580000", "APBK0919"),
    "on a holiday": ("40100000", "APBK0919"),
    "unknown symbol": ("40070000", "APBK0656"),
    "off the tick": ("40310000", "APBK0506"),
    "beyond the band": ("40310000", "APBK0506"),
    "no shares": ("40240000", "APBK0400"),
    "no cash": ("40250000", "APBK0952"),
    "nothing asked": ("40310000", "APBK0400"),
    "another type": ("40310000", "APBK0963"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_refusals_in_the_words_of_the_mode(either, case):
    price = bid_below(either)
    far = either.view().upper_limit + 5
    if case == "after the close":
        either.at(15, 31)
    if case == "on a holiday":
        either.at(10, day=date(2026, 11, 21))
        either.state.last_issue = None
        either.login()
    arguments = {
        "unknown symbol": {"symbol": "999999"},
        "off the tick": {"price": price + 1},
        "beyond the band": {"price": far},
        "no shares": {"buy": False},
        "no cash": {"quantity": 10_000},
        "nothing asked": {"quantity": 0},
        "another type": {"division": "05"},
    }.get(case, {})
    body = either.order(**{"quantity": 1, "price": price, **arguments}).payload
    is_vts = either.state.profile.is_vts
    assert body["msg_cd"] == REFUSALS[case][0 if is_vts else 1]
    assert body["rt_cd"] == ("1" if is_vts else "7")
    assert "output" not in body
    assert either.state.exchange.orders(either.now.date()) == []


@pytest.mark.parametrize(("mode", "code"), [("vts", "40570000"), ("real", "APBK0919")])
def test_too_early_has_a_code_of_its_own_on_vts(mode, code):
    client = caller(mode, hour=8)
    assert client.order(1, client.view().base).payload["msg_cd"] == code
    client.at(8, 31)
    assert client.order(1, client.view().base).payload["rt_cd"] == "0"


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"ORD_QTY": "one"}, "INVALID_CHECK_ORD_QTY"),
        ({"ORD_QTY": 1}, "INVALID_CHECK_ORD_QTY"),
        ({"ORD_UNPR": "-5"}, "INVALID_CHECK_ORD_UNPR"),
        ({"ORD_DVSN": "99"}, "INVALID_CHECK_ORD_DVSN"),
        ({"EXCG_ID_DVSN_CD": "NXT"}, "INVALID_CHECK_EXCG_ID_DVSN_CD"),
        ({"CANO": "00000000"}, "INVALID_CHECK_ACNO"),
    ],
)
def test_input_errors_name_the_field(either, fields, text):
    body = either.order(1, bid_below(either), **fields).payload
    assert body["rt_cd"] in {"1", "2"}
    assert text in body["msg1"]
    assert body["msg_cd"] == ("OPSQ2000" if "ACNO" in text else "OPSQ2001")


def test_venues_by_mode(vts, real):
    assert vts.order(1, bid_below(vts), EXCG_ID_DVSN_CD="SOR").payload["msg_cd"] == "OPSQ2001"
    assert real.order(1, bid_below(real), EXCG_ID_DVSN_CD="SOR").payload["rt_cd"] == "0"


def test_questions_about_every_venue_are_for_real_only(vts, real):
    assert real.ccld(EXCG_ID_DVSN_CD="ALL")["rt_cd"] == "0"
    assert vts.ccld(EXCG_ID_DVSN_CD="ALL")["msg_cd"] == "OPSQ2001"
    assert vts.ccld(EXCG_ID_DVSN_CD="KRX")["rt_cd"] == "0"


def test_a_missing_field_is_named(either):
    body = either.call(Call.ORDER, either.letter + "TTC0012U", ACCOUNT_FIELDS).payload
    assert (body["rt_cd"], body["msg_cd"]) == ("2", "OPSQ2001")
    assert body["msg1"] == "ERROR : INPUT_FIELD_NAME PDNO"


def test_a_body_that_is_no_json(either):
    headers = {
        "authorization": f"Bearer {either.token}",
        "appkey": either.state.app_key,
        "appsecret": either.state.app_secret,
        "tr_id": either.letter + "TTC0012U",
    }
    reply = either.send("POST", Call.ORDER.value, headers=headers, body=b"ORD_QTY=1")
    assert reply.payload["msg_cd"] == "OPSQ9997"


def test_a_cancel_is_a_row_of_its_own(either):
    number = either.order(3, bid_below(either)).payload["output"]["ODNO"]
    cancelled = either.cancel(number).payload
    assert cancelled["rt_cd"] == "0"
    second = "2" if either.state.profile.is_vts else "0000000002"
    assert cancelled["output"]["ODNO"] == second
    row, original = either.ccld()["output1"]
    assert (row["odno"], row["orgn_odno"], row["ord_qty"]) == (second, number, "3")
    assert (row["rmn_qty"], row["cncl_cfrm_qty"], row["cncl_yn"]) == ("0", "3", "Y")
    assert row["sll_buy_dvsn_cd_name"] == "매수취소"
    assert (original["orgn_odno"], original["cncl_cfrm_qty"]) == ("", "3")
    assert (original["rmn_qty"], original["cncl_yn"]) == ("0", "Y")


def test_cancel_refusals(either):
    number = either.order(3, bid_below(either)).payload["output"]["ODNO"]
    is_vts = either.state.profile.is_vts
    unknown = either.cancel("77").payload["msg_cd"]
    assert unknown == ("40320000" if is_vts else "APBK0927")
    either.cancel(number)
    again = either.cancel(number).payload["msg_cd"]
    assert again == ("40330000" if is_vts else "APBK0927")


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"RVSE_CNCL_DVSN_CD": "03"}, "RVSE_CNCL_DVSN_CD"),
        ({"QTY_ALL_ORD_YN": "?"}, "QTY_ALL_ORD_YN"),
        ({"KRX_FWDG_ORD_ORGNO": "99999"}, "KRX_FWDG_ORD_ORGNO"),
        ({"ORGN_ODNO": "abc"}, "ORGN_ODNO"),
    ],
)
def test_changes_that_are_not_offered(either, fields, name):
    number = either.order(3, bid_below(either)).payload["output"]["ODNO"]
    body = either.cancel(number, **fields).payload
    assert body["msg1"] == f"ERROR : INPUT INVALID_CHECK_{name}"
    assert either.ccld()["output1"][0]["rmn_qty"] == "3"


def test_cancel_of_exactly_the_rest_by_quantity(either):
    number = either.order(3, bid_below(either)).payload["output"]["ODNO"]
    branch = either.state.profile.branch
    fields = {"QTY_ALL_ORD_YN": "N", "ORD_QTY": "3", "KRX_FWDG_ORD_ORGNO": branch}
    assert either.cancel(number, **fields).payload["rt_cd"] == "0"


def test_a_part_is_cancelled_and_the_rest_goes_on_waiting(either):
    before = either.state.exchange.cash(either.now).orderable
    price = bid_below(either)
    number = either.order(3, price).payload["output"]["ODNO"]
    part = {"QTY_ALL_ORD_YN": "N", "ORD_QTY": "2"}
    assert either.cancel(number, **part).payload["rt_cd"] == "0"
    row, order = either.ccld()["output1"]
    assert (row["orgn_odno"], row["ord_qty"], row["cncl_cfrm_qty"]) == (number, "2", "2")
    assert (order["rmn_qty"], order["cncl_cfrm_qty"], order["cncl_yn"] == "Y") == ("1", "2", False)
    held = before - either.state.exchange.cash(either.now).orderable
    assert price <= held < 2 * price
    assert either.cancel(number, **part).payload["rt_cd"] != "0"
    assert either.cancel(number, QTY_ALL_ORD_YN="N", ORD_QTY="0").payload["rt_cd"] != "0"
    assert either.cancel(number).payload["rt_cd"] == "0"
    assert either.ccld()["output1"][-1]["cncl_yn"] == "Y"
    assert either.state.exchange.cash(either.now).orderable == before


def test_what_differs_between_the_modes_in_a_row(vts, real):
    for client in (vts, real):
        client.order(1, bid_below(client))
    mine, theirs = vts.ccld()["output1"][0], real.ccld()["output1"][0]
    assert (mine["cncl_yn"], theirs["cncl_yn"]) == ("N", "")
    assert (len(mine["infm_tmd"]), theirs["infm_tmd"]) == (6, "")
    assert (mine["ord_gno_brno"], mine["ord_orgno"]) == ("00950", "00000")


@pytest.mark.parametrize(
    ("fields", "numbers"),
    [
        ({}, [4, 3, 2, 1]),
        ({"INQR_DVSN": "01"}, [1, 2, 3, 4]),
        ({"SLL_BUY_DVSN_CD": "01"}, [3]),
        ({"SLL_BUY_DVSN_CD": "02"}, [4, 2, 1]),
        ({"PDNO": "091160"}, [4]),
        ({"ODNO": "0000000002"}, [2]),
        ({"CCLD_DVSN": "01"}, [1]),
        ({"CCLD_DVSN": "02"}, [4, 3, 2]),
        ({"INQR_STRT_DT": "20261101", "INQR_END_DT": "20261119"}, []),
    ],
)
def test_filters_of_the_days_orders(real, fields, numbers):
    real.order(1, 0, division="01")
    real.now += timedelta(minutes=3)
    real.order(1, bid_below(real))
    real.order(1, real.view().minute.ask + 200, buy=False)
    other = real.view("091160")
    real.order(1, other.minute.bid - 20 * other.tick, symbol="091160")
    assert [int(row["odno"]) for row in real.ccld(**fields)["output1"]] == numbers


@pytest.mark.parametrize(
    "fields",
    [
        {"SLL_BUY_DVSN_CD": "0"},
        {"INQR_DVSN": "02"},
        {"CCLD_DVSN": ""},
        {"INQR_STRT_DT": "2026-11-20"},
        {"INQR_STRT_DT": "20261121"},
        {"INQR_DVSN_3": "0"},
        {"ODNO": "x"},
    ],
)
def test_bad_questions_about_orders(either, fields):
    body = either.ccld(**fields)
    assert (body["rt_cd"], body["msg_cd"]) == ("2", "OPSQ2001")
    assert "output1" not in body


@pytest.mark.parametrize("name", ["CTX_AREA_FK100", "CTX_AREA_NK100", "PDNO", "ODNO"])
def test_fields_must_be_there_even_if_empty(either, name):
    fields = {key: value for key, value in CCLD.items() if key != name}
    body = either.call(Call.DAILY_ORDERS, either.letter + "TTC0081R", fields).payload
    assert body["msg1"] == f"ERROR : INPUT_FIELD_NAME {name}"


def placed(client, count):
    price = bid_below(client)
    for _ in range(count):
        assert client.order(1, price).payload["rt_cd"] == "0"


def test_pages_of_fifteen_on_vts_even_when_orders_arrive_between(vts):
    placed(vts, 31)
    tr_id, numbers, conts, cursors, fields, cont = "VTTC0081R", [], [], [], dict(CCLD), ""
    while "D" not in conts:
        reply = vts.call(Call.DAILY_ORDERS, tr_id, fields, cont=cont)
        numbers += [int(row["odno"]) for row in reply.payload["output1"]]
        conts.append(reply.headers["tr_cont"])
        cursors.append(reply.payload["ctx_area_nk100"])
        fields["CTX_AREA_FK100"] = reply.payload["ctx_area_fk100"]
        fields["CTX_AREA_NK100"] = reply.payload["ctx_area_nk100"]
        cont = "N"
        vts.order(1, bid_below(vts))
    assert conts == ["F", "M", "D"]
    assert numbers == list(range(31, 0, -1))
    assert [len(cursor) for cursor in cursors] == [100, 100, 100]
    assert cursors[-1].strip() == ""
    assert vts.state.account in fields["CTX_AREA_FK100"]


def test_without_tr_cont_the_first_page_comes_again(vts):
    placed(vts, 16)
    first = vts.ccld()
    again = vts.ccld(CTX_AREA_NK100=first["ctx_area_nk100"])
    assert again["output1"] == first["output1"]
    fields = {**CCLD, "CTX_AREA_NK100": "nowhere"}
    lost = vts.call(Call.DAILY_ORDERS, "VTTC0081R", fields, cont="N").payload
    assert lost["msg1"] == "ERROR : INPUT INVALID_CHECK_CTX_AREA_NK100"


def test_messages_of_inquiries_are_eighty_bytes_of_cp949(either):
    is_vts = either.state.profile.is_vts
    empty = either.ccld()
    assert empty["msg_cd"] == ("20310000" if is_vts else "KIOK0560")
    placed(either, 1)
    last = either.ccld()
    assert last["msg_cd"] == ("20310000" if is_vts else "KIOK0460")
    for body in (empty, last):
        assert len(body["msg1"].encode("cp949")) == 80


def test_open_orders_of_real(real):
    number = real.order(2, bid_below(real)).payload["output"]["ODNO"]
    real.order(1, 0, division="01")
    real.now += timedelta(minutes=3)
    body = real.call(Call.OPEN_ORDERS, "TTTC0084R", OPEN).payload
    assert [(row["odno"], row["psbl_qty"]) for row in body["output"]] == [(number, "2")]
    sells = real.call(Call.OPEN_ORDERS, "TTTC8036R", {**OPEN, "INQR_DVSN_2": "1"}).payload
    assert (sells["output"], sells["msg_cd"]) == ([], "KIOK0560")

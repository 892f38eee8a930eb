"""What eight published clients put on the wire, tried on the sandbox in both modes and replayed.

mojito2 0.1.6, kis-trader 0.12.2, kispilot 0.2.2, korea-investment-stock 0.19.0, kis-agent 1.6.1,
kis-wrapper 0.3.0, pykis 0.7.0, and the broker's own samples.
"""

from __future__ import annotations

import json

import pytest

from sandbox.kis.profiles import Call
from sandbox.kis.wire import Request
from tests.sandbox.kis.client import ACCOUNT_FIELDS, CCLD, CHART, KEYS, QUOTE, SYMBOL, caller
from tests.sandbox.kis.requests import MINUTES, VOLUME
from tests.sandbox.kis.streams import listener, request

BARE = {"content-type": "application/json"}


def sent(client, tr_id, **more):
    """Headers as most clients write them: no custtype, no tr_cont."""
    authorization = {"authorization": f"Bearer {client.token}"}
    return {**BARE, **authorization, **KEYS, "tr_id": tr_id, **more}


def ask(client, path, tr_id, query, **more):
    client.now += client.pause
    return client.send("GET", path, headers=sent(client, tr_id, **more), query=query).payload


def post(client, call, tr_id, body):
    client.now += client.pause
    return client.send("POST", call.value, headers=sent(client, tr_id), body=body).payload


def test_minute_bars_as_mojito_asks_with_names_in_lower_case(either):
    query = {name.lower(): value for name, value in MINUTES.items()}
    body = ask(either, f"/{Call.MINUTES.value}", "FHKST03010200", query, tr_cont="")
    assert body["output2"][-1]["stck_cntg_hour"] == "093100" or len(body["output2"]) <= 30


def test_charts_as_python_kis_begins_them(either):
    query = {**CHART, "FID_INPUT_DATE_1": "00000101"}
    body = ask(either, Call.CHART.value, "FHKST03010100", query)
    assert len(body["output2"]) == 100
    years = ask(either, Call.CHART.value, "FHKST03010100", {**query, "FID_PERIOD_DIV_CODE": "Y"})
    assert len(years["output2"]) > 5
    minutes = {**MINUTES, "FID_INPUT_HOUR_1": "000000", "FID_PW_DATA_INCU_YN": "N"}
    body = ask(either, Call.MINUTES.value, "FHKST03010200", minutes)
    assert body["output2"][0]["stck_cntg_hour"] == f"{either.now:%H%M00}"


def test_recent_days_as_pykis_asks_with_a_flag_of_ten_digits(either):
    query = {**QUOTE, "FID_PERIOD_DIV_CODE": "D", "FID_ORG_ADJ_PRC": "0000000001"}
    body = ask(either, Call.RECENT_DAYS.value, "FHKST01010400", query)
    assert len(body["output"]) == 30


def test_buying_power_as_pykis_asks_under_the_path_of_the_order_list(either):
    query = {
        **ACCOUNT_FIELDS,
        "PDNO": "",
        "ORD_UNPR": "",
        "ORD_DVSN": "02",
        "CMA_EVLU_AMT_ICLD_YN": "Y",
        "OVRS_ICLD_YN": "N",
    }
    body = ask(either, Call.DAILY_ORDERS.value, either.letter + "TTC8908R", query)
    assert body["output"]["nrcvb_buy_amt"] == "1000000"


def test_an_etf_price_as_korea_investment_stock_asks_under_the_path_of_a_share(real):
    body = ask(real, Call.PRICE.value, "FHPST02400000", QUOTE)
    assert float(body["output"]["nav"]) > 0


def test_a_blank_venue_is_krx_as_kis_trader_asks(either):
    either.order(1, 0, division="01")
    body = ask(
        either,
        Call.DAILY_ORDERS.value,
        either.letter + "TTC0081R",
        {**CCLD, "EXCG_ID_DVSN_CD": ""},
        tr_cont="",
    )
    assert len(body["output1"]) == 1


def test_a_ranking_without_a_day_as_kispilot_asks(real):
    assert "FID_INPUT_DATE_1" not in VOLUME
    assert ask(real, Call.VOLUME_RANK.value, "FHPST01710000", VOLUME)["rt_cd"] == "0"


@pytest.mark.parametrize("everything", ["Y", "N"])
def test_amended_and_cancelled_by_old_ids_without_branch_or_venue_as_kis_wrapper_does(
    either, everything
):
    low = either.view().lower_limit
    order = {
        **ACCOUNT_FIELDS,
        "PDNO": SYMBOL,
        "ORD_DVSN": "00",
        "ORD_QTY": "2",
        "ORD_UNPR": str(low),
    }
    placed = post(either, Call.ORDER, either.letter + "TTC0802U", order)
    change = {
        **ACCOUNT_FIELDS,
        "KRX_FWDG_ORD_ORGNO": "",
        "ORGN_ODNO": placed["output"]["ODNO"],
        "ORD_DVSN": "00",
        "RVSE_CNCL_DVSN_CD": "01",
        "ORD_QTY": "2",
        "ORD_UNPR": str(low + 5),
        "QTY_ALL_ORD_YN": everything,
    }
    amended = post(either, Call.CHANGE, either.letter + "TTC0803U", change)
    assert amended["rt_cd"] == "0", amended
    cancel = {
        **change,
        "ORGN_ODNO": amended["output"]["ODNO"],
        "RVSE_CNCL_DVSN_CD": "02",
        "ORD_UNPR": "0",
    }
    assert post(either, Call.CHANGE, either.letter + "TTC0803U", cancel)["rt_cd"] == "0"


def test_the_token_call_as_the_official_samples_write_it(vts):
    later = caller("vts")
    later.at(10, 2)
    body = {"grant_type": "client_credentials", **KEYS}
    content = json.dumps(body, indent=2).encode()
    headers = {"content-type": "application/json", "accept": "text/plain", "charset": "UTF-8"}
    reply = later.send("POST", "/oauth2/tokenP", headers=headers, body=content)
    assert reply.status == 200
    # Header names arrive in any case; the socket shell hands them on in lower case.
    assert Request("GET", "/", {"appkey": "x"}).header("appkey") == "x"


def test_pages_as_the_official_samples_turn_them(vts):
    low = vts.view().lower_limit
    for _ in range(16):
        vts.order(1, low)
    first = vts.call(Call.DAILY_ORDERS, "VTTC0081R", CCLD, cont="")
    assert first.headers["tr_cont"] == "F"
    cursors = {
        "CTX_AREA_FK100": first.payload["ctx_area_fk100"].strip(),
        "CTX_AREA_NK100": first.payload["ctx_area_nk100"].strip(),
    }
    second = vts.call(Call.DAILY_ORDERS, "VTTC0081R", {**CCLD, **cursors}, cont="N")
    assert (len(second.payload["output1"]), second.headers["tr_cont"]) == (1, "D")


@pytest.mark.parametrize("extra", [{"personalseckey": "1"}, {"content_type": "utf-8"}])
def test_registrations_with_what_other_clients_add_to_the_header(extra):
    one = listener("vts")
    assert one.code("H0STCNT0", **extra) == "OPSP0000"


def test_a_registration_without_a_key_or_a_customer_type_is_not_taken():
    """kis-wrapper sends neither with its registrations: the real server does not take them either."""
    one = listener("vts")
    document = request("", "H0STCNT0", SYMBOL)
    header = document["header"]
    assert isinstance(header, dict)
    del header["approval_key"], header["custtype"]
    [said] = one.say(document)
    assert said["body"]["rt_cd"] != "0"
    assert one.connection.registered == frozenset()

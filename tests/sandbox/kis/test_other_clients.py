"""Requests in the very form in which other clients send them, taken from what they put on the wire."""

from __future__ import annotations

import pytest

from sandbox.kis.profiles import Call
from tests.sandbox.kis.client import ACCOUNT_FIELDS, KEYS, SYMBOL

# mojito2 0.1.6 begins some paths with two slashes, and sends no custtype and no venue.
MOJITO_CHART = {
    "FID_COND_MRKT_DIV_CODE": "J",
    "FID_INPUT_ISCD": SYMBOL,
    "FID_INPUT_DATE_1": "20261101",
    "FID_INPUT_DATE_2": "20261119",
    "FID_PERIOD_DIV_CODE": "D",
    "FID_ORG_ADJ_PRC": "0",
}
MOJITO_POWER = {
    **ACCOUNT_FIELDS,
    "PDNO": SYMBOL,
    "ORD_UNPR": "30000",
    "ORD_DVSN": "00",
    "CMA_EVLU_AMT_ICLD_YN": "1",
    "OVRS_ICLD_YN": "1",
}


def bearer(client):
    return {"authorization": f"Bearer {client.token}", **KEYS}


@pytest.mark.parametrize(
    ("call", "tr_id", "query"),
    [
        (Call.CHART, "FHKST03010100", MOJITO_CHART),
        (Call.BUYING_POWER, "TTTC8908R", MOJITO_POWER),
    ],
)
def test_mojito_reads(real, call, tr_id, query):
    headers = {"content-type": "application/json", **bearer(real), "tr_id": tr_id}
    reply = real.send("GET", f"/{call.value}", headers=headers, query=query)
    assert (reply.status, reply.payload["rt_cd"]) == (200, "0")


def test_mojito_orders_with_an_old_id_a_hash_key_and_no_venue_and_cancels_a_part(real):
    body = {
        **ACCOUNT_FIELDS,
        "PDNO": SYMBOL,
        "ORD_DVSN": "00",
        "ORD_QTY": "2",
        "ORD_UNPR": str(real.view().lower_limit),
    }
    hashed = real.send("POST", "/uapi/hashkey", headers=bearer(real), body=body).payload["HASH"]
    headers = {**bearer(real), "tr_id": "TTTC0802U", "custtype": "P", "hashkey": hashed}
    placed = real.send("POST", Call.ORDER.value, headers=headers, body=body).payload
    assert placed["rt_cd"] == "0", placed
    change = {
        **ACCOUNT_FIELDS,
        "KRX_FWDG_ORD_ORGNO": placed["output"]["KRX_FWDG_ORD_ORGNO"],
        "ORGN_ODNO": placed["output"]["ODNO"],
        "ORD_DVSN": "00",
        "RVSE_CNCL_DVSN_CD": "02",
        "ORD_QTY": "1",
        "ORD_UNPR": "0",
        "QTY_ALL_ORD_YN": "N",
    }
    hashed = real.send("POST", "/uapi/hashkey", headers=bearer(real), body=change).payload["HASH"]
    headers = {**bearer(real), "tr_id": "TTTC0803U", "custtype": "P", "hashkey": hashed}
    changed = real.send("POST", Call.CHANGE.value, headers=headers, body=change).payload
    assert changed["rt_cd"] == "0", changed


def test_the_official_samples_ask_for_the_stream_key_with_all_their_headers(real):
    headers = {"content-type": "application/json", "accept": "text/plain", "charset": "UTF-8"}
    body = {"grant_type": "client_credentials", "appkey": KEYS["appkey"]}
    approved = real.send(
        "POST",
        "/oauth2/Approval",
        headers={**headers, **bearer(real)},
        body={**body, "secretkey": KEYS["appsecret"]},
    )
    assert set(approved.payload) == {"approval_key"}


def test_a_paper_id_made_by_putting_v_before_it_is_an_unknown_service(vts):
    headers = {**bearer(vts), "tr_id": "VTCA0903R", "custtype": "P", "tr_cont": ""}
    query = {"BASS_DT": "20261120", "CTX_AREA_FK": "", "CTX_AREA_NK": ""}
    reply = vts.send("GET", Call.HOLIDAYS.value, headers=headers, query=query)
    assert reply.payload["msg_cd"] == "OPSQ0002"

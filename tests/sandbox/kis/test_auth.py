import base64
import json
from datetime import timedelta

import pytest

from sandbox.kis.profiles import Call
from sandbox.kis.state import APP_KEY, APP_SECRET
from tests.sandbox.kis.client import KEYS, QUOTE

PRICE_ID = "FHKST01010100"


def price(caller, **headers):
    return caller.call(Call.PRICE, PRICE_ID, QUOTE, **headers)


def test_keys_have_the_lengths_of_real_ones():
    assert (len(APP_KEY), len(APP_SECRET)) == (36, 180)


def test_token_answer_has_no_envelope_and_names_the_app_key(vts):
    vts.now += timedelta(minutes=1)
    body = vts.login().payload
    assert set(body) == {
        "access_token",
        "access_token_token_expired",
        "token_type",
        "expires_in",
    }
    assert body["token_type"] == "Bearer"
    assert isinstance(body["expires_in"], int)
    payload = body["access_token"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert claims["jti"] == APP_KEY
    assert body["access_token_token_expired"] == "2026-11-21 10:00:00"


def test_token_is_issued_once_a_minute(vts):
    vts.now += timedelta(seconds=59)
    refused = vts.login()
    assert refused.status == 403
    assert set(refused.payload) == {"error_description", "error_code"}
    assert refused.payload["error_code"] == "EGW00133"
    vts.now += timedelta(seconds=1)
    assert vts.login().status == 200


def test_same_token_within_six_hours_another_after(vts):
    first = vts.token
    vts.now += timedelta(hours=6) - timedelta(seconds=1)
    vts.login()
    assert vts.token == first
    vts.now += timedelta(minutes=1)
    vts.login()
    assert vts.token != first
    assert vts.state.issued == 2


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"appkey": "x"}, "EGW00103"),
        ({"appsecret": "x"}, "EGW00105"),
        ({"appkey": ""}, "EGW00102"),
        ({"appsecret": None}, "EGW00104"),
        ({"grant_type": "password"}, "EGW00116"),
        ({"grant_type": None}, "EGW00116"),
    ],
)
def test_wrong_keys_are_refused(vts, change, code):
    vts.now += timedelta(minutes=2)
    body = {"grant_type": "client_credentials", **KEYS, **change}
    reply = vts.send("POST", "/oauth2/tokenP", body=body)
    assert (reply.status, reply.payload["error_code"]) == (403, code)


def test_missing_grant_and_broken_json(vts):
    assert vts.send("POST", "/oauth2/tokenP", body=KEYS).payload["error_code"] == "EGW00115"
    assert vts.send("POST", "/oauth2/tokenP", body=b"{").payload["error_code"] == "EGW00101"
    assert vts.send("POST", "/oauth2/tokenP", body=b"[1]").payload["error_code"] == "EGW00101"


def test_expired_and_unknown_tokens_are_http_500(vts):
    vts.now += timedelta(hours=24)
    expired = price(vts)
    assert (expired.status, expired.payload["msg_cd"]) == (500, "EGW00123")
    vts.token = "nobody's"
    unknown = price(vts)
    assert (unknown.status, unknown.payload["msg_cd"]) == (500, "EGW00121")


def test_maintenance_kills_a_token_and_reissue_gives_the_same_dead_one(vts):
    vts.state.invalidate_token()
    assert price(vts).payload["msg_cd"] == "EGW00121"
    before = vts.token
    vts.now += timedelta(minutes=1)
    vts.login()
    assert vts.token == before
    assert price(vts).payload["msg_cd"] == "EGW00121"


def test_revoked_token_is_dead_and_the_next_one_is_new(vts):
    before = vts.token
    body = {**KEYS, "token": before}
    reply = vts.send("POST", "/oauth2/revokeP", body=body)
    assert reply.payload == {"code": 200, "message": "접근토큰 폐기에 성공하였습니다"}
    assert price(vts).payload["msg_cd"] == "EGW00121"
    assert vts.send("POST", "/oauth2/revokeP", body=body).status == 403
    assert vts.send("POST", "/oauth2/revokeP", body={}).status == 403
    vts.now += timedelta(minutes=1)
    vts.login()
    assert vts.token != before
    assert price(vts).status == 200


def test_approval_key_takes_the_secret_under_another_name(vts):
    body = {"grant_type": "client_credentials", "appkey": APP_KEY, "secretkey": APP_SECRET}
    key = vts.send("POST", "/oauth2/Approval", body=body).payload["approval_key"]
    assert len(key) == 36
    wrong = {"grant_type": "client_credentials", **KEYS}
    assert vts.send("POST", "/oauth2/Approval", body=wrong).status == 403


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"appkey": "x"}, 500, "EGW00103"),
        ({"appsecret": "x"}, 500, "EGW00304"),
        ({"authorization": "Basic abc"}, 500, "EGW00205"),
        ({"authorization": "Bearer "}, 500, "EGW00205"),
        ({"custtype": "X"}, 500, "EGW00208"),
        ({"tr_id": ""}, 200, "OPSQ9999"),
        ({"tr_id": "FHKST01019999"}, 200, "OPSQ0002"),
    ],
)
def test_headers_are_checked(vts, headers, status, code):
    request = {"authorization": f"Bearer {vts.token}", **KEYS, "tr_id": PRICE_ID, **headers}
    reply = vts.send("GET", Call.PRICE.value, headers=request, query=QUOTE)
    body = reply.payload
    assert (reply.status, body.get("msg_cd", body.get("error_code"))) == (status, code)


def test_hash_key_is_verified_when_it_is_sent(vts):
    order = {"CANO": "50112233", "PDNO": "069500"}
    reply = vts.send("POST", "/uapi/hashkey", headers=KEYS, body=order)
    assert reply.payload["BODY"] == order
    assert len(reply.payload["HASH"]) == 64
    good = vts.call(Call.ORDER, "VTTC0012U", order, hashkey=reply.payload["HASH"])
    assert good.payload["msg_cd"] == "OPSQ2001"
    bad = vts.call(Call.ORDER, "VTTC0012U", order, hashkey="0" * 64)
    assert (bad.status, bad.payload["msg_cd"]) == (500, "EGW00131")
    nobody = vts.send("POST", "/uapi/hashkey", body=order)
    assert (nobody.status, nobody.payload["msg_cd"]) == (500, "EGW00103")
    assert vts.send("POST", "/uapi/hashkey", headers=KEYS, body=b"x").status == 500


def test_unknown_paths_and_methods_are_an_empty_404(vts):
    for method, path in [
        ("GET", "/uapi/nothing"),
        ("GET", "/oauth2/tokenP"),
        ("GET", Call.ORDER.value),
        ("POST", Call.PRICE.value),
    ]:
        reply = vts.send(method, path)
        assert (reply.status, reply.content) == (404, b"")


@pytest.mark.parametrize(
    ("stated", "code"),
    [
        ("application/x-www-form-urlencoded", "EGW00132"),
        ("text/plain; charset=utf-8", "EGW00132"),
        ("Application/JSON; charset=utf-8", "OPSQ2001"),
        ("", "OPSQ2001"),
    ],
)
def test_what_an_order_says_its_body_is(vts, stated, code):
    headers = {"content-type": stated} if stated else {}
    reply = vts.call(Call.ORDER, "VTTC0012U", {"CANO": "50112233"}, **headers)
    assert reply.payload["msg_cd"] == code

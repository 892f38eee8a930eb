import json
from datetime import timedelta

import pytest

from sandbox.kis.wire import Fault, FaultKind
from tests.sandbox.kiwoom.client import (
    CHANGES,
    CHART,
    FILLS,
    HOLDINGS,
    INDEX_CHART,
    OPEN,
    ORDERABLE,
    ORDERS,
    PROFITS,
    SYMBOL,
    VALUATION,
    VOLUMES,
    caller,
)


def said(reply):
    return reply.payload["return_code"], reply.payload["return_msg"]


def test_one_token_for_its_whole_life(vts):
    first = vts.login().payload
    assert first["return_code"] == 0
    assert first["expires_dt"] == "20261121100000"
    vts.now += timedelta(hours=5)
    again = vts.login().payload
    assert (again["token"], again["expires_dt"]) == (first["token"], first["expires_dt"])
    vts.now += timedelta(hours=20)
    assert vts.login().payload["token"] != first["token"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"grant_type": "x"}, "8012"),
        ({"grant_type": None}, "8011"),
        ({"appkey": "x"}, "8001"),
        ({"secretkey": "x"}, "8002"),
        ({"secretkey": None}, "8020"),
    ],
)
def test_wrong_keys(vts, change, code):
    body = {
        "grant_type": "client_credentials",
        "appkey": vts.state.app_key,
        "secretkey": vts.state.app_secret,
    }
    body = {key: value for key, value in (body | change).items() if value is not None}
    reply = vts.send("/oauth2/token", body)
    assert reply.status == 200
    assert said(reply)[0] == 3
    assert f"[{code}:" in said(reply)[1]


def test_a_revoked_token_is_dead(vts):
    keys = {"appkey": vts.state.app_key, "secretkey": vts.state.app_secret}
    assert "[8016:" in said(vts.send("/oauth2/revoke", keys))[1]
    assert "[8015:" in said(vts.send("/oauth2/revoke", keys | {"token": "x"}))[1]
    assert said(vts.send("/oauth2/revoke", keys | {"token": vts.token}))[0] == 0
    reply = vts.call("ka00001")
    assert reply.status == 200
    assert said(reply)[0] == 3
    assert "[8005:" in said(reply)[1]


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"api_id": ""}, "1501"),
        ({"api_id": "ka99999"}, "1505"),
        ({"authorization": ""}, "1513"),
        ({"authorization": "Basic x"}, "1515"),
        ({"authorization": "Bearer "}, "1516"),
    ],
)
def test_headers_are_looked_at(vts, headers, code):
    sent = {"authorization": f"Bearer {vts.token}", "api_id": "ka00001"} | headers
    reply = vts.send("/api/dostk/acnt", {}, **sent)
    assert f"[{code}:" in said(reply)[1]


def test_paths_and_methods(vts):
    assert "[1504:" in said(vts.call("ka00001", path="/api/dostk/chart"))[1]
    assert vts.call("ka00001", path="/api/v1/order").status == 404
    assert vts.call("ka00001", path="/api/dostk/none").status == 404
    assert vts.send("/oauth2/token", {}, method="GET").status == 404


@pytest.mark.parametrize(
    ("api_id", "fields", "name"),
    [
        ("kt00007", ORDERS, "qry_tp"),
        ("kt00004", VALUATION, "dmst_stex_tp"),
        ("kt00018", HOLDINGS, "qry_tp"),
        ("kt00001", {"qry_tp": "2"}, "qry_tp"),
        ("kt00010", ORDERABLE, "uv"),
        ("ka10075", OPEN, "stex_tp"),
        ("ka10076", FILLS, "sell_tp"),
        ("ka10081", CHART, "base_dt"),
        ("ka20006", INDEX_CHART, "inds_cd"),
        ("ka20006", INDEX_CHART, "base_dt"),
        ("ka40003", {"stk_cd": SYMBOL}, "stk_cd"),
        ("ka10074", PROFITS, "strt_dt"),
        ("ka10074", PROFITS, "end_dt"),
        ("ka10027", CHANGES, "stk_cnd"),
        ("ka10030", VOLUMES, "pric_tp"),
        ("ka10099", {"mrkt_tp": "8"}, "mrkt_tp"),
        ("ka10001", {"stk_cd": SYMBOL}, "stk_cd"),
    ],
)
def test_required_fields_are_named_when_they_are_missing(vts, api_id, fields, name):
    assert said(vts.call(api_id, fields))[0] == 0
    without = {key: value for key, value in fields.items() if key != name}
    result, text = said(vts.call(api_id, without))
    assert result == 2
    assert "[1511:" in text
    assert f"={name}]" in text


@pytest.mark.parametrize(
    ("api_id", "fields"),
    [
        ("kt00007", ORDERS | {"qry_tp": "9"}),
        ("kt00007", ORDERS | {"ord_dt": "2026-11-20"}),
        ("ka10081", CHART | {"base_dt": "today"}),
        ("ka20006", INDEX_CHART | {"base_dt": "today"}),
        ("ka20006", INDEX_CHART | {"inds_cd": "999"}),
        ("ka10074", PROFITS | {"end_dt": "20261101"}),
        ("kt00010", ORDERABLE | {"uv": "-1"}),
        ("ka00001", {"number": 1}),
    ],
)
def test_values_are_strings_of_the_right_form(vts, api_id, fields):
    result, text = said(vts.call(api_id, fields))
    assert result == 2
    assert "[1517:" in text


@pytest.mark.parametrize("body", [b" ", b"x", b"[]"])
def test_a_body_is_a_json_object(vts, body):
    assert "[1517:" in said(vts.call("ka00001", body))[1]


@pytest.mark.parametrize(("mode", "burst"), [("vts", 1), ("real", 2)])
def test_each_api_id_has_its_own_second(mode, burst):
    client = caller(mode)
    client.pause = timedelta(0)
    stock = {"stk_cd": SYMBOL}
    replies = [client.call("ka10001", stock) for _ in range(burst + 1)]
    assert [reply.status for reply in replies] == [200] * burst + [429]
    assert "[1700:" in said(replies[-1])[1]
    assert "유량=1, API ID=ka10001]" in said(replies[-1])[1]
    assert client.call("ka10100", stock).status == 200
    client.now += timedelta(seconds=1)
    assert client.call("ka10001", stock).status == 200


def test_all_queries_together_have_a_limit_as_well(real):
    real.pause = timedelta(0)
    calls: tuple[tuple[str, dict[str, str]], ...] = (
        ("ka00001", {}),
        ("kt00004", VALUATION),
        ("kt00018", HOLDINGS),
        ("ka10001", {"stk_cd": SYMBOL}),
        ("ka10075", OPEN),
        ("ka10076", FILLS),
    )
    replies = [real.call(api_id, fields) for api_id, fields in calls]
    assert [reply.status for reply in replies] == [200] * 5 + [429]
    assert real.order(1).status == 200


def test_faults_are_carried_out(vts):
    vts.state.faults.add(
        "kt10000",
        ["drop_before", "too_fast", "http_500", "accept_then_drop", "accept_then_500", "empty"],
    )
    price = vts.view().lower_limit

    def post():
        fields = {"dmst_stex_tp": "KRX", "stk_cd": SYMBOL, "ord_qty": "1", "trde_tp": "0"}
        body = json.dumps(fields | {"ord_uv": str(price)}).encode()
        vts.now += timedelta(seconds=1)
        return vts.send(
            "/api/dostk/ordr", body, authorization=f"Bearer {vts.token}", api_id="kt10000"
        )

    dropped = post()
    assert isinstance(dropped, Fault)
    assert (dropped.kind, dropped.reply) == (FaultKind.DROP, None)
    assert post().status == 429
    assert post().status == 500
    assert vts.rows() == []
    assert post().reply.payload["return_code"] == 0
    assert post().status == 500
    assert post().content == b""
    assert len(vts.rows()) == 3
    vts.state.faults.add("*", ["truncate", {"delay": 2}])
    assert post().kind is FaultKind.TRUNCATE
    assert (post().kind, len(vts.rows())) == (FaultKind.DELAY, 5)


def test_what_was_asked_is_remembered(vts):
    vts.call("ka00001")
    seen = vts.state.requests[-1]
    assert (seen.api_id, seen.path, seen.status, seen.result) == (
        "ka00001",
        "/api/dostk/acnt",
        200,
        "0",
    )


def test_a_date_header_tells_the_servers_clock(vts):
    assert vts.call("ka00001").headers["Date"] == "Fri, 20 Nov 2026 01:00:01 GMT"


def test_maintenance_kills_the_token(vts):
    before = vts.token
    vts.state.invalidate_token()
    assert "[8005:" in said(vts.call("ka00001"))[1]
    vts.login()
    assert vts.token != before

"""The user's Gate C for Kiwoom: the adapter authenticates; the runtime keeps tokens."""

import dataclasses
from datetime import datetime, timedelta

import httpx
import pytest

from brokers.kiwoom.broker import open_kiwoom
from core.domain.krx import KST
from core.errors import (
    BrokerProtocolError,
    BrokerRefused,
    BrokerUnavailable,
    NotOfferedHere,
    RateLimited,
)
from core.runtime.clock import SteppedClock
from tests.brokers.kiwoom.wire_fixtures import (
    DAY,
    NOW,
    TOKEN,
    make_account,
    ok,
    payload,
    refused,
)

ISSUED = {
    "expires_dt": "20261121034400",
    "token_type": "bearer",
    "token": "WQJCwyqInph-aBc",
    "return_code": 0,
    "return_msg": "정상적으로 처리되었습니다",
}
OURS = ok(acctNo="8119006711")


async def test_auth_success(vts, script):
    script.answers = [ISSUED, OURS]
    token = await vts.issue_token()
    assert token.value == "WQJCwyqInph-aBc"
    assert token.expires_at == datetime(2026, 11, 21, 3, 44, tzinfo=KST)
    asked, checked = script.requests
    assert asked.url.path == "/oauth2/token"
    assert script.body(0) == {
        "grant_type": "client_credentials",
        "appkey": "A" * 43,
        "secretkey": "S" * 43,
    }
    assert (checked.headers["api-id"], checked.url.path) == ("ka00001", "/api/dostk/acnt")
    assert checked.headers["authorization"] == f"Bearer {token.value}"
    assert checked.content == b"{}"
    assert token.value not in repr(token)


@pytest.mark.parametrize(
    ("said", "life"),
    [
        ({"access_token": "abc", "token_type": "Bearer", "expires_in": 86400}, timedelta(days=1)),
        ({"access_token": "abc", "expires_in": "3600"}, timedelta(hours=1)),
        ({"token": "abc"}, timedelta(minutes=10)),
        ({"token": "abc", "expires_dt": "", "return_code": 0}, timedelta(minutes=10)),
        ({"token": "abc", "expires_dt": "20261120103000", "expires_in": 7200}, timedelta(hours=1)),
    ],
)
async def test_both_shapes_of_the_answer_are_read(vts, script, said, life):
    script.answers = [said, OURS]
    token = await vts.issue_token()
    assert (token.value, token.expires_at - NOW) == ("abc", life)


async def test_keys_of_another_account_are_never_used(vts, script):
    script.answers = [ISSUED, ok(acctNo="1234567811")]
    with pytest.raises(BrokerRefused) as raised:
        await vts.issue_token()
    assert raised.value.code == "OTHER_ACCOUNT"
    assert "12345678" not in str(raised.value)


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        ("error-8020__1", BrokerRefused),
        (refused("인증에 실패했습니다[8050:지정단말기 인증에 실패했습니다]", 3), BrokerRefused),
        (refused("인증에 실패했습니다[8001:…]", 3), BrokerRefused),
        ((401, refused("인증에 실패했습니다[8030:…]", 3)), BrokerRefused),
        ((429, b""), RateLimited),
        ((500, b"<html>"), BrokerUnavailable),
        ((201, {"token": "abc"}), BrokerProtocolError),
        ({"return_code": 0}, BrokerProtocolError),
        ({"token": "a b"}, BrokerProtocolError),
        ({"token": "abc", "expires_dt": "2026-11-21"}, BrokerProtocolError),
        (b"", BrokerProtocolError),
    ],
)
async def test_auth_refusal(vts, script, answer, fault):
    script.answers = [
        payload(answer) if isinstance(answer, str) else (200, answer) if answer == b"" else answer
    ]
    with pytest.raises(fault) as raised:
        await vts.issue_token()
    assert type(raised.value) is fault
    assert len(script.requests) == 1


async def test_a_token_whose_owner_could_not_be_asked_counts_as_asked_for(vts, script):
    script.answers = [ISSUED, httpx.ConnectError("no")]
    with pytest.raises(BrokerUnavailable) as raised:
        await vts.issue_token()
    assert type(raised.value) is BrokerUnavailable


async def test_a_token_is_given_back(vts, script):
    script.answers = [ok()]
    await vts.revoke_token(TOKEN)
    assert script.requests[0].url.path == "/oauth2/revoke"
    assert script.body() == {"appkey": "A" * 43, "secretkey": "S" * 43, "token": "tok.en"}


async def test_frozen_adapter():
    broker = open_kiwoom(make_account(), SteppedClock(NOW))
    for name in ("account_settings", "wire", "clock"):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(broker, name, None)
    with pytest.raises(NotOfferedHere):
        await broker.is_open_day(TOKEN, DAY)
    await broker.close()

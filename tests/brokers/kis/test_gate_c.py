"""The user's Gate C: the adapter authenticates and branches by mode; the runtime keeps tokens."""

import asyncio
import dataclasses
from datetime import timedelta

import pytest

from brokers.kis.broker import open_kis
from core.domain.instrument import Symbol
from core.domain.modes import Mode
from core.domain.money import Shares, Won
from core.domain.orders import OrderRequest, Side
from core.errors import BrokerProtocolError, BrokerRefused, BrokerUnavailable, RateLimited
from core.runtime.clock import SteppedClock
from core.runtime.token_cache import TokenCache
from core.runtime.token_store import FileTokenStore, token_key
from tests.brokers.kis.wire_fixtures import NOW, TOKEN, make_account, make_broker, ok, payload

ISSUED = {
    "access_token": "ey.J.x",
    "access_token_token_expired": "2026-11-21 09:30:00",
    "token_type": "Bearer",
    "expires_in": 86400,
}


async def test_auth_success(vts, script):
    script.answers = [ISSUED]
    token = await vts.issue_token()
    assert token.value == "ey.J.x"
    assert token.expires_at == NOW + timedelta(days=1)
    assert script.requests[0].url.path == "/oauth2/tokenP"
    assert script.body() == {
        "grant_type": "client_credentials",
        "appkey": "A" * 36,
        "appsecret": "S" * 180,
    }
    assert "ey.J.x" not in repr(token)


async def test_auth_reads_the_captured_answer(vts, script):
    captured = payload("tokenP__2")
    script.answers = [captured, captured | {"access_token": "x"}]
    with pytest.raises(BrokerProtocolError, match="access_token malformed"):
        await vts.issue_token()  # its author had removed the token
    token = await vts.issue_token()
    assert token.expires_at.isoformat() == "2023-12-28T21:07:08+09:00"


async def test_auth_refusal(vts, script):
    script.answers = [
        (403, {"error_description": "유효하지 않은 AppKey입니다.", "error_code": "EGW00103"}),
        (200, {"error_description": "x", "error_code": "EGW00105"}),
        (403, payload("error-EGW00133__1")),
        (403, b""),
        (500, b"<html>"),
        (429, b""),
        {"access_token": "a b", "expires_in": 5},
        {"access_token": "a"},
        (201, ok()),
    ]
    with pytest.raises(BrokerRefused) as refused:
        await vts.issue_token()
    assert refused.value.code == "EGW00103"
    for fault in (
        BrokerRefused,
        RateLimited,
        BrokerProtocolError,
        BrokerUnavailable,
        RateLimited,
        BrokerProtocolError,
        BrokerProtocolError,
        BrokerProtocolError,
    ):
        with pytest.raises(fault):
            await vts.issue_token()
    assert script.answers == []


async def test_approval_key_is_asked_with_secretkey(vts, script):
    script.answers = [{"approval_key": "a-b-c"}]
    assert await vts.issue_approval_key() == "a-b-c"
    assert script.body()["secretkey"] == "S" * 180
    assert "appsecret" not in script.body()


@pytest.mark.parametrize(
    ("mode", "buy", "sell"),
    [(Mode.VTS, "VTTC0012U", "VTTC0011U"), (Mode.REAL, "TTTC0012U", "TTTC0011U")],
)
async def test_mode_branch(script, mode, buy, sell):
    broker = make_broker(script, mode)
    script.answers = [ok(output={"ODNO": "1"})] * 2
    for side in (Side.BUY, Side.SELL):
        request = OrderRequest(
            symbol=Symbol("069500"), side=side, quantity=Shares(1), price_won=Won(35_000)
        )
        await broker.place_order(TOKEN, request)
    assert [request.headers["tr_id"] for request in script.requests] == [buy, sell]
    assert broker.identity.mode is mode
    await broker.close()


async def test_token_is_stored_by_the_runtime_only(vts, script, tmp_path):
    script.answers = [ISSUED]
    store = FileTokenStore(tmp_path)
    key = token_key("A" * 36, Mode.VTS)
    token = await TokenCache(vts.issue_token, store, key, vts.clock).get()
    assert store.load(key) == token
    assert "ey.J.x" not in repr(vts)


async def test_expiry_and_reissue(vts, script, tmp_path):
    script.answers = [
        ISSUED,
        ISSUED | {"access_token": "second", "access_token_token_expired": "2026-11-22 09:25:00"},
    ]
    cache = TokenCache(vts.issue_token, FileTokenStore(tmp_path), "0" * 32, vts.clock)
    assert (await cache.get()).value == "ey.J.x"
    vts.clock.set(NOW + timedelta(hours=23, minutes=55))
    assert (await cache.get()).value == "second"


async def test_one_issue_for_200_callers(vts, script, tmp_path):
    script.answers = [ISSUED]
    cache = TokenCache(vts.issue_token, FileTokenStore(tmp_path), "0" * 32, vts.clock)
    tokens = await asyncio.gather(*(cache.get() for _ in range(200)))
    assert {token.value for token in tokens} == {"ey.J.x"}
    assert len(script.requests) == 1


async def test_frozen_adapter():
    broker = open_kis(make_account(), SteppedClock(NOW))
    assert dataclasses.is_dataclass(broker)
    for name in ("account_settings", "wire", "clock", "next_request"):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(broker, name, None)
    with pytest.raises(AttributeError):
        object.__getattribute__(broker, "token")
    await broker.close()

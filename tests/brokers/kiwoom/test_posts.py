import hashlib
import hmac

import pytest

from brokers.kiwoom.errors import PROVEN_REFUSALS
from core.domain.money import Shares
from core.domain.orders import (
    Accepted,
    BrokerOrderRef,
    NotSent,
    OrderRequest,
    OrderType,
    Rejected,
    Side,
)
from core.errors import RateLimited, TokenRejected
from tests.brokers.kiwoom.wire_fixtures import KODEX, TOKEN, make_broker, ok, payload, refused
from tests.contracts.posts_contract import BUY, PostsContract, assert_unresolved

REF = BrokerOrderRef(number="6555", branch=KODEX)


def said(code):
    inner = code if code.startswith("RC") or len(code) == 6 else ""
    return f"[2000]({inner}:거부)" if inner else f"오류[{code}:거부]"


async def test_what_is_sent(vts, script):
    script.answers = [ok(ord_no="1")] * 2
    await vts.place_order(TOKEN, BUY)
    sent = script.requests[0]
    assert sent.url.path == "/api/dostk/ordr"
    assert sent.headers["authorization"] == "Bearer tok.en"
    assert sent.headers["api-id"] == "kt10000"
    assert not {"signature", "cont-yn", "next-key", "appkey"} & set(sent.headers)
    assert script.body() == {
        "dmst_stex_tp": "KRX",
        "stk_cd": "069500",
        "ord_qty": "3",
        "ord_uv": "35150",
        "trde_tp": "0",
        "cond_uv": "",
    }
    market = OrderRequest(
        symbol=KODEX,
        side=Side.SELL,
        quantity=Shares(1),
        price_won=None,
        order_type=OrderType.MARKET,
    )
    await vts.place_order(TOKEN, market)
    assert script.requests[1].headers["api-id"] == "kt10001"
    assert (script.body()["trde_tp"], script.body()["ord_uv"]) == ("3", "")


async def test_a_cancel_takes_all_that_remains(vts, script):
    script.answers = [ok(ord_no="0000141", base_orig_ord_no="0006555", cncl_qty="000000000003")]
    outcome = await vts.cancel_order(TOKEN, REF)
    assert outcome == Accepted(ref=BrokerOrderRef(number="141", branch=KODEX), accepted_at=None)
    assert script.requests[0].headers["api-id"] == "kt10003"
    assert script.body() == {
        "dmst_stex_tp": "KRX",
        "orig_ord_no": "0006555",
        "stk_cd": "069500",
        "cncl_qty": "0",
    }


async def test_a_cancel_without_the_stock_is_not_sent(vts, script):
    assert isinstance(await vts.cancel_order(TOKEN, BrokerOrderRef(number="7")), NotSent)
    assert script.requests == []


async def test_captured_answers(vts, script):
    script.answers = [payload("kt10000__1"), payload("kt10000-reject__1")]
    taken, closed = [await vts.place_order(TOKEN, BUY) for _ in range(2)]
    assert taken == Accepted(ref=BrokerOrderRef(number="121751", branch=KODEX), accepted_at=None)
    assert closed == Rejected(code="RC4058", text="[2000](RC4058:모의투자 장종료)")


@pytest.mark.parametrize("code", sorted(PROVEN_REFUSALS))
@pytest.mark.parametrize("status", [200, 429])
@pytest.mark.parametrize("result", [20, "3"])
async def test_proven_refusals_are_rejected(vts, script, code, status, result):
    script.answers = [(status, refused(said(code), result))]
    assert await vts.place_order(TOKEN, BUY) == Rejected(code=code, text=said(code))


@pytest.mark.parametrize(
    "answer",
    [
        (200, refused("[2000](RC4999:새 코드)")),
        (200, refused("[2000](123456:새 코드)")),
        (200, refused("처리 실패[1999:예기치 못한 오류]", 1)),
        (200, refused("[2000]")),
        (200, refused("")),
        (200, {**refused("[2000](RC4058:장종료)"), "ord_no": "0000077"}),
        (200, {"ord_no": "77", "return_code": 0, "return_msg": "[2000](RC4058:장종료)"}),
        (200, {"ord_no": "77", "return_msg": "완료"}),
        (200, {"ord_no": "77", "return_code": True}),
        (200, {"ord_no": "77", "return_code": "zero"}),
        (200, {"return_msg": "[2000](RC4058:장종료)"}),
        (500, ok(ord_no="77")),
        (200, ok(ord_no="")),
        (200, ok(ord_no="0000000")),
        (200, ok(ord_no="12a")),
        (200, ok(ord_no=None)),
        (200, ok()),
        (200, b'{"ord_no":"0000077","return_co'),
    ],
)
async def test_what_proves_nothing_is_unresolved_and_sent_once(vts, script, answer):
    await assert_unresolved(vts, script, answer, REF)


class TestPosts(PostsContract):
    cancelled = REF
    make_broker = staticmethod(make_broker)


async def test_signing_covers_the_bytes_that_are_sent(script):
    script.answers = [ok(ord_no="5")]
    broker = make_broker(script, sign_requests=True)
    assert isinstance(await broker.place_order(TOKEN, BUY), Accepted)
    sent = script.requests[0]
    signed = sent.url.path.encode() + sent.content
    expected = hmac.new(b"S" * 43, signed, hashlib.sha256).hexdigest()
    assert sent.headers["signature"] == expected
    await broker.close()


async def test_what_is_kept_shows_no_secret(vts, script):
    echo = ok(ord_no="5", acctNo="8119006711", key="A" * 43, token=TOKEN.value)
    script.answers = [echo]
    outcome = await vts.place_order(TOKEN, BUY)
    assert outcome.wire.request.startswith("POST /api/dostk/ordr kt10000 {")
    assert outcome.wire.answer.startswith("HTTP 200 ")
    for secret in ("81190067", "A" * 43, "S" * 43, TOKEN.value):
        assert secret not in outcome.wire.request + outcome.wire.answer


def test_codes_that_mean_more_than_a_refusal(vts):
    assert vts.fault_of("8005") is TokenRejected
    assert vts.fault_of("1700") is RateLimited
    assert vts.fault_of("RC4025") is None

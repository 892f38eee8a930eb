import json

import pytest

from brokers.kis.errors import PROVEN_REFUSALS
from core.domain.instrument import Symbol
from core.domain.money import Shares
from core.domain.orders import (
    Accepted,
    BrokerOrderRef,
    OrderRequest,
    OrderType,
    Rejected,
    Side,
)
from core.domain.unsent import Unsent
from core.errors import RateLimited, TokenRejected
from tests.brokers.kis.wire_fixtures import NOW, TOKEN, Script, make_broker, ok, payload
from tests.contracts.posts_contract import BUY, PostsContract, assert_unresolved, cause_of

REF = BrokerOrderRef(number="6555", branch="06590")


async def test_what_is_sent(vts, script):
    script.answers = [ok(output={"ODNO": "1"})] * 2
    await vts.place_order(TOKEN, BUY)
    sent = script.requests[0]
    assert sent.url.path == "/uapi/domestic-stock/v1/trading/order-cash"
    assert sent.headers["authorization"] == "Bearer tok.en"
    assert sent.headers["custtype"] == "P"
    assert "hashkey" not in sent.headers
    assert script.body() == {
        "CANO": "12345678",
        "ACNT_PRDT_CD": "01",
        "PDNO": "069500",
        "ORD_DVSN": "00",
        "ORD_QTY": "3",
        "ORD_UNPR": "35150",
        "EXCG_ID_DVSN_CD": "KRX",
    }
    market = OrderRequest(
        symbol=Symbol("069500"),
        side=Side.SELL,
        quantity=Shares(1),
        price_won=None,
        order_type=OrderType.MARKET,
    )
    await vts.place_order(TOKEN, market)
    assert (script.body()["ORD_DVSN"], script.body()["ORD_UNPR"]) == ("01", "0")


async def test_a_cancel_takes_all_that_remains(real, script):
    script.answers = [payload("order-rvsecncl__1")]
    outcome = await real.cancel_order(TOKEN, REF)
    assert isinstance(outcome, Accepted)
    assert outcome.ref.number == "503800"
    assert script.requests[0].headers["tr_id"] == "TTTC0013U"
    assert script.body() == {
        "CANO": "12345678",
        "ACNT_PRDT_CD": "01",
        "KRX_FWDG_ORD_ORGNO": "06590",
        "ORGN_ODNO": "0000006555",
        "ORD_DVSN": "00",
        "RVSE_CNCL_DVSN_CD": "02",
        "ORD_QTY": "0",
        "ORD_UNPR": "0",
        "QTY_ALL_ORD_YN": "Y",
        "EXCG_ID_DVSN_CD": "KRX",
    }


async def test_captured_answers(vts, script):
    script.answers = [payload(f"order-cash__{number}") for number in (1, 3, 6)]
    first, second, third = [await vts.place_order(TOKEN, BUY) for _ in range(3)]
    assert first == Accepted(
        ref=BrokerOrderRef(number="85100", branch="03930"),
        accepted_at=NOW.replace(hour=9, minute=44, second=14),
        code="APBK0013",
    )
    assert second.ref == BrokerOrderRef(number="47589", branch="00950")
    assert third == Rejected(code="40240000", text="모의투자 잔고내역이 없습니다.")


@pytest.mark.parametrize("code", sorted(PROVEN_REFUSALS))
@pytest.mark.parametrize("status", [200, 500])
async def test_proven_refusals_are_rejected(vts, script, code, status):
    script.answers = [(status, {"rt_cd": "7", "msg_cd": code, "msg1": "거부   "})]
    assert await vts.place_order(TOKEN, BUY) == Rejected(code=code, text="거부")


@pytest.mark.parametrize(
    "answer",
    [
        (500, {"rt_cd": "1", "msg_cd": "EGW00301", "msg1": "직전 거래를 반드시 확인"}),
        (500, {"rt_cd": "1", "msg_cd": "EGW00302", "msg1": ""}),
        (500, {"rt_cd": "1", "msg_cd": "", "msg1": ""}),
        (200, {"rt_cd": "1", "msg_cd": "XYZ99999", "msg1": "새 코드"}),
        (200, {"rt_cd": "1", "msg_cd": "40600000", "msg1": "완료"}),
        (200, {"rt_cd": "1", "msg_cd": "APBK0952", "output": {"ODNO": "77"}}),
        (200, {"rt_cd": "0", "msg_cd": "APBK0952", "output": {"ODNO": "77"}}),
        (500, ok(output={"ODNO": "77"})),
        (200, ok(output={"ODNO": ""})),
        (200, ok(output={"ODNO": "0000000000"})),
        (200, ok(output={"ODNO": "12a"})),
        (200, ok(output={})),
        (200, ok(output=None)),
        (200, ok(output=[])),
        (200, ok()),
        (200, {"msg_cd": "APBK0013", "output": {"ODNO": "77"}}),
        (200, b'{"rt_cd":"0","output":{"ODNO":"12'),
    ],
)
async def test_what_proves_nothing_is_unresolved_and_sent_once(vts, script, answer):
    await assert_unresolved(vts, script, answer, REF)


class TestPosts(PostsContract):
    cancelled = REF
    make_broker = staticmethod(make_broker)


async def test_the_hashkey_is_made_over_the_exact_body():
    script = Script([{"HASH": "abc"}, ok(output={"ODNO": "5"})])
    broker = make_broker(script, use_hashkey=True)
    assert isinstance(await broker.place_order(TOKEN, BUY), Accepted)
    made, sent = script.requests
    assert made.url.path == "/uapi/hashkey"
    assert made.content == sent.content
    assert sent.headers["hashkey"] == "abc"
    await broker.close()


@pytest.mark.parametrize("answer", [{"BODY": {}}, (500, b""), {"rt_cd": "1", "msg_cd": "EGW00103"}])
async def test_without_its_hashkey_no_order_leaves(answer):
    script = Script([answer])
    broker = make_broker(script, use_hashkey=True)
    assert cause_of(await broker.place_order(TOKEN, BUY)) is Unsent.NO_HASHKEY
    assert len(script.requests) == 1
    await broker.close()


async def test_a_strange_time_of_day_costs_only_the_time(vts, script):
    for text in ("", "99", "990000", "09300a"):
        script.answers = [ok(output={"ODNO": "5", "ORD_TMD": text})]
        outcome = await vts.place_order(TOKEN, BUY)
        assert outcome == Accepted(
            ref=BrokerOrderRef(number="5"), accepted_at=None, code="MCA00000"
        )


def test_codes_that_mean_more_than_a_refusal(vts):
    assert vts.fault_of("EGW00123") is TokenRejected
    assert vts.fault_of("EGW00201") is RateLimited
    assert vts.fault_of("APBK0952") is None
    assert json.dumps(sorted(PROVEN_REFUSALS)).count("40600000") == 0

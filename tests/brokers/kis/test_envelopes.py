"""Every envelope and code that the broker's documents and its users name: what it means for us.

Golden vectors, written down from those documents: status, body, the reaction of a read, and what the
same answer to an order proves. A code that is not proven to mean "no order" leaves the outcome open.
"""

from __future__ import annotations

import json
from datetime import date

import pytest

from brokers.kis import endpoints
from brokers.kis.errors import raise_for
from brokers.kis.fields import OrderAnswer
from brokers.kis.pages import Listing, read_all
from brokers.kis.posts import classify
from brokers.wire.bodies import read_json
from brokers.wire.clients import RawAnswer
from brokers.wire.fields import read_output, read_row, read_rows
from core.domain.orders import Accepted, Rejected, Unresolved
from core.errors import (
    BrokerError,
    BrokerProtocolError,
    BrokerRefused,
    BrokerUnavailable,
    LedgerLimited,
    NotOfferedHere,
    RateLimited,
    TokenRejected,
)
from tests.brokers.kis.wire_fixtures import TOKEN

DAY = date(2026, 11, 20)
PADDING = " " * 40


def gateway(code, text, rt="1"):
    return {"rt_cd": rt, "msg_cd": code, "msg1": text}


def issuing(code, text):
    return {"error_description": text, "error_code": code}


# (status, body, what a read raises or None, what a post is)
VECTORS = [
    (500, gateway("EGW00001", "일시적 오류가 발생했습니다."), BrokerUnavailable, Unresolved),
    (500, gateway("EGW00002", "서버 에러가 발생했습니다."), BrokerUnavailable, Unresolved),
    (500, gateway("EGW00003", "접근이 거부되었습니다."), BrokerRefused, Unresolved),
    (500, gateway("EGW00004", "권한을 부여받지 않은 고객입니다."), BrokerRefused, Unresolved),
    (403, issuing("EGW00101", "유효하지 않은 요청입니다."), BrokerRefused, Unresolved),
    (403, issuing("EGW00103", "유효하지 않은 AppKey입니다."), BrokerRefused, Rejected),
    (403, issuing("EGW00105", "유효하지 않은 AppSecret입니다."), BrokerRefused, Rejected),
    (403, issuing("EGW00115", "grant_type이 유효하지 않습니다."), BrokerRefused, Unresolved),
    (500, gateway("EGW00121", "유효하지 않은 token 입니다."), TokenRejected, Rejected),
    (500, gateway("EGW00122", "token을 찾을 수 없습니다."), TokenRejected, Rejected),
    (500, gateway("EGW00123", "기간이 만료된 token 입니다."), TokenRejected, Rejected),
    (200, gateway("EGW00123", "기간이 만료된 token 입니다."), TokenRejected, Rejected),
    (500, gateway("EGW00131", "유효하지 않은 hashkey 입니다."), BrokerRefused, Rejected),
    (500, gateway("EGW00132", "유효하지 않은 Content-Type 입니다."), BrokerRefused, Rejected),
    (
        403,
        issuing("EGW00133", "접근토큰 발급 잠시 후 다시 시도하세요(1분당 1회)"),
        RateLimited,
        Unresolved,
    ),
    (500, gateway("EGW00201", "초당 거래건수를 초과하였습니다."), RateLimited, Rejected),
    (200, gateway("EGW00201", "초당 거래건수를 초과하였습니다."), RateLimited, Rejected),
    (500, gateway("EGW00202", "GW라우팅 중 오류가 발생했습니다."), BrokerUnavailable, Unresolved),
    (500, gateway("EGW00203", "OPS라우팅 중 오류가 발생했습니다."), BrokerUnavailable, Unresolved),
    (500, gateway("EGW00205", "credentials_type이 유효하지 않습니다."), BrokerRefused, Rejected),
    (500, gateway("EGW00206", "API 사용 권한이 없습니다."), BrokerRefused, Rejected),
    (500, gateway("EGW00207", "IP 주소가 없거나 유효하지 않습니다."), BrokerRefused, Rejected),
    (500, gateway("EGW00208", "고객유형이 유효하지 않습니다."), BrokerRefused, Rejected),
    (500, gateway("EGW00213", "모의투자 TR 이 아닙니다."), NotOfferedHere, Rejected),
    (500, gateway("EGW02006", "모의투자 TR 이 아닙니다."), NotOfferedHere, Rejected),
    (500, gateway("EGW00215", "원장 초당 거래건수를 초과하였습니다."), LedgerLimited, Rejected),
    (500, gateway("EGW00300", "Gateway 라우팅 오류"), BrokerUnavailable, Unresolved),
    (
        500,
        gateway("EGW00301", "연결 시간이 초과하였습니다. 직전 거래를 반드시 확인하세요."),
        BrokerUnavailable,
        Unresolved,
    ),
    (
        500,
        gateway("EGW00302", "거래시간이 초과하였습니다. 직전 거래를 반드시 확인하세요."),
        BrokerUnavailable,
        Unresolved,
    ),
    (
        500,
        gateway("EGW00304", "고객식별키(appSecret)가 유효하지 않습니다."),
        BrokerRefused,
        Rejected,
    ),
    (500, gateway("EGW02004", "실전투자 TR 이 아닙니다."), BrokerRefused, Rejected),
    (200, gateway("OPSQ0001", "호출 전처리 오류 입니다."), BrokerRefused, Unresolved),
    (200, gateway("OPSQ0002", "없는 서비스 코드 입니다."), BrokerRefused, Rejected),
    (200, gateway("OPSQ1002", "세션 연결 오류 입니다."), BrokerUnavailable, Unresolved),
    (
        200,
        gateway("OPSQ2000", "ERROR : INPUT INVALID_CHECK_ACNO", rt="2"),
        BrokerRefused,
        Rejected,
    ),
    (
        200,
        gateway("OPSQ2001", "ERROR : INPUT INVALID_CHECK_INQR_DVSN", rt="2"),
        BrokerRefused,
        Rejected,
    ),
    (
        200,
        gateway("OPSQ2001", "ERROR : INPUT_FIELD_NAME CTX_AREA_FK100", rt="2"),
        BrokerRefused,
        Rejected,
    ),
    (200, gateway("OPSQ2002", "ERROR : INPUT FIELD SIZE", rt="2"), BrokerRefused, Rejected),
    (200, gateway("OPSQ9999", "ERROR : HEADER tr_id NOT FOUND"), BrokerRefused, Unresolved),
    (200, gateway("MCA05918", "종목코드 오류입니다.", rt="2"), BrokerRefused, Unresolved),
    (200, gateway("IGW00002", "계좌가 일치하지 않습니다."), BrokerRefused, Rejected),
    (200, gateway("IGW00009", "모의투자에서 제공하지 않는 API 입니다."), BrokerRefused, Rejected),
    (200, gateway("KIER3672", "예약주문 가능시간이 아닙니다.", rt="7"), BrokerRefused, Unresolved),
    (200, gateway("APAC0489", "위탁계좌만 사용 가능합니다.", rt="7"), BrokerRefused, Rejected),
    (200, gateway("APBK0400", "주문 가능한 수량을 초과했습니다.", rt="7"), BrokerRefused, Rejected),
    (200, gateway("APBK0506", "주식주문호가단위 오류입니다.", rt="7"), BrokerRefused, Rejected),
    (200, gateway("APBK0656", "해당종목정보가 없습니다.", rt="7"), BrokerRefused, Rejected),
    (200, gateway("APBK0918", "장운영시간이 아닙니다.", rt="7"), BrokerRefused, Rejected),
    (
        200,
        gateway("APBK0919", "장운영일자가 주문일과 상이합니다.", rt="7"),
        BrokerRefused,
        Rejected,
    ),
    (200, gateway("APBK0927", "정정취소 가능수량이 없습니다.", rt="7"), BrokerRefused, Rejected),
    (200, gateway("APBK0952", "주문가능금액을 초과 했습니다", rt="7"), BrokerRefused, Rejected),
    (200, gateway("APBK0963", "주문구분코드 오류 입니다.", rt="7"), BrokerRefused, Rejected),
    (200, gateway("APBK1943", "시장가 매매불가 종목입니다.", rt="7"), BrokerRefused, Rejected),
    (200, gateway("APBK3013", "시장가 주문이 불가합니다.", rt="7"), BrokerRefused, Rejected),
    (200, gateway("40070000", "모의투자 주문처리가 안되었습니다"), BrokerRefused, Rejected),
    (200, gateway("40100000", "모의투자 영업일이 아닙니다."), BrokerRefused, Rejected),
    (200, gateway("40240000", "모의투자 잔고내역이 없습니다."), BrokerRefused, Rejected),
    (200, gateway("40310000", "모의투자 주문 수량 오류 입니다."), BrokerRefused, Rejected),
    (200, gateway("40330000", "모의투자 정정/취소할 수량이 없습니다."), BrokerRefused, Rejected),
    (200, gateway("40570000", "모의투자 장시작전 입니다."), BrokerRefused, Rejected),
    (200, gateway("40580000", "모의투자 장종료 입니다."), BrokerRefused, Rejected),
    (200, gateway("40910000", "모의투자 주문불가 계좌입니다."), BrokerRefused, Rejected),
    (200, gateway("90020000", "서비스가 지연되고 있습니다."), BrokerUnavailable, Unresolved),
    # An outage: blanks in every field, HTTP 500.
    (500, gateway("", ""), BrokerUnavailable, Unresolved),
    (200, gateway("", ""), BrokerProtocolError, Unresolved),
    # Success without what it should carry proves nothing for an order.
    (200, gateway("MCA00000", "정상처리 되었습니다.", rt="0"), None, Unresolved),
    (200, gateway("KIOK0510", "조회가 완료되었습니다" + PADDING, rt="0"), None, Unresolved),
    (200, gateway("KIOK0560", "조회할 내용이 없습니다" + PADDING, rt="0"), None, Unresolved),
    (200, gateway("20310000", "모의투자 조회가 완료되었습니다.", rt="0"), None, Unresolved),
]


@pytest.mark.parametrize(("status", "body", "fault", "outcome"), VECTORS)
def test_every_known_answer(status, body, fault, outcome):
    content = json.dumps(body, ensure_ascii=False).encode()
    read = read_json(content)
    if fault is None:
        raise_for(status, read)
    else:
        with pytest.raises(BrokerError) as raised:
            raise_for(status, read)
        assert type(raised.value) is fault
    assert type(classify(RawAnswer(status, content), DAY)) is outcome


@pytest.mark.parametrize(
    ("code", "output", "number"),
    [
        (
            "APBK0013",
            {
                "KRX_FWDG_ORD_ORGNO": "06590",
                "ODNO": "0000006555",
                "ORD_TMD": "090503",
                "SOR_ODNO": "",
            },
            "6555",
        ),
        ("40600000", {"KRX_FWDG_ORD_ORGNO": "00950", "ODNO": "2696", "ORD_TMD": "134354"}, "2696"),
        (
            "40610000",
            {"KRX_FWDG_ORD_ORGNO": "00950", "ODNO": "11774", "ORD_TMD": "134354"},
            "11774",
        ),
    ],
)
def test_accepted_orders_of_both_modes(code, output, number):
    body = {**gateway(code, "주문 전송 완료 되었습니다.", rt="0"), "output": output}
    outcome = classify(RawAnswer(200, json.dumps(body).encode()), DAY)
    assert isinstance(outcome, Accepted)
    assert (outcome.ref.number, outcome.ref.branch) == (number, output["KRX_FWDG_ORD_ORGNO"])
    assert number == read_row(OrderAnswer, read_output(body, "output", "order"), "order").ODNO


@pytest.mark.parametrize(
    ("body", "key", "rows"),
    [
        ({"output": {"a": "1"}}, "output", None),
        ({"output": [{"a": "1"}, {"a": "2"}]}, "output", 2),
        ({"output1": {"a": "1"}, "output2": [{"b": "2"}]}, "output2", 1),
        ({"output1": [], "output2": [{"b": "2"}], "ctx_area_fk100": " " * 100}, "output1", 0),
    ],
)
def test_the_places_where_records_stand(body, key, rows):
    sent = {**gateway("MCA00000", "정상처리 되었습니다.", rt="0"), **body}
    read = read_json(json.dumps(sent).encode())
    raise_for(200, read)
    assert read_output(read, key, "any") == body[key]
    if rows is None:
        with pytest.raises(BrokerProtocolError, match="not a list"):
            read_rows(read, key, "any")
    else:
        assert len(read_rows(read, key, "any")) == rows
    with pytest.raises(BrokerProtocolError, match="output3 missing"):
        read_output(read, "output3", "any")


@pytest.mark.parametrize(
    ("cont", "cursor", "pages"),
    [("D", "", 1), ("E", "next", 1), ("", "", 1), ("F", "next", 2), ("M", "next", 2)],
)
async def test_the_header_says_whether_more_follows(real, script, cont, cursor, pages):
    row = {"n": "1"}
    first = {**gateway("KIOK0500", "계속", rt="0"), "output1": [row], "ctx_area_nk100": cursor}
    last = {**gateway("KIOK0460", "마지막", rt="0"), "output1": [{"n": "2"}]}
    script.answers = [(200, first, {"tr_cont": cont}), (200, last, {"tr_cont": "D"})]

    async def turn():
        pass

    listing: Listing = await read_all(real.wire, endpoints.ORDERS, TOKEN, {}, turn)
    assert len(listing.rows) == len(script.requests) == pages

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brokers.kis.stream_frames import Answer, Data, Layout, Ping, read_message, records
from core.errors import BrokerProtocolError
from tests.brokers.kis.stream_vectors import (
    IV,
    KEY,
    PING,
    TRADE,
    TRADE_FIELDS,
    answer,
    captured,
)

WHOLE = Layout("H0STCNT0", TRADE_FIELDS, tuple(range(TRADE_FIELDS)))


def test_data_is_taken_apart_at_three_bars_only():
    data = read_message("0|H0STCNT0|004|a^b|c")
    assert data == Data(is_encrypted=False, tr_id="H0STCNT0", record_count=4, payload="a^b|c")
    sealed = read_message("1|H0STCNI0|001|a+/=")
    assert isinstance(sealed, Data)
    assert sealed.is_encrypted


def test_a_registration_brings_key_and_iv():
    found = read_message(answer("OPSP0000", "SUBSCRIBE SUCCESS"))
    assert found == Answer(
        tr_id="H0STCNT0",
        tr_key="069500",
        code="OPSP0000",
        text="SUBSCRIBE SUCCESS",
        succeeded=True,
        iv=IV,
        key=KEY,
    )
    assert KEY not in repr(found)


def test_an_answer_may_name_nothing():
    text = '{"header":{"tr_id":"(null)"},"body":{"rt_cd":"9","msg_cd":"OPSP8996","msg1":"ALREADY"}}'
    found = read_message(text)
    assert isinstance(found, Answer)
    assert (found.tr_id, found.tr_key, found.code, found.succeeded) == ("", "", "OPSP8996", False)


def test_a_ping_keeps_its_text():
    assert read_message(PING) == Ping(PING)


@pytest.mark.parametrize(
    "message",
    [
        "",
        "hello",
        "[]",
        "{",
        "{}",
        '{"header":[]}',
        '{"header":{"tr_id":"x"}}',
        '{"header":{"tr_id":"x"},"body":""}',
        "0|H0STCNT0|1",
        "0|H0STCNT0||x",
        "0|H0STCNT0|000|x",
        "0|H0STCNT0|-01|x",
        "0|H0STCNT0|1_0|x",
        "0|H0STCNT0|0001|x",
        "0|H0STCNT0|+1|x",
        "0|H0STCNT0| 1|x",
        '{"header": "\ud800"}',
    ],
)
def test_what_cannot_be_read_is_a_fault(message):
    with pytest.raises(BrokerProtocolError):
        read_message(message)


@settings(deadline=None)
@given(
    count=st.integers(1, 20),
    width=st.integers(46, 60),
    beyond=st.lists(st.sampled_from(["", "x", "0"]), max_size=3),
)
def test_no_record_is_lost_whatever_is_added_at_the_end(count, width, beyond):
    rows = [
        [f"{100000 + index}", *(f"f{index}.{place}" for place in range(1, width))]
        for index in range(count)
    ]
    fields = [field for row in rows for field in row] + beyond
    found = records("^".join(fields), count, WHOLE)
    assert len(found) == count
    for row, got in zip(rows, found, strict=True):
        assert list(got) == row[:TRADE_FIELDS]


@pytest.mark.parametrize("count", [1, 2, 3, 20])
def test_a_message_that_lost_fields_is_not_read(count):
    payload = "^".join([TRADE] * count).rsplit("^", 1)[0]
    with pytest.raises(BrokerProtocolError, match="fields"):
        records(payload, count, WHOLE)


def test_records_that_could_begin_at_two_places_are_not_read():
    row = ["123456"] * TRADE_FIELDS
    payload = "^".join([*row, *row, "123456", "123456", "123456"])
    with pytest.raises(BrokerProtocolError, match="fields"):
        records(payload, 2, WHOLE)


def test_the_captured_ping_goes_back_as_it_came():
    text = captured("PINGPONG__1")
    assert read_message(text) == Ping(text)

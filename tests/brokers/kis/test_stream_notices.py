from __future__ import annotations

import pytest

from brokers.kis.stream_frames import Answer, Data, read_message
from brokers.kis.stream_notices import Cipher, Notice, notices
from core.errors import BrokerProtocolError
from tests.brokers.kis.stream_vectors import (
    IV,
    KEY,
    NOTICE_23,
    NOTICE_26,
    SEALED_23,
    SEALED_26,
    captured,
)

CIPHER = Cipher(key=KEY, iv=IV)
FILLED = Notice(
    account="5011223301", order_number="12345", symbol="069500", is_fill=True, is_refused=False
)
REFUSED = Notice(
    account="5011223301", order_number="12345", symbol="114800", is_fill=False, is_refused=True
)


def data(payload: str, *, count: int = 1, encrypted: bool = True, tr_id: str = "H0STCNI0") -> Data:
    return Data(is_encrypted=encrypted, tr_id=tr_id, record_count=count, payload=payload)


def test_both_layouts_are_decrypted_and_read():
    assert CIPHER.decrypt(SEALED_23) == NOTICE_23
    assert CIPHER.decrypt(SEALED_26) == NOTICE_26
    assert notices(data(SEALED_26), CIPHER) == [FILLED]
    assert notices(data(SEALED_23, tr_id="H0STCNI9"), CIPHER) == [REFUSED]


@pytest.mark.parametrize("more", ["", "^KRX", "^^^", "^a^b^c^d^e"])
def test_fields_added_at_the_end_change_nothing(more):
    assert notices(data(NOTICE_26 + more, encrypted=False), None) == [FILLED]
    assert notices(data(NOTICE_23 + more, encrypted=False), None) == [REFUSED]


def test_several_notices_in_one_message():
    payload = f"{NOTICE_26}^{NOTICE_26}"
    assert notices(data(payload, count=2, encrypted=False), None) == [FILLED, FILLED]


def test_a_notice_without_a_number_is_still_one():
    fields = NOTICE_26.split("^")
    fields[2] = " "
    [notice] = notices(data("^".join(fields), encrypted=False), None)
    assert notice.order_number is None
    assert notice.symbol == "069500"


@pytest.mark.parametrize(
    "payload",
    ["", "=", "not base64!", "QUJD", SEALED_26[:-4], SEALED_26[24:], "코드", SEALED_26[:64]],
)
def test_what_cannot_be_decrypted_is_a_fault(payload):
    with pytest.raises(BrokerProtocolError):
        notices(data(payload), CIPHER)


def test_a_notice_before_its_key_or_of_another_kind_is_a_fault():
    with pytest.raises(BrokerProtocolError, match="before its key"):
        notices(data(SEALED_26), None)
    with pytest.raises(BrokerProtocolError, match="no notice"):
        notices(data(SEALED_26, tr_id="H0STCNT0"), CIPHER)
    with pytest.raises(BrokerProtocolError, match="22 fields"):
        notices(data(NOTICE_23.rsplit("^", 1)[0], encrypted=False), None)


@pytest.mark.parametrize(("key", "iv"), [("", ""), (KEY[:-1], IV), (KEY, IV + "0"), (KEY, "")])
def test_a_key_of_another_length_is_none(key, iv):
    with pytest.raises(BrokerProtocolError, match="malformed"):
        Cipher(key=key, iv=iv)


def test_no_secret_shows():
    assert KEY not in repr(CIPHER)
    assert "50112233" not in repr(FILLED)


def test_the_captured_notice_is_whole_but_for_its_key():
    found = read_message(captured("H0STCNI0__1"))
    assert isinstance(found, Data)
    assert (found.is_encrypted, found.tr_id, found.record_count) == (True, "H0STCNI0", 1)
    with pytest.raises(BrokerProtocolError, match="decrypted"):
        notices(found, CIPHER)


@pytest.mark.parametrize("name", ["ack-subscribe__1", "ack-subscribe__3"])
def test_captured_answers_bring_a_key_that_fits(name):
    found = read_message(captured(name))
    assert isinstance(found, Answer)
    assert found.succeeded
    assert repr(Cipher(key=found.key, iv=found.iv)) == "Cipher()"

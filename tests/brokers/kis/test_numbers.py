from decimal import Decimal

import pytest

from brokers.kis.errors import read_json
from brokers.kis.fields import CashRow, read_row
from core.errors import BrokerProtocolError

CASH = {"dnca_tot_amt": "1", "nxdy_excc_amt": "1", "prvs_rcdl_excc_amt": "1"}


@pytest.mark.parametrize(
    "number",
    [
        Decimal("1e999999999"),
        Decimal("-1e99999"),
        Decimal("nan"),
        Decimal("inf"),
        "１２",
        "1_0",
        "",
    ],
)
def test_a_number_that_is_none_is_never_money(number):
    with pytest.raises(BrokerProtocolError):
        read_row(CashRow, {**CASH, "prvs_rcdl_excc_amt": number}, "balance")


def test_padded_and_plain_numbers_are_read():
    row = read_row(CashRow, {**CASH, "prvs_rcdl_excc_amt": " 0000346455 "}, "balance")
    assert 346_455 in row.model_dump().values()


@pytest.mark.parametrize("text", [b'{"a": 1e99999999999999999999}', b'{"a": Infinity}x', b"[1]"])
def test_an_answer_beyond_reading_is_a_protocol_error(text):
    with pytest.raises(BrokerProtocolError):
        read_json(text)

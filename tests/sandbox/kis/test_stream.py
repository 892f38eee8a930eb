from __future__ import annotations

import base64
from decimal import Decimal
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from brokers.sim.values import Placed
from sandbox.kis.nav import fund_now
from sandbox.streams import Send
from tests.sandbox.kis.client import SYMBOL
from tests.sandbox.kis.streams import Listener, listener, request
from tests.sandbox.stream_contract import StreamContract
from tests.sandbox.streams import CLOSED

FRAMES = Path(__file__).parents[3] / ".." / "shared" / "data" / "payloads" / "kis" / "ws"


class TestTheStreamOfKis(StreamContract):
    @staticmethod
    def quiet() -> Listener:
        return listener()

    @staticmethod
    def trading() -> Listener:
        one = listener()
        one.ask("H0STCNT0")
        return one

    @staticmethod
    def is_whole(message: str) -> bool:
        _, _, count, payload = message.split("|", 3)
        return len(payload.split("^")) == 46 * int(count)


def opened(sealed: str, answer) -> list[str]:
    """The fields of an encrypted payload, by the keys of the answer to its registration."""
    keys = answer["body"]["output"]
    aes = Cipher(algorithms.AES(keys["key"].encode()), modes.CBC(keys["iv"].encode())).decryptor()
    padded = aes.update(base64.b64decode(sealed)) + aes.finalize()
    unpadder = PKCS7(128).unpadder()
    return (unpadder.update(padded) + unpadder.finalize()).decode().split("^")


def test_a_registration_is_answered_with_iv_and_key():
    one = listener()
    found = one.ask("H0STCNT0")
    assert found["header"] == {"tr_id": "H0STCNT0", "tr_key": SYMBOL, "encrypt": "N"}
    assert found["body"]["rt_cd"] == "0"
    assert (found["body"]["msg_cd"], found["body"]["msg1"]) == ("OPSP0000", "SUBSCRIBE SUCCESS")
    output = found["body"]["output"]
    assert (len(output["iv"]), len(output["key"])) == (16, 32)
    other = one.ask("H0STASP0")["body"]["output"]
    assert other != output


@pytest.mark.parametrize(
    ("mode", "tr_id", "code"),
    [
        ("vts", "H0STCNT0", "OPSP0000"),
        ("vts", "H0STASP0", "OPSP0000"),
        ("vts", "H0STNAV0", "OPSP8991"),
        ("vts", "H0STMKO0", "OPSP8991"),
        ("real", "H0STNAV0", "OPSP0000"),
        ("real", "H0STMKO0", "OPSP0000"),
        ("real", "H0STXXX0", "OPSP8991"),
    ],
)
def test_each_mode_offers_its_own_ids(mode, tr_id, code):
    assert listener(mode).code(tr_id) == code


def test_notices_have_an_id_per_mode_and_an_encrypted_answer():
    assert listener("vts").ask("H0STCNI9", "sandbox")["header"]["encrypt"] == "Y"
    assert listener("real").ask("H0STCNI0", "sandbox")["header"]["encrypt"] == "Y"
    assert listener("real").code("H0STCNI9", "sandbox") == "OPSP8991"


def test_a_wrong_hts_id_is_hung_up_on_without_a_word():
    one = listener()
    assert one.ask("H0STCNI9", "somebody") == CLOSED


def test_registering_twice_and_unregistering():
    one = listener()
    assert one.code("H0STCNT0") == "OPSP0000"
    assert one.code("H0STCNT0") == "OPSP0002"
    assert one.code("H0STCNT0", tr_type="2") == "OPSP0001"
    assert one.code("H0STCNT0", tr_type="2") == "OPSP0003"
    found = one.ask("H0STCNT0", tr_type="2")
    assert found["body"]["msg1"] == "UNSUBSCRIBE ERROR (not found!)"
    assert found["body"]["rt_cd"] == "1"
    assert "output" not in found["body"]
    assert [seen.msg_cd for seen in one.hub.seen][:2] == ["OPSP0000", "OPSP0002"]


def test_the_forty_second_registration_is_one_too_many():
    from brokers.sim.exchange import Exchange
    from brokers.sim.prices_synthetic import SyntheticMarket
    from tests.sandbox.kis.client import SESSION

    one = listener()
    names = {f"{100000 + number}": "x" for number in range(42)}
    one.hub.kis.exchange = Exchange(SyntheticMarket(7, names, SESSION), opening_cash_won=1_000_000)
    codes = [one.code("H0STCNT0", symbol) for symbol in names]
    assert codes == ["OPSP0000"] * 41 + ["OPSP0008"]
    assert len(one.connection.registered) == 41
    assert one.ask("H0STCNT0", "100041")["body"]["msg1"] == "MAX SUBSCRIBE OVER"


@pytest.mark.parametrize(
    ("document", "code", "text"),
    [
        ("nonsense", "OPSP9999", "JSON PARSING ERROR : invalid json format"),
        ("[]", "OPSP9999", "JSON PARSING ERROR : invalid json format"),
        ({}, "OPSP9998", "JSON PARSING ERROR : header not found"),
        ({"header": {}}, "OPSP9996", "JSON PARSING ERROR : appkey"),
        (
            {"header": {"approval_key": "x"}},
            "OPSP9997",
            "JSON PARSING ERROR : custtype not found",
        ),
        (
            {"header": {"approval_key": "x", "custtype": []}},
            "OPSP8998",
            "JSON PARSING ERROR : invalid custtype",
        ),
        (
            {"header": {"approval_key": "x", "custtype": "P", "tr_type": "3"}},
            "OPSP8997",
            "JSON PARSING ERROR : invalid tr_type",
        ),
        (
            {"header": {"approval_key": "x", "custtype": "B", "tr_type": "1"}},
            "OPSP9992",
            "JSON PARSING ERROR : body not found",
        ),
        (
            {"header": {"approval_key": "x", "custtype": "P", "tr_type": "1"}, "body": {}},
            "OPSP9991",
            "JSON PARSING ERROR : input not found",
        ),
        (request("x", "H0STCNT0", " "), "OPSP8993", "JSON PARSING ERROR : invalid tr_key"),
        (request("x", "H0STCNT0", SYMBOL), "OPSP0011", "invalid approval(appkey) : NOT FOUND"),
    ],
)
def test_what_is_wrong_is_said_in_the_servers_own_words(document, code, text):
    [found] = listener().say(document)
    assert found["header"] == {"tr_id": "(null)", "encrypt": "N"}
    assert found["body"] == {"rt_cd": "9", "msg_cd": code, "msg1": text}


def test_an_input_without_a_key_or_for_an_unknown_symbol():
    one = listener()
    document = request("x", "H0STCNT0", SYMBOL)
    del document["body"]["input"]["tr_key"]  # type: ignore[index]
    assert one.say(document)[0]["body"]["msg_cd"] == "OPSP9990"
    assert one.code("H0STCNT0", "999999") == "OPSP8992"


def test_a_second_connection_hears_that_the_key_is_in_use():
    one = listener()
    one.ask("H0STCNT0")
    two = one.again()
    found = two.ask("H0STCNT0")
    assert found["header"] == {"tr_id": "(null)", "tr_key": "", "encrypt": "N"}
    assert found["body"]["msg_cd"] == "OPSP8996"
    assert found["body"]["msg1"] == "ALREADY IN USE appkey"
    assert two.pump() == []
    assert one.pump() != []


def test_the_slot_stays_held_for_a_moment_after_a_disconnect():
    one = listener(held_host_seconds=3.0)
    one.ask("H0STCNT0")
    one.hub.gone(one.connection, one.host)
    two = one.again()
    assert two.code("H0STCNT0") == "OPSP8996"
    two.host += 3
    assert two.code("H0STCNT0") == "OPSP0000"
    one.hub.gone(one.connection, one.host)
    assert two.code("H0STASP0") == "OPSP0000"


def test_the_trades_of_a_minute_come_once_in_one_message():
    one = listener()
    one.ask("H0STCNT0")
    [message] = one.pump()
    head, body = message.split("|", 3)[:3], message.split("|", 3)[3]
    assert head[:2] == ["0", "H0STCNT0"]
    fields = body.split("^")
    assert len(fields) == 46 * int(head[2])
    records = [fields[at : at + 46] for at in range(0, len(fields), 46)]
    view = one.hub.kis.exchange.market(one.now, SYMBOL)
    assert view is not None
    assert sum(int(record[12]) for record in records) == view.minute.volume
    assert int(records[-1][13]) == view.minute.cumulative_volume
    assert {record[2] for record in records} == {str(view.minute.last)}
    assert records[0][33] == "20261120"
    assert int(records[0][2]) - int(records[0][4]) == view.base
    assert one.pump(business=20) == []
    assert len(one.pump(business=60)) == 1


def test_messages_of_several_records_are_common():
    one = listener()
    one.ask("H0STCNT0")
    counts = {int(message.split("|")[2]) for _ in range(60) for message in one.pump(business=60)}
    assert counts >= {1, 2, 3, 4, 5, 6}


def test_the_book_has_the_fields_of_today_and_adds_up():
    one = listener()
    one.ask("H0STASP0")
    [message] = one.pump()
    fields = message.split("|", 3)[3].split("^")
    assert len(fields) == 62
    assert sum(map(int, fields[23:33])) == int(fields[43])
    assert sum(map(int, fields[33:43])) == int(fields[44])
    asks, bids = [int(at) for at in fields[3:13]], [int(at) for at in fields[13:23]]
    assert asks == sorted(asks)
    assert bids == sorted(bids, reverse=True)
    assert asks[0] > bids[0]


def test_a_net_asset_value_is_that_of_the_rest_calls():
    one = listener("real")
    one.ask("H0STNAV0")
    [message] = one.pump()
    fields = message.split("|", 3)[3].split("^")
    view = one.hub.kis.exchange.market(one.now, SYMBOL)
    assert view is not None
    fund = fund_now(one.hub.kis, SYMBOL, view, one.now)
    assert len(fields) == 8
    assert fields[:2] == [SYMBOL, str(fund.nav)]
    assert Decimal(fields[1]) - Decimal(fields[3]) == fund.before
    assert one.pump(business=10) == []


def test_a_market_state_comes_when_a_mark_changes():
    one = listener("real")
    one.ask("H0STMKO0")
    assert one.pump() == []
    one.hub.kis.marks[SYMBOL] = {"vi_cls_code": "Y"}
    [message] = one.pump()
    fields = message.split("|", 3)[3].split("^")
    assert len(fields) == 11
    assert (fields[0], fields[1], fields[8]) == (SYMBOL, "N", "Y")
    assert "(null)" in fields
    assert one.pump() == []
    del one.hub.kis.marks[SYMBOL]
    assert one.pump()[0].split("^")[8] == "N"


def test_an_order_its_fill_and_a_cancel_are_told_encrypted():
    one = listener()
    exchange = one.hub.kis.exchange
    exchange.place(one.now, SYMBOL, is_buy=True, quantity=1, price=0, is_market=True)
    answer = one.ask("H0STCNI9", "sandbox")
    assert one.pump() == []
    view = exchange.market(one.now, SYMBOL)
    assert view is not None
    placed = exchange.place(one.now, SYMBOL, is_buy=True, quantity=3, price=view.minute.bid - 50)
    assert isinstance(placed, Placed)
    exchange.place(one.now, SYMBOL, is_buy=True, quantity=2, price=0, is_market=True)
    exchange.cancel(one.now, placed.number)
    told = one.pump(business=60)
    assert all(message.startswith("1|H0STCNI9|001|") for message in told)
    rows = [opened(message.split("|", 3)[3], answer) for message in told]
    assert {len(row) for row in rows} == {26}
    assert {row[1] for row in rows} == {"5011223301"}
    received = [row for row in rows if row[13] == "1"]
    filled = [row for row in rows if row[13] == "2"]
    assert [row[2] for row in received] == ["2", "3", "4"]
    assert received[2][3] == "2"
    assert received[0][9:11] == ["3", str(view.minute.bid - 50)]
    assert [row[2] for row in filled] == ["3"] * len(filled)
    assert sum(int(row[9]) for row in filled) == 2
    assert one.pump() == []


def test_order_numbers_have_ten_digits_on_the_real_one():
    one = listener("real")
    answer = one.ask("H0STCNI0", "sandbox")
    one.hub.kis.exchange.place(one.now, SYMBOL, is_buy=True, quantity=1, price=0, is_market=True)
    assert opened(one.pump()[0].split("|", 3)[3], answer)[2:4] == ["0000000001", ""]


def test_a_new_day_begins_its_notices_anew():
    one = listener()
    exchange = one.hub.kis.exchange
    exchange.place(one.now, SYMBOL, is_buy=True, quantity=1, price=0, is_market=True)
    answer = one.ask("H0STCNI9", "sandbox")
    one.now = one.now.replace(day=23)
    exchange.place(one.now, SYMBOL, is_buy=True, quantity=1, price=0, is_market=True)
    told = [opened(message.split("|", 3)[3], answer) for message in one.pump()]
    assert told[0][2] == "1"


@pytest.mark.parametrize("how", ["text", "frame"])
def test_who_answers_pings_stays_and_who_does_not_is_dropped(how):
    one, silent = listener(), listener()
    for _ in range(12):
        [sent] = one.connection.pump(one.now, one.host + 10)
        assert isinstance(sent, Send)
        if how == "text":
            one.connection.said(sent.text, one.now, one.host)
        else:
            one.connection.ponged(sent.text)
        one.host += 10
        silent.pump_all(host=10)
    assert one.pump_all() == []
    assert silent.pump_all() == [CLOSED]


def test_an_empty_pong_is_no_answer():
    one = listener(pong_within_host_seconds=20)
    one.pump_all(host=10)
    one.connection.ponged("")
    assert one.pump_all(host=21) == [CLOSED]


def test_faults_that_are_none():
    faults = listener().hub.faults
    for wrong in ("nothing", {"delay": -1}, {"delay": True}, 3, "delay"):
        with pytest.raises(ValueError, match="not a fault"):
            faults.add([wrong])
    with pytest.raises(ValueError, match="rate"):
        faults.seed(1, 2, ["drop"])
    with pytest.raises(ValueError, match="at most"):
        faults.add(["drop"] * 1001)
    faults.clear()
    assert faults.take() is None


def captured(name: str) -> str:
    path = FRAMES / f"{name}.txt"
    if not path.exists():
        pytest.skip("captured messages are not beside this checkout")
    return path.read_text("utf-8").strip()


def kinds(text: str) -> list[str]:
    """What each field looks like: a sign and decimals count, digits and letters do not."""
    found = []
    for field in text.split("^"):
        bare = field.lstrip("-")
        whole = bare.isdigit()
        found.append(
            "" if not field else "whole" if whole else "decimal" if _decimal(bare) else "text"
        )
    return found


def _decimal(text: str) -> bool:
    left, _, right = text.partition(".")
    return left.isdigit() and right.isdigit()


@pytest.mark.parametrize(
    ("name", "tr_id", "width"),
    [
        ("H0STCNT0__1", "H0STCNT0", 46),
        ("H0STCNT0__3", "H0STCNT0", 46),
        ("H0STASP0__3", "H0STASP0", 62),
    ],
)
def test_data_have_the_shape_of_captured_ones(name, tr_id, width):
    one = listener()
    one.ask(tr_id)
    ours = one.pump()[0].split("|", 3)
    theirs = captured(name).split("|", 3)
    assert ours[:2] == theirs[:2]
    assert len(ours[2]) == len(theirs[2]) == 3
    first = "^".join(ours[3].split("^")[:width])
    real = "^".join(theirs[3].split("^")[:width])
    assert kinds(first) == kinds(real)
    assert len(ours[3].split("^")) == width * int(ours[2])
    assert len(theirs[3].split("^")) == width * int(theirs[2])


def shape(value):
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    return type(value).__name__


@pytest.mark.parametrize(
    ("name", "tr_id"), [("ack-subscribe__1", "H0STCNT0"), ("ack-subscribe__3", "H0STASP0")]
)
def test_answers_have_the_shape_of_captured_ones(name, tr_id):
    import json

    theirs = json.loads(captured(name))
    ours = listener().ask(tr_id)
    assert shape(ours) == shape(theirs)
    assert list(ours["header"]) == list(theirs["header"])
    for key in ("iv", "key"):
        assert len(ours["body"]["output"][key]) == len(theirs["body"]["output"][key])


def test_a_ping_has_the_shape_of_the_captured_one():
    import json

    [ours] = listener().pump_all(business=10, host=1)
    theirs = json.loads(captured("PINGPONG__1"))
    assert shape(ours) == shape(theirs)
    assert len(ours["header"]["datetime"]) == len(theirs["header"]["datetime"])


def test_a_sealed_notice_has_the_shape_of_the_captured_one():
    one = listener("real")
    one.ask("H0STCNI0", "sandbox")
    one.hub.kis.exchange.place(one.now, SYMBOL, is_buy=True, quantity=1, price=0, is_market=True)
    ours, theirs = one.pump()[0].split("|", 3), captured("H0STCNI0__1").split("|", 3)
    assert ours[:3] == theirs[:3]
    assert len(base64.b64decode(ours[3])) % 16 == len(base64.b64decode(theirs[3])) % 16 == 0


def test_a_busy_market_tells_so_many_more_trades_a_host_second():
    one = listener(trades_per_second=2000)
    one.ask("H0STCNT0")
    one.ask("H0STCNT0", "102110")
    one.pump()

    told = one.pump(host=0.0625) + one.pump(host=0.0625)

    assert len(told) == 250
    assert {text.split("^", 1)[0].rsplit("|", 1)[1] for text in told} == {SYMBOL, "102110"}
    assert one.hub.told >= 250


def test_a_pause_makes_no_avalanche_and_a_closed_market_is_quiet():
    one = listener(trades_per_second=100)
    one.ask("H0STCNT0")
    one.pump()

    assert len(one.pump(host=60.0)) == 100
    assert one.at(16, 0).pump(host=0.5) == []

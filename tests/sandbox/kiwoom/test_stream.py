from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest

from brokers.sim.values import ExchangeOrder, Placed
from sandbox.kiwoom import stream_market, stream_notices
from tests.sandbox.kiwoom.client import SYMBOL
from tests.sandbox.kiwoom.streams import Listener, listener, logged_in, registration
from tests.sandbox.kiwoom.test_shapes import PAYLOADS
from tests.sandbox.stream_contract import StreamContract
from tests.sandbox.streams import CLOSED


class TestTheStreamOfKiwoom(StreamContract):
    @staticmethod
    def quiet() -> Listener:
        return logged_in()

    @staticmethod
    def trading() -> Listener:
        one = logged_in()
        one.register("0B")
        return one

    @staticmethod
    def is_whole(message: object) -> bool:
        return isinstance(message, dict)


def code(answer) -> int:
    return answer["return_code"]


def test_login_comes_first():
    one = listener()
    early = one.register("0B")
    assert early["trnm"] == "REG"
    assert (code(early), early["return_msg"][:9]) == (100013, "로그인 인증이 들")
    assert one.connection.registered == frozenset()
    assert one.pump(business=60) == []
    assert one.login() == {"trnm": "LOGIN", "return_code": 0, "return_msg": "", "sor_yn": "Y"}
    assert code(one.register("0B")) == 0
    assert code(one.login()) == 1
    assert [seen.return_code for seen in one.hub.seen] == [100013, 0, 0, 1]


@pytest.mark.parametrize("token", ["", None, "wrong"])
def test_a_login_without_a_good_token_ends_the_connection(token):
    answer, end = listener().say({"trnm": "LOGIN", "token": token})
    assert end == CLOSED
    assert code(answer) == (805004 if token else 805002)


def test_a_token_that_has_ended():
    one = listener()
    one.now += timedelta(hours=25)
    answer = one.login()
    assert "CODE=8005" in answer["return_msg"]
    one.hub.kiwoom.token = None
    answer, _ = one.say({"trnm": "LOGIN", "token": "x"})
    assert code(answer) == 805004


def test_a_second_session_ends_the_first():
    one = logged_in()
    one.register("0B")
    two = one.again()
    two.login()
    told, end = one.pump()
    assert (told["trnm"], told["code"], end) == ("SYSTEM", "R10001", CLOSED)
    two.register("0B")
    assert len(two.pump()) == 1
    one.hub.gone(one.connection, one.host)
    assert one.hub.holder is two.connection
    one.hub.gone(two.connection, two.host)
    assert one.hub.holder is None


def test_a_login_too_soon_after_the_last_is_hung_up_on():
    one = logged_in(rest_host_seconds=2.0)
    two = one.again()
    assert two.login() == CLOSED
    two.host += 2
    assert code(two.again().login()) == 0


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("nonsense", 100002),
        ("[]", 100002),
        ({}, 100002),
        ({"trnm": 5}, 100002),
        ({"trnm": "NEWS"}, 105108),
        ({"trnm": "CNSRLST"}, 105108),
        (registration("REG", "0B", grp_no=""), 100002),
        (registration("REG", "0B", grp_no="12345"), 100002),
        (registration("REG", "0B", grp_no=1), 100002),
        (registration("REG", "0B", refresh="2"), 100002),
        (registration("REG", "0B", data=[]), 100002),
        (registration("REG", "0B", data={}), 100002),
        (registration("REG", "0B", data=[5]), 100002),
        (registration("REG", "0B", data=[{"item": SYMBOL, "type": ["0B"]}]), 100002),
        (registration("REG", "0B", data=[{"item": [SYMBOL], "type": "0B"}]), 100002),
        (registration("REG", "0B", data=[{"item": [5], "type": ["0B"]}]), 100002),
        (registration("REG", "0B", data=[{"item": [], "type": ["0B"]}]), 100002),
        (registration("REG", "0g"), 2),
        (registration("REG", "0b"), 2),
        (registration("REMOVE", "0x"), 2),
        (registration("REG", "0B", "999999"), 2),
        (registration("REG", "0J", "999"), 2),
        (registration("REG", "0B", f"{SYMBOL}_AL"), 2),
    ],
)
def test_what_cannot_be_taken_changes_nothing(document, said):
    one = logged_in()
    [answer] = one.say(document)
    assert code(answer) == said
    assert answer["return_msg"]
    assert one.connection.registered == frozenset()


def test_other_venues_are_known_to_the_real_service_only():
    one = logged_in("real")
    assert code(one.register("0B", f"{SYMBOL}_AL", f"{SYMBOL}_NX")) == 0
    assert {entry["item"] for entry in one.entries()} == {f"{SYMBOL}_AL", f"{SYMBOL}_NX"}
    assert code(one.register("0B", f"{SYMBOL}_XX")) == 2


def test_a_frame_is_taken_whole_or_not_at_all():
    one = logged_in()
    assert code(one.register("0B", SYMBOL, "999999")) == 2
    assert one.connection.registered == frozenset()


def test_the_hundred_and_first_of_a_group_is_one_too_many():
    one = logged_in("real")
    items = [SYMBOL, "091160", "102110"]
    venues = [f"{item}{venue}" for item in items for venue in ("", "_NX", "_AL")]
    for kind in ("0B", "0D", "0G"):
        assert code(one.register(kind, *venues)) == 0
    for number in range(8):
        assert code(one.register("0B", *venues, grp_no=f"{number + 2}")) == 0
    assert len(one.connection.registered) == 27
    # The limit is of each group: filled up with the only names that are free here.
    connection = one.connection
    for number in range(73):
        topic = next(iter(connection._registered))._replace(item=f"filler {number}")
        connection._registered[topic] = None
    refused = one.register("0J", "001")
    assert (code(refused), refused["return_msg"][-6:]) == (5, "[1634]")
    assert code(one.register("0J", "001", grp_no="9")) == 0
    assert code(one.register("0J", "001", refresh="0")) == 0
    assert ("0B", SYMBOL) in connection.registered  # in the other groups
    assert ("0D", SYMBOL) not in connection.registered


def test_registering_twice_and_taking_back():
    one = logged_in()
    one.register("0B")
    assert len(one.pump()) == 1
    one.register("0B")
    assert one.pump() == []
    assert one.remove("0B") == {"trnm": "REMOVE", "return_code": 0, "return_msg": ""}
    assert code(one.remove("0B")) == 0
    assert one.connection.registered == frozenset()
    assert one.pump(business=60) == []


def test_the_trades_of_a_minute_come_once_in_one_frame():
    one = logged_in()
    one.register("0B")
    [frame] = one.pump()
    assert list(frame) == ["data", "trnm"]
    assert {tuple(entry) for entry in frame["data"]} == {("values", "type", "name", "item")}
    view = one.hub.kiwoom.exchange.market(one.now, SYMBOL)
    assert view is not None
    rows = [entry["values"] for entry in frame["data"]]
    assert sum(abs(int(row["15"])) for row in rows) == view.minute.volume
    assert int(rows[-1]["13"]) == view.minute.cumulative_volume
    assert {abs(int(row["10"])) for row in rows} == {view.minute.last}
    assert abs(int(rows[0]["10"])) - int(rows[0]["11"]) == view.base
    assert one.pump(business=20) == []
    counts = {len(one.entries(business=60)) for _ in range(60)}
    assert counts >= {1, 2, 3, 4, 5, 6}


def test_the_book_adds_up():
    one = logged_in()
    one.register("0D")
    [entry] = one.entries()
    row = entry["values"]
    asks = [abs(int(row[str(fid)])) for fid in range(41, 51)]
    bids = [abs(int(row[str(fid)])) for fid in range(51, 61)]
    assert asks == sorted(asks)
    assert bids == sorted(bids, reverse=True)
    assert asks[0] > bids[0]
    assert sum(int(row[str(fid)]) for fid in range(61, 71)) == int(row["121"])
    assert sum(int(row[str(fid)]) for fid in range(71, 81)) == int(row["125"])


def test_a_side_without_offers():
    one = logged_in()
    view = one.hub.kiwoom.exchange.market(one.now, SYMBOL)
    assert view is not None
    bare = stream_market.book(
        type(view)(
            minute=type(view.minute)(
                **{name: getattr(view.minute, name) for name in view.minute.__slots__} | {"ask": 0}
            ),
            **{name: getattr(view, name) for name in view.__slots__ if name != "minute"},
        ),
        one.now,
    )
    assert (bare["41"], bare["121"]) == (" 0", "0")


def test_a_net_asset_value_can_be_torn_from_its_price():
    one = logged_in()
    one.hub.kiwoom.disparities[SYMBOL] = 300
    one.register("0G")
    [entry] = one.entries()
    row = entry["values"]
    nav, price = abs(float(row["36"])), abs(int(row["10"]))
    assert price / nav == pytest.approx(1.03, abs=0.0001)
    assert float(row["266"]) == pytest.approx(3, abs=0.01)


def test_indices_come_each_minute():
    one = logged_in()
    one.register("0J", "001", "101")
    first = one.entries()
    assert {entry["item"] for entry in first} == {"001", "101"}
    assert all(re.fullmatch(r"[ +-]\d+\.\d\d", entry["values"]["10"]) for entry in first)
    assert one.entries() == []
    assert len(one.entries(business=60)) == 2


def test_the_day_is_told_when_it_changes():
    one = logged_in()
    one.at(8, 20).register("0s", "")
    assert one.entries() == []
    [before] = one.at(8, 59, 10).entries()
    assert (before["item"], before["values"]) == ("", {"215": "0", "20": "085910", "214": "000050"})
    assert one.entries(business=5) == []
    [opened] = one.at(9, 0, 3).entries()
    assert opened["values"] == {"215": "3", "20": "090000", "214": "000000"}
    assert one.entries(business=600) == []
    assert one.at(15, 31).entries() == []
    one.now += timedelta(days=1)
    assert one.entries() == []


def rows_of(entries, kind):
    return [entry["values"] for entry in entries if entry["type"] == kind]


def test_an_order_its_fill_and_what_is_held():
    one = logged_in()
    exchange = one.hub.kiwoom.exchange
    exchange.place(one.now, SYMBOL, is_buy=True, quantity=1, price=0, is_market=True)
    exchange.advance(one.now)
    one.register("00", "")
    one.register("04", "")
    assert one.pump() == []
    exchange.place(one.now, SYMBOL, is_buy=True, quantity=2, price=0, is_market=True)
    told = one.entries(business=60)
    assert {entry["item"] for entry in told} == {SYMBOL}
    received, *filled = rows_of(told, "00")
    assert (received["9203"], received["913"], received["905"]) == ("0000002", "접수", "+매수")
    assert (received["900"], received["902"], received["901"]) == ("2", "2", "0")
    assert (received["909"], received["910"], received["911"]) == ("", "", "")
    assert {row["913"] for row in filled} == {"체결"}
    assert filled[-1]["902"] == "0"
    assert sum(int(row["911"]) for row in filled) == 2
    spent = sum(int(row["911"]) * int(row["910"]) for row in filled)
    assert int(filled[-1]["903"]) == spent
    held = rows_of(told, "04")[-1]
    assert (held["930"], held["933"], held["9001"]) == ("3", "3", SYMBOL)
    assert one.pump() == []


def test_a_cancel_is_told_three_times():
    one = logged_in()
    one.register("00", "")
    exchange = one.hub.kiwoom.exchange
    view = exchange.market(one.now, SYMBOL)
    assert view is not None
    placed = exchange.place(one.now, SYMBOL, is_buy=True, quantity=3, price=view.lower_limit)
    assert isinstance(placed, Placed)
    exchange.cancel(one.now, placed.number)
    told = [
        (row["9203"], row["904"], row["913"], row["902"]) for row in rows_of(one.entries(), "00")
    ]
    assert told == [
        ("0000001", "0000000", "접수", "3"),
        ("0000002", "0000001", "접수", "3"),
        ("0000002", "0000001", "확인", "0"),
        ("0000001", "0000000", "취소", "0"),
    ]


def test_an_order_that_is_refused_later():
    one = logged_in()
    order = ExchangeOrder(one.now.date(), 7, SYMBOL, False, False, 3, 35_000, one.now, rejected=3)
    [row] = stream_notices.order_notices(one.hub.kiwoom, order, one.now)
    assert (row["913"], row["902"], row["919"], row["905"]) == ("거부", "0", "주문거부", "-매도")


def test_only_what_is_registered_is_told():
    one = logged_in()
    one.register("04", "")
    exchange = one.hub.kiwoom.exchange
    exchange.place(one.now, SYMBOL, is_buy=True, quantity=1, price=0, is_market=True)
    assert {entry["type"] for entry in one.entries(business=60)} == {"04"}
    exchange.place(one.now, SYMBOL, is_buy=False, quantity=1, price=0, is_market=True)
    [sold] = rows_of(one.entries(business=60), "04")
    assert sold["930"] == "0"
    one.remove("04", "")
    one.register("00", "")
    exchange.place(one.now, SYMBOL, is_buy=True, quantity=1, price=0, is_market=True)
    assert {entry["type"] for entry in one.entries(business=60)} == {"00"}


def test_a_new_day_begins_its_notices_anew():
    one = logged_in()
    exchange = one.hub.kiwoom.exchange
    exchange.place(one.now, SYMBOL, is_buy=True, quantity=1, price=0, is_market=True)
    one.register("00", "")
    one.now = one.now.replace(day=23)
    exchange.place(one.now, SYMBOL, is_buy=True, quantity=1, price=0, is_market=True)
    assert rows_of(one.entries(), "00")[0]["9203"] == "0000001"


def test_a_day_without_a_session_has_no_phase():
    one = logged_in()
    assert stream_market.phase(one.hub.kiwoom, one.now + timedelta(days=1)) == {}
    assert stream_market.phase(one.hub.kiwoom, one.at(8, 29).now) == {}


def test_nobody_is_pinged_before_the_login():
    assert listener().pump_all(host=60) == []


@pytest.mark.parametrize("echo", ['{"trnm":"PING"}', '{"trnm": "PING"}', "pong"])
def test_only_the_same_frame_answers_a_ping(echo):
    one = logged_in()
    for _ in range(5):
        one.pump_all(host=10)
        if echo == "pong":
            one.connection.ponged('{"trnm":"PING"}')
        else:
            one.say(echo)
    is_answered = echo == '{"trnm":"PING"}'
    assert (one.pump_all(host=1) == []) is is_answered


def captured(name):
    path = PAYLOADS / f"{name}.json"
    if not path.exists():
        pytest.skip("the captured payloads are not beside this checkout")
    found = json.loads(path.read_text(encoding="utf-8"))
    return found if isinstance(found, list) else [found]


def kind_of(text: str) -> str:
    """What a value looks like: signs, blanks and decimals count, digits do not."""
    if re.fullmatch(r"\d+", text):
        return "whole"
    signed = re.fullmatch(r"[ +-]\d+", text)
    return "signed" if signed else "decimal" if re.fullmatch(r"[ +-]?\d+\.\d+", text) else "text"


def test_answers_have_the_shape_of_captured_ones():
    one = listener()
    assert one.login() == captured("ws-LOGIN__1")[0]
    assert one.register("0B") == captured("ws-REG__1")[0]


# Labels stand where FIDs are on the wire, so only order and kinds can be compared. These differ for a
# reason: a minute without comparison to yesterday, fields the simulated exchange has no value for.
WITHOUT_VALUE = {"26", "29", "30", "31", "851", "1314"}


def test_trades_have_the_fields_of_captured_ones():
    one = logged_in()
    one.register("0B")
    ours = one.entries()[0]["values"]
    for theirs in captured("ws-REAL-0B__1"):
        texts = [value for label, value in theirs.items() if label not in {"item", "type"}]
        assert len(ours) == len(texts)
        for (fid, mine), seen in zip(ours.items(), texts, strict=True):
            if fid not in WITHOUT_VALUE and " 0" not in (mine, seen):
                assert kind_of(mine) == kind_of(seen), fid


def test_notices_have_the_fields_of_the_captured_one():
    one = logged_in()
    one.register("00", "")
    one.hub.kiwoom.exchange.place(one.now, SYMBOL, is_buy=True, quantity=1, price=0, is_market=True)
    ours = rows_of(one.entries(), "00")[0]
    [theirs] = captured("ws-REAL-00__1")
    texts = [value for label, value in theirs.items() if label not in {"item", "type"}]
    assert len(ours) == len(texts)
    for (fid, mine), seen in zip(ours.items(), texts, strict=True):
        both = {kind_of(mine), kind_of(seen)}
        assert len(both) == 1 or both == {"signed", "whole"}, fid
        if seen == "":
            assert mine == "", fid


def test_the_phase_of_the_day_is_the_captured_one():
    [theirs] = captured("ws-REAL-0s__1")
    texts = [value for label, value in theirs.items() if label not in {"item", "type"}]
    one = logged_in()
    assert list(stream_market.phase(one.hub.kiwoom, one.at(8, 59, 10).now).values()) == texts

from __future__ import annotations

import json

import pytest

from brokers.kis.stream_frames import Answer, read_message
from brokers.kis.stream_notices import Cipher
from brokers.kis.stream_session import REGISTRATIONS_MAX, StreamSession, Topic, Verdict
from tests.brokers.kis.stream_vectors import IV, KEY, answer

KODEX = Topic("H0STCNT0", "069500")
TIGER = Topic("H0STCNT0", "102110")
NOTICES = Topic("H0STCNI9", "myhts")


def session(*wanted: Topic) -> StreamSession:
    return StreamSession("approved", "P", wanted)


def said(code: str, topic: Topic | None = None) -> Answer:
    text = answer(
        code,
        tr_id=topic.tr_id if topic else "(null)",
        tr_key=topic.key if topic else None,
    )
    found = read_message(text)
    assert isinstance(found, Answer)
    return found


def asked(one: StreamSession) -> tuple[str, Topic] | None:
    """What it asks for next: register (1) or unregister (2), and what."""
    request = one.request()
    if request is None:
        return None
    document = json.loads(request)
    given = document["body"]["input"]
    return document["header"]["tr_type"], Topic(given["tr_id"], given["tr_key"])


def registered(*topics: Topic) -> StreamSession:
    one = session(*topics)
    for topic in topics:
        assert asked(one) == ("1", topic)
        assert one.take(said("OPSP0000", topic)) is Verdict.GO_ON
    return one


def test_a_request_is_what_the_fact_sheet_says():
    request = session(KODEX).request()
    assert request is not None
    assert json.loads(request) == {
        "header": {
            "approval_key": "approved",
            "custtype": "P",
            "tr_type": "1",
            "content-type": "utf-8",
        },
        "body": {"input": {"tr_id": "H0STCNT0", "tr_key": "069500"}},
    }


def test_one_request_is_out_at_a_time():
    one = session(KODEX, TIGER)
    assert asked(one) == ("1", KODEX)
    assert one.is_waiting
    assert one.request() is None
    one.take(said("OPSP0000", KODEX))
    assert one.held == {KODEX}
    assert asked(one) == ("1", TIGER)


def test_already_registered_is_registered():
    one = session(KODEX)
    one.request()
    one.take(said("OPSP0002", KODEX))
    assert one.held == {KODEX}
    assert one.request() is None


@pytest.mark.parametrize("code", ["OPSP0001", "OPSP0003", "OPSP9999"])
def test_what_is_not_wanted_any_more_goes_first(code):
    one = registered(KODEX)
    one.want([TIGER])
    assert asked(one) == ("2", KODEX)
    one.take(said(code, KODEX))
    assert one.held == frozenset()
    assert asked(one) == ("1", TIGER)


def test_no_more_than_forty_one_are_asked_for():
    topics = [Topic("H0STCNT0", f"{100000 + number}") for number in range(50)]
    one = session(*topics)
    sent = 0
    while (request := asked(one)) is not None:
        one.take(said("OPSP0000", request[1]))
        sent += 1
    assert sent == REGISTRATIONS_MAX == 41
    assert one.held == set(topics[:41])


def test_where_fewer_fit_than_should_it_stops_asking_until_it_is_forgiven():
    one = session(KODEX, TIGER)
    one.request()
    one.take(said("OPSP0000", KODEX))
    one.request()
    assert one.take(said("OPSP0008", TIGER)) is Verdict.GO_ON
    assert one.request() is None
    one.forgive()
    assert asked(one) == ("1", TIGER)


@pytest.mark.parametrize("code", ["OPSP0007", "OPSP0009", "OPSP8991", "OPSP8993", "OPSP8999"])
def test_what_is_refused_is_not_asked_for_again_until_it_is_forgiven(code):
    one = session(KODEX, TIGER)
    one.request()
    one.take(said(code, KODEX))
    assert one.refused == {KODEX: code}
    assert asked(one) == ("1", TIGER)
    one.take(said("OPSP0000", TIGER))
    assert one.request() is None
    one.forgive()
    assert asked(one) == ("1", KODEX)


def test_an_answer_that_names_nothing_belongs_to_what_is_out():
    one = session(KODEX)
    one.request()
    one.take(said("OPSP8993"))
    assert one.refused == {KODEX: "OPSP8993"}


def test_an_answer_about_something_else_changes_nothing():
    one = session(KODEX)
    one.take(said("OPSP0000", KODEX))
    assert one.held == frozenset()
    one.request()
    one.take(said("OPSP0000", TIGER))
    one.take(said("OPSP0000", NOTICES))
    assert one.is_waiting
    assert one.held == frozenset()


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        ("OPSP8996", Verdict.IN_USE),
        ("OPSP0011", Verdict.NEW_KEY),
        ("OPSP0010", Verdict.REFUSED),
        ("OPSP8994", Verdict.REFUSED),
        ("OPSP8995", Verdict.REFUSED),
    ],
)
@pytest.mark.parametrize("is_asked", [True, False])
def test_some_answers_are_about_the_connection(code, verdict, is_asked):
    one = session(KODEX)
    if is_asked:
        one.request()
    assert one.take(said(code)) is verdict


def test_the_key_of_the_notices_is_kept_by_their_id():
    one = registered(NOTICES)
    assert one.cipher("H0STCNI9") == Cipher(key=KEY, iv=IV)
    assert one.cipher("H0STCNI0") is None


def test_a_plain_registration_keeps_no_key():
    assert registered(KODEX).cipher("H0STCNT0") is None


def test_notices_that_were_registered_already_are_registered_anew_for_their_key():
    one = session(NOTICES)
    one.request()
    one.take(said("OPSP0002", NOTICES))
    assert asked(one) == ("2", NOTICES)
    one.take(said("OPSP0001", NOTICES))
    assert asked(one) == ("1", NOTICES)
    one.take(said("OPSP0000", NOTICES))
    assert one.cipher("H0STCNI9") is not None
    assert one.request() is None


def test_a_request_without_an_answer_is_given_up():
    one = session(KODEX)
    one.give_up_waiting()
    one.request()
    assert one.outstanding == KODEX
    one.give_up_waiting()
    assert one.outstanding is None
    assert one.refused == {KODEX: "no answer"}
    two = registered(KODEX)
    two.want([])
    two.request()
    two.give_up_waiting()
    assert two.held == frozenset()


def test_a_registration_confirmed_while_it_was_to_end_ends():
    one = registered(KODEX)
    one.want([])
    assert asked(one) == ("2", KODEX)
    one.take(said("OPSP0000", KODEX))
    assert one.held == {KODEX}
    assert asked(one) == ("2", KODEX)

"""What a connection of the Kiwoom stream asks for, and what it learns, without a socket."""

from __future__ import annotations

import json

from brokers.kiwoom.stream_frames import Answer
from brokers.kiwoom.stream_session import StreamSession, Topic
from core.domain.ticks import FeedTrouble

NOTICES = Topic("00", "")
A, B, C = (Topic("0B", code) for code in ("069500", "102110", "229200"))
BOOK = Topic("0D", "069500")


def asked(session: StreamSession) -> tuple[str, str, list[str]] | str | None:
    text = session.request()
    if text is None:
        return None
    frame = json.loads(text)
    if frame["trnm"] == "LOGIN":
        return f"LOGIN {frame['token']}"
    (data,) = frame["data"]
    (kind,) = data["type"]
    return frame["trnm"], kind, data["item"]


def yes(session: StreamSession, name: str = "REG") -> None:
    session.take(Answer(name, succeeded=True, text=""))


def no(session: StreamSession, name: str = "REG") -> None:
    session.take(Answer(name, succeeded=False, text="no"))


def logged_in(*wanted: Topic) -> StreamSession:
    session = StreamSession("t.k", wanted)
    assert asked(session) == "LOGIN t.k"
    yes(session, "LOGIN")
    return session


def test_nothing_is_sent_before_the_answer_to_login():
    session = StreamSession("t.k", [A])
    assert asked(session) == "LOGIN t.k"
    assert session.is_waiting
    assert asked(session) is None
    yes(session, "LOGIN")
    assert asked(session) == ("REG", "0B", ["069500"])


def test_one_type_travels_in_one_frame_and_one_frame_is_under_way():
    session = logged_in(NOTICES, A, B, BOOK)
    assert asked(session) == ("REG", "00", [""])
    assert asked(session) is None
    yes(session)
    assert asked(session) == ("REG", "0B", ["069500", "102110"])
    yes(session, "LOGIN")  # belongs to nothing that is out
    assert asked(session) is None
    yes(session)
    assert asked(session) == ("REG", "0D", ["069500"])
    yes(session)
    assert session.held == {NOTICES, A, B, BOOK}
    assert asked(session) is None
    yes(session)
    assert not session.is_waiting


def test_what_is_wanted_no_more_goes_first():
    session = logged_in(A, B)
    asked(session)
    yes(session)
    session.want([B, C])
    assert asked(session) == ("REMOVE", "0B", ["069500"])
    no(session, "REMOVE")  # it was not there, so it is gone as well
    assert asked(session) == ("REG", "0B", ["229200"])


def test_one_bad_code_costs_no_other_its_registration():
    session = logged_in(A, B, C, BOOK)
    assert asked(session) == ("REG", "0B", ["069500", "102110", "229200"])
    no(session)
    for topic in (A, B, C):
        assert asked(session) == ("REG", "0B", [topic.item])
        (no if topic is B else yes)(session)
    assert asked(session) == ("REG", "0D", ["069500"])
    yes(session)
    assert session.held == {A, C, BOOK}
    assert asked(session) is None
    session.forgive()
    assert asked(session) == ("REG", "0B", ["102110"])


def test_what_is_new_beside_one_that_was_refused_travels_apart_from_it():
    session = logged_in(A, B)
    asked(session)
    no(session)
    session.want([C, A, B])
    assert asked(session) == ("REG", "0B", ["229200"])
    yes(session)
    assert asked(session) == ("REG", "0B", ["069500"])


def test_a_request_without_an_answer():
    session = StreamSession("t.k", [A])
    assert session.give_up_waiting() is None
    asked(session)
    assert session.give_up_waiting() is FeedTrouble.SILENT
    session = logged_in(A)
    asked(session)
    assert session.give_up_waiting() is None
    assert asked(session) is None
    session.forgive()
    asked(session)
    yes(session)
    session.want([])
    assert asked(session) == ("REMOVE", "0B", ["069500"])
    assert session.give_up_waiting() is None
    assert session.held == set()

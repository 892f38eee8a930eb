"""The fuzz of Kiwoom's frames finds what it is there to find."""

from __future__ import annotations

import random

import pytest

from brokers.kiwoom import stream_reading
from brokers.kiwoom.stream_frames import Answer
from brokers.kiwoom.stream_records import READERS, book, order_hint, trade
from tests.prove import fuzz, fuzz_kiwoom_stream
from tests.prove.mutation import Template


def test_good_readers_pass() -> None:
    for target in (fuzz_kiwoom_stream.kiwoom_frames, fuzz_kiwoom_stream.kiwoom_controls):
        assert fuzz.feed(target, 300, random.Random(1)) == []


@pytest.mark.parametrize(
    ("kind", "misread"),
    [
        ("0B", lambda entry, now: trade(entry, now)._replace(volume_shares=1)),
        ("0D", trade),
        ("0B", book),
        ("04", order_hint),
    ],
)
def test_a_reader_that_says_something_else(
    monkeypatch: pytest.MonkeyPatch, kind: str, misread: object
) -> None:
    values = dict(fuzz_kiwoom_stream._TRADE) | fuzz_kiwoom_stream._BOOK | {"9203": "7"}
    template = fuzz_kiwoom_stream._real((kind, "069500", values))
    monkeypatch.setattr(fuzz_kiwoom_stream, "_FRAMES", (template,))
    monkeypatch.setattr(stream_reading, "READERS", {**READERS, kind: misread})
    found = fuzz.feed(fuzz_kiwoom_stream.kiwoom_frames, 300, random.Random(1))
    assert any("out of" in text for text in found)


@pytest.mark.parametrize(("kind", "text"), [("LOGIN", "logged in"), ("REG", "registered")])
def test_an_answer_that_is_taken_for_a_success(
    monkeypatch: pytest.MonkeyPatch, kind: str, text: str
) -> None:
    believed = Answer(kind, succeeded=True, text="")
    monkeypatch.setattr(fuzz_kiwoom_stream, "read_frame", lambda _text: believed)
    # Of what can be judged at all: a frame that is no JSON would be refused by the real reader.
    monkeypatch.setattr(Template, "damaged", lambda self, _dice: self.text)
    found = fuzz.feed(fuzz_kiwoom_stream.kiwoom_controls, 300, random.Random(1))
    assert any(text in one for one in found)

"""Replies that no honest endpoint sends."""

from __future__ import annotations

import pytest

from core.errors import ModelError
from core.llm.openai_wire import ANSWER_CHARACTERS_MAX, TOOL_CALLS_MAX, ReplyInPieces


def chunk(*, content=None, refusal=None, calls=None, finish=None):
    delta = {"content": content, "refusal": refusal, "tool_calls": calls}
    return {"usage": None, "choices": [{"delta": delta, "finish_reason": finish}]}


def call(index, name="news", call_id="c", arguments=""):
    function = {"name": name, "arguments": arguments}
    return {"index": index, "id": call_id, "function": function}


def test_a_refusal_is_a_model_error():
    with pytest.raises(ModelError, match="refused"):
        ReplyInPieces().add(chunk(refusal="no"))


def test_an_endless_answer_is_cut():
    with pytest.raises(ModelError, match="longer"):
        ReplyInPieces().add(chunk(content="x" * (ANSWER_CHARACTERS_MAX + 1)))


def test_endless_tool_calls_are_cut():
    reply = ReplyInPieces()
    with pytest.raises(ModelError, match="more tool calls"):
        reply.add(chunk(calls=[call(at) for at in range(TOOL_CALLS_MAX + 1)]))


@pytest.mark.parametrize("finish", ["length", "content_filter"])
def test_a_reply_cut_by_the_provider_is_no_reply(finish):
    reply = ReplyInPieces()
    reply.add(chunk(content="반쪽", finish=finish))
    with pytest.raises(ModelError, match=finish):
        reply.end()


def test_a_nameless_call_is_refused():
    reply = ReplyInPieces()
    reply.add(chunk(calls=[call(0, name="")], finish="tool_calls"))
    with pytest.raises(ModelError, match="without a name"):
        reply.end()


def test_two_calls_interleaved_are_kept_apart():
    reply = ReplyInPieces()
    reply.add(chunk(calls=[call(1, "news", "b", "{"), call(0, "quote", "a", '{"sym')]))
    reply.add(chunk(calls=[call(0, "", "", 'bol"'), {"index": 1, "id": None, "function": None}]))
    reply.add({"usage": None, "choices": [{"delta": None, "finish_reason": "tool_calls"}]})
    reply.add({"usage": None, "choices": []})
    assert [(item.name, item.arguments) for item in reply.end().tool_calls] == [
        ("quote", '{"symbol"'),
        ("news", "{"),
    ]


@pytest.mark.parametrize("odd", [{"content": 5}, {"tool_calls": [{"id": 7}]}, {"tool_calls": 3}])
def test_what_is_no_text_where_a_text_belongs_is_unreadable(odd):
    with pytest.raises(TypeError):
        ReplyInPieces().add({"choices": [{"delta": odd}]})

from __future__ import annotations

import pytest

from core.errors import DataError
from core.ports.model import ModelMessage, ToolCall, ToolSpec
from core.runtime.recorded_calls import had_tools, inputs_text, messages_of, reply_of, reply_text

CALL = ToolCall(call_id="c", name="news", arguments='{"a": "가"}')


def test_what_was_asked_and_answered_comes_back():
    messages = (
        ModelMessage(role="assistant", text="", tool_calls=(CALL,)),
        ModelMessage(role="tool", text="{}", call_id="c"),
    )
    assert messages_of(inputs_text(messages, ())) == messages
    assert not had_tools(inputs_text(messages, ()))
    assert had_tools(inputs_text(messages, (ToolSpec(name="news", description="", parameters={}),)))
    assert reply_of(reply_text("네", (CALL,))) == ("네", (CALL,))
    assert reply_of("") == ("", ())


@pytest.mark.parametrize("text", ["", "[]", "{", "{}", '{"messages": [3]}', '{"messages": 3}'])
def test_what_cannot_be_read_is_said(text):
    with pytest.raises(DataError):
        messages_of(text)


@pytest.mark.parametrize("text", ["[]", "{", "{}", '{"text": "", "tool_calls": [{}]}'])
def test_a_reply_that_cannot_be_read_is_said(text):
    with pytest.raises(DataError):
        reply_of(text)

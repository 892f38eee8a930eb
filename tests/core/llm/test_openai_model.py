"""The real openai client against the loopback endpoint."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from core.errors import ModelError
from core.llm.openai_model import OpenAIModels, OpenAISettings
from core.llm.schemas import tool_specs
from core.ports.model import ModelMessage, ReplyEnd, TextPart, ToolCall
from sandbox.model.brain import Said, Wanted
from sandbox.model.handler import Fault

ASK = [ModelMessage(role="user", text="잔고 보여줘")]


@pytest.fixture
async def model(endpoint) -> AsyncIterator[OpenAIModels]:
    model = model_at(endpoint.url)
    try:
        yield model
    finally:
        await model.close()


def model_at(url: str, *, seconds: float = 10.0, retries: int = 1) -> OpenAIModels:
    return OpenAIModels(
        OpenAISettings(
            api_key="sk-test-secret",
            model="sandbox-large",
            flash_model="sandbox-flash",
            base_url=f"{url}/v1",
            total_seconds=seconds,
            max_retries=retries,
        )
    )


async def read(model, messages=ASK, tools=()):
    return [part async for part in model.stream(messages, tools)]


async def collect(model, seen):
    async for part in model.stream(ASK, tool_specs()):
        seen.append(part)


async def test_text_is_streamed_in_pieces_with_its_cost(model, endpoint):
    endpoint.state.script.append(Said("안녕하세요. " * 10))
    parts = await read(model)
    assert len(parts) > 3
    assert "".join(part.text for part in parts[:-1]) == "안녕하세요. " * 10
    assert isinstance(parts[-1], ReplyEnd)
    assert parts[-1].prompt_tokens > 0
    assert parts[-1].completion_tokens > 0
    assert parts[-1].tool_calls == ()
    assert model.name == "sandbox-large"


async def test_a_tool_call_is_put_together_from_its_pieces(model, endpoint):
    arguments = {"symbol": "069500", "side": "buy", "quantity": 3, "limit_price_won": None}
    endpoint.state.script.append(Wanted("propose_order", {**arguments, "reason": "긴 이유 " * 9}))
    (end,) = await read(model, tools=tool_specs())
    (call,) = end.tool_calls
    assert call.name == "propose_order"
    assert call.call_id
    assert '"quantity": 3' in call.arguments
    asked = endpoint.state.requests[-1]
    assert all(tool["function"]["strict"] is True for tool in asked["tools"])
    assert asked["parallel_tool_calls"] is False


async def test_a_conversation_with_tool_results_goes_over_the_wire(model, endpoint):
    (end,) = await read(model, tools=tool_specs())
    assert [call.name for call in end.tool_calls] == ["portfolio"]
    result = '{"status": "ok", "orderable_won": 400000, "positions": []}'
    messages = [
        *ASK,
        ModelMessage(role="assistant", text="", tool_calls=end.tool_calls),
        ModelMessage(role="tool", text=result, call_id=end.tool_calls[0].call_id),
    ]
    parts = await read(model, messages, tool_specs())
    assert "400,000원" in "".join(part.text for part in parts[:-1])
    wire = endpoint.state.requests[-1]["messages"]
    assert wire[1]["content"] is None
    assert wire[2]["tool_call_id"] == end.tool_calls[0].call_id


async def test_complete_uses_the_flash_model(model, endpoint):
    endpoint.state.script.append(Said("요약입니다."))
    done = await model.completion(ASK)
    assert done.text == "요약입니다."
    assert min(done.prompt_tokens, done.completion_tokens) > 0
    assert endpoint.state.requests[-1]["model"] == "sandbox-flash"


async def test_an_empty_completion_is_an_error(model, endpoint):
    endpoint.state.script.append(Said(" "))
    with pytest.raises(ModelError, match="empty"):
        await model.completion(ASK)


@pytest.mark.parametrize("fault", [Fault.SERVER_ERROR, Fault.RATE_LIMITED])
async def test_a_read_is_tried_again_within_bounds(model, endpoint, fault):
    endpoint.state.faults.append(fault)
    assert await read(model)
    assert len(endpoint.state.requests) == 2


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault.SERVER_ERROR, "HTTP 500"),
        (Fault.RATE_LIMITED, "HTTP 429"),
        (Fault.UNAUTHORIZED, "HTTP 401"),
    ],
)
async def test_a_lasting_refusal_is_said_clearly_and_without_the_key(endpoint, fault, words):
    model = model_at(endpoint.url, retries=0)
    endpoint.state.faults.extend([fault, fault])
    with pytest.raises(ModelError, match=words) as caught:
        await read(model)
    assert "sk-test-secret" not in str(caught.value)
    with pytest.raises(ModelError, match=words):
        await model.completion(ASK)
    await model.close()


@pytest.mark.parametrize("fault", [Fault.CUT_STREAM, Fault.BROKEN_JSON])
async def test_a_broken_stream_is_never_a_whole_reply(model, endpoint, fault):
    arguments = {"symbol": "069500", "side": "buy", "quantity": 3}
    endpoint.state.script.append(Wanted("propose_order", arguments))
    endpoint.state.faults.append(fault)
    seen: list[TextPart | ReplyEnd] = []
    with pytest.raises(ModelError):
        await collect(model, seen)
    assert not [part for part in seen if isinstance(part, ReplyEnd)]


async def test_silence_ends_at_the_deadline(endpoint):
    model = model_at(endpoint.url, seconds=0.2, retries=0)
    endpoint.state.faults.extend([Fault.SILENCE, Fault.SILENCE])
    with pytest.raises(ModelError, match="in time"):
        await read(model)
    with pytest.raises(ModelError, match="in time"):
        await model.completion(ASK)
    await model.close()


async def test_nobody_there_is_said(endpoint):
    url = endpoint.url
    await endpoint.close()
    model = model_at(url, retries=0)
    with pytest.raises(ModelError, match="reached"):
        await read(model)
    await model.close()


async def test_a_cancelled_reader_gets_its_cancellation(endpoint):
    model = model_at(endpoint.url, retries=0)
    endpoint.state.faults.append(Fault.SILENCE)
    task = asyncio.get_running_loop().create_task(read(model))
    while not endpoint.state.requests:  # noqa: ASYNC110 - the endpoint has no event to wait for
        await asyncio.sleep(0.005)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await model.close()


async def test_a_reader_that_stops_early_leaves_nothing_open(model, endpoint):
    endpoint.state.script.append(Said("긴 답 " * 200))
    stream = model.stream(ASK, ())
    assert isinstance(await anext(stream), TextPart)
    await stream.aclose()
    assert await read(model)


async def test_close_before_use_and_twice_is_fine():
    model = model_at("http://127.0.0.1:9")
    await model.close()
    await model.close()


def test_the_key_has_no_readable_form():
    settings = OpenAISettings(api_key="sk-test-secret", model="m", flash_model="f")
    assert "sk-test-secret" not in repr(settings)


def test_messages_keep_their_tool_calls():
    from core.llm.openai_wire import wire_messages

    call = ToolCall(call_id="c1", name="news", arguments="{}")
    (wire,) = wire_messages([ModelMessage(role="assistant", text="", tool_calls=(call,))])
    assert wire["tool_calls"][0]["id"] == "c1"

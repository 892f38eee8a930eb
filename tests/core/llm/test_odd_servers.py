"""The real openai client in front of servers that are compatible in their own way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from core.errors import ModelError, ModelFault
from core.llm.openai_model import OpenAIModels, OpenAISettings
from core.llm.schemas import tool_specs
from core.ports.model import ModelMessage, ReplyEnd, TextPart
from tests.core.llm.odd_server import OddServer, Raw, error, events, odd_server, piece

ASK = [ModelMessage(role="user", text="잔고")]
KEY = "sk-test-secret"
FINE = events(piece("네."), piece(finish="stop", usage={"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9}))  # fmt: skip


@pytest.fixture
async def server() -> AsyncIterator[OddServer]:
    async with odd_server() as one:
        yield one


@pytest.fixture
async def models(server: OddServer) -> AsyncIterator[OpenAIModels]:
    one = models_at(server)
    yield one
    await one.close()


def models_at(server: OddServer, **changes) -> OpenAIModels:
    values = {
        "api_key": KEY,
        "model": "odd",
        "flash_model": "odd-flash",
        "base_url": server.url,
        "temperature": 0.2,
        "total_seconds": 10.0,
        "max_retries": 0,
    }
    return OpenAIModels(OpenAISettings(**{**values, **changes}))


async def read(models: OpenAIModels):
    return [part async for part in models.stream(ASK, tool_specs())]


async def failure(models: OpenAIModels) -> ModelError:
    with pytest.raises(ModelError) as caught:
        await read(models)
    assert KEY not in str(caught.value)
    return caught.value


REFUSALS = [
    ("temperature", error(400, "Unsupported value: 'temperature'", code="unsupported_value", param="temperature")),
    ("parallel_tool_calls", error(400, "Unrecognized request argument: parallel_tool_calls")),
    ("stream_options", error(422, "extra fields", param="stream_options.include_usage")),
    ("max_completion_tokens", error(400, "max_completion_tokens is unknown", param="max_completion_tokens")),
]  # fmt: skip


@pytest.mark.parametrize(("name", "refusal"), REFUSALS)
async def test_what_a_server_does_not_know_is_left_out_from_then_on(server, models, name, refusal):
    server.answers.extend([refusal, FINE, FINE])
    await read(models)
    await read(models)
    first, second, third = server.requests
    assert name in first
    assert name not in second
    assert name not in third
    if name == "max_completion_tokens":
        assert second["max_tokens"] == first[name] == 4096


async def test_strict_schemas_are_left_out_for_servers_that_refuse_them(server, models):
    server.answers.extend([error(400, "unknown field", param="tools[0].function.strict"), FINE])
    await read(models)
    assert all(tool["function"]["strict"] for tool in server.requests[0]["tools"])
    assert not any("strict" in tool["function"] for tool in server.requests[1]["tools"])


async def test_everything_may_be_refused_once_and_the_same_never_twice(server, models):
    server.answers.extend([refusal for _, refusal in REFUSALS])
    server.answers.append(REFUSALS[0][1])
    assert (await failure(models)).fault is ModelFault.BAD_REQUEST
    assert len(server.requests) == 5


async def test_without_the_setting_no_temperature_is_sent(server):
    models = models_at(server, temperature=None)
    server.answers.append(FINE)
    parts = await read(models)
    assert "temperature" not in server.requests[0]
    assert server.requests[0]["max_completion_tokens"] == 4096
    assert parts[-1] == ReplyEnd(tool_calls=(), prompt_tokens=7, completion_tokens=2)
    await models.close()


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (error(401, f"Incorrect API key provided: {KEY}", code="invalid_api_key"), ModelFault.KEY),
        (error(402, "pay"), ModelFault.QUOTA),
        (error(403, "no"), ModelFault.FORBIDDEN),
        (error(404, "no model", code="model_not_found"), ModelFault.NOT_FOUND),
        (error(413, "large"), ModelFault.TOO_LONG),
        (error(400, "long", code="context_length_exceeded"), ModelFault.TOO_LONG),
        (error(400, "no"), ModelFault.BAD_REQUEST),
        (error(429, "slow"), ModelFault.BUSY),
        (error(429, "money", code="insufficient_quota"), ModelFault.QUOTA),
        (error(500, "oops"), ModelFault.PROVIDER),
        (error(504, "slow"), ModelFault.TIMEOUT),
        (Raw(502, b"<html>bad gateway</html>", "text/html"), ModelFault.PROVIDER),
        (Raw(200, b"<html>hello</html>", "text/event-stream"), ModelFault.CUT_OFF),
        (Raw(200, b"data: not json\n\n", "text/event-stream"), ModelFault.UNREADABLE),
        (Raw(200, b"data: [1, 2]\n\n", "text/event-stream"), ModelFault.UNREADABLE),
        (Raw(200, b'data: {"choices": 3}\n\n', "text/event-stream"), ModelFault.UNREADABLE),
        (Raw(200, b"\xff\xfe\x00data", "text/event-stream"), ModelFault.UNREADABLE),
        (Raw(200, b"", "text/event-stream"), ModelFault.CUT_OFF),
        (events({"error": {"message": f"{KEY}", "code": "server_error"}}), ModelFault.PROVIDER),
        (events(piece("반"), done=False), ModelFault.CUT_OFF),
        (events(piece("반", finish="length")), ModelFault.REPLY_TOO_LONG),
        (events(piece(finish="content_filter")), ModelFault.FILTERED),
        (events(piece(calls=[{"index": 0, "id": "a"}], finish="tool_calls")), ModelFault.UNREADABLE),
    ],
)  # fmt: skip
async def test_every_failure_has_its_fault_and_keeps_the_key(server, models, answer, fault):
    server.answers.append(answer)
    assert (await failure(models)).fault is fault


async def test_a_failing_read_is_tried_again_but_never_once_words_have_come(server):
    models = models_at(server, max_retries=2)
    server.answers.extend([error(500, "oops"), error(429, "slow"), FINE])
    assert isinstance((await read(models))[0], TextPart)
    assert len(server.requests) == 3
    server.answers.extend([events(piece("반"), done=False), FINE])
    assert (await failure(models)).fault is ModelFault.CUT_OFF
    assert len(server.requests) == 4
    await models.close()


async def test_tool_calls_without_index_or_id_are_told_apart(server, models):
    one = {"function": {"name": "news", "arguments": "{}"}}
    server.answers.append(
        events(
            piece(calls=[{"id": "a", **one}]),
            piece(calls=[{"id": "b", "function": {"name": "portfolio", "arguments": "{"}}]),
            piece(calls=[{"function": {"arguments": "}"}}]),
            piece(finish="stop"),
        )
    )
    (end,) = await read(models)
    assert [(call.call_id, call.name, call.arguments) for call in end.tool_calls] == [
        ("a", "news", "{}"),
        ("b", "portfolio", "{}"),
    ]
    server.answers.append(events(piece(calls=[{"index": 3, **one}]), piece(finish="tool_calls")))
    (end,) = await read(models)
    assert [call.call_id for call in end.tool_calls] == ["call_1"]
    assert end.prompt_tokens == 0


async def test_an_answer_in_several_choices_or_none_is_read_by_its_first(server, models):
    two = piece("하나")
    two["choices"].append({"index": 1, "delta": {"content": "둘"}, "finish_reason": None})
    empty = {**piece(), "choices": []}
    gone = piece()
    gone["choices"][0]["delta"] = None
    server.answers.append(events(empty, two, gone, piece(finish="stop")))
    assert [part.text for part in (await read(models))[:-1]] == ["하나"]


async def test_a_stream_that_stops_in_the_middle_ends_at_the_deadline(server):
    models = models_at(server, total_seconds=0.3)
    body = events(piece("반"), done=False).body
    server.answers.append(Raw(200, body, "text/event-stream", hangs=True))
    assert (await failure(models)).fault is ModelFault.TIMEOUT
    await models.close()


async def test_cancelling_the_reader_drops_the_connection(server, models):
    body = events(piece("반"), done=False).body
    server.answers.append(Raw(200, body, "text/event-stream", hangs=True))
    arrived = asyncio.Event()

    async def work() -> None:
        async for _part in models.stream(ASK, ()):
            arrived.set()

    task = asyncio.create_task(work())
    await arrived.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(10):
        while not server.dropped:  # noqa: ASYNC110 - the server has no event to wait for
            await asyncio.sleep(0.005)


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b'{"choices": []}', ModelFault.UNREADABLE),
        (b"[]", ModelFault.UNREADABLE),
        (b'{"choices": [{"message": {"content": null}}]}', ModelFault.REPLY_TOO_LONG),
        (b'{"choices": [{"message": {}}]}', ModelFault.REPLY_TOO_LONG),
    ],
)
async def test_a_short_text_that_is_none_is_an_error(server, models, body, fault):
    server.answers.append(Raw(200, body))
    with pytest.raises(ModelError) as caught:
        await models.completion(ASK)
    assert caught.value.fault is fault


async def test_a_short_text_without_a_count_costs_unknown(server, models):
    server.answers.append(Raw(200, b'{"choices": [{"message": {"content": " x "}}]}'))
    done = await models.completion(ASK)
    assert (done.text, done.prompt_tokens, done.completion_tokens) == ("x", 0, 0)
    assert server.requests[0]["model"] == "odd-flash"
    assert "stream" not in server.requests[0]

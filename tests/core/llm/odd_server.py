"""A chat-completions server on loopback that answers byte for byte what a test gives it."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Raw:
    """One answer. `hangs` writes the body and then keeps the connection open without a word."""

    status: int
    body: bytes
    kind: str = "application/json"
    hangs: bool = False


@dataclass
class OddServer:
    """Answers in turn; what it was asked is in `requests`."""

    answers: deque[Raw] = field(default_factory=deque)
    requests: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""
    dropped: int = 0


def error(status: int, message: str, *, code: str | None = None, param: str | None = None) -> Raw:
    content = {"message": message, "type": "invalid_request_error", "code": code, "param": param}
    return Raw(status, json.dumps({"error": content}).encode())


def events(*chunks: Any, done: bool = True) -> Raw:
    lines = [b"data: " + json.dumps(chunk).encode() + b"\n\n" for chunk in chunks]
    return Raw(
        200, b"".join([*lines, *([b"data: [DONE]\n\n"] if done else [])]), "text/event-stream"
    )


def piece(
    content: str | None = None,
    *,
    calls: list[dict[str, Any]] | None = None,
    finish: str | None = None,
    usage: dict[str, int] | None = None,
) -> dict[str, Any]:
    delta: dict[str, Any] = {}
    if content is not None:
        delta["content"] = content
    if calls is not None:
        delta["tool_calls"] = calls
    chunk: dict[str, Any] = {
        "id": "x",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "odd",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }
    return chunk if usage is None else {**chunk, "usage": usage}


@asynccontextmanager
async def odd_server() -> AsyncIterator[OddServer]:
    import asyncio

    state = OddServer()

    async def answer(request: web.Request) -> web.StreamResponse:
        state.requests.append(await request.json())
        raw = state.answers.popleft()
        response = web.StreamResponse(status=raw.status)
        response.content_type = raw.kind
        await response.prepare(request)
        await response.write(raw.body)
        if raw.hangs:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                state.dropped += 1
                raise
        await response.write_eof()
        return response

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(
        application, access_log=None, shutdown_timeout=0.1, handler_cancellation=True
    )
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    state.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    try:
        yield state
    finally:
        await runner.cleanup()

"""The OpenAI-compatible endpoint as a pure function: (state, request, now) → reply.

Speaks the public chat-completions wire: JSON, or server-sent events whose `data:` lines carry
``chat.completion.chunk`` objects and end with ``[DONE]``; errors are ``{"error": {...}}``.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from sandbox.model.brain import Said, Thought, Wanted, think
from sandbox.model.embeddings import embedded

MODELS = ("sandbox-large", "sandbox-flash")
PIECE_CHARACTERS = 12
FAULTS_MAX = 1_000


class Fault(Enum):
    """What goes wrong with one request."""

    UNAUTHORIZED = "401"
    RATE_LIMITED = "429"
    SERVER_ERROR = "500"
    CUT_STREAM = "cut"
    BROKEN_JSON = "broken"
    SILENCE = "silence"


@dataclass(slots=True)
class ModelState:
    """What the endpoint remembers: faults to come, scripted thoughts, and what it was asked.

    `brain` thinks where no thought is scripted: messages and names of tools to what comes next.
    A stream comes in pieces of `piece_characters`.
    """

    faults: deque[Fault] = field(default_factory=lambda: deque(maxlen=FAULTS_MAX))
    script: deque[Thought] = field(default_factory=lambda: deque(maxlen=FAULTS_MAX))
    requests: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=200))
    served: int = 0
    brain: Callable[[list[dict[str, Any]], frozenset[str]], Thought] = think
    piece_characters: int = PIECE_CHARACTERS


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One HTTP request. `body` is None when there is none."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One HTTP answer. `events` (server-sent) replaces `body`.

    `cut` drops the connection after the last event; `silent` never answers.
    """

    status: int
    body: bytes = b""
    events: tuple[bytes, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    silent: bool = False


def handle(state: ModelState, request: Request, now: float) -> Reply:
    """Answer one request. `now` is a Unix time in seconds."""
    authorization = request.headers.get("authorization", "")
    if not authorization.startswith("Bearer ") or len(authorization) < 8:
        return _error(401, "invalid_request_error", "You didn't provide an API key.")
    if (request.method, request.path) == ("GET", "/v1/models"):
        rows = [{"id": name, "object": "model", "owned_by": "sandbox"} for name in MODELS]
        return _json(200, {"object": "list", "data": rows})
    if (request.method, request.path) == ("POST", "/v1/embeddings"):
        return _embeddings(state, request)
    if request.path != "/v1/chat/completions":
        return _error(404, "invalid_request_error", f"Unknown request URL: {request.path}")
    if request.method != "POST":
        return _error(405, "invalid_request_error", "Not allowed to do this.")
    return _completion(state, request, int(now))


def _embeddings(state: ModelState, request: Request) -> Reply:
    try:
        body = json.loads(request.body or b"")
    except ValueError:
        body = None
    answer = embedded(body) if isinstance(body, dict) else None
    if answer is None:
        return _error(400, "invalid_request_error", "'$.input' is invalid.")
    refused = _refusal(state.faults.popleft() if state.faults else None)
    return refused if refused is not None else _json(200, answer)


def _completion(state: ModelState, request: Request, now: int) -> Reply:
    body = _parsed(request.body)
    if body is None:
        return _error(400, "invalid_request_error", "We could not parse the body or its messages.")
    state.requests.append(body)
    fault = state.faults.popleft() if state.faults else None
    refused = _refusal(fault)
    if refused is not None:
        return refused
    state.served += 1
    thought = (
        state.script.popleft() if state.script else state.brain(body["messages"], _names(body))
    )
    head = {
        "id": f"chatcmpl-{state.served:06d}",
        "created": now,
        "model": str(body.get("model", MODELS[0])),
    }
    usage = _usage(body, thought)
    if not body.get("stream"):
        return _whole(head, thought, usage, state.served)
    with_usage = bool((body.get("stream_options") or {}).get("include_usage"))
    events = _chunks(head, thought, usage if with_usage else None, state)
    if fault is Fault.CUT_STREAM:
        return Reply(status=200, events=events[: len(events) // 2], cut=True)
    if fault is Fault.BROKEN_JSON:
        return Reply(status=200, events=(events[0], b'data: {"id": "chatc\n\n', *events[1:]))
    return Reply(status=200, events=events)


def _parsed(raw: bytes | None) -> dict[str, Any] | None:
    try:
        body = json.loads(raw or b"")
    except ValueError:
        return None
    if not isinstance(body, dict) or not isinstance(body.get("messages"), list):
        return None
    return body if body["messages"] and all(isinstance(m, dict) for m in body["messages"]) else None


def _refusal(fault: Fault | None) -> Reply | None:
    match fault:
        case Fault.UNAUTHORIZED:
            return _error(401, "invalid_request_error", "Incorrect API key provided.")
        case Fault.RATE_LIMITED:
            return _error(429, "requests", "Rate limit reached.", {"retry-after-ms": "10"})
        case Fault.SERVER_ERROR:
            return _error(500, "server_error", "The server had an error.", {"retry-after-ms": "10"})
        case Fault.SILENCE:
            return Reply(status=200, silent=True)
        case _:
            return None


def _names(body: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(tool["function"]["name"] for tool in body.get("tools") or [])


def _usage(body: Mapping[str, Any], thought: Thought) -> dict[str, int]:
    prompt = sum(len(str(message.get("content") or "")) for message in body["messages"]) // 3 + 1
    said = thought.text if isinstance(thought, Said) else json.dumps(thought.arguments)
    completion = len(said) // 3 + 1
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
    }


def _whole(
    head: Mapping[str, Any], thought: Thought, usage: Mapping[str, int], number: int
) -> Reply:
    message: dict[str, Any] = {"role": "assistant", "content": None, "refusal": None}
    if isinstance(thought, Said):
        message["content"] = thought.text
    else:
        message["tool_calls"] = [_call(thought, number)]
    choice: dict[str, Any] = {"index": 0, "message": message, "finish_reason": _finish(thought)}
    return _json(200, {**head, "object": "chat.completion", "choices": [choice], "usage": usage})


def _chunks(
    head: Mapping[str, Any], thought: Thought, usage: Mapping[str, int] | None, state: ModelState
) -> tuple[bytes, ...]:
    size = state.piece_characters
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    if isinstance(thought, Said):
        deltas += [{"content": piece} for piece in _pieces(thought.text, size)]
    else:
        whole = _call(thought, state.served)
        arguments = whole["function"]["arguments"]
        opening = {**whole, "function": {**whole["function"], "arguments": ""}}
        deltas.append({"tool_calls": [{"index": 0, **opening}]})
        deltas += [
            {"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}
            for piece in _pieces(arguments, size)
        ]
    choices: list[dict[str, Any]] = [
        {"index": 0, "delta": delta, "finish_reason": None} for delta in deltas
    ]
    choices.append({"index": 0, "delta": {}, "finish_reason": _finish(thought)})
    chunk = {**head, "object": "chat.completion.chunk"}
    events = [_event({**chunk, "choices": [choice]}) for choice in choices]
    if usage is not None:
        events.append(_event({**chunk, "choices": [], "usage": usage}))
    return (*events, b"data: [DONE]\n\n")


def _call(wanted: Wanted, number: int) -> dict[str, Any]:
    arguments = json.dumps(wanted.arguments, ensure_ascii=False)
    return {
        "id": f"call_{number:06d}",
        "type": "function",
        "function": {"name": wanted.name, "arguments": arguments},
    }


def _finish(thought: Thought) -> str:
    return "stop" if isinstance(thought, Said) else "tool_calls"


def _pieces(text: str, size: int) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


def _event(content: Mapping[str, Any]) -> bytes:
    return b"data: " + json.dumps(content, ensure_ascii=False).encode() + b"\n\n"


def _json(
    status: int, content: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> Reply:
    body = json.dumps(content, ensure_ascii=False).encode()
    return Reply(status=status, body=body, headers=headers or {})


def _error(status: int, kind: str, message: str, headers: Mapping[str, str] | None = None) -> Reply:
    error = {"message": message, "type": kind, "param": None, "code": None}
    return _json(status, {"error": error}, headers)

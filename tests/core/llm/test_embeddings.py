"""The real openai client against the loopback endpoint, and against answers that do not fit."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from core.errors import ModelError
from core.llm import embeddings
from core.llm.embeddings import OpenAIEmbedder
from sandbox.model.handler import Fault


@asynccontextmanager
async def embedder(url: str) -> AsyncIterator[OpenAIEmbedder]:
    made = OpenAIEmbedder(api_key="sk-test-secret", model="small", base_url=f"{url}/v1")
    try:
        yield made
    finally:
        await made.close()


async def test_one_vector_per_text(endpoint) -> None:
    async with embedder(endpoint.url) as made:
        found = await made.embed(["환율이 올랐다", "환율이 내렸다", "반도체"])
    assert [len(vector) for vector in found] == [64] * 3
    assert made.name == "small"
    near, far = (sum(a * b for a, b in zip(found[0], other, strict=True)) for other in found[1:])
    assert near > far


@pytest.mark.parametrize("fault", [Fault.UNAUTHORIZED, Fault.SERVER_ERROR])
async def test_a_refusal_is_a_model_error_without_the_key(endpoint, fault) -> None:
    endpoint.state.faults.extend([fault] * 3)
    async with embedder(endpoint.url) as made:
        with pytest.raises(ModelError, match="the embedding model failed") as caught:
            await made.embed(["환율"])
        assert "sk-test-secret" not in str(caught.value)
        with pytest.raises(ModelError):
            await made.embed([""])


async def test_silence_is_a_model_error(endpoint, monkeypatch) -> None:
    monkeypatch.setattr(embeddings, "TOTAL_SECONDS", 0.05)
    endpoint.state.faults.append(Fault.SILENCE)
    async with embedder(endpoint.url) as made:
        with pytest.raises(ModelError, match="failed"):
            await made.embed(["환율"])


def row(place: Any, vector: Any) -> dict[str, Any]:
    return {"object": "embedding", "index": place, "embedding": vector}


@pytest.mark.parametrize(
    "data",
    [
        [],
        [row(0, [1.0])],
        [row(0, [1.0]), row(0, [1.0])],
        [row(0, [1.0]), row(2, [1.0])],
        [row(0, [1.0]), row(1, [1.0, 2.0])],
        [row(0, []), row(1, [])],
        [row(0, [1.0]), row(1, ["x"])],
        [row(0, [1.0]), row(1, None)],
        [row(0, [1.0]), row(1, [float("nan")])],
        [row(0, [1.0] * 9_000), row(1, [1.0] * 9_000)],
        None,
        "x",
    ],
)
async def test_an_answer_that_does_not_fit_is_no_vector(data: Any) -> None:
    body = json.dumps({"object": "list", "model": "m", "data": data}).encode()

    async def answer(ours: asyncio.StreamReader, theirs: asyncio.StreamWriter) -> None:
        await ours.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}"
        theirs.write(f"{head}\r\nconnection: close\r\n\r\n".encode() + body)
        await theirs.drain()
        theirs.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        async with embedder(url) as made:
            with pytest.raises(ModelError):
                await made.embed(["환율", "금리"])
    finally:
        server.close()
        await server.wait_closed()


async def test_nobody_there_is_a_model_error() -> None:
    async with embedder("http://127.0.0.1:9") as made:
        with pytest.raises(ModelError, match="failed"):
            await made.embed(["환율"])

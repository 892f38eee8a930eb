"""The socket shell, asked by somebody else's client."""

from __future__ import annotations

import ast
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import httpx

from sandbox.model.server import serve

BODY = {"model": "sandbox-large", "messages": [{"role": "user", "content": "안녕"}]}
KEY = {"Authorization": "Bearer sk-x"}


async def test_json_and_streams_go_over_a_real_socket():
    world = SimpleNamespace(clock=SimpleNamespace(now=lambda: datetime(2023, 3, 2, tzinfo=UTC)))
    running = await serve(world, "127.0.0.1", 0)
    try:
        async with httpx.AsyncClient(base_url=running.url, headers=KEY, trust_env=False) as client:
            whole = await client.post("/v1/chat/completions", json=BODY)
            assert whole.json()["created"] == 1_677_715_200
            stream = await client.post("/v1/chat/completions", json={**BODY, "stream": True})
            assert stream.headers["content-type"] == "text/event-stream"
            assert stream.text.endswith("data: [DONE]\n\n")
            assert (await client.get("/v1/models")).status_code == 200
            assert (
                await client.get("/v1/models", headers={"Authorization": ""})
            ).status_code == 401
    finally:
        await running.close()


def test_the_sandbox_model_shares_no_code_with_the_bots_own():
    folder = Path(__file__).parents[3] / "sandbox" / "model"
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert not (node.module or "").startswith(("core", "bot", "storage", "brokers"))

"""A session with the real openai client against the loopback endpoint."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from core.domain.tickets import Author
from core.llm.openai_model import OpenAIChatModel, OpenAISettings
from core.services.sessions.values import AnswerNotice, AnswerText
from sandbox.model.handler import Fault
from sandbox.model.server import Running, serve
from tests.core.services.sessions.conftest import THREAD


@pytest.fixture
async def endpoint() -> AsyncIterator[Running]:
    running = await serve(None, "127.0.0.1", 0)
    try:
        yield running
    finally:
        await running.close()


@pytest.fixture
async def model(endpoint: Running) -> AsyncIterator[OpenAIChatModel]:
    model = OpenAIChatModel(
        OpenAISettings(
            api_key="sk-x",
            model="sandbox-large",
            flash_model="sandbox-flash",
            base_url=f"{endpoint.url}/v1",
            max_retries=0,
        )
    )
    try:
        yield model
    finally:
        await model.close()


async def said(service, text):
    events = [event async for event in service.ask(THREAD, 42, "준호", text)]
    return "".join(event.text for event in events if isinstance(event, AnswerText)), events


async def test_a_trade_a_balance_a_price_and_a_summary(room, model):
    service = await room.opened(model)
    text, _ = await said(service, "KODEX 200 3주 사줘")
    assert "✅" in text
    (proposal,) = room.proposer.proposals
    assert (proposal.author, proposal.legs[0].quantity) == (Author.MODEL, 3)
    text, _ = await said(service, "잔고 보여줘")
    assert "KODEX 200 7주" in text
    text, _ = await said(service, "코덱스 200 얼마야?")
    assert "35,000원" in text
    text, _ = await said(service, "069500 전부 팔아줘")
    assert room.proposer.proposals[-1].legs[0].quantity == 5
    summary = await service.summarise(THREAD)
    assert "KODEX 200 3주 사줘" in summary
    assert "propose_order" not in summary


@pytest.mark.parametrize("fault", [Fault.SERVER_ERROR, Fault.CUT_STREAM, Fault.BROKEN_JSON])
async def test_a_failing_endpoint_never_makes_a_ticket(room, model, endpoint, fault):
    service = await room.opened(model)
    endpoint.state.faults.append(fault)
    _, events = await said(service, "KODEX 200 3주 사줘")
    assert isinstance(events[-1], AnswerNotice)
    assert not room.proposer.proposals

"""A session with the real openai client against the loopback endpoint."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest

from core.domain.model_calls import ModelBudget, Purpose
from core.domain.tickets import Author
from core.llm.dialogue import ToolDialogue
from core.llm.openai_model import OpenAIModels, OpenAISettings
from core.runtime.metered_model import MeteredModel
from core.runtime.recorded_calls import reply_of
from core.services.sessions.values import AnswerNotice, AnswerText
from sandbox.model.handler import Fault
from sandbox.model.server import Running
from tests.core.services.sessions.conftest import THREAD
from tests.fakes.model_kit import metered


@pytest.fixture
async def model(endpoint: Running, room) -> AsyncIterator[MeteredModel]:
    model = OpenAIModels(
        OpenAISettings(
            api_key="sk-x",
            model="sandbox-large",
            flash_model="sandbox-flash",
            base_url=f"{endpoint.url}/v1",
            max_retries=0,
        )
    )
    try:
        yield metered(model, room.calls, clock=room.clock)
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


async def test_a_ticket_knows_the_call_that_led_to_it(room, model):
    service = await room.opened(model)
    await said(service, "KODEX 200 3주 사줘")
    (call,) = await room.calls.calls_of_ticket("TICKET01")
    assert (call.user_id, call.thread_id, call.purpose) == (42, THREAD, Purpose.ANSWER)
    assert call.prompt_version == ToolDialogue().version("session")
    _text, (asked,) = reply_of(call.reply)
    assert (asked.name, json.loads(asked.arguments)["quantity"]) == ("propose_order", 3)
    assert "KODEX 200 3주 사줘" in call.inputs
    (line,) = await room.calls.usage(call.day, call.day)
    assert (line.calls, line.failed) == (3, 0)
    assert await service.summarise(THREAD)
    purposes = {line.purpose for line in await room.calls.usage(call.day, call.day)}
    assert purposes == {Purpose.ANSWER, Purpose.SUMMARY}


async def test_over_the_budget_the_analyst_answers_with_the_same_tools(room, endpoint, model):
    poor = metered(model._client, room.calls, budget=ModelBudget(user_won=1, day_won=1))
    service = await room.opened(poor, stands_in=True)
    text, events = await said(service, "KODEX 200 3주 사줘")
    assert text.startswith("오늘 언어 모델 예산을 다 썼습니다.")
    assert "제안을 올렸습니다" in text
    assert isinstance(events[-1], AnswerText)
    assert not endpoint.state.requests
    (proposal,) = room.proposer.proposals
    assert (proposal.author, proposal.legs[0].quantity) == (Author.ANALYST, 3)


async def test_after_failures_in_a_row_the_analyst_answers(room, endpoint, model):
    service = await room.opened(model, stands_in=True)
    endpoint.state.faults.extend([Fault.UNAUTHORIZED] * 3)
    for _ in range(3):
        _, events = await said(service, "잔고 보여줘")
        assert "키(OPENAI_API_KEY)를 받아 주지 않습니다" in events[-1].text
    asked = len(endpoint.state.requests)
    text, _ = await said(service, "잔고 보여줘")
    assert "잠시 쓰지 않습니다" in text
    assert "400,000원" in text
    assert len(endpoint.state.requests) == asked

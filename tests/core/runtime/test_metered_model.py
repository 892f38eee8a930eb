"""Every call is stored, none passes the budget, and a model that keeps failing is left alone."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from core.domain.model_calls import CallAbout, CallState, ModelBudget, Purpose
from core.errors import ModelError, ModelFault, StorageError
from core.ports.model import (
    Completion,
    ModelMessage,
    ReplyEnd,
    TextPart,
    ToolCall,
    ToolSpec,
)
from core.runtime.metered_model import FAILURES_MAX
from core.runtime.recorded_calls import messages_of, reply_of
from storage.model_calls import SqlModelCallArchive
from storage.opening import open_database
from tests.fakes.model_kit import PRICE, RestsTold, metered
from tests.fakes.session_desk import NOW, FixedClock

ASK = [ModelMessage(role="system", text="규칙"), ModelMessage(role="user", text="잔고")]
TOOL = ToolSpec(name="news", description="d", parameters={"type": "object"})
ABOUT = CallAbout(purpose=Purpose.ANSWER, prompt_version="session:1", user_id=42, thread_id=900)
COUNTED = ReplyEnd(tool_calls=(), prompt_tokens=1_000, completion_tokens=100)
TIMEOUT = ModelError("late", ModelFault.TIMEOUT)


@dataclass
class Client:
    """Plays one script per call; counts what it was asked."""

    script: list[Any] = field(default_factory=list)
    short: list[Completion | ModelError] = field(default_factory=list)
    name: str = "strong"
    flash_name: str = "small"
    asked: int = 0
    waits: Any = None

    async def stream(
        self, messages: Sequence[ModelMessage], tools: Sequence[ToolSpec]
    ) -> AsyncIterator[TextPart | ReplyEnd]:
        self.asked += 1
        for part in self.script.pop(0):
            if isinstance(part, ModelError):
                raise part
            yield part
        if self.waits:
            self.waits.set()
            await asyncio.Event().wait()

    async def completion(self, messages: Sequence[ModelMessage]) -> Completion:
        self.asked += 1
        if self.waits:
            self.waits.set()
            await asyncio.Event().wait()
        answer = self.short.pop(0)
        if isinstance(answer, ModelError):
            raise answer
        return answer


class BrokenArchive:
    """Takes what it must and then loses the disk."""

    def __init__(self, archive: SqlModelCallArchive, *, begins: bool) -> None:
        self._archive = archive
        self._begins = begins

    def __getattr__(self, name: str):
        return getattr(self._archive, name)

    async def begin(self, call, budget):
        if not self._begins:
            raise StorageError("disk full")
        return await self._archive.begin(call, budget)

    async def finish(self, call):
        raise StorageError("disk full")


@pytest.fixture
async def archive(database_file: Path) -> AsyncIterator[SqlModelCallArchive]:
    database = await open_database(f"sqlite:///{database_file}", migrate=False)
    try:
        yield SqlModelCallArchive(database)
    finally:
        await database.close()


async def read(model, about=ABOUT):
    return [part async for part in model.stream(ASK, (TOOL,), about)]


async def fails(model, about=ABOUT) -> ModelFault:
    with pytest.raises(ModelError) as caught:
        await read(model, about)
    return caught.value.fault


async def test_a_call_is_stored_with_question_reply_tokens_and_cost(archive):
    call = ToolCall(call_id="c1", name="news", arguments="{}")
    end = ReplyEnd(tool_calls=(call,), prompt_tokens=1_000, completion_tokens=100)
    model = metered(Client([[TextPart(text="네."), end]]), archive)
    parts = await read(model)
    stored = await archive.call(parts[-1].call_id)
    assert model.name == stored.model == "strong"
    assert messages_of(stored.inputs) == tuple(ASK)
    assert json.loads(stored.inputs)["tools"] == ["news"]
    assert reply_of(stored.reply) == ("네.", (call,))
    assert (stored.state, stored.is_bound, stored.error) == (CallState.DONE, False, "")
    assert stored.cost_milliwon == PRICE.milliwon(1_000, 100) == 3_400
    assert (stored.user_id, stored.thread_id, stored.prompt_version) == (42, 900, "session:1")
    assert stored.day == NOW.date()


async def test_without_a_count_the_bound_is_what_it_cost(archive):
    end = ReplyEnd(tool_calls=(), prompt_tokens=0, completion_tokens=0)
    (*_, last) = await read(metered(Client([[TextPart(text="네."), end]]), archive))
    stored = await archive.call(last.call_id)
    assert stored.is_bound
    assert stored.prompt_tokens >= len("규칙잔고".encode())
    assert stored.completion_tokens >= len("네.".encode())
    assert stored.cost_milliwon == PRICE.milliwon(stored.prompt_tokens, stored.completion_tokens)


async def test_the_bound_stands_before_the_provider_is_asked(archive):
    client = Client(waits=asyncio.Event(), script=[[TextPart(text="반")]])
    task = asyncio.create_task(read(metered(client, archive)))
    await client.waits.wait()
    (line,) = await archive.usage(NOW.date(), NOW.date())
    assert line.cost_milliwon > PRICE.milliwon(0, 4_096)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    stored = await archive.call("M00000001")
    assert (stored.state, reply_of(stored.reply)[0]) == (CallState.CANCELLED, "반")
    assert stored.cost_milliwon == line.cost_milliwon


async def test_a_reader_that_stops_early_ends_the_call(archive):
    model = metered(Client([[TextPart(text="하나"), TextPart(text="둘"), COUNTED]]), archive)
    stream = cast("AsyncGenerator[Any, None]", model.stream(ASK, (), ABOUT))
    assert (await anext(stream)).text == "하나"
    await stream.aclose()
    assert (await archive.call("M00000001")).state is CallState.CANCELLED


@pytest.mark.parametrize(
    ("said", "fault", "is_free"),
    [
        ([], ModelFault.UNREACHABLE, True),
        ([], ModelFault.BUSY, True),
        ([], ModelFault.TIMEOUT, False),
        ([TextPart(text="반")], ModelFault.UNREACHABLE, False),
        ([TextPart(text="반")], ModelFault.CUT_OFF, False),
    ],
)
async def test_a_failed_call_costs_what_it_may_have_cost(archive, said, fault, is_free):
    client = Client([[*said, ModelError("x", fault)]])
    assert await fails(metered(client, archive)) is fault
    stored = await archive.call("M00000001")
    assert (stored.state, stored.error) == (CallState.FAILED, f"{fault.value}: x")
    assert (stored.cost_milliwon == 0) is is_free


async def test_a_reply_without_an_end_is_a_failure(archive):
    assert await fails(metered(Client([[TextPart(text="반")]]), archive)) is ModelFault.CUT_OFF
    assert (await archive.call("M00000001")).state is CallState.FAILED


async def test_a_short_text_is_stored_too(archive):
    client = Client(short=[Completion(text="요약", prompt_tokens=10, completion_tokens=5)])
    model = metered(client, archive)
    assert await model.complete(ASK, 50) == "요약"
    stored = await archive.call("M00000001")
    assert (stored.model, stored.purpose, stored.user_id) == ("small", Purpose.CYCLE, 0)
    assert len(stored.prompt_version) == 12
    client.short.append(TIMEOUT)
    with pytest.raises(ModelError):
        await model.complete([], 50)
    assert (await archive.call("M00000002")).state is CallState.FAILED


async def test_a_short_text_nobody_waits_for_is_cancelled(archive):
    client = Client(waits=asyncio.Event())
    task = asyncio.create_task(metered(client, archive).complete(ASK, 50))
    await client.waits.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await archive.call("M00000001")).state is CallState.CANCELLED


async def test_over_the_budget_nobody_is_asked(archive):
    client = Client([[COUNTED]] * 3)
    # One call can cost 62 won of reply alone: the second one could pass 70.
    model = metered(client, archive, budget=ModelBudget(user_won=70, day_won=140))
    for _ in range(2):
        await read(model)
    client.script = [[COUNTED]] * 50
    asked = 0
    while await spent(archive) < 7_000:
        asked += 1
        await read(model)
    assert asked < 5
    assert await fails(model) is ModelFault.USER_BUDGET
    other = CallAbout(purpose=Purpose.ANSWER, user_id=7)
    await read(model, other)
    before = client.asked
    tight = metered(client, archive, budget=ModelBudget(user_won=10_000, day_won=70))
    assert await fails(tight, other) is ModelFault.DAY_BUDGET
    assert client.asked == before


async def spent(archive) -> int:
    return sum(line.cost_milliwon for line in await archive.usage(NOW.date(), NOW.date()))


async def test_what_cannot_be_stored_is_not_asked(archive):
    client = Client([[COUNTED]])
    assert await fails(metered(client, BrokenArchive(archive, begins=False))) is (
        ModelFault.UNREADABLE
    )
    assert client.asked == 0


async def test_an_answer_stands_though_its_end_was_not_stored(archive):
    model = metered(Client([[TextPart(text="네."), COUNTED]]), BrokenArchive(archive, begins=True))
    assert (await read(model))[0] == TextPart(text="네.")
    assert (await archive.call("M00000001")).state is CallState.OPEN


async def test_after_failures_in_a_row_the_model_rests_and_says_so_once(archive):
    clock, told = FixedClock(), RestsTold()
    client = Client([[TIMEOUT]] * 20)
    model = metered(client, archive, clock=clock, told=told)
    for _ in range(FAILURES_MAX):
        assert model.resting_until is None
        assert await fails(model) is ModelFault.TIMEOUT
    assert model.resting_until == NOW + timedelta(minutes=10)
    assert told.told == [(ModelFault.TIMEOUT, NOW + timedelta(minutes=10))]
    assert await fails(model) is ModelFault.RESTING
    assert client.asked == FAILURES_MAX
    # After the rest one failure is enough, and the rest grows up to an hour.
    rests = []
    for _ in range(4):
        clock.pass_minutes(61)
        assert await fails(model) is ModelFault.TIMEOUT
        rests.append(round((model.resting_until - clock.now()).total_seconds() / 60))
    assert rests == [20, 40, 60, 60]
    clock.pass_minutes(60)
    client.script = [[COUNTED]] + [[TIMEOUT]] * 3
    await read(model)
    assert await fails(model) is ModelFault.TIMEOUT
    assert model.resting_until is None


async def test_a_replay_by_hand_does_not_wait_for_the_rest(archive):
    client = Client([[TIMEOUT]] * FAILURES_MAX + [[COUNTED]])
    model = metered(client, archive)
    for _ in range(FAILURES_MAX):
        await fails(model)
    await read(model, CallAbout(purpose=Purpose.REPLAY))
    assert model.resting_until is None


async def test_what_is_no_fault_of_the_provider_makes_nobody_rest(archive):
    quiet = (
        ModelFault.REFUSED,
        ModelFault.FILTERED,
        ModelFault.TOO_LONG,
        ModelFault.REPLY_TOO_LONG,
    )
    client = Client([[ModelError("x", fault)] for fault in quiet])
    model = metered(client, archive)
    for fault in quiet:
        assert await fails(model) is fault
    assert model.resting_until is None


async def test_text_that_no_database_takes_is_stored_all_the_same(archive):
    odd = ToolCall(call_id="c\x00", name="news", arguments='{"query": "\ud800"}')
    end = ReplyEnd(tool_calls=(odd,), prompt_tokens=1, completion_tokens=1)
    parts = await read(metered(Client([[TextPart(text="\ud83d\x00"), end]]), archive))
    text, (call,) = reply_of((await archive.call(parts[-1].call_id)).reply)
    assert "\ud83d" not in text + call.arguments

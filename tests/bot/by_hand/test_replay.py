"""`python -m bot replay` on a real file, in front of the loopback endpoint."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread

import pytest
from typer.testing import CliRunner, Result

from bot.cli.app import app
from bot.wiring.model import keep_prompts
from core.domain.model_calls import CallState, Purpose
from core.domain.prompts import DECISION_PROMPT, text_hash
from core.llm.dialogue import ToolDialogue
from core.llm.kept_prompt import KeptPrompt
from core.llm.plan_tool import review_spec
from core.llm.prompt import load_prompt
from core.llm.versions import NAMES, plan_text, plan_version, text_of, version_of
from core.ports.model import ModelMessage, ToolCall
from core.runtime.recorded_calls import inputs_text, reply_text
from sandbox.model.brain import Said, Wanted
from sandbox.model.server import Running
from storage.model_calls import SqlModelCallArchive
from storage.opening import open_database
from storage.prompt_file import OwnPrompt
from storage.prompts import SqlPromptArchive
from tests.bot.environment import only
from tests.contracts.ledger_values import MORNING
from tests.contracts.model_calls_contract import CALL
from tests.fakes.model_kit import PLENTY, loopback_model
from tests.fakes.session_desk import FixedClock

GOOD = {"symbol": "069500", "side": "buy", "quantity": 3, "limit_price_won": None, "reason": "요청"}
REVIEW = {
    "actions": [
        {"symbol": "069500", "side": "buy", "verdict": "veto", "quantity": 0, "reason": "악재"}
    ],
    "justification": "",
    "risk_assessment": "",
    "expected_outcome": "",
}
OWN = "원칙: 현금은 남긴다"
ASKED = (ModelMessage(role="system", text="규칙"), ModelMessage(role="user", text="3주 사줘"))


def tool(**arguments: object) -> ToolCall:
    return ToolCall(call_id="c", name="propose_order", arguments=json.dumps(arguments))


async def write(path: Path) -> None:
    database = await open_database(f"sqlite:///{path}", migrate=False)
    archive = SqlModelCallArchive(database)
    calls = {
        "M0000001": (reply_text("제안합니다.", [tool(**GOOD)]), ToolDialogue().version("session")),
        "M0000002": (reply_text("", [tool(quantity="많이")]), "session:old"),
    }
    for call_id, (reply, version) in calls.items():
        inputs = inputs_text(ASKED, ToolDialogue().specs())
        call = replace(CALL, call_id=call_id, prompt_version=version, inputs=inputs)
        await archive.begin(call, PLENTY)
        await archive.finish(replace(call, reply=reply, state=CallState.DONE))
    summary = replace(
        CALL, call_id="M0000003", purpose=Purpose.SUMMARY, inputs=inputs_text(ASKED, ())
    )
    await archive.begin(summary, PLENTY)
    await archive.finish(replace(summary, reply=reply_text("요약", ()), state=CallState.DONE))
    await archive.link_ticket("M0000001", "4F9KQ2ZD")
    plan = replace(
        CALL,
        call_id="M0000004",
        purpose=Purpose.PLAN,
        prompt_version=plan_version(load_prompt(DECISION_PROMPT)),
        inputs=inputs_text(ASKED, (review_spec(),)),
    )
    review = ToolCall(call_id="c", name="review_plan", arguments=json.dumps(REVIEW))
    await archive.begin(plan, PLENTY)
    await archive.finish(replace(plan, reply=reply_text("", [review]), state=CallState.DONE))
    await database.close()


@pytest.fixture
def file(database_file: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    only(monkeypatch, database_file.parent, DATABASE_URL=f"sqlite:///{database_file}")
    asyncio.run(write(database_file))
    return database_file


@pytest.fixture
def endpoint() -> Iterator[Running]:
    """The loopback model, on a loop of its own: the command runs its own."""
    started, stop = Event(), Event()
    found: list[Running] = []

    async def work() -> None:
        async with loopback_model() as running:
            found.append(running)
            started.set()
            await asyncio.to_thread(stop.wait)

    thread = Thread(target=lambda: asyncio.run(work()))
    thread.start()
    started.wait()
    try:
        yield found[0]
    finally:
        stop.set()
        thread.join()


def settings_with_a_key(monkeypatch: pytest.MonkeyPatch, file: Path, **more: str) -> None:
    address = f"sqlite:///{file}"
    only(monkeypatch, file.parent, DATABASE_URL=address, OPENAI_API_KEY="sk-x", **more)


def replay(*words: str) -> Result:
    return CliRunner().invoke(app, ["replay", *words])


def test_the_recorded_reply_is_read_again_and_nothing_is_proposed(file):
    result = replay("4f9kq2zd-1")
    assert result.exit_code == 0, result.output
    assert "AI 호출 M0000001" in result.output
    assert "물음: 3주 사줘" in result.output
    assert "답: 제안합니다." in result.output
    assert "지시문과 도구가 지금과 같습니다." in result.output
    assert "지금 규칙으로 읽으면: ProposeAsk(symbol='069500'" in result.output


def test_what_the_rules_of_today_refuse_is_said(file):
    result = replay("M0000002")
    assert "지금 규칙으로는 읽을 수 없습니다: propose_order" in result.output
    assert "그 뒤로 바뀌었습니다" in result.output


def test_a_review_of_the_plan_is_read_again(file):
    result = replay("M0000004")
    assert result.exit_code == 0, result.output
    assert "오늘의 계획 검토" in result.output
    assert "지시문과 도구가 지금과 같습니다." in result.output
    assert "verdict=<Verdict.VETO: 'veto'>" in result.output.replace("\n", "")


def test_a_review_is_asked_again_with_its_tool(file, monkeypatch, endpoint):
    settings_with_a_key(monkeypatch, file, OPENAI_BASE_URL=f"{endpoint.url}/v1")
    endpoint.state.script.append(Wanted("review_plan", REVIEW))
    result = replay("M0000004", "--live")
    assert result.exit_code == 0, result.output
    (tool_given,) = endpoint.state.requests[-1]["tools"]
    assert tool_given["function"]["name"] == "review_plan"


def test_what_is_not_there_is_said(file, tmp_path, monkeypatch):
    result = replay("M0000009")
    assert result.exit_code == 2
    assert "저장된 AI 호출이 없습니다" in result.output
    only(monkeypatch, tmp_path, DATABASE_URL=f"sqlite:///{tmp_path / 'none.db'}")
    assert "아직 기록이 없습니다" in replay("M0000001").output


def test_asking_again_needs_a_key(file):
    result = replay("M0000001", "--live")
    assert result.exit_code == 2
    assert "OPENAI_API_KEY" in result.output


def test_asking_again_compares_and_counts(file, monkeypatch, endpoint):
    settings_with_a_key(monkeypatch, file, OPENAI_BASE_URL=f"{endpoint.url}/v1")
    endpoint.state.script.append(Said("다른 답"))
    result = replay("M0000001", "--live")
    assert result.exit_code == 0, result.output
    assert "다시 물으니 다른 답입니다." in result.output
    assert "답: 다른 답" in result.output
    request = endpoint.state.requests[-1]
    assert request["messages"][1]["content"] == "3주 사줘"
    assert (request["model"], bool(request["tools"])) == ("gpt-5", True)
    (line,) = [one for one in asyncio.run(usage(file)) if one.purpose.value == "replay"]
    assert line.calls == 1


def test_a_summary_is_asked_again_of_the_small_model(file, monkeypatch, endpoint):
    settings_with_a_key(monkeypatch, file, OPENAI_BASE_URL=f"{endpoint.url}/v1")
    endpoint.state.script.append(Said("요약"))
    result = replay("M0000003", "--live")
    assert result.exit_code == 0, result.output
    assert "다시 물으니 같은 답입니다." in result.output
    request = endpoint.state.requests[-1]
    assert (request["model"], request.get("tools")) == ("gpt-5-mini", None)


def test_a_bot_in_the_sandbox_asks_nobody_outside(file, monkeypatch):
    settings_with_a_key(monkeypatch, file, SANDBOX_URL="http://127.0.0.1:1")
    result = replay("M0000001", "--live")
    assert result.exit_code == 2
    assert "가상 시장" in result.output


async def usage(path: Path):
    database = await open_database(f"sqlite:///{path}", migrate=False)
    try:
        archive = SqlModelCallArchive(database)
        return await archive.usage(CALL.day.replace(year=2000), CALL.day.replace(year=2200))
    finally:
        await database.close()


async def dropped(path: Path) -> None:
    database = await open_database(f"sqlite:///{path}", migrate=False)
    assert await SqlModelCallArchive(database).drop_texts(CALL.day + timedelta(days=1), 9) == 3
    await database.close()


def test_a_call_whose_texts_were_dropped_says_so(file, monkeypatch, endpoint):
    asyncio.run(dropped(file))
    result = replay("M0000002")
    assert result.exit_code == 0, result.output
    assert "보관 기간(OPENAI_KEEP_DAYS)이 지나 지웠습니다" in result.output
    assert "물음:" not in result.output
    # What became a ticket is whole for ever.
    assert "물음: 3주 사줘" in replay("4F9KQ2ZD").output
    settings_with_a_key(monkeypatch, file, OPENAI_BASE_URL=f"{endpoint.url}/v1")
    again = replay("M0000002", "--live")
    assert again.exit_code == 2
    assert "다시 물을 수 없습니다" in again.output
    assert not endpoint.state.requests


async def kept(path: Path) -> None:
    database = await open_database(f"sqlite:///{path}", migrate=False)
    archive = SqlPromptArchive(database)
    await keep_prompts(archive, MORNING)
    await keep_prompts(archive, MORNING + timedelta(days=1))
    for name in NAMES:
        (one,) = await archive.versions(name)
        assert (one.text, one.first_used_at) == (text_of(name), MORNING)
    # The user's own file is kept as it is used.
    own = OwnPrompt(path.parent, load_prompt(DECISION_PROMPT))
    source = KeptPrompt(file=own, archive=archive, clock=FixedClock(MORNING))
    own.replace(OWN)
    assert await source.text() == OWN
    own.replace(OWN + "!")
    await source.text()
    assert [one.text for one in await archive.versions(DECISION_PROMPT)] == sorted(
        (OWN, OWN + "!"), key=text_hash
    )
    await database.close()


def test_the_text_behind_each_hash_can_be_read(file):
    asyncio.run(kept(file))
    for name in NAMES:
        result = replay(version_of(name))
        assert result.exit_code == 0, result.output
        assert result.output.startswith(f"{name} ")
        assert result.output.splitlines()[1:] == text_of(name).splitlines()
    # A plan names the decision prompt by all its digits, a call all that the model was told.
    by_plan = replay(text_hash(OWN)).output
    assert by_plan.startswith(f"{DECISION_PROMPT} ")
    assert by_plan.splitlines()[1:] == [OWN]
    assert replay(plan_version(OWN)).output.splitlines()[1:] == plan_text(OWN).splitlines()
    unknown = replay("plan:0123456789ab")
    assert unknown.exit_code == 2
    assert "그런 지시문은 저장되어 있지 않습니다" in unknown.output

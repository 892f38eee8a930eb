"""The user's decision prompt on a real file, in front of the loopback model and a real archive."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.domain.model_calls import CallState
from core.domain.plan_review import ReviewState
from core.domain.prompts import DECISION_PROMPT, prompt_of, text_hash
from core.errors import ModelFault
from core.llm.kept_prompt import KeptPrompt
from core.llm.planner import ModelPlanner, OfflinePlanner
from core.llm.prompt import load_prompt
from core.llm.versions import PLAN, VERSION_DIGITS, plan_text
from storage.model_calls import SqlModelCallArchive
from storage.opening import open_database
from storage.prompt_file import OwnPrompt
from storage.prompts import SqlPromptArchive
from tests.contracts.ledger_values import MORNING
from tests.core.llm.test_openai_model import model_at
from tests.core.llm.test_planner import MATERIAL, wanted
from tests.fakes.model_kit import metered
from tests.fakes.session_desk import FixedClock

OWN = "원칙: 현금은 남긴다"


@pytest.fixture
async def database(database_file: Path):
    found = await open_database(f"sqlite:///{database_file}", migrate=False)
    yield found
    await found.close()


@pytest.fixture
def file(tmp_path: Path) -> OwnPrompt:
    return OwnPrompt(tmp_path, load_prompt(DECISION_PROMPT))


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(MORNING)


@pytest.fixture
def source(database, file, clock) -> KeptPrompt:
    return KeptPrompt(file=file, archive=SqlPromptArchive(database), clock=clock)


async def test_a_version_is_kept_when_it_is_used_and_once(database, file, clock, source) -> None:
    archive = SqlPromptArchive(database)
    shipped = await source.text()
    clock.pass_minutes(1)
    file.replace(OWN)
    assert await source.text() == OWN
    clock.pass_minutes(1)
    file.replace(shipped)
    await source.text()
    first, second = await archive.versions(DECISION_PROMPT)
    assert first == prompt_of(DECISION_PROMPT, shipped, MORNING)
    assert (second.text, second.first_used_at > MORNING) == (OWN, True)
    assert [one.text for one in await archive.versions(PLAN)] == [
        plan_text(shipped),
        plan_text(OWN),
    ]


async def test_the_model_is_told_the_users_text_and_the_call_names_it(
    database, file, source, endpoint
) -> None:
    file.replace(OWN)
    endpoint.state.script.append(wanted())
    calls, client = SqlModelCallArchive(database), model_at(endpoint.url)
    planner = ModelPlanner(model=metered(client, calls), locale="ko", prompt=source)
    reply = await planner.review(MATERIAL)
    await client.close()
    assert (reply.state, reply.prompt_hash) == (ReviewState.REVIEWED, text_hash(OWN))
    assert endpoint.state.requests[0]["messages"][0]["content"].startswith(OWN)
    call = await calls.call(reply.call_id)
    assert call is not None
    name, digits = call.prompt_version.split(":")
    assert (call.state, name, len(digits)) == (CallState.DONE, PLAN, VERSION_DIGITS)
    found = await SqlPromptArchive(database).prompt(name, digits)
    assert found is not None
    assert found.text == plan_text(OWN)


async def test_a_file_that_cannot_be_used_is_not_passed_over(
    database, file, source, endpoint
) -> None:
    file.replace(OWN)
    file.path.write_bytes(b"\xff")
    client = model_at(endpoint.url)
    model = metered(client, SqlModelCallArchive(database))
    reply = await ModelPlanner(model=model, locale="ko", prompt=source).review(MATERIAL)
    await client.close()
    assert (reply.state, reply.fault) == (ReviewState.FAILED, ModelFault.UNREADABLE)
    assert list(endpoint.state.requests) == []
    offline = await OfflinePlanner(prompt=source).review(MATERIAL)
    assert (offline.state, offline.prompt_hash) == (ReviewState.OFFLINE, "")
    assert await SqlPromptArchive(database).versions(DECISION_PROMPT) == ()

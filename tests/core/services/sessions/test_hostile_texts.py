"""Texts that want to be more than text: no order, no second proposal, nothing outside its block."""

from __future__ import annotations

import json
import re

import pytest

from core.domain.memory import MemoryNote
from core.llm.prompt import as_data
from core.news.clean import plain_text
from core.ports.dialogue import MemoryAsk, NewsAsk
from core.ports.news import Headline, NewsDigest
from core.services.sessions.answering import REPAIRS_MAX
from tests.core.llm.test_analyst import converse
from tests.core.services.sessions.test_service import GOOD, ask, calls, says, text_of
from tests.core.services.sessions.test_tools import run
from tests.fakes.hostile_texts import DRESSES, WANTED, corpus
from tests.fakes.session_desk import NOW, ScriptedModel

TEXTS = corpus()


def test_the_corpus_is_what_it_says():
    assert len(TEXTS) == len(WANTED) * len(DRESSES) >= 150
    assert len({text for _, text in TEXTS}) > 140


@pytest.mark.parametrize("dress", sorted(DRESSES))
async def test_no_hostile_text_makes_the_analyst_propose(dress):
    for name, text in TEXTS:
        if name == dress:
            called, proposals, said = await converse(text)
            assert not proposals, text
            assert set(called) <= {"search_instrument", "quote", "news", "risk_limits", "portfolio"}
            assert said


@pytest.mark.parametrize("dress", sorted(DRESSES))
def test_no_text_leaves_its_block(dress):
    for name, text in TEXTS:
        if name == dress:
            block = as_data("user", text)
            assert block.count("<") == block.count(">") == 2
            assert block.endswith("\n</data>")


async def test_hostile_questions_reach_a_model_as_data_and_make_nothing(room):
    model = ScriptedModel([says("도와드릴 수 없습니다.")] * len(DRESSES))
    service = await room.opened(model)
    for name in DRESSES:
        await ask(service, DRESSES[name](WANTED[0]))
    assert not room.proposer.proposals
    for prompt in model.prompts:
        assert [message.role for message in prompt].count("system") == 1
        for message in prompt:
            if message.role == "user":
                assert message.text.startswith('<data kind="user">\n')


async def test_a_model_that_obeys_gets_one_ticket_that_waits_and_no_more(room):
    greedy = {**GOOD, "quantity": 9_999}
    model = ScriptedModel([calls("propose_order", greedy, at) for at in range(6)])
    await ask(await room.opened(model), WANTED[0])
    # One question, one proposal; the desk and a person decide about that one.
    assert len(room.proposer.proposals) == 1


@pytest.mark.parametrize(
    "name", ["approve", "execute", "cancel_order", "set_limits", "propose_order ", "PROPOSE_ORDER"]
)
async def test_tools_that_do_not_exist_cannot_be_called(room, name):
    model = ScriptedModel([calls(name, GOOD, at) for at in range(REPAIRS_MAX + 1)])
    await ask(await room.opened(model), WANTED[1])
    assert not room.proposer.proposals


async def test_headlines_and_memories_reach_the_model_as_json_and_nothing_else(room):
    texts = [text for _, text in TEXTS[:30]]
    room.digest = NewsDigest(
        headlines=tuple(
            Headline(source="s", title=plain_text(text), link="", published_at=NOW)
            for text in texts
        ),
        failures=(),
    )
    outcome = await run(room, NewsAsk())
    assert json.loads(outcome.text)["note"]
    for at, text in enumerate(texts[:5]):
        await room.memory.remember(
            MemoryNote(
                kind="session",
                text=f"환율 {text}",
                day=NOW.date(),
                source=f"s:{at}",
                created_at=NOW,
            )
        )
    found = json.loads((await run(room, MemoryAsk("환율"))).text)
    assert found["status"] == "ok"
    assert len(found["notes"]) == 5
    assert not room.proposer.proposals


async def test_a_hostile_answer_carries_no_link_and_no_unmarked_figure(room):
    for text in WANTED:
        model = ScriptedModel([says(*text)])
        service = await room.opened(model)
        said = text_of(await ask(service, "안녕"))
        assert "://" not in said
        assert said.count("9999") == len(re.findall(r"9999(?:주| shares)?\(근거 없음\)", said))

"""/report cost and what /report why says of model calls, over the wire and as embeds."""

from __future__ import annotations

import json
from dataclasses import replace

from bot.chat.call_words import call_sections, cost_text
from bot.chat.cogs.cost import cost_embed
from bot.chat.cogs.why import story_embed
from bot.locales import load
from core.domain.model_calls import CallState, ModelCosts, Purpose, UsageLine
from tests.bot.chat.conftest import running
from tests.bot.chat.hostile import corpus
from tests.bot.chat.test_ticket_embed import assert_within_limits
from tests.bot.chat.test_truthful_embeds import assert_is_only_text
from tests.contracts.model_calls_contract import CALL
from tests.fakes.fake_chat_services import NOW, FakeModelBooks

KO, EN = load("ko"), load("en")
ASKED = json.dumps(
    {
        "messages": [{"role": "user", "text": "3주 사줘", "tool_calls": [], "call_id": ""}],
        "tools": [],
    }
)
SAID = json.dumps(
    {"text": "네.", "tool_calls": [{"call_id": "c", "name": "news", "arguments": "{}"}]}
)
DONE = replace(
    CALL, inputs=ASKED, reply=SAID, state=CallState.DONE, is_bound=False, ticket_id="4F9KQ2ZD"
)


def usage(user_id: int, milliwon: int, *, purpose: Purpose = Purpose.ANSWER, model: str = "gpt-5"):
    return UsageLine(
        user_id=user_id,
        model=model,
        purpose=purpose,
        calls=3,
        failed=1,
        prompt_tokens=1_000,
        completion_tokens=200,
        cost_milliwon=milliwon,
    )


async def costs(**given: object) -> ModelCosts:
    return await FakeModelBooks(**given).costs()  # type: ignore[arg-type]


def fields(embed) -> dict[str, str]:
    return {one.name: one.value for one in embed.fields}


async def test_costs_of_the_day_the_month_the_models_and_for_owners_the_users():
    month = (
        usage(42, 12_340),
        usage(7, 5_000),
        usage(0, 10, purpose=Purpose.SUMMARY, model="mini"),
    )
    found = await costs(model="gpt-5", today=month[:2], month=month)
    embed = cost_embed(found, 42, KO, shows_all=True)
    assert_within_limits(embed)
    told = fields(embed)
    assert told["쓴 돈"] == (
        "오늘 모두: 17.4원 / 3,000원\n오늘 나: 12.4원 / 1,000원\n이번 달 모두: 17.4원"
    )
    assert (
        "gpt-5 · 대화의 답: 6번(실패 2) · 2,400토큰 · 17.4원" in told["이번 달, 모델과 하는 일마다"]
    )
    assert told["이번 달, 사람마다"].splitlines() == [
        "<@42>: 12.4원",
        "<@7>: 5.0원",
        "봇(요약, 일일 작업): 0.1원",
    ]
    assert "이번 달, 사람마다" not in fields(cost_embed(found, 42, KO, shows_all=False))
    assert "1,900/15,000" in (embed.footer.text or "")


async def test_no_key_safe_mode_and_a_tight_budget_are_said():
    assert "OPENAI_API_KEY" in (cost_embed(await costs(), 1, KO, shows_all=True).description or "")
    resting = cost_embed(await costs(model="gpt-5", resting_until=NOW), 1, KO, shows_all=True)
    assert "안전 모드: 10:00" in (resting.description or "")
    calm = cost_embed(await costs(model="gpt-5"), 1, EN, shows_all=True)
    tight = cost_embed(
        await costs(model="gpt-5", today=(usage(1, 2_400_000),)), 1, EN, shows_all=True
    )
    assert calm.colour != tight.colour == resting.colour


def test_parts_of_a_won_are_rounded_up():
    assert [cost_text(one, KO) for one in (0, 1, 100, 101, 1_234_567)] == [
        "0.0원",
        "0.1원",
        "0.1원",
        "0.2원",
        "1,234.6원",
    ]


async def test_cost_and_why_answer_to_the_one_who_asked(house, chat):
    chat.model.model = "gpt-5"
    chat.model.calls = (DONE,)
    chat.model.month = chat.model.today = (usage(house.discord.users["owner"], 12_340),)
    async with running(house, chat):
        desk = house.discord
        message = await desk.settled(await desk.slash("owner", "매매", "report cost"))
        (embed,) = message["embeds"]
        assert "12.4원 / 1,000원" in embed["fields"][0]["value"]
        asked = await desk.slash("owner", "매매", "report why", {"subject": CALL.call_id})
        (embed,) = (await desk.settled(asked))["embeds"]
        assert embed["fields"][0]["name"] == f"AI 호출 {CALL.call_id}"
        assert "물음: 3주 사줘" in embed["fields"][0]["value"].replace("\\", "")


def test_a_call_is_told_with_question_answer_tools_and_cost():
    (section,) = call_sections([DONE], KO)
    assert "대화의 답 · gpt-5 · 지시문 session:abc" in section.lines[0]
    assert "끝남 · 읽은 토큰 100 · 쓴 토큰 50 · 6.0원 · 0.0초" in section.lines[1]
    assert section.lines[2:] == ("물음: 3주 사줘", "답: 네.", "도구: news({})")
    failed = replace(DONE, state=CallState.FAILED, error="timeout: late", reply="", is_bound=True)
    (section,) = call_sections([failed], EN)
    assert section.lines[-1] == "failed: timeout: late"
    assert "did not count" in section.lines[1]


def test_what_models_and_people_wrote_is_only_text():
    for text in corpus():
        inputs = json.dumps(
            {"messages": [{"role": "user", "text": text, "tool_calls": [], "call_id": ""}]}
        )
        reply = json.dumps({"text": text, "tool_calls": []})
        told = call_sections([replace(DONE, inputs=inputs, reply=reply, error=text)], KO)
        embed, _ = story_embed("M0000001", told, KO)
        assert_within_limits(embed)
        assert_is_only_text(embed.fields[0].value or "")

"""The question about a day, over the wire."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from bot.chat.surfaces import DiscordAlerts
from core.domain.day_consensus import Question
from core.domain.outbox import OutboxMessage
from core.services.market.days import DayAnswer, question_key
from tests.bot.chat.conftest import running
from tests.bot.chat.test_chat_on_sandbox import last_ephemeral
from tests.fakes.fake_chat_services import NOW

DAY = date(2026, 12, 1)
QUESTION = OutboxMessage(
    key=question_key(DAY, Question.DISAGREEMENT, again=False),
    title="2026-12-01에 장이 열리는지 확인해 주세요",
    text="말이 다릅니다.",
    created_at=NOW,
)


def owned(house, chat) -> None:
    chat.settings = replace(
        chat.settings,
        owner_ids=frozenset({house.discord.users["owner"]}),
        approver_ids=frozenset({house.discord.users["owner"], house.discord.users["stranger"]}),
    )


async def posted(house, bot) -> dict:
    assert await DiscordAlerts(bot).post(QUESTION)
    return house.discord.messages("알림")[-1]


async def test_an_owner_opens_the_day_and_everybody_reads_it(house, chat) -> None:
    owned(house, chat)
    async with running(house, chat) as bot:
        message = await posted(house, bot)
        labels = [button["label"] for row in message["components"] for button in row["components"]]
        assert labels == ["개장 — 매매합니다", "휴장"]
        await house.discord.press("owner", message["id"], "d1:open:2026-12-01")
        await last_ephemeral(house, "stranger", "알림", "2026-12-01을(를) 개장으로 확인했습니다")
        assert chat.days.answers == [(DAY, True, str(house.discord.users["owner"]))]


async def test_to_open_is_an_owners_and_to_close_an_approvers(house, chat) -> None:
    owned(house, chat)
    async with running(house, chat) as bot:
        message = await posted(house, bot)
        await house.discord.press("stranger", message["id"], "d1:open:2026-12-01")
        await last_ephemeral(house, "stranger", "알림", "소유자만")
        assert chat.days.answers == []
        await house.discord.press("stranger", message["id"], "d1:closed:2026-12-01")
        await last_ephemeral(house, "owner", "알림", "휴장으로 확인했습니다")
        assert chat.days.answers == [(DAY, False, str(house.discord.users["stranger"]))]


async def test_what_came_to_nothing_is_said_to_the_person_alone(house, chat) -> None:
    owned(house, chat)
    async with running(house, chat) as bot:
        message = await posted(house, bot)
        for outcome, words in (
            (DayAnswer.NOT_ASKED, "더 확인할 것이 없습니다"),
            (DayAnswer.PAST, "지난 날입니다"),
        ):
            chat.days.outcome = outcome
            await house.discord.press("owner", message["id"], "d1:closed:2026-12-01")
            await last_ephemeral(house, "owner", "알림", words)
        chat.days.fails = True
        await house.discord.press("owner", message["id"], "d1:closed:2026-12-01")
        await last_ephemeral(house, "owner", "알림", "처리하지 못했습니다")


async def test_other_alarms_have_no_buttons(house, bot) -> None:
    other = replace(QUESTION, key="alert:2026:1")
    assert await DiscordAlerts(bot).post(other)
    assert not house.discord.messages("알림")[-1].get("components")

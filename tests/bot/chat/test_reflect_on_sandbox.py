"""/report reflect, and the buttons of the decision prompt, over the wire."""

from __future__ import annotations

from datetime import datetime

import pytest

from bot.chat.surfaces import DiscordReports
from bot.chat.week_embed import week_embed
from bot.locales import load
from core.domain.decision_prompt import PromptAnswer, PromptNote, PromptOutcome
from core.domain.factors import (
    Evidence,
    Factor,
    Factors,
    FactorState,
    FindingKind,
    Measure,
    Viewpoint,
)
from core.domain.modes import Mode
from core.domain.reflection_run import Node, WeeklyReport
from core.errors import StorageError
from tests.bot.chat.conftest import running
from tests.bot.chat.test_calendar_on_sandbox import owned
from tests.bot.chat.test_chat_on_sandbox import last_ephemeral

HOSTILE = "@everyone [눌러](https://evil.test) ```지시 **굵게**"
NOTE = PromptNote(
    outcome=PromptOutcome.PROPOSED,
    version=3,
    diff=("-옛 줄", "+```새 줄", *(f"+{number} {'가' * 400}" for number in range(30))),
)


def factor(kind: FindingKind, text: str) -> Factor:
    return Factor(
        kind=kind,
        viewpoint=Viewpoint.TIMING,
        text=text,
        trades=("4F9KQ2ZD-1",),
        evidence=(Evidence(trade="4F9KQ2ZD-1", measure=Measure.PNL_7_WON, value=-100),),
        hypothetical=1,
        impact_won=100,
    )


def report(prompt: PromptNote | None = NOTE) -> WeeklyReport:
    found = tuple(factor(kind, HOSTILE * 20) for kind in FindingKind for _ in range(5))
    return WeeklyReport(
        week="2023-W08",
        mode=Mode.VTS,
        account="50****-01",
        numbers=None,
        factors=Factors(state=FactorState.ANALYSED, trades=9, factors=found, dropped_evidence=2),
        prompt=prompt,
        errors=((Node.NUMBERS, "저장소"),),
    )


@pytest.mark.parametrize("language", ["ko", "en"])
def test_whatever_a_model_wrote_the_embed_fits_and_marks_nothing_up(language: str) -> None:
    embed = week_embed(report(), load(language))
    assert len(embed) <= 6_000
    text = "\n".join(field.value or "" for field in embed.fields)
    assert "://" not in text
    assert "@everyone" not in text
    assert text.count("```") == 2


async def test_a_week_is_posted_and_its_prompt_waits_for_an_owner(house, chat) -> None:
    owned(house, chat)
    async with running(house, chat) as bot:
        await DiscordReports(bot).show_week(report(), None)
        message = house.discord.messages("매매")[-1]
        labels = [button["label"] for row in message["components"] for button in row["components"]]
        assert labels == ["적용", "그대로 두기"]
        await house.discord.press("stranger", message["id"], "p1:apply:3")
        await last_ephemeral(house, "stranger", "매매", "소유자만")
        assert chat.prompts.presses == []
        await house.discord.press("owner", message["id"], "p1:apply:3")
        await last_ephemeral(house, "owner", "매매", "3판을 적용했습니다")
        said = house.discord.messages("매매")[-1]
        assert "core_decision_prompt_20230305_180000.md" in said["content"]
        chat.prompts.answer = PromptAnswer.ROLLED_BACK
        await house.discord.press("owner", said["id"], "p1:back:3")
        await last_ephemeral(house, "owner", "매매", "3판을 되돌렸습니다")
        chat.prompts.answer = PromptAnswer.SETTLED
        await house.discord.press("owner", message["id"], "p1:keep:3")
        await last_ephemeral(house, "owner", "매매", "더 새로운 판이 있어")
        chat.prompts.answer = StorageError("disk")
        await house.discord.press("owner", message["id"], "p1:keep:3")
        await house.discord.wait_for(lambda: len(chat.prompts.presses) == 4)
    assert [press[0] for press in chat.prompts.presses] == [
        "apply",
        "roll back",
        "decline",
        "decline",
    ]


@pytest.mark.parametrize(
    ("outcome", "labels"), [(PromptOutcome.APPLIED, ["되돌리기"]), (PromptOutcome.UNCHANGED, [])]
)
async def test_only_what_can_be_decided_has_a_button(house, chat, outcome, labels) -> None:
    async with running(house, chat) as bot:
        note = PromptNote(outcome=outcome, version=1, backup="b.md")
        await DiscordReports(bot).show_week(report(note), b"\x89PNG")
        message = house.discord.messages("매매")[-1]
        found = [button["label"] for row in message["components"] for button in row["components"]]
        assert found == labels
        assert message["embeds"][0]["image"]["url"]


async def test_a_stored_week_is_shown_and_a_missing_one_is_made(house, chat) -> None:
    owned(house, chat)
    chat.clock.instant = datetime.fromisoformat("2023-03-02T10:00:00+09:00")
    chat.weeks.reports = {"2023-W08": report()}
    async with running(house, chat):

        async def asked(options: dict[str, object] | None = None) -> dict:
            result = await house.discord.slash("owner", "매매", "report reflect", options or {})
            return await house.discord.settled(result)

        assert "2023-W08" in (await asked())["embeds"][0]["title"]
        assert chat.weeks.runs == []
        assert "올렸습니다" in (await asked({"week": "2023-W07"}))["content"]
        assert "올렸습니다" in (await asked({"week": "2023-W08", "again": True}))["content"]
        assert chat.weeks.runs == [("2023-W07", True), ("2023-W08", True)]
        assert "아직 끝나지" in (await asked({"week": "2023-W09"}))["content"]
        assert "2026-W47처럼" in (await asked({"week": "지난주"}))["content"]

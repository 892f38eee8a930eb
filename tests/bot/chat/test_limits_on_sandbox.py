"""/risk limits over the wire."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.chat.cogs.limits import answer_text
from bot.locales import load
from core.domain.limits import LimitAnswer, LimitOutcome
from tests.bot.chat.conftest import running, settings_for
from tests.bot.chat.test_chat_on_sandbox import last_ephemeral, told
from tests.fakes.fake_chat_services import FakeChat


async def test_limits_show_what_is_used_left_tightened_and_coming(house, bot, chat) -> None:
    chat.limits.later = {"day_count": 10}
    desk = house.discord
    message = await desk.settled(await desk.slash("owner", "매매", "risk limits"))
    fields = {one["name"]: one["value"] for one in message["embeds"][0]["fields"]}
    assert fields["오늘 쓴 한도"] == (
        "하루 주문 수: 8건 · 사용 2건 · 남음 6건 · 조임(설정 10건) · 다음 시작부터 10건"
    )
    assert fields["주문마다 보는 한도"] == "현재가에서 벗어날 수 있는 폭: 3%"


async def test_an_approver_tightens_at_once_and_everybody_hears(house, chat) -> None:
    desk = house.discord
    chat.settings = replace(chat.settings, viewer_ids=frozenset({desk.users["stranger"]}))
    async with running(house, chat):
        choices = await desk.autocomplete("owner", "매매", "risk limits", "limit", "하루 주문")
        assert [one["value"] for one in choices] == ["day_count"]
        chosen = {"limit": "day_count", "value": 5}
        await desk.slash("owner", "매매", "risk limits", chosen)
        await last_ephemeral(house, "stranger", "매매", "하루 주문 수: 지금부터 5건입니다. (")
        assert chat.limits.now["day_count"] == 5
        assert chat.limits.actors == [str(desk.users["owner"])]
        # The same again changes nothing, and is nobody else's news.
        again = await told(house, await desk.slash("owner", "매매", "risk limits", chosen))
        assert "이미 5건입니다" in again
        # Looser is an owner's.
        looser = await told(
            house,
            await desk.slash("owner", "매매", "risk limits", {"limit": "day_count", "value": 9}),
        )
        assert "소유자만" in looser
        viewer = await told(
            house,
            await desk.slash("stranger", "매매", "risk limits", {"limit": "day_count", "value": 1}),
        )
        assert "승인자만" in viewer
        assert chat.limits.now["day_count"] == 5
        assert chat.limits.later == {}


async def test_an_owner_loosens_for_the_next_start_only(house) -> None:
    desk = house.discord
    chat = FakeChat(settings_for(house, owner_ids=frozenset({desk.users["owner"]})))
    async with running(house, chat):
        chosen = {"limit": "day_count", "value": 10}
        said = await told(house, await desk.slash("owner", "매매", "risk limits", chosen))
        assert "지금은 8건 그대로이고, 봇을 다시 시작하면 10건이 됩니다" in said
        assert chat.limits.now["day_count"] == 8


@pytest.mark.parametrize(
    "options",
    [{"limit": "day_count"}, {"value": 5}, {"limit": "everything", "value": 5}],
)
async def test_half_a_wish_changes_nothing(house, bot, chat, options) -> None:
    result = await house.discord.slash("owner", "매매", "risk limits", options)
    assert "함께 골라 주세요" in await told(house, result)
    assert chat.limits.actors == []


@pytest.mark.parametrize("outcome", list(LimitOutcome))
@pytest.mark.parametrize("locale", ["ko", "en"])
def test_every_outcome_is_a_sentence(outcome: LimitOutcome, locale: str) -> None:
    name = "odd" if outcome is LimitOutcome.UNKNOWN_NAME else "day_amount_won"
    answer = LimitAnswer(
        outcome=outcome, name=name, value=5, in_force=1_000, bound=2_000, unit="won"
    )
    text = answer_text(answer, load(locale))
    assert "{" not in text
    if outcome is LimitOutcome.BEYOND_SETTINGS:
        assert "2,000" in text

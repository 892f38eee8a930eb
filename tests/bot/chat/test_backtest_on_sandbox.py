"""/strategy backtest over the wire: progress, cancelling, one embed with the picture."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest

from bot.chat.backtest_embed import backtest_embed
from bot.locales import load
from core.errors import DataError
from core.ports.backtests import BacktestAnswer, BacktestFigures, BacktestRefusal
from tests.bot.chat.test_ticket_embed import assert_within_limits

PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 20
FIGURES = BacktestFigures(
    final_won=1_384_387,
    total_return=0.384387,
    cagr=0.087,
    volatility=0.1286,
    sharpe=None,
    max_drawdown=-0.1583,
)
ANSWER = BacktestAnswer(
    first=date(2020, 1, 2),
    last=date(2023, 12, 22),
    ours=FIGURES,
    benchmark=FIGURES,
    orders=175,
    fees_won=5_550,
    taxes_won=18_762,
    warnings=("지나간 시세로 셈한 것입니다.", "x" * 600, "y" * 600, "z"),
    png=PNG,
)


def test_the_embed_shows_figures_costs_and_the_picture() -> None:
    for name in ("ko", "en"):
        embed = backtest_embed(ANSWER, load(name))
        assert_within_limits(embed)
        assert embed.image.url == "attachment://backtest.png"
        text = " ".join(str(field.value) for field in embed.fields)
        for words in ("1,384,387", "+38.4%", "+8.70%", "12.86%", "-15.8%", "18,762"):
            assert words in text
        assert "· 지나간 시세로 셈한 것입니다.\n· xxx" in text
        assert "2" in text.rpartition("xxx")[2]  # of four sentences two do not fit
        assert "yyy" not in text
    assert "샤프 -" in str(backtest_embed(ANSWER, load("ko")).fields[0].value)


async def test_a_backtest_ends_in_one_embed_with_its_picture(house, bot, chat) -> None:
    desk = house.discord
    chat.backtests.answer = ANSWER
    options = {"start": "2020-01-02", "cash": 2_000_000, "protect": "touch"}
    result = await desk.slash("owner", "매매", "strategy backtest", options)
    message = await desk.settled(result)
    (asked,) = chat.backtests.asked
    assert (asked.start, asked.end) == (date(2020, 1, 2), None)
    assert (asked.cash_won, asked.protection, asked.locale) == (2_000_000, "touch", "ko")

    def look():
        found = [m for m in desk.messages("매매", "owner") if m["id"] == message["id"]]
        return [m for m in found if m["embeds"] and not m["components"]]

    (done,) = await desk.wait_for(look)
    assert done["embeds"][0]["title"] == "[모의투자] 백테스트 2020-01-02 ~ 2023-12-22"
    assert desk.files(done["id"])["backtest.png"] == PNG


async def test_the_button_cancels(house, bot, chat) -> None:
    desk = house.discord
    chat.backtests.waits = True
    message = await desk.settled(await desk.slash("owner", "매매", "strategy backtest", {}))

    def shown(words: str):
        found = [m for m in desk.messages("매매", "owner") if m["id"] == message["id"]]
        return [m for m in found if words in m["content"]]

    (running,) = await desk.wait_for(lambda: shown("그림을 그리고"))
    button = running["components"][0]["components"][0]
    assert button["label"] == "멈추기"
    await desk.press("owner", running["id"], button["custom_id"])
    async with asyncio.timeout(5):
        await chat.backtests.cancelled.wait()
    (done,) = await desk.wait_for(lambda: shown("멈췄습니다"))
    assert done["components"] == []


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (BacktestRefusal.BUSY, "다른 백테스트가"),
        (BacktestRefusal.TOO_LONG, "10분 안에"),
        (BacktestRefusal.DIED, "도중에 끝났습니다"),
        (BacktestRefusal.NOT_STARTED, "시작하지 못했습니다"),
        (DataError("저장된 시세가 없습니다"), "저장된 시세가 없습니다"),
    ],
)
async def test_why_there_is_no_answer_is_said(house, bot, chat, answer, words) -> None:
    desk = house.discord
    chat.backtests.answer = answer
    message = await desk.settled(await desk.slash("owner", "매매", "strategy backtest", {}))

    def look():
        found = [m for m in desk.messages("매매", "owner") if m["id"] == message["id"]]
        return [m for m in found if words in m["content"]]

    assert await desk.wait_for(look)


async def test_a_day_that_is_none_is_refused_at_once(house, bot, chat) -> None:
    desk = house.discord
    result = await desk.slash("owner", "매매", "strategy backtest", {"end": "내일 @everyone"})
    assert "YYYY-MM-DD" in (await desk.settled(result))["content"]
    assert chat.backtests.asked == []

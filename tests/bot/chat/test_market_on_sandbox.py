"""/chart and /market quote over the wire."""

from __future__ import annotations

from datetime import date, timedelta

from core.domain.instrument import Symbol
from core.domain.market import Bar, BarSeries, Designation, Quote
from core.domain.money import Won
from tests.bot.chat.test_chat_on_sandbox import told
from tests.fakes.fake_chat_services import NOW

KODEX = Symbol("069500")


def make_quote(**changes) -> Quote:
    values = {
        "symbol": KODEX,
        "last_won": Won(34_300),
        "base_won": Won(35_000),
        "upper_limit_won": Won(45_500),
        "lower_limit_won": Won(24_500),
        "tick_won": 5,
        "best_ask_won": Won(34_305),
        "best_bid_won": None,
        "open_won": Won(34_900),
        "high_won": Won(34_950),
        "low_won": Won(34_200),
        "volume_shares": 12_345,
        "is_halted": False,
        "received_at": NOW,
    }
    return Quote(**{**values, **changes})


def make_series(days: int = 120) -> BarSeries:
    bars = [
        Bar(
            symbol=KODEX,
            session=date(2023, 3, 3) - timedelta(days=number),
            open_won=30_000,
            high_won=31_000 + number,
            low_won=29_000,
            close_won=30_500 - number * 10,
            volume_shares=10,
        )
        for number in range(days)
    ]
    return BarSeries(symbol=KODEX, adjusted=False, source="test", bars=tuple(reversed(bars)))


async def test_a_quote_tells_price_book_band_and_warnings(house, bot, chat) -> None:
    desk = house.discord
    chat.market.quotes[KODEX] = make_quote(
        is_halted=True, designations=frozenset({Designation.OVERHEATED})
    )
    choices = await desk.autocomplete("owner", "매매", "market quote", "symbol", "ㅋㄷㅅ")
    assert {"069500"} <= {one["value"] for one in choices}
    asked = await desk.slash("owner", "매매", "market quote", {"symbol": "KODEX 200"})
    embed = (await desk.settled(asked))["embeds"][0]
    assert embed["title"] == "[모의투자] KODEX 200 (069500)"
    lines = embed["description"].split("\n")
    assert lines[0] == "🔻 현재가 **34,300원** (-700원, -2.00%)"
    assert lines[1] == "매도호가 34,305원 · 매수호가 –원"
    assert "하한가 24,500원 · 상한가 45,500원" in lines
    assert lines[-3:-1] == ["⚠️ 거래가 정지되어 있습니다.", "⚠️ 거래소 지정: 단기과열"]
    asked = await desk.slash("owner", "매매", "market quote", {"symbol": "069500"}, locale="en-US")
    assert "ask 34,305 won · bid – won" in (await desk.settled(asked))["embeds"][0]["description"]


async def test_what_cannot_be_quoted_says_so(house, bot, chat) -> None:
    desk = house.discord
    unknown = await told(
        house, await desk.slash("owner", "매매", "market quote", {"symbol": "없음"})
    )
    assert unknown.startswith("없음: 찾을 수 없는 종목입니다")
    away = await told(
        house, await desk.slash("owner", "매매", "market quote", {"symbol": "069500"})
    )
    assert away.startswith("증권사에서 답을 받지 못했습니다")
    refused = await desk.slash("stranger", "매매", "market quote", {"symbol": "069500"})
    assert refused.message["content"] == "등록된 사용자만 볼 수 있습니다."


async def test_a_chart_is_a_picture_with_a_description_and_figures(house, bot, chat) -> None:
    desk = house.discord
    chat.market.series[KODEX] = make_series()
    asked = await desk.slash("owner", "매매", "chart", {"symbol": "ㅋㄷㅅ 200", "span": "1m"})
    message = await desk.settled(asked)
    [spec] = chat.painter.specs
    [series] = spec.series
    # The first of March is a holiday, and today's own bar is not finished.
    assert (len(series.bars), series.bars[-1].session) == (21, date(2023, 2, 28))
    embed = message["embeds"][0]
    assert embed["image"]["url"].endswith("chart.png")
    assert "종가" in embed["description"]
    assert "원주가" in embed["footer"]["text"]


async def test_without_a_painter_the_figures_still_come(house, bot, chat) -> None:
    desk = house.discord
    chat.market.series[KODEX] = make_series()
    chat.painter.fails = True
    asked = await desk.slash("owner", "매매", "chart", {"symbol": "069500"})
    message = await desk.settled(asked)
    assert message["attachments"] == []
    assert "그림은 그리지 못했습니다" in message["embeds"][0]["description"]
    chat.market.series[KODEX] = make_series(0)
    asked = await desk.slash("owner", "매매", "chart", {"symbol": "069500"})
    assert await told(house, asked) == "KODEX 200: 보여 드릴 시세가 없습니다."
    asked = await desk.slash("owner", "매매", "chart", {"symbol": "없음"})
    assert "찾을 수 없는 종목" in await told(house, asked)

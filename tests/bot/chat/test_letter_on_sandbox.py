"""/report letter and the letter in the channel, over the wire."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from bot.chat.letter_embed import letter_embed
from bot.chat.surfaces import DiscordReports
from bot.locales import load
from core.domain.instrument import TaxType
from core.domain.modes import Mode
from core.domain.month import Month
from core.domain.realised import TypeTotal
from core.ports.letters import MonthlyLetter, Turnover
from core.ports.pictures import Course
from tests.bot.chat.conftest import embed_of, running
from tests.bot.chat.test_pnl_on_sandbox import NUMBERS
from tests.bot.chat.test_ticket_embed import HOSTILE, assert_within_limits

COURSE = Course(
    days=(date(2023, 1, 31), date(2023, 2, 14), date(2023, 2, 28)),
    account=(0.0, -2.4, 1.2),
    benchmark=(0.0, None, 0.5),
)
LETTER = MonthlyLetter(
    month=Month(2023, 2),
    mode=Mode.VTS,
    account="50****-01",
    numbers=replace(NUMBERS, benchmark=Decimal("0.005")),
    course=COURSE,
    begun=date(2023, 1, 31),
    sessions=20,
    valued=18,
    paid_in_won=0,
    paid_out_won=50_000,
    bought=Turnover(orders=3, won=412_300),
    sold=Turnover(orders=1, won=198_750),
    unfilled=0,
    losing_sales=0,
    by_type=(
        TypeTotal(
            tax_type=TaxType.EXEMPT, sales=1, gains_won=5_000, losses_won=0, fees_won=29, tax_won=0
        ),
    ),
)


async def test_the_last_months_letter_comes_to_who_asks(house, bot, chat) -> None:
    chat.letters.found = LETTER
    embed = await embed_of(house.discord, "report letter")
    assert chat.letters.asked == ["2023-02"]
    assert embed["title"] == "[모의투자] 2023년 2월의 편지"
    assert embed["description"].endswith("넣고 뺀 돈을 빼고 보면 **50,500원 벌었습니다**(+1.2%).")
    assert embed["image"]["url"].partition("?")[0].endswith("letter-2023-02.png")
    fields = {one["name"]: one["value"] for one in embed["fields"]}
    assert "비과세(국내 주식형): 매도 1건 · 차익 +5,000원" in fields["비용과 세금"]
    assert "2월 14일에는 그때까지의 고점보다 2.4% 아래" in fields["잘 안 된 것"]
    english = await embed_of(house.discord, "report letter", {"month": "2022-11"}, locale="en-US")
    assert chat.letters.asked == ["2023-02", "2022-11"]
    assert english["title"].endswith("The letter of February 2023")
    assert chat.letters.pictured_in == ["ko", "en"]


async def test_a_month_that_is_none_not_over_or_empty_is_told_in_words(house, bot, chat) -> None:
    nothing = replace(NUMBERS, proposed=0, sales=0, nav_start_won=None, nav_end_won=None)
    none = Turnover(orders=0, won=0)
    chat.letters.found = replace(LETTER, numbers=nothing, course=None, bought=none, sold=none)
    desk = house.discord
    for month, words in (
        ("2월", "달은 2026-10처럼 적어 주세요: 2월"),
        ("2023-03", "2023-03은(는) 아직 끝나지 않았습니다."),
        ("2023-01", "2023-01: 저장된 기록이 없어"),
    ):
        asked = await desk.slash("owner", "매매", "report letter", {"month": month})
        message = await desk.settled(asked)
        assert message["content"].startswith(words)
        assert not message["embeds"]
    # Only the last was read: the others have no letter to read.
    assert chat.letters.asked == ["2023-01"]


async def test_the_last_twelve_months_are_offered(house, bot, chat) -> None:
    choices = await house.discord.autocomplete("owner", "매매", "report letter", "month", "")
    assert [one["value"] for one in choices][:2] == ["2023-02", "2023-01"]
    assert len(choices) == 12
    some = await house.discord.autocomplete("owner", "매매", "report letter", "month", "2022-1")
    assert [one["value"] for one in some] == ["2022-12", "2022-11", "2022-10"]


async def test_the_channel_gets_it_once_with_its_picture(house, chat) -> None:
    async with running(house, chat) as bot:
        for _ in range(2):
            # A lost answer is tried again, and shows once.
            await DiscordReports(bot).show_letter(LETTER, b"\x89PNG")
        await DiscordReports(bot).show_letter(replace(LETTER, month=Month(2023, 1)), None)
    posted = [
        item for item in house.discord.messages("매매") if "편지" in item["embeds"][0]["title"]
    ]
    assert [bool(item["embeds"][0].get("image")) for item in posted] == [True, False]


async def test_what_stands_in_the_channel_is_found_after_a_restart(house, chat) -> None:
    async with running(house, chat) as bot:
        assert await DiscordReports(bot).has_letter(LETTER) is False
        await DiscordReports(bot).show_letter(LETTER, None)
    # Somebody else's words are no letter.
    await house.discord.say("owner", "매매", "[모의투자] 2023년 1월의 편지")
    async with running(house, chat) as bot:
        assert await DiscordReports(bot).has_letter(LETTER) is True
        assert await DiscordReports(bot).has_letter(replace(LETTER, month=Month(2023, 1))) is False


def test_a_letter_stays_within_the_limits_whatever_the_names_are() -> None:
    hostile = replace(NUMBERS.best[0], name=HOSTILE * 20, net_won=-9_000)
    numbers = replace(
        NUMBERS, best=(hostile,) * 5, worst=(hostile,) * 5, unchecked=("069500",) * 40
    )
    for language in ("ko", "en"):
        embed = letter_embed(replace(LETTER, numbers=numbers), load(language))
        assert_within_limits(embed)
        assert "@everyone" not in str(embed.to_dict())

"""/strategy whatif over the wire: the courses beside what was done, and the sentence about the model."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bot.chat.what_if_embed import profit_spec, what_if_embed
from bot.locales import load
from core.domain.bootstrap import WonBand
from core.domain.calendar import CalendarUnknown
from core.domain.instrument import Symbol
from core.domain.what_if import Course, LedgerDay, Point, WhatIfLedger
from core.domain.what_if_verdict import CourseLine, ModelLine, ModelWorth, WhatIf
from tests.bot.chat.conftest import embed_of
from tests.bot.chat.test_ticket_embed import assert_within_limits

START, DAY = date(2023, 3, 2), date(2023, 6, 2)
LEDGER = WhatIfLedger(
    start_day=START,
    start_won=1_000_000,
    days=(
        LedgerDay(
            DAY,
            {course: Point(1_012_345, 0) for course in Course} | {Course.INDEX: Point(None, 0)},
            1_012_345,
        ),
    ),
    missing=((Symbol("069500"), 3),),
    short_shares={Course.ALL: 4, Course.NOTHING: 0},
    unexplained_won=0,
    stated=(DAY, 1_012_400, 1_012_345),
)
BAND = WonBand(-1_234, 5_678)
LINES = tuple(
    CourseLine(
        course=course,
        made_won=None if course is Course.INDEX else 12_345,
        more_won=None if course in (Course.DONE, Course.INDEX) else 0,
        more_band=None if course in (Course.DONE, Course.INDEX) else BAND,
    )
    for course in Course
)
MODEL = ModelLine(
    worth=ModelWorth.OPEN, more_won=2_000, more_band=BAND, cost_won=106, looks=3, changes=2
)
FOUND = WhatIf(ledger=LEDGER, last_day=DAY, sessions=62, lines=LINES, model=MODEL)


async def test_the_courses_stand_beside_what_was_done(house, bot, chat) -> None:
    chat.what_ifs.found = FOUND
    embed = await embed_of(house.discord, "strategy whatif")
    assert embed["title"] == "[모의투자] 만약에 · 2023-03-02 ~ 2023-06-02 (62거래일)"
    assert "90% 범위" in embed["description"]
    fields = {one["name"]: one["value"] for one in embed["fields"]}
    courses = fields["번 돈 (수수료와 세금 뒤)"]
    assert courses.startswith("**실제로 한 것**\n+12,345원 (+1.23%)\n**모두 승인**\n")
    assert "+12,345원 (+1.23%) · 실제보다 +0원 [-1,234 ~ +5,678]" in courses
    assert "**KODEX 200**\n알 수 없음" in courses
    assert fields["모델은 값을 했나"].startswith("모델이 제값을 했는지 아직 가릴 수 없습니다")
    notes = fields["읽을 때 알아 둘 것"].splitlines()
    assert notes[0].startswith("· KODEX 200(069500): 종가가 없는 거래일 3일")
    assert len(notes) == 3
    assert embed["image"]["url"].endswith("whatif.png")
    (spec,) = chat.painter.specs
    assert [line.name for line in spec.profits.lines][:2] == ["실제로 한 것", "모두 승인"]


async def test_without_a_picture_the_figures_still_come(house, bot, chat) -> None:
    chat.what_ifs.found = FOUND
    chat.painter.fails = True
    embed = await embed_of(house.discord, "strategy whatif", locale="en-US")
    assert "] What if ·" in embed["title"]
    assert "image" not in embed


@pytest.mark.parametrize("found", [None, CalendarUnknown("1999-01-01")])
async def test_before_there_is_anything_it_says_so(house, bot, chat, found) -> None:
    chat.what_ifs.found = found
    desk = house.discord
    message = await desk.settled(await desk.slash("owner", "매매", "strategy whatif", {}))
    assert message["content"].startswith("아직 견줄 것이 없습니다")


@pytest.mark.parametrize("name", ["ko", "en"])
@pytest.mark.parametrize("worth", ModelWorth)
def test_every_answer_fits_and_reads(chat, name, worth) -> None:
    huge = 9_999_999_999
    band = WonBand(-huge, huge)
    lines = tuple(
        CourseLine(course=one, made_won=-huge, more_won=-huge, more_band=band) for one in Course
    )
    missing = tuple((Symbol(f"{number:06}"), 999) for number in range(60))
    found = replace(
        FOUND,
        sessions=10 if worth is ModelWorth.TOO_EARLY else 62,
        lines=lines,
        ledger=replace(LEDGER, missing=missing),
        model=replace(MODEL, worth=worth, more_won=-huge, more_band=band),
    )
    embed = what_if_embed(found, load(name), chat.market, picture="whatif.png")
    assert_within_limits(embed)
    text = str(embed.fields[0].value)
    assert text.count("**") == 2 * len(Course)


def test_the_picture_leaves_unknown_days_blank_and_keeps_the_bands() -> None:
    chart = profit_spec(FOUND, load("ko")).profits
    assert chart is not None
    by = {line.name: line for line in chart.lines}
    assert by["KODEX 200"].won == (None,)
    assert by["모두 승인"].won == (12_345,)
    assert (by["모두 승인"].band, by["실제로 한 것"].band) == ((-1_234, 5_678), None)
    assert by["모델이 고친 전략"].style == "--"
